"""Integration against SciPy, start of treatment, switches in time, conservation, gradual failure."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp
from small import EXCHANGE, TUMOUR, system

from alarmin.core import SolverError
from alarmin.engine import Doses, Start, Status, compile_model, simulate


def reference(sys_, times, *, values=None, rtol=1e-11):
    """The states by SciPy, through the plain evaluator of the graph."""
    env = dict(zip(sys_.parameters, sys_.defaults, strict=True)) | (values or {})
    y0 = [float(v) for v in sys_.graph.evaluate(sys_.initial, env)]

    def rates(t, y):
        return np.array(
            sys_.graph.evaluate(sys_.rates, env | dict(zip(sys_.states, y, strict=True)) | {"<time>": t}),
            dtype=float,
        )

    solution = solve_ivp(
        rates, (times[0], times[-1]), y0, method="LSODA", t_eval=times, rtol=rtol, atol=1e-13
    )
    return solution.y.T


def test_a_stiff_model_agrees_with_scipy():
    sys_ = system(TUMOUR.replace("drug = 0", "drug = 30"))
    times = np.linspace(0.0, 60.0, 31)
    batch = simulate(compile_model(sys_), np.zeros((1, 0)), times, rtol=1e-9, atol=1e-12, on_error="raise")
    expected = reference(sys_, times)
    assert (
        np.max(np.abs(batch.values[0] - expected) / (np.abs(expected) + 1e-3 * np.abs(expected).max(axis=0)))
        < 1e-7
    )


@settings(max_examples=20, deadline=None)
@given(st.floats(0.1, 10.0), st.floats(0.0, 5.0), st.floats(0.1, 1e4))
def test_mass_balance(a, b, k3):
    model = compile_model(system(EXCHANGE), parameters=["A", "B", "k3"])
    batch = simulate(model, [[a, b, k3]], np.linspace(0.0, 20.0, 21), on_error="raise")
    total = batch.output("A")[0] + batch.output("B")[0] + 2 * batch.output("D")[0]
    assert np.allclose(total, a + b, rtol=1e-12)


def test_error_falls_with_tolerance():
    model = compile_model(system(TUMOUR), outputs=["T", "bound"], dosed=["drug"])
    times = np.linspace(0.0, 200.0, 41)
    doses = Doses(0, np.arange(0.0, 200.0, 21.0), "drug", 30.0)
    runs = [
        simulate(model, np.zeros((1, 0)), times, doses=doses, rtol=r).values
        for r in (1e-4, 1e-6, 1e-8, 1e-11)
    ]
    errors = [np.max(np.abs(run - runs[-1]) / (np.abs(runs[-1]) + 1e-3)) for run in runs[:-1]]
    assert errors[0] < 1e-2
    assert errors[1] < 1e-4
    assert errors[2] < 1e-6


def test_treatment_starts_where_the_tumour_reaches_its_size():
    """Logistic growth has a closed form for the moment."""
    model = compile_model(system(TUMOUR), outputs=["T", "drug"], dosed=["drug"])
    doses = Doses(-1, 2.0, "drug", 7.0)
    sizes = np.array([0.5, 5.0, 50.0])
    batch = simulate(
        model,
        np.zeros((3, 0)),
        [0.0, 1.0, 2.0],
        doses=doses,
        start=Start("T", sizes, 500.0),
        rtol=1e-9,
        atol=1e-12,
    )
    growth, cap, first = 0.08, 100.0, 0.01
    expected = np.log(sizes / first * (cap - first) / (cap - sizes)) / growth
    assert np.allclose(batch.start_time, expected, rtol=1e-7)
    assert np.allclose(batch.output("T")[:, 0], sizes, rtol=1e-9)
    assert batch.output("drug")[:, :2].tolist() == [[0.0, 0.0]] * 3
    assert np.allclose(batch.output("drug")[:, 2], 7.0)


def test_patients_who_cannot_start_have_a_status():
    model = compile_model(system(TUMOUR), outputs=["T"])
    batch = simulate(model, np.zeros((3, 0)), [0.0, 1.0], start=Start("T", [1.0, 200.0, 1e-3], 300.0))
    assert batch.status_name == ("ok", "not_started", "past_start")
    assert np.isnan(batch.values[1:]).all()
    assert batch.failed_at[1] == 300.0


PULSE = """
k = 1; width = 0.01; onset = 100; x = 0; y = 0;
x' = piecewise(1/width, time >= onset && time < onset + width, 0) - 0.1*x;
y' = sin(time) - y;
"""


def test_a_short_pulse_in_time_is_not_stepped_over():
    model = compile_model(system(PULSE), parameters=["onset", "width"], outputs=["x", "y"])
    cases = np.array([[100.0, 0.01], [33.3, 1e-5], [150.0, 20.0]])
    times = np.array([0.0, 30.0, 99.0, 120.0, 180.0, 200.0])
    batch = simulate(model, cases, times, rtol=1e-8, atol=1e-12, on_error="raise")
    for row, (at, width) in zip(batch.output("x"), cases, strict=True):
        inside = np.clip(times - at, 0.0, width)
        after = np.maximum(times - at - width, 0.0)
        assert np.allclose(
            row, (1 - np.exp(-0.1 * inside)) / (0.1 * width) * np.exp(-0.1 * after), rtol=1e-7, atol=1e-10
        )
    assert np.allclose(
        batch.output("y")[0], 0.5 * (np.sin(times) - np.cos(times) + np.exp(-times)), atol=1e-7
    )


@pytest.mark.parametrize(
    ("text", "status", "state"),
    [
        ("x = 1; x' = x*x;", {Status.NON_FINITE, Status.STEP_SIZE}, "x"),
        ("x = 1; z = 1; x' = -1; z' = log(x) - z;", {Status.NON_FINITE}, "z"),
        ("compartment W = 1; species s in W; s = 2; out: s -> ; 1;", {Status.NEGATIVE}, "s"),
    ],
)
def test_failures_name_time_and_state(text, status, state):
    batch = simulate(compile_model(system(text)), np.zeros((2, 0)), [0.0, 0.5, 3.0])
    assert set(batch.status.tolist()) <= status
    assert set(batch.failed_state) == {state}
    at = 2.0 if Status.NEGATIVE in status else 1.0
    assert np.allclose(batch.failed_at, at, rtol=1e-3)
    assert np.isfinite(batch.values[:, :2]).all()
    assert np.isnan(batch.values[:, 2]).all()


def test_step_limit_and_raise():
    model = compile_model(system(TUMOUR))
    batch = simulate(model, np.zeros((1, 0)), [0.0, 100.0], max_steps=5)
    assert batch.status_name == ("step_limit",)
    assert batch.n_steps.tolist() == [5]
    with pytest.raises(SolverError, match="patient 0: took more steps than allowed at time"):
        simulate(model, np.zeros((1, 0)), [0.0, 100.0], max_steps=5, on_error="raise")


def test_one_failing_patient_leaves_the_others_alone():
    model = compile_model(system("x = 1; k = -1; x' = k*x*x;"), parameters=["k"])
    alone = simulate(model, [[-1.0]], [0.0, 1.0, 2.0])
    mixed = simulate(model, [[-1.0], [1.0], [-1.0], [2.0], [-1.0], [-1.0]], [0.0, 1.0, 2.0])
    assert (mixed.status == 0).tolist() == [True, False, True, False, True, True]
    for row in (0, 2, 4, 5):
        assert mixed.values[row].tobytes() == alone.values[0].tobytes()


def test_extinct_states_become_zero():
    model = compile_model(system("x = 1; x' = -3*x;"))
    kept = simulate(model, np.zeros((1, 0)), [0.0, 20.0], extinction=0.0)
    gone = simulate(model, np.zeros((1, 0)), [0.0, 20.0], extinction={"x": 1e-12})
    assert kept.values[0, 1, 0] != 0.0
    assert gone.values[0, 1, 0] == 0.0


def test_a_column_named_like_a_state_is_its_initial_value():
    text = "compartment W = 1; species a, b in W; a = 2; b := 3*a; k = 0.5; out: a -> ; k*a;"
    computed = "x = 4; y = 2*x; x' = -x; y' = -2*y;"
    batch = simulate(compile_model(system(text), parameters=["a"], outputs=["a", "b"]), [[7.0]], [0.0])
    assert batch.values[0, 0].tolist() == [7.0, 21.0]
    batch = simulate(compile_model(system(computed), parameters=["y"]), [[5.0]], [0.0])
    assert batch.output("x")[0, 0] == 4.0
    assert batch.output("y")[0, 0] == 5.0


def test_an_undefined_recorded_variable_is_told():
    model = compile_model(
        system("x = 1; k = 1; x' = -1; y := log(x - 1)*k;"), parameters=["k"], outputs=["x", "y"]
    )
    batch = simulate(model, [[1.0], [0.0]], [0.0, 0.5, 1.0])
    assert batch.status_name == ("undefined", "undefined")
    assert batch.failed_at.tolist() == [0.5, 0.0]
    assert batch.failed_state == ("y", "y")
    assert np.allclose(batch.output("x")[0], [1.0, 0.5, 0.0], atol=1e-12)


def test_rows_of_another_run_take_the_place_of_their_own():
    """Some patients simulated again apart, with a failure among them, as if all had been run at once."""
    model = compile_model(system(EXCHANGE), parameters=["A", "k3"])
    times, first = np.linspace(0.0, 20.0, 21), np.array([[1.0, 1.0], [2.0, 1.0], [3.0, 1.0]])
    changed = np.array([[1.0, 1.0], [5.0, 2.0], [1e300, 1e300]])
    again = np.array([1, 2])
    mixed = simulate(model, first, times).with_rows(again, simulate(model, changed[again], times))
    whole = simulate(model, changed, times)
    assert [failure.patient for failure in whole.failures()] == [2]
    assert mixed.failures() == whole.failures()
    assert mixed.values.tobytes() == whole.values.tobytes()
    assert mixed.n_steps.tolist() == whole.n_steps.tolist()
    assert mixed.rows(again).values.tobytes() == whole.values[again].tobytes()
