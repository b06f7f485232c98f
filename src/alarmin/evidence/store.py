"""The tables of facts in an embedded DuckDB file, built on first use and then only read.

The file lies in the user's cache folder and is named by a digest of everything it is made of: a new
version of a table never meets an old file, and processes that build at once each put a whole file in place.
"""

import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TYPE_CHECKING

from alarmin.core import EvidenceError
from alarmin.core.cache import cache_folder

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

__all__ = ["open_store"]

KEPT = 8
"""How many stores stay in the cache folder (one for each version of the tables that was used)."""

LOCKED: dict[str, str | bool | int | float | list[str]] = {
    "enable_external_access": "false",
    "autoload_known_extensions": "false",
    "autoinstall_known_extensions": "false",
    "python_enable_replacements": "false",
    "memory_limit": "512MB",
    "threads": "2",
    "lock_configuration": "true",
}
"""Neither files nor network nor variables of the process can be reached, nor can that be changed."""


def open_store(user_folder: Path | None = None) -> "DuckDBPyConnection":
    """Open the store for reading; build it if it is not there.

    Parameters
    ----------
    user_folder : Path, optional
        Tables of the user, named and laid out as the package's own; they are kept apart in the schema
        `theirs`.

    Raises
    ------
    EvidenceError
        A table of the user is malformed (every fault is listed), or the cache folder cannot be written.
    """
    import duckdb

    if user_folder is not None and not user_folder.is_dir():
        raise EvidenceError(f"--evidence: '{user_folder}' is no folder; expected one with CSV tables")
    path = cache_folder() / f"evidence-{_digest(user_folder)}.duckdb"
    if not path.exists():
        _build(path, user_folder)
    return duckdb.connect(str(path), read_only=True, config=LOCKED)


def _digest(user_folder: Path | None) -> str:
    digest = hashlib.sha256(b"own" if user_folder is None else b"with a user's")
    for file in _files(user_folder):
        content = file.read_bytes()
        digest.update(f"{file.name}:{len(content)}:".encode() + content)
    return digest.hexdigest()[:20]


def _files(user_folder: Path | None) -> Iterator[Traversable]:
    """List what the store is made of: the tables, and the code that turns them into a store."""
    room = resources.files("alarmin.evidence")
    for folder, ending in ((room / "data", ".csv"), (room, ".py"), (user_folder, ".csv")):
        if folder is not None:
            yield from sorted((f for f in folder.iterdir() if f.name.endswith(ending)), key=lambda f: f.name)


def _build(path: Path, user_folder: Path | None) -> None:
    from alarmin.evidence.build import fill

    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        scratch = Path(tempfile.mkdtemp(prefix=".building-", dir=path.parent))
    except OSError as error:
        raise EvidenceError(
            f"the cache folder '{path.parent}' cannot be written: {error.strerror}; set ALARMIN_CACHE"
        ) from None
    try:
        fill(scratch / path.name, user_folder)
        _put_in_place(scratch / path.name, path)
        _forget_old(path.parent)
    finally:
        for left in scratch.iterdir():
            left.unlink()
        scratch.rmdir()


def _forget_old(folder: Path) -> None:
    """Keep the newest stores only; one that another system still holds open stays."""
    stores = sorted(folder.glob("evidence-*.duckdb"), key=lambda file: file.stat().st_mtime, reverse=True)
    for old in stores[KEPT:]:
        with suppress(OSError):
            old.unlink()


def _put_in_place(built: Path, path: Path) -> None:
    try:
        built.replace(path)
    except PermissionError:
        # where an open file cannot be replaced, another process has put the same file there
        if not path.exists():
            raise
