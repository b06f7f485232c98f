"""How far an attempted step is from the arithmetic limit: python benchmarks/engine_limit.py.

Counts the vector operations of one attempt from its IR, measures what the processor can do at best with
multiply-adds and with divisions, and compares with the measured time of an attempt.
"""

import ctypes
import re
import time
from collections import Counter

import numpy as np

from alarmin.engine import compile_model
from alarmin.engine.compile import Library, build, processor
from alarmin.engine.ir import Block
from alarmin.engine.kernels import write_kernels
from alarmin.engine.rodas5p import STAGES
from engine_cases import patient_case

CHAINS, TURNS = 12, 20_000
CALLS = {"rates_add": STAGES - 1, "solve": STAGES}  # per attempt; all others once
WITHIN = ("jacobian", "factor", "rates_add", "solve", "attempt", "vector_exp", "vector_log", "vector_pow")


def best_time(function: ctypes._CFuncPtr, *arguments: int, repeats: int = 300) -> float:
    """Shortest time of a call [s]."""
    spans = []
    for _ in range(repeats):
        begin = time.perf_counter()
        function(*arguments)
        spans.append(time.perf_counter() - begin)
    return min(spans)


def peak(operation: str, lanes: int) -> float:
    """Nanoseconds per vector operation at full throughput: many independent chains."""
    b = Block(lanes=lanes, fma=True)
    x = b.load("%ws", 0)

    def turn(_: str, __: int, carried: list[str]) -> list[str]:
        return [b.fma(c, x, x) if operation == "fma" else b.div(c, x) for c in carried]

    ends = b.loop(TURNS, turn, [x] * CHAINS)
    for row, value in enumerate(ends):
        b.store(value, "%ws", row)
    b.say("ret void")
    v = b.vector
    text = f"declare {v} @llvm.fma.v{lanes}f64({v}, {v}, {v})\n" + b.function("peak", "ptr %ws", linkage="")
    library = build(text + "attributes #0 = { nounwind }\n", ("peak",))
    work = aligned(CHAINS * lanes)
    work[:] = 1.0
    function = ctypes.CFUNCTYPE(None, ctypes.c_void_p)(library.addresses["peak"])
    return best_time(function, work.ctypes.data, repeats=50) / (TURNS * CHAINS) * 1e9


def aligned(size: int) -> np.ndarray:
    """Zeros aligned to 64 bytes."""
    raw = np.zeros(size + 8)
    shift = (-raw.ctypes.data % 64) // 8
    return raw[shift : shift + size]


def operations(text: str) -> dict[str, Counter[str]]:
    """Vector operations in the body of each function; loops count their turns."""
    found = {}
    for name, body in re.findall(r"^define [^\n]*@(\w+)\([^\n]*\n(.*?)^\}", text, re.M | re.S):
        counts: Counter[str] = Counter()
        for block in re.split(r"^(?=[\w.]+:$)", body, flags=re.M):
            end = re.search(r"icmp eq i64 %next\S*, (\d+)", block)
            step = re.search(r"%next\S* = add i64 \S+, (\d+)", block)
            turns = int(end[1]) // int(step[1]) if end and step else 1
            counts["multiply-add"] += turns * len(re.findall(r"@llvm\.fma|= f(?:add|sub|mul) <", block))
            counts["divide"] += turns * len(re.findall(r"= fdiv <|@llvm\.sqrt", block))
            for function in ("vector_exp", "vector_log", "vector_pow"):
                counts[function] += turns * len(re.findall(f"call <[^>]*> @{function}", block))
        found[name] = counts
    return found


def per_attempt(text: str) -> Counter[str]:
    """Vector operations of one attempt."""
    found = operations(text)
    total: Counter[str] = Counter()
    for name in ("jacobian", "factor", "rates_add", "solve", "attempt"):
        for kind, count in found[name].items():
            total[kind] += count * CALLS.get(name, 1)
    for name in ("vector_exp", "vector_log", "vector_pow"):
        for kind in ("multiply-add", "divide"):
            total[kind] += total[name] * found[name][kind]
    return total


def measured(library: Library, layout, case, model) -> float:
    """Nanoseconds of an attempt at the first patient's first state."""
    lanes = model.lanes
    work = aligned(layout.rows * lanes)
    rows = work.reshape(layout.rows, lanes)
    rows[layout.parameters : layout.parameters + layout.varying] = case.values[0][:, None]
    rows[layout.h], rows[layout.rtol], rows[layout.t_low], rows[layout.t_high] = 0.01, 1e-6, -np.inf, np.inf
    rows[layout.atol : layout.atol + layout.states] = 1e-9
    rows[layout.slack : layout.slack + layout.states] = np.inf
    call = ctypes.CFUNCTYPE(None, ctypes.c_void_p)
    call(library.addresses["prepare"])(work.ctypes.data)
    n = layout.states
    rows[layout.y : layout.y + n] = rows[layout.y_start : layout.y_start + n]
    return best_time(call(library.addresses["attempt"]), work.ctypes.data, repeats=20_000) * 1e9


def main() -> None:
    """Count, measure and print."""
    case = patient_case(8)
    model = compile_model(case.system, parameters=case.parameters, dosed=case.dosed)
    text, layout = write_kernels(model.equations, lanes=model.lanes, fma=processor().fma)
    counts = per_attempt(text)
    fma, divide = (peak(kind, model.lanes) for kind in ("fma", "divide"))
    least = counts["multiply-add"] * fma + counts["divide"] * divide
    taken = measured(model.library, layout, case, model)
    entries = sum(len(row) for row in model.equations.factor_rows)
    print(f"{layout.states} states, Jacobian {len(model.equations.jacobian)} entries, factors {entries}")
    print(
        f"per attempt of {model.lanes} patients: {counts['multiply-add']} multiply-adds, sums and products, ",
        end="",
    )
    print(f"{counts['divide']} divisions")
    print(f"at best {fma:.3f} and {divide:.2f} ns each: {least / 1e3:.2f} us; ", end="")
    print(f"measured {taken / 1e3:.2f} us: ", end="")
    print(f"{least / taken:.0%} of the limit; workspace {layout.rows * model.lanes * 8 / 1024:.0f} KiB")


if __name__ == "__main__":
    main()
