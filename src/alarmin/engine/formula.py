"""Formulas of SBML: from libSBML's syntax tree to a short stack program."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

from alarmin.core import ModelError

__all__ = ["AVOGADRO", "Function", "Program", "Token", "names_in", "read_formula"]

AVOGADRO = 6.02214179e23  # the value that SBML Level 3 fixes for its symbol


class Token(NamedTuple):
    """One step of a stack program.

    `kind` is ``number`` (value), ``name`` (text), ``time``, ``rate`` (text: of what), ``call`` (text: the
    function, arity: its arguments) or ``op`` (text: the operation, arity: its arguments).
    """

    kind: str
    text: str = ""
    value: float = 0.0
    arity: int = 0


Program = tuple[Token, ...]


@dataclass(frozen=True)
class Function:
    """A function definition: its arguments and its body."""

    arguments: tuple[str, ...]
    body: Program


@cache
def _words() -> dict[int, str]:
    """Return the word for each node type of libSBML that the engine knows: a kind of leaf or an operation."""
    import libsbml

    plain = (
        "abs arccos arccosh arccot arccoth arccsc arccsch arcsec arcsech arcsin arcsinh arctan arctanh"
        " ceiling cos cosh cot coth csc csch exp factorial floor ln max min power quotient rem sec sech"
        " sin sinh tan tanh piecewise root log delay"
    )
    words = {getattr(libsbml, f"AST_FUNCTION_{name.upper()}"): name for name in plain.split()}
    for group, names in (("RELATIONAL", "eq neq lt gt leq geq"), ("LOGICAL", "and or xor not implies")):
        words |= {getattr(libsbml, f"AST_{group}_{name.upper()}"): name for name in names.split()}
    return words | {
        libsbml.AST_PLUS: "plus",
        libsbml.AST_TIMES: "times",
        libsbml.AST_MINUS: "minus",
        libsbml.AST_DIVIDE: "divide",
        libsbml.AST_POWER: "power",
        libsbml.AST_FUNCTION: "call",
        libsbml.AST_FUNCTION_RATE_OF: "rate",
        libsbml.AST_NAME: "name",
        libsbml.AST_NAME_TIME: "time",
        libsbml.AST_INTEGER: "number",
        libsbml.AST_REAL: "number",
        libsbml.AST_REAL_E: "scaled",
        libsbml.AST_RATIONAL: "rational",
        libsbml.AST_CONSTANT_E: "exponentiale",
        libsbml.AST_CONSTANT_PI: "pi",
        libsbml.AST_CONSTANT_TRUE: "true",
        libsbml.AST_CONSTANT_FALSE: "false",
        libsbml.AST_NAME_AVOGADRO: "avogadro",
    }


def _rate(tree: Any) -> Token:
    target = tree.getChild(0) if tree.getNumChildren() == 1 else None
    if target is None or _words().get(target.getType()) != "name":
        raise ModelError("rateOf takes one id")
    return Token("rate", target.getName() or "")


def _scaled(tree: Any) -> Token:
    mantissa = repr(tree.getMantissa())
    if mantissa.replace(".", "").lstrip("-").isdecimal():
        # Read as text: mantissa times power of ten would round twice.
        return Token("number", value=float(f"{mantissa}e{tree.getExponent()}"))
    return Token("number", value=float(tree.getValue()))


def _rational(tree: Any) -> Token:
    denominator = tree.getDenominator()
    return Token("number", value=tree.getNumerator() / denominator if denominator else math.nan)


def _constant(value: float) -> Callable[[Any], Token]:
    token = Token("number", value=value)
    return lambda tree: token


_LEAVES: dict[str, Callable[[Any], Token]] = {
    "name": lambda tree: Token("name", tree.getName() or ""),
    "number": lambda tree: Token("number", value=float(tree.getValue())),
    "scaled": _scaled,
    "rational": _rational,
    "time": lambda tree: Token("time"),
    "rate": _rate,
    "exponentiale": _constant(math.e),
    "pi": _constant(math.pi),
    "true": _constant(1.0),
    "false": _constant(0.0),
    "avogadro": _constant(AVOGADRO),
}


def read_formula(tree: Any) -> Program:
    """Turn a libSBML syntax tree into a program; sums and products within sums and products become one.

    Parameters
    ----------
    tree : libsbml.ASTNode
        The formula.

    Raises
    ------
    ModelError
        It holds a function or symbol that the engine does not support.
    """
    words = _words()
    program: list[Token] = []
    todo: list[Any] = [tree]
    while todo:
        item = todo.pop()
        if isinstance(item, Token):
            program.append(item)
            continue
        word = words.get(item.getType(), "")
        leaf = _LEAVES.get(word)
        if leaf is not None:
            program.append(leaf(item))
            continue
        operation, parts = _operation(item, word)
        todo.append(operation)
        for part, wrapper in reversed(parts):
            if wrapper is not None:
                todo.append(wrapper)
            todo.append(part)
    return tuple(program)


Parts = list[tuple[Any, Token | None]]


def _parts(tree: Any) -> Parts:
    return [(tree.getChild(i), None) for i in range(tree.getNumChildren())]


def _operation(tree: Any, word: str) -> tuple[Token, Parts]:
    """Return the operation of a tree and its parts, each with an operation of its own to put around it."""
    parts = _parts(tree)
    if word == "call":
        return Token("call", tree.getName() or "", arity=len(parts)), parts
    if word in ("", "delay"):
        shown = word or tree.getName() or "an unknown operator"
        raise ModelError(f"{shown} is not supported; replace it by a formula of the current state")
    if word in ("times", "divide"):
        parts = _open(parts, "times", "divide", Token("op", "reciprocal", arity=1), word)
        word = "times"
    elif word in ("plus", "minus") and len(parts) != 1:
        parts = _open(parts, "plus", "minus", Token("op", "minus", arity=1), word)
        word = "plus"
    return Token("op", word, arity=len(parts)), parts


def _open(parts: Parts, join: str, part_off: str, inverse: Token, word: str) -> Parts:
    """Put nested joins (a+b)+c and inversions (a-b)+c into one list of parts."""
    words = _words()
    opened: Parts = []
    todo = list(reversed(_inverted(parts, inverse) if word == part_off else parts))
    while todo:
        part, wrapper = todo.pop()
        kind = words.get(part.getType()) if wrapper is None else None
        if kind == join:
            todo.extend(reversed(_parts(part)))
        elif kind == part_off and part.getNumChildren() == 2:
            todo.extend(reversed(_inverted(_parts(part), inverse)))
        else:
            opened.append((part, wrapper))
    return opened


def _inverted(parts: Parts, inverse: Token) -> Parts:
    if len(parts) != 2:
        raise ModelError(f"{'division' if inverse.text == 'reciprocal' else 'minus'} takes two arguments")
    return [parts[0], (parts[1][0], inverse)]


def names_in(program: Program) -> list[tuple[str, str]]:
    """Return the references of a program, in order, as (kind, text): kind is name, rate or call."""
    return [(token.kind, token.text) for token in program if token.kind in ("name", "rate", "call")]
