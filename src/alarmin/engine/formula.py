"""Formulas of SBML: from libSBML's syntax tree to a short stack program."""

import math
from dataclasses import dataclass
from functools import cache
from typing import Any

from alarmin.core import ModelError

__all__ = ["AVOGADRO", "Function", "Program", "Token", "names_in", "read_formula"]

AVOGADRO = 6.02214179e23  # the value that SBML Level 3 fixes for its symbol


@dataclass(frozen=True)
class Token:
    """One step of a stack program.

    `kind` is ``number`` (value), ``name`` (text), ``time``, ``rate`` (text: of what), ``call`` (text: the
    function, count: its arguments) or ``op`` (text: the operation, count: its arguments).
    """

    kind: str
    text: str = ""
    value: float = 0.0
    count: int = 0


Program = tuple[Token, ...]


@dataclass(frozen=True)
class Function:
    """A function definition: its arguments and its body."""

    arguments: tuple[str, ...]
    body: Program


@cache
def _types() -> dict[int, str]:
    """Return the operation of each node type of libSBML that stands for one."""
    import libsbml

    plain = (
        "abs arccos arccosh arccot arccoth arccsc arccsch arcsec arcsech arcsin arcsinh arctan arctanh"
        " ceiling cos cosh cot coth csc csch exp factorial floor ln max min power quotient rem sec sech"
        " sin sinh tan tanh piecewise root log"
    )
    types = {getattr(libsbml, f"AST_FUNCTION_{name.upper()}"): name for name in plain.split()}
    types |= {
        getattr(libsbml, f"AST_RELATIONAL_{n.upper()}"): n for n in ("eq", "neq", "lt", "gt", "leq", "geq")
    }
    types |= {getattr(libsbml, f"AST_LOGICAL_{n.upper()}"): n for n in ("and", "or", "xor", "not", "implies")}
    types |= {libsbml.AST_PLUS: "plus", libsbml.AST_TIMES: "times", libsbml.AST_MINUS: "minus"}
    types |= {libsbml.AST_DIVIDE: "divide", libsbml.AST_POWER: "power"}
    return types


@cache
def _constants() -> dict[int, float]:
    import libsbml

    return {
        libsbml.AST_CONSTANT_E: math.e,
        libsbml.AST_CONSTANT_PI: math.pi,
        libsbml.AST_CONSTANT_TRUE: 1.0,
        libsbml.AST_CONSTANT_FALSE: 0.0,
        libsbml.AST_NAME_AVOGADRO: AVOGADRO,
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
    program: list[Token] = []
    todo: list[Any] = [tree]
    while todo:
        item = todo.pop()
        if isinstance(item, Token):
            program.append(item)
            continue
        leaf = _leaf(item)
        if leaf is not None:
            program.append(leaf)
            continue
        operation, parts = _operation(item)
        todo.append(operation)
        for part, wrapper in reversed(parts):
            if wrapper is not None:
                todo.append(wrapper)
            todo.append(part)
    return tuple(program)


def _leaf(tree: Any) -> Token | None:
    import libsbml

    kind = tree.getType()
    if kind == libsbml.AST_NAME:
        return Token("name", tree.getName() or "")
    if kind in (libsbml.AST_INTEGER, libsbml.AST_REAL, libsbml.AST_REAL_E, libsbml.AST_RATIONAL):
        return Token("number", value=_literal(tree, libsbml))
    if kind == libsbml.AST_NAME_TIME:
        return Token("time")
    if kind in _constants():
        return Token("number", value=_constants()[kind])
    if kind == libsbml.AST_FUNCTION_RATE_OF:
        target = tree.getChild(0) if tree.getNumChildren() == 1 else None
        if target is None or target.getType() != libsbml.AST_NAME:
            raise ModelError("rateOf takes one id")
        return Token("rate", target.getName() or "")
    return None


def _literal(tree: Any, libsbml: Any) -> float:
    kind = tree.getType()
    if kind == libsbml.AST_RATIONAL:
        denominator = tree.getDenominator()
        return float(tree.getNumerator() / denominator) if denominator else math.nan
    mantissa = repr(tree.getMantissa()) if kind == libsbml.AST_REAL_E else ""
    if mantissa.replace(".", "").lstrip("-").isdecimal():
        # Read as text: mantissa times power of ten would round twice.
        return float(f"{mantissa}e{tree.getExponent()}")
    return float(tree.getValue())


Parts = list[tuple[Any, Token | None]]


def _operation(tree: Any) -> tuple[Token, Parts]:
    """Return the operation of a tree and its parts, each with an operation of its own to put around it."""
    import libsbml

    kind = tree.getType()
    children = [tree.getChild(i) for i in range(tree.getNumChildren())]
    if kind == libsbml.AST_FUNCTION:
        return Token("call", tree.getName() or "", count=len(children)), [(child, None) for child in children]
    name = _types().get(kind)
    if name is None:
        shown = "delay" if kind == libsbml.AST_FUNCTION_DELAY else tree.getName() or "an unknown operator"
        raise ModelError(f"{shown} is not supported; replace it by a formula of the current state")
    parts: Parts = [(child, None) for child in children]
    if name in ("times", "divide"):
        name, parts = "times", _open(parts, "times", "divide", Token("op", "reciprocal", count=1), name)
    elif name in ("plus", "minus") and len(children) != 1:
        name, parts = "plus", _open(parts, "plus", "minus", Token("op", "minus", count=1), name)
    return Token("op", name, count=len(parts)), parts


def _open(parts: Parts, join: str, part_off: str, inverse: Token, name: str) -> Parts:
    """Put nested joins (a+b)+c and inversions (a-b)+c into one list of parts."""
    types = _types()
    opened: Parts = []
    todo = list(reversed(_inverted(parts, inverse) if name == part_off else parts))
    while todo:
        part, wrapper = todo.pop()
        kind = types.get(part.getType()) if wrapper is None else None
        inner: Parts = [(part.getChild(i), None) for i in range(part.getNumChildren())]
        if kind == join:
            todo.extend(reversed(inner))
        elif kind == part_off and len(inner) == 2:
            todo.extend(reversed(_inverted(inner, inverse)))
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
