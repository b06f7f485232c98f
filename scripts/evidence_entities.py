"""Entities of the map: identifiers put right, duplicates joined, and where each one sits in the model."""

from evidence_files import Cells, read_shared

CATEGORIES = {
    "gene": "Gene",
    "disease": "Disease",
    "chemical": "ChemicalEntity",
    "species": "OrganismTaxon",
    "mutation": "SequenceVariant",
    "cell_line": "CellLine",
}
# what the annotation said: (identifier that is right, category, why)
PUT_RIGHT = {
    "NCBIGene:83939": (
        "NCBIGene:1965",
        "Gene",
        "PERK phosphorylates EIF2S1; EIF2A is another initiation factor",
    ),
    "NCBIGene:5291": ("NCBIGene:5290", "Gene", "the type II pathway was shown for p110-alpha, PIK3CA"),
    "NCBIGene:3308": (
        "NCBIGene:3303",
        "Gene",
        "HSP70 of ICD assays is HSPA1A; HSPA4 only shares the alias hsp70",
    ),
    "MESH:D003643": (
        "alarmin:ICD",
        "BiologicalProcess",
        "the heading is Death; meant is immunogenic cell death",
    ),
    "MESH:C562594": ("alarmin:stage-IB-IIIA", "NamedThing", "a range of tumour stages, not a disease"),
    "MESH:D062706": ("alarmin:stage-III", "NamedThing", "a tumour stage, not a disease"),
    "MESH:D028361": ("GO:0051882", "BiologicalProcess", "a step of cell death, not mitochondrial disease"),
    "MESH:D064420": (
        "alarmin:cytotoxicity",
        "BiologicalProcess",
        "direct cell kill, not a side effect of a drug",
    ),
    "MONDO:0005138": ("MONDO:0008903", "Disease", "the term is lung carcinoma; lung cancer is its parent"),
    "1O2": ("alarmin:singlet-oxygen", "ChemicalEntity", "no identifier was given"),
    "serine/threonine": (
        "alarmin:serine-threonine",
        "NamedThing",
        "kinase wording read as an amino-acid change",
    ),
}
# symbol and name that go with a corrected gene
RENAMED = {
    "NCBIGene:1965": (
        "EIF2S1",
        "eukaryotic translation initiation factor 2 subunit alpha",
        "eIF2-alpha|EIF2A",
    ),
    "NCBIGene:5290": (
        "PIK3CA",
        "phosphatidylinositol-4,5-bisphosphate 3-kinase catalytic subunit alpha",
        "PI3K|p110-alpha",
    ),
    "NCBIGene:3303": ("HSPA1A", "heat shock protein family A (Hsp70) member 1A", "HSP70|hsp70"),
}
SAME_AS = {
    "NCBIGene:11651": "NCBIGene:207",
    "NCBIGene:60533": "NCBIGene:29126",
    "NCBIGene:15289": "NCBIGene:3146",
    "NCBIGene:72512": "NCBIGene:340061",
    "MONDO:0005233": "MESH:D002289",
    "MONDO:0008903": "MESH:D008175",
    "alarmin:singlet-oxygen": "MESH:D026082",
}
ROLES = {
    "NCBIGene:1965": "phosphorylated by PERK: the switch of calreticulin exposure in type I induction",
    "MESH:C000625192": "anti-angiogenic TKI that normalises the tumour micro-environment",
    "MESH:C586847": "ALK TKI named among ICD strategies",
    "NCBITaxon:2740": "microbiome genus, named in a review",
    "NCBITaxon:191303": "microbiome genus, named in a review",
    "NCBITaxon:872": "microbiome genus, named in a review",
}
NOTES = {
    "NCBIGene:920": "stands for the CD4 T-cell population",
    "NCBIGene:925": "stands for the CD8 T-cell population",
    "NCBIGene:50873": "mouse gene; used in mouse experiments only",
    "NCBIGene:9451": "alias PEK, not to be read as PKB (AKT1)",
    "NCBIGene:5467": "probably a false hit of text mining (aliases PPARB, FAAR)",
    "MESH:D008453": "the record is the parent maytansine",
    "MESH:C031356": "ambiguous: meant is the hydroxyl radical of photodynamic therapy",
    "MESH:D008751": "MB stands for methylene blue, not for megabase",
    "MESH:D010984": "the drug class, not the element",
    "MESH:D008670": "the class of metal complexes",
    "DBSNP:rs121434569": "identifier added here",
}
# parameters, knobs and drugs of the model that turn an entity on, off, up or down
KNOBS = {
    "NCBIGene:3146": "g_HMGB1",
    "NCBIGene:811": "g_CALR;add_CALR",
    "NCBIGene:301": "g_ANXA1",
    "NCBIGene:3456": "g_IFNB1_t;g_IFNB1_h;add_IFNB1",
    "MESH:D000255": "k_ATP_stressed;ATP_50",
    "NCBIGene:9451": "g_EIF2AK3",
    "NCBIGene:1965": "g_EIF2S1",
    "NCBIGene:841": "g_CASP8",
    "NCBIGene:10134": "g_BCAP31",
    "NCBIGene:581": "g_BAX",
    "NCBIGene:578": "g_BAK1",
    "NCBIGene:596": "k_commit",
    "NCBIGene:836": "k_commit;k_lysis",
    "NCBIGene:24145": "g_PANX1",
    "NCBIGene:5027": "g_P2RX7",
    "NCBIGene:2357": "g_FPR1",
    "NCBIGene:7099": "g_TLR4;add_TLR4",
    "NCBIGene:7097": "g_TLR2",
    "NCBIGene:4615": "g_MYD88",
    "NCBIGene:4035": "g_LRP1",
    "NCBIGene:7098": "g_TLR3_t",
    "NCBIGene:115004": "g_CGAS_t;g_CGAS_h",
    "NCBIGene:340061": "g_STING1_t;g_STING1_h",
    "NCBIGene:29110": "g_TBK1",
    "NCBIGene:11277": "g_TREX1_t",
    "NCBIGene:5133": "g_PDCD1",
    "NCBIGene:29126": "g_CD274;tps_1;tps_2",
    "NCBIGene:3458": "g_IFNG",
    "NCBIGene:3002": "g_GZMB",
    "NCBIGene:920": "g_CD4;deplete_CD4",
    "NCBIGene:925": "g_CD8A;deplete_CD8",
    "NCBIGene:114548": "g_NLRP3",
    "NCBIGene:3553": "g_IL1B;add_IL1B",
    "NCBIGene:5290": "g_PIK3CA",
    "NCBIGene:3303": "g_HSPA1A",
    "NCBIGene:3320": "g_HSP90AA1",
    "MESH:D000860": "V_hypoxia;hypoxia_well",
    "MESH:D017382": "k_ROS;g_ROS_scavenging",
    "MESH:C584311": "add_cGAMP",
    "MESH:D008070": "add_TLR4",
    "MESH:D009369": "n_seed;k_growth",
    "MESH:D002289": "k_growth;C_max",
    "alarmin:ICD": "er_radiation;peIF2_50",
    "alarmin:cytotoxicity": "k_hit",
    "DBSNP:rs121434569": "f_escaped;odds_target",
    "NCBIGene:3791": "anlotinib",
    "NCBIGene:5347": "plk1_inhibitor",
    "NCBIGene:142": "parp_inhibitor",
    "NCBIGene:558": "bemcentinib",
    "NCBIGene:1956": "osimertinib;erlotinib;gefitinib;cetuximab",
    "NCBIGene:238": "crizotinib;ceritinib",
    "MESH:C582435": "pembrolizumab",
    "MESH:D002945": "cisplatin",
    "MESH:D016190": "carboplatin",
    "MESH:D010984": "cisplatin;carboplatin;oxaliplatin",
    "MESH:D008453": "dm4",
    "MESH:D017239": "paclitaxel",
    "MESH:D008751": "methylene_blue_pdt",
    "MESH:C000625192": "anlotinib",
    "MESH:D018943": "doxorubicin;mitoxantrone",
    "MESH:C004965": "hypericin_pdt",
    "MESH:D000077547": "crizotinib",
    "MESH:D043823": "paclitaxel;docetaxel",
    "MESH:D004317": "doxorubicin",
    "MESH:D007495": "iridium",
    "MESH:C548378": "bemcentinib",
    "MESH:C000613593": "durvalumab",
    "MESH:D015034": "zno",
    "MESH:C000596361": "osimertinib",
    "MESH:C586847": "ceritinib",
    "MESH:D000077143": "docetaxel",
    "NCBIGene:2064": "trastuzumab_deruxtecan",
    "NCBIGene:1048": "tusamitamab_ravtansine",
    "MESH:D009503": "mtt_neu;gamma_neu",
    "MESH:D000743": "k_ery;k_hb",
}
NOT_YET = "not in the present model: "
EVENT = "drawn in a trial at the published rates of its drugs and without effect on the cascade"
# why an entity is context only
CONTEXT = {
    "NCBIGene:7124": "one effector cytokine, interferon gamma, stands for the group",
    "NCBIGene:207": NOT_YET + "type II trafficking",
    "NCBIGene:2358": "lower-affinity branch beside FPR1",
    "NCBIGene:50873": "mouse gene of mitophagy, upstream of what is modelled",
    "NCBIGene:5467": "no role in ICD; probably a false hit",
    "NCBIGene:4790": "transcription step inside PD-L1 induction",
    "NCBIGene:6774": "brake of interferon inside its production constant",
    "MESH:D009362": "new lesions are an outcome of the trial, not a state of the model",
    "MESH:D057772": NOT_YET + "photodynamic therapy",
    "MESH:D011014": EVENT,
    "MESH:D008175": "parent of the disease modelled",
    "MESH:D017563": EVENT,
    "MESH:D007239": "analogy only",
    "MESH:D064147": EVENT,
    "alarmin:stage-IB-IIIA": "selection of patients, in the trial file",
    "MESH:D005767": EVENT,
    "GO:0051882": "step upstream of commitment to die",
    "MESH:D007249": "a word for the state of the micro-environment",
    "MESH:D004342": EVENT,
    "alarmin:stage-III": "selection of patients, in the trial file",
    "MESH:D001943": "another disease, in cited evidence",
    "MESH:D000505": EVENT,
    "MESH:D006861": "a reactive oxygen species inside the stress term",
    "MESH:C031356": "a reactive oxygen species inside the stress term",
    "MESH:D026082": "a reactive oxygen species inside the stress term",
    "MESH:D008670": "a class, not a substance",
    "NCBITaxon:2740": "direction of effect not reported",
    "NCBITaxon:191303": "direction of effect not reported",
    "NCBITaxon:47715": NOT_YET + "microbiome",
    "NCBITaxon:10090": "host of mouse experiments",
    "NCBITaxon:239935": NOT_YET + "microbiome",
    "NCBITaxon:872": "direction of effect not reported",
    "NCBITaxon:9606": "host of the patient model",
    "alarmin:serine-threonine": "not an entity",
    "CVCL:0023": NOT_YET + "well setting",
    "CVCL:5653": NOT_YET + "mouse setting",
}
PREFIXES = {"cellosaurus:CVCL_": "CVCL:", "dbSNP:": "DBSNP:"}


def normalise(row: dict[str, str]) -> str:
    """Give an entity's identifier with the prefixes that Bioregistry prefers."""
    identifier = row["identifier"] or row["symbol"]
    for old, new in PREFIXES.items():
        identifier = identifier.replace(old, new)
    return identifier


def build_entities() -> tuple[list[Cells], list[Cells]]:
    """Make one row per entity, and one correction per identifier that was put right."""
    entities, corrections = [], []
    for row in read_shared("entities"):
        tagged = normalise(row)
        entity_id, category, reason = PUT_RIGHT.get(tagged, (tagged, CATEGORIES[row["category"]], ""))
        symbol, name, aliases = RENAMED.get(entity_id, (row["symbol"], row["name"], row["aliases"]))
        entities.append(
            {
                "id": entity_id,
                "category": category,
                "name": name,
                "symbol": symbol,
                "species": row["species"],
                "aliases": aliases.replace("|", ";"),
                "role": ROLES.get(entity_id, row["role_in_icd"]),
                "same_as": SAME_AS.get(entity_id, ""),
                "knobs": KNOBS.get(entity_id, ""),
                "context_only": "" if SAME_AS.get(entity_id) else CONTEXT.get(entity_id, ""),
                "note": NOTES.get(entity_id, reason),
            }
        )
        if reason:
            corrections.append(
                {
                    "table": "entities",
                    "row": entity_id,
                    "column": "id",
                    "old": row["identifier"] or tagged,
                    "new": entity_id,
                    "outcome": "corrected",
                    "place": reason,
                }
            )
    return entities, corrections
