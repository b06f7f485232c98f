"""The page: self-contained, honest, safe against what users write, readable by machines that read aloud."""

import json
import re
import shutil
import subprocess
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from alarmin.report.page import render_page
from alarmin.report.price import toxicity_lines
from alarmin.report.tables import comparison_lines, endpoint_label, interval_text
from alarmin.trial import TrialResult, TrialSpec
from alarmin.trial.biomarkers import analyse

VOID = {"meta", "link", "img", "br", "hr", "input", "col"}
BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


class Outline(HTMLParser):
    """Collect what a reader meets, and check that elements are closed in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not {"script", "style"} & set(self.open):
            self.text.append(data)


def outline(page: str) -> Outline:
    parser = Outline()
    parser.feed(page)
    assert parser.open == []
    return parser


@pytest.fixture(scope="module")
def page(made_up_result: TrialResult) -> str:
    return render_page(made_up_result)


def words(page: str) -> str:
    return re.sub(r"\s+", " ", " ".join(outline(page).text))


def test_elements_are_balanced_and_ids_are_unique(page: str) -> None:
    ids = [attrs["id"] for _, attrs in outline(page).elements if "id" in attrs]
    assert len(ids) == len(set(ids))
    for _, attrs in outline(page).elements:
        if (attrs.get("href") or "").startswith("#"):
            assert (attrs["href"] or "")[1:] in ids


def test_nothing_is_loaded_from_outside(page: str) -> None:
    for tag, attrs in outline(page).elements:
        assert "src" not in attrs, tag
        assert tag not in {"link", "iframe", "object", "embed", "img"}
        if tag != "a":
            assert "href" not in attrs
    assert "default-src 'none'" in page
    style = page[page.index("<style>") : page.index("</style>")]
    assert "url(" not in style
    assert "@import" not in style


def test_page_says_what_it_is_not_for(page: str) -> None:
    text = words(page)
    assert "For research only." in text
    assert "must never be used to choose or judge the treatment of a patient" in text
    assert "NOT CALIBRATED." in text


def test_calibrated_result_does_not_say_not_calibrated(made_up_result: TrialResult) -> None:
    text = words(render_page(replace(made_up_result, calibration="Calibrated: fitted to KEYNOTE-024")))
    assert "NOT CALIBRATED" not in text
    assert "Calibrated: fitted to KEYNOTE-024." in text


def test_every_figure_of_the_comparison_is_there(page: str, made_up_result: TrialResult) -> None:
    text = words(page)
    lines = comparison_lines(made_up_result)
    assert len(lines) == 16
    for line in lines:
        assert line.simulated in text
        assert line.published in text
    assert "10.3 months (6.7 to NR)" in text
    assert "0.50 (0.37 to 0.68)" in text


def test_benefit_and_price_stand_in_one_page(page: str, made_up_result: TrialResult) -> None:
    told = words(page)
    for line in toxicity_lines(made_up_result):
        for text in (line.event, line.arm, line.simulated, line.before_doses, line.published):
            assert text in told
    for text in ("Neutropenia, grade 3 or more", "Hypersensitivity", "drug 0", "93.4 %", "61.7 %", "1.25"):
        assert text in told
    assert "No effect on blood counts is known here of drug 0, drug 1;" in told


def test_arms_stand_in_the_order_of_the_trial(made_up_result: TrialResult) -> None:
    price = replace(made_up_result.price, toxicity=made_up_result.price.toxicity.iloc[::-1])
    lines = toxicity_lines(replace(made_up_result, price=price))
    assert [line.arm for line in lines[:2]] == [arm.label for arm in made_up_result.spec.arms.values()]


def test_what_never_comes_and_was_never_published_is_not_listed(made_up_result: TrialResult) -> None:
    table = made_up_result.price.toxicity
    rare = table["event"].isin(["lymphopenia", "neutropenia"])
    never = replace(made_up_result.price, toxicity=table.assign(simulated=table["simulated"].mask(rare, 0.0)))
    events = {line.event for line in toxicity_lines(replace(made_up_result, price=never))}
    # Neutropenia was published for KEYNOTE-024, lymphopenia was not.
    assert "Neutropenia, grade 3 or more" in events
    assert "Lymphopenia, grade 3 or more" not in events


def test_published_figures_have_a_source_that_can_be_followed(page: str) -> None:
    assert 'href="https://pubmed.ncbi.nlm.nih.gov/27718847/"' in page or "10.1056/NEJMoa1606774" in page


def test_failed_patients_are_named_with_their_reason(page: str) -> None:
    assert "solver: step limit reached at day 31.2 (T_cd8)" in words(page)


def test_charts_are_described_and_their_data_can_be_read(page: str) -> None:
    figures = [attrs["data-chart"] for tag, attrs in outline(page).elements if tag == "figure"]
    assert figures == [
        "forest", "km-pfs", "km-os", "waterfall", "spider", "roc", "subgroups-1", "cascade",
    ]  # fmt: skip
    described = [attrs for _, attrs in outline(page).elements if attrs.get("role") == "img"]
    assert all(len(attrs["aria-label"] or "") > 40 for attrs in described)
    for name in figures:
        text = page.split(f'id="chart-{name}">', 1)[1].split("</script>", 1)[0]
        assert json.loads(text)["datasets"]


def test_tables_have_headings(page: str) -> None:
    heads = [attrs for tag, attrs in outline(page).elements if tag == "th"]
    assert len(heads) > 20
    assert all("scope" in attrs for attrs in heads)
    assert '<html lang="en">' in page


def test_what_users_write_stays_text(made_up_result: TrialResult) -> None:
    evil = "</script><script>alert(1)</script>"
    content = made_up_result.spec.model_dump()
    content["title"] = evil
    content["arms"]["pembrolizumab"]["label"] = evil
    hostile = replace(made_up_result, spec=TrialSpec.model_validate(content))
    hostile = replace(hostile, accounting=hostile.accounting.assign(reason=evil), settings={evil: evil})
    scripts = [attrs for tag, attrs in outline(render_page(hostile)).elements if tag == "script"]
    assert [attrs["type"] for attrs in scripts] == ["application/json"] * 8 + ["module"]


def test_trial_without_control_or_published_figures(made_up_result: TrialResult, made_up: ModuleType) -> None:
    content = made_up_result.spec.model_dump()
    content["arms"] = {"pembrolizumab": content["arms"]["pembrolizumab"]}
    content["evidence"] = None
    comparison = made_up_result.comparison
    comparison = comparison[
        (comparison["arm"] == "pembrolizumab") & ~comparison["endpoint"].str.startswith("hr")
    ]
    comparison = comparison.assign(published=float("nan"), published_low=float("nan"), source="", note="")
    single = replace(
        made_up_result,
        spec=TrialSpec.model_validate(content),
        patients=made_up_result.patients.query("arm == 'pembrolizumab'"),
        tumour=made_up_result.tumour.query("arm == 'pembrolizumab'"),
        cascade=made_up_result.cascade.query("arm == 'pembrolizumab'"),
        comparison=comparison,
        price=made_up.make_price(
            TrialSpec.model_validate(content), np.full(60, "pembrolizumab", dtype=object), 1
        ),
        biomarkers=analyse(
            TrialSpec.model_validate(content), made_up_result.patients.query("arm == 'pembrolizumab'")
        ),
        published_curves=made_up_result.published_curves[:0],
    )
    page = render_page(single)
    assert "No published figures are set beside this trial." in words(page)
    assert 'data-chart="forest"' not in page
    assert 'data-chart="subgroups-1"' not in page
    assert 'data-chart="roc"' in page


def test_every_area_is_there(page: str, made_up_result: TrialResult) -> None:
    text = words(page)
    for row in made_up_result.biomarkers.roc.itertuples():
        assert f"{row.auc:.2f} ({row.low:.2f} to {row.high:.2f})" in text
    assert "All parameters of the patient 100 %" in text


def test_a_trial_without_responders_says_so(made_up_result: TrialResult) -> None:
    nobody = made_up_result.patients.assign(best_response="PD")
    hopeless = replace(made_up_result, biomarkers=analyse(made_up_result.spec, nobody))
    page = render_page(hopeless)
    assert 'data-chart="roc"' not in page
    assert "0 of 60 patients responded" in words(page)


@pytest.mark.parametrize(
    ("figure", "unit", "text"),
    [
        ((44.83, 36.8, 53.04), "%", "44.8 % (36.8 to 53.0)"),
        ((float("inf"), 18.3, float("inf")), "month", "not reached (18.3 to NR)"),
        ((0.5, 0.37, 0.684), "ratio", "0.50 (0.37 to 0.68)"),
        ((float("nan"), float("nan"), float("nan")), "%", "\u2013"),
        ((62.1, float("nan"), float("nan")), "%", "62.1 %"),
        ((6.0, 4.2, float("nan")), "month", "6.0 months (4.2 to unknown)"),
    ],
)
def test_figures_are_written_as_people_read_them(
    figure: tuple[float, float, float], unit: str, text: str
) -> None:
    assert interval_text(*figure, unit) == text


def test_endpoints_have_names() -> None:
    assert endpoint_label("os_24mo") == "OS at 24 months"
    assert endpoint_label("hr_pfs") == "Hazard ratio, PFS"


@pytest.mark.skipif(BROWSER is None, reason="needs Chromium on the path")
def test_charts_are_drawn_in_a_browser_that_reaches_no_host(page: str, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    file.write_text(page, encoding="utf-8")
    options = (
        "--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run",
        "--host-resolver-rules=MAP * ~NOTFOUND", "--virtual-time-budget=10000",
        f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom", file.as_uri(),
    )  # fmt: skip
    done = subprocess.run([str(BROWSER), *options], capture_output=True, text=True, timeout=120, check=True)
    assert done.stdout.count('data-drawn="true"') == 8
    assert done.stdout.count("<svg") >= 8
