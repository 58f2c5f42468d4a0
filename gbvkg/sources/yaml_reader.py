"""YAML fiches and plan files → statements, through the JSON-LD context.

The result is what a JSON-LD 1.1 processor makes of the same document (expansion and to-RDF, with every scalar
a string and every minted IRI written as ``id``), plus the place of each statement. This module refuses a key
that the context does not define, where JSON-LD would silently drop it, and knows no key or class of the
domain itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from itertools import count, takewhile
from typing import NamedTuple

from pyoxigraph import Literal, NamedNode

from gbvkg.findings import Finding
from gbvkg.sources.context import Context, Term, named_node
from gbvkg.sources.files import Limits
from gbvkg.sources.identifiers import SEGMENT, Identifiers
from gbvkg.sources.lexical import WHOLE_NUMBERS, XSD, expected, is_language_tag, is_valid, repair
from gbvkg.sources.references import resolve
from gbvkg.sources.rules import Faults, Rule, breach, did_you_mean, nearest, quoted
from gbvkg.sources.statement import Object, Place, Statement, Subject
from gbvkg.sources.yaml_tree import Listing, Mapping, Node, Text, compose

_TYPE = NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
_CURLY = re.compile("[\u201c\u201d\u201e\u2018\u201a].*[\u201c\u201d\u2019]", re.DOTALL)
_DECIMAL = f"{XSD}decimal"
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(?:\.\d{3})+\Z", re.ASCII)
_NUMBER = re.compile(r"[+-]?\d+\Z", re.ASCII)
_ORDINAL = re.compile(r"[1-9]\d*\Z", re.ASCII)
_LONG, _SHORT = 20, 4


@dataclass(slots=True)
class Thing:
    """One described thing: its IRI (None when there is none), reference, the terms or IRIs of its classes
    (none when another file must say them), and what its parts inherit."""

    node: NamedNode | None
    reference: str
    classes: tuple[str, ...]
    place: Place
    inherited: dict[str, list[tuple[Object, Place]]] = field(default_factory=dict)


@dataclass
class YamlReader:
    """Reads one document; ``things`` are the described ones with an IRI, in file order. ``words`` gives the
    words in which people name a key, and is only asked when a key is wrong."""

    context: Context
    identifiers: Identifiers
    base: str
    shown: str
    graph: NamedNode
    words: Callable[[], dict[str, str]] = dict
    statements: list[Statement] = field(default_factory=list)
    findings: Faults = field(default_factory=Faults)
    things: list[Thing] = field(default_factory=list)

    def read(self, text: str, limits: Limits) -> None:
        """Fills the three lists from ``text``; raises Refused when it is unreadable."""
        root = compose(text, self.shown, limits, self.findings)
        if isinstance(root, Mapping | Listing):
            for item in root.items if isinstance(root, Listing) else [root]:
                if isinstance(item, Mapping):
                    self._top(item)
                else:
                    self._not_a_thing(item)
            self._owner(root)
        elif root is None or root.empty:
            self._report(
                Rule.EMPTY_VALUE,
                root,
                "Het bestand zegt niets. Beschrijf er een ding in of verwijder het.",
                "The file says nothing. Describe a thing in it or remove it.",
            )
        else:
            self._not_a_thing(root)

    def _top(self, mapping: Mapping) -> None:
        thing = self._thing(mapping, None)
        if thing.node is None:
            return
        relative = self.shown.removeprefix("data/")
        for name in thing.classes:
            path = self.identifiers.expected_path(relative, name, thing.reference)
            if path and path != relative:
                self._report(
                    Rule.FILE_NAME,
                    mapping,
                    f'Dit bestand beschrijft {thing.reference} en moet dan "data/{path}" heten. Bestaat dat '
                    "al, kies dan een ander nummer.",
                    f'This file describes {thing.reference} and must then be called "data/{path}". If that '
                    "exists already, choose another number.",
                    thing,
                )

    def _owner(self, root: Node) -> None:
        """A finding when the path promises a thing that the file does not describe; not after another one."""
        owner = self.identifiers.owner_of(self.shown.removeprefix("data/"))
        if owner and not self.findings and not any(owner in thing.classes for thing in self.things):
            self._report(
                Rule.FILE_NAME,
                root,
                f"Een bestand op deze plaats beschrijft een {owner}, dit niet. Verplaats het of vul het aan.",
                f"A file in this place describes a thing of type {owner}; this does not. Move or mend it.",
            )

    def _thing(self, mapping: Mapping, around: Thing | None) -> Thing:
        types = self._types(mapping)
        names = [self.context.class_name(node.value) for _, node in types]
        place = Place(self.shown, mapping.line, mapping.column)
        node, reference = self._identify(mapping, names, around)
        thing = Thing(node, reference, tuple(names), place)
        if node is not None and (names or self._says_no_type(mapping, around)):
            self.things.append(thing)
        for text, kind in types:
            self._state(thing.node, _TYPE, kind, Place(self.shown, text.line, text.column))
        passed_on = self.identifiers.inherit  # before the parts are read: they inherit from this thing
        for key, value in (entry for entry in mapping.entries.values() if entry[0].value in passed_on):
            self._entry(key, value, thing, mapping)
        self._inherit(thing, around)
        for key, value in (entry for entry in mapping.entries.values() if entry[0].value not in passed_on):
            self._entry(key, value, thing, mapping)
        return thing

    def _says_no_type(self, mapping: Mapping, around: Thing | None) -> bool:
        """Whether something is said of a thing and not what it is; an ``id`` alone within another refers."""
        said = {self.context.keywords.get(key, "") for key in mapping.entries}
        return "@type" not in said and (around is None or "" in said)

    def _entry(self, key: Text, node: Node, thing: Thing, mapping: Mapping) -> None:
        term = self.context.properties.get(key.value)
        if term is not None:
            self._property(term, node, thing)
        elif key.value == "@context":
            self._report(
                Rule.REMOTE_CONTEXT,
                key,
                'Een eigen "@context" wordt niet gelezen, en niets wordt van het net gehaald. Laat de '
                "sleutel weg.",
                'A "@context" of its own is not read, and nothing is fetched. Leave the key out.',
                thing,
            )
        elif key.value not in self.context.keywords and key.value not in self.context.ignored:
            self._unknown_key(key, thing, _decimal_comma(key, mapping))

    def _unknown_key(self, key: Text, thing: Thing, number: str) -> None:
        nl, en = did_you_mean(number or self._key_meant(key.value.lstrip("@")))
        self._report(
            Rule.UNKNOWN_KEY,
            key,
            f"De sleutel {quoted(key.value)} bestaat niet.{nl}"
            + (number and " Schrijf een punt, geen komma."),
            f"The key {quoted(key.value)} does not exist.{en}" + (number and " Write a point, not a comma."),
            thing,
        )

    @cached_property
    def _names(self) -> dict[str, str]:
        return self.words()

    def _key_meant(self, typed: str) -> str:
        """The key that ``typed`` names in Dutch or English, else the nearest key, or the key of the nearest
        name when there is enough of ``typed`` to tell."""
        named = self._names.get(typed.casefold())
        known = {*self.context.properties, *self.context.keywords, *self.context.ignored}
        near = named or nearest(typed, [*sorted(known), *(self._names if len(typed) > _SHORT else ())])
        return near if near in known else self._names.get(near, "")

    # --- values ---------------------------------------------------------------------------------------------

    def _property(self, term: Term, node: Node, thing: Thing) -> None:
        if type(node) is Text:
            self._scalar(term, node, thing)
        elif type(node) is Mapping:
            self._mapping(term, node, thing)
        elif type(node) is Listing:
            self._listing(term, node, thing)

    def _listing(self, term: Term, node: Listing, thing: Thing) -> None:
        if not node.items:
            self._empty(term, node, thing)
        seen: dict[str, int] = {}
        for item in node.items:
            if type(item) is Listing:
                self._wrong(term, item, thing, "geen lijst in een lijst", "no list in a list")
            elif type(item) is Text and item.value in seen:
                self._repeated(term, item, thing, seen[item.value])
            else:
                if type(item) is Text:
                    seen[item.value] = item.line
                self._property(term, item, thing)

    def _mapping(self, term: Term, node: Mapping, thing: Thing) -> None:
        if term.language_map:
            self._language_map(term, node, thing)
        elif term.refers and not term.vocab:  # a term with its own vocabulary takes codes of one list
            part = self._thing(node, thing)
            if part.node is not None:
                self._link(term, part.node, Place(self.shown, node.line, node.column), thing)
        else:
            nl, en = (
                ("een code uit de lijst", "a code of the list") if term.vocab else expected(term.coercion)
            )
            self._wrong(term, node, thing, nl or "gewone tekst", en or "plain text")

    def _scalar(self, term: Term, node: Text, thing: Thing) -> None:
        if node.empty:
            self._empty(term, node, thing)
        elif term.refers:
            target = self._iri(node, term.vocab if term.coercion == "@vocab" else None, thing, term)
            if target is not None:
                self._link(term, target, Place(self.shown, node.line, node.column), thing)
        elif term.language_map:
            self._wrong(term, node, thing, "tekst per taal: nl: … en: …", "text per language: nl: … en: …")
        else:
            self._literal(term, node, thing)

    def _literal(self, term: Term, node: Text, thing: Thing) -> None:
        if not term.coercion:
            self._cut_text(term, node, thing, note=False)
            value = Literal(node.value)
        elif term.coercion == _DECIMAL and _THOUSANDS.match(node.value):
            self._ambiguous(term, node, thing)
            return
        elif is_valid(node.value, term.coercion):
            value = Literal(node.value, datatype=NamedNode(term.coercion))
        else:
            self._wrong(term, node, thing, *expected(term.coercion), repair(node.value, term.coercion))
            return
        self._link(term, value, Place(self.shown, node.line, node.column), thing)

    def _language_map(self, term: Term, node: Mapping, thing: Thing) -> None:
        for tag, value in node.entries.values():
            if not is_language_tag(tag.value):
                nl, en = did_you_mean(_language_meant(tag.value))
                if type(value) is Text and not value.value:  # {nl: Kort, bondig} has a key "bondig"
                    nl = " Staat er een komma in de tekst? Zet de tekst dan tussen aanhalingstekens."
                    en = " Is there a comma in the text? Then put the text between quotation marks."
                self._report(
                    Rule.BAD_LANGUAGE,
                    tag,
                    f"{quoted(tag.value)} is geen taalcode, zoals nl, en of nl-BE.{nl}",
                    f"{quoted(tag.value)} is not a language tag, like nl, en or nl-BE.{en}",
                    thing,
                    term,
                )
                continue
            texts = value.items if type(value) is Listing else [value]
            for text in texts:
                self._text_in_language(term, text, tag.value, thing)
            if not texts:
                self._empty(term, value, thing)

    def _text_in_language(self, term: Term, node: Node, tag: str, thing: Thing) -> None:
        if type(node) is not Text:
            self._wrong(term, node, thing, "tekst", "text")
        elif node.empty:
            self._empty(term, node, thing)
        else:
            self._cut_text(term, node, thing, note=True)
            place = Place(self.shown, node.line, node.column)
            self._link(term, Literal(node.value, language=tag), place, thing)

    def _link(self, term: Term, value: Object, place: Place, thing: Thing) -> None:
        if term.name in self.identifiers.inherit:
            thing.inherited.setdefault(term.name, []).append((value, place))
        if not term.reverse:
            self._state(thing.node, term.node, value, place)
        elif isinstance(value, NamedNode) and thing.node is not None:
            self._state(value, term.node, thing.node, place)

    def _state(self, subject: Subject | None, predicate: NamedNode, value: Object, place: Place) -> None:
        if subject is not None:
            self.statements.append(Statement(subject, predicate, value, self.graph, place))

    # --- identity -------------------------------------------------------------------------------------------

    def _types(self, mapping: Mapping) -> list[tuple[Text, NamedNode]]:
        """The values of ``type`` that are classes, each with where it is written."""
        found: dict[NamedNode, Text] = {}
        for text in self._type_texts(mapping):
            if not self.context.is_class(text.value):
                nl, en = did_you_mean(nearest(text.value, self.context.classes))
                self._report(
                    Rule.UNKNOWN_TYPE,
                    text,
                    f"{quoted(text.value)} is geen soort ding dat gbvkg kent.{nl}",
                    f"{quoted(text.value)} is not a kind of thing that gbvkg knows.{en}",
                )
                continue
            node = self._iri(text, "", None, None)
            if node is not None:
                found.setdefault(node, text)
        return [(text, node) for node, text in found.items()]

    def _type_texts(self, mapping: Mapping) -> list[Text]:
        for name, keyword in self.context.keywords.items():
            if keyword == "@type" and name in mapping.entries:
                value = mapping.entries[name][1]
                texts = value.items if type(value) is Listing else [value]
                if texts and all(type(text) is Text and not text.empty for text in texts):
                    return texts  # type: ignore[return-value]
                self._report(
                    Rule.WRONG_TYPE,
                    value,
                    f'"{name}" moet de naam van een soort ding zijn, zoals Action.',
                    f'"{name}" must be the name of a kind of thing, like Action.',
                )
        return []

    def _identify(
        self, mapping: Mapping, names: list[str], around: Thing | None
    ) -> tuple[NamedNode | None, str]:
        given = next(
            (
                mapping.entries[n]
                for n, k in self.context.keywords.items()
                if k == "@id" and n in mapping.entries
            ),
            None,
        )
        if given is None:
            return self._mint(mapping, names, around)
        if type(given[1]) is not Text or given[1].empty:
            self._report(
                Rule.WRONG_TYPE,
                given[1],
                f'"{given[0].value}" moet één verwijzing zijn, zoals kind/reference.',
                f'"{given[0].value}" must be one reference, like kind/reference.',
            )
            return None, ""
        node = self._iri(given[1], None, None, None)
        if node is None or not self._fits(node, names, given[1]):
            return None, ""
        return node, self._reference(node)

    def _fits(self, node: NamedNode, names: list[str], where: Text) -> bool:
        """Whether an IRI of the project is of the kind that its classes have, and of no other class's."""
        space = f"{self.base}id/"
        if not node.value.startswith(space):
            return True
        kind = node.value[len(space) :].partition("/")[0]
        for name in names:
            right = self.identifiers.kind_of(name)
            if name in self.identifiers.anywhere:
                continue
            if kind != right if right else kind in self.identifiers.kinds:
                self._misfit(kind, right, name, where)
                return False
        return True

    def _misfit(self, kind: str, right: str, name: str, where: Text) -> None:
        nl, en = did_you_mean(right and f"{right}/…")
        self._report(
            Rule.BAD_IRI,
            where,
            f'Een ding van soort {quoted(name)} heeft geen adres dat met "{kind}/" begint.{nl}',
            f'A thing of type {quoted(name)} has no address that begins with "{kind}/".{en}',
        )

    def _mint(self, mapping: Mapping, names: list[str], around: Thing | None) -> tuple[NamedNode | None, str]:
        row = next((self.identifiers.classes[n] for n in names if n in self.identifiers.classes), None)
        if row is None:
            if not self._type_texts(mapping) or names:
                self._missing(mapping, "type" if not names else "id", names)
            return None, ""
        parent = self._parent(mapping, row.parent, names, around)
        key = self._segment(mapping, row.key, names)
        if parent is None or not key:
            return None, ""
        reference = f"{parent}/{key}" if parent else key
        return NamedNode(f"{self.base}id/{row.kind}/{reference}"), reference

    def _segment(self, mapping: Mapping, key: str, names: list[str]) -> str:
        if key not in mapping.entries:
            self._missing(mapping, key, names)
            return ""
        node = mapping.entries[key][1]
        term = self.context.properties.get(key)
        if type(node) is Mapping and term is not None:
            return ""  # the finding about the value says so
        if type(node) is not Text:
            self._report(
                Rule.WRONG_TYPE,
                node,
                f'"{key}" vraagt één waarde; hier {_found(node)[0]}.',
                f'"{key}" takes one value; here {_found(node)[1]}.',
            )
            return ""
        if term is not None and (node.empty or not is_valid(node.value, term.coercion)):
            return ""  # the finding about the value says so; an IRI made of it would only mislead
        if term is not None and term.coercion in WHOLE_NUMBERS:
            return self._ordinal(key, node)
        segment = mapping.text(key).replace(" ", "-")
        if not SEGMENT.match(segment):
            self._report(
                Rule.WRONG_TYPE,
                node,
                f'"{key}" wordt een deel van de IRI: gebruik alleen letters zonder accent, cijfers en . - _ '
                "~.",
                f'"{key}" becomes a part of the IRI: use only unaccented letters, digits and . - _ ~.',
            )
            return ""
        return segment

    def _ordinal(self, key: str, node: Text) -> str:
        """A number that an IRI is made of: one way to write each, so that no number has two IRIs."""
        if _ORDINAL.match(node.value):
            return node.value
        meant = str(int(node.value)) if len(node.value) < _LONG else ""
        nl, en = did_you_mean(meant if _ORDINAL.match(meant) else "")
        self._report(
            Rule.WRONG_TYPE,
            node,
            f'"{key}" vraagt een geheel getal vanaf 1, zonder teken of nullen ervoor; hier staat '
            f"{quoted(node.value)}.{nl}",
            f'"{key}" takes a whole number from 1, without a sign or zeros before it; here is '
            f"{quoted(node.value)}.{en}",
        )
        return ""

    def _parent(self, mapping: Mapping, parent: str, names: list[str], around: Thing | None) -> str | None:
        """The parent's reference; None when it cannot be known (the finding about it is made)."""
        if not parent:
            return ""
        if parent != "^":
            value = mapping.entries.get(parent)
            if value is None:
                self._missing(mapping, parent, names)
                return None
            iri = self.context.expand(mapping.text(parent), f"{self.base}id/")
            return self._reference(NamedNode(iri)) or None if named_node(iri) else None
        if around is None or (around.node is not None and not around.reference):
            self._missing(mapping, "id", names)
        return (around.reference or None) if around else None

    def _reference(self, node: NamedNode) -> str:
        """What stands after ``<base>id/<kind>/`` in ``node``, or ""."""
        space = f"{self.base}id/"
        return node.value[len(space) :].partition("/")[2] if node.value.startswith(space) else ""

    def _missing(self, mapping: Mapping, key: str, names: list[str]) -> None:
        what = names[0] if names else ""
        nl = f'Bij dit ding ({what}) ontbreekt "{key}"' if what else f'Bij dit ding ontbreekt "{key}"'
        en = f'This thing ({what}) lacks "{key}"' if what else f'This thing lacks "{key}"'
        self._report(
            Rule.MISSING_KEY,
            mapping,
            f"{nl}; daaruit volgt zijn adres. Vul het in.",
            f"{en}, from which its address is made. Fill it in.",
        )

    def _inherit(self, thing: Thing, around: Thing | None) -> None:
        for name in self.identifiers.inherit if around else ():
            if name not in thing.inherited and around is not None:
                thing.inherited[name] = around.inherited.get(name, [])
                for value, place in thing.inherited[name]:
                    self._state(thing.node, self.context.properties[name].node, value, place)

    def _iri(self, text: Text, vocab: str | None, thing: Thing | None, term: Term | None) -> NamedNode | None:
        found = resolve(text.value, self.context, f"{self.base}id/", vocab)
        if isinstance(found, NamedNode):
            return found
        self._report(found.rule, text, found.nl, found.en, thing, term)
        return None

    # --- findings -------------------------------------------------------------------------------------------

    def _wrong(self, term: Term, node: Node, thing: Thing, nl: str, en: str, meant: str = "") -> None:
        found_nl, found_en = _found(node)
        ask_nl, ask_en = did_you_mean(meant)
        self._report(
            Rule.WRONG_TYPE,
            node,
            f'"{term.name}" vraagt {nl}; hier {found_nl}.{ask_nl}',
            f'"{term.name}" takes {en}; here {found_en}.{ask_en}',
            thing,
            term,
        )

    def _cut_text(self, term: Term, node: Text, thing: Thing, note: bool) -> None:
        """Findings about text without quotation marks that YAML reads otherwise than it looks; with ``note``
        also when a space after "#" makes it look like a remark."""
        if node.comment and (note or node.comment[1:2].strip()):
            whole = f"{node.value} {node.comment}"
            self._report(
                Rule.HASH_IN_TEXT,
                node,
                f"YAML leest {quoted(node.comment)} als opmerking en laat het weg. Zet de tekst tussen "
                f"aanhalingstekens: {quoted(whole)}. Een opmerking hoort op een eigen regel.",
                f"YAML reads {quoted(node.comment)} as a remark and drops it. Put the text between quotation "
                f"marks: {quoted(whole)}. A remark belongs on a line of its own.",
                thing,
                term,
            )
        if node.plain and _CURLY.fullmatch(node.value):
            self._report(
                Rule.CURLY_QUOTES,
                node,
                "Krullende aanhalingstekens worden een deel van de tekst. Gebruik rechte aanhalingstekens: "
                f"{quoted(node.value[1:-1])}.",
                "Curly quotation marks become a part of the text. Use straight quotation marks: "
                f"{quoted(node.value[1:-1])}.",
                thing,
                term,
            )

    def _ambiguous(self, term: Term, node: Text, thing: Thing) -> None:
        whole, _, rest = node.value.partition(".")
        thousands = node.value.replace(".", "")
        small = "" if "." in rest else f"{whole}.{rest.rstrip('0') or '0'}"
        small = f"{small}0" if small == node.value else small
        self._report(
            Rule.AMBIGUOUS_NUMBER,
            node,
            f"{quoted(node.value)} is dubbelzinnig: een punt scheidt hier decimalen, geen duizendtallen. "
            f"Schrijf {thousands}" + (f", of {small} als u dat bedoelt." if small else "."),
            f"{quoted(node.value)} is ambiguous: a point separates decimals here, not thousands. "
            f"Write {thousands}" + (f", or {small} if you mean that." if small else "."),
            thing,
            term,
        )

    def _empty(self, term: Term, node: Node, thing: Thing) -> None:
        self._report(
            Rule.EMPTY_VALUE,
            node,
            f'"{term.name}" is leeg. Vul een waarde in of laat de sleutel weg.',
            f'"{term.name}" is empty. Fill in a value or leave the key out.',
            thing,
            term,
        )

    def _repeated(self, term: Term, node: Text, thing: Thing, line: int) -> None:
        self._report(
            Rule.REPEATED_VALUE,
            node,
            f"{quoted(node.value)} staat al op regel {line} in dezelfde lijst. Schrap er een.",
            f"{quoted(node.value)} is already on line {line} of the same list. Remove one.",
            thing,
            term,
        )

    def _not_a_thing(self, node: Node) -> None:
        self._report(
            Rule.WRONG_TYPE,
            node,
            "Hier hoort een ding met sleutels en waarden (type: …) te staan.",
            "Here belongs a thing with keys and values (type: …).",
        )

    def _report(
        self,
        rule: Rule,
        node: Node | None,
        nl: str,
        en: str,
        thing: Thing | None = None,
        term: Term | None = None,
    ) -> None:
        place = Place(self.shown, node.line, node.column) if node is not None else Place(self.shown)
        focus = thing.node.value if thing and thing.node else ""
        value = str(Literal(node.value)) if type(node) is Text and term is not None else ""
        self.findings.add(
            breach(rule, place, nl, en, focus=focus, path=term.iri if term else "", value=value)
        )


def _found(node: Node) -> tuple[str, str]:
    """What stands where something else belongs, as the end of a sentence in Dutch and in English."""
    if type(node) is Text:
        return f"staat {quoted(node.value)}", f"is {quoted(node.value)}"
    if type(node) is Listing:
        return "staat een lijst", "is a list"
    key = next(iter(node.entries), "") if type(node) is Mapping else ""
    return f"staan sleutels met een waarde ({key}: …)", f"are keys with a value ({key}: …)"


def _language_meant(tag: str) -> str:
    known = {
        "nederlands": "nl",
        "dutch": "nl",
        "english": "en",
        "engels": "en",
        "frans": "fr",
        "french": "fr",
    }
    dashed = tag.replace("_", "-")
    return dashed if is_language_tag(dashed) else known.get(tag.casefold(), "")


def _decimal_comma(key: Text, mapping: Mapping) -> str:
    """The number that "400,5" between braces was meant to be, where YAML reads a key "5"; else ""."""
    value = mapping.entries[key.value][1]
    if not key.value.isascii() or not key.value.isdigit() or type(value) is not Text or value.value:
        return ""
    entries = list(mapping.entries.values())
    before = entries[[entry[0] for entry in entries].index(key) - 1][1]
    whole = type(before) is Text and before.plain and before.line == key.line and _NUMBER.match(before.value)
    return f"{before.value}.{key.value}" if whole and isinstance(before, Text) else ""


class Repetition(NamedTuple):
    """A thing whose IRI another thing already has, with its parts, and that other thing."""

    thing: Thing
    parts: list[Thing]
    earlier: Thing


def repetitions(things: list[Thing], findings: list[Finding], table: Identifiers) -> list[Repetition]:
    """Every thing whose IRI was already given to another thing, but not the parts of such a thing.

    A thing in the file that its number asks for comes before one in a file of another name.
    """
    misplaced = {f.place.file for f in findings if f.place and f.rule == Rule.FILE_NAME.iri}
    order = sorted(
        (n for n, thing in enumerate(things) if thing.classes),
        key=lambda n: things[n].place.file in misplaced,
    )
    first: dict[NamedNode | None, Thing] = {}
    found = []
    done: set[int] = set()
    for n in order:
        earlier = first.setdefault(things[n].node, things[n])
        if earlier is not things[n] and n not in done:
            parts = list(takewhile(lambda part: _is_part(part, things[n], table), things[n + 1 :]))  # noqa: B023
            done.update(range(n, n + len(parts) + 1))
            found.append(Repetition(things[n], parts, earlier))
    return found


def _is_part(part: Thing, whole: Thing, table: Identifiers) -> bool:
    nested = any(name in table.classes and table.classes[name].parent == "^" for name in part.classes)
    within = whole.reference and part.reference.startswith(f"{whole.reference}/")
    return bool(nested and within and part.place.file == whole.place.file)


def renumber(
    findings: list[Finding],
    repeated: list[Repetition],
    used: set[str],
    own: Callable[[str], str],
    statements: list[Statement],
) -> list[Finding]:
    """``findings`` with one for each repetition, in place of the advice to rename its file, which would
    overwrite the other one.

    ``used`` are the references of all things and those that the names of files promise; ``own`` gives the one
    that the name of a file promises, or "". ``statements`` tell where each number was written.
    """
    nodes = {repetition.thing.node for repetition in repeated}
    said: dict[Subject, list[Statement]] = {}
    for statement in statements:
        if statement.subject in nodes:
            said.setdefault(statement.subject, []).append(statement)
    places = {repetition.thing.place for repetition in repeated}
    kept = [f for f in findings if f.rule != Rule.FILE_NAME.iri or f.place not in places]
    return [*kept, *(_taken(each, used, own(each.thing.place.file), said) for each in repeated)]


def free_number(reference: str, used: set[str], own: str) -> str:
    """The number for a thing that cannot have ``reference``: that of its file when its name is of the same
    parent, else the lowest that nothing has."""
    parent, _, key = reference.rpartition("/")
    other, _, promised = own.rpartition("/")
    if other == parent and promised != key and _ORDINAL.match(promised):
        return promised
    return next(str(n) for n in count(1) if f"{parent}/{n}".removeprefix("/") not in used)


def _is_key(value: Object, key: str) -> bool:
    return isinstance(value, Literal) and not value.language and value.value == key


def _numbered(thing: Thing, key: str, said: list[Statement]) -> Place:
    """Where the number or notation of ``thing`` stands; where the thing begins when no statement says it."""
    written = (
        s.place
        for s in said
        if s.place.file == thing.place.file and s.place >= thing.place and _is_key(s.object, key)
    )
    return next(written, thing.place)


def _taken(repetition: Repetition, used: set[str], own: str, said: dict[Subject, list[Statement]]) -> Finding:
    thing, earlier = repetition.thing, repetition.earlier
    iri = thing.node.value if thing.node else ""
    key = thing.reference.rpartition("/")[2]
    number = bool(_ORDINAL.match(key))
    free = free_number(thing.reference, used, own) if number else ""
    return breach(
        Rule.DUPLICATE_IDENTIFIER,
        _numbered(thing, key, said.get(thing.node, [])) if thing.node else thing.place,
        f"Nummer {key} is al gebruikt in {earlier.place}. Kies een ander nummer, zoals {free}."
        if number
        else f"{quoted(key or iri)} is al gebruikt in {earlier.place}. Kies een andere sleutel.",
        f"Number {key} is already used in {earlier.place}. Choose another number, like {free}."
        if number
        else f"{quoted(key or iri)} is already used in {earlier.place}. Choose another key.",
        focus=iri,
    )


def leave_out(
    repeated: list[Repetition], things: list[Thing], statements: list[Statement]
) -> tuple[list[Thing], list[Statement]]:
    """``things`` and ``statements`` without what is said of the repetitions and their parts, so that nothing
    fires because two things became one."""
    since: dict[tuple[Subject | None, str], Place] = {}
    left_out = set()
    for thing, parts, earlier in repeated:
        other_file = earlier.place.file != thing.place.file
        for one in (thing, *parts):
            left_out.add(id(one))
            begin = Place(thing.place.file) if other_file else thing.place
            since.setdefault((one.node, thing.place.file), begin)
    never = Place("\U0010ffff")  # after every file
    kept = [
        statement
        for statement in statements
        if statement.place < since.get((statement.subject, statement.place.file), never)
    ]
    return [thing for thing in things if id(thing) not in left_out], kept
