"""What must hold whatever the numbers are, because the mechanism is built so."""

import numpy as np
import pytest

from alarmin.experiment.bench import bench

PROFILE = ("er", "photo", "ros", "atp", "ifn", "pdl1", "angio")
NO_PROFILE = {f"{weight}_a": 0.0 for weight in PROFILE}
TYPE_I, TYPE_II = "doxorubicin x3", "hypericin_pdt x3"


@pytest.mark.parametrize("gene", ["EIF2S1", "CASP8", "BCAP31", "BAX", "BAK1", "VAMP1", "PDIA3"])
def test_type_one_exposure_needs_each_of_its_genes_and_type_two_none(well, gene):
    assert well(TYPE_I)["CALR_1"][:, -1].min() > 0.0
    assert (well(TYPE_I, f"knockout:{gene}")["CALR_1"] == 0.0).all()
    assert well(TYPE_II, f"knockout:{gene}")["CALR_1"][:, -1].min() > 0.0


def test_loss_of_perk_removes_both_and_of_pi3k_what_is_left_of_type_two(well):
    for therapy in (TYPE_I, TYPE_II):
        assert (well(therapy, "knockout:EIF2AK3")["CALR_1"] == 0.0).all()
    assert (well(TYPE_II, "knockout:PIK3CA; knockout:EIF2S1")["CALR_1"] == 0.0).all()
    np.testing.assert_array_equal(well(TYPE_I, "knockout:PIK3CA")["CALR_1"], well(TYPE_I)["CALR_1"])


@pytest.mark.parametrize(
    ("gene", "signal"),
    [
        ("HMGB1", "HMGB1_1"),
        ("ANXA1", "ANXA1_1"),
        ("CALR", "CALR_1"),
        ("HSPA1A", "HSP70_1"),
        ("HSP90AA1", "HSP90_1"),
    ],
)
def test_without_its_gene_a_danger_signal_is_not_there(well, gene, signal):
    assert well(TYPE_I)[signal][:, -1].min() > 0.0
    assert (well(TYPE_I, f"knockout:{gene}@tumour")[signal] == 0.0).all()


@pytest.mark.parametrize("gene", ["TBK1", "IFNB1"])
def test_without_kinase_or_gene_no_interferon_leaves_the_cell(well, gene):
    for therapy in (TYPE_I, "radiation 8 Gy"):
        assert (well(therapy, f"knockout:{gene}@tumour")["IFNb_1"] == 0.0).all()


def test_depletion_of_cd8_leaves_no_cd8(mouse):
    """Counted per volume, as a tumour that shrinks takes T cells with it."""

    def cd8(knobs):
        read = mouse("oxaliplatin @8", knobs)
        return (read["T8_1"] + read["Tex_1"])[:, -1] / read["lesion_1"][:, -1]

    assert (cd8("") > 100.0).all()
    assert (cd8("deplete:CD8") < 0.02 * cd8("")).all()
    assert (cd8("knockout:CD8A") == 0.0).all()


def test_without_dendritic_cells_nothing_is_primed(mouse):
    assert (mouse("oxaliplatin @8", "deplete:dendritic")["T8_born"] < 1.0).all()


def test_a_drug_that_only_kills_stresses_no_more_than_no_drug(well):
    killed, untreated = well(TYPE_I, **NO_PROFILE, rtol=1e-9), well("none", rtol=1e-9)
    assert (killed["viability"][:, -1] < 0.9 * untreated["viability"][:, -1]).all()
    for signal in ("CALR_1", "peIF2_1", "ERROS_1", "ROS_1", "cDNA_1", "TREX1_1"):
        np.testing.assert_allclose(killed[signal], untreated[signal], rtol=1e-6, atol=1e-12)


def test_with_inducer_weights_at_zero_interferon_is_that_of_plain_death(well):
    plain = well(TYPE_I, "knockout:TLR3@tumour; knockout:CGAS@tumour; knockout:STING1@tumour", **NO_PROFILE)
    np.testing.assert_array_equal(well(TYPE_I, **NO_PROFILE)["IFNb_1"], plain["IFNb_1"])


@pytest.mark.parametrize(
    ("signal", "gain", "loss"),
    [
        ("HMGB1_1", "y_HMGB1", ("k_HMGB1_clear", "k_HMGB1_oxidise")),
        ("ANXA1_1", "y_ANXA1", ("k_ANXA1_clear",)),
    ],
)
def test_with_inducer_weights_at_zero_a_signal_is_what_lysing_cells_spill(well, signal, gain, loss):
    """A linear equation with a known input has the convolution with its exponential as its solution."""
    value = bench("well").defaults
    times = np.linspace(0.0, 3.0, 1201)
    read = well(TYPE_I, times=times, rtol=1e-8, **NO_PROFILE)
    rate = sum(value[name] for name in loss)
    spilled = value[gain] * value["k_lysis"] * read["A_1"] / value["V_medium"]
    growing = spilled * np.exp(rate * times)
    steps = (growing[:, 1:] + growing[:, :-1]) / 2 * np.diff(times)
    expected = np.exp(-rate * times[1:]) * np.cumsum(steps, axis=1)
    np.testing.assert_allclose(read[signal][:, -1], expected[:, -1], rtol=1e-4)


def test_a_knob_at_rest_changes_nothing(well):
    resting = {name: 1.0 for name in bench("well").defaults if name.startswith("g_")}
    for name, values in well(TYPE_I).items():
        np.testing.assert_array_equal(values, well(TYPE_I, **resting)[name])


def test_untreated_tumours_of_both_flanks_grow_alike(mouse):
    read = mouse("none", design="two_tumours")
    assert (read["live_1"][:, -1] > read["live_1"][:, 1]).all()
    assert (read["live_2"][:, -1] > read["live_2"][:, 1]).all()
    alone = mouse("none")
    assert (alone["live_2"] == 0.0).all()


def test_without_inducers_the_mouse_is_one_of_plain_immuno_oncology(mouse):
    """Where no insult stresses a cell, no gene of the routes to a danger signal matters to anything."""
    nothing = {"er_basal": 0.0, "er_hypoxia": 0.0, "atp_basal": 0.0, **NO_PROFILE}
    therapy = "doxorubicin @8 + pembrolizumab @8,11"
    plain = mouse(therapy, **nothing)
    genes = ("EIF2AK3", "EIF2S1", "CASP8", "BAX", "PIK3CA", "ATG5", "PANX1", "CALR", "TLR3", "CGAS", "STING1")
    without = mouse(therapy, "; ".join(f"knockout:{gene}@tumour" for gene in genes), **nothing)
    for name, values in plain.items():
        np.testing.assert_array_equal(values, without[name], err_msg=name)
    # What is left still kills and is still answered.
    assert plain["HMGB1_1"][:, -1].min() > 0.0
    assert (plain["T8_1"][:, -1] > mouse(therapy, "knockout:CD8A", **nothing)["T8_1"][:, -1]).all()
    stressed = mouse(therapy)
    assert (stressed["CALR_1"][:, -1] > 0.0).all()
    assert (plain["CALR_1"] == 0.0).all()
