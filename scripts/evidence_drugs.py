"""Drugs by every name they go under, and the inducer rows that speak of them."""

from evidence_files import Cells

# name: (other names, entity, inducers)
DRUGS = {
    "pembrolizumab": ("Keytruda;MK-3475;lambrolizumab", "MESH:C582435", "pembrolizumab"),
    "nivolumab": ("Opdivo;BMS-936558", "", ""),
    "atezolizumab": ("Tecentriq;MPDL3280A", "", ""),
    "durvalumab": ("Imfinzi;MEDI4736", "MESH:C000613593", "durvalumab"),
    "ipilimumab": ("Yervoy;MDX-010", "", ""),
    "tremelimumab": ("Imjudo;ticilimumab", "", ""),
    "cemiplimab": ("Libtayo;REGN2810", "", ""),
    "cisplatin": ("CDDP;Platinol", "MESH:D002945", "cisplatin"),
    "carboplatin": ("CBDCA;Paraplatin", "MESH:D016190", "carboplatin"),
    "oxaliplatin": ("Eloxatin", "", "oxaliplatin"),
    "platinum": ("platinum doublet", "MESH:D010984", ""),
    "pemetrexed": ("Alimta;LY231514", "", "pemetrexed"),
    "paclitaxel": ("Taxol", "MESH:D017239", "paclitaxel"),
    "nab-paclitaxel": ("Abraxane", "MESH:D017239", ""),
    "docetaxel": ("Taxotere", "MESH:D000077143", "docetaxel"),
    "gemcitabine": ("Gemzar", "", "gemcitabine"),
    "etoposide": ("VP-16", "", "etoposide"),
    "vinorelbine": ("Navelbine", "", ""),
    "vinblastine": ("", "", ""),
    "doxorubicin": ("Adriamycin", "MESH:D004317", "doxorubicin"),
    "mitoxantrone": ("Novantrone", "", "mitoxantrone"),
    "mitomycin C": ("mitomycin", "", "mitomycin-c"),
    "cyclophosphamide": ("Cytoxan", "", "cyclophosphamide"),
    "bortezomib": ("Velcade;PS-341", "", "bortezomib"),
    "lurbinectedin": ("Zepzelca;PM01183", "", "lurbinectedin"),
    "dactinomycin": ("actinomycin D", "", "dactinomycin"),
    "methotrexate": ("MTX", "", ""),
    "bleomycin": ("", "", ""),
    "bevacizumab": ("Avastin", "", ""),
    "ramucirumab": ("Cyramza;IMC-1121B", "", ""),
    "cetuximab": ("Erbitux", "", "cetuximab"),
    "crizotinib": (
        "Xalkori;PF-02341066",
        "MESH:D000077547",
        "crizotinib-r-high-dose-10-um;crizotinib-s",
    ),
    "ceritinib": ("Zykadia;LDK378", "MESH:C586847", "ceritinib"),
    "osimertinib": ("Tagrisso;AZD9291", "MESH:C000596361", "osimertinib"),
    "erlotinib": ("Tarceva", "", "erlotinib-gefitinib"),
    "gefitinib": ("Iressa;ZD1839", "", "erlotinib-gefitinib"),
    "afatinib": ("Gilotrif;BIBW 2992", "", ""),
    "bemcentinib": ("BGB324;R428", "MESH:C548378", "bemcentinib"),
    "anlotinib": ("AL3818", "MESH:C000625192", "anlotinib"),
    "olaparib": ("Lynparza;AZD2281", "", "parp-inhibitor-olaparib-talazoparib"),
    "talazoparib": ("Talzenna;BMN 673", "", "parp-inhibitor-olaparib-talazoparib"),
    "tusamitamab ravtansine": ("SAR408701", "MESH:D008453", "tusamitamab-ravtansine"),
    "trastuzumab deruxtecan": ("Enhertu;DS-8201", "", "trastuzumab-deruxtecan"),
    "datopotamab deruxtecan": ("Datroway;DS-1062", "", ""),
    "plinabulin": ("NPI-2358;BPI-2358", "", ""),
    "hydroxychloroquine": ("Plaquenil;HCQ", "", ""),
    "BI 2536": ("BI-2536", "", "plk1-inhibitor-bi-2536-type"),
    "thapsigargin": ("", "", "thapsigargin-tunicamycin-with-cisplatin"),
    "hypericin": ("", "MESH:C004965", "hypericin-pdt"),
    "methylene blue": ("methylthioninium", "MESH:D008751", "methylene-blue-pdt"),
}


def build_drugs() -> list[Cells]:
    """Make one row per drug."""
    return [
        {
            "id": f"drug:{name.replace(' ', '-')}",
            "name": name,
            "aliases": aliases,
            "entity": entity,
            "inducers": ";".join(f"ind:{inducer}" for inducer in inducers.split(";") if inducer),
        }
        for name, (aliases, entity, inducers) in DRUGS.items()
    ]
