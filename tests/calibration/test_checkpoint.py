"""Finished steps are kept, those of other inputs are not used."""

from pathlib import Path

import pytest

from alarmin.calibration.checkpoint import Checkpoint


def test_a_step_is_made_once(tmp_path: Path) -> None:
    made = []
    for _ in range(2):
        assert Checkpoint(tmp_path, "key").once("step", lambda: made.append(1) or 7) == 7
    assert made == [1]


def test_other_inputs_make_it_again(tmp_path: Path) -> None:
    Checkpoint(tmp_path, "one").once("step", lambda: 1)
    assert Checkpoint(tmp_path, "two").once("step", lambda: 2) == 2
    assert Checkpoint(tmp_path, "one").once("step", lambda: 3) == 1


def test_an_interrupted_step_leaves_nothing(tmp_path: Path) -> None:
    def broken() -> int:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Checkpoint(tmp_path, "key").once("step", broken)
    assert Checkpoint(tmp_path, "key").once("step", lambda: 5) == 5
