"""What somebody most likely meant by a value that refers to nothing: a code or a thing by its name, or the
kind of thing that belongs there.

Names, codes and examples come from what the project's own files say, so no list of them is kept here. This
module refuses to guess one out of many that fit: it names a few, or shows what others write under the same
key.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from pyoxigraph import Literal, NamedNode, RdfFormat, parse

from gbvkg.findings import Finding
from gbvkg.sources.context import Context, Term
from gbvkg.sources.rules import Rule, choose_from, nearest, quoted
from gbvkg.sources.statement import Statement
from gbvkg.vocabulary import LANGUAGES

_LABELS = {
    "http://www.w3.org/2000/01/rdf-schema#label",
    "http://www.w3.org/2004/02/skos/core#prefLabel",
}
_OFFERED = 3
_MANY = 400
"""Above this many names nobody looks for one that is only alike: comparing costs time."""

Tail = tuple[str, str]
"""The end of a message in Dutch and in English, with a space before it; empty when nothing can be said."""


def with_name(code: str, name: str) -> str:
    """``code`` with its name behind it when that says more."""
    same = name.casefold().replace(" ", "-") == code.strip('"').casefold()
    return f"{code} ({name})" if name and not same else code


@dataclass(frozen=True)
class _Index:
    """IRIs by their last part and by their names, in small letters; ``words`` are those of each name."""

    ends: dict[str, list[str]]
    names: dict[str, list[str]]
    words: dict[str, set[str]]

    @classmethod
    def of(cls, iris: Iterable[str], labels: dict[str, dict[str, str]]) -> _Index:
        ends: dict[str, list[str]] = {}
        names: dict[str, list[str]] = {}
        for iri in iris:
            ends.setdefault(iri.rpartition("/")[2].casefold(), []).append(iri)
            for label in labels.get(iri, {}).values():
                names.setdefault(label.casefold(), []).append(iri)
        return cls(ends, names, {name: _words(name) for name in names})

    def find(self, typed: str) -> list[str]:
        wanted, words = " ".join(typed.casefold().split()), _words(typed)
        exact = self.ends.get(wanted.replace(" ", "-")) or self.names.get(wanted)
        if exact:
            return exact
        having = [name for name, there in self.words.items() if words and words <= there]
        near = nearest(wanted, [*self.ends, *self.names]) if len(self.ends) <= _MANY else ""
        within = [iri for name in having for iri in self.names[name]]
        return within or self.ends.get(near) or self.names.get(near) or []


class Meant:
    """Answers about the values of one project; nothing is looked up before a value is wrong."""

    def __init__(self, statements: Sequence[Statement], context: Context, base: str) -> None:
        self._statements = statements
        self._context = context
        self._space = f"{base}id/"
        self._labels: dict[str, dict[str, str]] = {}
        self._used: dict[str, dict[str, str]] = {}
        self._by_kind: dict[str, list[str]] = {}
        self._codes: dict[str, list[str]] = {}
        self._indexes: dict[str, _Index] = {}

    @cached_property
    def _terms(self) -> dict[str, Term]:
        self._look()
        terms = [t for t in self._context.properties.values() if t.refers and not t.reverse]
        return {term.iri: term for term in reversed(terms)}

    def _look(self) -> None:
        """One pass: the labels, the things of each kind, and the first thing of each kind under each key."""
        things: dict[str, None] = {}
        for statement in self._statements:
            subject, predicate, value = statement[:3]
            if predicate.value in _LABELS and isinstance(value, Literal) and value.language:
                self._labels.setdefault(subject.value, {}).setdefault(value.language, value.value)
            elif isinstance(value, NamedNode) and value.value.startswith(self._space):
                self._used.setdefault(predicate.value, {}).setdefault(self._kind(value.value), value.value)
            things[subject.value] = None
        for iri in sorted(things):
            if iri.startswith(self._space):
                self._by_kind.setdefault(self._kind(iri), []).append(iri)

    def _kind(self, iri: str) -> str:
        return iri[len(self._space) :].partition("/")[0]

    def code(self, predicate: str, typed: str) -> Tail | None:
        """What to write instead of the code ``typed``; None when ``predicate`` does not take a code."""
        term = self._terms.get(predicate)
        if term is None or not term.vocab or "/" in typed:
            return None
        if term.vocab not in self._codes:
            self._codes[term.vocab] = [iri for iri in sorted(self._labels) if iri.startswith(term.vocab)]
        codes = self._codes[term.vocab]
        found = self._matching(typed, term.vocab, codes)
        named = {lang: [self._code(iri, term, lang, found) for iri in found or codes] for lang in LANGUAGES}
        if found:
            return _which(named["nl"], named["en"])
        return choose_from(named["nl"])[0], choose_from(named["en"])[1]

    def _code(self, iri: str, term: Term, lang: str, found: Sequence[str]) -> str:
        """A code, between quotation marks when it is the one that was meant, with its name."""
        code = iri.removeprefix(term.vocab)
        return with_name(quoted(code) if found else code, self._labels[iri].get(lang, ""))

    def thing(self, predicate: str, typed: str) -> Tail:
        """The things that ``typed`` names, of the kinds that others write under this key; else an example."""
        used = self._used.get(predicate, {}) if predicate in self._terms else {}
        found = self._matching(
            typed, predicate, (iri for kind in used for iri in self._by_kind.get(kind, []))
        )
        if found:
            names = [f'"{self._reference(iri)}"' for iri in found]
            return _which(names, names)
        examples = [self._reference(iri) for iri in used.values()][:_OFFERED]
        if not examples:
            return "", ""
        return (
            f" Schrijf een verwijzing, zoals {' of '.join(examples)}.",
            f" Write a reference, like {' or '.join(examples)}.",
        )

    def _reference(self, iri: str) -> str:
        return iri.removeprefix(self._space)

    def _matching(self, typed: str, key: str, candidates: Iterable[str]) -> list[str]:
        """A few of the ``candidates`` of ``key`` (looked through once): that end in ``typed``, else
        that are called so, else whose name has all its words, else the one that is most alike."""
        if key not in self._indexes:
            self._indexes[key] = _Index.of(candidates, self._labels)
        few = list(dict.fromkeys(self._indexes[key].find(typed)))
        return few if len(few) <= _OFFERED else []

    def worded(self, finding: Finding) -> Finding:
        """``finding``, when it is about words that are no reference, with what was meant by them."""
        typed = _text(finding.value) if finding.rule == Rule.BAD_IRI.iri and finding.path else ""
        if not typed or "/" in typed or ":" in typed:
            return finding
        tail = self.code(finding.path, typed)
        nl, en = tail or self.thing(finding.path, typed)
        if not nl:
            return finding
        what = ("code", "code") if tail else ("verwijzing", "reference")
        message = {
            "nl": f"{quoted(typed)} is geen {what[0]}.{nl}",
            "en": f"{quoted(typed)} is no {what[1]}.{en}",
        }
        return replace(finding, message=message)


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.casefold()))


def _which(nl: Sequence[str], en: Sequence[str]) -> Tail:
    return f" Bedoelde u {' of '.join(nl)}?", f" Did you mean {' or '.join(en)}?"


def _text(value: str) -> str:
    """The text of a literal that a finding holds as N-Triples, "" for another term."""
    try:
        found = next(iter(parse(f"<x:s> <x:p> {value} .", format=RdfFormat.N_TRIPLES))).object
    except (SyntaxError, StopIteration):
        return ""
    return found.value if isinstance(found, Literal) else ""
