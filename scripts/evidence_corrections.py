"""The record of what was looked up again, in the words of the package's own tables."""

from evidence_files import Cells, read_checks
from evidence_ids import arm_id, population_id, slug
from evidence_trials import EVENT_FREE, FIGURES

COLUMNS = {
    "baseline_population": "baseline",
    "parameters_nsclc": "parameters",
    "inducers": "inducers",
    "toxicity_parameters": "toxicity",
    "pk_exposure": "exposure",
    "perturbations": "perturbations",
    "potency": "potency",
    "assays": "assays",
    "plasma_damps": "plasma_damps",
    "clinical_trials": "results",
    "km_checks": "km_curves",
}


def find_row(table: str, key: str, field: str) -> tuple[str, str]:
    """Name the package's row and column that a check speaks of."""
    parts = key.split("|")
    if table == "clinical_trials":
        arm = arm_id(parts[0], parts[1])
        for measure, columns in FIGURES.items():
            if field in columns[:3]:
                name = measure.replace("pfs", "efs") if arm.startswith(EVENT_FREE) else measure
                return f"{arm}#{name}", ("value", "low", "high")[columns.index(field)]
        return arm, field
    if table == "parameters_nsclc":
        return f"par:{key}", field
    if table == "baseline_population":
        return population_id(parts[0], parts[1]), field
    if table == "inducers":
        return f"ind:{slug(key)}", "vaccination" if field.startswith("vaccination") else field
    if table == "perturbations":
        return f"exp:{key}", field
    return key, field


def build_corrections(entities: list[Cells], day: str) -> list[Cells]:
    """Make one row per figure or identifier that was looked up again."""
    rows: list[Cells] = [{"id": f"fix:{n}", "date": day, **row} for n, row in enumerate(entities, start=1)]
    for check in read_checks():
        table = check["table"].removesuffix(".csv")
        row, column = find_row(table, check["row_key"], check["field"])
        rows.append(
            {
                "id": f"fix:{len(rows) + 1}",
                "table": COLUMNS.get(table, table),
                "row": row,
                "column": column,
                "old": check["old_value"],
                "new": check["new_value"],
                "outcome": check["outcome"],
                "source": "" if check["source"] == "none" else check["source"],
                "place": check["quote_location"],
                "date": check["date"],
            }
        )
    return rows
