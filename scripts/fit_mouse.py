"""Fit the constants of the mouse that the fitting arms of `mouse_curves.csv` decide; prints them.

For maintainers; run from the root of the project: `python scripts/fit_mouse.py`. The growth of the untreated
tumour (k_growth, C_max, theta_crowding) came from a first fit of all constants together and is kept here. The
result was rounded into `src/alarmin/model/parameters_mouse.csv`, where these constants are `estimated`.
"""

from dataclasses import replace

import numpy as np
from scipy.optimize import least_squares

from alarmin.experiment.bench import Arm, bench
from alarmin.experiment.curves import _arm, load_curves

# constant: (smallest, largest) value that is searched
SEARCHED = {
    "alpha": (0.05, 0.45),
    "beta": (0.001, 0.03),
    "oer_max": (1.5, 15.0),
    "V_hypoxia": (0.03, 0.5),
    "k_catastrophe": (0.2, 3.0),
    "k_clear": (0.1, 2.0),
    "k_phagocytosis": (0.5, 40.0),
    "alarm_50": (1e4, 1e8),
    "k_wake": (0.2, 5.0),
    "k_sleep": (0.01, 0.5),
    "r_eat_hypoxia": (0.01, 0.99),
    "k_efferocytosis": (0.3, 6.0),
}
OFFSET_MM3 = 2.0


def residuals(logs: np.ndarray) -> np.ndarray:
    """Return the errors of log volume of all fitting arms."""
    setting = bench("mouse")
    values = dict(zip(SEARCHED, np.exp(logs), strict=True))
    arms: list[Arm] = [replace(arm, values={**arm.values, **values}) for arm in ARMS]
    times = np.unique([day for curve in CURVES for day in curve.day])
    column = setting.model.outputs.index("lesion_1")
    found = []
    for curve, volume in zip(CURVES, setting.run(arms, 1, times), strict=True):
        first = curve.start + 1
        predicted = 1e3 * volume[0, np.searchsorted(times, curve.day), column][first:]
        found.append(np.log(predicted + OFFSET_MM3) - np.log(np.array(curve.volume_mm3[first:]) + OFFSET_MM3))
    return np.concatenate(found)


if __name__ == "__main__":
    CURVES = [curve for curve in load_curves() if curve.role == "fitting"]
    ARMS = [_arm(curve) for curve in CURVES]
    low, high = np.log(np.array(list(SEARCHED.values()))).T
    start = np.log([bench("mouse").defaults[name] for name in SEARCHED])
    start = np.clip(start, low + 1e-6, high - 1e-6)
    fit = least_squares(residuals, start, bounds=(low, high), diff_step=1e-3, loss="soft_l1", f_scale=0.5)
    for name, value in zip(SEARCHED, np.exp(fit.x), strict=True):
        print(f"{name:16s} {value:.3g}")
    before, after = (float(np.sqrt(np.mean(residuals(x) ** 2))) for x in (start, fit.x))
    print(f"error of log volume (root mean square): {before:.3f} as shipped, {after:.3f} refitted")
