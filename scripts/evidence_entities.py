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
# parameters of the model that turn an entity on, off, up or down
KNOBS = {
    "NCBIGene:3146": "y_HMGB1;HMGB1_50",
    "NCBIGene:811": "k_CALR_on;CALR_50",
    "NCBIGene:301": "y_ANXA1;ANXA1_50",
    "NCBIGene:3456": "k_IFNb_stressed;k_IFNb_dying;IFNb_50",
    "MESH:D000255": "k_ATP_stressed;k_ATP_dying;ATP_50",
    "NCBIGene:9451": "k_ER_on",
    "NCBIGene:1965": "k_ER_on;k_ER_off",
    "NCBIGene:841": "k_CALR_on",
    "NCBIGene:10134": "k_CALR_on",
    "NCBIGene:581": "k_CALR_on;k_commit",
    "NCBIGene:578": "k_CALR_on;k_commit",
    "NCBIGene:596": "k_commit",
    "NCBIGene:836": "k_commit;k_lysis",
    "NCBIGene:24145": "k_ATP_stressed;k_ATP_dying",
    "NCBIGene:5027": "floor_ATP",
    "NCBIGene:2357": "floor_ANXA1",
    "NCBIGene:7099": "floor_HMGB1",
    "NCBIGene:7097": "floor_HMGB1",
    "NCBIGene:4615": "floor_HMGB1",
    "NCBIGene:4035": "floor_CALR",
    "NCBIGene:7098": "k_IFNb_stressed",
    "NCBIGene:115004": "k_IFNb_dying",
    "NCBIGene:340061": "k_IFNb_dying",
    "NCBIGene:29110": "k_IFNb_stressed;k_IFNb_dying",
    "NCBIGene:11277": "k_IFNb_dying",
    "NCBIGene:5133": "PD1_total;PD1_50",
    "NCBIGene:29126": "tps;PDL1_stained",
    "NCBIGene:3458": "k_IFNg_T8;k_IFNg_Th",
    "NCBIGene:3002": "k_kill",
    "NCBIGene:920": "k_prime_T4;nT4_clone_n",
    "NCBIGene:925": "k_prime_T8;nT8_clone_n",
    "MESH:C582435": "Kd_pembrolizumab;CL_pembrolizumab",
    "MESH:D002945": "AUC50_cisplatin;icd_platinum;CL_cisplatin",
    "MESH:D016190": "AUC50_carboplatin;icd_platinum;CL_carboplatin",
    "MESH:D010984": "icd_platinum",
    "MESH:D009369": "n_seed;k_growth",
    "MESH:D002289": "k_growth;C_max",
    "alarmin:ICD": "icd_platinum;icd_pemetrexed",
    "alarmin:cytotoxicity": "k_chemo",
    "DBSNP:rs121434569": "f_resistant;k_switch",
}
NOT_YET = "not in the present model: "
# why an entity is context only
CONTEXT = {
    "NCBIGene:7124": "one effector cytokine, interferon gamma, stands for the group",
    "NCBIGene:2064": NOT_YET + "HER2-directed therapy",
    "NCBIGene:114548": NOT_YET + "inflammasome; its effect lies inside the ATP response",
    "NCBIGene:207": NOT_YET + "type II trafficking",
    "NCBIGene:142": NOT_YET + "PARP inhibition",
    "NCBIGene:2358": "lower-affinity branch beside FPR1",
    "NCBIGene:558": NOT_YET + "AXL inhibition",
    "NCBIGene:1048": NOT_YET + "CEACAM5-directed conjugate",
    "NCBIGene:50873": "mouse gene of mitophagy, upstream of what is modelled",
    "NCBIGene:5467": "no role in ICD; probably a false hit",
    "NCBIGene:4790": "transcription step inside PD-L1 induction",
    "NCBIGene:3791": NOT_YET + "anti-angiogenic therapy",
    "NCBIGene:5347": NOT_YET + "PLK1 inhibition",
    "NCBIGene:3303": NOT_YET + "HSP70 as a signal of its own",
    "NCBIGene:3320": NOT_YET + "HSP90 as a signal of its own",
    "NCBIGene:1956": NOT_YET + "EGFR inhibition",
    "NCBIGene:238": NOT_YET + "ALK inhibition",
    "NCBIGene:5290": NOT_YET + "type II trafficking",
    "NCBIGene:3553": NOT_YET + "inflammasome; its effect lies inside the ATP response",
    "NCBIGene:6774": "brake of interferon inside its production constant",
    "MESH:D009362": "new lesions are an outcome of the trial, not a state of the model",
    "MESH:D000860": NOT_YET + "oxygen",
    "MESH:D057772": NOT_YET + "photodynamic therapy",
    "MESH:D011014": NOT_YET + "toxicity",
    "MESH:D008175": "parent of the disease modelled",
    "MESH:D017563": NOT_YET + "toxicity",
    "MESH:D000743": NOT_YET + "toxicity",
    "MESH:D007239": "analogy only",
    "MESH:D064147": NOT_YET + "toxicity",
    "alarmin:stage-IB-IIIA": "selection of patients, in the trial file",
    "MESH:D005767": NOT_YET + "toxicity",
    "GO:0051882": "step upstream of commitment to die",
    "MESH:D007249": "a word for the state of the micro-environment",
    "MESH:D004342": NOT_YET + "toxicity",
    "alarmin:stage-III": "selection of patients, in the trial file",
    "MESH:D001943": "another disease, in cited evidence",
    "MESH:D000505": "tolerability without effect on the cascade",
    "MESH:D009503": NOT_YET + "toxicity",
    "MESH:D006861": "a reactive oxygen species inside the stress term",
    "MESH:D008453": NOT_YET + "CEACAM5-directed conjugate",
    "MESH:D017239": NOT_YET + "taxanes",
    "MESH:C584311": "second messenger inside interferon production",
    "MESH:C031356": "a reactive oxygen species inside the stress term",
    "MESH:D008751": NOT_YET + "photodynamic therapy",
    "MESH:D026082": "a reactive oxygen species inside the stress term",
    "MESH:C000625192": NOT_YET + "anti-angiogenic therapy",
    "MESH:D018943": NOT_YET + "anthracyclines",
    "MESH:C004965": NOT_YET + "photodynamic therapy",
    "MESH:D017382": "inside the stress term",
    "MESH:D000077547": NOT_YET + "ALK inhibition",
    "MESH:D043823": NOT_YET + "taxanes",
    "MESH:D004317": NOT_YET + "anthracyclines",
    "MESH:D007495": NOT_YET + "metal complexes",
    "MESH:C548378": NOT_YET + "AXL inhibition",
    "MESH:C000613593": NOT_YET + "PD-L1 antibodies",
    "MESH:D015034": NOT_YET + "nanoparticles",
    "MESH:C000596361": NOT_YET + "EGFR inhibition",
    "MESH:C586847": NOT_YET + "ALK inhibition",
    "MESH:D000077143": NOT_YET + "taxanes",
    "MESH:D008670": "a class, not a substance",
    "MESH:D008070": "control substance of assays",
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
