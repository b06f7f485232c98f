"""Build the package's tables of facts from the shared inputs.

For maintainers; run from the root of the project: `python scripts/evidence_build.py`.
"""

from alarmin.evidence.tables import TABLES
from evidence_bench import build_assays, build_inducers, build_perturbations, build_rules
from evidence_cascade import build_claims, build_scores, build_steps
from evidence_corrections import build_corrections
from evidence_drugs import build_drugs
from evidence_dynamics import build_after_progression, build_dynamics
from evidence_entities import build_entities
from evidence_facts import (
    build_baseline,
    build_exposure,
    build_parameters,
    build_plasma,
    build_potency,
    build_toxicity,
)
from evidence_files import SCRIPTS, write
from evidence_km import build_checks, build_km
from evidence_map import build_adverse_events, build_choices, build_gene_sets, build_relations
from evidence_sources import Bibliography
from evidence_trials import build_arms, build_results, build_trials

ENTITIES_READ = "2026-11-23"


def main() -> None:
    """Write every table, the sources last because the others name them."""
    books = Bibliography(SCRIPTS / "evidence_bibliography.csv")
    entities, put_right = build_entities()
    curves, points = build_km(books)
    toxicity = build_toxicity(books)
    sets, genes = build_gene_sets(books)
    built = {
        "entities": entities,
        "drugs": build_drugs(),
        "inducers": build_inducers(books),
        "assays": build_assays(books),
        "perturbations": build_perturbations(books),
        "steps": build_steps(books),
        "rules": build_rules(books),
        "relations": build_relations(books),
        "choices": build_choices(books),
        "trials": build_trials(books),
        "arms": build_arms(),
        "results": build_results(books),
        "km_curves": curves,
        "km_points": points,
        "km_checks": build_checks(),
        "lesion_dynamics": build_dynamics(books) + build_after_progression(books),
        "baseline": build_baseline(books),
        "plasma_damps": build_plasma(books),
        "adverse_events": build_adverse_events(toxicity),
        "parameters": build_parameters(books),
        "exposure": build_exposure(books),
        "potency": build_potency(books),
        "toxicity": toxicity,
        "gene_sets": sets,
        "gene_set_genes": genes,
        "cohort_scores": build_scores(),
        "cohort_claims": build_claims(books),
        "corrections": build_corrections(put_right, ENTITIES_READ),
    }
    built["sources"] = books.table()
    for name, rows in built.items():
        write(name, rows, TABLES[name].model_fields)


if __name__ == "__main__":
    main()
