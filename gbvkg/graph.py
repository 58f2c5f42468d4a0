"""The project folder → one dataset of named graphs in which every statement knows its place.

Files are read in one fixed order, so the same input gives the same statements. This module refuses to judge
the data: it reports only what reading can know (stages FILE, CELL and LIST), and it adds nothing that no file
says.
"""

from __future__ import annotations

import gc
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from pyoxigraph import Literal, NamedNode, Quad, Store

from gbvkg import sources
from gbvkg.findings import Finding, check_rule
from gbvkg.project import Project
from gbvkg.sources import METADATA, Triple, yaml_reader
from gbvkg.sources.files import LIMITS, Limits
from gbvkg.sources.files import data_files as files_below
from gbvkg.sources.meant import Meant
from gbvkg.sources.reading import Reading
from gbvkg.sources.rules import Refused, Rule, breach, choose_from, did_you_mean, nearest, quoted
from gbvkg.sources.statement import Object, Place, Statement, Subject
from gbvkg.sources.unread import Unread, gather
from gbvkg.sources.unread import kind_of as _kind
from gbvkg.sources.yaml_reader import Thing
from gbvkg.vocabulary import BASE, prefixes

if TYPE_CHECKING:
    import rdflib

Progress = Callable[[int, int, str], None]
"""Called with files done, files in all, and the name of the file at hand."""

_ONTOLOGY = ("gbv.ttl", "code-lists/*.ttl", "alignments/*.ttl")
_RULES = f"{BASE}ns/shapes#"
_TYPE = NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
_CLASSES = {
    NamedNode("http://www.w3.org/2002/07/owl#Class"),
    NamedNode("http://www.w3.org/2000/01/rdf-schema#Class"),
}
_MANY = 400
_UNREAD = ("LICENSE*", "README*")


@dataclass(frozen=True)
class SourceFile:
    """A file to read and its name relative to the project, with "/"."""

    path: Path
    shown: str


class Dataset:
    """All statements of a project, in file order. A value: nothing changes a dataset once it is made."""

    def __init__(
        self, project: Project, statements: list[Statement], files: dict[str, Path] | None = None
    ) -> None:
        self.project = project
        self.statements = statements
        self._files = files or {}
        self._places: dict[str, dict[Triple, Place]] = {}

    def graphs(self) -> list[NamedNode]:
        """The names of the named graphs, sorted."""
        return sorted({s.graph for s in self.statements}, key=lambda node: node.value)

    def store(self) -> Store:
        """All named graphs in memory; a store canonicalises literals, so publish from ``statements``."""
        return self._store

    @cached_property
    def _store(self) -> Store:
        store = Store()
        store.bulk_extend(Quad(s.subject, s.predicate, s.object, s.graph) for s in self.statements)
        return store

    @cached_property
    def _by_subject(self) -> dict[Subject, list[Statement]]:
        index: dict[Subject, list[Statement]] = {}
        for statement in self.statements:
            index.setdefault(statement.subject, []).append(statement)
        return index

    def place(
        self, subject: Subject, predicate: NamedNode | None = None, object: Object | None = None
    ) -> Place | None:
        """Where the first statement that matches was written: of the given object, else predicate, else where
        the subject is said to be what it is (rdf:type), else anywhere about it.

        None when nothing in the dataset is about ``subject``.
        """
        found = self._by_subject.get(subject, [])
        for wanted in (
            [s for s in found if s.predicate == predicate and s.object == object],
            [s for s in found if s.predicate == predicate],
            [s for s in found if s.predicate == _TYPE],
            found,
        ):
            if wanted:
                return self.exact_place(wanted[0])
        return None

    def exact_place(self, statement: Statement) -> Place:
        """The place of ``statement`` with line and column; the first call scans its Turtle file."""
        place = statement.place
        if place.line or not place.file.endswith(".ttl") or place.file not in self._files:
            return place
        if place.file not in self._places:
            found = sources.turtle_places(self._files[place.file], self.project, place.file)
            self._places[place.file] = found
        return self._places[place.file].get(statement[:3], place)

    def rdflib(self) -> rdflib.Graph:
        """The union of all graphs for the reference engines; lexical forms stay as written."""
        from rdflib import Graph, URIRef
        from rdflib import Literal as RdflibLiteral

        graph = Graph()
        for prefix, namespace in prefixes().items():
            graph.bind(prefix, namespace, replace=True)
        terms: dict[Object, URIRef | RdflibLiteral] = {}
        for statement in self.statements:
            triple = []
            for term in statement[:3]:
                if term not in terms:
                    terms[term] = _rdflib_term(term, URIRef, RdflibLiteral)
                triple.append(terms[term])
            graph.add(tuple(triple))  # type: ignore[arg-type]
        return graph

    def with_statements(self, extra: Iterable[Statement]) -> Dataset:
        """This dataset and ``extra`` after it; this one stays as it is."""
        return Dataset(self.project, [*self.statements, *extra], self._files)


def _rdflib_term(
    term: Object, iri: type[rdflib.URIRef], literal: type[rdflib.Literal]
) -> rdflib.URIRef | rdflib.Literal:
    if isinstance(term, Literal):
        if term.language:
            return literal(term.value, lang=term.language)
        plain = term.datatype.value == "http://www.w3.org/2001/XMLSchema#string"
        return literal(term.value, datatype=None if plain else iri(term.datatype.value), normalize=False)
    return iri(term.value)


@dataclass
class Loaded:
    """The dataset, and what reading found wrong with it, sorted.

    ``deferred`` are findings that ``findings`` tell already: the same value at the same place about another
    thing, and references to what ``unread`` may have described. They silence what follows from them all
    the same.

    With a cache, ``changed`` names the files that differ from the run that filled it (also the removed ones;
    None on its first run) and ``before`` has their statements of then. ``state`` and ``previous_state``
    identify all that was read now and then: what somebody else keeps about an earlier run is about
    ``previous_state`` or of no use. A reading is not ``whole`` when it leaves out what repeats an IRI; then
    what is said depends on more than each file by itself, and nothing may be kept about it.
    """

    dataset: Dataset
    findings: list[Finding] = field(default_factory=list)
    deferred: list[Finding] = field(default_factory=list)
    unread: Unread = field(default_factory=Unread)
    changed: frozenset[str] | None = None
    before: list[Statement] = field(default_factory=list)
    state: str = ""
    previous_state: str = ""
    whole: bool = True


def load(
    project: Project, progress: Progress | None = None, cache: Path | None = None, limits: Limits = LIMITS
) -> Loaded:
    """Everything the project's ontology and data folders say. Never raises for what a source file holds.

    ``cache`` is a folder of gbvkg's own; with it a file that did not change is not parsed again, and the
    result is the same. Raises ProjectError when the term table or the identifier table is broken.
    """
    with _without_collection():
        return _load(project, progress, cache, limits)


@contextmanager
def _without_collection() -> Iterator[None]:
    """Pauses the search for reference cycles: a million statements hold none, and searching them is not
    linear."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _load(project: Project, progress: Progress | None, cache: Path | None, limits: Limits) -> Loaded:
    files = [*ontology_files(project), *data_files(project)]
    memory = _Memory(project, cache, limits) if cache else None
    readings = []
    for n, file in enumerate(files, 1):
        if memory:
            readings.append(memory.read(file))
        else:
            readings.append(sources.read_source(file.path, project, file.shown, limits))
        if progress:
            progress(n, len(files), file.shown)
    loaded = _assemble(project, files, readings)
    return memory.finish(loaded) if memory else loaded


class _Memory:
    """Reading with a cache, and what that tells about the run before."""

    def __init__(self, project: Project, folder: Path, limits: Limits) -> None:
        from gbvkg.sources.cache import ReadingCache  # only a run with a cache pays for importing SQLite

        self.project = project
        self.limits = limits
        self.cache = ReadingCache(folder, f"{sources.cache_key(project)} {limits}")
        self.digests: dict[str, str] = {}
        self.changed: set[str] = set()
        self.before: list[Statement] = []
        self.whole = bool(self.cache.digests)  # whether all that the run before read is still known

    def read(self, file: SourceFile) -> Reading:
        try:
            content = sources.open_source(file.path, self.project, file.shown, self.limits)
        except Refused as refused:
            return self._renew(file.shown, "", Reading(findings=[refused.finding]))
        digest = sources.digest_of(content, file.path, self.project, file.shown, self.limits)
        if self.cache.digests.get(file.shown) == digest:
            kept = self.cache.get(file.shown)
            if kept is not None:
                self.digests[file.shown] = digest
                return kept
        reading = sources.read_content(content, file.path, self.project, file.shown, self.limits)
        return self._renew(file.shown, digest, reading)

    def _renew(self, shown: str, digest: str, reading: Reading) -> Reading:
        self._forget(shown)
        self.digests[shown] = digest
        self.cache.put(shown, digest, reading)
        return reading

    def _forget(self, shown: str) -> None:
        self.changed.add(shown)
        old = self.cache.get(shown)
        self.before += old.statements if old else []
        self.whole &= old is not None or shown not in self.cache.digests

    def finish(self, loaded: Loaded) -> Loaded:
        for shown in sorted(set(self.cache.digests) - set(self.digests)):
            self._forget(shown)
            self.cache.drop(shown)
        if self.whole and loaded.whole:
            loaded.changed = frozenset(self.changed)
            loaded.before = self.before
            loaded.previous_state = self.cache.state(self.cache.digests)
        loaded.state = self.cache.state(self.digests) if loaded.whole else ""
        self.cache.close()
        return loaded


def _assemble(project: Project, files: list[SourceFile], readings: list[Reading]) -> Loaded:
    statements = [statement for reading in readings for statement in reading.statements]
    findings = [finding for reading in readings for finding in reading.findings]
    things = [thing for reading in readings for thing in reading.things]
    table = sources.identifiers(project)
    repeated = yaml_reader.repetitions(things, findings, table)
    promises = {file.shown: table.promise_of(file.shown.removeprefix("data/")) for file in files}
    own = {shown: f"{parent}/{key}" for shown, (owner, parent, key) in promises.items() if owner}
    if repeated:
        used = {thing.reference for thing in things} | set(own.values())
        findings = yaml_reader.renumber(
            findings, repeated, used, lambda shown: own.get(shown, ""), statements
        )
        things, statements = yaml_reader.leave_out(repeated, things, statements)
    dataset = Dataset(project, statements, {file.shown: file.path for file in files})
    meant = Meant(statements, sources.context(project), project.base)
    findings = [meant.worded(finding) for finding in findings]
    findings += _without_class(dataset, things)
    unread = _unread(dataset, zip(files, readings, strict=True), things, repeated)
    findings += _texts_of_nothing(dataset, files, unread)
    references = _unknown_references(dataset, _described(files, readings), unread, meant)
    told, deferred = _once(
        each for each in references if not unread or not unread.describes(each.value[1:-1])
    )
    deferred += [each for each in references if unread and unread.describes(each.value[1:-1])]
    findings = sorted([*findings, *told], key=Finding.sort_key)
    return Loaded(dataset, findings, deferred, unread, whole=not repeated)


def _once(references: Iterable[Finding]) -> tuple[list[Finding], list[Finding]]:
    """The first finding about each value at each place, and the others: a source that parts inherit is
    written once."""
    first: dict[tuple[str, Place | None], Finding] = {}
    again = []
    for finding in references:
        if first.setdefault((finding.value, finding.place), finding) is not finding:
            again.append(finding)
    return list(first.values()), again


def _unread(
    dataset: Dataset,
    readings: Iterable[tuple[SourceFile, Reading]],
    things: list[Thing],
    repeated: list[yaml_reader.Repetition],
) -> Unread:
    """What could not be read; nothing is searched when no file has a fault."""
    taken = {repetition.thing.place.file for repetition in repeated}
    faulty = [(file.shown, reading) for file, reading in readings if reading.findings or file.shown in taken]
    if not faulty:
        return Unread(dataset.project.base)
    known = {_kind(subject.value) for subject in {s.subject for s in dataset.statements}}
    project = dataset.project
    references = {thing.reference for thing in things}
    found = gather(
        faulty, taken, project.base, sources.context(project), sources.identifiers(project), references
    )
    found.known = known
    return found


def _without_class(dataset: Dataset, things: list[Thing]) -> list[Finding]:
    """A finding for each thing of a class that neither the term table nor the ontology has, or of no class.

    A class that only the data declare has no rules, so a thing of it would escape them all.
    """
    terms = sources.context(dataset.project).classes
    strange = [(thing, name) for thing in things for name in thing.classes if name not in terms]
    silent = [thing for thing in things if not thing.classes]
    if not strange and not silent:
        return []
    classes = {NamedNode(iri) for iri in terms.values()} | _declared_classes(dataset.statements)
    typed = {s.subject for s in dataset.statements if s.predicate == _TYPE and s.object in classes}
    return [
        *(_strange_class(thing, name, dataset) for thing, name in strange if NamedNode(name) not in classes),
        *(_no_class(thing) for thing in silent if thing.node not in typed),
    ]


def _declared_classes(statements: list[Statement]) -> set[NamedNode]:
    return {
        s.subject
        for s in statements
        if s.predicate == _TYPE
        and s.object in _CLASSES
        and isinstance(s.subject, NamedNode)
        and s.place.file.startswith("ontology/")
    }


def _strange_class(thing: Thing, name: str, dataset: Dataset) -> Finding:
    place = dataset.place(thing.node, _TYPE, NamedNode(name)) if thing.node else None
    return breach(
        Rule.UNKNOWN_TYPE,
        place or thing.place,
        f"{quoted(name)} is geen soort ding dat gbvkg kent. Neem een klasse van de ontologie.",
        f"{quoted(name)} is not a kind of thing that gbvkg knows. Take a class of the ontology.",
        focus=thing.node.value if thing.node else "",
    )


def _no_class(thing: Thing) -> Finding:
    iri = thing.node.value if thing.node else ""
    return breach(
        Rule.MISSING_KEY,
        thing.place,
        f'Nergens staat wat voor ding {quoted(iri)} is. Vul "type" in, zoals Action.',
        f'Nothing says what kind of thing {quoted(iri)} is. Fill in "type", like Action.',
        focus=iri,
    )


def ontology_files(project: Project) -> list[SourceFile]:
    """The Turtle files of the ontology folder that become part of the dataset."""
    folder = project.folder("ontology")
    return [
        SourceFile(path, f"ontology/{path.relative_to(folder).as_posix()}")
        for pattern in _ONTOLOGY
        for path in sorted(folder.glob(pattern))
    ]


def data_files(project: Project) -> list[SourceFile]:
    """Every file below ``data/`` that is to be read, in the order of their names; hidden ones are left alone.

    The description of a table goes with its table; LICENSE and README are for people.
    """
    found = [SourceFile(path, _shown(path, project.root)) for path in files_below(project.data)]
    names = {file.shown for file in found}
    return [
        file
        for file in sorted(found, key=lambda file: file.shown.split("/"))
        if not any(fnmatchcase(file.path.name, pattern) for pattern in _UNREAD)
        and not (file.shown.endswith(METADATA) and file.shown.removesuffix(METADATA) in names)
    ]


def _shown(path: Path, root: Path) -> str:
    """The name of a file in messages: relative, with "/", and without characters that nobody could see."""
    name = path.relative_to(root).as_posix()
    return name if name.isprintable() else name.encode("unicode_escape").decode("ascii")


# --- references ---------------------------------------------------------------------------------------------


def _texts_of_nothing(dataset: Dataset, files: list[SourceFile], unread: Unread) -> list[Finding]:
    """A finding for each text file that is kept as the text of a thing that nothing describes, also not a
    file that is ``unread``."""
    texts = [
        (file.shown, sources.text_of(dataset.project, file.shown))
        for file in files
        if file.path.suffix == ".txt"
    ]
    described = {s.subject.value for s in dataset.statements} if texts else set()
    space = f"{dataset.project.base}id/"
    return [
        sources.read_by_nothing(shown)
        for shown, thing in texts
        if thing and space + thing not in described and not unread.describes(space + thing)
    ]


def _described(files: list[SourceFile], readings: list[Reading]) -> set[Object]:
    """Every thing and graph that a file says something of. A mapping says nothing of the things that it
    links, or a mistyped one would describe itself."""
    described: set[Object] = set()
    for file, reading in zip(files, readings, strict=True):
        if file.shown.endswith(sources.SSSOM):
            described.update(s.subject for s in reading.statements if s.predicate == _TYPE)
        else:
            described.update(s.subject for s in reading.statements)
        described.update(s.graph for s in reading.statements[:1])
    return described


def _unknown_references(
    dataset: Dataset, described: set[Object], unread: Unread, meant: Meant
) -> list[Finding]:
    """A finding for each use, by the project itself, of an IRI of its own or ours that nothing describes.

    For one that ``unread`` may have described nobody looks for the nearest right value.
    """
    project = dataset.project
    spaces = tuple(sorted({f"{project.base}id/", f"{BASE}id/", f"{BASE}ns#", _RULES}))
    whole = project.base == BASE and (project.root / "ontology").is_dir()
    foreign = "" if whole else "ontology/"  # our ontology names sources that only our own data describes
    unknown: dict[NamedNode, list[Statement]] = {}
    for statement in dataset.statements:
        for term in statement[1:3]:
            if term in described or not isinstance(term, NamedNode) or not term.value.startswith(spaces):
                continue
            if not foreign or not statement.place.file.startswith(foreign):
                unknown.setdefault(term, []).append(statement)
    if any(term.value.startswith(_RULES) for term in unknown):
        described |= _rules(project)
    known = _by_kind(described) if unknown else {}
    return [
        finding
        for term, users in unknown.items()
        if term not in described
        for finding in _findings_about(
            term, users, dataset, None if unread.describes(term.value) else meant, known
        )
    ]


def _rules(project: Project) -> set[Object]:
    """The IRIs of all shapes, rules and check queries: a waiver names one, and no graph describes them."""
    files = sorted(project.folder("shapes").glob("*.ttl"))
    read = (sources.read_source(file, project, f"shapes/{file.name}") for file in files)
    checks = (path.stem for path in (project.folder("queries") / "hygiene").glob("*.rq"))
    return {
        *(statement.subject for reading in read for statement in reading.statements),
        *(NamedNode(check_rule(name)) for name in checks),
    }


def _by_kind(described: Iterable[Object]) -> dict[str, list[str]]:
    kinds: dict[str, list[str]] = {}
    for iri in sorted(node.value for node in described):
        kinds.setdefault(_kind(iri), []).append(iri)
    return kinds


def _neighbours(iri: str, known: list[str], start: int) -> list[str]:
    """The last segments of the ``known`` (sorted) IRIs, of many only those around ``iri``: comparing costs
    time."""
    middle = bisect_left(known, iri)
    around = known if len(known) <= _MANY else known[max(middle - _MANY // 2, 0) : middle + _MANY // 2]
    return [other[start:] for other in around]


def _findings_about(
    term: NamedNode,
    users: list[Statement],
    dataset: Dataset,
    meant: Meant | None,
    known: dict[str, list[str]],
) -> list[Finding]:
    nl, en = _what_was_meant(term.value, users[0], dataset, meant, known) if meant else ("", "")
    return [
        breach(
            Rule.UNKNOWN_REFERENCE,
            dataset.exact_place(statement),
            f"{quoted(typed)} bestaat niet: geen enkel bestand beschrijft het.{nl}",
            f"{quoted(typed)} does not exist: no file describes it.{en}",
            focus=statement.subject.value,
            path=statement.predicate.value,
            value=str(term),
        )
        for statement in users
        for typed in (_as_typed(term.value, statement, dataset),)
    ]


def _what_was_meant(
    iri: str, user: Statement, dataset: Dataset, meant: Meant, known: dict[str, list[str]]
) -> tuple[str, str]:
    """The end of a message: a code of the list, the nearest of the same kind, all of a few, or a thing that
    is called so."""
    typed = _as_typed(iri, user, dataset)
    code = meant.code(user.predicate.value, typed)
    if code is not None:
        return code
    space = _kind(iri)
    candidates = _neighbours(iri, known.get(space, []), len(space))
    near = nearest(iri[len(space) :], candidates)
    if near:
        return did_you_mean(_as_typed(space + near, user, dataset))
    few = choose_from(candidates)
    return few if any(few) else meant.thing(user.predicate.value, typed.rpartition("/")[2])


def _as_typed(iri: str, statement: Statement, dataset: Dataset) -> str:
    """``iri`` as the author of ``statement`` writes it: in YAML a code of the list that the key takes, else
    what comes after ``id/``."""
    if statement.place.file.endswith((".yaml", ".yml")):
        for term in sources.context(dataset.project).properties.values():
            if term.vocab and term.node == statement.predicate and iri.startswith(term.vocab):
                return iri.removeprefix(term.vocab)
    return iri.removeprefix(f"{dataset.project.base}id/")
