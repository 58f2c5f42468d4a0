"""The gate: what the readers refused is told once."""

from __future__ import annotations

import shutil
from pathlib import Path

from gbvkg.project import Project
from gbvkg.release import gate

EXAMPLE = Path(__file__).parent.parent / "examples" / "fictional-plan"


def test_a_reference_to_nothing_is_told_once(tmp_path: Path) -> None:
    """A wrong code gives the reader's finding at its place, and no check repeats it about derived triples."""
    shutil.copytree(EXAMPLE / "data", tmp_path / "data")
    fiche = tmp_path / "data" / "plans" / "vap-fictief" / "fiches" / "1.yaml"
    written = fiche.read_text("utf-8")
    assert "addressesForm: [IFG]" in written
    fiche.write_text(written.replace("addressesForm: [IFG]", "addressesForm: [SGGG]"), "utf-8")
    report = gate.judge(Project.open(tmp_path)).report
    told = [finding.rule.partition("#")[2] for finding in report.findings if "SGGG" in finding.value]
    assert told == ["ReadingUnknownReference"]
    assert not report.conforms
