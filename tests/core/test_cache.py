"""What is kept between runs: made once for what it rests on, made anew when damaged."""

import pytest

from alarmin.core.cache import cache_folder, kept_text


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("ALARMIN_CACHE", str(tmp_path / "kept"))


def never() -> str:
    raise AssertionError("made although it was kept")


def test_a_text_is_made_once_for_what_it_rests_on() -> None:
    assert kept_text(".xml", ("module", 1), lambda: "<é/>") == "<é/>"
    assert kept_text(".xml", ("module", 1), never) == "<é/>"
    assert kept_text(".xml", ("module", 2), lambda: "other") == "other"


def test_a_damaged_text_is_made_anew() -> None:
    kept_text(".xml", "module", lambda: "whole")
    (file,) = cache_folder().iterdir()
    file.write_bytes(file.read_bytes().replace(b"whole", b"wrong"))
    assert kept_text(".xml", "module", lambda: "whole") == "whole"
    assert kept_text(".xml", "module", never) == "whole"
