"""The rules of ``shapes/*.ttl``, and their cases in ``tests/cases/shapes/<Rule>/{valid,invalid}-*.ttl``.

A case is one file in the style of the W3C SHACL test suite: the data and, at its end, the report that is
expected of it. It is judged together with ``background.ttl`` (a small fictional plan), the ontology and the
code lists, and what counts are the results of the rule that its folder is named after, whatever their focus.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from shutil import copytree, ignore_patterns
from typing import Any, NamedTuple

import pyoxigraph
import pyshacl
import pytest
import rdflib
from pyoxigraph import BlankNode, NamedNode, RdfFormat
from rdflib import RDF, RDFS, SH, URIRef

from gbvkg.findings import Severity
from gbvkg.graph import load
from gbvkg.project import VERSION, Project
from gbvkg.validation import shapes as shapes_graph
from gbvkg.validation import validate
from gbvkg.validation.engine import Engine
from gbvkg.validation.memory import judge_all
from gbvkg.validation.shapes import Shapes, compile_graph
from gbvkg.validation.tables import RDF_TYPE, Tables, Term, Triple
from gbvkg.validation.wording import Wording
from gbvkg.vocabulary import BASE, context, expand, packaged_root, prefixes

ROOT = packaged_root()
SHAPES = ROOT / "shapes"
CASES = Path(__file__).parent / "cases" / "shapes"
EXAMPLE = ROOT / "examples" / "fictional-plan"
ONTOLOGY = [ROOT / "ontology" / "gbv.ttl", *sorted((ROOT / "ontology" / "code-lists").glob("*.ttl"))]
GBVSH, GBV = expand("gbvsh:"), expand("gbv:")
SKOS = expand("skos:")
SOURCES = {f"{BASE}id/source/{name}": name for name in ("nota-vr-2025", "vraag-354-2021")}
"""The two seed documents whose sentences the rules enforce: IRI → file in data/sources."""
WORDING, COMPONENT = URIRef(GBVSH + "wording"), URIRef(GBVSH + "component")
PROFILES = {"structure": SH.Violation, "completeness": SH.Warning, "information": SH.Info}


class Expected(NamedTuple):
    """One validation result, the parts that a case states, as N-Triples terms ("" when absent)."""

    focus: str
    path: str
    value: str
    severity: str
    shape: str
    constraint: str
    component: str


class Rule(NamedTuple):
    """``shape`` is the node shape with the target; ``by`` is sh:property or sh:sparql."""

    iri: URIRef
    shape: URIRef
    by: URIRef

    @property
    def name(self) -> str:
        return self.iri.removeprefix(GBVSH)


# Reading shapes and cases


@cache
def graph() -> rdflib.Graph:
    """All shapes as one graph."""
    found = rdflib.Graph()
    for file in sorted(SHAPES.glob("*.ttl")):
        found.parse(file)
    return found


@cache
def rules() -> dict[str, Rule]:
    """The property shapes and SPARQL constraints of the node shapes that have a target, by name."""
    targets = (SH.targetClass, SH.targetSubjectsOf, SH.targetObjectsOf, SH.targetNode)
    found = (
        Rule(part, shape, by)  # type: ignore[arg-type]
        for target in targets
        for shape in graph().subjects(target)
        for by in (SH.property, SH.sparql)
        for part in graph().objects(shape, by)
    )
    return {rule.name: rule for rule in sorted(set(found))}


@cache
def alone(rule: Rule) -> rdflib.Graph:
    """The shapes graph with this rule only: its node shape without the others, and all that it names."""
    only = rdflib.Graph()
    for predicate, value in graph().predicate_objects(rule.shape):
        if predicate not in (SH.property, SH.sparql):
            only.add((rule.shape, predicate, value))
    only.add((rule.shape, rule.by, rule.iri))
    _copy(rule.iri, only)
    return only


def _copy(node: Any, to: rdflib.Graph) -> None:
    for predicate, value in graph().predicate_objects(node):
        if (node, predicate, value) not in to:
            to.add((node, predicate, value))
            if isinstance(value, rdflib.BNode) or predicate in (SH.node, SH.property, SH.prefixes, WORDING):
                _copy(value, to)


@cache
def shapes_of(rule: Rule) -> Shapes:
    return compiled(alone(rule))


def compiled(shapes: rdflib.Graph) -> Shapes:
    tables = Tables(_triples(shapes.serialize(format="nt").encode(), RdfFormat.N_TRIPLES))
    return compile_graph(tables)


def _triples(content: bytes, form: RdfFormat, base: str | None = None) -> Iterator[Triple]:
    for quad in pyoxigraph.parse(content, format=form, base_iri=base, rename_blank_nodes=True):
        yield quad.subject, quad.predicate, quad.object


def read(file: Path) -> list[Triple]:
    return list(_triples(file.read_bytes(), RdfFormat.TURTLE, file.as_uri()))


@cache
def background() -> Tables:
    return Tables(triple for file in [CASES / "background.ttl", *ONTOLOGY] for triple in read(file))


@contextmanager
def together_with(file: Path) -> Iterator[tuple[Tables, list[Triple]]]:
    """The background and the case, and what of it the case adds."""
    added = [triple for triple in read(file) if background().add(triple)]
    try:
        yield background(), added
    finally:
        for triple in added:
            background().discard(triple)


@cache
def background_graph() -> rdflib.Graph:
    found = rdflib.Graph()
    for file in [CASES / "background.ttl", *ONTOLOGY]:
        found.parse(file)
    return found


def cases(rule: Rule) -> list[Path]:
    return sorted((CASES / rule.name).glob("*.ttl"))


def expected(file: Path) -> set[Expected]:
    """The results that the report at the end of a case states."""
    return stated(Tables(read(file)))


def stated(report: Tables) -> set[Expected]:
    """The results of a report, without their details (SHACL §3.6.2.6)."""
    results = report.forward(NamedNode(str(SH.result))).values()
    return {_expected(report, result) for found in results for result in found}


def _expected(data: Tables, result: Term) -> Expected:
    names = "focusNode resultPath value resultSeverity sourceShape sourceConstraint sourceConstraintComponent"
    values = [data.forward(NamedNode(str(SH[name]))).get(result, ()) for name in names.split()]
    return Expected(*(str(next(iter(found), "")) for found in values))


def conforms(file: Path) -> bool:
    [verdict] = [o for _, p, o in read(file) if p.value == str(SH.conforms)]
    return str(getattr(verdict, "value", "")) == "true"


# The two engines


def by_default_engine(rule: Rule, shapes: Shapes, file: Path) -> set[Expected]:
    with together_with(file) as (tables, _):
        return {_told(rule, result) for result in judge_all(Engine(shapes, tables)).results()}


def _told(rule: Rule, result: Any) -> Expected:
    severity, component = NamedNode(result.constraint.severity), NamedNode(result.constraint.component)
    own = NamedNode(rule.iri)
    if rule.by == SH.sparql:
        value = result.focus if result.value is None else result.value
        parts: tuple[Any, ...] = (
            result.focus,
            result.path,
            value,
            severity,
            NamedNode(rule.shape),
            own,
            component,
        )
    else:
        path = NamedNode(str(graph().value(rule.iri, SH.path)))
        parts = (result.focus, path, result.value, severity, own, None, component)
    return Expected(*("" if part is None else str(part) for part in parts))


def by_pyshacl(rule: Rule, file: Path) -> set[Expected]:
    """pySHACL's results; of a query only those about the case's own things: it parses it for every focus."""
    case, data = rdflib.Graph().parse(file, publicID=file.as_uri()), background_graph()
    added = [triple for triple in case if triple not in data]
    for triple in added:
        data.add(triple)
    mine = sorted({str(node) for node in case.subjects() if isinstance(node, URIRef)})
    focus = mine if rule.by == SH.sparql else None
    try:
        _, report, text = pyshacl.validate(data, shacl_graph=alone(rule), inplace=True, focus_nodes=focus)
    finally:
        for triple in added:
            data.remove(triple)
    assert isinstance(report, rdflib.Graph), text
    content = report.serialize(format="nt").encode()
    return stated(Tables(_triples(content, RdfFormat.N_TRIPLES)))


# Cases


def test_every_rule_has_a_folder_and_every_folder_a_rule() -> None:
    """The folders of cases are exactly the rules: none untested, none left over."""
    assert {folder.name for folder in CASES.iterdir() if folder.is_dir()} == set(rules())


def test_every_rule_has_a_right_and_a_wrong_case() -> None:
    """Each rule has at least one valid and one invalid case, and the file name agrees with the report."""
    for rule in rules().values():
        kinds = {file.name.partition("-")[0] for file in cases(rule)}
        assert kinds == {"valid", "invalid"}, rule.name
        for file in cases(rule):
            assert conforms(file) == file.name.startswith("valid-") == (not expected(file)), file


@pytest.mark.parametrize("name", sorted(rules()))
def test_case(name: str) -> None:
    """The default engine reports, over case and background, exactly the results that the case states."""
    rule = rules()[name]
    shapes = shapes_of(rule)
    for file in cases(rule):
        assert by_default_engine(rule, shapes, file) == expected(file), file.name


@pytest.mark.parametrize("name", sorted(rules()))
def test_case_by_the_reference_engine(name: str, caplog: pytest.LogCaptureFixture) -> None:
    """pySHACL, the reference, reports the same results."""
    caplog.set_level("CRITICAL")
    for file in cases(rules()[name]):
        assert by_pyshacl(rules()[name], file) == expected(file), file.name


@pytest.mark.parametrize("name", sorted(rules()))
def test_a_right_case_is_about_the_rule(name: str) -> None:
    """A case has a focus node of its own: it conforms because it is right, not because nobody looked."""
    shapes = shapes_of(rules()[name])
    for file in cases(rules()[name]):
        with together_with(file) as (tables, added):
            engine = Engine(shapes, tables)
            foci = set(engine.core.targets(engine.roots[0].targets))
            assert foci & {subject for subject, _, _ in added}, file.name


def test_the_background_breaks_no_rule() -> None:
    """Background, ontology and code lists conform to all rules, so that results come from the cases."""
    outcome = judge_all(Engine(shapes_graph.read(sorted(SHAPES.glob("*.ttl"))), background()))
    assert [(result.constraint.rule, str(result.focus)) for result in outcome.results()] == []


# Mutants


def _components(rule: Rule) -> set[str]:
    shape = next(root.shape for root in shapes_of(rule).roots)
    own = NamedNode(rule.shape if rule.by == SH.sparql else rule.iri)
    constraints = [constraint for part in shape.walk() if part.node == own for constraint in part.constraints]
    return {constraint.component for constraint in constraints}


@pytest.mark.parametrize("name", sorted(rules()))
def test_every_part_of_a_rule_is_missed_when_it_is_gone(name: str) -> None:
    """Mutants: take any one constraint out of a rule (sh:minCount, sh:class, the query …) and a case notices.

    A case states its results exactly, each with its constraint component; so a component that some case names
    cannot be removed, weakened to nothing or deactivated without failing that case.
    """
    rule = rules()[name]
    noticed = {result.component for file in cases(rule) for result in expected(file)}
    assert {f"<{component}>" for component in _components(rule)} == noticed


@pytest.mark.parametrize("name", ["ActionIndicator", "ActionLead", "LeadInOffice", "PlanActionCount"])
def test_a_deactivated_rule_fails_its_cases(name: str) -> None:
    """The argument of the mutant test, tried out: with a rule switched off, its wrong cases disagree."""
    rule = rules()[name]
    mutant = rdflib.Graph() + alone(rule)
    mutant.add((rule.iri, SH.deactivated, rdflib.Literal(True)))
    shapes = compiled(mutant)
    wrong = [file for file in cases(rule) if file.name.startswith("invalid-")]
    assert all(by_default_engine(rule, shapes, file) != expected(file) for file in wrong)


# The shapes themselves


def test_the_shapes_are_well_formed() -> None:
    """SHACL-SHACL, the shapes for shapes graphs of SHACL appendix C, finds nothing wrong."""
    data = rdflib.Graph().add((URIRef("urn:a"), URIRef("urn:b"), URIRef("urn:c")))
    verdict, _, text = pyshacl.validate(data, shacl_graph=graph(), meta_shacl=True)
    assert verdict, text


def property_shapes() -> set[Any]:
    """Every subject of sh:path and every rule by a query: what must explain itself."""
    return set(graph().subjects(SH.path)) | set(graph().subjects(SH.select))


def test_every_shape_with_a_path_is_a_rule_or_the_inside_of_a_list() -> None:
    """None slips in beside them: fields of shapes with a target, queries, a part per code list, all named."""
    parts = {part for part in graph().objects(None, SH.property) if str(part).endswith("ListScheme")}
    assert len(parts) == len(set(graph().objects(None, URIRef(GBVSH + "codeList"))))
    assert property_shapes() == {rule.iri for rule in rules().values()} | parts
    assert all(isinstance(shape, URIRef) for shape in property_shapes())


def unexplained(shapes: rdflib.Graph, shape: URIRef) -> set[str]:
    """What a property shape or a rule by a query lacks of what a reader needs."""
    missing = {
        about.rpartition("#")[2]
        for about in (SH.name, SH.description, SH.message)
        if sorted(getattr(text, "language", "") for text in shapes.objects(shape, about)) != ["en", "nl"]
        or (
            about != SH.name
            and not all(text.endswith(".") for text in map(str, shapes.objects(shape, about)))
        )
    }
    once = {part: list(shapes.objects(shape, part)) for part in (SH.order, SH.group, SH.severity)}
    missing |= {part.rpartition("#")[2] for part, values in once.items() if len(values) != 1}
    if not all((group, RDF.type, SH.PropertyGroup) in shapes for group in once[SH.group]):
        missing.add("group")
    return missing | ({"seeAlso"} if shapes.value(shape, RDFS.seeAlso) is None else set())


def test_every_property_shape_says_everything_a_reader_needs() -> None:
    """Name, description and message in nl and en, one group, one order, one severity, what it enforces."""
    found = {shape: missing for shape in property_shapes() if (missing := unexplained(graph(), shape))}
    assert found == {}


@pytest.mark.parametrize("name", ["PlanStart", "LeadInOffice", "ViolenceFormListScheme"])
def test_what_a_shape_does_not_say_is_noticed(name: str) -> None:
    """Mutants: take anything that a reader needs from a property shape and it is told to be missing."""
    shape = URIRef(GBVSH + name)
    for part in (SH.name, SH.description, SH.message, SH.order, SH.group, SH.severity, RDFS.seeAlso):
        mutant = rdflib.Graph()
        for about in (shape, *graph().objects(shape, SH.group)):
            mutant += graph().triples((about, None, None))
        assert unexplained(mutant, shape) == set()
        mutant.remove((shape, part, None))
        assert unexplained(mutant, shape) == {part.rpartition("#")[2]}


def test_every_rule_has_a_profile_that_agrees_with_its_severity() -> None:
    """A rule weighs what its profile weighs, and what the shape around it weighs."""
    for rule in rules().values():
        [profile] = graph().objects(rule.iri, URIRef(GBVSH + "profile"))
        severity = graph().value(rule.iri, SH.severity)
        assert severity == PROFILES[str(profile).removeprefix(GBVSH)], rule.name
        assert severity == graph().value(rule.shape, SH.severity), rule.name


def test_every_property_shape_says_what_it_enforces() -> None:
    """rdfs:seeAlso names the source or specification; a quoted sentence is in the source word for word."""
    texts = {
        iri: _squeezed((ROOT / "data" / "sources" / f"{name}.txt").read_text("utf-8"))
        for iri, name in SOURCES.items()
    }
    for shape in property_shapes():
        seen = {str(value) for value in graph().objects(shape, RDFS.seeAlso)}
        quotes = [str(value) for value in graph().objects(shape, expand_uri("gbv:sourceQuote"))]
        assert bool(quotes) == bool(seen & SOURCES.keys()), shape
        for quote in quotes:
            assert any(_squeezed(quote) in texts[iri] for iri in seen & SOURCES.keys()), (shape, quote)


def expand_uri(curie: str) -> URIRef:
    return URIRef(expand(curie))


def _squeezed(text: str) -> str:
    return " ".join(text.split())


def test_the_source_sentences_that_carry_the_plan_are_enforced() -> None:
    """The promises of the nota about indicators, lead ministers, SMART and fiches each have a rule."""
    quotes = " ".join(str(quote) for quote in graph().objects(None, expand_uri("gbv:sourceQuote")))
    for words in ("en/of kwantitatieve indicatoren", "trekkende minister", "SMART", "plan van aanpak"):
        assert words in quotes


def test_messages_name_only_what_the_query_returns() -> None:
    """A placeholder {?x} in a message is a variable that the query selects; others would stay unfilled."""
    for rule in rules().values():
        if rule.by != SH.sparql:
            continue
        head = str(graph().value(rule.iri, SH.select)).partition("WHERE")[0]
        for message in graph().objects(rule.iri, SH.message):
            used = set(re.findall(r"\{[?$](\w+)\}", str(message)))
            assert used <= set(re.findall(r"[?$](\w+)", head)), rule.name


def test_queries_can_be_evaluated_for_all_focus_nodes_at_once() -> None:
    """No sub-SELECT, MINUS, VALUES, LIMIT or xsd cast (pySHACL fails open on a cast); groups keep $this."""
    for rule in rules().values():
        if rule.by == SH.sparql:
            query = str(graph().value(rule.iri, SH.select))
            assert query.count("SELECT") == 1, rule.name
            assert not re.search(r"\b(MINUS|VALUES|LIMIT|OFFSET|SERVICE|xsd:\w+\s*\()", query), rule.name
            assert "GROUP BY" not in query or "GROUP BY $this" in query, rule.name


def test_the_prefix_table_is_the_one_of_the_context() -> None:
    """shapes/prefixes.ttl declares exactly the prefixes of ontology/context.jsonld, for all queries."""
    declared = {
        str(graph().value(node, SH.prefix)): str(graph().value(node, SH.namespace))
        for node in graph().objects(URIRef(GBVSH.removesuffix("#")), SH.declare)
    }
    assert declared == prefixes()
    assert set(graph().objects(None, SH.prefixes)) == {URIRef(GBVSH.removesuffix("#"))}


def test_no_shape_speaks_of_a_term_that_does_not_exist() -> None:
    """Every gbv: class and property in the shapes, their queries included, is a term of the ontology."""
    known = {
        str(term)
        for term in rdflib.Graph().parse(ONTOLOGY[0]).subjects(RDF.type)
        if str(term).startswith(GBV)
    }
    terms = {str(term) for triple in graph() for term in triple if isinstance(term, URIRef)}
    used = {term for term in terms if term.startswith(GBV)}
    for query in graph().objects(None, SH.select):
        used |= {GBV + name for name in re.findall(r"\bgbv:(\w+)", str(query))}
    assert used - known <= {GBV + "ReadingRule"}


def test_paths_are_single_properties_that_a_source_can_state() -> None:
    """sh:path of a field is one property; where it is ours, the context has a key for it, for YAML."""
    said = {
        expand(iri) if iri.partition(":")[0] in prefixes() else iri
        for value in context().values()
        for iri in [value.get("@id", value.get("@reverse")) if isinstance(value, dict) else value]
        if isinstance(iri, str)
    }
    for rule in rules().values():
        if rule.by == SH.property:
            path = graph().value(rule.iri, SH.path)
            assert isinstance(path, URIRef), rule.name
            assert not str(path).startswith(GBV) or str(path) in said, rule.name


def test_a_version_is_what_can_name_a_release() -> None:
    """The rule for the version of the data and the name of a release are one pattern."""
    assert str(graph().value(URIRef(GBVSH + "DatasetVersion"), SH.pattern)) == f"^{VERSION.pattern}$"


def test_what_is_asked_of_the_data_set_and_of_waivers_cannot_be_waived() -> None:
    """The shapes marked so are exactly those two, and the mark is described."""
    marked = set(graph().subjects(URIRef(GBVSH + "waivable"), rdflib.Literal(False)))
    assert marked == {URIRef(GBVSH + "DatasetShape"), URIRef(GBVSH + "WaiverShape")}
    assert (URIRef(GBVSH + "waivable"), RDF.type, RDF.Property) in graph()


def test_texts_may_not_be_blank() -> None:
    """Every field for a text has a pattern; only the words around a quotation may be white space."""
    texts = {
        name
        for name, rule in rules().items()
        if graph().value(rule.iri, SH.datatype) in (RDF.langString, rdflib.XSD.string)
        or (rule.by == SH.property and graph().value(rule.iri, SH.nodeKind) == SH.Literal)
    }
    without = {name for name in texts if not _of_field(rules()[name], SH.pattern)}
    assert without == {"EvidencePrefix", "EvidenceSuffix"}


def _of_field(rule: Rule, parameter: URIRef) -> set[Any]:
    """What the rules about the field of ``rule``, in its own shape, say by ``parameter``."""
    path = graph().value(rule.iri, SH.path)
    about = {part for part in graph().objects(rule.shape, SH.property) if (part, SH.path, path) in graph()}
    return {value for part in about for value in graph().objects(part, parameter)}


def test_a_message_about_a_fiche_says_which_demand_is_not_met() -> None:
    """A rule about a thing of a fiche makes one demand, so that its message never lists what may be wrong."""
    several = {
        rule.name: demands
        for rule in rules().values()
        if rule.by == SH.property and _of_fiches() & set(graph().objects(rule.shape, SH.targetClass))
        if len(demands := {component.rpartition("#")[2] for component in _components(rule)} - ONE_WORDING) > 1
    }
    assert several == {}


ONE_WORDING = {"LanguageInConstraintComponent"}
"""Not in Dutch or English is one demand, whether the text has another language or none (its datatype)."""


def worded(rule: Rule) -> dict[str, int]:
    """Component → how many wordings of the rule are about it."""
    of = [c for wording in graph().objects(rule.iri, WORDING) for c in graph().objects(wording, COMPONENT)]
    return {f"{component}": of.count(component) for component in of}


def test_a_message_says_which_demand_is_not_met() -> None:
    """A field with several demands has exactly one wording for each, and no wording is left over."""
    for rule in rules().values():
        if rule.by == SH.property:
            demands = _components(rule)
            several = len({demand.rpartition("#")[2] for demand in demands} - ONE_WORDING) > 1
            said = worded(rule)
            assert {demand: said.get(demand) for demand in demands} == dict.fromkeys(
                demands, 1 if several else None
            ), rule.name
    used = set(graph().objects(None, WORDING))
    assert used == set(graph().subjects(RDF.type, URIRef(GBVSH + "Wording")))
    for wording in used:
        texts = {getattr(text, "language", ""): str(text) for text in graph().objects(wording, SH.message)}
        assert sorted(texts) == ["en", "nl"]
        assert all("{?name}" in text and text.endswith(" {?description}") for text in texts.values()), wording


def test_a_message_about_a_case_is_filled_in_and_shows_no_address() -> None:
    """Each message of the wrong cases has no placeholder left, is not a list of demands, and names a thing of
    the data by its name or its reference, never by its whole IRI.
    """
    for rule in rules().values():
        for file in cases(rule):
            with together_with(file) as (tables, _):
                wording = Wording(tables, "https://voorbeeld.example/")
                for result in judge_all(Engine(shapes_of(rule), tables)).results():
                    for text in wording.message(result).values():
                        assert not re.search(r"\{[?$]|<https://voorbeeld", text), (file, text)
                        if worded(rule):
                            said = set(map(str, graph().objects(rule.iri, SH.message)))
                            assert text not in said, (file, text)


@pytest.mark.parametrize(
    ("name", "nl"),
    [
        ("PlanStart", "Het veld “Begin van het plan” ligt na het einde. Geef de eerste dag"),
        (
            "PlanDeclaredActionCount",
            "Het veld “Aangekondigd aantal acties” is kleiner dan 0. Geef het aantal",
        ),
        ("ActionLeadOpen", 'zonder einddatum: "Tweede Minister (fictief)" en "Eerste Minister (fictief)".'),
        (
            "ConceptPrefLabelUnique",
            "De voorkeursterm “Cultuur (fictief)” is in deze lijst ook die van het begrip",
        ),
        ("LabelDutchEnglish", "De naam “Eerste campagnegolf (fictief)” staat er in maar één taal."),
    ],
)
def test_what_a_case_is_told(name: str, nl: str) -> None:
    """Of a field the one demand that is not met; of things their names; of texts the words in quotes."""
    told = []
    for file in cases(rules()[name]):
        with together_with(file) as (tables, _):
            wording = Wording(tables, "https://voorbeeld.example/")
            outcome = judge_all(Engine(shapes_of(rules()[name]), tables))
            told += [wording.message(result)["nl"] for result in outcome.results()]
    assert any(nl in text for text in told), told


def test_words_about_a_fiche_are_plain() -> None:
    """Who fills in a fiche reads no jargon of data people in the name, advice or message of a rule."""
    jargon = re.compile(
        r"\b(IRIs?|literal|node|knoop|property|datatype|JSON-LD|SHACL|XML|BCP|(?<!@)context)\b"
    )
    about = {
        rule.iri
        for rule in rules().values()
        if _of_fiches() & set(graph().objects(rule.shape, SH.targetClass))
    }
    reading = set(graph().subjects(RDF.type, expand_uri("gbv:ReadingRule"))) - OF_TURTLE
    assert len(about) > 100
    assert len(reading) > 20
    told = {
        (rule, str(text))
        for rule in about | reading
        for part in (SH.name, SH.description, SH.message)
        for text in graph().objects(rule, part)
        if jargon.search(str(text))
    }
    assert told == set()


OF_TURTLE = {
    URIRef(GBVSH + name) for name in ("ReadingBlankNode", "ReadingFormatRefused", "ReadingPrefixSpelling")
}
"""Rules of the readers that no fiche can break, and the list of refused formats by their own names."""


def test_a_waiver_has_one_dutch_name() -> None:
    """What the commands call an ontheffing is called so by the ontology and by the rules, too."""
    ontology = rdflib.Graph().parse(ONTOLOGY[0])
    labels = [str(label) for label in ontology.objects(expand_uri("gbv:Waiver"), expand_uri("rdfs:label"))]
    assert sorted(labels) == ["ontheffing", "waiver"]
    texts = [
        str(value)
        for found in (ontology, graph())
        for value in found.objects()
        if isinstance(value, rdflib.Literal)
    ]
    assert [text for text in texts if re.search(r"\b([Uu]itzondering|[Aa]fwijking)\b", text)] == []


@cache
def _of_fiches() -> frozenset[URIRef]:
    """The classes whose instances the fiches of the data and of the example describe."""
    projects = [Project.open(), Project.open(EXAMPLE)]
    found = {
        URIRef(statement.object.value)
        for project in projects
        for statement in load(project).dataset.statements
        if statement.predicate == RDF_TYPE and "/fiches/" in statement.place.file
        if isinstance(statement.object, NamedNode)
    }
    assert URIRef(GBV + "Action") in found
    return frozenset(found)


def test_lists_of_choices_are_the_code_lists() -> None:
    """A field with gbvsh:codeList enforces that very list by sh:node; the fields use all code lists."""
    lists: set[str] = set()
    for field, scheme in graph().subject_objects(URIRef(GBVSH + "codeList")):
        [node] = graph().objects(field, SH.node)
        [inner] = graph().objects(node, SH.property)
        assert graph().value(inner, SH.hasValue) == scheme, field
        lists.add(str(scheme))
    schemes = {
        subject.value
        for file in ONTOLOGY[1:]
        for subject, predicate, value in read(file)
        if predicate == RDF_TYPE and value == NamedNode(SKOS + "ConceptScheme")
    }
    assert lists == schemes


def test_completeness_leads_to_the_deadline() -> None:
    """The completeness profile leads from every kind of focus node of its rules to the plan's deadline."""
    path = graph().value(URIRef(GBVSH + "completeness"), URIRef(GBVSH + "deadlinePath"))
    assert graph().value(graph().value(path, RDF.first), SH.alternativePath) is not None
    assert not list(graph().objects(URIRef(GBVSH + "structure"), URIRef(GBVSH + "deadlinePath")))


def test_the_rules_that_waivers_rely_on_keep_their_names() -> None:
    """Waivers, published data and documentation name these rules; renaming one would break them."""
    kept = {
        "ActionIndicator",
        "ActionLead",
        "ActionPrimaryObjective",
        "ActionNumber",
        "ActionForm",
        "LeadInOffice",
    }
    assert kept <= set(rules())


# The real data


def test_every_property_of_the_data_is_a_field() -> None:
    """What the sources of data/ say about a thing is named by a shape of its class, so a form can show it."""
    tables = Tables((s.subject, s.predicate, s.object) for s in load(Project.open()).dataset.statements)
    fields = _fields(tables)
    missing = {
        (cls.value, predicate.value)
        for subject, predicate, _ in tables.triples()
        for cls in _own_classes(tables.forward(RDF_TYPE).get(subject, ()))
        if predicate != RDF_TYPE and predicate not in fields.get(cls, ())
    }
    assert missing == set()


def _fields(tables: Tables) -> dict[Term, set[Term]]:
    found: dict[Term, set[Term]] = {}
    for rule in rules().values():
        for cls in graph().objects(rule.shape, SH.targetClass):
            for sub in tables.subclasses(NamedNode(str(cls))):
                if rule.by == SH.property:
                    found.setdefault(sub, set()).add(NamedNode(str(graph().value(rule.iri, SH.path))))
    return found


def _own_classes(types: Iterable[Term]) -> list[NamedNode]:
    """Classes whose instances are written in data/; concepts and their lists are written in ontology/."""
    spaces = (GBV, expand("mandaat:"), expand("dcat:"))
    concepts = background().subclasses(NamedNode(SKOS + "Concept"))
    found = [cls for cls in types if isinstance(cls, NamedNode) and cls not in concepts]
    return [cls for cls in found if cls.value.startswith(spaces)]


@pytest.mark.parametrize(
    ("found", "written", "told"),
    [
        ("targetDate: 20\\d\\d-\\d\\d-\\d\\d", "", ["TargetDate", "TargetDate"]),
        ("targetDate: 20\\d\\d", "targetDate: 2049", ["TargetDateInPlan", "TargetDateInPlan"]),
        ("mandate/els-2", "mandate/els-1", ["LeadInOffice", "LeadCompetent"]),
        ("lead:\n(?:  .*\n)+", "", ["ActionLead"]),
        ("lead:\n(?:  .*\n)+", "lead: plan/vap-fictief\n", ["ActionLeadKind"]),
        ("\nstartDate: (.*)", r"\nstartDate: [\1, 2028-02-01]", ["ActionStartOnce"]),
        ("\nendDate: .*", r"\nendDate: 2027-05-26", ["ActionStartNotAfterEnd"]),
    ],
)
def test_one_defect_of_a_fiche_gives_one_message(
    found: str, written: str, told: list[str], tmp_path: Path
) -> None:
    """One thing wrong is told once, by the rule that says which; els-1 is out of office and not competent."""
    copytree(EXAMPLE, tmp_path / "plan", ignore=ignore_patterns(".gbvkg", "[2-9]*.yaml", "1?*.yaml"))
    [fiche] = (tmp_path / "plan").rglob("1.yaml")
    text, count = re.subn(found, written, fiche.read_text("utf-8"))
    assert count
    fiche.write_text(text, "utf-8")
    loaded = load(Project.open(tmp_path / "plan"))
    report = validate(loaded.dataset, reading=loaded.findings, paths=[fiche])
    wrong = [
        finding.rule.removeprefix(GBVSH) for finding in report.findings if finding.severity < Severity.INFO
    ]
    assert sorted(wrong) == sorted(told)


def test_the_things_of_a_case_have_iris() -> None:
    """Cases are examples of what a source may say, and what is published has no blank nodes."""
    for rule in rules().values():
        for file in cases(rule):
            data = file.read_text("utf-8").partition("# The expected report")[0].encode()
            terms = {term for triple in _triples(data, RdfFormat.TURTLE) for term in triple}
            assert not any(isinstance(term, BlankNode) for term in terms), file
