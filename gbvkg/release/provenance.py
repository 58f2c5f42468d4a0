"""Where a release comes from, as statements of PROV-O, in its own named graph.

One activity used the input files, each with its checksum (SPDX, as DCAT 3 does), and the parts that they
make up, each with its version, and generated the release. What a release holds about itself cannot include
its own hash: that is the manifest's work. This module refuses the clock, the user and the machine: the
activity has no time, and two builds give the same statements.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from urllib.parse import quote

from pyoxigraph import Literal, NamedNode

from gbvkg import __version__, formats
from gbvkg.project import Project
from gbvkg.release.inputs import Input
from gbvkg.release.used import Used
from gbvkg.release.writers import WRITERS
from gbvkg.sources.statement import Place, Statement
from gbvkg.vocabulary import expand

GRAPH = "id/graph/provenance"
"""Path, after the base IRI, of the graph with these statements."""

FINDINGS_GRAPH = "id/graph/findings"
"""The same of the graph with the findings that are published along."""

_NOWHERE = Place("")


def statements(
    project: Project,
    dataset: str,
    issued: str,
    inputs: Sequence[Input],
    used: Mapping[str, Used],
    previous: str | None,
) -> list[Statement]:
    """The provenance of version ``project.version`` of ``dataset`` (an IRI)."""
    about = _About(project)
    return [
        Statement(NamedNode(s), NamedNode(expand(p)), o, NamedNode(project.base + GRAPH), _NOWHERE)
        for s, p, o in (
            *about.release(dataset, issued, previous),
            *about.activity(inputs, used),
            *about.agent(),
            *(row for each in inputs for row in about.input(each)),
            *(row for part, each in used.items() for row in about.part(part, each)),
            *(row for name in about.files() for row in about.file(name)),
        )
    ]


_Row = tuple[str, str, NamedNode | Literal]


class _About:
    def __init__(self, project: Project) -> None:
        self._id = f"{project.base}id"
        self._version = project.version
        self._release = f"{self._id}/release/{project.version}"
        self._activity = f"{self._id}/publication/{project.version}"
        self._agent = f"{self._id}/software/gbvkg-{__version__}"

    def release(self, dataset: str, issued: str, previous: str | None) -> Iterator[_Row]:
        version = self._version
        yield self._release, "rdf:type", _term("prov:Entity")
        yield from _labelled(self._release, f"Release {version}", f"Release {version}")
        yield self._release, "dcat:version", Literal(version)
        yield self._release, "dct:issued", Literal(issued, datatype=_term("xsd:date"))
        yield self._release, "prov:specializationOf", NamedNode(dataset)
        yield self._release, "prov:wasGeneratedBy", NamedNode(self._activity)
        if previous:
            yield self._release, "prov:wasRevisionOf", NamedNode(f"{self._id}/release/{previous}")

    def activity(self, inputs: Iterable[Input], used: Iterable[str]) -> Iterator[_Row]:
        yield self._activity, "rdf:type", _term("prov:Activity")
        texts = (f"Publicatie van release {self._version}", f"Publication of release {self._version}")
        yield from _labelled(self._activity, *texts)
        yield self._activity, "prov:wasAssociatedWith", NamedNode(self._agent)
        for each in inputs:
            yield self._activity, "prov:used", NamedNode(self._input(each.name))
        for part in used:
            yield self._activity, "prov:used", NamedNode(self._part(part))

    def agent(self) -> Iterator[_Row]:
        yield self._agent, "rdf:type", _term("prov:SoftwareAgent")
        yield from _labelled(self._agent, f"gbvkg {__version__}", f"gbvkg {__version__}")

    def input(self, each: Input) -> Iterator[_Row]:
        node = self._input(each.name)
        yield node, "rdf:type", _term("prov:Entity")
        yield from _labelled(node, each.name, each.name)
        yield from self._checksum(node, each.sha256)

    def part(self, name: str, each: Used) -> Iterator[_Row]:
        """A part of the project, as one thing with a version: a collection of input files."""
        node = self._part(name)
        yield node, "rdf:type", _term("prov:Collection")
        yield from _labelled(node, *_PARTS[name])
        if each.version is not None:
            yield node, "dcat:version", Literal(each.version)
        yield from self._checksum(node, each.sha256)
        for member in each.inputs:
            yield node, "prov:hadMember", NamedNode(self._input(member))

    def _checksum(self, node: str, sha256: str) -> Iterator[_Row]:
        checksum = f"{self._id}/checksum/sha256-{sha256}"
        yield node, "spdx:checksum", NamedNode(checksum)
        yield checksum, "rdf:type", _term("spdx:Checksum")
        yield checksum, "spdx:algorithm", _term("spdx:checksumAlgorithm_sha256")
        yield checksum, "spdx:checksumValue", Literal(sha256, datatype=_term("xsd:hexBinary"))

    def files(self) -> list[str]:
        return [f"dataset.{formats.RDF[name].extension}" for name in WRITERS]

    def file(self, name: str) -> Iterator[_Row]:
        node = f"{self._release}/{name}"
        yield node, "rdf:type", _term("prov:Entity")
        yield from _labelled(node, name, name)
        yield node, "dct:isPartOf", NamedNode(self._release)
        yield node, "prov:wasGeneratedBy", NamedNode(self._activity)

    def _input(self, name: str) -> str:
        return f"{self._release}/inputs/{quote(name)}"

    def _part(self, name: str) -> str:
        return f"{self._release}/used/{name}"


_PARTS = {
    "ontology": ("Ontologie en codelijsten", "Ontology and code lists"),
    "shapes": ("Regels", "Rules"),
    "context": ("JSON-LD-context", "JSON-LD context"),
    "queries": ("Vragen en afleidingen", "Queries and derivations"),
}
"""What the parts are called, in Dutch and English."""


def _labelled(node: str, nl: str, en: str) -> Iterator[_Row]:
    yield node, "rdfs:label", Literal(nl, language="nl")
    yield node, "rdfs:label", Literal(en, language="en")


def _term(curie: str) -> NamedNode:
    return NamedNode(expand(curie))
