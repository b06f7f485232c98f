"""Features of patients whose distribution calibration must leave as it was published."""

from typing import TYPE_CHECKING

import numpy as np

from alarmin.population import draw

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

__all__ = ["marginal_targets", "marginals"]

ERROR = 0.01
"""Standard error with which each share is held, ..."""
RELATIVE_ERROR = 0.05
"""... and at most so much of the share itself."""

_CUTS = {
    "sld_mm": (40.0, 66.0, 100.0),
    "tmb_mut_per_mb": (4.0, 7.0, 12.0),
    "nlr": (2.6, 4.1, 6.4),
    "albumin_g_per_l": (34.0, 37.0, 40.0),
    "age_year": (57.0, 63.0, 69.0),
}


def marginals(features: "pd.DataFrame", parameters: "pd.DataFrame") -> dict[str, "NDArray[np.bool_]"]:
    """Say for each patient in which of the watched classes he or she is."""
    wild = ~(features["egfr_mutant"] | features["alk_rearranged"]).to_numpy(dtype=bool)
    tps = features["pd_l1_tps_pct"].to_numpy(float)
    first, second = (100 * parameters[name].to_numpy(float) for name in ("tps_1", "tps_2"))
    found = {
        "EGFR mutant": features["egfr_mutant"].to_numpy(dtype=bool),
        "ALK rearranged": features["alk_rearranged"].to_numpy(dtype=bool),
        "TPS >= 1, no driver": wild & (tps >= 1),
        "TPS >= 50, no driver": wild & (tps >= 50),
        "TPS >= 1, driver": ~wild & (tps >= 1),
        **{f"TPS of the first lesion >= {cut}, no driver": wild & (first >= cut) for cut in (1, 50)},
        **{f"both TPS >= {cut}, no driver": wild & (tps >= cut) & (first >= cut) for cut in (1, 50)},
        **{f"TPS of the second lesion >= {cut}, no driver": wild & (second >= cut) for cut in (1, 50)},
        "T cells enter the first lesion better": parameters["local_entry_1"].to_numpy(float) > 1,
        "drugs kill more in the first lesion": parameters["local_kill_1"].to_numpy(float) > 1,
        "squamous": (features["histology"] == "squamous").to_numpy(),
        "squamous, TPS >= 50": ((features["histology"] == "squamous") & (tps >= 50)).to_numpy(),
        "ECOG 1": (features["ecog"] == 1).to_numpy(),
        "stage III": (features["stage"] == "III").to_numpy(),
        "female": (features["sex"] == "female").to_numpy(),
        "SP142 negative": (features["sp142"] == "TC0/IC0").to_numpy(),
        "SP142 high": (features["sp142"] == "TC3 or IC3").to_numpy(),
    }
    for name, cuts in _CUTS.items():
        values = features[name].to_numpy(float)
        found |= {f"{name} > {cut:g}": values > cut for cut in cuts}
    return found


def marginal_targets(blocks: int) -> "pd.DataFrame":
    """Work out the shares among all candidates, before any was left out as implausible."""
    import pandas as pd

    drawn = [draw(block) for block in range(blocks)]
    features = pd.concat([one.features for one in drawn])
    parameters = pd.concat([one.parameters for one in drawn])
    weight = np.concatenate([one.weight.to_numpy(float) for one in drawn])
    rows = [
        {"subgroup": name, "value": float(weight @ hit / weight.sum())}
        for name, hit in marginals(features, parameters).items()
    ]
    table = pd.DataFrame(rows)
    table["error"] = np.minimum(ERROR, RELATIVE_ERROR * table["value"])
    return table.assign(trial="", arm="", endpoint="feature", at=np.nan)
