"""Read the Antimony modules as a reader does: comments as prose, statements as equations."""

import re
from dataclasses import dataclass, field

from alarmin.model.tables import module_texts, settings

__all__ = ["Block", "Module", "Statement", "read_modules"]

_ID = r"[A-Za-z_]\w*"
_REACTION = re.compile(rf"({_ID})\s*:\s*(.*?)\s*->\s*(.*)")
_ASSIGNED = re.compile(rf"({_ID})\s*:=\s*(.+)")
_RATE = re.compile(rf"({_ID})'\s*=\s*(.+)")
_INITIAL = re.compile(rf"({_ID})\s*=\s*(.+)")
_UNIT = re.compile(rf"({_ID})\s+has\s+({_ID})")
_SPECIES = re.compile(r"(?:substanceOnly\s+)?species\s+(.+)")
_COMPARTMENT = re.compile(rf"compartment\s+({_ID})(?:\s*=\s*(.+))?")


@dataclass(frozen=True)
class Statement:
    """One equation.

    Parameters
    ----------
    kind : str
        reaction, rate (of change), assigned (always true), initial, or compartment.
    id : str
    formula : str
        Of a reaction its rate; empty for a compartment without a size of its own.
    reactants, products : tuple of str
        Of a reaction.
    """

    kind: str
    id: str
    formula: str
    reactants: tuple[str, ...] = ()
    products: tuple[str, ...] = ()


@dataclass
class Block:
    """A comment and the statements that follow it."""

    comment: str
    statements: list[Statement] = field(default_factory=list)


@dataclass
class Module:
    """A module: its blocks, the settings that use it, where its species live, the units that it declares."""

    name: str
    title: str
    intro: str
    settings: tuple[str, ...]
    blocks: list[Block]
    places: dict[str, str]
    units: dict[str, str]

    def statements(self, *kinds: str) -> list[Statement]:
        """Return the statements of some kinds, in the order of the text."""
        return [s for block in self.blocks for s in block.statements if s.kind in kinds]

    def states(self) -> list[str]:
        """Return what this module declares to change over time: species and variables with a rate."""
        return list(dict.fromkeys([*self.places, *(s.id for s in self.statements("rate"))]))


def read_modules() -> list[Module]:
    """Read all modules in their order.

    Raises
    ------
    ValueError
        A statement that this reader does not know: it must learn it, or the book would have a hole.
    """
    return [_read(name, text) for name, text in module_texts().items()]


def _read(file: str, text: str) -> Module:
    used = tuple(s.name for s in settings().values() if file in s.modules or file.startswith("drug_"))
    module = Module(file, "", "", used, [], {}, {})
    comment: list[str] = []
    for line in text.splitlines():
        code, _, remark = line.partition("//")
        if remark and not code.strip():
            comment.append(remark.strip())
            continue
        if not code.strip():
            if comment and not module.title:
                module.title, module.intro = _heading(" ".join(comment))
                comment = []
            continue
        if not module.title:
            module.title, module.intro = _heading(" ".join(comment))
            comment = []
        if comment or not module.blocks:
            module.blocks.append(Block(" ".join(comment)))
            comment = []
        for statement in _statements(file, code, module):
            module.blocks[-1].statements.append(statement)
    return module


def _heading(text: str) -> tuple[str, str]:
    """Split the first comment at its first colon, semicolon or full stop into a title and what follows."""
    found = re.search(r"[:;.](\s+|$)", text)
    title, rest = (text[: found.start()], text[found.end() :]) if found else (text, "")
    return title.strip(), rest[:1].upper() + rest[1:]


def _statements(file: str, code: str, module: Module) -> list[Statement]:
    parts = [part.strip() for part in code.split(";") if part.strip()]
    found: list[Statement] = []
    while parts:
        part = parts.pop(0)
        if match := _REACTION.fullmatch(part):
            sides = (tuple(s.strip() for s in side.split("+") if s.strip()) for side in match.group(2, 3))
            reactants, products = sides
            found.append(Statement("reaction", match[1], parts.pop(0), reactants, products))
        elif match := _SPECIES.fullmatch(part):
            for species in match[1].split(","):
                name, _, place = species.strip().partition(" in ")
                module.places[name.strip()] = place.strip()
        elif match := _COMPARTMENT.fullmatch(part):
            found.append(Statement("compartment", match[1], match[2] or ""))
        elif match := _UNIT.fullmatch(part):
            module.units[match[1]] = match[2]
        elif match := _ASSIGNED.fullmatch(part):
            found.append(Statement("assigned", match[1], match[2]))
        elif match := _RATE.fullmatch(part):
            found.append(Statement("rate", match[1], match[2]))
        elif match := _INITIAL.fullmatch(part):
            found.append(Statement("initial", match[1], match[2]))
        else:
            raise ValueError(f"{file}: the documentation cannot read the statement {part!r}")
    return found
