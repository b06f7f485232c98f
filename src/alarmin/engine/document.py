"""From a path or a text to a libSBML model at Level 3, refusing what is not safe or not SBML."""

import os
from pathlib import Path
from typing import Any
from xml.parsers import expat

from alarmin.core import ModelError

__all__ = ["open_model"]

DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>'
MAX_BYTES = 50_000_000
MAX_DEPTH = 1_000  # libSBML parses recursively and its stack overflows somewhere above 5,000
MAX_PROBLEMS = 10
REMARKS = (104, 108)  # libSBML's groups of errors in annotations and in notes, which change no result
MAX_SHOWN = 200  # characters of a path that may be no path
HARMLESS_PACKAGE = "l3v2extendedmath"  # brings the functions of Level 3 Version 2 to Version 1


def open_model(source: str | os.PathLike[str]) -> tuple[Any, Any, str]:
    """Read SBML and return document and model of libSBML, at Level 3 Version 2, and the text.

    The model lives as long as the document.

    Parameters
    ----------
    source : str or path
        A path, or the SBML text itself (anything that starts with ``<``).

    Raises
    ------
    ModelError
        No such file, larger than 50 MB, not UTF-8, not XML, entities, nested too deep, not SBML, a required
        package.
    """
    import libsbml

    text, where = _read(source)
    _check_xml(text, where)
    # libSBML puts a declaration on a line of its own before text without one, which shifts its line numbers.
    document = libsbml.readSBMLFromString(text if text.startswith("<?xml") else DECLARATION + text)
    problems = _errors(document, where)
    if problems:
        raise ModelError(*problems)
    if document.getModel() is None:
        raise ModelError(f"{where}: no model in it; expected <model> within <sbml>")
    _check_fast(document.getModel())
    if (document.getLevel(), document.getVersion()) != (3, 2):
        document.setLevelAndVersion(3, 2, False)
        if document.getModel() is None or document.getLevel() != 3:
            raise ModelError(
                f"{where}: cannot be upgraded to SBML Level 3; save it as Level 3 with its own tool"
            )
    return document, document.getModel(), text


def _check_fast(model: Any) -> None:
    """Refuse fast reactions before the upgrade, which forgets that they are."""
    reactions = [model.getReaction(i) for i in range(model.getNumReactions())]
    fast = [
        reaction.getIdAttribute() for reaction in reactions if reaction.isSetFast() and reaction.getFast()
    ]
    if fast:
        advice = 'fast reactions are not supported; give it a large rate, or remove fast="true"'
        raise ModelError(*(f"reaction '{reaction}': {advice}" for reaction in fast))


def _read(source: str | os.PathLike[str]) -> tuple[str, str]:
    if isinstance(source, str) and source.lstrip("\ufeff \t\r\n").startswith("<"):
        text, where = source.lstrip("\ufeff \t\r\n"), "SBML text"
        if len(text) > MAX_BYTES:
            raise ModelError(_too_large(where, len(text)))
        return text, where
    if not isinstance(source, str | os.PathLike):
        raise ModelError(f"{source!r:.{MAX_SHOWN}}: cannot be read; expected a path or SBML text")
    path, where = Path(source), Path(source).name
    try:
        size = path.stat().st_size
        content = path.read_bytes() if size <= MAX_BYTES else b""
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        shown = str(source)[:MAX_SHOWN]
        raise ModelError(f"{shown}: cannot be read ({reason}); expected a path or SBML text") from None
    if size > MAX_BYTES:
        raise ModelError(_too_large(where, size))
    try:
        return content.decode("utf-8-sig"), where
    except UnicodeDecodeError as error:
        raise ModelError(
            f"{where}: byte {error.start} is not UTF-8, the encoding of SBML; save it as UTF-8"
        ) from None


def _too_large(where: str, size: int) -> str:
    return f"{where}: {size:,} bytes; expected at most {MAX_BYTES:,}, remove annotations or split the model"


def _check_xml(text: str, where: str) -> None:
    """Refuse malformed XML, document types (entities), deep nesting and packages in use, in one pass."""
    required: dict[str, str] = {}
    used: set[str] = set()
    depth = 0

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > MAX_DEPTH:
            raise ModelError(
                f"{where}: elements nested more than {MAX_DEPTH:,} deep; write long sums as one sum"
            )
        if depth == 1:
            required.update(_required_packages(attributes))
        elif required:
            used.update(name.rpartition(" ")[0] for name in (tag, *attributes))

    def end(tag: str) -> None:
        nonlocal depth
        depth -= 1

    def doctype(*_: object) -> None:
        raise ModelError(f"{where}: has a document type declaration (entities); remove it, SBML has none")

    parser = expat.ParserCreate("utf-8", namespace_separator=" ")
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.StartDoctypeDeclHandler = doctype
    try:
        parser.Parse(text.encode("utf-8", "surrogatepass"), True)
    except expat.ExpatError as error:
        reason = expat.ErrorString(error.code)
        raise ModelError(
            f"{where}: line {error.lineno}: malformed XML ({reason}); repair or export again"
        ) from None
    advice = "is not supported; flatten the model or export it without"
    problems = [f"{where}: package '{name}' {advice}" for space, name in required.items() if space in used]
    if problems:
        raise ModelError(*problems)


def _required_packages(attributes: dict[str, str]) -> dict[str, str]:
    """Return the namespaces of packages that a document marks as required, with their short names."""
    packages = {}
    for name, value in attributes.items():
        namespace, _, local = name.rpartition(" ")
        package = namespace.split("/")[-2] if namespace.count("/") > 1 else namespace
        if local == "required" and namespace and value in ("true", "1") and package != HARMLESS_PACKAGE:
            packages[namespace] = package
    return packages


def _errors(document: Any, where: str) -> list[str]:
    import libsbml

    problems = []
    for i in range(document.getNumErrors()):
        error = document.getError(i)
        if error.getSeverity() >= libsbml.LIBSBML_SEV_ERROR and error.getErrorId() // 100 not in REMARKS:
            text = " ".join(error.getMessage().split())
            problems.append(f"{where}: line {error.getLine()}: {text[:300]}")
    shown = problems[:MAX_PROBLEMS]
    return shown + ([f"{where}: {len(problems) - len(shown)} more"] if len(problems) > len(shown) else [])
