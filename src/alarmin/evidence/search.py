"""Searching the store, and everything that it knows about one thing."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from alarmin.core import EvidenceError, nearest
from alarmin.evidence.cited import cited_ids

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

__all__ = ["Account", "Hit", "find", "give_account", "resolve"]

KINDS = [
    *("entities", "drugs", "trials", "inducers", "parameters", "arms", "perturbations", "gene_sets"),
    *("adverse_events", "baseline", "toxicity", "assays", "potency", "exposure", "plasma_damps", "steps"),
    *("km_curves", "km_checks", "results", "choices", "relations", "rules", "sources", "corrections"),
    *("lesion_dynamics", "cohort_scores", "cohort_claims", "gene_set_genes", "km_points"),
]
"""In which order kinds of things are preferred where a name fits several."""

UNSEARCHED = ["corrections", "gene_set_genes", "km_points"]
"""Kinds that are found by id only, not by the words of their rows."""


@dataclass(frozen=True)
class Hit:
    """A thing that was found."""

    id: str
    kind: str
    label: str
    origin: str


@dataclass(frozen=True, kw_only=True)
class Account:
    """Everything about one thing: its row, its statements, what rests on it and what tests it.

    Attributes
    ----------
    hit : Hit
        The thing.
    cells : dict
        Its row.
    family : tuple of str
        The ids under which the same thing goes in other tables.
    statements : list of dict
        Statements with it as subject or object, those that contradict each other side by side.
    choices : list of dict
        What the model takes where statements conflict, and why.
    knobs : list of str
        Parameters of the model that turn it.
    parameters, experiments, trials : list of dict
        What is published of its parameters, and what tests it.
    supported : list of dict
        What a source supports.
    cited_by : list of dict
        Parameters, drugs and trials of the package that cite it.
    corrections : list of dict
        What was looked up again.
    sources : list of dict
        The sources of all of the above.
    """

    hit: Hit
    cells: dict[str, Any]
    family: tuple[str, ...]
    statements: list[dict[str, Any]]
    choices: list[dict[str, Any]]
    knobs: list[str]
    parameters: list[dict[str, Any]]
    experiments: list[dict[str, Any]]
    trials: list[dict[str, Any]]
    supported: list[dict[str, Any]]
    cited_by: list[dict[str, Any]]
    corrections: list[dict[str, Any]]
    sources: list[dict[str, Any]]


def find(store: "DuckDBPyConnection", text: str, *, limit: int = 20) -> list[Hit]:
    """Find things by id, by any name or alias, or by the words of their rows, the closest first.

    Parameters
    ----------
    store : DuckDBPyConnection
        As `open_store` gives it.
    text : str
        `calreticulin`, `CRT`, `NCBIGene:811`, `Keytruda`; several words must all occur.
    limit : int, default 20
        The largest number of things.
    """
    name = text.strip().casefold()
    words = name.split()
    if not words:
        return []
    in_text = " AND ".join("contains(lower(t.text), ?)" for _ in words)
    rows = store.execute(
        f"""
        SELECT t.id, t.kind, t.label, t.origin FROM things t
        JOIN (
            SELECT id, min(CASE WHEN name = ? THEN 0 WHEN starts_with(name, ?) THEN 1 ELSE 2 END) AS rank
            FROM names WHERE contains(name, ?) GROUP BY id
            UNION ALL
            SELECT t.id, 3 FROM things t WHERE {in_text} AND NOT list_contains(?, t.kind)
        ) found ON found.id = t.id
        GROUP BY t.id, t.kind, t.label, t.origin
        ORDER BY min(rank), list_position(?::VARCHAR[], t.kind), t.id LIMIT ?
        """,  # noqa: S608
        [name, name, name, *words, UNSEARCHED, KINDS, limit],
    ).fetchall()
    return [Hit(*row) for row in rows]


def resolve(store: "DuckDBPyConnection", text: str) -> Hit:
    """Find the one thing that an id or a name means.

    Raises
    ------
    EvidenceError
        Nothing goes by that name; names the nearest.
    """
    row = store.execute(
        """
        SELECT t.id, t.kind, t.label, t.origin FROM names n JOIN things t USING (id) WHERE n.name = ?
        ORDER BY t.id != ?, list_position(?::VARCHAR[], t.kind), t.id LIMIT 1
        """,
        [text.casefold(), text, KINDS],
    ).fetchone()
    if row:
        return Hit(*row)
    close = [name for (name,) in store.execute("SELECT DISTINCT name FROM names").fetchall()]
    guess = nearest(text, close)
    hint = f"did you mean '{guess}'?" if guess else "try `alarmin evidence search`"
    raise EvidenceError(f"nothing goes by '{text}'; {hint}")


def give_account(store: "DuckDBPyConnection", text: str) -> Account:
    """Gather everything about one thing.

    Raises
    ------
    EvidenceError
        Nothing goes by that name; names the nearest.
    """
    hit = resolve(store, text)
    family = _family(store, hit)
    statements = _rows(
        store,
        "SELECT s.*, coalesce(e.symbol, s.object) AS target FROM statements s "
        "LEFT JOIN every.entities e ON e.id = s.object "
        "WHERE (list_contains($ids, subject) OR list_contains($ids, object)) "
        "AND predicate NOT IN ('encodes', 'given_in', 'supports') ORDER BY object, subject, outcome",
        ids=family,
    )
    names = _names(store, family)
    cells = _rows(store, f"SELECT * EXCLUDE (origin) FROM every.{hit.kind} WHERE id = $id", id=hit.id)[0]  # noqa: S608
    cited = {source for row in (cells, *statements) for source in row.get("sources") or ()}
    return Account(
        hit=hit,
        cells=cells,
        family=tuple(family),
        statements=statements,
        choices=_rows(
            store,
            "SELECT * FROM every.choices WHERE list_contains($ids, subject) OR list_contains($ids, object)",
            ids=family,
        ),
        knobs=[
            row["object"].removeprefix("knob:")
            for row in _rows(
                store,
                "SELECT object FROM statements WHERE predicate = 'encodes' AND list_contains($ids, subject)",
                ids=family,
            )
        ],
        parameters=_rows(
            store,
            "SELECT id, value, unit, meaning, level, verified FROM every.parameters "
            "WHERE lower(drug) IN (SELECT unnest($names)) OR list_has_any(sources, $ids) ORDER BY id",
            names=names,
            ids=family,
        ),
        experiments=_tests(store, names, family)
        if hit.kind in ("entities", "drugs", "inducers", "sources")
        else [],
        trials=_rows(
            store,
            "SELECT DISTINCT a.id, a.setting FROM statements s JOIN every.arms a ON a.id = s.object "
            "WHERE s.predicate = 'given_in' AND list_contains($ids, s.subject) ORDER BY a.id",
            ids=family,
        ),
        supported=_rows(
            store,
            "SELECT t.id, t.kind, t.label, s.verified FROM statements s JOIN things t ON t.id = s.object "
            "WHERE s.predicate = 'supports' AND s.subject = $id ORDER BY t.kind, t.id",
            id=hit.id,
        ),
        cited_by=[{"where": place, "as": name} for place, name in cited_ids() if name in family],
        corrections=_rows(
            store,
            'SELECT "column", old, new, outcome, source, date FROM every.corrections '
            'WHERE list_contains($ids, "row") OR starts_with("row", $stem) ORDER BY outcome, id',
            ids=family,
            stem=f"{hit.id}#",
        ),
        sources=_rows(
            store,
            "SELECT id, year, coalesce(title, citation) AS title, verified FROM every.sources "
            "WHERE list_contains($ids, id) ORDER BY year, id",
            ids=sorted(cited),
        ),
    )


def _rows(store: "DuckDBPyConnection", query: str, **values: object) -> list[dict[str, Any]]:
    found = store.execute(query, values)
    columns = [column[0] for column in found.description or ()]
    return [dict(zip(columns, row, strict=True)) for row in found.fetchall()]


def _family(store: "DuckDBPyConnection", hit: Hit) -> list[str]:
    """Collect the ids of the same thing: entity, orthologue, drug, inducer."""
    family = [hit.id]
    for _ in range(2):
        linked = store.execute(
            """
            SELECT object FROM statements WHERE predicate = 'same_as' AND list_contains($ids, subject)
            UNION SELECT subject FROM statements WHERE predicate = 'same_as' AND list_contains($ids, object)
            UNION SELECT entity FROM every.drugs WHERE list_contains($ids, id)
            UNION SELECT id FROM every.drugs WHERE list_contains($ids, entity) OR list_has_any(inducers, $ids)
            UNION SELECT unnest(inducers) FROM every.drugs WHERE list_contains($ids, id)
            UNION SELECT entity FROM every.inducers WHERE list_contains($ids, id)
            """,
            {"ids": family},
        ).fetchall()
        family = sorted(
            {*family, *(found for (found,) in linked if found)}, key=lambda one: (one != hit.id, one)
        )
    return family


def _names(store: "DuckDBPyConnection", family: Sequence[str]) -> list[str]:
    rows = store.execute("SELECT DISTINCT name FROM names WHERE list_contains($1, id)", [family]).fetchall()
    return sorted(name for (name,) in rows if len(name) > 2 and ":" not in name and not name.isdigit())


def _tests(store: "DuckDBPyConnection", names: Iterable[str], family: Sequence[str]) -> list[dict[str, Any]]:
    """List the experiments that name a thing as a whole word, or that rest on a source."""
    pattern = "|".join(re.escape(name) for name in names) or "$."
    return _rows(
        store,
        "SELECT id, experiment, endpoint, direction, verified FROM every.perturbations WHERE "
        "regexp_matches(concat_ws(' ', experiment, intervention, comparator, endpoint), $pattern, 'i') "
        "OR list_has_any(sources, $ids) ORDER BY id",
        pattern=rf"(^|[^A-Za-z0-9])({pattern})([^A-Za-z0-9]|$)",
        ids=list(family),
    )
