"""Print the audit into the page on evidence.

For maintainers; run from the root of the project: `python scripts/evidence_docs.py`.
"""

import re

from alarmin.cli.evidence_text import audit_report
from alarmin.evidence.audit import audit
from evidence_files import ROOT

PAGE = ROOT / "docs" / "evidence.md"


def main() -> None:
    """Replace what stands between the marks."""
    block = f"<!-- audit -->\n```text\n{audit_report(audit())}\n```\n<!-- /audit -->"
    text = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(
        re.sub(r"<!-- audit -->.*<!-- /audit -->", lambda _: block, text, flags=re.S), encoding="utf-8"
    )


if __name__ == "__main__":
    main()
