"""What is conserved: cells, drug; and killing by radiation against the linear-quadratic formula."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import simpson

from alarmin.engine import Doses, compile_model, read_sbml, simulate
from alarmin.experiment.bench import bench
from alarmin.model import assemble
from alarmin.therapy import substance

STILL = {
    "k_growth": 0.0,
    "k_wear": 0.0,
    "k_hit": 0.0,
    "k_switch": 0.0,
    "k_adapt": 0.0,
    "k_adapt_kinase": 0.0,
    "k_antigen_loss": 0.0,
}
QUICK = settings(max_examples=30, deadline=None)
DRUGS = ("doxorubicin", "hypericin_pdt")
GROWTH = tuple(f"growth_{clone}_1" for clone in "stpe")
LOSS = {
    "well": ("clearance_1",),
    "mouse": ("clearance_1", "efferocytosis_1", *(f"eaten_{clone}_1" for clone in "stpe")),
}


@pytest.fixture(scope="module", params=["well", "mouse"])
def measured(request):
    """A setting with its flows of cells and its amounts of drug as outputs."""
    setting = request.param
    system = read_sbml(assemble(setting, tuple(substance(name, setting) for name in DRUGS)))
    drug = [f"{part}_{name}" for name in DRUGS for part in ("A1", "A2")]
    dosed = [f"A1_{name}" for name in DRUGS] + ["Beam_1", "C_s_1", "C_t_1", "N_1"]
    turned = [f"{p}_{name}" for name in DRUGS for p in ("CL", "Q")]
    outputs = ["cells_1", *GROWTH, *LOSS[setting], *drug]
    model = compile_model(system, parameters=[*turned, "n_seed"], outputs=outputs, dosed=dosed)
    return setting, model


def run(model, doses, times, values):
    targets = [(0, *dose) for dose in doses]
    given = Doses(*map(np.array, zip(*targets, strict=True)))
    rows = [[values.get(name, 0.0) for name in model.parameters]]
    batch = simulate(model, rows, times, doses=given, rtol=1e-8, threads=1)
    assert not batch.failures()
    return dict(zip(model.outputs, batch.values[0].T, strict=True))


@pytest.mark.parametrize(
    "therapy",
    [
        [(1.0, "Beam_1", 8.0)],
        [(0.5, "A1_doxorubicin", 0.3), (1.0, "A1_hypericin_pdt", 0.2)],
        [(1.0, "A1_doxorubicin", 0.3), (1.0, "Beam_1", 4.0), (2.0, "Beam_1", 4.0), (3.0, "N_1", 1e5)],
    ],
)
def test_cells_that_are_born_less_those_that_go_are_the_change(measured, therapy):
    setting, model = measured
    cells = [(0.0, "C_s_1", 1e6), (0.0, "C_t_1", 1e5)]
    # Integrals are taken piece by piece, each finest where it begins: a dose bends the curves.
    edges = np.unique([0.0, *(dose[0] for dose in therapy), 8.0])
    pieces = [a + (b - a) * np.linspace(0.0, 1.0 - 1e-9, 801) ** 3 for a, b in itertools.pairwise(edges)]
    times = np.unique(np.concatenate(pieces))
    read = run(model, cells + therapy, times, {"CL_doxorubicin": 1.0, "CL_hypericin_pdt": 1.0})
    flow = sum(read[name] for name in GROWTH) - sum(read[name] for name in LOSS[setting])
    change = sum(simpson(flow[np.searchsorted(times, piece)], x=piece) for piece in pieces)
    put_in = sum(amount for _, target, amount in cells + therapy if target[:2] in ("C_", "N_"))
    scale = simpson(sum(read[name] for name in GROWTH), x=times) + put_in
    assert abs(put_in + change - read["cells_1"][-1]) < 1e-5 * scale


def test_without_elimination_no_drug_is_lost(measured):
    _, model = measured
    doses = [(0.0, "A1_doxorubicin", 2.0), (1.0, "A1_doxorubicin", 1.0), (0.5, "A1_hypericin_pdt", 4.0)]
    exchange = {"Q_doxorubicin": 0.7, "Q_hypericin_pdt": 0.1}
    read = run(model, doses, np.array([2.0, 9.0]), exchange)
    np.testing.assert_allclose(read["A1_doxorubicin"] + read["A2_doxorubicin"], 3.0, rtol=1e-7)
    np.testing.assert_allclose(read["A1_hypericin_pdt"] + read["A2_hypericin_pdt"], 4.0, rtol=1e-7)
    assert (read["A2_doxorubicin"] > 0.0).all()


@QUICK
@given(
    agents=st.lists(
        st.sampled_from(["doxorubicin", "hypericin_pdt", "cisplatin", "zno"]), max_size=2, unique=True
    ),
    dose=st.floats(0.0, 20.0),
    gray=st.floats(0.0, 20.0),
    hit=st.floats(0.0, 5.0),
)
def test_cells_of_a_well_that_neither_grow_nor_are_cleared_only_change_their_state(
    well, agents, dose, gray, hit
):
    parts = [f"{agent} x{dose:.3f}" for agent in agents] + [f"radiation {gray:.3f} Gy"]
    read = well(" + ".join(parts), times=np.linspace(0.0, 4.0, 9), rtol=1e-8, **STILL | {"k_hit": hit})
    np.testing.assert_allclose(read["cells_1"], bench("well").defaults["n_seed"], rtol=1e-6)


@QUICK
@given(
    gray=st.floats(0.5, 10.0),
    alpha=st.floats(0.0, 0.6),
    beta=st.floats(0.0, 0.06),
    beam=st.floats(20.0, 500.0),
    repair=st.floats(2.0, 60.0),
)
def test_radiation_leaves_what_the_linear_quadratic_formula_leaves(well, gray, alpha, beta, beam, repair):
    """Survival is exp(-alpha D - beta G D^2), G the Lea-Catcheside factor of the delivery.

    A dose D delivered as D b exp(-b t), repaired at rate r, has the unrepaired dose
    U(t) = D b (exp(-b t) - exp(-r t))/(r - b), and G D^2 = 2 * integral of (dose rate times U)
    = 2 D^2 b^2/(r - b) * (1/(2 b) - 1/(b + r)) = D^2 b/(b + r).
    """
    constants = {"alpha": alpha, "beta": beta, "k_beam": beam, "k_repair_dsb": repair}
    read = well(f"radiation {gray:.6f} Gy", times=np.array([0.0, 4.0]), rtol=1e-9, **STILL | constants)
    dose = float(f"{gray:.6f}")
    expected = np.exp(-alpha * dose - beta * beam / (beam + repair) * dose**2)
    np.testing.assert_allclose(read["live_1"][:, -1] / read["live_1"][:, 0], expected, rtol=1e-5)


def test_two_fractions_days_apart_leave_the_product(well):
    constants = {"alpha": 0.2, "beta": 0.03, "k_beam": 200.0, "k_repair_dsb": 12.0}
    times = np.array([0.0, 8.0])
    one = well("radiation 4 Gy @0", times=times, rtol=1e-9, **STILL | constants)["live_1"]
    two = well("radiation 4 Gy @0,5", times=times, rtol=1e-9, **STILL | constants)["live_1"]
    np.testing.assert_allclose(two[:, -1] / two[:, 0], (one[:, -1] / one[:, 0]) ** 2, rtol=1e-5)


def test_cells_without_oxygen_need_the_dose_times_the_enhancement_ratio(well):
    ratio = bench("well").defaults["oer_max"]
    times = np.array([0.0, 4.0])
    with_oxygen = well("radiation 2 Gy", times=times, rtol=1e-9, **STILL)["live_1"]
    constants = STILL | {"hypoxia_well": 1.0, "oer_max": 2.5}
    without = well("radiation 5 Gy", times=times, rtol=1e-9, **constants)["live_1"]
    assert ratio > 1.0
    np.testing.assert_allclose(without[:, -1], with_oxygen[:, -1], rtol=1e-5)
