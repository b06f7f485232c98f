"""Readable ids for rows whose source table has none.

Run by maintainers only, through `evidence_build.py`.
"""

import re

TRIALS = {
    "KEYNOTE-001 NSCLC": "KEYNOTE-001",
    "CheckMate 057": "CheckMate-057",
    "CheckMate 816": "CheckMate-816",
    "KEYNOTE-021 cohort G": "KEYNOTE-021G",
    "RTOG 0617": "RTOG-0617",
    "JMDB (Scagliotti 2008)": "JMDB",
    "ERCC1 trial": "ERCC1",
    "PROFILE 1014": "PROFILE-1014",
    "PROFILE 1007": "PROFILE-1007",
    "CARMEN phase 1 (NCT02187848)": "CARMEN-1",
    "MDACC (Welsh 2020)": "MDACC",
    "Pooled PEMBRO-RT + MDACC (Theelen 2021)": "PEMBRO-RT+MDACC",
    "CA031 (Socinski 2012)": "CA031",
    "HCQ + erlotinib (Goldberg 2012)": "HCQ-erlotinib",
    "HCQ + carboplatin-paclitaxel (phase 1b/2, 2019)": "HCQ-carboplatin-paclitaxel",
}

ARMS = {
    "bemcentinib + pembrolizumab (cohort A, post-chemotherapy, PD-(L)1 naive)": "cohort-a",
    "hydroxychloroquine + carboplatin + paclitaxel +/- bevacizumab": "hydroxychloroquine",
}

FEATURES = {
    "eGFR": "renal-egfr",
    "PD-L1 TPS share <1%": "tps-lt1",
    "PD-L1 TPS share 1-49%": "tps-1to49",
    "PD-L1 TPS share >=50%": "tps-ge50",
    "PD-L1 SP142 share TC0 and IC0": "sp142-negative",
    "PD-L1 SP142 share TC or IC >=1%": "sp142-positive",
    "PD-L1 SP142 share TC3 or IC3 (TC>=50% or IC>=10%)": "sp142-high",
    "blood TMB": "btmb",
    "blood TMB >=16": "btmb-ge16",
    "sum of target-lesion diameters (RECIST 1.1)": "sld",
    "number of metastatic sites": "metastatic-sites",
    "ECOG 0 share": "ecog0",
    "EGFR mutation": "egfr",
    "ALK rearrangement": "alk",
    "KRAS mutation": "kras",
    "HER2 mutation": "her2",
    "one prior line": "one-prior-line",
    "tissue TMB": "tmb",
    "volume doubling time": "doubling-time",
    "volume doubling time distribution": "doubling-time-shape",
    "CEACAM5 high (>=2+ in >=50% of cells)": "ceacam5-high",
    "CEACAM5 moderate (>=2+ in 1-49%)": "ceacam5-moderate",
    "nonsquamous histology": "nonsquamous",
    "squamous histology": "squamous",
    "adenocarcinoma histology": "adenocarcinoma",
    "neutrophil-to-lymphocyte ratio": "nlr",
    "body-mass index": "bmi",
    "intratumoural CD8 density": "cd8-density",
    "stromal CD8 density category low": "cd8-stroma-low",
    "stromal CD8 density category intermediate": "cd8-stroma-intermediate",
    "stromal CD8 density category high": "cd8-stroma-high",
}

POPULATIONS = {
    "advanced NSCLC, unselected": "express",
    "advanced NSCLC, EGFR/ALK negative": "express-wildtype",
    "NSCLC all stages, East Asia": "east-asia",
    "metastatic NSCLC receiving first-line pembrolizumab-based therapy (USA)": "usa-pembrolizumab",
    "metastatic NSCLC on first-line pembrolizumab (USA)": "usa-pembrolizumab",
    "2L-3L NSCLC, OAK ITT": "oak",
    "2L-3L NSCLC, OAK biomarker-evaluable": "oak",
    "2L-3L NSCLC, OAK, tested": "oak",
    "2L-3L trial population (OAK)": "oak",
    "2L-3L (OAK)": "oak",
    "2L-3L nonsquamous, OAK": "oak-nonsquamous",
    "2L-3L squamous, OAK": "oak-squamous",
    "lung adenocarcinoma": "adenocarcinoma",
    "lung squamous cell carcinoma": "squamous",
    "resected NSCLC (36 adenocarcinoma, 6 squamous of 46)": "resected",
    "resected squamous cell carcinoma, solid": "resected-squamous",
    "resected adenocarcinoma, solid (growing)": "resected-adenocarcinoma",
    "cancers at annual CT screening (50% adenocarcinoma, 19% squamous, 19% small cell)": "ct-screening",
    "adenocarcinoma, chest X-ray screen detected": "xray-adenocarcinoma",
    "adenocarcinoma, incidental": "incidental-adenocarcinoma",
    "squamous cell carcinoma, chest X-ray screen detected": "xray-squamous",
    "squamous cell carcinoma, incidental": "incidental-squamous",
    "primary lung cancer": "usuda",
    "NSCLC, pooled worldwide": "world",
    "NSCLC, Europe": "europe",
    "NSCLC, China": "china",
    "adenocarcinoma, Asia-Pacific": "asia-pacific-adenocarcinoma",
    "NSCLC": "nsclc",
    "pretreated nonsquamous, prescreened": "prescreened",
    "nonsquamous primary tumours": "primary",
    "2L trial population (REVEL)": "revel",
    "2L+ trial population (TROPION-Lung01)": "tropion-lung01",
    "1L PD-L1 TPS>=1% (KEYNOTE-042)": "keynote-042",
    "1L nonsquamous (KEYNOTE-189)": "keynote-189",
    "NSCLC in two durvalumab studies (Study 1108, ATLANTIC)": "durvalumab-studies",
    "advanced NSCLC on PD-(L)1 (training cohort)": "pd1-cohort",
    "advanced NSCLC trial population": "gap",
    "advanced NSCLC biopsy": "gap",
    "resected stage I-IIIA NSCLC": "resected-nsclc",
    "advanced NSCLC on PD-(L)1 (MSK), never smoked, no EGFR or ALK": "never-msk",
    "advanced NSCLC on PD-(L)1 (MSK), smoked, no EGFR or ALK": "ever-msk",
    "advanced NSCLC on PD-(L)1 (MSK), EGFR mutation": "egfr-msk",
    "2L-3L NSCLC, OAK and POPLAR, never smoked, no EGFR mutation": "never-oak",
    "2L-3L NSCLC, OAK and POPLAR, smoked, no EGFR mutation": "ever-oak",
}


def slug(text: str) -> str:
    """Turn a label into lower-case words joined by hyphens; comparison signs become words."""
    for sign, word in (
        (">=", " ge "),
        ("<=", " le "),
        (">", " gt "),
        ("<", " lt "),
        ("+/-", " with or without "),
    ):
        text = text.replace(sign, word)
    return re.sub(r"[^a-z0-9.]+", "-", text.lower()).strip("-.")


def trial_id(name: str) -> str:
    """Name a trial: `trial:KEYNOTE-024`."""
    return f"trial:{TRIALS.get(name, name)}"


def arm_id(trial: str, arm: str) -> str:
    """Name an arm of a trial: `trial:KEYNOTE-024/pembrolizumab`."""
    return f"{trial_id(trial)}/{ARMS.get(arm) or slug(arm.removesuffix(' (ITT)').split(':')[0])}"


def population_id(feature: str, population: str) -> str:
    """Name a baseline figure: `pop:sld-oak`."""
    return f"pop:{FEATURES.get(feature, slug(feature))}-{POPULATIONS.get(population, slug(population))}"
