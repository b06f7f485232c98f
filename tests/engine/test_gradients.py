"""Differences against closed forms and against themselves with own steps."""

import numpy as np
import pytest
from small import PHARMACOKINETICS, TUMOUR, system

from alarmin.core import DataError
from alarmin.engine import Doses, Start, compile_model, gradients

TIMES = np.linspace(0.0, 24.0, 13)
V, CL, DOSE = 5.0, 2.1, 100.0


def test_bolus_against_the_closed_form():
    model = compile_model(system(PHARMACOKINETICS), parameters=["ka", "CL"], outputs=["C"], dosed=["C"])
    found = gradients(
        model, [[1.3, CL], [1.3, 2 * CL]], TIMES, doses=Doses([0, 1], 0.0, "C", [DOSE, 2 * DOSE])
    )
    for row, (cl, dose) in enumerate([(CL, DOSE), (2 * CL, 2 * DOSE)]):
        curve = dose / V * np.exp(-cl / V * TIMES)
        assert np.allclose(found.values[row, :, 0], curve, rtol=1e-5, atol=1e-6)
        assert np.allclose(found.derivatives[row, 1, :, 0], -TIMES / V * curve, rtol=1e-4, atol=1e-5)
        assert np.abs(found.derivatives[row, 0]).max() == 0.0


@pytest.mark.parametrize("start", [None, Start("diameter", 2.0, 400.0)])
def test_shared_steps_are_smoother(start):
    model = compile_model(
        system(TUMOUR), parameters=["kill", "kon", "g"], outputs=["T", "diameter"], dosed=["drug"]
    )
    values, times = [[0.12, 40.0, 0.08]], np.linspace(0.0, 100.0, 11)
    doses = Doses(-1, np.arange(0.0, 100.0, 21.0), "drug", 30.0)
    run = {"doses": doses, "start": start}
    exact = gradients(model, values, times, **run, rtol=1e-11, atol=1e-14).derivatives
    size = np.abs(exact).max(axis=2, keepdims=True)

    def error(**options):
        found = gradients(model, values, times, **run, **options)
        return float(np.max(np.abs(found.derivatives - exact) / (np.abs(exact) + 1e-2 * size)))

    assert error(rtol=1e-6) < 1e-3
    assert error(rtol=1e-6) < error(rtol=1e-6, shared=False)


def test_followers_take_the_steps_of_their_leader():
    model = compile_model(system(TUMOUR), parameters=["kill"], outputs=["T"], dosed=["drug"])
    found = gradients(model, [[0.12]], [0.0, 50.0], relative_step=1e-13)
    # parameters that differ in the last bits give values that differ in the last bits only
    assert abs(found.derivatives[0, 0, 1, 0] * 0.12) < abs(found.values[0, 1, 0])


def test_bad_input_is_named():
    model = compile_model(system(TUMOUR), parameters=["kill"], outputs=["T"], dosed=["drug"])
    with pytest.raises(DataError, match="unknown parameter 'kil'; did you mean 'kill'"):
        gradients(model, [[0.12]], [0.0, 1.0], wrt=["kil"])
    with pytest.raises(DataError, match="relative_step: 2"):
        gradients(model, [[0.12]], [0.0, 1.0], relative_step=2.0)
