"""What becomes of a dose: against exact solutions, superposition, and an account that closes."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp
from scipy.linalg import expm

from alarmin.engine import Doses, simulate
from alarmin.model import KINETICS
from alarmin.population import compiled, draw_drugs
from alarmin.population.sampling import draw
from alarmin.therapy import drug, pharmacokinetics, random_effects, shipped_drugs, substance
from alarmin.therapy.exposure import TYPICAL, course, label_exposure

DRUGS = [name for name in shipped_drugs() if drug(name).for_patients]
# One drug per template; saturable ones are not linear.
OF_TEMPLATE = {
    template: next(name for name in DRUGS if template in drug(name).properties) for template in KINETICS
}
LINEAR = ("infusion", "infusion_three", "oral")


def no_effects(name):
    return pd.DataFrame({effect: [0.0] for effect in random_effects((name,))})


def typical_patient(**changed):
    return pd.DataFrame([TYPICAL | changed])


def constants(name):
    return {p.id: p.value for p in substance(name).parameters}


def follow(name, rows, times, **options):
    """Give doses (day, mg, duration [day]) of a drug and follow them."""
    columns = np.array(rows, dtype=float).reshape(-1, 3).T
    return course(substance(name), drug(name).dosed_into, tuple(columns), times, **options)


# Day, amount [mg], and duration [day] of a bolus or of an infusion of at least a minute.
schedules = st.lists(
    st.tuples(
        st.floats(0.0, 60.0), st.floats(0.1, 300.0), st.one_of(st.just(0.0), st.floats(1.0 / 1440.0, 2.0))
    ),
    max_size=4,
)


@pytest.mark.parametrize("template", LINEAR)
@settings(deadline=None, max_examples=30)
@given(schedules, schedules)
def test_doses_of_a_linear_drug_superpose(template, first, second):
    """What two schedules do together is the sum of what each does alone."""
    name, times = OF_TEMPLATE[template], np.array([0.3, 2.0, 17.0, 40.0, 63.0])
    together, one, other = (follow(name, rows, times) for rows in ([*first, *second], first, second))
    for what in ("concentration", "exposure", "body"):
        expected = getattr(one, what) + getattr(other, what)
        np.testing.assert_allclose(getattr(together, what), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("template", [name for name in KINETICS if name not in LINEAR])
@settings(deadline=None, max_examples=15)
@given(st.floats(30.0, 600.0), st.floats(1.5, 4.0))
def test_exposure_to_a_saturable_drug_grows_faster_than_the_dose(template, amount, times):
    """Which is why these templates are left out of superposition."""
    name = OF_TEMPLATE[template]
    once, more = (follow(name, [(0.0, mg, 0.125)], [200.0]).exposure[0] for mg in (amount, times * amount))
    assert more > 1.001 * times * once


@pytest.mark.parametrize("template", KINETICS)
@settings(deadline=None, max_examples=30)
@given(schedules)
def test_what_was_given_is_in_the_body_or_has_left_it(template, rows):
    """The account closes at every time, infusions that still run included."""
    times = np.array([0.01, 0.5, 3.0, 20.0, 61.0, 200.0])
    got = follow(OF_TEMPLATE[template], rows, times)
    administered = np.zeros_like(times)
    for day, amount, duration in rows:
        running = np.clip((times - day) / duration, 0.0, 1.0) if duration else (times >= day)
        administered += amount * running
    np.testing.assert_allclose(got.body + got.left, administered, rtol=1e-6, atol=1e-6)
    assert (got.body >= -1e-6).all()
    assert (np.diff(got.left) >= -1e-6).all()


@pytest.mark.parametrize("name", DRUGS)
def test_a_linear_drug_follows_the_exact_solution(name):
    """Compartments are a linear system x' = M x + input, solved exactly for one infusion into one patient."""
    template = drug(name).properties[0]
    if template not in LINEAR:
        pytest.skip("saturable: see the test below")
    own = draw_drugs((name,), draw(0, seed=9).features.iloc[[7]], seed=9).iloc[0].to_dict()
    k = constants(name) | {key.removesuffix(f"_{name}"): value for key, value in own.items()}
    if template == "oral":
        rates = np.array([[-k["ka"], 0.0], [k["F"] * k["ka"], -k["CL"] / k["V1"]]])
        central = 1
    else:
        outer = [("Q", "V2"), ("Q3", "V3")][: 2 if template == "infusion_three" else 1]
        rates = np.zeros((1 + len(outer), 1 + len(outer)))
        rates[0, 0] = -(k["CL"] + sum(k[q] for q, _ in outer)) / k["V1"]
        for i, (q, v) in enumerate(outer, start=1):
            rates[0, i], rates[i, 0], rates[i, i] = k[q] / k[v], k[q] / k["V1"], -k[q] / k[v]
        central = 0
    amount, duration = 120.0, 1.0 / 24
    times = np.array([0.25 / 24, duration, 3.0 / 24, 1.0, 10.0])
    fed = np.zeros((len(rates) + 1,) * 2)  # the last row holds the infusion's rate
    fed[:-1, :-1] = rates
    fed[0, -1] = amount / duration

    def exact(t):
        at_end = expm(fed * min(t, duration))[:-1, -1]
        return (expm(rates * max(t - duration, 0.0)) @ at_end)[central] / k["V1"]

    got = follow(name, [(0.0, amount, duration)], times, values=own, rtol=1e-10)
    expected = [exact(t) for t in times]
    np.testing.assert_allclose(got.concentration, expected, rtol=1e-6, atol=1e-9 * amount)


def paclitaxel_as_published(k, rate):
    def change(_, x):
        c = x[0] / k["V1"]
        out = k["Vmax"] * c / (k["Km"] + c)
        tissue = k["Vmax_tissue"] * c / (k["Km_tissue"] + c) - k["k_tissue"] * x[1]
        deep = k["Q3"] * (c - x[2] / k["V3"])
        return [rate - out - tissue - deep, tissue, deep]

    return change


def antibody_as_published(k, rate):
    def change(_, x):
        c = x[0] / k["V1"]
        out = k["CL"] * c + k["Vmax"] * c / (k["Km"] + c)
        outer = k["Q"] * (c - x[1] / k["V2"])
        return [rate - out - outer, outer]

    return change


@pytest.mark.parametrize(
    ("name", "equations", "size"),
    [
        ("paclitaxel", paclitaxel_as_published, 3),
        ("nab_paclitaxel", paclitaxel_as_published, 3),
        ("cetuximab", antibody_as_published, 2),
        ("datopotamab_deruxtecan", antibody_as_published, 2),
    ],
)
def test_a_saturable_drug_follows_its_published_equations(name, equations, size):
    amount, duration = 300.0, 0.125
    k = constants(name)
    times = np.array([0.05, duration, 0.5, 1.0, 3.0])
    expected = []
    for t in times:
        infused = min(t, duration)
        x = np.zeros(size)
        for span, rate in ((infused, amount / duration), (t - infused, 0.0)):
            if span:
                solved = solve_ivp(equations(k, rate), (0, span), x, method="LSODA", rtol=1e-10, atol=1e-12)
                x = solved.y[:, -1]
        expected.append(x[0] / k["V1"])
    got = follow(name, [(0.0, amount, duration)], times)
    np.testing.assert_allclose(got.concentration, expected, rtol=1e-5)


@pytest.mark.parametrize("name", [OF_TEMPLATE["infusion_three"], OF_TEMPLATE["oral"]])
def test_the_body_with_a_tumour_handles_a_drug_alike(name):
    times = np.array([0.1, 1.0, 8.0])
    target = drug(name).dosed_into
    model = compiled((), (f"Cc_{name}",), (name,))
    batch = simulate(model, np.empty((1, 0)), times, doses=Doses(0, 0.0, target, 100.0), rtol=1e-8, threads=1)
    alone = follow(name, [(0.0, 100.0, 0.0)], times)
    np.testing.assert_allclose(batch.values[0, :, 0], alone.concentration, rtol=1e-4)


def test_typical_patients_have_typical_pharmacokinetics():
    """Each covariate at its reference, no factor and no random effect give the drug's own value."""
    for name in DRUGS:
        for parameter, constant in drug(name).parameters.items():
            if not constant.by_patient:
                continue
            # `crcl_plus_25_ml_min` is worked out from the creatinine clearance.
            reference = {feature: law.reference for feature, law in constant.covariates.items()}
            if "crcl_plus_25_ml_min" in reference:
                reference["crcl_ml_min"] = reference["crcl_plus_25_ml_min"] - 25.0
            patient = typical_patient(**reference, **dict.fromkeys(constant.factors, "other"))
            got = pharmacokinetics((name,), patient, no_effects(name))[f"{parameter}_{name}"]
            assert got[0] == pytest.approx(constant.value), (name, parameter)


def test_covariates_act_as_published():
    """Clearance of pembrolizumab: (weight / 76.8 kg) ** 0.595 (doi:10.1002/psp4.12139)."""
    own = drug("pembrolizumab").parameters
    at_reference = {feature: law.reference for feature, law in own["CL"].covariates.items()}
    heavy = typical_patient(**at_reference | {"weight_kg": 2 * 76.8})
    got = pharmacokinetics(("pembrolizumab",), heavy, no_effects("pembrolizumab"))
    assert got["CL_pembrolizumab"][0] / own["CL"].value == pytest.approx(2**0.595)
    assert got["V1_pembrolizumab"][0] == pytest.approx(own["V1"].value)


def test_women_and_men_differ_as_published():
    """Clearance of bevacizumab is 1.14 times as high in men (PMID 27329360)."""
    woman, man = (
        pharmacokinetics(("bevacizumab",), typical_patient(sex=sex), no_effects("bevacizumab"))
        for sex in ("female", "male")
    )
    assert man["CL_bevacizumab"][0] / woman["CL_bevacizumab"][0] == pytest.approx(1.14)
    assert man["V1_bevacizumab"][0] / woman["V1_bevacizumab"][0] == pytest.approx(1.18)
    assert man["Q_bevacizumab"][0] == woman["Q_bevacizumab"][0]


@pytest.mark.parametrize("name", [n for n in DRUGS if "AUC50" in drug(n).parameters])
def test_the_label_dose_means_an_effect_of_one_on_average(name):
    """Damage obeys x' = c/AUC50 - k x, so that its mean over a cycle is AUC/(AUC50 * k * cycle)."""
    k = constants(name)
    auc, cycle = label_exposure(name)
    if "conjugate" in drug(name).properties:
        auc *= 0.3  # what of the antibody reaches a lesion, f_tumour_mab
    rate = k.get("k_repair", k.get("k_fade"))
    assert auc / (k["AUC50"] * rate * cycle) == pytest.approx(1.0, rel=0.02)
