"""What could not be read, and so which things only seem to be absent.

A file that is refused describes nothing, and whatever refers to its things would be told again at every
place. This module says of an IRI whether a refused file may have described it. It refuses to guess what such
a file says of a thing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from gbvkg.findings import Finding, Stage
from gbvkg.sources.context import Context
from gbvkg.sources.identifiers import Identifiers
from gbvkg.sources.reading import Reading
from gbvkg.vocabulary import BASE

_LISTS = "code-lists"


@dataclass
class Unread:
    """What refused files may have described.

    ``ontology``: the ontology itself is among them, so no class or property means anything. ``spaces``: where
    the IRIs of what a refused table or list describes begin. ``promised``: the references of the things that
    a refused file is named after. ``parts``: the reference of the thing that such a file adds a part to, with
    the IRI of the property that links the part to it. ``names``: folders and names of refused files.
    ``known``: the kinds (IRIs up to the last "/" or "#") of which something is described. ``lost``: files,
    with the IRIs of properties of which they should have given values.
    """

    base: str = BASE
    ontology: bool = False
    spaces: set[str] = field(default_factory=set)
    promised: set[str] = field(default_factory=set)
    parts: set[tuple[str, str]] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    known: Collection[str] = ()
    lost: set[tuple[str, str]] = field(default_factory=set)

    def __bool__(self) -> bool:
        return bool(self.ontology or self.spaces or self.promised or self.names or self.lost)

    def describes(self, iri: str) -> bool:
        """Whether a refused file may have described ``iri``."""
        if iri.startswith(tuple(self.spaces)):
            return True
        space = f"{self.base}id/"
        if not iri.startswith(space):
            return False
        reference = iri[len(space) :].partition("/")[2]
        steps = reference.split("/")
        if any("/".join(steps[:n]) in self.promised for n in range(1, len(steps) + 1)):
            return True
        return bool(self.names) and (steps[0] in self.names or kind_of(iri) not in self.known)

    def counts(self, focus: str, properties: Collection[str] | None) -> bool:
        """Whether a rule about ``focus`` that reads ``properties`` (None: any) may count a part that a
        refused file would have added to it."""
        reference = focus.removeprefix(f"{self.base}id/").partition("/")[2]
        return any(
            whole == reference and (properties is None or link in properties) for whole, link in self.parts
        )

    def lacks(self, file: str, properties: Collection[str] | None) -> bool:
        """Whether a rule that reads ``properties`` (None: any) looks for a column that ``file`` has lost."""
        return any(
            where == file and (properties is None or column in properties) for where, column in self.lost
        )


def kind_of(iri: str) -> str:
    """Where the IRIs of things of the same kind as ``iri`` begin."""
    return iri[: max(iri.rfind("/"), iri.rfind("#")) + 1]


def gather(
    readings: Iterable[tuple[str, Reading]],
    taken: Collection[str],
    base: str,
    context: Context,
    table: Identifiers,
    described: Collection[str],
) -> Unread:
    """What could not be read of the ``readings`` by file; ``taken`` are the files with a thing that is left
    out because another has its IRI, ``described`` the references of the things that are described."""
    unread = Unread(base)
    for shown, reading in readings:
        unread.spaces.update(reading.unread)
        unread.lost.update((shown, column) for column in reading.lost)
        if not reading.findings and shown not in taken:
            continue
        owner, parent, key = table.promise_of(shown.removeprefix("data/"))
        if owner:
            if f"{parent}/{key}" not in described:
                _add_part(unread, f"{parent}/{key}", parent, owner, context, table)
        elif not reading.statements and _refused(reading.findings):
            _add_file(unread, shown)
    return unread


def _refused(findings: list[Finding]) -> bool:
    return any(finding.stage <= Stage.CELL for finding in findings)


def _add_part(
    unread: Unread, reference: str, parent: str, owner: str, context: Context, table: Identifiers
) -> None:
    unread.promised.add(reference)
    link = context.properties.get(table.classes[owner].parent) if owner in table.classes else None
    if link is not None:
        unread.parts.add((parent, link.iri))


def _add_file(unread: Unread, shown: str) -> None:
    path = PurePosixPath(shown)
    if path.parts[0] != "ontology":
        unread.names |= {path.name.partition(".")[0], path.parent.name}
    elif path.parent.name == _LISTS:
        unread.spaces |= {f"{BASE}id/concept/{path.stem}/", f"{BASE}id/conceptscheme/{path.stem}"}
    elif len(path.parts) == 2:
        unread.spaces.add(f"{BASE}ns#")
        unread.ontology = True
