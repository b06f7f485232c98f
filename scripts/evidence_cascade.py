"""The steps of the cascade, and what gene-set scores were worth in cohorts."""

from evidence_files import Cells, read_shared
from evidence_ids import slug
from evidence_sources import Bibliography

# cause, effect, sign, modifiers, delay, citation, what numbers anchor, whether the delay is recalled (m)
STEPS = (
    (
        "drug or radiation",
        "ROS by DNA or mitochondrial damage",
        "+",
        "PARP1, PRKN (-)",
        "1-12 h",
        "",
        "",
        "m",
    ),
    (
        "type I inducer",
        "ER stress, PERK, p-eIF2a",
        "+",
        "PP1/GADD34 (-)",
        "2-6 h",
        "PMC2657583; 10.1038/nm1523",
        "",
        "m",
    ),
    (
        "p-eIF2a, CASP8, BCAP31, BAX/BAK, SNARE",
        "surface CALR",
        "+",
        "all are needed, type I",
        "4-24 h",
        "PMC2657583",
        "order",
        "",
    ),
    (
        "type II inducer, ER ROS, PERK, PI3K",
        "surface CALR and ATP",
        "+",
        "without p-eIF2a or CASP8",
        "0.5-4 h",
        "PMC3298003; 10.1007/s00262-011-1047-x",
        "time",
        "",
    ),
    ("radiation", "surface CALR", "+", "dose 2-10 Gy", "12-48 h", "PMC6861809", "amount", ""),
    (
        "stress with autophagy",
        "ATP outside",
        "+",
        "ATG5, ATG7, PANX1",
        "8-24 h",
        "10.1126/science.1208347",
        "",
        "m",
    ),
    (
        "membrane loss",
        "HMGB1 outside",
        "+",
        "any death",
        "24-48 h",
        "10.1038/nm1622; 10.1038/onc.2009.356",
        "amount",
        "m",
    ),
    ("dying cell", "ANXA1 outside", "+", "", "24-48 h", "10.1126/science.aad0779", "", "m"),
    ("stress", "HSP70 and HSP90 at the surface and free", "+", "", "18-24 h", "PMC8415397", "", ""),
    ("RNA by TLR3 and TBK1", "IFNB1", "+", "chemotherapy", "4-24 h", "10.1038/nm.3708", "", "m"),
    (
        "cytosolic DNA by CGAS and STING1",
        "IFNB1",
        "+",
        "radiation, PARP1; 3 x 8 Gy amplifies",
        "24 h",
        "10.1038/ncomms15618; PMID 25517616",
        "time",
        "",
    ),
    (
        "more than 12-18 Gy per fraction, TREX1",
        "cytosolic DNA",
        "-",
        "cell line",
        "24 h",
        "10.1038/ncomms15618",
        "amount",
        "",
    ),
    (
        "IFNB1 by IFNAR",
        "CXCL10, CD8 entry, cross-priming",
        "+",
        "STAT3 (-)",
        "1-5 d",
        "10.1038/nm.3708",
        "",
        "",
    ),
    (
        "CALR by LRP1 or TLR4",
        "engulfment, DC migration",
        "+",
        "CD47-SIRPa (-)",
        "hours",
        "10.1038/nm1523; 10.3389/fonc.2021.743050",
        "",
        "",
    ),
    (
        "ATP by P2RY2 and P2RX7",
        "myeloid entry, local DC",
        "+",
        "CD39, CD73 (-)",
        "12-48 h",
        "10.1016/j.immuni.2013.03.003",
        "",
        "",
    ),
    ("ATP by P2RX7 and NLRP3", "IL1B, CD8 priming", "+", "CD39 (-)", "1-3 d", "10.1038/nm.2028", "", ""),
    (
        "HMGB1 by TLR4 and MYD88",
        "antigen processing",
        "+",
        "redox form, soluble TLR4 (-)",
        "1-2 d",
        "10.1038/nm1622",
        "",
        "",
    ),
    (
        "ANXA1 by FPR1",
        "contact of DC and corpse",
        "+",
        "FPR2 resolves",
        "hours",
        "10.1126/science.aad0779",
        "",
        "",
    ),
    (
        "mature DC",
        "CD8 and CD4 expansion in the node",
        "+",
        "Treg, PD-L1 (-)",
        "3-7 d",
        "10.1084/jem.20050915",
        "",
        "",
    ),
    ("CD8, GZMB, IFNG", "tumour kill", "+", "CALR on live cells helps", "days", "PMC3663913", "", ""),
    (
        "IFNG",
        "PD-L1, MHC-I",
        "+",
        "pemetrexed also, by TS-ROS-NF-kB",
        "24 h",
        "10.1158/0008-5472.CAN-14-1258; 10.1136/jitc-2020-001392",
        "",
        "",
    ),
    ("PD-1 with PD-L1", "CD8 function", "-", "antibodies remove it", "days", "PMC9015199", "amount", ""),
    (
        "hypoxia",
        "CD39, CD73, MDSC, TAM; surface CALR",
        "mixed",
        "anti-angiogenic TKI",
        "1-3 d",
        "10.3892/ol.2019.10986",
        "",
        "",
    ),
    (
        "ATP by CD39 and CD73",
        "adenosine, Treg, tolerant DC",
        "+",
        "",
        "minutes to days",
        "10.3389/fimmu.2017.01918; 10.4161/onci.19070",
        "",
        "",
    ),
    (
        "dying cell on a macrophage without SIRPa",
        "kill, CD8",
        "+",
        "macrophage depletion removes",
        "2-4 d",
        "10.1038/s41467-021-23442-z",
        "amount",
        "",
    ),
    (
        "tumour size at irradiation",
        "efficacy",
        "-",
        "8 Gy fails above about 200 mm3",
        "days",
        "10.1038/s41467-021-23442-z",
        "amount",
        "",
    ),
    (
        "Akkermansia with cisplatin",
        "IFNG and TNF up, Treg down",
        "+",
        "",
        "weeks",
        "10.1155/2020/2969287",
        "",
        "",
    ),
)


def build_steps(bibliography: Bibliography) -> list[Cells]:
    """Make one row per step; one whose delay is recalled or that no number anchors is `partial`."""
    return [
        {
            "id": f"step:{number:02d}",
            "cause": cause,
            "effect": effect,
            "sign": sign,
            "modifiers": modifiers,
            "delay": delay,
            "anchored": anchored,
            "sources": ";".join(bibliography.cite(citation)),
            "verified": "yes" if anchored and not recalled else "partial" if citation else "memory",
        }
        for number, (cause, effect, sign, modifiers, delay, citation, anchored, recalled) in enumerate(
            STEPS, 1
        )
    ]


def build_scores() -> list[Cells]:
    """Make one row per gene-set score in a cohort, recomputed from public data."""
    return [
        {
            "id": f"sig:{slug(row['cohort'])}/{row['predictor']}/{slug(row['statistic'].split(',')[-1])}",
            "cohort": row["cohort"],
            "score": row["predictor"],
            "genes_used": row["genes_used"],
            "statistic": row["statistic"],
            "n": row["n"],
            "events": row["events_or_responders"],
            "value": row["estimate"],
            "low": row["lo95"],
            "high": row["hi95"],
            "p": row["p"],
        }
        for row in read_shared("omics_reference_recomputed")
    ]


def build_claims(bibliography: Bibliography) -> list[Cells]:
    """Make one row per published claim about a score in a cohort."""
    return [
        {
            "id": f"claim:{number}",
            "cohort": row["cohort"],
            "claim": row["claim"],
            "n": row["n"],
            "value": row["number"],
            "sources": ";".join(bibliography.cite(row["source"])),
            "verified": "partial",
        }
        for number, row in enumerate(read_shared("omics_reference_published"), 1)
    ]
