"""Write the pages that present the model: one per module, one of all parameters, one to enter by."""

from functools import cache
from pathlib import Path

from diagram import Edge, Node, draw
from formulas import equation, names, symbol, value
from modules import Module, Statement, read_modules

from alarmin.model import Parameter, parameters, unit_labels
from alarmin.model.tables import table
from alarmin.report import Citations

__all__ = ["write_model_pages"]

LEVELS = {
    "measured_nsclc": "measured in NSCLC",
    "measured_elsewhere": "measured elsewhere",
    "estimated_elsewhere": "estimated in another published model",
    "estimated": "estimated by our calibration",
    "assumed": "assumed",
    "derived": "derived",
    "definition": "definition",
}


class Book:
    """All modules and what each name in them is."""

    def __init__(self) -> None:
        self.modules = read_modules()
        self.parameters = {p.id: p for p in parameters()}
        self.units = unit_labels()
        self.labels = {row["id"]: row["label"] for row in table("annotations.csv")}
        self.curies = {row["id"]: row["curies"].split() for row in table("annotations.csv")}
        self.states = {name for module in self.modules for name in module.states()}
        self.equations = {
            s.id for module in self.modules for s in module.statements("reaction", "assigned", "rate")
        }

    def general(self, name: str) -> str:
        """Return the name for any lesion of a name that is written out for one of them."""
        general = f"{name[:-2]}_l"
        return general if name[-2:] in ("_1", "_2") and general in self.states | self.equations else name

    def link(self, name: str) -> str:
        """Link a name to its equation."""
        return f"[`{name}`](#eq-{name})" if name in self.equations else f"`{name}`"

    def called(self, name: str) -> str:
        """Return what a name means in words."""
        return self.labels.get(name) or name

    def own_parameters(self, module: Module) -> list[Parameter]:
        """Return the parameters that a module's formulas use, in the order of the table."""
        used = {self.general(name) for s in all_statements(module) for name in named(s)}
        # `share_l` stands for `share_1` and `share_2`.
        used |= {f"{name[:-2]}_{lesion}" for name in used if name.endswith("_l") for lesion in "12"}
        return [p for p in self.parameters.values() if p.id in used]


def all_statements(module: Module) -> list[Statement]:
    """Return every statement of a module."""
    return [s for block in module.blocks for s in block.statements]


def named(statement: Statement) -> list[str]:
    """List the names in a statement's formula."""
    return names(statement.formula) if statement.formula else []


@cache
def lived_states() -> list[dict[str, float]]:
    """Return the value of every name of the model at moments that patients under treatment pass through."""
    import numpy as np

    from alarmin.engine import simulate
    from alarmin.population import compiled, recruit, states
    from alarmin.population.simulation import system
    from alarmin.therapy import doses, drug, load_regimen, shipped_drugs, shipped_regimens

    cohort = recruit(4, seed=1, eligible=lambda features: features[["egfr_mutant"]].notna(), threads=1)
    columns = (*cohort.parameters.columns, *states())
    outputs = tuple(name for name in system().observables if "(" not in name and name not in columns)
    outputs = (*outputs, *(name for name in states()))
    dosed = tuple(drug(name).dosed_into for name in shipped_drugs())
    values = np.hstack([cohort.parameters.to_numpy(float), cohort.baseline.to_numpy(float)])
    model = compiled(columns, outputs, dosed)
    own = [
        dict(zip(cohort.parameters.columns, row, strict=True)) for row in cohort.parameters.to_numpy(float)
    ]
    points = []
    for regimen in shipped_regimens():
        given = doses(load_regimen(regimen), cohort.features)
        batch = simulate(model, values, np.array([0.5, 3.0, 30.0]), doses=given, threads=1)
        for patient, time in np.ndindex(batch.values.shape[:2]):
            point = own[patient] | dict(zip(outputs, map(float, batch.values[patient, time]), strict=True))
            points.append(point | {f"{name[:-2]}_l": at for name, at in point.items() if name.endswith("_1")})
    return points


@cache
def sign(formula: str, name: str) -> int:
    """Say whether a formula rises (1) or falls (-1) with a name at all of `lived_states`, or neither (0)."""
    seen = set()
    for point in lived_states():
        more = point | {name: point[name] + max(abs(point[name]), 1e-6) * 1e-3}
        try:
            step = value(formula, more) - value(formula, point)
        except (ArithmeticError, TypeError, ValueError):
            continue
        if abs(step) > 1e-14 * abs(value(formula, point)):
            seen.add(1 if step > 0 else -1)
    return seen.pop() if len(seen) == 1 else 0


def write_model_pages(folder: Path) -> None:
    """Write all pages into a folder, which is made if it is not there."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.md"):
        old.unlink()
    book = Book()
    for number, module in enumerate(book.modules, start=1):
        text = module_page(book, module, number)
        (folder / f"{module.name}.md").write_text(text, encoding="utf-8")
    (folder / "parameters.md").write_text(parameter_page(book), encoding="utf-8")
    (folder / "index.md").write_text(index_page(book), encoding="utf-8")


def index_page(book: Book) -> str:
    """Write the page by which a reader enters."""
    reactions = sum(len(m.statements("reaction")) for m in book.modules)
    levels = [p.level for p in book.parameters.values()]
    rows = "\n".join(f"| [{m.title}]({m.name}.md) | {m.intro} | {len(m.states())} |" for m in book.modules)
    counts = "\n".join(
        f"| {word} | {levels.count(level)} |" for level, word in LEVELS.items() if level in levels
    )
    tree = "\n".join([*(m.name for m in book.modules), "parameters"])
    return f"""# The model, page by page

Every page of this part is made from the files that the simulation itself runs on: the Antimony modules, the
table of parameters, the units and the annotations. What stands here is what is computed. Nobody has to read
Python to check it.

The patient model has {len(book.states)} kinds of state, {reactions} kinds of reaction and
{len(book.parameters)} parameters. A name that ends in `_l` belongs to a lesion and exists once for each of
the two lesions; `_n` is the draining lymph node, `_b` blood, `_p` the periphery. Time is in days.

| Module | What it holds | States |
|---|---|---|
{rows}

## How well the parameters are known

| Level | Parameters |
|---|---|
{counts}

A value without a published source is called assumed, and its page says so. None was fitted to the outcome
of a trial.

```{{toctree}}
:hidden:

{tree}
```
"""


def module_page(book: Book, module: Module, number: int) -> str:
    """Write the page of one module."""
    citations = Citations()
    parts = [f"# {number}. {module.title}", module.intro]
    picture = module_diagram(book, module)
    if picture:
        parts += [f'<div class="diagram">{picture}</div>', LEGEND]
    parts.append("## Equations")
    for block in module.blocks:
        shown = [s for s in block.statements if s.kind != "initial" and s.formula]
        if block.comment and (shown or not block.statements):
            parts.append(block.comment)
        parts += [statement_text(book, s) for s in shown]
    if module.states():
        parts += ["## States", state_table(book, module)]
    own = book.own_parameters(module)
    if own:
        parts += ["## Parameters", parameter_table(book, own, citations)]
    parts += reference_list(citations)
    return "\n\n".join(part for part in parts if part) + "\n"


LEGEND = (
    "Boxes are states, rounded boxes are worked out from them, grey boxes belong to other modules. "
    "Black arrows: matter moves. Blue: drives. Orange, dashed: holds back. Grey, dotted: one or the other. "
    "The signs were found at states that virtual patients under treatment pass through."
)


def statement_text(book: Book, statement: Statement) -> str:
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
    return f"(eq-{s.id})=\n{head}\n\n{math_text}"


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


def parameter_table(book: Book, chosen: list[Parameter], citations: Citations) -> str:
    """List parameters with all that is known of them."""
    rows = [
        "| Parameter | Meaning | Value | Unit | Between patients | Level | Source |",
        "|---|---|---|---|---|---|---|",
    ]
    for p in chosen:
        numbers = ", ".join(
            f'<a href="#ref-{n}">{n}</a>' for n in citations.numbers(tuple(p.source.split(";")))
        )
        meaning = p.meaning + (f" ({p.note})" if p.note else "")
        rows.append(
            f"| `{p.id}` | {cell(meaning)} | {p.value:.5g} | {book.units[p.unit]} | {spread(p)} "
            f"| {LEVELS[p.level]} | {numbers} |"
        )
    return "\n".join(rows)


def spread(p: Parameter) -> str:
    """Say how patients differ in a parameter."""
    match p.distribution:
        case "lognormal":
            return f"lognormal, SD of the log {p.sigma:g}"
        case "uniform":
            return f"uniform, {p.low:g} to {p.high:g}"
        case "loguniform":
            return f"log-uniform, {p.low:g} to {p.high:g}"
        case "covariate":
            return "follows the patient's features"
    return "the same"


def cell(text: str) -> str:
    """Make a text safe for a cell of a table."""
    return text.replace("|", "\\|").replace("*", "\\*").replace("<", "&lt;")


def reference_list(citations: Citations) -> list[str]:
    """Write the numbered references of a page; targets are local to it."""
    listed = citations.listed()
    if not listed:
        return []
    entries = "".join(
        f'<li id="ref-{c.number}">{cell(c.text)}'
        + (f' <a href="{c.url}">link</a>' if c.url else "")
        + "</li>"
        for c in listed
    )
    return ["## References", f'<ol class="references">{entries}</ol>']


def parameter_page(book: Book) -> str:
    """Write the page of all parameters."""
    citations = Citations()
    text = parameter_table(book, list(book.parameters.values()), citations)
    return "\n\n".join(["# All parameters", text, *reference_list(citations)]) + "\n"


def module_diagram(book: Book, module: Module) -> str:
    """Draw what a module's statements say about flows and influences; empty where they say nothing."""
    shown = module.statements("reaction", "rate", "assigned")
    inside = {s.id: "assigned" for s in shown if s.kind == "assigned"} | dict.fromkeys(
        module.states(), "state"
    )
    places = {s.id for m in book.modules for s in m.statements("compartment")}
    edges: list[Edge] = []
    for s in shown:
        if s.id in places:
            continue
        if s.kind == "reaction":
            edges += [Edge(a, b, "flow") for a in s.reactants for b in s.products]
            target, gain = (s.products[0], 1) if s.products else (s.reactants[0], -1)
        else:
            target, gain = s.id, 1
        for name in named(s):
            source = book.general(name)
            known = source in book.states | book.equations and source not in places
            if known and source != target and source not in s.reactants:
                kind = {1: "drives", -1: "holds", 0: "acts"}[gain * sign(s.formula, name)]
                edges.append(Edge(source, target, kind))
    # A drug-by-drug or cell-by-cell list without any link is better read as equations.
    if not edges:
        return ""
    linked = dict.fromkeys(name for edge in edges for name in (edge.source, edge.target))
    nodes = [Node(name, inside.get(name, "outside")) for name in linked]
    return draw(nodes, edges, title=f"{module.title}: flows and influences")
