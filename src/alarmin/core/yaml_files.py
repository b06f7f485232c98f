"""Read a small YAML document safely and remember the line of every field."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from alarmin.core import DataError

__all__ = ["MAX_BYTES", "LinedDocument", "read_yaml"]

MAX_BYTES = 256 * 1024
"""Largest file that is read; what people write by hand is a few kilobytes."""


@dataclass(frozen=True)
class LinedDocument:
    """The plain content of a YAML file and where each field stands.

    Parameters
    ----------
    name : str
        Name of the file as the user gave it.
    content : dict
        Plain Python values.
    lines : dict
        Path of a field (tuple of keys and list positions) -> line number, 1 = first line.
    """

    name: str
    content: dict[str, Any]
    lines: dict[tuple[str | int, ...], int] = field(default_factory=dict)

    def where(self, path: tuple[str | int, ...]) -> str:
        """Return `file:line` of a field, or of its nearest parent that stands in the file."""
        while path and path not in self.lines:
            path = path[:-1]
        return f"{self.name}:{self.lines.get(path, 1)}"


def read_yaml(path: Path) -> LinedDocument:
    """Read one YAML mapping.

    Parameters
    ----------
    path : Path
        A UTF-8 file of at most `MAX_BYTES` bytes that holds one mapping.

    Raises
    ------
    DataError
        The file is missing, too large, not UTF-8, not YAML, uses aliases or tags, or holds no mapping.

    Notes
    -----
    YAML 1.2: `no` is text and `1e-3` is a number. Aliases are refused because a few of them can expand to
    gigabytes; tags are refused because nothing here needs them.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError, YAMLError

    text = _read_text(path)
    try:
        yaml = YAML(typ="safe", pure=True)
        node = yaml.compose(text)
        lines: dict[tuple[str | int, ...], int] = {}
        _collect_lines(node, (), lines, set(), path.name)
        content = None if node is None else yaml.constructor.construct_document(node)
    except DataError:
        raise
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise DataError(f"{path.name}:{line}: not valid YAML: {error.problem or error.context}") from None
    except (YAMLError, RecursionError, ValueError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise DataError(f"{path.name}:1: not valid YAML: {reason}") from None
    if not isinstance(content, dict):
        raise DataError(f"{path.name}:1: got {type(content).__name__}, expected a mapping of fields")
    return LinedDocument(path.name, content, lines)


def _read_text(path: Path) -> str:
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise DataError(f"{path.name}: got {size} bytes, expected at most {MAX_BYTES}")
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise DataError(f"{path}: no such file") from None
    except UnicodeDecodeError as error:
        raise DataError(f"{path.name}: not UTF-8 text (byte {error.start})") from None
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from None


def _collect_lines(
    node: Any,
    path: tuple[str | int, ...],
    lines: dict[tuple[str | int, ...], int],
    seen: set[int],
    name: str,
) -> None:
    from ruamel.yaml.nodes import MappingNode, SequenceNode

    if node is None:
        return
    line = node.start_mark.line + 1
    # The composer hands out one node object for an anchor and all its aliases.
    if id(node) in seen:
        raise DataError(f"{name}:{line}: an alias (*name) is not allowed here; write the value out")
    seen.add(id(node))
    lines.setdefault(path, line)
    if isinstance(node, MappingNode):
        for key, value in node.value:
            here = (*path, str(key.value))
            lines[here] = key.start_mark.line + 1
            _collect_lines(value, here, lines, seen, name)
    elif isinstance(node, SequenceNode):
        for position, value in enumerate(node.value):
            _collect_lines(value, (*path, position), lines, seen, name)
