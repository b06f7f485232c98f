"""Check a YAML document against a pydantic model and word every problem as one line."""

import re
import reprlib
import types
import typing
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from alarmin.core.errors import DataError
from alarmin.core.ids import nearest
from alarmin.core.yaml_files import LinedDocument

__all__ = ["Part", "check"]


class Part(BaseModel):
    """Base of everything that users write in YAML: frozen, no unknown fields, no silent conversion."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


AnyPart = TypeVar("AnyPart", bound=BaseModel)


def check(document: LinedDocument, model: type[AnyPart], *, also: list[str] | None = None) -> AnyPart:
    """Turn a document into a checked, frozen object.

    Parameters
    ----------
    document : LinedDocument
    model : type of pydantic model
    also : list of str, optional
        Problems found elsewhere, each starting with ``file:line``; they are listed with the others.

    Raises
    ------
    DataError
        One line for each problem, in the order of the file: file, line, field, value, what was expected.
    """
    problems = list(also or [])
    try:
        checked = model.model_validate(document.content)
    except ValidationError as error:
        problems += [_word(document, model, dict(entry)) for entry in error.errors()]
    if problems:
        raise DataError(*sorted(problems, key=_line_number))
    return checked


def _line_number(problem: str) -> int:
    found = re.match(r"[^:]*:(\d+)", problem)
    return int(found[1]) if found else 0


def _word(document: LinedDocument, model: type[BaseModel], entry: dict[str, Any]) -> str:
    path = tuple(part for part in entry["loc"] if part != "[key]")
    named = ".".join(str(part) for part in path)
    where = document.where(path)
    fields = _fields_at(model, path[:-1])
    match entry["type"]:
        case "missing":
            return f"{where}: {named}: missing, expected {_kind(fields.get(str(path[-1])))}"
        case "extra_forbidden":
            guess = nearest(str(path[-1]), fields)
            hint = f"did you mean '{guess}'?" if guess else f"known: {', '.join(fields)}"
            return f"{where}: {named}: unknown field; {hint}"
        case "value_error":
            return f"{where}: {named + ': ' if named else ''}{entry['ctx']['error']}"
        case _:
            expected = entry["msg"][0].lower() + entry["msg"][1:]
            got = reprlib.repr(entry["input"])
            return f"{where}: {named}: got {got}, expected {expected.removeprefix('input should be ')}"


def _fields_at(model: type[BaseModel], path: tuple[Any, ...]) -> dict[str, Any]:
    """Return the fields (name -> annotation) of the part that a path leads to."""
    here: Any = model
    for step in path:
        if isinstance(here, type) and issubclass(here, BaseModel):
            field = here.model_fields.get(str(step))
            here = field.annotation if field else None
        else:
            inner = typing.get_args(here)
            here = inner[-1] if inner else None
        here = _unwrapped(here)
    if isinstance(here, type) and issubclass(here, BaseModel):
        return {name: field.annotation for name, field in here.model_fields.items()}
    return {}


def _unwrapped(annotation: Any) -> Any:
    """Take `Annotated[X, ...]` and `X | None` down to X."""
    while typing.get_origin(annotation) in (typing.Annotated, typing.Union, types.UnionType):
        annotation = next(a for a in typing.get_args(annotation) if a is not type(None))
    return annotation


def _kind(annotation: Any) -> str:
    annotation = _unwrapped(annotation)
    if annotation in (float, int):
        return "a number"
    if annotation is str:
        return "text"
    if annotation is bool:
        return "true or false"
    if typing.get_origin(annotation) in (list, tuple):
        return "a list"
    return "a mapping of fields"
