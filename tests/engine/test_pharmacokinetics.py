"""Doses against closed forms: bolus, infusion, repeated, first-order absorption."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small import PHARMACOKINETICS, system

from alarmin.engine import Doses, compile_model, simulate

V, KA, CL = 5.0, 1.3, 2.1
KE = CL / V
TIMES = np.linspace(0.0, 48.0, 97)


@pytest.fixture(scope="module")
def model():
    return compile_model(
        system(PHARMACOKINETICS), parameters=["ka", "CL"], outputs=["C", "gut"], dosed=["C", "gut"]
    )


def concentration(model, doses, *, ka=KA, cl=CL):
    batch = simulate(model, [[ka, cl]], TIMES, doses=doses, rtol=1e-9, atol=1e-12, on_error="raise")
    return batch.values[0, :, 0]


def bolus(t, amount):
    return np.where(t >= 0.0, amount / V * np.exp(-KE * np.maximum(t, 0.0)), 0.0)


def infusion(t, amount, duration):
    rate = amount / duration
    during = rate / CL * (1 - np.exp(-KE * np.clip(t, 0.0, duration)))
    return np.where(t >= 0.0, during * np.exp(-KE * np.maximum(t - duration, 0.0)), 0.0)


def oral(t, amount):
    after = np.maximum(t, 0.0)
    curve = amount * KA / (V * (KA - KE)) * (np.exp(-KE * after) - np.exp(-KA * after))
    return np.where(t >= 0.0, curve, 0.0)


def test_bolus_is_included_at_its_own_time(model):
    found = concentration(model, Doses(0, [0.0, 12.0], "C", 100.0))
    assert np.allclose(found, bolus(TIMES, 100.0) + bolus(TIMES - 12.0, 100.0), rtol=1e-8, atol=1e-9)
    assert found[0] == 20.0


def test_infusion(model):
    found = concentration(model, Doses(0, 3.25, "C", 100.0, 2.5))
    assert np.allclose(found, infusion(TIMES - 3.25, 100.0, 2.5), rtol=1e-8, atol=1e-9)


def test_oral_first_order(model):
    found = concentration(model, Doses(0, np.arange(0.0, 48.0, 8.0), "gut", 60.0))
    expected = sum(oral(TIMES - t, 60.0) for t in np.arange(0.0, 48.0, 8.0))
    assert np.allclose(found, expected, rtol=1e-8, atol=1e-9)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 40_000).map(lambda k: k / 1000),
            st.floats(0.1, 500.0),
            st.sampled_from([0.0, 0.01, 1.0, 7.0]),
            st.booleans(),
        ),
        max_size=8,
    )
)
def test_overlapping_doses_add_up(model, given_doses):
    """The model is linear: the response is the sum of the responses."""
    expected = np.zeros_like(TIMES)
    for time, amount, duration, by_mouth in given_doses:
        if by_mouth:
            expected += oral(TIMES - time, amount)
        elif duration:
            expected += infusion(TIMES - time, amount, duration)
        else:
            expected += bolus(TIMES - time, amount)
    columns = list(zip(*given_doses, strict=True)) if given_doses else [(), (), (), ()]
    doses = Doses(
        np.zeros(len(given_doses), dtype=int),
        columns[0],
        np.array(["gut" if mouth else "C" for mouth in columns[3]], dtype=str),
        columns[1],
        [0.0 if mouth else d for d, mouth in zip(columns[2], columns[3], strict=True)],
    )
    found = concentration(model, doses)
    # at the very moment of a bolus the closed form and the simulation may round to different sides
    near = np.abs(TIMES[:, None] - np.array([0.0, *columns[0]])[None, 1:]).min(axis=1, initial=1.0) < 1e-9
    exact_times = np.isin(TIMES, columns[0])
    keep = ~near | exact_times
    assert np.allclose(found[keep], expected[keep], rtol=1e-7, atol=1e-8)


def test_a_dose_reaches_everyone_or_one(model):
    doses = Doses([-1, 1], [0.0, 0.0], "C", [10.0, 30.0])
    batch = simulate(model, [[KA, CL]] * 3, [0.0], doses=doses)
    assert batch.output("C")[:, 0].tolist() == [2.0, 8.0, 2.0]
