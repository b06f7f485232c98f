"""Numba intrinsics: call a kernel by its address, and take a number from a counter shared by threads."""

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

__all__ = ["call_kernel", "take"]


@intrinsic  # type: ignore[untyped-decorator]
def call_kernel(typing_context: Any, address: Any, workspace: Any) -> Any:
    """Call the function at `address` with the pointer `workspace`; both are integers."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        pointer = ir.IntType(8).as_pointer()
        function = ir.FunctionType(ir.VoidType(), [pointer]).as_pointer()
        builder.call(builder.inttoptr(args[0], function), [builder.inttoptr(args[1], pointer)])
        return context.get_dummy_value()

    return types.void(types.intp, types.intp), generate


@intrinsic  # type: ignore[untyped-decorator]
def take(typing_context: Any, address: Any) -> Any:
    """Return the 64-bit counter at `address` and add one to it, safely between threads."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        pointer = builder.inttoptr(args[0], ir.IntType(64).as_pointer())
        return builder.atomic_rmw("add", pointer, ir.Constant(ir.IntType(64), 1), "monotonic")

    return types.int64(types.intp), generate
