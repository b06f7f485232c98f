"""RECIST 1.1: vignettes worked out by hand from the guideline, and properties that must always hold."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from alarmin.trial.recist import Response, best_overall_response, overall_response, target_response

CR, PR, SD, PD, NE = Response
GONE, MISSED = 0.0, float("nan")


def targets(*sums: float) -> list[Response]:
    """Response after the baseline of a patient with one target lesion."""
    lesion_mm = np.array(sums, dtype=float).reshape(1, -1, 1)
    return [Response(code) for code in target_response(lesion_mm)[0, 1:]]


@pytest.mark.parametrize(
    ("sums", "expected"),
    [
        pytest.param((100, 70), [PR], id="exactly 30 % down is partial response"),
        pytest.param((100, 70.1), [SD], id="not quite 30 % down"),
        pytest.param((100, 120), [PD], id="nadir is the baseline: exactly 20 % up"),
        pytest.param((100, 119.9), [SD], id="not quite 20 % up"),
        pytest.param((20, 24.9), [SD], id="24 % up but less than 5 mm"),
        pytest.param((20, 25), [PD], id="25 % up and exactly 5 mm"),
        pytest.param((30, 35), [SD], id="5 mm up but less than 20 %"),
        pytest.param(
            (100, 50, 60), [PR, PD], id="20 % and 10 mm over the nadir, still 40 % below the baseline"
        ),
        pytest.param((100, 50, 59.9), [PR, PR], id="just short of 20 % over the nadir"),
        pytest.param((100, 20, 24.5), [PR, PR], id="22 % over the nadir but 4.5 mm"),
        pytest.param((9.9, 5, 0), [SD, SD], id="not measurable at baseline: no response"),
        pytest.param((10, 5, 0), [PR, CR], id="just measurable"),
        pytest.param((0, 0, 5), [SD, PD], id="nothing at baseline, then a lesion"),
        pytest.param((100, 110, 119), [SD, SD], id="slow growth from the baseline"),
        pytest.param((100, 110, 121), [SD, PD], id="the nadir stays at the baseline while the tumour grows"),
        pytest.param(
            (100, 80, 90, 96), [SD, SD, PD], id="nadir 80: 96 is 20 % and 16 mm up, below the baseline"
        ),
        pytest.param((40, GONE), [CR], id="disappeared"),
        pytest.param((40, GONE, 5), [CR, PD], id="seen again after complete response"),
        pytest.param((40, GONE, GONE), [CR, CR], id="stays away"),
        pytest.param((100, MISSED, 60), [NE, PR], id="a missed visit is not evaluable"),
        pytest.param((100, MISSED, 120), [NE, PD], id="a missed visit does not move the nadir"),
    ],
)
def test_target_response(sums: tuple[float, ...], expected: list[Response]) -> None:
    assert targets(*sums) == expected


def test_rounding_does_not_decide() -> None:
    # 0.7 * 0.1 and the like are not exact in binary; a tenth of a millimetre is.
    for tenths in range(100, 3000, 10):
        baseline = tenths / 10
        assert targets(baseline, round(baseline * 0.7, 4)) == [PR]
        if baseline >= 25:
            assert targets(baseline, round(baseline * 1.2, 4)) == [PD]


def two_lesions(*visits: tuple[float, float], node: tuple[bool, bool] = (False, False)) -> list[Response]:
    lesion_mm = np.array(visits, dtype=float)[None, :, :]
    return [Response(code) for code in target_response(lesion_mm, node=np.array([node]))[0, 1:]]


def test_one_lesion_gone_is_not_complete_response() -> None:
    assert two_lesions((50, 30), (GONE, 30)) == [PR]


def test_visit_with_one_lesion_unread_is_not_evaluable() -> None:
    assert two_lesions((50, 30), (MISSED, 10)) == [NE]


def test_visit_with_one_lesion_unread_is_progression_if_the_other_suffices() -> None:
    # The guideline's own case: what was read is already 20 % above the whole former sum.
    assert two_lesions((30, 20), (MISSED, 80)) == [PD]


def test_unread_lesion_never_lowers_the_nadir() -> None:
    assert two_lesions((50, 50), (MISSED, 20), (50, 45)) == [NE, SD]


def test_normal_node_counts_as_gone() -> None:
    assert two_lesions((40, 18), (GONE, 9.9), node=(False, True)) == [CR]
    assert two_lesions((40, 18), (GONE, 10), node=(False, True)) == [PR]


def test_normal_node_may_grow_within_normal() -> None:
    assert two_lesions((40, 18), (GONE, 4), (GONE, 9.5), node=(False, True)) == [CR, CR]
    assert two_lesions((40, 18), (GONE, 4), (GONE, 10), node=(False, True)) == [CR, PD]


def test_new_lesion_is_progression_even_with_shrinking_targets() -> None:
    target = target_response(np.array([100.0, 50.0, 30.0]).reshape(1, 3, 1))
    overall = overall_response(target, np.array([[False, False, True]]))
    assert overall.tolist() == [[SD, PR, PD]]


def test_new_lesion_is_progression_where_targets_were_not_read() -> None:
    overall = overall_response(np.array([[SD, NE]], dtype=np.int8), np.array([[False, True]]))
    assert overall.tolist() == [[SD, PD]]


NINE_WEEKS = np.arange(5) * 63.0


def best(*visits: Response, confirmed: bool = True, day: np.ndarray = NINE_WEEKS) -> Response:
    overall = np.full((1, len(day)), NE, dtype=np.int8)
    overall[0, 0] = SD
    overall[0, 1 : len(visits) + 1] = visits
    return Response(best_overall_response(overall, day, confirmed=confirmed)[0])


@pytest.mark.parametrize(
    ("visits", "confirmed", "unconfirmed"),
    [
        pytest.param((PR, PR), PR, PR, id="confirmed at the next visit"),
        pytest.param((PR, SD), SD, PR, id="not confirmed: stable disease"),
        pytest.param((PR, PD), SD, PR, id="response, then progression: stable disease from day 63"),
        pytest.param((PR,), SD, PR, id="no further visit"),
        pytest.param((PR, NE), SD, PR, id="next visit not evaluable"),
        pytest.param((PR, NE, PR), PR, PR, id="confirmed after a visit that was not evaluable"),
        pytest.param((SD, PR, PR), PR, PR, id="late response"),
        pytest.param((PR, CR), PR, CR, id="a better visit confirms"),
        pytest.param((CR, CR), CR, CR, id="complete response confirmed"),
        pytest.param((CR, NE, CR), CR, CR, id="complete response confirmed later"),
        pytest.param((CR, PD), SD, CR, id="complete response, then progression"),
        pytest.param((CR, PR), PR, CR, id="complete response confirmed as partial only"),
        pytest.param((PD, PR), PD, PD, id="nothing after progression counts"),
        pytest.param((PR, PD, PR), SD, PR, id="no confirmation across progression"),
        pytest.param((SD, PD), SD, SD, id="stable, then progression"),
        pytest.param((NE, PD), PD, PD, id="not evaluable, then progression"),
        pytest.param((NE, NE), NE, NE, id="never evaluable"),
        pytest.param((), NE, NE, id="no visit: died or was lost before it"),
        pytest.param((NE, SD), SD, SD, id="stable at the second visit"),
    ],
)
def test_best_overall_response(
    visits: tuple[Response, ...], confirmed: Response, unconfirmed: Response
) -> None:
    assert best(*visits, confirmed=True) == confirmed
    assert best(*visits, confirmed=False) == unconfirmed


def test_confirmation_needs_four_weeks() -> None:
    assert best(PR, PR, day=np.array([0.0, 63.0, 90.0])) == SD
    assert best(PR, PR, day=np.array([0.0, 63.0, 91.0])) == PR


def test_stable_disease_needs_six_weeks() -> None:
    early = np.array([0.0, 30.0, 60.0])
    assert best(SD, PD, day=early) == PD
    assert best(SD, day=early) == NE
    assert best(SD, SD, day=early) == SD


diameters = arrays(np.float64, (6, 7, 2), elements=st.floats(5.0, 200.0, allow_nan=False))


@given(diameters)
def test_order_of_lesions_does_not_matter(lesion_mm: np.ndarray) -> None:
    np.testing.assert_array_equal(target_response(lesion_mm), target_response(lesion_mm[:, :, ::-1]))


@given(diameters)
def test_patients_do_not_touch_each_other(lesion_mm: np.ndarray) -> None:
    alone = np.concatenate([target_response(one[None]) for one in lesion_mm])
    np.testing.assert_array_equal(target_response(lesion_mm), alone)


@given(diameters, st.integers(1, 5))
def test_later_visits_do_not_change_earlier_ones(lesion_mm: np.ndarray, kept: int) -> None:
    np.testing.assert_array_equal(target_response(lesion_mm)[:, :kept], target_response(lesion_mm[:, :kept]))


@given(diameters)
def test_a_tumour_that_never_grows_never_progresses(lesion_mm: np.ndarray) -> None:
    shrinking = np.minimum.accumulate(lesion_mm, axis=1)
    assert not (target_response(shrinking) == PD).any()


@given(arrays(np.int8, (20, 6), elements=st.integers(0, 4)))
def test_confirmation_only_takes_responses_away(overall: np.ndarray) -> None:
    day = np.arange(6) * 63.0
    overall[:, 0] = SD
    strict = best_overall_response(overall, day, confirmed=True)
    loose = best_overall_response(overall, day, confirmed=False)
    assert (strict >= loose).all()
    # Whoever is a responder when confirmed has shown a response at two visits before any progression.
    for patient in np.flatnonzero(strict <= PR):
        until = next((i for i in range(1, 6) if overall[patient, i] == PD), 6)
        assert (overall[patient, 1:until] <= PR).sum() >= 2
