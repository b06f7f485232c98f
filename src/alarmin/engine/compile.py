"""Machine code from IR text, with a cache of object files on disk."""

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import llvmlite
import llvmlite.binding as llvm

from alarmin.core.cache import keep, kept

__all__ = ["Library", "Processor", "build", "cache_key", "load", "processor"]

# These carry out an operation on 512 bits as two on 256: 8 lanes gain nothing and need twice the cache.
_HALVES = ("znver4",)


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
        Patients side by side that fill its arithmetic units: 8 with AVX-512, 4 with AVX2 and with AVX-512 in
        two halves, otherwise 2.
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
    name = llvm.get_host_cpu_name()
    wide = found.get("avx512f") and name not in _HALVES
    lanes = 8 if wide else 4 if found.get("avx2") else 2
    features = found.flatten()
    if lanes == 8:
        features += ",-prefer-256-bit"
    return Processor(name, features, lanes, arm or bool(found.get("fma")))


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


def _link(code: bytes, exports: tuple[str, ...], *, cached: bool) -> Library:
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), _machine(processor()))
    engine.add_object_file(llvm.ObjectFileRef.from_data(code))
    engine.finalize_object()
    return Library({name: engine.get_function_address(name) for name in exports}, cached, engine)


@cache
def _sources() -> str:
    """Return a digest of the source files that decide what is compiled."""
    digest = hashlib.blake2b()
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def cache_key(*parts: object) -> str:
    """Return a name for code that is made from `parts` on this machine by this version.

    Notes
    -----
    A BLAKE2 of the parts, the sources of this package, the processor, its features and the versions of
    llvmlite and LLVM.
    """
    target = processor()
    versions = (llvmlite.__version__, str(llvm.llvm_version_info))
    identity = repr((parts, _sources(), target.name, target.features, versions))
    return hashlib.blake2b(identity.encode()).hexdigest()[:48]


def load(key: str, exports: tuple[str, ...]) -> tuple[str, Library] | None:
    """Return the note and the code that were kept under a key, or None.

    Parameters
    ----------
    key : str
        From `cache_key`.
    exports : tuple of str
        Functions whose addresses are wanted.
    """
    found = kept(f"{key}.o")
    if found is None:
        return None
    note, _, code = found.partition(b"\0")
    return note.decode(), _link(code, exports, cached=True)


def build(text: str, exports: tuple[str, ...], *, key: str = "", note: str = "") -> Library:
    """Compile IR text.

    Parameters
    ----------
    text : str
        LLVM IR of one module, without target lines.
    exports : tuple of str
        Functions whose addresses are wanted.
    key, note : str
        Where to keep the object code, from `cache_key`, and what to keep with it, a text without NUL;
        without key nothing is kept.

    Returns
    -------
    Library
        Loaded code.
    """
    code = _emit(text, _machine(processor()))
    if key:
        keep(f"{key}.o", note.encode() + b"\0" + code)
    return _link(code, exports, cached=False)
