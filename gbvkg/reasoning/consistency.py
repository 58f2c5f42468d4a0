"""Does the ontology, or the data with it, contradict itself? HermiT decides; the words are ours.

A reasoner says that there is a contradiction, not which. For the usual kind, two disjoint classes for one
thing, the clash and what leads to it are found here by following the axioms. This module refuses to call
anything contradictory that HermiT does not: without its verdict there is no finding, whatever the axioms look
like.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from pyoxigraph import Literal, NamedNode, RdfFormat, Triple, parse

from gbvkg.errors import SourceError
from gbvkg.findings import Finding, Severity, Stage
from gbvkg.project import Project
from gbvkg.reasoning.axioms import TYPE, Axioms, Clash, Node, iri
from gbvkg.reasoning.hermit import SECONDS, consult
from gbvkg.sources.statement import Place, Statement
from gbvkg.vocabulary import expand, shrink

_IMPORTS = iri("owl:imports")
_IDENTITY = (iri("owl:sameAs"), iri("owl:differentFrom"))
_CLASS, _OBJECT_PROPERTY = iri("owl:Class"), iri("owl:ObjectProperty")


def ontology_files(project: Project, *, restrictions: bool = True) -> list[Path]:
    """The files of the ontology: the core, and the restrictions unless data goes with them."""
    paths = sorted(project.folder("ontology").glob("gbv*.ttl"))
    return [path for path in paths if restrictions or not path.stem.endswith("-restrictions")]


def check_project(project: Project, statements: Iterable[Statement] = ()) -> list[Finding]:
    """``check`` of the whole ontology and, when that is sound, of the core with ``statements``.

    Raises as ``check`` does.
    """
    return check(ontology_files(project)) or check(ontology_files(project, restrictions=False), statements)


def check(
    paths: Iterable[Path],
    statements: Iterable[Statement] = (),
    *,
    java: str = "java",
    seconds: float = SECONDS,
) -> list[Finding]:
    """One finding (stage LOGIC) per contradiction in ``paths``, and of ``statements`` with them; sorted.

    Of ``statements`` only types and links by declared object properties count: literals are the shapes' work,
    and xsd:date is not in the OWL 2 datatype map. Leave existential restrictions out when giving statements:
    with them HermiT takes a minute and a half instead of seconds.

    Raises SourceError for a file that is not Turtle, and BackEndUnavailable without Java, when HermiT fails
    or when it is not done within ``seconds``.
    """
    files = list(paths)
    ontology = [triple for path in files for triple in _read(path)]
    data = list(_logical(statements, ontology))
    triples = [*ontology, *(Triple(s.subject, s.predicate, s.object) for s in data)]
    answer = consult(triples, java=java, seconds=seconds)
    axioms = Axioms(triples)
    if not answer.consistent:
        found = _contradictions(axioms, data, files)
    else:
        found = [_unsatisfiable(NamedNode(kind), axioms, files) for kind in answer.unsatisfiable]
    return sorted(found, key=Finding.sort_key)


def _read(path: Path) -> Iterator[Triple]:
    """The triples of a file but its imports; its blank nodes get names that no other file uses."""
    try:
        for quad in parse(path=str(path), format=RdfFormat.TURTLE, rename_blank_nodes=True):
            if quad.predicate != _IMPORTS:
                yield Triple(quad.subject, quad.predicate, quad.object)
    except (SyntaxError, OSError) as error:
        nl, en = f"{path} is niet leesbaar: {error}", f"{path} cannot be read: {error}"
        raise SourceError(nl, en) from error


def _logical(statements: Iterable[Statement], ontology: list[Triple]) -> Iterator[Statement]:
    classes, links = _declared(ontology, _CLASS), _declared(ontology, _OBJECT_PROPERTY)
    for statement in statements:
        if isinstance(statement.object, Literal):
            continue
        link = statement.predicate in links or statement.predicate in _IDENTITY
        if link or (statement.predicate == TYPE and statement.object in classes):
            yield statement


def _declared(ontology: list[Triple], kind: NamedNode) -> set[Node]:
    return {t.subject for t in ontology if t.predicate == TYPE and t.object == kind}


_UNEXPLAINED = (
    "De ontologie (met de gegevens) spreekt zichzelf tegen. De redeneerder zegt niet waarom, en het komt "
    "niet doordat één ding in twee klassen zit die elkaar uitsluiten: draai de jongste wijziging terug en "
    "herhaal ze in stappen.",
    "The ontology (with the data) contradicts itself. The reasoner does not say why, and it is not because "
    "one thing is in two classes that exclude each other: undo the latest change and repeat it in steps.",
)


def _contradictions(axioms: Axioms, data: list[Statement], files: list[Path]) -> list[Finding]:
    """One finding per thing that is in two disjoint classes; one without focus when that is not the cause."""
    places = {s.subject: s.place for s in reversed(data)}
    found = []
    for thing, kinds in axioms.types.items():
        clash = axioms.clash(kinds)
        if clash and isinstance(thing, NamedNode):
            found.append(_inconsistent(thing, clash, places.get(thing) or _place(thing, files)))
    return found or [_finding("LogicInconsistent", *_UNEXPLAINED)]


def _inconsistent(thing: NamedNode, clash: Clash, place: Place | None) -> Finding:
    name, (one, why, other, because) = shrink(thing.value), clash
    kinds = shrink(one.value), shrink(other.value)
    nl = "{} zou zowel {} als {} zijn, en die sluiten elkaar uit ({}; {}). Verbeter een van beide."
    en = "{} would be both {} and {}, which exclude each other ({}; {}). Correct one of the two."
    nl, en = (text.format(name, *kinds, why, because) for text in (nl, en))
    return _finding("LogicInconsistent", nl, en, thing.value, place)


def _unsatisfiable(kind: NamedNode, axioms: Axioms, files: list[Path]) -> Finding:
    name = shrink(kind.value)
    nl, en = f"Niets kan ooit een {name} zijn", f"Nothing can ever be a {name}"
    if clash := axioms.clash({kind: name}):
        one, other = shrink(clash[0].value), shrink(clash[2].value)
        nl += f": het zou zowel {one} als {other} zijn, en die sluiten elkaar uit"
        en += f": it would be both {one} and {other}, which exclude each other"
    nl, en = f"{nl}. Verbeter de axioma's van de klasse.", f"{en}. Correct the axioms of the class."
    return _finding("LogicUnsatisfiableClass", nl, en, kind.value, _place(kind, files))


def _finding(rule: str, nl: str, en: str, focus: str = "", place: Place | None = None) -> Finding:
    message = {"nl": nl, "en": en}
    return Finding(Severity.VIOLATION, expand(f"gbvsh:{rule}"), Stage.LOGIC, message, focus, place=place)


def _place(thing: NamedNode, files: list[Path]) -> Place | None:
    """The first line, in the last file that has one, that starts with the name of ``thing``."""
    names = f"{re.escape(shrink(thing.value))}|<{re.escape(thing.value)}>"
    start = re.compile(rf"^(?:{names})\s", re.MULTILINE)
    for path in reversed(files):
        text = path.read_text("utf-8")
        if found := start.search(text):
            return Place(f"{path.parent.name}/{path.name}", text.count("\n", 0, found.start()) + 1, 1)
    return None
