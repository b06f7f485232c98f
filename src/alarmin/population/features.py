"""Baseline features of virtual patients, drawn from published distributions."""

import csv
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["DRAWS", "baseline", "draw_features", "lesion_tps"]

DRAWS = (
    "sld", "tps", "tps_site", "tps_biopsy", "tmb", "histology", "ecog", "age", "sex", "height", "bmi",
    "albumin", "nlr", "creatinine", "smoking", "egfr", "alk", "liver", "brain",
    "stage", "sp142", "axl", "ceacam5", "trop2", "her2",
)  # fmt: skip
"""Names of the uniform numbers that one patient's features use up, in order."""


@cache
def baseline() -> dict[str, float]:
    """Return the published or assumed figures behind the features (`data/baseline.csv`)."""
    text = files("alarmin.population").joinpath("data", "baseline.csv").read_text(encoding="utf-8")
    return {row["id"]: float(row["value"]) for row in csv.DictReader(text.splitlines())}


def draw_features(uniforms: "pd.DataFrame") -> "pd.DataFrame":
    """Turn uniform numbers into features.

    Parameters
    ----------
    uniforms : DataFrame
        One row per patient, one column per name in `DRAWS`, values between 0 and 1.

    Returns
    -------
    DataFrame
        sld_mm, pd_l1_tps_pct, tmb_mut_per_mb, histology, ecog, age_year, sex, height_cm, weight_kg, bsa_m2,
        crcl_ml_min, albumin_g_per_l, nlr, smoking, egfr_mutant, alk_rearranged, liver_metastases,
        brain_metastases, stage, sp142, axl_tps_pct, ceacam5_pct, trop2_pct, her2_mutant. Liver and brain
        metastases are there in stage IV alone.

    Notes
    -----
    Features are independent except where one enters another: histology (mutational burden, drivers, ECOG,
    sex, smoking, sum of diameters), ECOG (sum of diameters), driver (PD-L1, smoking and mutational burden
    with EGFR and ALK; never two of EGFR, ALK and HER2), smoking (mutational burden), sex (height,
    creatinine), body size and age (clearance), and the two PD-L1 assays (normal scores correlate). Body
    surface by Mosteller, creatinine clearance by Cockcroft and Gault. PD-L1 is what one biopsy of the first
    lesion shows; that of the lesions, on which the mechanism rests, is `lesion_tps`.
    """
    import pandas as pd
    from scipy.stats import norm

    b, u = baseline(), {name: uniforms[name].to_numpy(float) for name in DRAWS}
    z = {name: norm.ppf(np.clip(value, 1e-12, 1 - 1e-12)) for name, value in u.items()}

    squamous = u["histology"] < b["squamous"]
    egfr = u["egfr"] < np.where(squamous, b["egfr_squamous"], b["egfr_nonsquamous"])
    alk = (u["alk"] < b["alk_nonsquamous"]) & ~squamous & ~egfr
    her2 = (u["her2"] < b["her2_nonsquamous"] / _without_driver(b)) & ~squamous & ~egfr & ~alk
    female = u["sex"] < _by_histology("female", squamous)
    ecog = np.where(u["ecog"] < _by_histology("ecog_0", squamous), 0, 1)
    age = np.clip(b["age_mean"] + b["age_sd"] * z["age"], 25, 90)
    height = np.where(female, b["height_female"], b["height_male"]) + b["height_sd"] * z["height"]
    weight = b["bmi_median"] * np.exp(b["bmi_log_sd"] * z["bmi"]) * (height / 100) ** 2
    creatinine = np.where(female, b["creatinine_female"], b["creatinine_male"]) * np.exp(
        b["creatinine_log_sd"] * z["creatinine"]
    )
    driver = egfr | alk
    never = np.where(driver, b["smoking_never_driver"], _by_histology("smoking_never", squamous))
    smoking = np.select(
        [
            u["smoking"] < never,
            u["smoking"] > 1 - _by_histology("smoking_current", squamous),
        ],
        ["never", "current"],
        default="former",
    )
    metastatic = u["stage"] >= b["stage_iii"]
    below, middle = _tps_shares(driver)
    site, _ = _lesion_scores(u)
    rho = b["biopsy_tps_correlation"]
    biopsy = rho * site + np.sqrt(1 - rho**2) * z["tps_biopsy"]
    return pd.DataFrame(
        {
            "sld_mm": _sum_of_diameters(u["sld"], ecog, squamous),
            "pd_l1_tps_pct": _tps(biopsy, below, middle),
            "tmb_mut_per_mb": _mutational_burden(z["tmb"], squamous, driver, smoking == "never"),
            "histology": np.where(squamous, "squamous", "nonsquamous"),
            "ecog": ecog,
            "age_year": age,
            "sex": np.where(female, "female", "male"),
            "height_cm": height,
            "weight_kg": weight,
            "bsa_m2": np.sqrt(height * weight / 3600),
            "crcl_ml_min": (140 - age) * weight / (72 * creatinine) * np.where(female, 0.85, 1.0),
            "albumin_g_per_l": np.clip(b["albumin_mean"] + b["albumin_sd"] * z["albumin"], 20, 52),
            "nlr": b["nlr_median"] * np.exp(b["nlr_log_sd"] * z["nlr"]),
            "smoking": smoking,
            "egfr_mutant": egfr,
            "alk_rearranged": alk,
            "liver_metastases": (u["liver"] < b["liver_metastases"]) & metastatic,
            "brain_metastases": (u["brain"] < b["brain_metastases"]) & metastatic,
            "stage": np.where(metastatic, "IV", "III"),
            "sp142": _sp142(biopsy, z["sp142"]),
            "axl_tps_pct": _stained(
                u["axl"], threshold=5.0, above=b["axl_above_5"], between=1 - b["axl_above_5"]
            ),
            "ceacam5_pct": _stained(
                u["ceacam5"], threshold=50.0, above=b["ceacam5_high"], between=b["ceacam5_moderate"]
            ),
            "trop2_pct": 100.0 * u["trop2"] ** b["trop2_skew"],
            "her2_mutant": her2,
        },
        index=uniforms.index,
    )


def _without_driver(b: dict[str, float]) -> float:
    """Share of nonsquamous tumours with neither an EGFR mutation nor an ALK rearrangement."""
    return (1 - b["egfr_nonsquamous"]) * (1 - b["alk_nonsquamous"])


def _by_histology(name: str, squamous: np.ndarray) -> np.ndarray:
    """Return the share of each patient's histology."""
    b = baseline()
    return np.where(squamous, b[f"{name}_squamous"], b[f"{name}_nonsquamous"])


def _sum_of_diameters(u: np.ndarray, ecog: np.ndarray, squamous: np.ndarray) -> np.ndarray:
    """Lognormal between the smallest and the largest sum seen [mm], larger with ECOG 1 and if squamous."""
    from scipy.stats import norm

    b = baseline()
    p = b["squamous"]
    ecog_1 = 1 - p * b["ecog_0_squamous"] - (1 - p) * b["ecog_0_nonsquamous"]
    mean = b["sld_log_mean"] + b["sld_log_ecog_1"] * (ecog - ecog_1) + b["sld_log_squamous"] * (squamous - p)
    explained = b["sld_log_ecog_1"] ** 2 * ecog_1 * (1 - ecog_1) + b["sld_log_squamous"] ** 2 * p * (1 - p)
    sd = np.sqrt(b["sld_log_sd"] ** 2 - explained)
    low, high = (norm.cdf((np.log(b[edge]) - mean) / sd) for edge in ("sld_low", "sld_high"))
    return np.asarray(np.exp(mean + sd * norm.ppf(low + u * (high - low))))


def _mutational_burden(
    z: np.ndarray, squamous: np.ndarray, driver: np.ndarray, never: np.ndarray
) -> np.ndarray:
    """Lognormal [mut/Mb], lower in never smokers and, of those who smoked, with a driver.

    The geometric mean of each histology is its published median.
    """
    b = baseline()
    lower = np.select([never, driver], [b["tmb_log_never"], b["tmb_log_driver"]], default=0.0)
    with_driver = np.where(squamous, b["egfr_squamous"], 1 - _without_driver(b))
    never_driver, never_other = b["smoking_never_driver"], _by_histology("smoking_never", squamous)
    share_never = with_driver * never_driver + (1 - with_driver) * never_other
    mean = share_never * b["tmb_log_never"] + with_driver * (1 - never_driver) * b["tmb_log_driver"]
    centre = np.where(squamous, b["tmb_squamous"], b["tmb_nonsquamous"])
    return np.asarray(centre * np.exp(lower - mean + b["tmb_log_sd"] * z))


def lesion_tps(uniforms: "pd.DataFrame", features: "pd.DataFrame") -> tuple[np.ndarray, np.ndarray]:
    """Return the PD-L1 tumour proportion score of each lesion [%]; one biopsy shows a part of the first.

    Parameters
    ----------
    uniforms : DataFrame
        As for `draw_features`.
    features : DataFrame
        What that made of them.

    Returns
    -------
    tuple of two ndarray, shape (n_patients,)
        Distributed as what biopsies show. Normal scores correlate between the lesions
        (`site_tps_correlation`) and between the first and the biopsy (`biopsy_tps_correlation`).
    """
    below, middle = _tps_shares((features["egfr_mutant"] | features["alk_rearranged"]).to_numpy())
    first, second = _lesion_scores({name: uniforms[name].to_numpy(float) for name in DRAWS})
    return _tps(first, below, middle), _tps(second, below, middle)


def _lesion_scores(u: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Return the normal scores of PD-L1 in both lesions: as far above as below what they share."""
    from scipy.stats import norm

    shared, own = (norm.ppf(np.clip(u[name], 1e-12, 1 - 1e-12)) for name in ("tps", "tps_site"))
    rho = baseline()["site_tps_correlation"]
    common, apart = np.sqrt((1 + rho) / 2) * shared, np.sqrt((1 - rho) / 2) * own
    return common + apart, common - apart


def _tps_shares(driver: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the shares of patients with a PD-L1 TPS below 1 %, and of 1 to 49 %."""
    b = baseline()
    below = np.where(driver, b["tps_below_1_driver"], b["tps_below_1"])
    return below, np.where(driver, b["tps_1_to_49_driver"], b["tps_1_to_49"])


def _tps(score: np.ndarray, below: np.ndarray, middle: np.ndarray) -> np.ndarray:
    """Turn a normal score into a TPS [%]: uniform, log-uniform and uniform within the three classes."""
    from scipy.stats import norm

    rank = norm.cdf(score)
    high = 1 - below - middle
    return np.select(
        [rank < below, rank < below + middle],
        [rank / below, 50.0 ** ((rank - below) / middle)],
        default=50 + 50 * (rank - below - middle) / high,
    )


def _sp142(tps_score: np.ndarray, z: np.ndarray) -> np.ndarray:
    """PD-L1 by SP142: published shares of three classes; its normal score correlates with that of the TPS."""
    from scipy.stats import norm

    b = baseline()
    rho = b["sp142_tps_correlation"]
    score = norm.cdf(rho * tps_score + np.sqrt(1 - rho**2) * z)
    negative = score < b["sp142_negative"]
    high = score >= 1 - b["sp142_high"]
    return np.select([negative, high], ["TC0/IC0", "TC3 or IC3"], default="TC1/2 or IC1/2")


def _stained(u: np.ndarray, *, threshold: float, above: float, between: float) -> np.ndarray:
    """Stained cells [%]: shares above a threshold and from 1 % to it, uniform in each; else none."""
    high = threshold + (100.0 - threshold) * u / above
    moderate = 1.0 + (threshold - 1.0) * (u - above) / between
    return np.select([u < above, u < above + between], [high, moderate], default=0.0)
