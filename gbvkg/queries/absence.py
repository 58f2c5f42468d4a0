"""Things that a parameter names and that are not in the data.

A question about an unknown thing is a good question with an empty answer, so this module refuses to raise:
it says which thing, and which things of the same kind are called nearly so.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from pyoxigraph import NamedNode, Store

from gbvkg.queries.parameters import Parameter, Term
from gbvkg.vocabulary import expand

SUGGESTIONS = 3
"""How many near things are named."""


@dataclass(frozen=True)
class Absent:
    """``iri`` is what parameter ``parameter`` names, ``near`` are IRIs of known things, the nearest first."""

    parameter: str
    iri: str
    near: tuple[str, ...]
    home: str

    @property
    def nl(self) -> str:
        """One sentence or two, in Dutch."""
        return (
            f'Parameter "{self.parameter}": {self.short(self.iri)} komt in deze release niet voor.'
            + self._offer(" Bedoelde u {}?", " of ")
        )

    @property
    def en(self) -> str:
        """The same in English."""
        return f'Parameter "{self.parameter}": {self.short(self.iri)} is not in this release.' + self._offer(
            " Did you mean {}?", " or "
        )

    def short(self, iri: str) -> str:
        """The form that tables print and parameters take."""
        return iri.removeprefix(self.home)

    def _offer(self, sentence: str, last: str) -> str:
        names = [self.short(iri) for iri in self.near]
        listed = last.join(filter(None, [", ".join(names[:-1]), *names[-1:]]))
        return sentence.format(listed) if names else ""


def absent(
    store: Store, parameters: Mapping[str, Parameter], terms: Mapping[str, Term], base: str
) -> list[Absent]:
    """The IRIs among ``terms`` that are neither subject nor object of a statement of ``store``."""
    return [
        Absent(name, term.value, near(term.value, parameters[name].kind, base, _things(store)), f"{base}id/")
        for name, term in terms.items()
        if isinstance(term, NamedNode) and not _is_known(store, term)
    ]


def _is_known(store: Store, thing: NamedNode) -> bool:
    said = store.quads_for_pattern(thing, None, None), store.quads_for_pattern(None, None, thing)
    return any(next(iter(quads), None) is not None for quads in said)


def near(iri: str, kind: str, base: str, things: Collection[str]) -> tuple[str, ...]:
    """Of the IRIs ``things`` those of the kind that the parameter asks for, else those beside ``iri``, that
    are called nearly as it; the whole (small) list when none is.
    """
    for home in (f"{base}id/{kind}/", iri.rpartition("/")[0] + "/"):
        beside = {thing.removeprefix(home): thing for thing in things if thing.startswith(home)}
        if beside:
            whole = iri.removeprefix(home).removeprefix(f"{base}id/")  # which may lack its kind
            found = nearest(whole, beside) or nearest(iri.rpartition("/")[2], beside)
            return tuple(beside[name] for name in found)
    return ()


def nearest(asked: str, names: Iterable[str]) -> list[str]:
    """The names most like ``asked``; when none is, all of a list that is short enough to show, else none."""
    known = sorted(names)
    near = get_close_matches(asked, known, SUGGESTIONS, 0.5)
    return near or (known if len(known) <= SUGGESTIONS else [])


def _things(store: Store) -> set[str]:
    described = store.quads_for_pattern(None, NamedNode(expand("rdf:type")), None)
    return {quad.subject.value for quad in described if isinstance(quad.subject, NamedNode)}
