"""Write the list of the shipped regimens, and which arm of a published trial has which."""

from pathlib import Path

from alarmin.evidence.rows_clinic import Arm
from alarmin.evidence.tables import load_table
from alarmin.therapy import load_regimen, shipped_regimens

__all__ = ["write_regimen_page"]


def write_regimen_page(path: Path) -> None:
    """Write two tables: arms with their regimen, and all regimens."""
    regimens = [load_regimen(name) for name in shipped_regimens()]
    of = {arm: one.regimen for one in regimens for arm in one.evidence}
    arms = [
        f"| {arm.id.removeprefix('trial:').split('/')[0]} | {_cell(arm.label)} | `{of[arm.id]}` "
        f"| {_cell(arm.regimen)} |"
        for arm in load_table(Arm)
    ]
    listed = [
        f"| `{one.regimen}` | {_cell(one.title)} | {', '.join(one.drugs) or 'none'} |" for one in regimens
    ]
    text = [
        "# Regimens",
        "",
        "Made from the files of `therapy/regimens`; the first lines of each say what is assumed.",
        "",
        "## Arms of the published trials",
        "",
        "| Trial | Arm | Regimen | As published |",
        "|---|---|---|---|",
        *arms,
        "",
        "## All regimens",
        "",
        "| Id | What it is | Drugs |",
        "|---|---|---|",
        *listed,
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(text) + "\n", encoding="utf-8")


def _cell(text: str) -> str:
    return text.replace("|", "/")
