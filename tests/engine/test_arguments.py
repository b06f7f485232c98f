"""Wrong input is one clear line for each problem, before anything runs."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small import TUMOUR, system

from alarmin.core import DataError, ModelError
from alarmin.engine import Doses, Start, compile_model, simulate

GOOD = {"values": [[0.12, 0.08]], "times": [0.0, 1.0]}


@pytest.fixture(scope="module")
def model():
    return compile_model(system(TUMOUR), parameters=["kill", "g"], outputs=["T"], dosed=["drug"])


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (
            {"values": [[0.1]]},
            r"values: shape \(1, 1\), expected \(patients, 2\): one column each of kill, g",
        ),
        ({"values": [0.1, 0.2]}, r"values: shape \(2,\), expected \(patients, 2\)"),
        ({"values": [[0.1, np.nan]]}, "values: patient 0, column 'g': nan, expected a finite number"),
        (
            {"values": [[0.1, 1], [np.inf, 1]]},
            "values: patient 1, column 'kill': inf, expected a finite number",
        ),
        ({"times": [0.0, 2.0, 2.0]}, "times: entry 2 is 2 after 2, expected rising times"),
        ({"times": [-1.0, 2.0]}, r"times: first time -1, expected >= 0"),
        ({"times": []}, r"times: shape \(0,\), expected a list of at least one time"),
        ({"times": [0.0, np.inf]}, "times: entry 1 is not finite"),
        ({"rtol": 0.0}, "rtol: 0.0, expected a number between 0 and 1"),
        ({"rtol": "1e-6"}, "rtol: '1e-6', expected numbers"),
        ({"on_error": "rais"}, "on_error: 'rais', expected 'status' or 'raise'"),
        ({"values": [["a", 1.0]]}, r"values: \[\['a', 1.0\]\], expected numbers in rows of equal length"),
        ({"values": [[1.0], [1.0, 2.0]]}, "values: .*expected numbers in rows of equal length"),
        ({"values": np.array([[1j, 2.0]])}, "values: .*expected numbers"),
        ({"times": ["a"]}, r"times: \['a'\], expected numbers"),
        ({"rtol": np.nan}, "rtol: nan, expected a number between 0 and 1"),
        ({"max_steps": 0}, "max_steps: 0, expected at least 1"),
        ({"threads": 0}, "threads: 0, expected at least 1"),
        ({"atol": [1.0]}, r"atol: shape \(1,\), expected one number or 5, one per state"),
        ({"atol": {"drg": 1.0}}, "atol: unknown state 'drg'; did you mean 'drug'?"),
        ({"atol": -1.0}, "atol: expected finite numbers >= 0"),
        ({"extinction": np.nan}, "extinction: expected finite numbers >= 0"),
        ({"nonnegative": ("celll",)}, "nonnegative: unknown state 'celll'; did you mean 'cell'?"),
        ({"doses": Doses(0, 0.0, "free", 1.0)}, "doses: unknown dosed state 'free'; known: drug"),
        (
            {"doses": Doses(1, 0.0, "drug", 1.0)},
            "doses: row 0: patient 1, expected 0 to 0, or -1 for everyone",
        ),
        ({"doses": Doses(0, [0, -2], "drug", 1.0)}, "doses: row 1: time -2, expected a finite number >= 0"),
        ({"doses": Doses(0, 0, "drug", np.nan)}, "doses: row 0: amount nan, expected a finite number >= 0"),
        ({"doses": Doses(0, 0, "drug", 1, -1)}, "doses: row 0: duration -1, expected a finite number >= 0"),
        ({"doses": Doses(0, 0, "drug", 1, 5e-324)}, "doses: row 0: duration 4.94066e-324 is too short"),
        ({"start": Start("D", 1.0, 9.0)}, "start: unknown output 'D'; known: T"),
        ({"start": Start("T", [1.0, 2.0], 9.0)}, r"start: \(2,\) values, expected one number or 1"),
        ({"start": Start("T", np.nan, 9.0)}, "start: a value is not finite"),
        ({"start": Start("T", 1.0, np.inf)}, "start: latest inf, expected a finite number > 0"),
        ({"shared_steps": [1, 2]}, r"shared_steps: shape \(2,\), expected \(1,\)"),
    ],
)
def test_each_mistake_is_named(model, change, line):
    given_values = GOOD | change
    with pytest.raises(DataError, match=line):
        simulate(model, given_values.pop("values"), given_values.pop("times"), **given_values)


def test_all_mistakes_of_a_dose_table_at_once(model):
    with pytest.raises(DataError) as caught:
        simulate(model, **GOOD, doses=Doses([0, 5], [0.0, -1.0], ["drug", "drag"], 1.0))
    assert len(caught.value.problems) == 3


def test_sizes_must_be_above_zero():
    model = compile_model(system(TUMOUR), parameters=["W"], outputs=["T"])
    with pytest.raises(
        DataError, match=r"values: patient 1, column 'W': -1 \(and 1 more\), expected a size above 0"
    ):
        simulate(model, [[1.0], [-1.0], [0.0]], [0.0, 1.0])


def test_columns_of_unequal_length():
    with pytest.raises(DataError, match="doses: columns of different lengths"):
        Doses([0, 1, 2], [0.0, 1.0], "drug", 1.0)


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ({"parameters": ["kil"]}, "unknown parameter 'kil'; did you mean 'kill'?"),
        ({"parameters": ["g", "g"]}, "parameter 'g': given 2 times, expected once"),
        ({"outputs": ["diametr"]}, "unknown output 'diametr'; did you mean 'diameter'?"),
        ({"dosed": ["kill"]}, "unknown dosed state 'kill'"),
        ({"lanes": 3}, "lanes: 3, expected 1, 2, 4 or 8"),
    ],
)
def test_compilation_names_what_it_does_not_know(change, line):
    with pytest.raises(ModelError, match=line):
        compile_model(system(TUMOUR), **change)


extremes = st.floats(allow_nan=False, allow_infinity=False)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(extremes, extremes), min_size=1, max_size=6), st.floats(1e-6, 1e6))
def test_any_finite_parameters_end_in_numbers_or_a_status(model, rows, end):
    """No crash, no hang, no silent NaN."""
    batch = simulate(model, rows, [0.0, end / 2, end], max_steps=3000)
    finite = np.isfinite(batch.values).all(axis=(1, 2))
    assert (finite | (batch.status != 0)).all()
    assert (np.isnan(batch.failed_at) == (batch.status == 0)).all()


def test_columns_of_a_data_frame_are_found_by_name(model):
    frame = pd.DataFrame({"g": [0.08, 0.1], "kill": [0.12, 0.2]})
    named = simulate(model, frame, [0.0, 1.0]).values
    assert (named == simulate(model, [[0.12, 0.08], [0.2, 0.1]], [0.0, 1.0]).values).all()
    with pytest.raises(
        DataError, match=r"values: unknown parameter 'kil'; did you mean 'kill'\?\nvalues: no"
    ):
        simulate(model, frame.rename(columns={"kill": "kil"}), [0.0, 1.0])
    with pytest.raises(DataError, match="values: no column 'g', expected one"):
        simulate(model, frame[["kill"]], [0.0, 1.0])
    with pytest.raises(DataError, match="values: unknown parameter 'extra'; known: g, kill"):
        simulate(model, frame.assign(extra=1.0), [0.0, 1.0])
