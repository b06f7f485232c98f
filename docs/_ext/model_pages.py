"""Write the pages that present the model: modules, parameters, knobs, drugs, and one page to enter by."""

from pathlib import Path

from book import Book, named
from diagram import Edge, Node, draw
from formulas import equation, symbol
from influences import sign
from modules import Module, Statement
from table_pages import (
    LEVELS,
    drug_page,
    knob_page,
    knob_table,
    parameter_page,
    parameter_table,
    reference_list,
)

from alarmin.model import settings
from alarmin.report import Citations
from alarmin.therapy import shipped_drugs

__all__ = ["write_model_pages"]


def write_model_pages(folder: Path) -> None:
    """Write all pages into a folder, which is made if it is not there."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.md"):
        old.unlink()
    book = Book()
    pages = {module.name: module_page(book, module) for module in book.modules}
    pages |= {"parameters": parameter_page(book), "knobs": knob_page(book), "drugs": drug_page(book)}
    pages["index"] = index_page(book, [*pages])
    for name, text in pages.items():
        (folder / f"{name}.md").write_text(text, encoding="utf-8")


def index_page(book: Book, pages: list[str]) -> str:
    """Write the page by which a reader enters."""
    reactions = {s.id for m in book.modules for s in m.statements("reaction")}
    levels = [next(iter(own.values())).level for own in book.parameters.values()]
    rows = "\n".join(
        f"| [{m.title}]({m.name}.md) | {m.intro} | {', '.join(m.settings)} | {len(m.states())} |"
        for m in book.modules
    )
    counts = "\n".join(
        f"| {word} | {levels.count(level)} |" for level, word in LEVELS.items() if level in levels
    )
    tree = "\n".join(pages)
    return f"""# The model, page by page

Every page of this part is made from the files that the simulation itself runs on: the Antimony modules, the
tables of parameters, knobs, units and annotations, and the files of the drugs. What stands here is what is
computed. Nobody has to read Python to check it.

One set of modules serves {len(settings())} settings: {", ".join(settings())}. There are
{len(book.states)} kinds of state, {len(reactions)} kinds of reaction, {len(book.parameters)}
[parameters](parameters.md), {len(book.knobs)} [knobs](knobs.md) for experiments and {len(shipped_drugs())}
[drugs](drugs.md). A name that ends in `_l` belongs to a lesion and exists once for each of them; `_d` belongs
to a drug; `_n` is the draining lymph node, `_b` blood, `_p` the periphery. Time is in days.

| Module | What it holds | Settings | States |
|---|---|---|---|
{rows}

## How well the parameters are known

| Level | Parameters |
|---|---|
{counts}

A value without a published source is called assumed, and its page says so.

```{{toctree}}
:hidden:

{tree}
```
"""


def module_page(book: Book, module: Module) -> str:
    """Write the page of one module."""
    citations = Citations()
    parts = [f"# {module.title}", module.intro, f"Setting: {', '.join(module.settings)}."]
    picture = module_diagram(book, module)
    if picture:
        parts += [f'<div class="diagram">{picture}</div>', LEGEND]
    parts.append("## Equations")
    for block in module.blocks:
        shown = [s for s in block.statements if s.kind != "initial" and s.formula]
        if block.comment and (shown or not block.statements):
            parts.append(block.comment)
        parts += [statement_text(book, module, s) for s in shown]
    if module.states():
        parts += ["## States", state_table(book, module)]
    own = book.own(module, book.parameters)
    if own:
        parts += ["## Parameters", parameter_table(book, own, citations)]
    turned = book.own(module, book.knobs)
    if turned:
        parts += ["## Knobs", knob_table(book, turned)]
    parts += reference_list(citations)
    return "\n\n".join(part for part in parts if part) + "\n"


LEGEND = (
    "Boxes are states, rounded boxes are worked out from them, grey boxes belong to other modules. "
    "Black arrows: matter moves. Blue: drives. Orange, dashed: holds back. Grey, dotted: one or the other. "
    "The signs were found at states that virtual patients under treatment pass through."
)


def statement_text(book: Book, module: Module, statement: Statement) -> str:
    """Write one equation with its name and what it means."""
    s = statement
    if s.kind == "reaction":
        sides = (" + ".join(book.called(name) for name in side) or "∅" for side in (s.reactants, s.products))
        head, left = f"**`{s.id}`**: {' → '.join(sides)}, per day", "<mtext>rate</mtext>"
    elif s.kind == "rate":
        head = f"**`{s.id}`**: {book.called(s.id)}, change per day"
        left = f"<mfrac><mrow><mi>d</mi>{symbol(s.id)}</mrow><mrow><mi>d</mi><mi>t</mi></mrow></mfrac>"
    else:
        label = book.labels.get(s.id)
        head, left = f"**`{s.id}`**" + (f": {label}" if label else ""), symbol(s.id)
    math_text = f'<div class="formula">{equation(left, s.formula)}</div>'
    return f"(eq-{module.name}-{s.id})=\n{head}\n\n{math_text}"


def state_table(book: Book, module: Module) -> str:
    """List the states of a module with where they start and what changes them, in whatever module."""
    initial = {s.id: s.formula for s in module.statements("initial")}
    reactions = [s for m in book.modules for s in m.statements("reaction")]
    by_rate = {s.id for s in module.statements("rate")}
    rows = [
        "| State | Meaning | Unit | Starts at | Gains from | Loses to | Identifiers |",
        "|---|---|---|---|---|---|---|",
    ]
    for name in module.states():
        if name in by_rate:
            gains, losses = book.link(name), ""
        else:
            gains = ", ".join(book.link(r.id) for r in reactions if name in r.products)
            losses = ", ".join(book.link(r.id) for r in reactions if name in r.reactants)
        unit = book.units.get(module.units.get(name, ""), "")
        terms = ", ".join(
            f"[{curie}](https://identifiers.org/{curie})" for curie in book.curies.get(name, [])
        )
        start = f"`{initial[name]}`" if name in initial else ""
        rows.append(f"| `{name}` | {book.called(name)} | {unit} | {start} | {gains} | {losses} | {terms} |")
    return "\n".join(rows)


def module_diagram(book: Book, module: Module) -> str:
    """Draw what a module's statements say about flows and influences; empty where they say nothing."""
    shown = [s for s in module.statements("reaction", "rate", "assigned") if s.id not in book.places]
    inside = {s.id: "assigned" for s in shown if s.kind == "assigned"} | dict.fromkeys(
        module.states(), "state"
    )
    edges = [edge for s in shown for edge in influences(book, s)]
    if not edges:
        return ""
    linked = dict.fromkeys(name for edge in edges for name in (edge.source, edge.target))
    nodes = [Node(name, inside.get(name, "outside"), book.labels.get(name, "")) for name in linked]
    return draw(nodes, edges, title=f"{module.title}: flows and influences")


def influences(book: Book, s: Statement) -> list[Edge]:
    """Return the arrows of one statement: what flows, and what acts on it with which sign."""
    edges: list[Edge] = []
    target, gain = s.id, 1
    if s.kind == "reaction":
        edges = [Edge(a, b, "flow") for a in s.reactants for b in s.products]
        target, gain = (s.products[0], 1) if s.products else (s.reactants[0], -1)
    for name in named(s):
        source = book.general(name)
        known = (source in book.states or source in book.home) and source not in book.places
        if known and source != target and source not in s.reactants:
            kind = {1: "drives", -1: "holds", 0: "acts"}[gain * sign(s.formula, name)]
            edges.append(Edge(source, target, kind))
    return edges
