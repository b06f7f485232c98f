"""Lists of the store: inducers by danger signal, trial arms by regimen."""

import math
from typing import TYPE_CHECKING, Any

from alarmin.core import EvidenceError, unknown_id
from alarmin.evidence.statements import DAMPS

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

__all__ = ["list_arms", "list_inducers"]

SIGNALS = ("calr", "atp", "hmgb1", "anxa1", "hsp", "ifn1")
COLUMNS = {"CALR": "calr", "ATP": "atp", "HMGB1": "hmgb1", "ANXA1": "anxa1"}
COLUMNS |= {"HSP70": "hsp", "HSP90": "hsp", "IFNB1": "ifn1"}
SHOWN = ("n", "orr", "median_pfs", "median_os", "hr_pfs", "hr_os")


def list_inducers(
    store: "DuckDBPyConnection", *, damp: str = "", nsclc_only: bool = False
) -> list[dict[str, Any]]:
    """List inducers, the strongest for a danger signal first.

    Parameters
    ----------
    store : DuckDBPyConnection
        As `open_store` gives it.
    damp : str, optional
        Only those graded above none for this signal.
    nsclc_only : bool, default False
        Only those with evidence, at least in part, in NSCLC.

    Raises
    ------
    EvidenceError
        No such danger signal; names the nearest.
    """
    signal = damp.upper()
    if signal and signal not in DAMPS:
        raise EvidenceError(unknown_id("danger signal", damp, DAMPS, where="--damp"))
    grade = COLUMNS.get(signal, "calr")
    conditions = [f"coalesce({grade}, 'none') != 'none'"] if signal else []
    conditions += ["nsclc != 'no'"] if nsclc_only else []
    where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
    columns = f"id, mode, {', '.join(SIGNALS)}, verdict, nsclc, verified, origin"
    found = store.execute(
        f"SELECT {columns} FROM every.inducers {where} "  # noqa: S608
        f"ORDER BY list_position(['strong', 'moderate', 'weak', 'none'], {grade}), id"
    )
    return [dict(zip(columns.split(", "), row, strict=True)) for row in found.fetchall()]


def list_arms(store: "DuckDBPyConnection", *, regimen: str = "") -> list[dict[str, Any]]:
    """List trial arms with their main figures.

    Parameters
    ----------
    store : DuckDBPyConnection
        As `open_store` gives it.
    regimen : str, optional
        A drug by any of its names, or words of the regimen.

    Returns
    -------
    list of dict
        Figures as text; one that nobody re-read is marked with a star.
    """
    arms = store.execute(
        """
        SELECT a.id, a.origin FROM every.arms a
        WHERE $text = '' OR contains(lower(a.regimen), $text) OR a.id IN (
            SELECT s.object FROM names n JOIN statements s ON s.subject = n.id
            WHERE n.name = $text AND s.predicate = 'given_in'
        ) ORDER BY a.id
        """,
        {"text": regimen.casefold()},
    ).fetchall()
    figures = {
        (arm, measure): _word(*figure)
        for arm, measure, *figure in store.execute(
            "SELECT arm, measure, value, low, high, verified FROM every.results"
        ).fetchall()
    }
    return [
        {"arm": arm, **{measure: figures.get((arm, measure), "") for measure in SHOWN}, "origin": origin}
        for arm, origin in arms
    ]


def _word(value: float | None, low: float | None, high: float | None, verified: str) -> str:
    limits = f" ({_number(low)}-{_number(high)})" if low is not None or high is not None else ""
    return f"{_number(value)}{limits}{'' if verified == 'yes' else '*'}"


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return "NR" if math.isinf(value) else f"{value:g}"
