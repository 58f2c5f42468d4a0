"""Sources: YAML, Turtle and tables become statements that know their place.

``read`` is the one door. It always answers with statements and findings and never raises for what a file
holds: an unreadable, hostile or wrong file is a finding. Nothing is ever fetched from the network.
"""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from pyoxigraph import NamedNode

from gbvkg.findings import Finding
from gbvkg.project import Project
from gbvkg.sources import admission, turtle_reader, words, yaml_reader
from gbvkg.sources.context import Context, load_context
from gbvkg.sources.files import LIMITS, Limits, check_inside, decode, read_bytes
from gbvkg.sources.identifiers import Identifiers, load_identifiers
from gbvkg.sources.reading import Reading
from gbvkg.sources.rules import Enough, Refused, Rule, breach
from gbvkg.sources.statement import Object, Place, Statement, Subject
from gbvkg.vocabulary import BASE, packaged_root

if TYPE_CHECKING:
    from gbvkg.sources.csvw import Description

Triple = tuple[Subject, NamedNode, Object]

METADATA = "-metadata.json"
"""What the name of a CSVW description ends in, after the name of its table (CSVW §5.2)."""

SSSOM = ".sssom.tsv"
"""What the name of a mapping table ends in; its description is ``ontology/sssom-metadata.json``."""

_YAML, _TURTLE, _TABLES = {".yaml", ".yml"}, {".ttl"}, {".csv", ".tsv"}
_REFUSED = {
    ".rdf", ".owl", ".xml", ".trix", ".jsonld", ".json", ".trig", ".nt", ".nq", ".n3", ".html", ".xhtml",
    ".xlsx", ".xls", ".ods", ".docx", ".zip", ".gz",
}  # fmt: skip


def read(path: Path, project: Project, shown: str) -> tuple[list[Statement], list[Finding]]:
    """The statements and findings of one file; ``shown`` is its name relative to the project, with "/".

    A file that cannot be read gives no statement and one finding. Raises ProjectError only when the project's
    own term table or identifier table is broken.
    """
    reading = read_source(path, project, shown)
    return reading.statements, reading.findings


def read_source(path: Path, project: Project, shown: str, limits: Limits = LIMITS) -> Reading:
    """As ``read``, with the things that the file gives an identity, and with other ``limits`` when given."""
    try:
        return read_content(open_source(path, project, shown, limits), path, project, shown, limits)
    except Refused as refused:
        return Reading(findings=[refused.finding])


def open_source(path: Path, project: Project, shown: str, limits: Limits = LIMITS) -> bytes:
    """The bytes of a source file. Raises Refused when it is outside the project, no file, or too large."""
    check_inside(path, root_of(path, project), shown)
    return read_bytes(path, shown, size_limit(shown, limits))


def read_content(
    content: bytes, path: Path, project: Project, shown: str, limits: Limits = LIMITS
) -> Reading:
    """As ``read_source``, for bytes that were already read from ``path``."""
    suffix = path.suffix.lower()
    try:
        if suffix in _YAML:
            return _read_yaml(decode(content, shown), project, shown, limits)
        if suffix in _TURTLE:
            return _read_turtle(decode(content, shown), project, shown, limits)
        if suffix in _TABLES:
            return _read_table(decode(content, shown), path, project, shown, limits)
        if text_of(project, shown):
            decode(content, shown)
            return Reading()
        raise _no_reader(path, shown)
    except Refused as refused:
        return Reading(findings=[refused.finding])
    except RecursionError:  # the readers bound the depth themselves; this is what they may have missed
        return Reading(findings=[_too_deep(shown)])


def digest_of(content: bytes, path: Path, project: Project, shown: str, limits: Limits = LIMITS) -> str:
    """SHA-256 of all in the data folder that decides what the file says: itself and its description."""
    digest = sha256(content)
    if path.suffix.lower() in _TABLES and not shown.endswith(SSSOM):
        try:
            digest.update(b"\0" + _open_description(path, project, shown, limits))
        except Refused as refused:  # reading the table will say so; here it only has to differ
            digest.update(b"\1" + refused.finding.message["en"].encode())
    return digest.hexdigest()


def cache_key(project: Project) -> str:
    """A digest of everything outside the data folder that decides what a file says."""
    from gbvkg.sources.cache import key_of  # only a run with a cache pays for importing SQLite

    names = ("context.jsonld", "identifiers.yaml", "sssom-metadata.json", *words.FILES)
    paths = [project.folder("ontology") / name for name in names]
    return key_of([project.base.encode(), *(path.read_bytes() if path.is_file() else b"" for path in paths)])


def text_of(project: Project, shown: str) -> str:
    """``kind/key`` of the thing whose plain text the file is (``texts`` in identifiers.yaml), or ""."""
    return identifiers(project).text_of(shown.removeprefix("data/"))


def turtle_places(path: Path, project: Project, shown: str) -> dict[Triple, Place]:
    """Where each triple of a Turtle file first stands in it; {} when the file is no longer readable."""
    try:
        content = open_source(path, project, shown)
        found = turtle_reader.places(decode(content, shown), shown)
    except Refused:
        return {}
    statements = read_content(content, path, project, shown).statements
    placed = zip(reversed(statements), reversed(found), strict=True)
    return {statement[:3]: place for statement, place in placed}


def size_limit(shown: str, limits: Limits = LIMITS) -> int:
    """How many bytes a file of this name may have."""
    return limits.fiche_bytes if shown.lower().endswith((".yaml", ".yml")) else limits.table_bytes


def context(project: Project) -> Context:
    """The compiled term table of the project."""
    return load_context(project.folder("ontology") / "context.jsonld")


def identifiers(project: Project) -> Identifiers:
    """The identifier table of the project."""
    return load_identifiers(project.folder("ontology") / "identifiers.yaml")


def graph_of(project: Project, shown: str) -> NamedNode:
    """The named graph that the statements of the file ``shown`` belong to."""
    if shown.startswith("data/"):
        name = identifiers(project).graph_of(shown.removeprefix("data/"))
        return NamedNode(f"{project.base}id/graph/{quote(name)}")
    folder, _, rest = shown.removeprefix("ontology/").rpartition("/")
    name = {"code-lists": f"code-list/{rest.removesuffix('.ttl')}"}.get(folder, folder or "ontology")
    return NamedNode(f"{BASE}id/graph/{name}")


def root_of(path: Path, project: Project) -> Path:
    """The folder that ``path`` may not leave: the project, or the packaged one for what that lacks."""
    return project.root if path.is_relative_to(project.root) else packaged_root().resolve()


def _read_yaml(text: str, project: Project, shown: str, limits: Limits) -> Reading:
    known = context(project)
    reader = yaml_reader.YamlReader(
        known,
        identifiers(project),
        project.base,
        shown,
        graph_of(project, shown),
        lambda: words.words_of(project.folder("ontology"), known),
    )
    try:
        reader.read(text, limits)
    except Enough:
        return Reading(findings=reader.findings)
    statements = reader.statements
    admission.check(statements, project.base, lambda n: statements[n].place, reader.findings)
    return Reading(statements, reader.findings, reader.things)


def _read_turtle(text: str, project: Project, shown: str, limits: Limits) -> Reading:
    graph = graph_of(project, shown)
    statements = turtle_reader.read_turtle(text, shown, f"{project.base}id/", graph, limits)
    findings = turtle_reader.check_turtle(text, shown, statements, context(project))
    if shown.startswith("data/"):
        place = turtle_reader.lazy_places(text, shown)
        admission.check(statements, project.base, place, findings)
    else:
        statements = turtle_reader.skolemise(statements, BASE)
    blank = turtle_reader.refuse_blank_nodes(text, shown, statements)
    return Reading([], [*findings, blank]) if blank else Reading(statements, findings)


def _read_table(text: str, path: Path, project: Project, shown: str, limits: Limits) -> Reading:
    from gbvkg.sources.table_reader import TableReader

    sssom = shown.endswith(SSSOM)
    reader = TableReader(
        context(project),
        project.base,
        shown,
        graph_of(project, shown),
        _description(path, project, shown, limits),
        sssom,
    )
    try:
        reader.read(text, limits)
    except Enough:
        return Reading(findings=reader.findings, unread=sorted(reader.spaces()))
    except Refused as refused:
        return Reading(findings=[refused.finding], unread=sorted(reader.spaces()))
    statements = reader.statements
    admission.check(statements, project.base, lambda n: statements[n].place, reader.findings)
    return Reading(statements, reader.findings, unread=sorted(reader.unread), lost=sorted(reader.lost))


def _description(path: Path, project: Project, shown: str, limits: Limits) -> Description:
    from gbvkg.sources.csvw import parse_description

    delimiter = "\t" if path.suffix.lower() == ".tsv" else ","
    if shown.endswith(SSSOM):
        file, name = project.folder("ontology") / "sssom-metadata.json", "ontology/sssom-metadata.json"
        text = decode(read_bytes(file, name, limits.fiche_bytes), name)
        return parse_description(text, name, "", delimiter)
    name = shown + METADATA
    text = decode(_open_description(path, project, shown, limits), name)
    return parse_description(text, name, path.name, delimiter)


def _open_description(path: Path, project: Project, shown: str, limits: Limits) -> bytes:
    """The bytes of the description of a table; Refused when there is none, or none that may be opened."""
    file, name = description_file(path), shown + METADATA
    if not file.exists():
        raise _no_description(shown, name)
    check_inside(file, root_of(path, project), name)
    return read_bytes(file, name, limits.fiche_bytes)


def description_file(path: Path) -> Path:
    """Where the CSVW description of the table ``path`` is."""
    return path.with_name(path.name + METADATA)


def _no_description(shown: str, name: str) -> Refused:
    return Refused(
        breach(
            Rule.TABLE_DESCRIPTION,
            Place(shown),
            f"De tabel heeft geen beschrijving. Voeg {name} toe (CSV on the Web).",
            f"The table has no description. Add {name} (CSV on the Web).",
        )
    )


def _too_deep(shown: str) -> Finding:
    return breach(
        Rule.TOO_DEEP,
        Place(shown),
        f"{shown} is te diep genest om gelezen te worden.",
        f"{shown} is nested too deep to be read.",
    )


def read_by_nothing(shown: str) -> Finding:
    """The finding about a file in the data folder that no reader and nothing else has a use for."""
    return breach(
        Rule.UNKNOWN_FILE,
        Place(shown),
        f"{shown} wordt door niets gelezen. Verplaats of verwijder het (alleen LICENSE* en README* mogen "
        "blijven).",
        f"{shown} is read by nothing. Move or remove it (only LICENSE* and README* may stay).",
    )


def _no_reader(path: Path, shown: str) -> Refused:
    if path.suffix.lower() in _REFUSED:
        return Refused(
            breach(
                Rule.FORMAT_REFUSED,
                Place(shown),
                f'Bestanden "{path.suffix}" worden niet gelezen. Lever YAML, Turtle of CSV/TSV met een '
                "CSVW-beschrijving.",
                f'Files "{path.suffix}" are not read. Supply YAML, Turtle or CSV/TSV with a CSVW '
                "description.",
            )
        )
    return Refused(read_by_nothing(shown))
