import pytest

from alarmin.core import EvidenceError
from alarmin.evidence.lists import list_arms, list_inducers
from alarmin.evidence.search import find, give_account, resolve
from alarmin.evidence.store import open_store


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("CRT", "NCBIGene:811"),
        ("calreticulin", "NCBIGene:811"),
        ("NCBIGene:811", "NCBIGene:811"),
        ("cd91", "NCBIGene:4035"),
        ("PD-L1", "NCBIGene:29126"),
        ("keytruda", "drug:pembrolizumab"),
        ("MK-3475", "drug:pembrolizumab"),
        ("NCT02142738", "trial:KEYNOTE-024"),
        ("27718847", "source:pmid:27718847"),
        ("par:k_C_growth", "par:k_C_growth"),
        ("eIF2-alpha", "NCBIGene:1965"),
    ],
)
def test_things_are_found_by_any_name(store, text, wanted):
    assert find(store, text)[0].id == wanted
    assert resolve(store, text).id == wanted


def test_words_are_looked_for_in_the_rows(store):
    found = {hit.id for hit in find(store, "hypericin PERK", limit=50)}
    assert "exp:P019" in found


def test_nothing_is_found_for_nothing(store):
    assert find(store, "  ") == []
    assert find(store, "' OR 1=1 --") == []


def test_an_unknown_name_gives_the_nearest(store):
    with pytest.raises(EvidenceError, match="did you mean 'cisplatin'"):
        resolve(store, "cisplatim")


def test_statements_for_and_against_stand_side_by_side_with_the_models_choice(store):
    account = give_account(store, "cisplatin")
    calr = {row["outcome"] for row in account.statements if row["target"] == "CALR"}
    assert {"none", "highest"} <= calr
    assert account.choices[0]["id"] == "choice:cisplatin-calr"
    assert "cisplatin" in account.knobs
    assert "par:cisplatin.CL" in {row["id"] for row in account.parameters}
    assert "exp:P004" in {row["id"] for row in account.experiments}
    assert "trial:KEYNOTE-024/platinum-chemotherapy" in {row["id"] for row in account.trials}
    assert {"MESH:D002945", "drug:cisplatin", "ind:cisplatin"} == set(account.family)


def test_a_source_shows_what_it_supports_and_a_parameter_who_cites_it(store):
    supported = {row["id"] for row in give_account(store, "source:pmid:27718847").supported}
    assert "trial:KEYNOTE-024/pembrolizumab#hr_pfs" in supported
    cited_by = {row["where"] for row in give_account(store, "par:k_C_growth").cited_by}
    assert "model/parameters.csv k_growth" in cited_by


def test_a_mouse_gene_stands_with_its_human_one(store):
    assert "NCBIGene:3146" in give_account(store, "NCBIGene:15289").family


def test_a_judged_grade_is_never_shown_as_verified(store):
    judged = [row for row in give_account(store, "doxorubicin").statements if row["row"].startswith("ind:")]
    assert judged
    assert all(row["verified"] in ("partial", "memory") for row in judged)


def test_a_correction_is_shown_with_its_figure(store):
    account = give_account(store, "trial:JMDB/cisplatin-pemetrexed-nonsquamous")
    corrected = [row for row in account.corrections if row["outcome"] == "corrected"]
    assert {"old": "11.8", "new": "11.0"}.items() <= next(r for r in corrected if r["old"] == "11.8").items()


def test_inducers_by_danger_signal(store):
    rows = list_inducers(store, damp="calr", nsclc_only=True)
    assert rows[0]["calr"] == "strong"
    assert rows[-1]["calr"] == "weak"
    assert all(row["nsclc"] in ("yes", "partial") for row in rows)
    ids = {row["id"] for row in rows}
    assert "ind:doxorubicin" in ids
    assert "ind:cisplatin" not in ids


def test_an_unknown_danger_signal_gives_the_nearest(store):
    with pytest.raises(EvidenceError, match="did you mean 'CALR'"):
        list_inducers(store, damp="CAL")


def test_arms_by_any_name_of_a_drug(store):
    by_brand = {row["arm"] for row in list_arms(store, regimen="Taxotere")}
    assert by_brand == {row["arm"] for row in list_arms(store, regimen="docetaxel")}
    assert "trial:OAK/docetaxel" in by_brand
    assert list_arms(store, regimen="water") == []


def test_a_figure_that_nobody_read_again_has_a_star(store):
    row = next(r for r in list_arms(store) if r["arm"] == "trial:KEYNOTE-024/pembrolizumab")
    assert row["median_pfs"] == "10.3 (6.7-NR)"
    stars = [r for r in list_arms(store) if any(str(cell).endswith("*") for cell in r.values())]
    assert stars


def test_a_users_statement_stands_beside_ours(own_tables, cache):
    with open_store(own_tables) as store:
        statements = give_account(store, "cisplatin").statements
    theirs = [row for row in statements if row["origin"] == "user"]
    assert [(row["outcome"], row["target"]) for row in theirs] == [("strong", "CALR")]
