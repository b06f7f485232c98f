"""Questions in SQL: one statement that reads, within bounds of rows and time."""

import threading
from pathlib import Path
from typing import Any

from alarmin.core import EvidenceError
from alarmin.evidence.store import open_store

__all__ = ["ask"]


def ask(
    question: str, *, user_folder: Path | None = None, max_rows: int = 1000, timeout_s: float = 10.0
) -> tuple[list[str], list[tuple[Any, ...]], bool]:
    """Run one SELECT on the store.

    Parameters
    ----------
    question : str
        One SQL statement that only reads; files, network and settings are out of its reach.
    user_folder : Path, optional
        Tables of the user, in the schema `theirs`.
    max_rows : int, default 1000
        The largest number of rows that is returned.
    timeout_s : float, default 10
        When the question is broken off.

    Returns
    -------
    tuple of (list of str, list of tuple, bool)
        Column names, rows, and whether there were more rows.

    Raises
    ------
    EvidenceError
        Not one SELECT, an error in the statement, or too slow.
    """
    import duckdb

    with open_store(user_folder) as store:
        late = threading.Event()

        def stop() -> None:
            late.set()
            store.interrupt()

        timer = threading.Timer(timeout_s, stop)
        timer.start()
        try:
            statements = store.extract_statements(question)
            kinds = [statement.type for statement in statements]
            if kinds not in ([duckdb.StatementType.SELECT], [duckdb.StatementType.EXPLAIN]):
                raise EvidenceError("sql: expected one SELECT statement; the store can only be read")
            answer = store.execute(statements[0])
            columns = [column[0] for column in answer.description or ()]
            rows = answer.fetchmany(max_rows + 1)
        except duckdb.Error as error:
            if late.is_set():
                raise EvidenceError(f"sql: broken off after {timeout_s:g} s; ask for less") from None
            raise EvidenceError(f"sql: {str(error).splitlines()[0]}") from None
        finally:
            timer.cancel()
    return columns, rows[:max_rows], len(rows) > max_rows
