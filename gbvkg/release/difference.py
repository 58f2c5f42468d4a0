"""What changed between two releases: per thing, in statements and in words.

Read from the published N-Quads and not from the stores, which change lexical forms. The provenance and
findings graphs are left out: they are about a release and not about the plans. Graphs are merged first, so a
statement that only moved to another graph did not change. No property is named here: the words come from the
labels that the releases publish, for a term of somebody else's vocabulary from their shapes, else from
``ontology/context.jsonld`` (what a fiche calls it), and otherwise it is said as prefixed name. This module
refuses to compare a release whose N-Quads or shapes are not those of its manifest.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, parse

from gbvkg.errors import ReleaseCorrupt, UsageError
from gbvkg.release import provenance
from gbvkg.release.fields import Fields, read_fields
from gbvkg.release.inputs import FOLDER
from gbvkg.release.labels import LABEL_PROPERTIES, Labels, reference
from gbvkg.release.manifest import QUADS, corrupt, read_manifest, sha256
from gbvkg.release.order import RDF_TYPE, natural, ordered, union
from gbvkg.release.tables import guarded
from gbvkg.release.writers import write_turtle
from gbvkg.sources.statement import Place, Statement
from gbvkg.vocabulary import LANGUAGES, context, expand, shrink

Term = NamedNode | Literal

SHAPES = f"{FOLDER}/shapes"
"""Where a release has the shapes that it was made with."""

DEPRECATED, REPLACED = expand("owl:deprecated"), expand("dct:isReplacedBy")
"""By which a thing says that it is no more, and what it is now."""

ABOUT_THE_RELEASE = (f"/{provenance.GRAPH}", f"/{provenance.FINDINGS_GRAPH}")
"""Ends of the names of the graphs that are not compared."""


@dataclass(frozen=True, slots=True)
class PropertyChange:
    """Values of one property in one language ("" for none) that went and that came."""

    property: str
    language: str
    removed: tuple[Term, ...]
    added: tuple[Term, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """One thing: ``kind`` is "added", "removed" or "changed"; ``cls`` is its first class or ""."""

    subject: str
    kind: str
    cls: str
    properties: tuple[PropertyChange, ...]

    @property
    def became(self) -> str:
        """ "withdrawn" or "merged" for a thing that is no more since ``new``, else "" (OWL 2 §5.5,
        owl:deprecated; DCMI, isReplacedBy).
        """
        if self.kind != "changed":
            return ""
        if self.came(REPLACED):
            return "merged"
        return "withdrawn" if any(value.value == "true" for value in self.came(DEPRECATED)) else ""

    def came(self, property_: str) -> tuple[Term, ...]:
        """The values of a property that came."""
        return tuple(value for each in self.properties if each.property == property_ for value in each.added)


@dataclass(frozen=True)
class Diff:
    """All changes from version ``old`` to ``new``, in the natural order of their subjects."""

    old: str
    new: str
    changes: tuple[Change, ...]
    labels: Labels

    @property
    def added(self) -> list[Change]:
        return self._of("added")

    @property
    def removed(self) -> list[Change]:
        return self._of("removed")

    @property
    def changed(self) -> list[Change]:
        return self._of("changed")

    @property
    def withdrawn(self) -> list[Change]:
        """The changed things that are no more, and became no other."""
        return [change for change in self.changed if change.became == "withdrawn"]

    @property
    def merged(self) -> list[Change]:
        """The changed things that are another now."""
        return [change for change in self.changed if change.became == "merged"]

    def words(self, change: Change, lang: str) -> list[str]:
        """The change as sentences in ``lang`` ("nl" or "en"): first what became of the thing, if it is no
        more.
        """
        name, words = _name(change, self.labels, lang), _WORDS[lang]
        if change.kind != "changed":
            return [f"{name}: {words[change.kind]}"]
        said = [_sentence(each, change.cls, self.labels, lang) for each in change.properties]
        if change.became:
            others = _listed(change.came(REPLACED), self.labels, lang) if change.became == "merged" else ""
            said.insert(0, f"{words[change.became]} {others}".strip())
        return [f"{name}: {each}" for each in said]

    def serialize(self, format: str, lang: str = "nl") -> str:
        """The diff as text, json, csv or ttl; ``lang`` is for text only, the others have both languages.

        Raises UsageError for another format.
        """
        if format not in FORMATS:
            known = ", ".join(FORMATS)
            raise UsageError(
                f'Onbekend formaat "{format}"; kies uit: {known}.',
                f'Unknown format "{format}"; choose from: {known}.',
            )
        return FORMATS[format](self, lang)

    def _of(self, kind: str) -> list[Change]:
        return [change for change in self.changes if change.kind == kind]


def diff(old: Path, new: Path) -> Diff:
    """What changed from the release in ``old`` to the one in ``new``.

    Raises ReleaseCorrupt when the N-Quads of one of them are not what its manifest says.
    """
    (before, old_version), (after, new_version) = map(sound_quads, (old, new))
    return compare(before, after, old_version, new_version)


def sound_quads(release: Path) -> tuple[Path, str]:
    """The N-Quads of a release, as its manifest knows them, and its version.

    Raises ReleaseCorrupt when they are missing or changed, when the shapes, which give words, are changed,
    and when the manifest is not one.
    """
    manifest, path = read_manifest(release), release / QUADS
    listed = {file.path: file.sha256 for file in manifest.files}
    if path.is_symlink() or not path.is_file() or sha256(path) != listed.get(QUADS):
        raise corrupt(release, [(f"{QUADS} is gewijzigd of ontbreekt", f"{QUADS} was changed or is missing")])
    known = {release / name: digest for name, digest in listed.items()}
    for shape in (release / SHAPES).rglob("*.ttl"):
        if shape.is_symlink() or not shape.is_file() or sha256(shape) != known.get(shape):
            raise corrupt(release, [(f"{SHAPES} is gewijzigd", f"{SHAPES} was changed")])
    return path, manifest.version


def compare(old_file: Path, new_file: Path, old: str, new: str) -> Diff:
    """The same for two canonical N-Quads files and their versions."""
    before, after = _triples(old_file), _triples(new_file)
    removed, added = _parsed(before - after), _parsed(after - before)
    labels = Labels(_parsed(_naming(after)), _fields(new_file.parent)).or_else(
        Labels(_parsed(_naming(before)), _fields(old_file.parent))
    )
    classes = _classes(before | after, {_subject(line) for line in before ^ after})
    there = [{_subject(line) for line in lines} for lines in (before, after)]
    changes = [
        Change(subject, _kind(subject, *there), classes.get(subject, ""), properties)
        for subject, properties in _grouped(removed, added)
    ]
    return Diff(old, new, tuple(changes), labels)


# --- reading
# ------------------------------------------------------------------------------------------------------


def _triples(path: Path) -> set[bytes]:
    """The lines of a canonical N-Quads file without their graphs, of the graphs that are compared."""
    ends = tuple(f"{end}>".encode() for end in ABOUT_THE_RELEASE)
    try:
        with path.open("rb") as file:
            parts = (line.rsplit(b" ", 2) for line in file)
            return {part[0] for part in parts if not part[1].endswith(ends)}
    except FileNotFoundError:
        raise ReleaseCorrupt(f"{path} ontbreekt.", f"{path} is missing.") from None


def _parsed(lines: Iterable[bytes]) -> list[Quad]:
    text = b"".join(line + b" .\n" for line in sorted(lines))
    return list(parse(text, format=RdfFormat.N_TRIPLES))


def _naming(lines: Iterable[bytes]) -> Iterator[bytes]:
    properties = {f"<{iri}>".encode() for iri in LABEL_PROPERTIES}
    return (line for line in lines if line.split(b" ", 2)[1] in properties)


def _fields(release: Path) -> Fields:
    """What the shapes that a release was made with call its fields."""
    try:
        return read_fields(release / SHAPES)
    except (SyntaxError, ValueError, OSError):
        raise corrupt(release, [(f"{SHAPES} is niet leesbaar", f"{SHAPES} cannot be read")]) from None


def _subject(line: bytes) -> str:
    return line[1 : line.index(b">")].decode()


def _classes(lines: Iterable[bytes], subjects: set[str]) -> dict[str, str]:
    """Of each subject the first class by name: of classes with a Dutch name there is one in practice."""
    types = (line for line in lines if line.split(b" ", 2)[1] == f"<{RDF_TYPE}>".encode())
    found: dict[str, str] = {}
    for quad in _parsed(line for line in types if _subject(line) in subjects):
        if isinstance(quad.subject, NamedNode) and isinstance(quad.object, NamedNode):
            found.setdefault(quad.subject.value, quad.object.value)
    return found


def _kind(subject: str, before: set[str], after: set[str]) -> str:
    if subject not in before:
        return "added"
    return "changed" if subject in after else "removed"


def _grouped(removed: list[Quad], added: list[Quad]) -> list[tuple[str, tuple[PropertyChange, ...]]]:
    found: dict[str, dict[tuple[str, str], tuple[list[Term], list[Term]]]] = {}
    for side, quads in enumerate((removed, added)):
        for subject, predicate, value, _ in quads:
            language = value.language or "" if isinstance(value, Literal) else ""
            key = ("" if predicate.value == RDF_TYPE else predicate.value, language)
            found.setdefault(subject.value, {}).setdefault(key, ([], []))[side].append(value)
    return [
        (
            subject,
            tuple(
                PropertyChange(iri or RDF_TYPE, language, tuple(went), tuple(came))
                for (iri, language), (went, came) in sorted(properties.items(), key=lambda row: row[0])
            ),
        )
        for subject, properties in sorted(found.items(), key=lambda row: natural(row[0]))
    ]


# --- words
# --------------------------------------------------------------------------------------------------------

_WORDS = {
    "nl": {
        "added": "toegevoegd", "removed": "verwijderd", "changed": "gewijzigd", "from": "van", "to": "naar",
        "and": "en", "nothing": "Niets gewijzigd.", "of": "Van release", "until": "naar",
        "withdrawn": "ingetrokken", "merged": "samengevoegd met",
    },
    "en": {
        "added": "added", "removed": "removed", "changed": "changed", "from": "from", "to": "to",
        "and": "and", "nothing": "Nothing changed.", "of": "From release", "until": "to",
        "withdrawn": "withdrawn", "merged": "merged with",
    },
}  # fmt: skip


@cache
def _own_words() -> dict[str, str]:
    """Prefixed name → the term that our data files use for it, the first of the table where there are
    more.
    """
    found: dict[str, str] = {}
    for term, meaning in context().items():
        name = meaning.get("@id") if isinstance(meaning, dict) else meaning
        if isinstance(name, str) and not term.startswith("@"):
            found.setdefault(name, term)
    return found


def _term(iri: str, labels: Labels, lang: str, cls: str = "") -> str:
    """What a class, or a property of things of ``cls``, is called: its label, the name of the field, our own
    word for it, or its prefixed name.
    """
    return labels.get(iri, lang, cls) or _own_words().get(shrink(iri)) or reference(iri)


def _name(change: Change, labels: Labels, lang: str) -> str:
    kind = _term(change.cls, labels, lang) if change.cls else ""
    label = labels.get(change.subject, lang)
    shown = f"{kind} {reference(change.subject)}".strip()
    return f"{shown} ({label})" if label else shown


def _sentence(change: PropertyChange, cls: str, labels: Labels, lang: str) -> str:
    words = _WORDS[lang]
    name = _term(change.property, labels, lang, cls)
    name = f"{name} ({change.language})" if change.language else name
    went, came = (_listed(values, labels, lang) for values in (change.removed, change.added))
    if went and came:
        return f"{name} {words['changed']} {words['from']} {went} {words['to']} {came}"
    return f"{name} {words['removed']}: {went}" if went else f"{name} {words['added']}: {came}"


def _listed(values: tuple[Term, ...], labels: Labels, lang: str) -> str:
    shown = [_shown(value, labels, lang) for value in values]
    return f" {_WORDS[lang]['and']} ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)


def _shown(value: Term, labels: Labels, lang: str) -> str:
    if isinstance(value, NamedNode):
        return labels.get(value.value, lang) or reference(value.value)
    plain = value.language or value.datatype.value == expand("xsd:string")
    return json.dumps(value.value, ensure_ascii=False) if plain else value.value


# --- formats
# ------------------------------------------------------------------------------------------------------


def _text(diff: Diff, lang: str) -> str:
    words = _WORDS[lang]
    counts = ", ".join(
        f"{len(changes)} {words[kind]}"
        for kind, changes in (("added", diff.added), ("removed", diff.removed), ("changed", diff.changed))
    )
    ended = [(diff.withdrawn, words["withdrawn"]), (diff.merged, words["merged"].partition(" ")[0])]
    told = ", ".join(f"{len(changes)} {word}" for changes, word in ended if changes)
    counts += f" ({told})" if told else ""
    head = f"{words['of']} {diff.old} {words['until']} {diff.new}: {counts}."
    lines = [line for change in diff.changes for line in diff.words(change, lang)]
    return "\n".join([head, "", *(lines or [words["nothing"]])]) + "\n"


def _json(diff: Diff, _: str) -> str:
    described = {
        "old": diff.old,
        "new": diff.new,
        "counts": {
            kind: len(getattr(diff, kind)) for kind in ("added", "removed", "changed", "withdrawn", "merged")
        },
        "changes": [_json_change(diff, change) for change in diff.changes],
    }
    return json.dumps(described, ensure_ascii=False, indent=1) + "\n"


def _json_change(diff: Diff, change: Change) -> dict[str, object]:
    return {
        "subject": change.subject,
        "kind": change.kind,
        "became": change.became,
        "class": change.cls,
        "label": diff.labels.both(change.subject),
        "words": {lang: diff.words(change, lang) for lang in LANGUAGES},
        "properties": [
            {
                "property": each.property,
                "label": diff.labels.both(each.property, change.cls),
                "language": each.language,
                "removed": [str(value) for value in each.removed],
                "added": [str(value) for value in each.added],
            }
            for each in change.properties
        ],
    }


_HEADER = (
    "kind", "subject", "subject_nl", "subject_en", "property", "property_nl", "property_en", "language",
    "operation", "value",
)  # fmt: skip


def _csv(diff: Diff, _: str) -> str:
    """One row per statement that came or went; ``guarded`` as the tables of a release are."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(_HEADER)
    for change in diff.changes:
        thing = [change.kind, change.subject, *(diff.labels.get(change.subject, lang) for lang in LANGUAGES)]
        for each in change.properties:
            names = [
                each.property,
                *(_term(each.property, diff.labels, lang, change.cls) for lang in LANGUAGES),
                each.language,
            ]
            for operation, values in (("removed", each.removed), ("added", each.added)):
                for value in values:
                    writer.writerow(map(guarded, [*thing, *names, operation, value.value]))
    return out.getvalue()


def _ttl(diff: Diff, _: str) -> str:
    """The Changeset vocabulary: a cs:ChangeSet per thing, with the statements that came and went reified."""
    out = io.BytesIO()
    write_turtle(union(ordered(_changesets(diff))), out)
    return out.getvalue().decode()


def _changesets(diff: Diff) -> Iterator[Statement]:
    for change in diff.changes:
        base = change.subject.partition("/id/")[0] + "/id/changeset"
        node = NamedNode(f"{base}/{diff.old}/{diff.new}/{_digest(change.subject)}")
        yield _statement(node, "rdf:type", NamedNode(expand("cs:ChangeSet")))
        yield _statement(node, "cs:subjectOfChange", NamedNode(change.subject))
        for lang in LANGUAGES:
            for words in diff.words(change, lang):
                yield _statement(node, "cs:changeReason", Literal(words, language=lang))
        yield from _reified(change, node)


def _reified(change: Change, node: NamedNode) -> Iterator[Statement]:
    for each in change.properties:
        for operation, values in (("cs:removal", each.removed), ("cs:addition", each.added)):
            for value in values:
                line = NamedNode(f"{node.value}/{_digest(f'{operation} {each.property} {value}')}")
                yield _statement(node, operation, line)
                yield _statement(line, "rdf:type", NamedNode(expand("rdf:Statement")))
                yield _statement(line, "rdf:subject", NamedNode(change.subject))
                yield _statement(line, "rdf:predicate", NamedNode(each.property))
                yield _statement(line, "rdf:object", value)


def _statement(subject: NamedNode, predicate: str, value: Term) -> Statement:
    return Statement(subject, NamedNode(expand(predicate)), value, NamedNode("urn:gbvkg:diff"), Place(""))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]


FORMATS: dict[str, Callable[[Diff, str], str]] = {"text": _text, "json": _json, "csv": _csv, "ttl": _ttl}
"""Format → its writer."""
