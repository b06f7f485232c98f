"""Tables of parameters, knobs and drugs, and the pages that are nothing else."""

from book import Book

from alarmin.model import Parameter
from alarmin.report import Citations
from alarmin.therapy import drug, shipped_drugs, substance, target_laws

__all__ = [
    "LEVELS",
    "drug_page",
    "knob_page",
    "knob_table",
    "parameter_page",
    "parameter_table",
    "reference_list",
]

LEVELS = {
    "measured_nsclc": "measured in NSCLC",
    "measured_elsewhere": "measured elsewhere",
    "estimated_elsewhere": "estimated in another published model",
    "estimated": "estimated by our calibration",
    "assumed": "assumed",
    "derived": "derived",
    "definition": "definition",
}


def parameter_table(book: Book, chosen: list[str], citations: Citations) -> str:
    """List parameters with all that is known of them, in each setting that has a value of its own."""
    rows = [
        "| Parameter | Meaning | Setting | Value | Unit | Between patients | Level | Source |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name in chosen:
        own = book.parameters[name]
        for where, p in own.items():
            rows.append(f"| `{name}` | {cell(p.meaning)}{note(p)} | {where} " + known(book, p, citations))
    return "\n".join(rows)


def note(p: Parameter) -> str:
    """Put a parameter's note in brackets."""
    return f" ({cell(p.note)})" if p.note else ""


def known(book: Book, p: Parameter, citations: Citations) -> str:
    """Write the cells that say how well a value is known."""
    numbers = ", ".join(f'<a href="#ref-{n}">{n}</a>' for n in citations.numbers(tuple(p.source.split(";"))))
    return f"| {p.value:.5g} | {book.units[p.unit]} | {spread(p)} | {LEVELS[p.level]} | {numbers} |"


def knob_table(book: Book, chosen: list[str]) -> str:
    """List knobs with where they act."""
    rows = ["| Knob | Turns | Kind | Of | Meaning | Acts in |", "|---|---|---|---|---|---|"]
    for name in chosen:
        k = book.knobs[name]
        acts = ", ".join(dict.fromkeys(book.link(s.id) for _, s in book.users(name)))
        rows.append(f"| `{name}` | {k.symbol} | {k.kind} | {k.scope} | {cell(k.meaning)} | {acts} |")
    return "\n".join(rows)


def knob_page(book: Book) -> str:
    """Write the page of all knobs."""
    return f"""# Knobs

What an experiment can knock out, block, over-express, deplete or add. At rest a gene or cell is 1 (wild type)
and a depletion or addition is 0; a knock-out sets its gene to 0.

{knob_table(book, list(book.knobs))}
"""


def drug_page(book: Book) -> str:
    """Write the page of all drugs: what each is, and its constants."""
    citations = Citations()
    parts = ["# Drugs", DRUGS, "## Targets", TARGETS, target_table(citations)]
    for name in shipped_drugs():
        d = drug(name)
        setting = "patient" if d.for_patients else "well"
        facts = f"{d.class_}; acts on {d.target}; {', '.join(d.properties)}"
        limit = f"; largest dose accepted {d.dose.largest:g} mg" if d.dose else "; not given to patients here"
        rows = [
            "| Constant | Value | Unit | Between patients | Level | Source |",
            "|---|---|---|---|---|---|",
        ]
        for p in substance(name, setting).parameters:
            if p.value:
                rows.append(f"| `{p.id}_{name}`{note(p)} " + known(book, p, citations))
        parts += [f"## {name}", facts + limit + ".", "\n".join(rows)]
    return "\n\n".join([*parts, *reference_list(citations)]) + "\n"


DRUGS = """Each drug is one file: its pharmacokinetics, its potency, and its inducer profile, which says what
it makes a dying cell say relative to an anthracycline (doxorubicin-like = 1). Zeros are left out."""


TARGETS = """Drugs against what not every tumour carries act as far as the patient's tumour carries it: the
constants named are multiplied by a factor, in between for a share of cells. All other drugs act on every
tumour."""


def target_table(citations: Citations) -> str:
    """List what each target means for the drugs against it."""
    rows = [
        "| Target | Feature | Multiplies | With it | Without | Level | Source | Why |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for law in target_laws():
        numbers = ", ".join(f'<a href="#ref-{n}">{n}</a>' for n in citations.numbers((law.source,)))
        whose = f"{law.target} ({law.drug})" if law.drug else law.target
        figures = f"{law.present:g} | {law.missing:g} | {LEVELS[law.level]} | {numbers}"
        rows.append(f"| {whose} | {law.feature} | {', '.join(law.scales)} | {figures} | {cell(law.note)} |")
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
    text = parameter_table(book, list(book.parameters), citations)
    return "\n\n".join(["# All parameters", text, *reference_list(citations)]) + "\n"
