"""Random numbers of patients, and the nearest valid id."""

from alarmin.core import nearest, patient_generators, unknown_id


def numbers(seed, patients, stream=0):
    return [generator.random() for generator in patient_generators(seed, patients, stream=stream)]


def test_a_patient_has_the_same_numbers_in_any_company():
    together = dict(zip(range(1, 9), numbers(7, range(1, 9)), strict=True))
    assert numbers(7, [5, 2]) == [together[5], together[2]]


def test_patients_streams_and_seeds_differ():
    drawn = [*numbers(0, range(50)), *numbers(0, range(50), stream=1), *numbers(1, range(50))]
    assert len(set(drawn)) == 150


def test_the_nearest_id_is_offered():
    known = ["KEYNOTE-024", "OAK", "POPLAR"]
    assert nearest("keynote024", known) == "KEYNOTE-024"
    assert nearest("zzzz", known) is None
    assert unknown_id("trial", "oka", known, where="a.yaml:2") == (
        "a.yaml:2: unknown trial 'oka'; did you mean 'OAK'?"
    )
    assert unknown_id("trial", "zzzz", known) == "unknown trial 'zzzz'; known: KEYNOTE-024, OAK, POPLAR"
