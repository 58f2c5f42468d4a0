"""A test case as a fiche would say it: YAML with the keys of ``ontology/context.jsonld``.

The case stays what the tests hold the rule to; only its notation changes, so an example cannot be out of
date. A thing that a fiche writes inside another (``ontology/identifiers.yaml``) is written inside it, taken
from the background of the cases when the case itself does not describe it. This module refuses a case that
says what no key of a fiche can say: that one is shown as it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from pyoxigraph import Literal, NamedNode, RdfFormat, parse

from gbvkg.sources.context import Context, Term, load_context
from gbvkg.sources.identifiers import Identifiers, load_identifiers
from gbvkg.sources.lexical import expected, is_valid
from gbvkg.sources.meant import with_name
from gbvkg.vocabulary import LANGUAGES, expand, packaged_root, shrink

EXPECTED = "# The expected report"
Statements = dict[str, dict[str, list[NamedNode | Literal]]]
"""Subject → predicate → objects, all in the order of the file."""

_NATIVE = {"integer", "decimal", "boolean", "date", "gYear"}


@dataclass(frozen=True)
class Field:
    """A key of a fiche and, per language, what is written after it."""

    key: str
    owners: tuple[str, ...]
    value: dict[str, str]


def root() -> Path:
    return packaged_root() / "tests" / "cases"


def as_fiche(case: Path) -> str:
    """The things of a Turtle case as YAML; "" when a fiche has no words for them."""
    if case.suffix != ".ttl":
        return ""
    own = things(case)
    writer = _Writer(own, _background() if root() / "shapes" in case.parents else {})
    try:
        written = [writer.thing(subject, ()) for subject in own if not writer.is_inside(subject)]
    except _NotInAFiche:
        return ""
    content = written[0] if len(written) == 1 else written
    return yaml.dump(content, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=96)


def things(case: Path) -> Statements:
    """What a case states about its things, without the report that the tests expect."""
    text = case.read_text("utf-8").partition(EXPECTED)[0]
    return _statements(text, case.as_uri())


def told(case: Path) -> dict[str, str]:
    """What a case shows, per language: its entry's label, or its first comment "English. / Nederlands."."""
    text = case.read_text("utf-8", errors="replace")
    if EXPECTED in text:
        labels = _statements(text, case.as_uri()).get(f"{case.as_uri()}#{case.stem}", {})
        found = labels.get(expand("rdfs:label"), [])
        return {str(label.language): label.value for label in found if isinstance(label, Literal)}
    comments = [line.removeprefix("#").strip() for line in text.splitlines() if line.startswith("#")]
    en, slash, nl = next((line for line in comments if " / " in line), "").partition(" / ")
    return {"nl": nl, "en": en} if slash else {}


def field(cases: list[Path]) -> Field | None:
    """The key that the expected reports of ``cases`` are about; None when that is no key, or not one."""
    paths: set[str] = set()
    owners: dict[str, None] = {}
    for case in cases:
        if case.suffix == ".ttl" and as_fiche(case):
            about = _statements(case.read_text("utf-8"), case.as_uri())
            for result in _results(about):
                paths |= {path.value for path in result.get(expand("sh:resultPath"), [])}
                for focus in result.get(expand("sh:focusNode"), []):
                    classes = about.get(focus.value, {}).get(expand("rdf:type"), [])
                    owners |= {_context().class_name(cls.value): None for cls in classes}
    terms = [term for term in map(_term, paths) if term]
    return Field(terms[0].name, tuple(owners), _value(terms[0])) if len(terms) == len(paths) == 1 else None


def _results(about: Statements) -> list[dict[str, list[NamedNode | Literal]]]:
    return [said for said in about.values() if expand("sh:focusNode") in said]


def _value(term: Term) -> dict[str, str]:
    """What may stand after a key, in words."""
    if term.language_map:
        return {"nl": "een tekst per taal, onder nl: en en:", "en": "a text per language, under nl: and en:"}
    if term.vocab and (codes := _codes(term.vocab)):
        nl, en = (
            ", ".join(with_name(code, names.get(lang, "")) for code, names in codes) for lang in LANGUAGES
        )
        return {"nl": f"een code uit de lijst: {nl}", "en": f"a code from the list: {en}"}
    if term.coercion == "@vocab":
        return {"nl": "de naam van een sleutel", "en": "the name of a key"}
    if term.refers:
        return {
            "nl": "een verwijzing, of een ingesprongen blok zoals in het voorbeeld",
            "en": "a reference, or an indented block as in the example",
        }
    nl, en = expected(term.coercion)
    return {"nl": nl or "een tekst", "en": en or "a text"}


def _codes(vocab: str) -> list[tuple[str, dict[str, str]]]:
    """The codes of a list, sorted, each with its name per language."""
    path = packaged_root() / "ontology" / "code-lists" / f"{vocab.rstrip('/').rpartition('/')[2]}.ttl"
    if not path.is_file():
        return []
    found = []
    for about in _statements(path.read_text("utf-8"), path.as_uri()).values():
        names = [name for name in about.get(expand("skos:prefLabel"), []) if isinstance(name, Literal)]
        labels = {str(name.language): name.value for name in names}
        found += [(code.value, labels) for code in about.get(expand("skos:notation"), [])]
    return sorted(found, key=lambda row: row[0])


class _NotInAFiche(Exception):
    """A class or property that has no word in the context."""


class _Writer:
    """Writes things of one case; ``around`` describes what the case leaves to the background."""

    def __init__(self, own: Statements, around: Statements) -> None:
        self.own, self.around = own, around
        self.inside = {
            value.value
            for said in own.values()
            for predicate, values in said.items()
            if predicate != expand("rdf:type")
            for value in values
            if value.value in own and self._nests(value.value)
        }

    def is_inside(self, subject: str) -> bool:
        return subject in self.inside

    def thing(self, subject: str, outer: tuple[str, ...]) -> dict[str, Any]:
        """The block of a thing: its type, its key when it is written inside another, and what it says."""
        said = self._about(subject)
        block: dict[str, Any] = {"type": self._class(subject)} if expand("rdf:type") in said else {}
        if outer:
            block["key"] = _local(subject)
        for predicate, values in said.items():
            if predicate != expand("rdf:type"):
                term = _term(predicate)
                if term is None:
                    raise _NotInAFiche(predicate)
                block[term.name] = self._values(term, values, (*outer, subject))
        return block

    def _values(self, term: Term, values: list[NamedNode | Literal], outer: tuple[str, ...]) -> Any:
        if term.language_map and all(isinstance(value, Literal) and value.language for value in values):
            per_language: dict[str, list[str]] = {}
            for value in values:
                per_language.setdefault(str(getattr(value, "language", "")), []).append(value.value)
            return {lang: texts[0] if len(texts) == 1 else texts for lang, texts in per_language.items()}
        written = [self._value(term, value, outer) for value in values]
        return written[0] if len(written) == 1 else written

    def _value(self, term: Term, value: NamedNode | Literal, outer: tuple[str, ...]) -> Any:
        if isinstance(value, Literal):
            return _scalar(value)
        if value.value not in outer and self._nests(value.value):
            return self.thing(value.value, outer)
        return self._reference(term, value.value)

    def _reference(self, term: Term, iri: str) -> str:
        if term.vocab and iri.startswith(term.vocab):
            return iri.removeprefix(term.vocab)
        if iri.startswith(_space()):
            kind = _identifiers().kind_of(self._class(iri)) if expand("rdf:type") in self._about(iri) else ""
            return f"{kind}/{_local(iri)}" if kind else _local(iri)
        named = _term(iri) if term.coercion == "@vocab" else None
        return named.name if named else shrink(iri).strip("<>")

    def _nests(self, iri: str) -> bool:
        """Whether a fiche writes the thing inside another: only there its key makes a reference of it."""
        classes = self._about(iri).get(expand("rdf:type"), [])
        row = _identifiers().classes.get(_context().class_name(classes[0].value)) if classes else None
        return row is not None and row.parent == "^" and row.key == "key"

    def _about(self, iri: str) -> dict[str, list[NamedNode | Literal]]:
        return self.own.get(iri) or self.around.get(iri) or {}

    def _class(self, iri: str) -> str:
        classes = self._about(iri).get(expand("rdf:type"), [])
        name = _context().class_name(classes[0].value) if len(classes) == 1 else ""
        if name not in _context().classes:
            raise _NotInAFiche(iri)
        return name


class _Plain(str):
    """A lexical form that YAML reads back as more than text: a number, a day, true or false."""


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        """A list stands further in than its key, as in the fiches."""
        super().increase_indent(flow, False)


def _plain(dumper: yaml.SafeDumper, value: _Plain) -> yaml.ScalarNode:
    tag = dumper.resolve(yaml.ScalarNode, str(value), (True, False))  # type: ignore[no-untyped-call]
    return dumper.represent_scalar(tag, str(value))


_Dumper.add_representer(_Plain, _plain)


def _scalar(value: Literal) -> str:
    datatype = value.datatype.value
    native = datatype.removeprefix(expand("xsd:")) in _NATIVE and is_valid(value.value, datatype)
    return _Plain(value.value) if native else value.value


def _local(iri: str) -> str:
    return iri.removeprefix(_space()).rpartition("/")[2] or iri


def _term(iri: str) -> Term | None:
    """The first key of the context for a property, unless it is that of the other direction."""
    return next((t for t in _context().properties.values() if t.iri == iri and not t.reverse), None)


@cache
def _context() -> Context:
    return load_context(packaged_root() / "ontology" / "context.jsonld")


@cache
def _identifiers() -> Identifiers:
    return load_identifiers(packaged_root() / "ontology" / "identifiers.yaml")


@cache
def _background() -> Statements:
    return _statements((root() / "shapes" / "background.ttl").read_text("utf-8"), "")


@cache
def _space() -> str:
    """Where the IRIs of the fictional things start."""
    spaces = [value for said in _background().values() for value in said.get(expand("void:uriSpace"), [])]
    return spaces[0].value if spaces else ""


def _statements(text: str, base: str) -> Statements:
    found: Statements = {}
    for quad in parse(text, format=RdfFormat.TURTLE, base_iri=base or None):
        subject = quad.subject.value if isinstance(quad.subject, NamedNode) else str(quad.subject)
        if isinstance(quad.object, NamedNode | Literal):
            found.setdefault(subject, {}).setdefault(quad.predicate.value, []).append(quad.object)
    return found
