"""Configuration of the documentation. Nothing is fetched: neither while building nor while reading."""

import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "_ext"))

from cli_page import write_cli_page  # noqa: E402
from experiment_tables import write_experiment_tables  # noqa: E402
from exposure_tables import write_exposure_tables  # noqa: E402
from model_pages import write_model_pages  # noqa: E402
from plasma_tables import write_plasma_table  # noqa: E402
from potency_tables import write_potency_tables  # noqa: E402
from regimen_page import write_regimen_page  # noqa: E402
from survival_tables import write_survival_tables  # noqa: E402
from trial_tables import write_trial_tables  # noqa: E402

import alarmin  # noqa: E402

# Pages that follow from the program itself are written anew for each build.
write_model_pages(HERE / "_generated" / "model")
write_cli_page(HERE / "_generated" / "cli.md")
write_regimen_page(HERE / "_generated" / "regimens.md")
write_experiment_tables(HERE / "_generated", HERE / "experiments_result.json")
write_exposure_tables(HERE / "_generated")
write_trial_tables(HERE / "_generated", HERE / "trials_result.json")
write_plasma_table(HERE / "_generated", HERE / "plasma_result.json")
write_potency_tables(HERE / "_generated", HERE / "potency_result.json")
write_survival_tables(HERE / "_generated", HERE / "survival_result.json")

project = "Alarmin"
author = "The Alarmin developers"
copyright = "The Alarmin developers, Apache-2.0"
release = alarmin.__version__

extensions = ["myst_parser"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
exclude_patterns = ["_build"]
nitpicky = True

html_theme = "pydata_sphinx_theme"
html_title = "Alarmin"
html_static_path = ["_static"]
html_css_files = ["alarmin.css"]
html_copy_source = False
html_theme_options = {"navigation_with_keys": False, "show_nav_level": 1, "navigation_depth": 2}
# The model's pages hold long equations and wide tables: they have the room of the right sidebar too.
html_theme_options["secondary_sidebar_items"] = {"_generated/**": [], "[!_]**": ["page-toc"]}
