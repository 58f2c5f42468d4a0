"""The shapes graph as objects: shapes, their targets and their constraints, each with the rule that it
reports.

A rule is the IRI that a finding names: the SPARQL constraint when it is named, else the shape, else the
nearest named shape around it. This module refuses shapes that SHACL calls ill-formed and recursive ones
(SHACL §3.4.3 leaves them undefined) with a ProjectError; it does not look at data.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path as FilePath
from typing import Any, NamedTuple

import pyoxigraph
from pyoxigraph import Literal, NamedNode, RdfFormat

from gbvkg.errors import ProjectError
from gbvkg.project import Project
from gbvkg.validation import paths
from gbvkg.validation.paths import SH, Path
from gbvkg.validation.tables import RDF, RDFS, Tables, Term
from gbvkg.vocabulary import expand

SHAPES = expand("gbvsh:")
OWL = "http://www.w3.org/2002/07/owl#"
ANONYMOUS = SHAPES + "AnonymousShape"
"""Rule of a targeted shape that has no IRI."""

_TARGETS = ("targetNode", "targetClass", "targetSubjectsOf", "targetObjectsOf")
_SUB_SHAPES = ("property", "node", "not", "qualifiedValueShape")
_SHAPE_LISTS = ("and", "or", "xone")
_ALONE = {
    *(
        "class",
        "datatype",
        "nodeKind",
        "minCount",
        "maxCount",
        "minExclusive",
        "minInclusive",
        "maxExclusive",
    ),
    *("maxInclusive", "minLength", "maxLength", "pattern", "languageIn", "uniqueLang", "equals", "disjoint"),
    *("lessThan", "lessThanOrEquals", "closed", "hasValue", "in", *_SUB_SHAPES[:3], *_SHAPE_LISTS),
}
"""Core parameters that make one constraint per value. "qualifiedValueShape" makes one per count instead."""
_ONCE = {
    *("datatype", "nodeKind", "minCount", "maxCount", "minExclusive", "minInclusive", "maxExclusive"),
    *("maxInclusive", "minLength", "maxLength", "pattern", "languageIn", "uniqueLang", "closed", "in"),
}
"""Core parameters of which a shape has at most one value (the syntax rules of SHACL §4)."""
_COMPANIONS = {
    *("flags", "ignoredProperties", "qualifiedValueShape", "qualifiedMinCount", "qualifiedMaxCount"),
    "qualifiedValueShapesDisjoint",
}
_DESCRIPTIVE = {
    *("name", "description", "order", "group", "message", "severity", "deactivated", "defaultValue", "path"),
    *(
        "sparql",
        "select",
        "ask",
        "declare",
        "prefixes",
        "shapesGraph",
        "suggestedShapesGraph",
        "resultAnnotation",
    ),
}
KNOWN = {*_TARGETS, *_ALONE, *_COMPANIONS, *_DESCRIPTIVE}
"""Every sh: property that the default engine understands on a shape; the proven set of ``unproven``."""

TARGETS = frozenset(NamedNode(SH + name) for name in (*_TARGETS, "target"))
"""Predicates that give a shape focus nodes (sh:target is SHACL-AF)."""

SPARQL_COMPONENT = SH + "SPARQLConstraintComponent"


def sh(name: str) -> NamedNode:
    return NamedNode(SH + name)


@dataclass(eq=False, slots=True)
class Shape:
    """A node shape (``path`` None) or a property shape. ``severity`` is an IRI, ``profile`` an IRI or "".

    ``wordings`` are the messages per component IRI that take the place of ``messages``.
    """

    node: Term
    rule: str
    path: Path | None
    severity: str
    messages: dict[str, str]
    profile: str
    unproven: str = ""
    wordings: dict[str, dict[str, str]] = field(default_factory=dict)
    constraints: list[Constraint] = field(default_factory=list)

    def walk(self) -> Iterator[Shape]:
        """This shape and every shape that it refers to."""
        yield self
        for constraint in self.constraints:
            for shape in constraint.shapes + constraint.siblings:
                yield from shape.walk()


@dataclass(eq=False, slots=True)
class Constraint:
    """One constraint: a component applied to a shape with ``parameter``; ``number`` is its place in
    ``Shapes``.
    """

    number: int
    component: str
    shape: Shape
    parameter: Term
    rule: str
    messages: dict[str, str]
    severity: str
    profile: str
    shapes: tuple[Shape, ...] = ()
    siblings: tuple[Shape, ...] = ()
    query: QuerySource | None = None

    @property
    def local(self) -> str:
        """The component's name without namespace, for example "MinCountConstraintComponent"."""
        return self.component.removeprefix(SH)


@dataclass(eq=False, slots=True)
class QuerySource:
    """A SPARQL-based constraint or validator as written. ``parameters`` are the pre-bound values of a
    component.
    """

    node: Term
    text: str
    prefixes: dict[str, str]
    parameters: dict[str, Term] = field(default_factory=dict)
    is_ask: bool = False
    plan: Any = None


@dataclass(eq=False, slots=True)
class Targets:
    """Where a shape's focus nodes come from (SHACL §2.1.3)."""

    nodes: list[Term]
    classes: list[Term]
    subjects_of: list[NamedNode]
    objects_of: list[NamedNode]

    def __bool__(self) -> bool:
        return bool(self.nodes or self.classes or self.subjects_of or self.objects_of)


class Root(NamedTuple):
    """A shape with targets. ``unproven`` names the sh: property for which pySHACL must judge it, or is ""."""

    shape: Shape
    targets: Targets
    unproven: str


@dataclass(eq=False, slots=True)
class Shapes:
    """A compiled shapes graph. ``digest`` changes with any byte of its files."""

    graph: Tables
    digest: str
    roots: list[Root]
    constraints: list[Constraint]


def load(project: Project) -> Shapes:
    """The shapes of a project: every ``*.ttl`` file of its shapes folder.

    Raises ProjectError for a file that is not Turtle and for ill-formed or recursive shapes.
    """
    return read(sorted(project.folder("shapes").glob("*.ttl")))


def read(files: Iterable[FilePath]) -> Shapes:
    """The shapes in Turtle files; see ``load``."""
    written = parse(files)
    return compile_graph(written.graph, written.digest)


@dataclass(frozen=True)
class Written:
    """What the files of a shapes graph say, before it is compiled. ``homes`` is IRI → the name of the last
    file that describes it. Shared by all who read the same files: do not change it.
    """

    graph: Tables
    digest: str
    homes: dict[str, str]


def parse(files: Iterable[FilePath]) -> Written:
    """The statements of Turtle files; read once as long as the files stay as they are.

    Raises ProjectError for a file that is not Turtle.
    """
    return _parse(tuple((file, file.stat().st_mtime_ns, file.stat().st_size) for file in files))


@lru_cache(maxsize=2)
def _parse(files: tuple[tuple[FilePath, int, int], ...]) -> Written:
    graph, digest, homes = Tables(), hashlib.sha256(), dict[str, str]()
    for file, _, _ in files:
        content = file.read_bytes()
        digest.update(file.name.encode() + b"\0" + hashlib.sha256(content).digest())
        try:
            for quad in pyoxigraph.parse(
                content, format=RdfFormat.TURTLE, base_iri=file.resolve().as_uri(), rename_blank_nodes=True
            ):
                graph.add((quad.subject, quad.predicate, quad.object))
                homes[quad.subject.value] = file.name
        except SyntaxError as error:
            raise ProjectError(
                f"{file} is geen geldige Turtle: {error}", f"{file} is not Turtle: {error}"
            ) from None
    return Written(graph, digest.hexdigest(), homes)


def compile_graph(graph: Tables, digest: str = "") -> Shapes:
    """The shapes of a shapes graph; see ``load``."""
    return _Compiler(graph).compile(digest)


def unproven(said: Iterable[str]) -> str:
    """Why the default engine does not vouch for a shape: the IRI of the first sh: property, of those
    ``said`` about the shape, that it does not know; "" when it knows them all.

    The one place that decides between the default engine and pySHACL.
    """
    return next((SH + name for name in said if name not in KNOWN), "")


def _texts(terms: Iterable[Term]) -> dict[str, str]:
    """language → text, "" for a literal without language; the alphabetically first when there are several."""
    literals = (term for term in terms if isinstance(term, Literal))
    return dict(sorted(((text.language or "", text.value) for text in literals), reverse=True))


def _filled(text: str, lang: str, own: dict[str, dict[str, str]]) -> str:
    """``text`` with each ``{?part}`` of ``own`` that is there in ``lang``."""
    for part, texts in own.items():
        text = text.replace(f"{{?{part}}}", texts.get(lang, f"{{?{part}}}"))
    return text


def _is_true(term: Term | None) -> bool:
    return isinstance(term, Literal) and term.value == "true"


def _said(graph: Tables) -> dict[Term, dict[str, list[Term]]]:
    """node → local name of a sh: property → values, sorted."""
    found: dict[Term, dict[str, list[Term]]] = {}
    for predicate in graph.predicates():
        if predicate.value.startswith(SH):
            name = predicate.value[len(SH) :]
            for node, values in graph.forward(predicate).items():
                found.setdefault(node, {})[name] = sorted(values, key=str)
    return found


class _Compiler:
    def __init__(self, graph: Tables) -> None:
        self.graph = graph
        self.said = _said(graph)
        self.known_prefixes: dict[tuple[Term, ...], dict[str, str]] = {}
        self.implicit_classes = self._implicit_classes()
        self.shapes: dict[Term, Shape | None] = {}
        self.constraints: list[Constraint] = []
        self.open: list[Term] = []
        self.components = [
            self._component(node) for node in sorted(graph.instances(sh("ConstraintComponent")), key=str)
        ]

    def compile(self, digest: str) -> Shapes:
        roots: list[Root] = []
        for node in self._targeted():
            shape = self.shape(node, ANONYMOUS)
            if shape is not None:
                unproven = next((part.unproven for part in shape.walk() if part.unproven), "")
                roots.append(Root(shape, self._targets(node), unproven))
        return Shapes(self.graph, digest, roots, self.constraints)

    # Targets

    def _targeted(self) -> list[Term]:
        nodes = {node for name in (*_TARGETS, "target") for node in self.graph.forward(sh(name))}
        return sorted(nodes | self.implicit_classes, key=str)

    def _implicit_classes(self) -> set[Term]:
        typed = self.graph.instances(sh("NodeShape")) | self.graph.instances(sh("PropertyShape"))
        return typed & self.graph.instances(NamedNode(RDFS + "Class"))

    def _targets(self, node: Term) -> Targets:
        classes = self._values(node, "targetClass")
        if node in self.implicit_classes:
            classes = [*classes, node]
        return Targets(
            self._values(node, "targetNode"),
            classes,
            [term for term in self._values(node, "targetSubjectsOf") if isinstance(term, NamedNode)],
            [term for term in self._values(node, "targetObjectsOf") if isinstance(term, NamedNode)],
        )

    # Shapes

    def _values(self, node: Term, name: str) -> list[Term]:
        """What the shapes graph says with ``sh:name`` about ``node``, in a fixed order."""
        return self.said.get(node, {}).get(name, [])

    def _one(self, node: Term, name: str) -> Term | None:
        values = self._values(node, name)
        if len(values) > 1:
            raise self._ill_formed(
                node, f"sh:{name} komt meer dan eens voor", f"sh:{name} occurs more than once"
            )
        return values[0] if values else None

    def _ill_formed(self, node: Term, nl: str, en: str) -> ProjectError:
        return ProjectError(f"Shape {node}: {nl}.", f"Shape {node}: {en}.")

    def shape(self, node: Term, around: str) -> Shape | None:
        """The shape at ``node``, or None when it is deactivated; ``around`` is the rule of the enclosing
        shape.
        """
        if node in self.open:
            circle = " → ".join(str(step) for step in [*self.open[self.open.index(node) :], node])
            raise self._ill_formed(node, f"verwijst naar zichzelf: {circle}", f"is recursive: {circle}")
        if node not in self.shapes:
            self.open.append(node)
            self.shapes[node] = (
                None if _is_true(self._one(node, "deactivated")) else self._build(node, around)
            )
            self.open.pop()
        return self.shapes[node]

    def _build(self, node: Term, around: str) -> Shape:
        path = self._one(node, "path")
        severity = self._one(node, "severity")
        shape = Shape(
            node,
            node.value if isinstance(node, NamedNode) else around,
            None if path is None else paths.parse(self.graph, path),
            severity.value if isinstance(severity, NamedNode) else SH + "Violation",
            _texts(self._values(node, "message")),
            self._profile(node),
            unproven(self.said.get(node, ())),
            self._wordings(node),
        )
        self._add_core(shape)
        self._add_qualified(shape)
        for value in self._values(node, "sparql"):
            self._add_sparql(shape, value)
        for component in self.components:
            self._add_component(shape, component)
        return shape

    def _profile(self, node: Term) -> str:
        found = self.graph.forward(NamedNode(SHAPES + "profile")).get(node, ())
        return next((term.value for term in found if isinstance(term, NamedNode)), "")

    def _wordings(self, node: Term) -> dict[str, dict[str, str]]:
        """component IRI → what the gbvsh:wording of a shape says, with the shape's own sh:name and
        sh:description filled in.
        """
        named = self.graph.forward(NamedNode(SHAPES + "wording")).get(node)
        if not named:
            return {}
        own = {part: _texts(self._values(node, part)) for part in ("name", "description")}
        found: dict[str, dict[str, str]] = {}
        for wording in named:
            texts = _texts(self._values(wording, "message"))
            for component in self.graph.forward(NamedNode(SHAPES + "component")).get(wording, ()):
                if isinstance(component, NamedNode):
                    if component.value in found:
                        raise self._ill_formed(
                            node, f"twee bewoordingen voor {component}", f"two wordings for {component}"
                        )
                    found[component.value] = {lang: _filled(text, lang, own) for lang, text in texts.items()}
        return found

    def _add(self, shape: Shape, component: str, parameter: Term) -> Constraint:
        constraint = Constraint(
            len(self.constraints),
            component,
            shape,
            parameter,
            shape.rule,
            shape.wordings.get(component) or shape.messages,
            shape.severity,
            shape.profile,
        )
        self.constraints.append(constraint)
        shape.constraints.append(constraint)
        return constraint

    # Core constraints

    def _add_core(self, shape: Shape) -> None:
        for name in sorted(_ALONE.intersection(self.said.get(shape.node, ()))):
            if shape.path is None and name in (
                "minCount",
                "maxCount",
                "uniqueLang",
                "lessThan",
                "lessThanOrEquals",
            ):
                continue
            if name in _ONCE:
                self._one(shape.node, name)
            for value in self._values(shape.node, name):
                if name in ("closed", "uniqueLang") and not _is_true(value):
                    continue
                constraint = self._add(shape, f"{SH}{name[0].upper()}{name[1:]}ConstraintComponent", value)
                constraint.shapes = self._sub_shapes(shape, name, value)

    def _sub_shapes(self, shape: Shape, name: str, value: Term) -> tuple[Shape, ...]:
        """The shapes that a parameter names. A deactivated one conforms always: an empty shape stands for
        it.
        """
        if name in _SUB_SHAPES:
            nodes = [value]
        elif name in _SHAPE_LISTS:
            nodes = self.graph.list_items(value)
        else:
            return ()
        self._check_sub_shapes(shape, name, nodes)
        return tuple(self.shape(node, shape.rule) or self._empty(node, shape.rule) for node in nodes)

    def _check_sub_shapes(self, shape: Shape, name: str, nodes: list[Term]) -> None:
        has_path = self.graph.forward(sh("path"))
        for node in nodes:
            if isinstance(node, Literal) or (name == "property" and node not in has_path):
                raise self._ill_formed(
                    shape.node,
                    f"sh:{name} wijst geen shape aan: {node}",
                    f"sh:{name} does not name a shape: {node}",
                )

    def _empty(self, node: Term, rule: str) -> Shape:
        return Shape(node, rule, None, SH + "Violation", {}, "")

    def _add_qualified(self, shape: Shape) -> None:
        value = self._one(shape.node, "qualifiedValueShape")
        if value is None or shape.path is None:
            return
        members = self._sub_shapes(shape, "qualifiedValueShape", value)
        siblings = self._siblings(shape, value)
        for name in ("qualifiedMinCount", "qualifiedMaxCount"):
            count = self._one(shape.node, name)
            if count is not None:
                constraint = self._add(shape, f"{SH}Q{name[1:]}ConstraintComponent", count)
                constraint.shapes, constraint.siblings = members, siblings

    def _siblings(self, shape: Shape, value: Term) -> tuple[Shape, ...]:
        """SHACL §4.7.3: the qualified value shapes of the property shapes beside this one."""
        if not _is_true(self._one(shape.node, "qualifiedValueShapesDisjoint")):
            return ()
        parents = self.graph.backward(sh("property")).get(shape.node, ())
        nodes = {
            sibling
            for parent in parents
            for beside in self._values(parent, "property")
            for sibling in self._values(beside, "qualifiedValueShape")
        }
        found = (self.shape(node, shape.rule) for node in sorted(nodes - {value}, key=str))
        return tuple(sibling for sibling in found if sibling is not None)

    # SPARQL-based constraints

    def _add_sparql(self, shape: Shape, node: Term) -> None:
        text = self._one(node, "select")
        if not isinstance(text, Literal):
            raise self._ill_formed(
                shape.node, f"sh:sparql {node} mist sh:select", f"sh:sparql {node} has no sh:select"
            )
        if _is_true(self._one(node, "deactivated")):
            return
        constraint = self._add(shape, SPARQL_COMPONENT, node)
        constraint.query = QuerySource(node, text.value, self.prefixes(node))
        constraint.messages = _texts(self._values(node, "message")) or shape.messages
        constraint.profile = self._profile(node) or shape.profile
        severity = self._one(node, "severity")
        if isinstance(severity, NamedNode):
            constraint.severity = severity.value
        if isinstance(node, NamedNode):
            constraint.rule = node.value

    def prefixes(self, node: Term) -> dict[str, str]:
        """The prefixes that sh:prefixes declares, over owl:imports (SHACL §5.2.1), beside rdf, rdfs and
        owl.
        """
        ontologies = tuple(self._values(node, "prefixes"))
        if ontologies not in self.known_prefixes:
            self.known_prefixes[ontologies] = dict(self._declared(ontologies))
        return self.known_prefixes[ontologies]

    def _declared(self, ontologies: tuple[Term, ...]) -> Iterator[tuple[str, str]]:
        yield from (("rdf", RDF), ("rdfs", RDFS), ("owl", OWL))
        todo, seen = list(ontologies), set[Term]()
        while todo:
            ontology = todo.pop()
            if ontology not in seen:
                seen.add(ontology)
                todo.extend(self.graph.forward(NamedNode(OWL + "imports")).get(ontology, ()))
                for declaration in self._values(ontology, "declare"):
                    prefix, namespace = self._one(declaration, "prefix"), self._one(declaration, "namespace")
                    if isinstance(prefix, Literal) and isinstance(namespace, Literal):
                        yield prefix.value, namespace.value

    def _component(self, node: Term) -> _Component:
        required: dict[str, NamedNode] = {}
        optional: dict[str, NamedNode] = {}
        for parameter in self._values(node, "parameter"):
            path = self._one(parameter, "path")
            if not isinstance(path, NamedNode):
                raise self._ill_formed(
                    node, "een sh:parameter mist sh:path", "an sh:parameter has no sh:path"
                )
            local = min(path.value.rpartition("#")[2], path.value.rpartition("/")[2], key=len)
            (optional if _is_true(self._one(parameter, "optional")) else required)[local] = path
        validators = {
            name: self._one(node, name) for name in ("validator", "nodeValidator", "propertyValidator")
        }
        return _Component(node, required, optional, validators)

    def _add_component(self, shape: Shape, component: _Component) -> None:
        values = {
            name: term
            for name, path in (component.required | component.optional).items()
            for term in sorted(self.graph.forward(path).get(shape.node, ()), key=str)[:1]
        }
        if not component.required or not component.required.keys() <= values.keys():
            return
        kind = "nodeValidator" if shape.path is None else "propertyValidator"
        validator = component.validators[kind] or component.validators["validator"]
        if validator is None:
            return
        ask, select = self._one(validator, "ask"), self._one(validator, "select")
        text = ask or select
        if not isinstance(text, Literal):
            raise self._ill_formed(validator, "mist sh:ask en sh:select", "has neither sh:ask nor sh:select")
        constraint = self._add(shape, str(getattr(component.node, "value", component.node)), component.node)
        constraint.query = QuerySource(
            validator, text.value, self.prefixes(validator), values, ask is not None
        )
        constraint.messages = (
            shape.messages
            or _texts(self._values(validator, "message"))
            or _texts(self._values(component.node, "message"))
        )


@dataclass(eq=False, slots=True)
class _Component:
    """A SPARQL-based constraint component (SHACL §6): parameter name → property."""

    node: Term
    required: dict[str, NamedNode]
    optional: dict[str, NamedNode]
    validators: dict[str, Term | None]
