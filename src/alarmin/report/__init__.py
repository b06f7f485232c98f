"""What a run leaves behind: the report, the tables, the summary and the provenance record."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from alarmin.report.bundle import check_folder, write_folder, write_report
    from alarmin.report.citations import Citations
    from alarmin.report.price import DoseLine, ToxicityLine, dose_lines, toxicity_lines, unknown_blood
    from alarmin.report.tables import ComparisonLine, comparison_lines

__all__ = [
    "Citations",
    "ComparisonLine",
    "DoseLine",
    "ToxicityLine",
    "check_folder",
    "comparison_lines",
    "dose_lines",
    "toxicity_lines",
    "unknown_blood",
    "write_folder",
    "write_report",
]

_HOMES = {
    "Citations": "citations",
    "ComparisonLine": "tables",
    "DoseLine": "price",
    "ToxicityLine": "price",
    "check_folder": "bundle",
    "comparison_lines": "tables",
    "dose_lines": "price",
    "toxicity_lines": "price",
    "unknown_blood": "price",
    "write_folder": "bundle",
    "write_report": "bundle",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
