"""What a run leaves behind: the report, the tables, the summary and the provenance record."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from alarmin.report.bundle import check_folder, write_folder, write_report
    from alarmin.report.citations import Citations
    from alarmin.report.tables import ComparisonLine, comparison_lines

__all__ = ["Citations", "ComparisonLine", "check_folder", "comparison_lines", "write_folder", "write_report"]

_HOMES = {
    "Citations": "citations",
    "ComparisonLine": "tables",
    "check_folder": "bundle",
    "comparison_lines": "tables",
    "write_folder": "bundle",
    "write_report": "bundle",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
