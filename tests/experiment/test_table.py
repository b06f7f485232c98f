"""Tables of experiments: ours hold together, and bad rows are named by row and column, all at once."""

import contextlib
import csv
import io
import re
from collections import Counter
from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alarmin.core import DataError
from alarmin.evidence.tables import TABLES, load_table
from alarmin.experiment import Experiment, load_experiments, read_experiments
from alarmin.experiment.curves import load_curves

COLUMNS = [field.name for field in fields(Experiment)]
GOOD = {
    "id": "X1",
    "setting": "mouse",
    "design": "tumour",
    "cells": "MC38",
    "therapy": "radiation 8 Gy @8,9,10",
    "compare_therapy": "none",
    "endpoint": "volume",
    "time": "20",
    "expect": "reduces",
}


def as_csv(*rows):
    text = io.StringIO()
    writer = csv.DictWriter(text, list(GOOD), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


@pytest.fixture
def table(tmp_path):
    """Read a table from its text."""

    def read(text):
        path = tmp_path / "mine.csv"
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return read_experiments(path)

    return read


def problems(table, text):
    with pytest.raises(DataError) as caught:
        table(text)
    return caught.value.problems


def test_ours_have_both_roles_and_sources_that_exist():
    rows = load_experiments()
    known = {row.id for row_type in TABLES.values() for row in load_table(row_type)}
    assert {row.evidence for row in rows} <= known
    roles = Counter(row.role for row in rows)
    assert roles["checking"] >= len(rows) / 3


def test_all_rows_of_one_evidence_share_a_role():
    roles = {}
    for row in load_experiments():
        roles.setdefault(row.evidence, set()).add(row.role)
    assert not [name for name, found in roles.items() if len(found) > 1]


def test_curves_are_readings_in_order_with_something_to_predict():
    curves = load_curves()
    assert len({curve.id for curve in curves}) == len(curves)
    for curve in curves:
        assert list(curve.day) == sorted(set(curve.day)), curve.id
        assert len(curve.day) - curve.start >= 4, curve.id
        assert all(day >= curve.day[curve.start] for day in (*curve.irradiated, *curve.transferred))


def test_a_small_table_of_ones_own_is_enough(table):
    (row,) = table(as_csv(GOOD))
    assert row.role == "checking"
    assert row.host == "wild_type"
    assert row.compare_therapy == "none"


def test_a_mark_of_byte_order_does_not_matter(table):
    assert table(b"\xef\xbb\xbf" + as_csv(GOOD).encode())[0].id == "X1"


@pytest.mark.parametrize(
    ("column", "value", "hint"),
    [
        ("id", "", "missing"),
        ("setting", "mose", "mouse"),
        ("design", "tumor", "tumour"),
        ("cells", "MC83", "MC38"),
        ("therapy", "oxaliplatn", "oxaliplatin"),
        ("therapy", "cisplatin + oxaliplatin + doxorubicin", "at most 2"),
        ("compare_therapy", "non", "none"),
        ("endpoint", "volum", "volume"),
        ("time", "soon", "a number"),
        ("time", "0", "time: got '0'"),
        ("time", "inf", "finite"),
        ("time", "1e9", "365"),
        ("expect", "increase", "increases"),
        ("expect", "value", "published"),
    ],
)
def test_a_bad_field_is_named_by_row_and_column(table, column, value, hint):
    lines = problems(table, as_csv(GOOD, {**GOOD, "id": "X2", column: value}))
    named = "published" if value == "value" else column
    assert any(line.startswith(f"mine.csv: row 3: {named}: ") and hint in line for line in lines), lines


def test_all_problems_are_listed_at_once(table):
    bad = {**GOOD, "endpoint": "CALR", "time": "-1"}
    lines = problems(table, as_csv(bad, bad))
    assert [line.split(": ")[1:3] for line in lines] == [
        ["row 2", "endpoint"],
        ["row 2", "time"],
        ["row 3", "endpoint"],
        ["row 3", "time"],
        ["row 3", "id"],
    ]


def test_an_antibody_in_a_well_is_refused(table):
    well = {**GOOD, "setting": "well", "design": "exposure", "endpoint": "CALR", "therapy": "pembrolizumab"}
    assert "antibody" in problems(table, as_csv(well))[0]


def test_a_comma_without_quotes_is_seen(table):
    text = as_csv(GOOD).replace('"', "")
    assert any("needs quotes" in line for line in problems(table, text))


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("", "got no rows"),
        (as_csv(*[GOOD] * 1001), "got 1001 rows, expected 1 to 1000"),
        ("id,setting\nX1,well\n", "missing column 'design'"),
        (as_csv(GOOD).replace("endpoint", "end_point"), "did you mean 'endpoint'"),
        (b"\xff\xfe\x00", "UTF-8"),
    ],
)
def test_a_file_that_is_no_table_is_refused(table, text, hint):
    assert any(hint in line for line in problems(table, text))


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(DataError, match="no such file"):
        read_experiments(tmp_path / "nothing.csv")
    with pytest.raises(DataError, match="cannot be read"):
        read_experiments(tmp_path)


SLOW = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


@SLOW
@given(st.sampled_from(list(GOOD)), st.text(max_size=30))
def test_whatever_stands_in_a_field_it_is_read_or_refused(table, column, text):
    with contextlib.suppress(DataError):
        assert len(table(as_csv({**GOOD, column: text}))) == 1


@SLOW
@given(st.one_of(st.binary(max_size=200), st.text(max_size=200)))
def test_whatever_the_file_is_it_is_refused(table, content):
    with pytest.raises(DataError):
        table(content)


def test_the_page_names_every_column_and_its_example_can_be_read(table):
    page = (Path(__file__).parents[2] / "docs" / "experiments.md").read_text(encoding="utf-8")
    for column in COLUMNS:
        assert f"`{column}`" in page, column
    (example,) = re.findall(r"```text\n(.*?)```", page, flags=re.DOTALL)
    assert [row.id for row in table(example)] == ["mine-1", "mine-2"]
