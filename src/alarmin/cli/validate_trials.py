"""`alarmin validate trials`: predictions beside published outcomes, trial by trial."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["as_json", "totals", "trials"]

_ROLES = ("calibration", "validation", "user")


def trials(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[TRIAL]...", help="Only these; default all.")
    ] = None,
    file: Annotated[
        list[Path] | None, typer.Option(metavar="YAML", help="A trial file of your own; may be repeated.")
    ] = None,
    role: Annotated[str, typer.Option(help="Only calibration or validation trials.")] = "",
    output: Annotated[str, typer.Option("--format", help="table or json.")] = "table",
    seed: Annotated[int, typer.Option(help="Same seed, same result.")] = 1,
    threads: Annotated[int | None, typer.Option(help="Default: all cores. Changes no result.")] = None,
) -> None:
    """Predict the outcomes of trials with 90 % intervals, and say which published figures they meet."""
    import pandas as pd

    from alarmin.cli.progress import progress_bars
    from alarmin.core import DataError, nearest
    from alarmin.trial import load_trial, predict_trial, shipped_trials

    problems = []
    for option, got, known in (
        ("--role", role, ("", *_ROLES)),
        ("--format", output, ("table", "json")),
    ):
        if got not in known:
            named = [choice for choice in known if choice]
            problems.append(f"{option}: got '{got}'; did you mean '{nearest(got, named) or named[0]}'?")
    if problems:
        raise DataError(*problems)
    wanted = [str(path) for path in file or []] + list(names or [])
    specs = [load_trial(name) for name in wanted or shipped_trials()]
    specs = [spec for spec in specs if role in ("", spec.role)]
    if bare := [spec.trial for spec in specs if spec.evidence is None and spec.published is None]:
        raise DataError(*(f"{name}: no published figures; expected the field published" for name in bare))
    tables = []
    with progress_bars("") as progress:
        for number, spec in enumerate(specs):
            progress("Trials", number, len(specs))
            tables.append(predict_trial(spec, seed=seed, threads=threads).figures)
        progress("Trials", len(specs), len(specs))
    found = pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()
    typer.echo(as_json(found) if output == "json" else as_text(found))


def as_json(found: "pd.DataFrame") -> str:
    """Write predictions as a JSON list of objects; a figure that does not exist is null."""
    import json
    import math

    def plain(value: Any) -> Any:
        if isinstance(value, float) and not math.isfinite(value):
            return "not reached" if value > 0 else None
        return value

    names = {"value": "published", "low": "published_low", "high": "published_high"}
    rows = found.rename(columns=names).astype(object).to_dict("records")
    return json.dumps([{k: plain(v) for k, v in row.items()} for row in rows], indent=1, allow_nan=False)


def as_text(found: "pd.DataFrame") -> str:
    """Lay predictions out as a table, calibration and validation apart, with totals."""
    lines = []
    for role in _ROLES:
        part = found[found["role"] == role] if len(found) else found
        if not len(part):
            continue
        lines += [f"{role.upper()}", ""]
        rows = [("trial", "arm", "endpoint", "published", "predicted (90 % interval)", "hit")]
        for row in part.to_dict("records"):
            arm = row["arm"] + (f", {row['subgroup']}" if row["subgroup"] else "")
            rows.append(
                (
                    row["trial"],
                    arm[:44],
                    row["endpoint"],
                    _figure(row["value"], row["low"], row["high"]),
                    _figure(row["predicted"], row["predicted_low"], row["predicted_high"]),
                    {True: "yes", False: "NO"}.get(row["hit"], "-"),
                )
            )
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        for cells in rows:
            lines.append("  ".join(c.ljust(w) for c, w in zip(cells, widths, strict=True)).rstrip())
        lines += ["", *totals(part), ""]
    return "\n".join(lines)


def totals(found: "pd.DataFrame") -> list[str]:
    """Sum up how far predictions hold: hits, coverage of the intervals, errors of hazard ratios."""
    from alarmin.trial import score

    return [f"{name}: {text}" for name, text in score(found).items()]


def _figure(value: float, low: float, high: float) -> str:
    import math

    def one(x: float) -> str:
        return "NR" if math.isinf(x) else "-" if math.isnan(x) else f"{x:.3g}"

    return one(value) if math.isnan(low) and math.isnan(high) else f"{one(value)} ({one(low)} to {one(high)})"
