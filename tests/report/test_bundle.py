"""The folder of a run: complete, reproducible, whole or not there at all."""

import hashlib
import json
import os
from pathlib import Path

import pandas as pd
import pytest

from alarmin.core import DataError
from alarmin.report import bundle
from alarmin.report.bundle import check_folder, write_report
from alarmin.trial import TrialResult

FILES = {"report.html", "patients.parquet", "tumour.parquet", "summary.json", "provenance.json"}


@pytest.fixture(scope="module")
def folder(made_up_result: TrialResult, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("run") / "deep" / "out"
    assert write_report(made_up_result, target) == target / "report.html"
    return target


def test_all_files_and_nothing_else(folder: Path) -> None:
    assert {path.name for path in folder.iterdir()} == FILES
    assert [path.name for path in folder.parent.iterdir()] == ["out"]


def test_tables_come_back(folder: Path, made_up_result: TrialResult) -> None:
    pd.testing.assert_frame_equal(pd.read_parquet(folder / "patients.parquet"), made_up_result.patients)
    pd.testing.assert_frame_equal(pd.read_parquet(folder / "tumour.parquet"), made_up_result.tumour)


def test_summary_is_strict_json_with_every_endpoint(folder: Path, made_up_result: TrialResult) -> None:
    def refuse(name: str) -> None:
        raise AssertionError(name)

    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"), parse_constant=refuse)
    assert summary["trial"] == "KEYNOTE-024"
    assert summary["calibration"] is None
    assert summary["seed"] == 1
    assert {name: arm["n"] for name, arm in summary["arms"].items()} == {
        "pembrolizumab": 60,
        "chemotherapy": 60,
    }
    assert len(summary["endpoints"]) == len(made_up_result.comparison)
    pfs = next(
        e for e in summary["endpoints"] if e["endpoint"] == "median_pfs" and e["arm"] == "pembrolizumab"
    )
    assert (pfs["published"], pfs["published_high"]) == (10.3, "NR")
    assert summary["doses"][0]["given_pct"] == 93.4
    assert summary["blood_effect_unknown"]["pembrolizumab"] == ["drug_0"]
    fever = [row for row in summary["toxicity"] if row["measure"] == "febrile_neutropenia"]
    assert [row["published"] for row in fever] == [None, None]
    areas = {(row["arm"], row["marker"]): row["auc"] for row in summary["biomarkers"]["roc"]}
    assert 0.0 < areas["pembrolizumab", "pd_l1_tps_pct"] < 1.0


def test_provenance_checks_out(folder: Path) -> None:
    record = json.loads((folder / "provenance.json").read_text(encoding="utf-8"))
    assert set(record["outputs_sha256"]) == FILES - {"provenance.json"}
    for name, checksum in record["outputs_sha256"].items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == checksum
    assert record["versions"]["alarmin"]
    assert record["versions"]["lifelines"]
    assert record["specification"]["imaging"]["every_weeks"] == 9


def test_same_result_same_bytes(folder: Path, made_up_result: TrialResult, tmp_path: Path) -> None:
    write_report(made_up_result, tmp_path / "again")
    for name in FILES - {"provenance.json"}:
        assert (tmp_path / "again" / name).read_bytes() == (folder / name).read_bytes(), name
    records = [
        json.loads((p / "provenance.json").read_text(encoding="utf-8")) for p in (folder, tmp_path / "again")
    ]
    for record in records:
        assert set(record.pop("run")) == {"written", "system", "machine"}
    assert records[0] == records[1]


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out the slow page where the test is about folders."""
    monkeypatch.setattr(bundle, "render_page", lambda _result: "page")


@pytest.mark.usefixtures("quick")
def test_existing_folder_is_kept(made_up_result: TrialResult, tmp_path: Path) -> None:
    target = tmp_path / "out"
    target.mkdir()
    (target / "mine.txt").write_text("precious", encoding="utf-8")
    with pytest.raises(DataError, match="already exists; choose another folder or add --force"):
        write_report(made_up_result, target)
    with pytest.raises(DataError, match="not a folder written by alarmin; --force does not replace it"):
        write_report(made_up_result, target, force=True)
    assert [path.name for path in tmp_path.rglob("*")] == ["out", "mine.txt"]


@pytest.mark.usefixtures("quick")
def test_force_replaces_an_earlier_run(made_up_result: TrialResult, tmp_path: Path) -> None:
    target = tmp_path / "out"
    write_report(made_up_result, target)
    (target / "stale.txt").write_text("old", encoding="utf-8")
    write_report(made_up_result, target, force=True)
    assert {path.name for path in target.iterdir()} == FILES
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.usefixtures("quick")
def test_a_link_is_never_followed(made_up_result: TrialResult, tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    for name in ("link", "dangling"):
        for force in (False, True):
            with pytest.raises(DataError):
                write_report(made_up_result, tmp_path / name, force=force)
    assert list((tmp_path / "real").iterdir()) == []


@pytest.mark.parametrize("earlier", [False, True])
def test_a_run_that_stops_leaves_things_as_they_were(
    made_up_result: TrialResult, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, earlier: bool
) -> None:
    monkeypatch.setattr(bundle, "render_page", lambda _result: "first")
    target = tmp_path / "out"
    if earlier:
        write_report(made_up_result, target)

    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(bundle, "build_provenance", stop)
    with pytest.raises(KeyboardInterrupt):
        write_report(made_up_result, target, force=True)
    assert [path.name for path in tmp_path.iterdir()] == (["out"] if earlier else [])
    if earlier:
        assert {path.name for path in target.iterdir()} == FILES


def test_target_is_checked_before_any_work(tmp_path: Path) -> None:
    check_folder(tmp_path / "new" / "deeper")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "file").write_text("x", encoding="utf-8")
    for target in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(DataError):
            check_folder(target)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_folder_that_cannot_be_written(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(DataError, match="cannot be written"):
        check_folder(tmp_path / "out")
