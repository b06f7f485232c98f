"""The cache of object files: found again, rebuilt when damaged or foreign, safe between writers."""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from small import EXCHANGE, TUMOUR, sbml, system

from alarmin.core.cache import cache_folder
from alarmin.engine import compile_model, read_sbml, simulate


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
    assert cache_folder() == tmp_path / "alarmin"


def test_a_system_changed_by_hand_is_not_that_of_its_text(cache):
    whole = system(EXCHANGE)
    compile_model(whole)
    still = replace(whole, rates=tuple(whole.graph.const(0.0) for _ in whole.rates))
    model = compile_model(still)
    assert not model.library.cached
    assert (run(model)[0, 1] == run(model)[0, 0]).all()


def test_what_was_compiled_before_changes_no_formula(cache):
    """Terms are added in the order of their nodes: a graph that other work has filled would change it."""
    alone = compile_model(read_sbml(sbml(TUMOUR)), parameters=["n"])
    busy = read_sbml(sbml(TUMOUR))
    compile_model(busy, parameters=["koff", "half", "cap"])
    again = compile_model(busy, parameters=["n"], lanes=1)
    assert again.fingerprint == alone.fingerprint
    assert again.equations.jacobian == alone.equations.jacobian
    assert again.states == again.equations.states


def test_code_is_kept_per_choice_of_columns_and_lanes(cache):
    whole = system(TUMOUR)
    models = [
        compile_model(whole, **options)
        for options in ({}, {"parameters": ["n"]}, {"outputs": ["T"]}, {"dosed": ["drug"]}, {"lanes": 1})
    ]
    assert not any(model.library.cached for model in models)
    assert len(list(cache.iterdir())) == len(models)
