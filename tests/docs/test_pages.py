"""What the pages show can be relied on: examples run, and the book of the model leaves nothing out."""

import re
import sys
from pathlib import Path

import pytest

from alarmin.model import EFFECTS, KINETICS, assemble, knobs, parameters, settings
from alarmin.therapy import drug, load_regimen, shipped_drugs, shipped_regimens, substance
from alarmin.trial import load_trial
from alarmin.trial.selection import FEATURES

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "docs" / "_ext"))


def how_to_pages():
    return "".join(
        path.read_text(encoding="utf-8") for path in sorted((ROOT / "docs" / "how-to").glob("own-*.md"))
    )


def test_the_examples_of_the_how_to_are_valid(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    examples = re.findall(r"```yaml\n((regimen|trial): (\S+)\n.*?)```", how_to_pages(), flags=re.DOTALL)
    for text, _kind, name in examples:
        Path(f"{name}.yaml").write_text(text, encoding="utf-8")
    trials = [load_trial(f"{name}.yaml") for _text, kind, name in examples if kind == "trial"]
    assert len(trials) == 2
    for spec in trials:
        for given in [*spec.population.earlier, *spec.arms.values()]:
            load_regimen(given.regimen)
        for arm in spec.arms.values():
            for given in [*arm.later, *([arm.crossover] if arm.crossover else [])]:
                load_regimen(given.regimen)


def test_the_parts_of_regimens_in_the_how_to_are_valid(tmp_path):
    parts = re.findall(r"```yaml\n((?:phases|choose):\n.*?)```", how_to_pages(), flags=re.DOTALL)
    assert len(parts) == 2
    for text in parts:
        (tmp_path / "mine.yaml").write_text(f"regimen: mine\ntitle: Mine\n{text}", encoding="utf-8")
        load_regimen(str(tmp_path / "mine.yaml"))


def test_the_page_of_regimens_has_every_arm_and_every_regimen(tmp_path):
    from regimen_page import write_regimen_page

    from alarmin.evidence.rows_clinic import Arm
    from alarmin.evidence.tables import load_table

    write_regimen_page(tmp_path / "regimens.md")
    lines = (tmp_path / "regimens.md").read_text(encoding="utf-8").splitlines()
    rows = [line for line in lines if line.startswith("| ") and "`" in line]
    assert len(rows) == len(load_table(Arm)) + len(shipped_regimens())


def test_the_how_to_lists_all_features_and_drugs():
    text = how_to_pages()
    for name in (*FEATURES, *(name for name in shipped_drugs() if drug(name).for_patients)):
        assert f"`{name}`" in text, name


@pytest.fixture(scope="module")
def book():
    from book import Book

    return Book()


@pytest.mark.parametrize("setting", settings())
def test_every_equation_of_the_simulation_is_in_the_book(book, setting):
    import libsbml

    able = [name for name in shipped_drugs() if setting in ("well", "mouse") or drug(name).for_patients]
    chosen = [next((n for n in able if kind in drug(n).properties), None) for kind in (*KINETICS, *EFFECTS)]
    drugs = tuple(dict.fromkeys(name for name in chosen if name))
    document = libsbml.readSBMLFromString(assemble(setting, tuple(substance(n, setting) for n in drugs)))
    model = document.getModel()

    def general(name):
        for one in drugs:
            name = re.sub(rf"_{one}(?=$|_[12]$)", "_d", name)
        return book.general(name)

    simulated = {reaction.getId() for reaction in model.getListOfReactions()}
    simulated |= {rule.getVariable() for rule in model.getListOfRules()}
    assert {general(name) for name in simulated} <= set(book.home) | book.places
    assert {general(species.getId()) for species in model.getListOfSpecies()} <= book.states


def test_the_book_has_every_parameter_and_knob_on_the_page_of_a_module_that_uses_it(book):
    shown = {name for module in book.modules for name in book.own(module, book.parameters)}
    assert shown == {p.id for setting in settings() for p in parameters(setting)}
    turned = {name for module in book.modules for name in book.own(module, book.knobs)}
    assert turned == {knob.id for knob in knobs()}


def test_influences_have_the_sign_that_the_formula_has():
    from influences import sign

    formula = "a*b_l/(1 + c) - d_x^2"
    assert [sign(formula, name) for name in ("a", "b_l", "c", "d_x", "unheard_of")] == [1, 1, -1, -1, 0]


def test_formulas_are_written_as_they_are_computed():
    from formulas import equation, names, symbol, value

    formula = "k*(a + b)/(1 + c^2) - (d - e)*-f"
    point = dict(zip("kabcdef", (2.0, 3.0, 4.0, 2.0, 7.0, 5.0, 0.5), strict=True))
    assert value(formula, point) == pytest.approx(2 * 7 / 5 + 2 * 0.5)
    assert names(formula) == list("kabcdef")
    text = re.sub(r"<[^>]+>", "", equation(symbol("y"), formula))
    assert text == "y=k·(a+b)1+c2−(d−e)·(−f)"
    assert symbol("k_ATP_l") == ("<msub><mi>k</mi><mrow><mtext>ATP</mtext><mo>,</mo><mi>l</mi></mrow></msub>")


def test_a_diagram_places_every_box_once_and_none_over_another():
    from layout import arrange

    names = list("abcdefgh")
    links = [
        ("a", "b"),
        ("b", "c"),
        ("c", "a"),
        ("a", "d"),
        ("a", "e"),
        ("d", "f"),
        ("e", "f"),
        ("g", "h"),
        ("a", "f"),
    ]
    places, routes = arrange(names, links, width=lambda _: 50.0, gap=10.0)
    assert set(names) <= set(places)
    assert [(route[0], route[-1]) for route in routes] == links
    for one in names:
        for other in names:
            same_layer = one < other and places[one][1] == places[other][1]
            assert not same_layer or abs(places[one][0] - places[other][0]) >= 60.0 - 1e-6


def test_the_page_of_plasma_compares_what_the_evidence_says(tmp_path):
    import json

    from plasma_tables import write_plasma_table

    from alarmin.evidence.rows_clinic import PlasmaDamp
    from alarmin.evidence.tables import load_table

    result = ROOT / "docs" / "plasma_result.json"
    write_plasma_table(tmp_path, result)
    rows = json.loads(result.read_text(encoding="utf-8"))["rows"]
    evidence = {row.id: row for row in load_table(PlasmaDamp)}
    text = (tmp_path / "plasma_rows.inc").read_text(encoding="utf-8")
    for row in rows:
        assert f"`{row['id'].removeprefix('plasma:')}`" in text
        if row["id"].startswith("plasma:hmgb1-nsclc-stage-"):
            level, healthy = (float(evidence[row["id"]].value.split()[0]), 7.7)
            assert row["published"] == pytest.approx(level - healthy)
            assert row["agrees"] == (1 / 1.5 <= row["predicted"] / row["published"] <= 1.5)
    assert {row["id"] for row in rows} <= set(evidence)
    assert len(text.splitlines()) == len(rows) + 4
    assert f"{sum(row['agrees'] for row in rows)} of {len(rows)} agree." in text


FIGURES = {"trial": "OAK", "role": "calibration", "arm": "a", "subgroup": "", "n": 10, "source": "s"}
CURVE = {"arm": "a", "endpoint": "os", "month": [0.0, 6.0, 12.0], "survival": [1.0, 0.7, 0.5]}
PREDICTED = {
    "seed": 1,
    "score": {"calibration": {"response rate in the published interval": "1 of 1 arms (100%)"}},
    "rows": [
        {**FIGURES, "endpoint": "orr", "value": 20.0, "low": 15.0, "high": 26.0, "predicted": 14.0}
        | {"predicted_low": 9.0, "predicted_high": 21.0, "hit": False},
        {**FIGURES, "endpoint": "median_os", "value": 12.0, "low": 10.0, "high": "not reached"}
        | {"predicted": 11.0, "predicted_low": 8.0, "predicted_high": 15.0, "hit": True},
        {**FIGURES, "endpoint": "curve_os_6mo", "value": 66.0, "low": 60.0, "high": 70.0, "predicted": 70.0}
        | {"predicted_low": 60.0, "predicted_high": 80.0, "hit": True},
    ],
    "panels": [
        {"trial": "OAK", "role": "calibration", "title": "Two arms", "arms": {"a": "Atezolizumab"}}
        | {"curves": [{**CURVE, "low": [1.0, 0.6, 0.4], "high": [1.0, 0.8, 0.6]}]}
        | {"published": [{**CURVE, "low": [1.0, None, 0.4], "high": [1.0, None, 0.6]}]},
    ],
}


def test_the_page_of_validation_shows_hits_and_misses(tmp_path):
    import json

    from trial_tables import write_trial_tables

    (tmp_path / "result.json").write_text(json.dumps(PREDICTED), encoding="utf-8")
    write_trial_tables(tmp_path, tmp_path / "result.json")
    text = {path.stem: path.read_text(encoding="utf-8") for path in tmp_path.glob("*.inc")}
    lines = text["trials_calibration"].splitlines()
    assert "| Atezolizumab | Response rate, % | 20 (15 to 26) | 14 (9 to 21) | **no** |" in lines
    assert "| Atezolizumab | Median OS, months | 12 (10 to NR) | 11 (8 to 15) | yes |" in lines
    assert sum("Atezolizumab" in line for line in lines) == 2  # points of curves are in the picture alone
    assert "1 of 1 arms (100%) |  |  | 70 %" in text["trials_score"]
    assert "OAK" not in text["trials_validation"]
    picture = (tmp_path / "trials" / "OAK.svg").read_text(encoding="utf-8")
    assert "Atezolizumab" in picture
    assert "NaN" not in picture


def test_the_page_of_validation_says_when_nothing_was_predicted(tmp_path):
    from trial_tables import write_trial_tables

    write_trial_tables(tmp_path, tmp_path / "missing.json")
    for name in ("score", "calibration", "validation"):
        assert "scripts/validate_trials.py" in (tmp_path / f"trials_{name}.inc").read_text(encoding="utf-8")


def test_readme_shows_the_two_commands_and_the_figure_exists():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    commands = re.findall(r"^python3 -m venv .*$", text, flags=re.MULTILINE)
    assert len(commands) == 2
    assert commands[0].endswith("alarmin trial KEYNOTE-024")
    assert commands[1].endswith("-m pytest -n 2")
    for name in re.findall(r"\]\(((?!http)[^)]+)\)", text):
        assert (ROOT / name).exists(), name
