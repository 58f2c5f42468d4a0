"""What a release says: every quad of it in published order, and what the writers need to know about it.

Worked out in memory before anything is written. This module refuses to touch the disk, apart from reading the
context and the shapes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from pyoxigraph import NamedNode, RdfFormat, Triple, parse

from gbvkg import reports
from gbvkg.errors import ProjectError
from gbvkg.project import Project
from gbvkg.release import provenance
from gbvkg.release.fields import Fields, read_fields
from gbvkg.release.gate import Judgement
from gbvkg.release.inputs import Input
from gbvkg.release.jsonld import Context
from gbvkg.release.labels import Labels
from gbvkg.release.order import RDF_TYPE, Row, ordered, union
from gbvkg.release.used import Used, read_used
from gbvkg.sources.statement import Place, Statement
from gbvkg.validation import Report
from gbvkg.vocabulary import expand


@dataclass(frozen=True)
class Content:
    """``dataset`` is the dataset's IRI, ``issued`` its date, ``previous`` the release before this one,
    ``used`` the versions of what it was made with.
    """

    project: Project
    report: Report
    inputs: list[Input]
    previous: Path | None
    dataset: str
    issued: str
    quads: list[Row]
    used: dict[str, Used]

    @cached_property
    def triples(self) -> list[Row]:
        """The union of all graphs."""
        return union(self.quads)

    @cached_property
    def context(self) -> Context:
        path = self.project.folder("ontology") / "context.jsonld"
        return Context(json.loads(path.read_text("utf-8"))["@context"])

    @cached_property
    def fields(self) -> Fields:
        return read_fields(self.project.folder("shapes"))

    @cached_property
    def labels(self) -> Labels:
        return Labels(self.triples, self.fields)


def content(project: Project, judgement: Judgement, inputs: list[Input], previous: Path | None) -> Content:
    """The judged dataset with the graphs of its findings and its provenance.

    Raises ReleaseError for data that cannot be published, ProjectError when no dataset with a date is
    described, or the version of what it is made with is no text.
    """
    read = judgement.dataset.statements
    dataset, issued = _described(read, project)
    before = previous.name if previous else None
    used = read_used(inputs)
    origin = provenance.statements(project, dataset, issued, inputs, used, before)
    quads = ordered([*read, *_findings(judgement.report, project), *origin])
    return Content(project, judgement.report, inputs, previous, dataset, issued, quads, used)


def _described(statements: Iterable[Statement], project: Project) -> tuple[str, str]:
    """IRI and date of issue of the project's dataset."""
    wanted = NamedNode(expand("dct:issued"))
    kind, cls = NamedNode(RDF_TYPE), NamedNode(expand("dcat:Dataset"))
    issued: dict[str, str] = {}
    datasets: set[str] = set()
    for subject, predicate, value, *_ in statements:
        if predicate == kind and value == cls:
            datasets.add(subject.value)
        elif predicate == wanted:
            issued.setdefault(subject.value, value.value)
    found = sorted(datasets & issued.keys())
    if not found:
        path = project.data / "dataset.yaml"
        raise ProjectError(
            f'{path}: "type: Dataset" of "issued" ontbreekt.',
            f'{path}: "type: Dataset" or "issued" is missing.',
        )
    return found[0], issued[found[0]]


def _findings(report: Report, project: Project) -> Iterator[Statement]:
    """The findings as the SHACL report has them, without their places: lines move when nothing changes."""
    graph, place = NamedNode(project.base + provenance.FINDINGS_GRAPH), NamedNode(expand("gbvsh:place"))
    text = reports.render(report, "ttl", "en", project)
    for subject, predicate, value, _ in parse(text, format=RdfFormat.TURTLE):
        assert not isinstance(subject, Triple)
        assert not isinstance(value, Triple)
        if predicate != place:
            yield Statement(subject, predicate, value, graph, Place("validation/report.ttl"))
