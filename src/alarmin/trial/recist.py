"""RECIST 1.1 on measured lesions: response at each visit and best overall response.

All functions work on arrays of patients by visits. Visit 0 is the baseline. The rules are those of the
RECIST 1.1 guideline (Eisenhauer 2009, doi:10.1016/j.ejca.2008.10.026). What is left out: non-target lesions
(their progression without a new lesion or a growing target is not modelled; a complete target response
therefore counts as complete response) and lymph nodes unless the caller marks them.
"""

from enum import IntEnum
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "MEASURABLE_MM",
    "NODE_NORMAL_MM",
    "PD_ABSOLUTE_MM",
    "PD_RELATIVE",
    "PR_RELATIVE",
    "Response",
    "best_overall_response",
    "change_from_first",
    "overall_response",
    "target_response",
    "until",
]

PR_RELATIVE = 0.70
"""Partial response: sum of diameters at most this share of the baseline sum."""
PD_RELATIVE = 1.20
"""Progression: sum of diameters at least this multiple of the smallest sum so far ..."""
PD_ABSOLUTE_MM = 5.0
"""... and larger than it by at least this much [mm]."""
MEASURABLE_MM = 10.0
"""Disease is measurable if a lesion has at least this diameter at baseline [mm]."""
NODE_NORMAL_MM = 10.0
"""A lymph node with a short axis below this is normal [mm]."""

# A ratio of two sums read to 0.1 mm must not miss a threshold by rounding in binary.
_ROUNDING = 1e-9


class Response(IntEnum):
    """Response at a visit, or best overall response; from best to worst, NE last."""

    CR = 0
    PR = 1
    SD = 2
    PD = 3
    NE = 4


def target_response(
    lesion_mm: "NDArray[np.float64]", *, node: "NDArray[np.bool_] | None" = None
) -> "NDArray[np.int8]":
    """Classify the target lesions at every visit.

    Parameters
    ----------
    lesion_mm : ndarray, shape (n_patients, n_visits, n_lesions) [mm]
        Measured diameters; 0 = disappeared, NaN = not assessed. Visit 0 is the baseline and must be complete.
    node : ndarray of bool, shape (n_patients, n_lesions), optional
        Lesions that are lymph nodes (their short axis is measured). Default: none.

    Returns
    -------
    ndarray of int8, shape (n_patients, n_visits)
        Codes of `Response`; column 0 (the baseline itself) is SD.

    Notes
    -----
    Progression is judged against the smallest sum so far, the baseline included, and comes first: a sum
    that has grown by 20 % and 5 mm from its nadir is PD even if it is still 30 % below the baseline. A
    visit with a missing lesion is NE unless the lesions that were read suffice for PD. Only complete visits
    move the nadir. A patient without measurable disease at the baseline cannot respond; such patients count
    as non-responders.
    """
    n_patients, n_visits, n_lesions = lesion_mm.shape
    is_node = np.zeros((n_patients, n_lesions), dtype=bool) if node is None else node
    read_mm = np.nansum(lesion_mm, axis=2)
    complete = ~np.any(np.isnan(lesion_mm), axis=2)
    gone = np.all(np.where(is_node[:, None, :], lesion_mm < NODE_NORMAL_MM, lesion_mm == 0.0), axis=2)

    response = np.full((n_patients, n_visits), Response.NE, dtype=np.int8)
    response[:, 0] = Response.SD
    baseline_mm = read_mm[:, 0]
    nadir_mm = baseline_mm.copy()
    measurable = lesion_mm[:, 0].max(axis=1) >= MEASURABLE_MM
    for visit in range(1, n_visits):
        now_mm, whole = read_mm[:, visit], complete[:, visit]
        rise = now_mm - nadir_mm >= PD_ABSOLUTE_MM - _ROUNDING
        progressed = rise & (now_mm >= PD_RELATIVE * nadir_mm - _ROUNDING)
        shrunk = whole & measurable & (now_mm <= PR_RELATIVE * baseline_mm + _ROUNDING)
        # From the weakest to the strongest. A normal node may measure up to 10 mm, so "all gone" outranks a
        # rise that is made of normal nodes only.
        response[whole, visit] = Response.SD
        response[shrunk, visit] = Response.PR
        response[progressed, visit] = Response.PD
        response[whole & measurable & gone[:, visit], visit] = Response.CR
        nadir_mm = np.where(whole, np.minimum(nadir_mm, now_mm), nadir_mm)
    return response


def change_from_first(sum_mm: "NDArray[np.float64]") -> "NDArray[np.float64]":
    """Compare sums of diameters with the first: the ratio less 1.

    Parameters
    ----------
    sum_mm : ndarray, shape (..., n_visits) [mm]

    Returns
    -------
    ndarray, same shape
        0 where the first scan showed nothing.

    Examples
    --------
    >>> change_from_first(np.array([[40.0, 20.0], [0.0, 5.0]])).tolist()
    [[0.0, -0.5], [0.0, 0.0]]
    """
    first = np.broadcast_to(sum_mm[..., :1], sum_mm.shape)
    return np.divide(sum_mm, first, out=np.ones_like(sum_mm), where=first > 0.0) - 1.0


def overall_response(target: "NDArray[np.int8]", new_lesion: "NDArray[np.bool_]") -> "NDArray[np.int8]":
    """Combine target response and new lesions at every visit.

    Parameters
    ----------
    target : ndarray of int8, shape (n_patients, n_visits)
        From `target_response`.
    new_lesion : ndarray of bool, shape (n_patients, n_visits)
        Whether a new lesion is seen at the visit.

    Returns
    -------
    ndarray of int8, shape (n_patients, n_visits)
        A new lesion is progression whatever the targets do.
    """
    return np.where(new_lesion, np.int8(Response.PD), target)


def best_overall_response(
    overall: "NDArray[np.int8]",
    day: "NDArray[np.float64]",
    *,
    confirmed: bool,
    min_confirm_days: float = 28.0,
    min_stable_days: float = 42.0,
) -> "NDArray[np.int8]":
    """Find the best overall response of each patient.

    Parameters
    ----------
    overall : ndarray of int8, shape (n_patients, n_visits)
        Response at each visit; NE where there was no visit (after death, dropout or cut-off).
    day : ndarray, shape (n_visits,) [day]
        Day of each visit since the start of treatment.
    confirmed : bool
        Whether CR and PR need a later visit that shows the same or better.
    min_confirm_days : float [day]
        Smallest distance between the two visits.
    min_stable_days : float [day]
        Stable disease (and an unconfirmed response that falls back to it) must be seen this late or later.

    Returns
    -------
    ndarray of int8, shape (n_patients,)
        Codes of `Response`. Nothing after the first PD counts. PD is the best response of a patient who has
        nothing better; NE of one without any assessable visit.

    Notes
    -----
    The confirming visit need not be the next one: visits read as SD or NE may lie between, as long as there
    is no progression. A complete response that is not confirmed, but followed by a partial one, counts as
    PR.
    """
    n_visits = overall.shape[1]
    visits = np.arange(n_visits)
    progressed = (overall == Response.PD) & (visits > 0)
    first_pd = np.where(progressed.any(axis=1), progressed.argmax(axis=1), n_visits)
    counts = (visits[None, :] < first_pd[:, None]) & (visits[None, :] > 0)
    complete = (overall == Response.CR) & counts
    partial = ((overall == Response.PR) & counts) | complete
    seen = (overall != Response.NE) & counts

    if confirmed:
        is_complete = _seen_twice(complete, day, min_confirm_days)
        is_partial = _seen_twice(partial, day, min_confirm_days)
    else:
        is_complete, is_partial = complete.any(axis=1), partial.any(axis=1)
    is_stable = (seen & (day[None, :] >= min_stable_days)).any(axis=1)
    return np.select(
        [is_complete, is_partial, is_stable, progressed.any(axis=1)],
        [np.int8(Response.CR), np.int8(Response.PR), np.int8(Response.SD), np.int8(Response.PD)],
        np.int8(Response.NE),
    )


def _seen_twice(
    seen: "NDArray[np.bool_]", day: "NDArray[np.float64]", distance_day: float
) -> "NDArray[np.bool_]":
    """Say for each patient whether two visits at least `distance_day` apart show it."""
    first = np.where(seen, day[None, :], np.inf).min(axis=1)
    last = np.where(seen, day[None, :], -np.inf).max(axis=1)
    return np.asarray(last - first >= distance_day - _ROUNDING, dtype=bool)


def until(overall: "NDArray[np.int8]", day: "NDArray[np.float64]", week: float | None) -> "NDArray[np.int8]":
    """Leave out, as not evaluable, visits after the last week in which a response counts (None: none is)."""
    if week is None:
        return overall
    return np.where(day[None, :] <= 7.0 * week, overall, np.int8(Response.NE))
