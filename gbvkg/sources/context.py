"""The JSON-LD context as the readers use it: terms, prefixes and the expansion of IRIs.

Follows the IRI expansion of JSON-LD 1.1 Processing Algorithms §5.2.2 for the features that
``ontology/context.jsonld`` uses. This module refuses to fetch a context, and refuses a context with a feature
that it does not follow.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from pyoxigraph import NamedNode

from gbvkg.errors import ProjectError

_KEYWORD = re.compile(r"@[A-Za-z]+\Z")
_RELATIVE = re.compile(r"(?!\.)[^\s:/?#\[\]<>\"{}|\\^`]+(?:/(?!\.)[^\s/?#\[\]<>\"{}|\\^`]+)*\Z")
_FEATURES = {"@id", "@type", "@container", "@context", "@reverse"}


@dataclass(frozen=True)
class Term:
    """One row of the term table. ``coercion`` is "@id", "@vocab", a datatype IRI, or "" for plain text."""

    name: str
    iri: str
    node: NamedNode
    coercion: str = ""
    vocab: str = ""
    language_map: bool = False
    reverse: bool = False

    @property
    def refers(self) -> bool:
        return self.coercion in ("@id", "@vocab")


class Context:
    """The compiled term table. ``properties`` are the keys that a source may use, ``keywords`` the aliases of
    JSON-LD's own keywords, ``classes`` the terms that name a class, ``ignored`` the null terms."""

    def __init__(self, definitions: dict[str, object]) -> None:
        self.prefixes: dict[str, str] = {}
        self.keywords: dict[str, str] = {}
        self.classes: dict[str, str] = {}
        self.properties: dict[str, Term] = {}
        self.ignored: set[str] = set()
        simple = {name: value for name, value in definitions.items() if isinstance(value, str)}
        for name, value in simple.items():
            if _KEYWORD.match(value):
                self.keywords[name] = value
            elif value.endswith(tuple(":/?#[]@")):  # JSON-LD 1.1 §5.1.2: only such a simple term is a prefix
                self.prefixes[name] = value
        for name, definition in definitions.items():
            self._define(name, definition)
        self._spellings = {_bare(space): space for space in self.prefixes.values()}
        self._class_names = {iri: name for name, iri in self.classes.items()}
        self._iris = {**self.prefixes, **self.classes, **{t.name: t.iri for t in self.properties.values()}}

    def _define(self, name: str, definition: object) -> None:
        if definition is None:
            self.ignored.add(name)
        elif isinstance(definition, dict):
            self.properties[name] = self._term(name, definition)
        elif not isinstance(definition, str):
            if name != "@version":
                raise ValueError(f'term "{name}" is neither text nor an object')
        elif name.startswith("@"):
            raise ValueError(f'"{name}" is not a feature that gbvkg follows')
        elif name not in self.keywords and name not in self.prefixes:
            self.classes[name] = self.compact(definition)

    def _term(self, name: str, definition: dict[str, object]) -> Term:
        if not set(definition) <= _FEATURES:
            raise ValueError(f'term "{name}" has a feature that gbvkg does not follow')
        target = str(definition.get("@reverse") or definition.get("@id"))
        scoped = definition.get("@context")
        coercion = str(definition.get("@type", ""))
        iri = self.compact(target)
        return Term(
            name,
            iri,
            NamedNode(iri),
            coercion if coercion.startswith("@") or not coercion else self.compact(coercion),
            str(scoped["@vocab"]) if isinstance(scoped, dict) and set(scoped) == {"@vocab"} else "",
            definition.get("@container") == "@language",
            "@reverse" in definition,
        )

    def compact(self, text: str) -> str:
        """The IRI of a compact or absolute IRI; ``text`` itself when its prefix is not in the table."""
        prefix, colon, local = text.partition(":")
        if colon and not local.startswith("//") and prefix in self.prefixes:
            return self.prefixes[prefix] + local
        return text

    def expand(self, text: str, base: str, vocab: str | None = None) -> str:
        """The IRI that ``text`` means; ``vocab`` None when terms are not looked up (``@type: @id``), ""
        without @vocab.

        "" when it is no IRI: a keyword, a blank node, a null term, or a relative reference that is not
        ``kind/ref``.
        """
        if vocab is not None and text in self._iris:
            return self._iris[text]
        if (
            text[:1] == "@"
            or text[:2] == "_:"
            or (vocab is not None and (text in self.ignored or text in self.keywords))
        ):
            return ""
        if ":" in text[1:]:
            return self.compact(text)
        if not _RELATIVE.match(text):
            return ""
        return (vocab or base) + text

    def spelling(self, space: str) -> str:
        """The namespace of the table that ``space`` is another spelling of, else ``space``."""
        return self._spellings.get(_bare(space), space)

    def class_name(self, iri: str) -> str:
        """The term that names the class ``iri``, or ``iri`` itself."""
        return self._class_names.get(iri, iri)

    def is_class(self, text: str) -> bool:
        """Whether ``text`` may be the value of ``type``: a class term, or an IRI."""
        return (
            text in self.classes or (":" in text and text.partition(":")[0] in self.prefixes) or "://" in text
        )


def _bare(space: str) -> str:
    return re.sub(r"^https?://(www\.)?", "", space).rstrip("#/").casefold()


@lru_cache(maxsize=8)
def _load(path: Path, _stamp: int) -> Context:
    try:
        loaded = json.loads(path.read_text("utf-8"))
        return Context(loaded["@context"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ProjectError(f"{path} is niet leesbaar: {error}", f"{path} cannot be read: {error}") from error


def load_context(path: Path) -> Context:
    """The context in ``path``. Raises ProjectError when it is absent or not to be followed."""
    try:
        stamp = path.stat().st_mtime_ns
    except OSError as error:
        raise ProjectError(f"{path} ontbreekt.", f"{path} is missing.") from error
    return _load(path, stamp)


def named_node(iri: str) -> NamedNode | None:
    """``iri`` as a term, or None when it is not an absolute IRI of RFC 3987."""
    try:
        return NamedNode(iri)
    except ValueError:
        return None
