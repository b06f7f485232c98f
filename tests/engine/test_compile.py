"""The cache of object files: found again, rebuilt when damaged or foreign, safe between writers."""

import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from small import EXCHANGE, system

from alarmin.engine import compile_model, simulate
from alarmin.engine.compile import cache_folder


@pytest.fixture
def cache(tmp_path, monkeypatch):
    folder = tmp_path / "kernels"
    monkeypatch.setenv("ALARMIN_CACHE", str(folder))
    return folder


def build():
    return compile_model(system(EXCHANGE))


def run(model):
    return simulate(model, np.zeros((1, 0)), [0.0, 5.0]).values


def test_the_second_time_it_is_found(cache):
    first, second = build(), build()
    assert not first.library.cached
    assert second.library.cached
    assert run(first).tobytes() == run(second).tobytes()


@pytest.mark.parametrize(
    "damage",
    [
        lambda code: code[:-1],
        lambda code: code[:100],
        lambda code: b"",
        lambda code: b"#!/bin/sh\necho no\n" + code,
        lambda code: code[:-9] + bytes([code[-9] ^ 1]) + code[-8:],
    ],
)
def test_a_damaged_file_is_rebuilt(cache, damage):
    expected = run(build())
    (file,) = cache.iterdir()
    whole = file.read_bytes()
    file.write_bytes(damage(whole))
    model = build()
    assert not model.library.cached
    assert run(model).tobytes() == expected.tobytes()
    assert file.read_bytes() == whole


def test_the_file_of_another_model_is_not_taken(cache):
    """A whole file under the wrong name carries the digest of its own name."""
    build()
    (file,) = cache.iterdir()
    compile_model(system(EXCHANGE), parameters=["k1"])
    (other,) = (f for f in cache.iterdir() if f != file)
    file.write_bytes(other.read_bytes())
    assert not build().library.cached


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="no owners on this platform")
def test_a_file_that_others_can_write_is_not_trusted(cache):
    build()
    (file,) = cache.iterdir()
    file.chmod(0o666)
    assert not build().library.cached
    cache.chmod(0o777)
    assert not build().library.cached


def test_concurrent_writers(cache):
    with ThreadPoolExecutor(4) as pool:
        results = {run(model).tobytes() for model in pool.map(lambda _: build(), range(8))}
    assert len(results) == 1
    assert [f.suffix for f in cache.iterdir()] == [".o"]


def test_a_cache_that_cannot_be_written_is_no_obstacle(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("ALARMIN_CACHE", str(tmp_path / "file" / "kernels"))
    assert np.isfinite(run(build())).all()


def test_the_folder_follows_the_environment(monkeypatch, tmp_path):
    monkeypatch.delenv("ALARMIN_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == tmp_path / "alarmin" / "kernels"
