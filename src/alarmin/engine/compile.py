"""Machine code from IR text, with a cache of object files on disk."""

import hashlib
import os
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import llvmlite
import llvmlite.binding as llvm

__all__ = ["Library", "Processor", "build", "cache_folder", "processor"]

_MAGIC = b"alarmin-kernels-1\n"


@dataclass(frozen=True)
class Processor:
    """What the code is compiled for.

    Attributes
    ----------
    name : str
        LLVM's name of the processor.
    features : str
        LLVM's list of features.
    lanes : int
        Patients side by side that fill its vector registers: 8 with AVX-512, 4 with AVX2, otherwise 2.
    fma : bool
        Whether it multiplies and adds in one instruction.
    """

    name: str
    features: str
    lanes: int
    fma: bool


@cache
def processor() -> Processor:
    """Return the processor of this machine."""
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    found = llvm.get_host_cpu_features()
    arm = llvm.get_default_triple().startswith(("aarch64", "arm64"))
    lanes = 8 if found.get("avx512f") else 4 if found.get("avx2") else 2
    features = found.flatten()
    if lanes == 8:
        features += ",-prefer-256-bit"
    return Processor(llvm.get_host_cpu_name(), features, lanes, arm or bool(found.get("fma")))


@dataclass(frozen=True)
class Library:
    """Compiled functions, alive as long as this object is.

    Attributes
    ----------
    addresses : dict of str to int
        Address of each exported function.
    cached : bool
        Whether the object file came from the cache.
    """

    addresses: dict[str, int]
    cached: bool
    engine: Any


def cache_folder() -> Path:
    """Return the folder of object files: `ALARMIN_CACHE`, or `alarmin` in the user's cache folder."""
    chosen = os.environ.get("ALARMIN_CACHE")
    if chosen:
        return Path(chosen)
    base = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA")
    return (Path(base) if base else Path.home() / ".cache") / "alarmin" / "kernels"


def _is_private(path: Path) -> bool:
    """Whether only this user can have written the path: its contents will be run."""
    if not hasattr(os, "getuid"):
        return True
    found = path.stat()
    return found.st_uid == os.getuid() and not found.st_mode & 0o022


def _read(path: Path) -> bytes | None:
    """Return the object code of a cache file, or None if it is missing, damaged or foreign."""
    try:
        if not (_is_private(path.parent) and _is_private(path)):
            return None
        content = path.read_bytes()
    except OSError:
        return None
    head = len(_MAGIC) + 64
    if content[: len(_MAGIC)] != _MAGIC or len(content) <= head:
        return None
    code = content[head:]
    return (
        code if hashlib.blake2b(path.name.encode() + code).digest() == content[len(_MAGIC) : head] else None
    )


def _write(path: Path, code: bytes) -> None:
    """Store object code; whoever replaces the file last wins, and readers always see a whole file."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".kernels-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(_MAGIC + hashlib.blake2b(path.name.encode() + code).digest() + code)
            os.replace(temporary, path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError:
        return  # a cache that cannot be written costs time, never a result


def _machine(target: Processor) -> Any:
    triple = llvm.Target.from_default_triple()
    return triple.create_target_machine(
        cpu=target.name, features=target.features, opt=1, reloc="pic", codemodel="default", jit=True
    )


def _emit(text: str, machine: Any) -> bytes:
    """Return object code. No passes over the IR: they cost most of a second and gain no speed."""
    module = llvm.parse_assembly(text)
    module.verify()
    code: bytes = machine.emit_object(module)
    return code


def build(text: str, exports: tuple[str, ...]) -> Library:
    """Compile IR text, or take its object code from the cache.

    Parameters
    ----------
    text : str
        LLVM IR of one module, without target lines.
    exports : tuple of str
        Functions whose addresses are wanted.

    Returns
    -------
    Library
        Loaded code.

    Notes
    -----
    The key is a BLAKE2 of the text, the processor, its features and the versions of llvmlite and LLVM.
    A cache file holds a digest of its name and code, must belong to this user and be writable by nobody
    else; any other file is compiled anew and replaced.
    """
    target = processor()
    identity = [text, target.name, target.features, llvmlite.__version__, str(llvm.llvm_version_info)]
    key = hashlib.blake2b("\0".join(identity).encode()).hexdigest()[:48]
    path = cache_folder() / f"{key}.o"
    machine = _machine(target)
    code = _read(path)
    cached = code is not None
    if code is None:
        code = _emit(text, machine)
        _write(path, code)
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), machine)
    engine.add_object_file(llvm.ObjectFileRef.from_data(code))
    engine.finalize_object()
    return Library({name: engine.get_function_address(name) for name in exports}, cached, engine)
