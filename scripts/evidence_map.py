"""Relations, the model's choices where statements conflict, adverse events, gene sets."""

from evidence_files import Cells, read_shared, reword
from evidence_sources import Bibliography

CALR, ATP, HMGB1, ANXA1 = "NCBIGene:811", "MESH:D000255", "NCBIGene:3146", "NCBIGene:301"
# subject, predicate, object, context, citation, verified
RELATIONS = (
    (CALR, "binds", "NCBIGene:4035", "phagocytes", "10.1038/nm1523", "partial"),
    (CALR, "binds", "NCBIGene:7099", "dendritic cells, NSCLC", "10.3389/fonc.2021.743050", "yes"),
    (ATP, "binds", "NCBIGene:5027", "dendritic cells", "10.1038/nm.2028", "yes"),
    (HMGB1, "binds", "NCBIGene:7099", "dendritic cells", "10.1038/nm1622", "yes"),
    (HMGB1, "binds", "NCBIGene:7097", "dendritic cells and macrophages", "", "memory"),
    (ANXA1, "binds", "NCBIGene:2357", "dendritic cells", "10.1126/science.aad0779", "yes"),
    (ANXA1, "binds", "NCBIGene:2358", "resolving branch, lower affinity", "", "memory"),
    ("NCBIGene:3303", "binds", "NCBIGene:4035", "phagocytes", "", "memory"),
    ("MESH:C584311", "binds", "NCBIGene:340061", "cytosolic-DNA route", "PMID:25517616", "yes"),
    ("MESH:D008070", "binds", "NCBIGene:7099", "control of assays", "", "memory"),
    ("NCBIGene:29126", "binds", "NCBIGene:5133", "T cell and tumour cell", "12196291", "partial"),
    ("MESH:C582435", "binds", "NCBIGene:5133", "T cell", "27718847", "partial"),
    ("MESH:C000613593", "binds", "NCBIGene:29126", "tumour and myeloid cells", "28885881", "partial"),
    (
        "NCBIGene:11277",
        "brakes",
        "NCBIGene:3456",
        "above 12-18 Gy per fraction",
        "10.1038/ncomms15618",
        "yes",
    ),
    ("NCBIGene:6774", "brakes", "NCBIGene:3456", "interferon and CXCL10", "", "memory"),
    ("NCBIGene:596", "brakes", "NCBIGene:581", "mitochondrial step of death", "", "memory"),
)
# id, subject, object, conflict, choice, reason, citation
CHOICES = (
    (
        "cisplatin-calr",
        "ind:cisplatin",
        CALR,
        "highest DAMP index of five drugs in A549; no surface CALR and no vaccination in CT26",
        "little ER stress and CALR by platinum, as a range that reaches zero (icd_platinum)",
        "the vaccination is the proof of ICD, an in-vitro panel is not; a cell line may differ",
        "10.1186/s12885-020-06964-5; 10.1038/onc.2009.356",
    ),
    (
        "docetaxel-hmgb1",
        "ind:docetaxel",
        HMGB1,
        "no ATP or HMGB1 at 2.5-250 ng/ml; HMGB1-driven CD8 recruitment reported in NSCLC",
        "CALR without ATP and HMGB1 below the doses that kill",
        "the first is a measurement over many lines with dose; the second is one route in vivo",
        "PMC3663913; JITC 2019;7:42",
    ),
    (
        "radiation-dose-ifn",
        "ind:radiotherapy-1-x-20-30-gy",
        "NCBIGene:3456",
        "DAMPs other than IFN rise with the dose per fraction; IFN falls above 12-18 Gy",
        "TREX1 takes the interferon signal away above the threshold, the other signals stay",
        "dose response and both knock-down and forced expression of Trex1 agree",
        "10.1038/ncomms15618",
    ),
    (
        "hmgb1-plasma",
        "plasma:hmgb1-advanced-nsclc",
        HMGB1,
        "HMGB1 in plasma rises with therapy and is higher in progression and with burden",
        "plasma HMGB1 is read as burden plus death, never as proof of ICD",
        "stage I to IV spans 30-133 ng/ml without therapy",
        "10.1016/j.rmed.2009.05.019; 10.3390/diagnostics11020356",
    ),
    (
        "radiation-pdl1-order",
        "exp:P077",
        "NCBIGene:29126",
        "anti-PD-L1 works only when given with radiation in one model; the order does not matter in another",
        "no rule on order is built in; it must follow from the kinetics",
        "the two mouse models disagree, and PACIFIC and PACIFIC-2 differ in patients",
        "10.1158/0008-5472.CAN-14-1258; 10.3233/BLC-200315; PMC9015199",
    ),
    (
        "hypoxia-sign",
        "MESH:D000860",
        CALR,
        "hypoxia raises surface CALR; it also drives adenosine and suppressor cells",
        "both arms are kept apart",
        "CALR and CD47 were measured, the suppressive arm is known from elsewhere",
        "10.3892/ol.2019.10986",
    ),
    (
        "pemetrexed-clearance",
        "par:pemetrexed.CL",
        "par:pemetrexed.CL_alt",
        "8.3 L/h in a Chinese NSCLC cohort; 5.51 L/h in the label of 426 patients",
        "the label value",
        "it gives the exposure that was observed; the other would make it too low",
        "Cao 2022 Front Pharmacol 13:954242 (n=116 Chinese NSCLC); Latz 2006 Cancer Chemother Pharmacol",
    ),
)
# name, entity, causes, measure, toxicity models, note
ADVERSE_EVENTS = (
    (
        "neutropenia",
        "MESH:D009503",
        "chemotherapy, antibody-drug conjugates",
        "neutropenia_grade3plus",
        "neutropenia",
    ),
    ("febrile neutropenia", "MESH:D064147", "chemotherapy", "febrile_neutropenia", ""),
    ("anaemia", "MESH:D000743", "chemotherapy", "anaemia_grade3plus", ""),
    (
        "pneumonitis",
        "MESH:D011014",
        "radiotherapy, checkpoint inhibitors",
        "pneumonitis_any",
        "radiation-pneumonitis",
    ),
    (
        "interstitial lung disease",
        "MESH:D017563",
        "TKI, antibody-drug conjugates, checkpoint inhibitors",
        "pneumonitis_any",
        "",
    ),
    ("leukopenia", "", "chemotherapy", "", "leukopenia"),
    ("thrombocytopenia", "", "chemotherapy", "", "thrombocytopenia"),
    ("lymphopenia", "", "radiotherapy, chemotherapy", "", "radiation-lymphopenia"),
    ("infection", "MESH:D007239", "chemotherapy", "", ""),
    ("gastrointestinal reactions", "MESH:D005767", "chemotherapy", "", ""),
    ("hypersensitivity", "MESH:D004342", "taxanes, platinum, antibodies", "", ""),
    ("alopecia", "MESH:D000505", "taxanes, anthracyclines", "", ""),
    ("any event of grade 3 or more", "", "all", "ae_grade3plus", ""),
)
COPIES = {"2 independent sources": ("yes", 2), "1 source": ("partial", 1), "from memory": ("memory", "")}


def build_relations(bibliography: Bibliography) -> list[Cells]:
    """Make one row per statement that something binds or brakes something."""
    return [
        {
            "id": f"rel:{subject.split(':')[1]}-{predicate}-{target.split(':')[1]}",
            "subject": subject,
            "predicate": predicate,
            "object": target,
            "context": context,
            "sources": ";".join(bibliography.cite(citation)),
            "verified": verified,
        }
        for subject, predicate, target, context, citation, verified in RELATIONS
    ]


def build_choices(bibliography: Bibliography) -> list[Cells]:
    """Make one row per conflict that the model had to settle."""
    columns = ("id", "subject", "object", "conflict", "choice", "reason", "sources")
    return [
        dict(zip(columns, (f"choice:{row[0]}", *row[1:6], ";".join(bibliography.cite(row[6]))), strict=True))
        for row in CHOICES
    ]


def build_adverse_events(toxicity: list[Cells]) -> list[Cells]:
    """Make one row per adverse event, with the toxicity parameters that describe it."""
    return [
        {
            "id": f"ae:{name.replace(' ', '-')}",
            "name": name,
            "entity": entity,
            "causes": causes,
            "measure": measure,
            "models": ";".join(
                str(row["id"]) for row in toxicity if models and str(row["id"]).startswith(f"tox:{models}-")
            ),
        }
        for name, entity, causes, measure, models in ADVERSE_EVENTS
    ]


def build_gene_sets(bibliography: Bibliography) -> tuple[list[Cells], list[Cells]]:
    """Make one row per gene set and one per gene in it."""
    sets: dict[str, Cells] = {}
    genes: list[Cells] = []
    for row in read_shared("gene_sets"):
        verified, copies = COPIES.get(row["verified"], ("partial", ""))
        set_id = f"set:{row['set']}"
        sets.setdefault(
            set_id,
            {
                "id": set_id,
                "sources": ";".join(bibliography.cite(row["source_pmid"])),
                "verified": verified,
                "copies": copies,
                "note": reword(row["note"]),
            },
        )
        genes.append({"id": f"{set_id}/{row['gene_symbol']}", "gene_set": set_id, "gene": row["gene_symbol"]})
    return list(sets.values()), genes
