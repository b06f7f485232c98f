"""Files that could be made again, kept in the user's cache folder between runs."""

import hashlib
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

__all__ = ["cache_folder", "keep", "kept", "kept_text"]

_MAGIC = b"alarmin-kernels-2\n"


def cache_folder() -> Path:
    """Give the folder for files that can be made again; `ALARMIN_CACHE` overrides the system's own."""
    if chosen := os.environ.get("ALARMIN_CACHE"):
        return Path(chosen)
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", str(Path.home()))) / "alarmin"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "alarmin"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "alarmin"


def kept(name: str) -> bytes | None:
    """Return what was kept under a name, or None if it is missing, damaged or foreign.

    Parameters
    ----------
    name : str
        Of the file; holds a digest of everything that the content rests on.

    Notes
    -----
    A file holds a digest of its name and contents, must belong to this user and be writable by nobody else;
    any other file is not used.
    """
    path = cache_folder() / name
    try:
        if not (_is_private(path.parent) and _is_private(path)):
            return None
        content = path.read_bytes()
    except OSError:
        return None
    magic, digest, rest = content[: len(_MAGIC)], content[len(_MAGIC) :][:64], content[len(_MAGIC) + 64 :]
    return rest if magic == _MAGIC and digest == _digest(name, rest) else None


def keep(name: str, content: bytes) -> None:
    """Keep content under a name; whoever replaces the file last wins, and readers always see a whole one."""
    path = cache_folder() / name
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".kept-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(_MAGIC + _digest(name, content) + content)
            os.replace(temporary, path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError:
        return  # a cache that cannot be written costs time, never a result


def kept_text(suffix: str, rests_on: object, make: Callable[[], str]) -> str:
    """Return a text that was made in an earlier run, or make it now and keep it.

    Parameters
    ----------
    suffix : str
        Of the file.
    rests_on : object
        Everything that decides the text, versions of packages included; its `repr` names the file.
    make : callable
    """
    name = hashlib.blake2b(repr(rests_on).encode()).hexdigest()[:48] + suffix
    found = kept(name)
    if found is not None:
        return found.decode()
    text = make()
    keep(name, text.encode())
    return text


def _digest(name: str, content: bytes) -> bytes:
    return hashlib.blake2b(name.encode() + content).digest()


def _is_private(path: Path) -> bool:
    """Whether only this user can have written the path: its contents will be run."""
    if not hasattr(os, "getuid"):
        return True
    found = path.stat()
    return found.st_uid == os.getuid() and not found.st_mode & 0o022
