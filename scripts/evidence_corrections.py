"""The record of what was looked up again, in the words of the package's own tables."""

from evidence_files import ROW_IDS, Cells, read_checks
from evidence_trials import EVENT_FREE, FIGURES

TABLES = {
    "baseline_population": "baseline",
    "parameters_nsclc": "parameters",
    "toxicity_parameters": "toxicity",
    "pk_exposure": "exposure",
    "clinical_trials": "results",
}
COLUMNS = {"vaccination_assay_tumour_free_pct": "vaccination"}


def find_figure(arm: str, field: str) -> tuple[str, str]:
    """Name the figure of an arm and its column."""
    for measure, columns in FIGURES.items():
        if field in columns[:3]:
            name = measure.replace("pfs", "efs") if arm.startswith(EVENT_FREE) else measure
            return f"{arm}#{name}", ("value", "low", "high")[columns.index(field)]
    return arm, field


def build_corrections(entities: list[Cells], day: str) -> list[Cells]:
    """Make one row per figure or identifier that was looked up again; the other tables are built before."""
    rows: list[Cells] = [{"id": f"fix:{n}", "date": day, **row} for n, row in enumerate(entities, start=1)]
    for check in read_checks():
        table = check["table"].removesuffix(".csv")
        row = ROW_IDS[(check["table"], check["row_key"])]
        column = COLUMNS.get(check["field"], check["field"])
        if table == "clinical_trials":
            row, column = find_figure(row, column)
        rows.append(
            {
                "id": f"fix:{len(rows) + 1}",
                "table": TABLES.get(table, table),
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
