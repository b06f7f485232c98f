"""Formulas of the model: as equations for the eye (MathML), as numbers, and as lists of names."""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from types import MappingProxyType
from typing import Any

import libsbml

__all__ = ["equation", "names", "of_drug", "symbol", "value"]

Drugs = Mapping[str, Sequence[str]]
_SUM_OVER = "sum_"  # begins the name of a sum over the drugs with a property
_SUM, _PRODUCT, _POWER, _ATOM = 1, 2, 3, 4
_COMPARISONS = {
    libsbml.AST_RELATIONAL_LT: "&lt;",
    libsbml.AST_RELATIONAL_LEQ: "≤",
    libsbml.AST_RELATIONAL_GT: "&gt;",
    libsbml.AST_RELATIONAL_GEQ: "≥",
    libsbml.AST_RELATIONAL_EQ: "=",
    libsbml.AST_RELATIONAL_NEQ: "≠",
    libsbml.AST_LOGICAL_AND: "and",
    libsbml.AST_LOGICAL_OR: "or",
}
_FUNCTIONS = {
    libsbml.AST_FUNCTION_EXP: ("exp", math.exp),
    libsbml.AST_FUNCTION_LN: ("ln", math.log),
    libsbml.AST_FUNCTION_MIN: ("min", min),
    libsbml.AST_FUNCTION_MAX: ("max", max),
    libsbml.AST_FUNCTION_TANH: ("tanh", math.tanh),
    libsbml.AST_FUNCTION_ABS: ("abs", abs),
}


def _tree(formula: str) -> Any:
    tree = libsbml.parseL3Formula(formula)
    if tree is None:
        raise ValueError(f"cannot read the formula {formula!r}: {libsbml.getLastParseL3Error()}")
    return tree


def _children(tree: Any) -> list[Any]:
    return [tree.getChild(i) for i in range(tree.getNumChildren())]


def names(formula: str) -> list[str]:
    """List the names in a formula, in order of first use."""
    found: dict[str, None] = {}
    # libSBML frees a tree with its root, so the root is held on to.
    root = _tree(formula)
    todo = [root]
    while todo:
        tree = todo.pop()
        if tree.getType() == libsbml.AST_NAME:
            found[tree.getName()] = None
        todo += reversed(_children(tree))
    return list(found)


def value(formula: str, values: Mapping[str, float], drugs: Drugs = MappingProxyType({})) -> float:
    """Work a formula out.

    Parameters
    ----------
    formula : str
    values : mapping of str to float
    drugs : mapping of str to sequence of str
        Property -> names of the drugs that have it, for sums over drugs.
    """
    return _value(_tree(formula), values, drugs)


def of_drug(name: str, drug: str) -> str:
    """Return the name for one drug of a name for any drug (``A1_d`` -> ``A1_cisplatin``)."""
    return re.sub(r"_d(?=$|_l$)", f"_{drug}", name)


class _OfDrug(dict[str, float]):
    """Values in which a name for any drug stands for that of one drug."""

    def __init__(self, values: Mapping[str, float], drug: str) -> None:
        super().__init__(values)
        self._drug = drug

    def __missing__(self, name: str) -> float:
        return self[of_drug(name, self._drug)] if of_drug(name, self._drug) != name else 0.0


def _value(tree: Any, values: Mapping[str, float], drugs: Drugs) -> float:
    kind, parts = tree.getType(), _children(tree)
    if kind == libsbml.AST_FUNCTION and tree.getName().startswith(_SUM_OVER):
        chosen = drugs[tree.getName().removeprefix(_SUM_OVER)]
        return sum(_value(parts[0], _OfDrug(values, drug), drugs) for drug in chosen)
    if kind == libsbml.AST_NAME:
        return values[tree.getName()]
    if tree.isNumber():
        return float(tree.getValue())
    numbers = [_value(part, values, drugs) for part in parts]
    match kind:
        case libsbml.AST_PLUS:
            return sum(numbers)
        case libsbml.AST_MINUS:
            return -numbers[0] if len(numbers) == 1 else numbers[0] - numbers[1]
        case libsbml.AST_TIMES:
            return math.prod(numbers)
        case libsbml.AST_DIVIDE:
            return numbers[0] / numbers[1]
        case libsbml.AST_POWER | libsbml.AST_FUNCTION_POWER:
            return float(numbers[0] ** numbers[1])
    if kind in _FUNCTIONS:
        return float(_FUNCTIONS[kind][1](*numbers))
    raise ValueError(f"no value for {libsbml.formulaToL3String(tree)}")


def symbol(name: str) -> str:
    """Write a name as MathML: what follows the first underscore becomes an index, l (the lesion) slanted."""
    base, _, rest = name.partition("_")
    if not rest:
        return f"<mi>{escape(base)}</mi>"
    parts = [
        f"<mi>{p}</mi>" if p in ("l", "n", "b", "p") else f"<mtext>{escape(p)}</mtext>"
        for p in rest.split("_")
    ]
    index = "<mo>,</mo>".join(parts)
    return f"<msub><mi>{escape(base)}</mi><mrow>{index}</mrow></msub>"


def equation(left: str, formula: str) -> str:
    """Write an equation as MathML, a long sum with a line for each term; `left` is MathML already."""
    tree = _tree(formula)
    terms = list(_terms(tree))
    if len(formula) <= _LONG or len(terms) == 1:
        return f'<math display="block"><mrow>{left}<mo>=</mo>{_render(tree)[0]}</mrow></math>'
    lines = [(left, "=", terms[0][1]), *(("", sign, term) for sign, term in terms[1:])]
    rows = "".join(
        f'<mtr><mtd style="text-align: right">{start}</mtd>'
        f'<mtd style="text-align: left"><mrow><mo form="infix">{sign}</mo>{term}</mrow></mtd></mtr>'
        for start, sign, term in lines
    )
    return f'<math display="block"><mtable displaystyle="true">{rows}</mtable></math>'


_LONG = 80  # letters that still fit on one line


def _terms(tree: Any) -> Iterator[tuple[str, str]]:
    """Give each term of a sum with the sign before it (the first begins without one)."""
    parts = _children(tree)
    if tree.getType() == libsbml.AST_PLUS:
        for part in parts:
            yield from _terms(part)
    elif tree.getType() == libsbml.AST_MINUS and len(parts) == 2:
        yield from _terms(parts[0])
        yield "−", _wrapped(parts[1], _PRODUCT)
    else:
        yield "+", _render(tree)[0]


def _wrapped(tree: Any, level: int) -> str:
    text, own = _render(tree)
    return text if own >= level else f"<mrow><mo>(</mo>{text}<mo>)</mo></mrow>"


def _render(tree: Any) -> tuple[str, int]:
    """Return MathML and how tightly it holds together."""
    kind, parts = tree.getType(), _children(tree)
    if kind == libsbml.AST_NAME:
        return symbol(tree.getName()), _ATOM
    if kind == libsbml.AST_NAME_TIME:
        return "<mi>t</mi>", _ATOM
    if tree.isNumber():
        return f"<mn>{tree.getValue():g}</mn>", _ATOM
    if kind in _COMPARISONS:
        sign = f"<mo>{_COMPARISONS[kind]}</mo>"
        return f"<mrow>{sign.join(_wrapped(part, _SUM) for part in parts)}</mrow>", 0
    if kind in _FUNCTIONS:
        inside = "<mo>,</mo>".join(_render(part)[0] for part in parts)
        return f"<mrow><mi>{_FUNCTIONS[kind][0]}</mi><mo>(</mo>{inside}<mo>)</mo></mrow>", _ATOM
    if kind == libsbml.AST_FUNCTION and tree.getName().startswith(_SUM_OVER):
        over = (
            f"<mtext>{tree.getName().removeprefix(_SUM_OVER)} drugs</mtext><mspace width='0.3em'/><mi>d</mi>"
        )
        sign = f"<munder><mo>∑</mo><mrow>{over}</mrow></munder>"
        return f"<mrow>{sign}{_wrapped(parts[0], _PRODUCT)}</mrow>", _SUM
    if kind == libsbml.AST_FUNCTION_PIECEWISE:
        return _cases(parts), _ATOM
    return _arithmetic(tree, parts)


def _arithmetic(tree: Any, parts: list[Any]) -> tuple[str, int]:
    match tree.getType():
        case libsbml.AST_PLUS:
            return f"<mrow>{'<mo>+</mo>'.join(_render(part)[0] for part in parts)}</mrow>", _SUM
        case libsbml.AST_MINUS if len(parts) == 1:
            return f"<mrow><mo>−</mo>{_wrapped(parts[0], _PRODUCT)}</mrow>", _SUM
        case libsbml.AST_MINUS:
            return f"<mrow>{_render(parts[0])[0]}<mo>−</mo>{_wrapped(parts[1], _PRODUCT)}</mrow>", _SUM
        case libsbml.AST_TIMES:
            return f"<mrow>{'<mo>·</mo>'.join(_wrapped(part, _PRODUCT) for part in parts)}</mrow>", _PRODUCT
        case libsbml.AST_DIVIDE:
            over, under = (_render(part)[0] for part in parts)
            return f"<mfrac><mrow>{over}</mrow><mrow>{under}</mrow></mfrac>", _PRODUCT
        case libsbml.AST_POWER | libsbml.AST_FUNCTION_POWER:
            return _power(parts), _POWER
    raise ValueError(f"no way to write {libsbml.formulaToL3String(tree)}")


def _power(parts: list[Any]) -> str:
    exponent = libsbml.formulaToL3String(parts[1]).strip("()").replace(" ", "")
    if exponent in ("1/2", "0.5"):
        return f"<msqrt>{_render(parts[0])[0]}</msqrt>"
    if exponent == "1/3":
        return f"<mroot><mrow>{_render(parts[0])[0]}</mrow><mn>3</mn></mroot>"
    return f"<msup><mrow>{_wrapped(parts[0], _ATOM)}</mrow><mrow>{_render(parts[1])[0]}</mrow></msup>"


def _cases(parts: list[Any]) -> str:
    rows = [
        f"<mtr><mtd>{_render(result)[0]}</mtd><mtd><mtext>if&#160;</mtext>{_render(condition)[0]}</mtd></mtr>"
        for result, condition in zip(parts[::2], parts[1::2], strict=False)
    ]
    if len(parts) % 2:
        rows.append(f"<mtr><mtd>{_render(parts[-1])[0]}</mtd><mtd><mtext>otherwise</mtext></mtd></mtr>")
    return f"<mrow><mo>{{</mo><mtable>{''.join(rows)}</mtable></mrow>"
