"""`report.html`: one file that opens offline, with everything a reader needs to judge the result."""

import json
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from itertools import groupby
from typing import TYPE_CHECKING, Any

from alarmin.core.cache import kept_text
from alarmin.report.benefit import benefit_charts, benefit_tables
from alarmin.report.citations import Citations
from alarmin.report.price import dose_lines, toxicity_lines, unknown_blood
from alarmin.report.summary import RESEARCH_ONLY
from alarmin.report.tables import ComparisonLine, comparison_lines

if TYPE_CHECKING:
    from alarmin.trial import TrialResult

__all__ = ["render_page"]

_STEPS = {
    "member": "Members of the population",
    "drawn": "Members drawn",
    "excluded": "Excluded",
    "failed": "Failed in simulation",
    "treated": "Treated and analysed",
}
_LEVELS = {"measured_nsclc": "measured in NSCLC"}


def render_page(result: "TrialResult") -> str:
    """Render the report.

    Parameters
    ----------
    result : TrialResult

    Returns
    -------
    str
        HTML that requests nothing from outside; the same result gives the same text.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

    environment = Environment(
        loader=PackageLoader("alarmin.report"),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    citations = Citations()
    spec = result.spec
    lines = comparison_lines(result)
    context = {
        "result": result,
        "spec": spec,
        "use": RESEARCH_ONLY,
        "version": version("alarmin"),
        "criteria": [str(criterion) for criterion in spec.population.parsed.values()],
        "lines": _by_endpoint(lines, citations),
        "n_published": sum(bool(line.sources) for line in lines),
        "notes": list(dict.fromkeys(line.note for line in lines if line.note)),
        "curve_sources": citations.numbers(tuple(sorted(set(result.published_curves["source"])))),
        "n_per_arm": [
            (arm.label, int((result.patients["arm"] == name).sum())) for name, arm in spec.arms.items()
        ],
        "toxicity": [
            (event, [(line, citations.numbers(line.sources)) for line in rows])
            for event, rows in groupby(toxicity_lines(result), key=lambda line: line.event)
        ],
        "dose_lines": dose_lines(result),
        "unknown_blood": unknown_blood(result),
        "benefit": benefit_tables(result),
        "accounting": _accounting(result),
        "parameters": _parameters(result, citations),
        "levels": _levels(result),
        "settings": [(name, _setting(value)) for name, value in sorted(result.settings.items())],
        "inputs": sorted(result.inputs.items()),
        "charts": _chart_specs(result),
        "citations": citations.listed(),
    }
    return environment.get_template("report.html.j2").render(
        **context, style=_trusted(_text("report.css")), script=_trusted(_bundle())
    )


def _by_endpoint(
    lines: list[ComparisonLine], citations: Citations
) -> list[tuple[str, list[tuple[ComparisonLine, list[int]]]]]:
    """Group the lines by endpoint: response, then each survival endpoint with its hazard ratio last."""
    order = (
        "objective",
        "median pfs",
        "pfs at",
        "hazard ratio, pfs",
        "median os",
        "os at",
        "hazard ratio, os",
    )

    def rank(label: str) -> int:
        return next((i for i, start in enumerate(order) if label.casefold().startswith(start)), len(order))

    labels = sorted(dict.fromkeys(line.endpoint for line in lines), key=rank)
    return [
        (
            label,
            [(line, citations.numbers(line.sources)) for line in lines if line.endpoint == label],
        )
        for label in labels
    ]


def _trusted(text: str) -> Any:
    """Mark our own files and escaped JSON as markup; nothing that a user wrote may come here."""
    from markupsafe import Markup

    return Markup(text)  # noqa: S704


def _text(name: str) -> str:
    return files("alarmin.report").joinpath("templates", name).read_text(encoding="utf-8")


@cache
def _bundle() -> str:
    """Return Vega, Vega-Lite, Vega-Embed and our few lines of glue as one script."""
    glue = _text("charts.js")
    script = kept_text(".js", (glue, version("vl-convert-python")), lambda: _bundled(glue))
    # Inside a page only these two could end or restart the script element early.
    return script.replace("</script", "<\\/script").replace("<!--", "<\\!--")


def _bundled(glue: str) -> str:
    import vl_convert

    return str(vl_convert.javascript_bundle(glue))


def _chart_specs(result: "TrialResult") -> dict[str, Any]:
    from alarmin.charts import (
        cascade_chart,
        forest_chart,
        kaplan_meier_chart,
        spider_chart,
        waterfall_chart,
    )
    from alarmin.trial.endpoints import survival_curves

    arms = {name: arm.label for name, arm in result.spec.arms.items()}
    curves, published = survival_curves(result.spec, result.patients), result.published_curves
    charts = {
        f"km-{kind}": kaplan_meier_chart(
            curves[curves["endpoint"] == kind],
            published[published["endpoint"] == kind],
            arms=arms,
            title=title,
            axis=axis,
        )
        for kind, title, axis in (
            ("pfs", "Progression-free survival", "Free of progression"),
            ("os", "Overall survival", "Alive"),
        )
    }
    if result.spec.control:
        charts["forest"] = forest_chart(result.comparison, arms=arms, control=arms[result.spec.control])
    charts["waterfall"] = waterfall_chart(result.patients, arms=arms)
    charts["spider"] = spider_chart(result.tumour, result.patients, arms=arms)
    charts |= benefit_charts(result)
    charts["cascade"] = cascade_chart(result.cascade, arms=arms)
    return {name: _embedded(chart) for name, chart in charts.items()}


def _embedded(chart: Any) -> Any:
    """Return a chart as JSON that can stand inside a script element, and its text for screen readers."""
    document = chart.to_dict()
    text = json.dumps(document, separators=(",", ":"), allow_nan=False)
    return {
        "json": _trusted(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")),
        "description": document.get("description", ""),
    }


def _accounting(result: "TrialResult") -> list[dict[str, Any]]:
    arms = result.spec.arms
    rows: list[dict[str, Any]] = []
    for row in result.accounting.to_dict("records"):
        arm = str(row["arm"])
        rows.append(
            {
                "step": _STEPS.get(str(row["step"]), str(row["step"])),
                "kind": str(row["step"]),
                "arm": arms[arm].label if arm in arms else "",
                "reason": str(row["reason"]),
                "n": int(row["n"]),
            }
        )
    order = {arm.label: position for position, arm in enumerate(arms.values())}
    steps = list(_STEPS)
    rows.sort(key=lambda row: (steps.index(row["kind"]), order.get(row["arm"], -1)))
    return rows


def _parameters(result: "TrialResult", citations: Citations) -> list[dict[str, Any]]:
    rows = []
    for row in result.parameters.fillna("").to_dict("records"):
        ids = tuple(part for part in str(row["source"]).replace(";", " ; ").split(" ; ") if part.strip())
        rows.append(
            {
                "id": row["id"],
                "value": _number(row["value"]),
                "unit": row["unit"],
                "level": _level(row["level"]),
                "meaning": row["meaning"],
                "sources": citations.numbers(ids),
            }
        )
    return rows


def _levels(result: "TrialResult") -> list[tuple[str, int]]:
    counts = result.parameters["level"].value_counts()
    return [(_level(level), int(n)) for level, n in counts.items()]


def _setting(value: Any) -> str:
    if isinstance(value, dict):
        return "; ".join(f"{name}: {item}" for name, item in value.items())
    return str(value)


def _level(level: object) -> str:
    return _LEVELS.get(str(level), str(level).replace("_", " "))


def _number(value: Any) -> str:
    try:
        return f"{float(value):.4g}"
    except ValueError:
        return str(value)
