"""What a finding says: the rule's own message per language (its wording of the constraint component that
was broken, else its sh:message), or a standard sentence when the rule has none.

Placeholders ``{?name}`` and ``{$name}`` (SHACL §5.2.2) become the value bound to them: an IRI is shown by
its label in the language of the message, else as the sources refer to it, else in short form. This module
refuses to invent: a placeholder without a value stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pyoxigraph import Literal, NamedNode

from gbvkg.validation import paths
from gbvkg.validation.constraints import Result
from gbvkg.validation.tables import RDFS, Tables, Term
from gbvkg.vocabulary import LANGUAGES, expand, referred, shrink

_PLACEHOLDER = re.compile(r"\{[?$](\w+)\}")
_LABELS = (NamedNode(RDFS + "label"), NamedNode(expand("skos:prefLabel")), NamedNode(expand("foaf:name")))

_STANDARD: dict[str, dict[str, str]] = {
    name: {"nl": nl, "en": en}
    for name, nl, en in (
        ("Class", "{?value} is geen {?parameter}.", "{?value} is not a {?parameter}."),
        ("Datatype", "{?value} is geen geldige {?parameter}.", "{?value} is not a valid {?parameter}."),
        (
            "NodeKind",
            "{?value} is niet van de soort {?parameter}.",
            "{?value} is not of the kind {?parameter}.",
        ),
        (
            "MinCount",
            "{?path} heeft minstens {?parameter} waarde(n) nodig.",
            "{?path} needs at least {?parameter} value(s).",
        ),
        (
            "MaxCount",
            "{?path} mag hoogstens {?parameter} waarde(n) hebben.",
            "{?path} may have at most {?parameter} value(s).",
        ),
        (
            "MinExclusive",
            "{?value} moet groter zijn dan {?parameter}.",
            "{?value} must be more than {?parameter}.",
        ),
        (
            "MinInclusive",
            "{?value} moet minstens {?parameter} zijn.",
            "{?value} must be at least {?parameter}.",
        ),
        (
            "MaxExclusive",
            "{?value} moet kleiner zijn dan {?parameter}.",
            "{?value} must be less than {?parameter}.",
        ),
        (
            "MaxInclusive",
            "{?value} mag hoogstens {?parameter} zijn.",
            "{?value} must be at most {?parameter}.",
        ),
        (
            "MinLength",
            "{?value} is korter dan {?parameter} tekens.",
            "{?value} is shorter than {?parameter} characters.",
        ),
        (
            "MaxLength",
            "{?value} is langer dan {?parameter} tekens.",
            "{?value} is longer than {?parameter} characters.",
        ),
        (
            "Pattern",
            "{?value} past niet bij het patroon {?parameter}.",
            "{?value} does not match the pattern {?parameter}.",
        ),
        ("LanguageIn", "{?value} is niet in een toegelaten taal.", "{?value} is not in an allowed language."),
        (
            "UniqueLang",
            "{?path} heeft meer dan één tekst in dezelfde taal.",
            "{?path} has more than one text in one language.",
        ),
        (
            "Equals",
            "{?path} en {?parameter} hebben niet dezelfde waarden.",
            "{?path} and {?parameter} have different values.",
        ),
        (
            "Disjoint",
            "{?value} mag niet ook bij {?parameter} staan.",
            "{?value} may not be a value of {?parameter} too.",
        ),
        (
            "LessThan",
            "{?value} moet kleiner zijn dan {?parameter}.",
            "{?value} must be less than {?parameter}.",
        ),
        (
            "LessThanOrEquals",
            "{?value} mag niet groter zijn dan {?parameter}.",
            "{?value} must not be more than {?parameter}.",
        ),
        ("Not", "{?value} voldoet aan wat niet mag.", "{?value} is what it may not be."),
        ("And", "{?value} voldoet niet aan alle voorwaarden.", "{?value} does not meet all conditions."),
        ("Or", "{?value} voldoet aan geen van de voorwaarden.", "{?value} meets none of the conditions."),
        (
            "Xone",
            "{?value} moet aan precies één voorwaarde voldoen.",
            "{?value} must meet exactly one condition.",
        ),
        ("Node", "{?value} voldoet niet aan {?parameter}.", "{?value} does not conform to {?parameter}."),
        (
            "QualifiedMinCount",
            "{?path} heeft minstens {?parameter} passende waarde(n) nodig.",
            "{?path} needs at least {?parameter} fitting value(s).",
        ),
        (
            "QualifiedMaxCount",
            "{?path} mag hoogstens {?parameter} zulke waarde(n) hebben.",
            "{?path} may have at most {?parameter} such value(s).",
        ),
        ("In", "{?value} staat niet in de lijst.", "{?value} is not in the list."),
        (
            "HasValue",
            "{?path} moet de waarde {?parameter} hebben.",
            "{?path} must have the value {?parameter}.",
        ),
        ("Closed", "{?path} hoort hier niet.", "{?path} does not belong here."),
    )
}
_OTHERWISE = {"nl": "{?this} voldoet niet aan deze regel.", "en": "{?this} does not satisfy this rule."}


class Wording:
    """Words results of one graph. Things of the project with the IRI ``base`` go by their reference."""

    def __init__(self, tables: Tables, base: str) -> None:
        self._base = base
        self._labels = [tables.forward(predicate) for predicate in _LABELS]

    def message(self, result: Result) -> dict[str, str]:
        """A sentence per language of ``LANGUAGES``; a rule without one of them lends what it has."""
        templates = self._templates(result)
        bound = _bound(result)
        return {lang: self._fill(templates[lang], bound, lang) for lang in LANGUAGES}

    def _fill(self, template: str, bound: dict[str, Term | str], lang: str) -> str:
        return _PLACEHOLDER.sub(lambda match: self._shown(match, bound, lang), template)

    def _templates(self, result: Result) -> dict[str, str]:
        constraint = result.constraint
        said = dict(result.bindings).get("message")
        own = {said.language or "": said.value} if isinstance(said, Literal) else constraint.messages
        if not own:
            return _STANDARD.get(constraint.local.removesuffix("ConstraintComponent"), _OTHERWISE)
        return {lang: _text_in(own, lang) for lang in LANGUAGES}

    def _shown(self, match: re.Match[str], bound: dict[str, Term | str], lang: str) -> str:
        term = bound.get(match[1])
        if term is None:
            return match[0]
        return self.show(term, lang) if not isinstance(term, str) else term

    def show(self, term: Term, lang: str) -> str:
        """A literal's text; an IRI's label in ``lang``, else any label, else its reference or short form."""
        if isinstance(term, Literal):
            return term.value
        labels = {
            label.language or "": label.value
            for table in self._labels
            for label in table.get(term, ())
            if isinstance(label, Literal)
        }
        if labels:
            return f'"{_text_in(labels, lang)}"'
        return referred(term.value, self._base) if isinstance(term, NamedNode) else str(term)


def _bound(result: Result) -> dict[str, Term | str]:
    constraint = result.constraint
    named: dict[str, Term | str] = {
        "this": result.focus,
        "parameter": constraint.parameter,
        "path": _path_text(result),
    }
    if result.value is not None:
        named["value"] = result.value
    return named | dict(result.bindings)


def _path_text(result: Result) -> str:
    """The path with IRIs in short form."""
    path = result.constraint.shape.path
    if isinstance(result.path, NamedNode):
        return shrink(result.path.value)
    return "" if path is None else re.sub(r"<([^>]*)>", lambda match: shrink(match[1]), paths.text(path))


def _text_in(texts: dict[str, str], lang: str) -> str:
    """The text in ``lang``, in a variant of it, without language, or the first there is."""
    return texts.get(lang) or next(_preferred(texts, lang))


def _preferred(texts: dict[str, str], lang: str) -> Iterator[str]:
    yield from (text for tag, text in sorted(texts.items()) if tag.lower().startswith(lang + "-"))
    if "" in texts:
        yield texts[""]
    yield from (texts[tag] for tag in (*LANGUAGES, *sorted(texts)) if tag in texts)
