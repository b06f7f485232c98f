"""Writer of LLVM IR text in which every value is one vector of lanes."""

import struct
from collections.abc import Callable, Sequence

__all__ = ["Block", "literal"]

# LLVM's scheduler needs more than linear time for a basic block: long code is cut into several.
_BLOCK_LINES = 150
_UNROLL = 4


def literal(value: float) -> str:
    """Return a double as LLVM writes it exactly: the hexadecimal pattern of its bits."""
    return f"0x{struct.unpack('<Q', struct.pack('<d', value))[0]:016X}"


class Block:
    """Body of one IR function over vectors of doubles, one lane per patient.

    Every method appends an instruction and returns the name of its value. Names are unique per block.

    Parameters
    ----------
    lanes : int
        Width of the vectors.
    fma : bool
        Whether the processor multiplies and adds in one instruction. Without it, `fma` is a product and a
        sum, because the intrinsic would call the C library.
    """

    def __init__(self, *, lanes: int, fma: bool) -> None:
        self.lanes = lanes
        self.has_fma = fma
        self.vector = f"<{lanes} x double>"
        self.integers = f"<{lanes} x i64>"
        self.booleans = f"<{lanes} x i1>"
        self.lines: list[str] = []
        self._count = 0
        self._label = "entry"
        self._begun = 0

    def new(self, instruction: str) -> str:
        """Append `instruction` and name its value."""
        self._count += 1
        name = f"%v{self._count}"
        self.lines.append(f"  {name} = {instruction}")
        return name

    def say(self, instruction: str) -> None:
        """Append an instruction without value."""
        self.lines.append(f"  {instruction}")

    def const(self, value: float) -> str:
        """Return a vector literal with `value` in every lane."""
        return "<" + ", ".join([f"double {literal(value)}"] * self.lanes) + ">"

    def const_int(self, value: int) -> str:
        """Return a vector literal of 64-bit integers."""
        return "<" + ", ".join([f"i64 {value}"] * self.lanes) + ">"

    def binary(self, op: str, a: str, b: str) -> str:
        """Append `fadd`, `fsub`, `fmul` or `fdiv`."""
        return self.new(f"{op} {self.vector} {a}, {b}")

    def add(self, a: str, b: str) -> str:
        """Append a sum."""
        return self.binary("fadd", a, b)

    def sub(self, a: str, b: str) -> str:
        """Append a difference."""
        return self.binary("fsub", a, b)

    def mul(self, a: str, b: str) -> str:
        """Append a product."""
        return self.binary("fmul", a, b)

    def div(self, a: str, b: str) -> str:
        """Append a quotient."""
        return self.binary("fdiv", a, b)

    def neg(self, a: str) -> str:
        """Append a change of sign."""
        return self.new(f"fneg {self.vector} {a}")

    def fma(self, a: str, b: str, c: str) -> str:
        """Append `a * b + c`, rounded once where the processor can."""
        if not self.has_fma:
            return self.add(self.mul(a, b), c)
        v = self.vector
        return self.new(f"call {v} @llvm.fma.v{self.lanes}f64({v} {a}, {v} {b}, {v} {c})")

    def sub_product(self, c: str, a: str, b: str) -> str:
        """Append `c - a * b`."""
        return self.fma(self.neg(a), b, c) if self.has_fma else self.sub(c, self.mul(a, b))

    def call(self, function: str, *args: str) -> str:
        """Append a call of a function from vectors to a vector."""
        listed = ", ".join(f"{self.vector} {a}" for a in args)
        return self.new(f"call {self.vector} @{function}({listed})")

    def intrinsic(self, name: str, *args: str) -> str:
        """Append a call of an LLVM intrinsic such as `sqrt`, `fabs`, `floor`."""
        return self.call(f"llvm.{name}.v{self.lanes}f64", *args)

    def by_lane(self, function: str, a: str) -> str:
        """Append one call of a C function of one double per lane."""
        result = "poison"
        for lane in range(self.lanes):
            part = self.new(f"extractelement {self.vector} {a}, i32 {lane}")
            value = self.new(f"call double @{function}(double {part})")
            result = self.new(f"insertelement {self.vector} {result}, double {value}, i32 {lane}")
        return result

    def compare(self, predicate: str, a: str, b: str) -> str:
        """Append a comparison of doubles; gives booleans."""
        return self.new(f"fcmp {predicate} {self.vector} {a}, {b}")

    def logic(self, op: str, a: str, b: str) -> str:
        """Append `and`, `or` or `xor` of booleans."""
        return self.new(f"{op} {self.booleans} {a}, {b}")

    def true(self) -> str:
        """Return the literal of booleans that are all true."""
        return "<" + ", ".join(["i1 true"] * self.lanes) + ">"

    def select(self, condition: str, a: str, b: str) -> str:
        """Append a choice per lane."""
        return self.new(f"select {self.booleans} {condition}, {self.vector} {a}, {self.vector} {b}")

    def integer(self, op: str, a: str, b: str) -> str:
        """Append an operation on 64-bit integers."""
        return self.new(f"{op} {self.integers} {a}, {b}")

    def to_bits(self, a: str) -> str:
        """Append the reading of doubles as integers."""
        return self.new(f"bitcast {self.vector} {a} to {self.integers}")

    def from_bits(self, a: str) -> str:
        """Append the reading of integers as doubles."""
        return self.new(f"bitcast {self.integers} {a} to {self.vector}")

    def _address(self, pointer: str, row: int) -> str:
        return self.new(f"getelementptr inbounds double, ptr {pointer}, i64 {row * self.lanes}")

    def load(self, pointer: str, row: int) -> str:
        """Append the load of row `row`: one vector of lanes."""
        return self.new(f"load {self.vector}, ptr {self._address(pointer, row)}, align {8 * self.lanes}")

    def store(self, value: str, pointer: str, row: int) -> None:
        """Append the store of a vector to row `row`."""
        self.say(f"store {self.vector} {value}, ptr {self._address(pointer, row)}, align {8 * self.lanes}")
        if len(self.lines) - self._begun > _BLOCK_LINES:
            self._count += 1
            self.say(f"br label %part{self._count}")
            self._enter(f"part{self._count}")

    def _enter(self, label: str) -> None:
        self.lines.append(f"{label}:")
        self._label, self._begun = label, len(self.lines)

    def load_at(self, pointer: str, row: int, index: str) -> str:
        """Append the load of row `row + index`."""
        return self.new(
            f"load {self.vector}, ptr {self._moving(pointer, row, index)}, align {8 * self.lanes}"
        )

    def store_at(self, value: str, pointer: str, row: int, index: str) -> None:
        """Append the store of a vector to row `row + index`."""
        address = self._moving(pointer, row, index)
        self.say(f"store {self.vector} {value}, ptr {address}, align {8 * self.lanes}")

    def _moving(self, pointer: str, row: int, index: str) -> str:
        return self.new(
            f"getelementptr inbounds {self.vector}, ptr {self._address(pointer, row)}, i64 {index}"
        )

    def loop(
        self,
        count: int,
        body: Callable[[str, int, Sequence[str]], Sequence[str]],
        carried: Sequence[str] = (),
    ) -> list[str]:
        """Append a loop over 0 ... count - 1, four turns at a time, and return the last carried vectors.

        Parameters
        ----------
        count : int
            Turns, at least 1.
        body : callable
            Writes turn `index + ahead`, given the name of the index, the number ahead and the carried
            vectors; returns the next carried vectors.
        carried : sequence of str
            First values.
        """
        whole = count // _UNROLL
        results = list(carried)
        if whole:
            results = self._loop(whole, body, carried)
        for turn in range(whole * _UNROLL, count):
            results = list(body("0", turn, results))
        return results

    def _loop(
        self, count: int, body: Callable[[str, int, Sequence[str]], Sequence[str]], carried: Sequence[str]
    ) -> list[str]:
        self._count += 1
        name, before = f"loop{self._count}", self._label
        self.say(f"br label %{name}")
        self.lines.append(f"{name}:")
        first = len(self.lines)
        index = self.new(f"phi i64 [ 0, %{before} ], [ %next.{name}, %{name} ]")
        values = [self.new("") for _ in carried]
        slots = range(first + 1, first + 1 + len(carried))
        results = values
        for ahead in range(_UNROLL):
            results = list(body(index, ahead, results))
        for slot, start, value, result in zip(slots, carried, values, results, strict=True):
            phi = f"phi {self.vector} [ {start}, %{before} ], [ {result}, %{name} ]"
            self.lines[slot] = f"  {value} = {phi}"
        self.say(f"%next.{name} = add i64 {index}, {_UNROLL}")
        self.say(f"%end.{name} = icmp eq i64 %next.{name}, {count * _UNROLL}")
        self.say(f"br i1 %end.{name}, label %after.{name}, label %{name}")
        self._enter(f"after.{name}")
        return results

    def function(self, name: str, arguments: str, *, result: str = "void", linkage: str = "internal") -> str:
        """Return the text of a function whose body is this block."""
        return (
            f"define {linkage} {result} @{name}({arguments}) #0 {{\nentry:\n"
            + "\n".join(self.lines)
            + "\n}\n"
        )
