"""A calibration without a trial: what was published of that trial changes nothing in its prediction."""

from pathlib import Path

import pandas as pd
import pytest

from alarmin.calibration import rounds
from alarmin.calibration.checkpoint import Checkpoint
from alarmin.trial import load_trial
from alarmin.trial.observation_parameters import observation_parameters

SPECS = [load_trial(name) for name in ("AURA-1L", "NEJ002")]


def predicted(folder: Path, group: str) -> pd.DataFrame:
    """Without rounds in which priors move, so that both calibrations see the same simulated patients."""
    bench = rounds._Bench(
        Checkpoint(folder, "test"), observation_parameters(), 0, None, lambda _stage, _done, _total: None
    )
    return bench.predict_left_out(SPECS, (group,), 1)


def forget_fits(folder: Path) -> None:
    for name in ("fit", "predictions"):
        for file in folder.glob(f"*{name}*"):
            file.unlink()


def test_figures_of_a_trial_left_out_are_not_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = predicted(tmp_path, "NEJ002")
    resumed = predicted(tmp_path, "NEJ002")
    pd.testing.assert_frame_equal(before, resumed)
    assert set(before["trial"]) == {"NEJ002"}
    published = rounds.trial_targets
    changed = {"NEJ002": 0.5, "AURA-1L": 1.0}

    def other(spec):
        table = published(spec)
        return table.assign(value=table["value"] * changed[spec.trial])

    monkeypatch.setattr(rounds, "trial_targets", other)
    forget_fits(tmp_path)
    after = predicted(tmp_path, "NEJ002")
    columns = [name for name in before if name.startswith("predicted_")]
    pd.testing.assert_frame_equal(after[columns], before[columns])
    assert after["value"].equals(before["value"] * 0.5)
    # Those of the trial that is seen do change them.
    changed["AURA-1L"] = 0.5
    forget_fits(tmp_path)
    assert (predicted(tmp_path, "NEJ002")[columns] - before[columns]).abs().to_numpy().max() > 0.01


def test_side_by_side_they_are_the_same(tmp_path: Path) -> None:
    groups = [("AURA-1L",), ("NEJ002",)]
    found, reported = [], []
    for threads in (1, 2):
        bench = rounds._Bench(
            Checkpoint(tmp_path / str(threads), "test"),
            observation_parameters(),
            0,
            threads,
            lambda *line, to=threads: reported.append((to, *line)),
        )
        found.append(bench.predict_each_left_out(SPECS, groups))
    for one, other in zip(*found, strict=True):
        pd.testing.assert_frame_equal(one, other)
    lines = [sorted(line[1:] for line in reported if line[0] == threads) for threads in (1, 2)]
    assert lines[0] == lines[1]
    assert ("Fold 2, last population: trials", 1, 1) in lines[0]


def test_priors_move_without_the_trial_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    moved: list[tuple[str, set[str]]] = []

    class EnoughSeenError(Exception):
        pass

    def move(_bench, label, specs):
        moved.append((label, {spec.trial for spec in specs}))
        raise EnoughSeenError

    monkeypatch.setattr(rounds._Bench, "move", move)
    with pytest.raises(EnoughSeenError):
        predicted(tmp_path, "NEJ002")
    assert moved == [("fold 1, ", {"AURA-1L"})]


def test_every_trial_is_left_out_once() -> None:
    specs = [load_trial(name) for name in ("OAK", "ERCC1", "REVEL", "NEJ002", "KEYNOTE-024")]
    groups = rounds._groups(specs, 2)
    assert sorted(name for group in groups for name in group) == sorted(spec.trial for spec in specs)
    assert max(map(len, groups)) - min(map(len, groups)) <= 1
