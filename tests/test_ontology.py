"""The ontology and its code lists: profile, texts, sources, and what they may say about others."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import combinations
from pathlib import Path

import pyhornedowl
import pytest
from pyhornedowl import profile
from pyoxigraph import Literal, NamedNode, RdfFormat, Triple, parse, serialize

from gbvkg import graph
from gbvkg.project import Project
from gbvkg.validation import shapes as shapes_graph
from gbvkg.validation.engine import Engine
from gbvkg.validation.memory import judge_all
from gbvkg.validation.tables import Tables
from gbvkg.vocabulary import context, expand, prefixes, shrink

ROOT = Path(__file__).parent.parent
ONTOLOGY = ROOT / "ontology"
CORE = (ONTOLOGY / "gbv.ttl", ONTOLOGY / "gbv-chains.ttl")
RESTRICTIONS = ONTOLOGY / "gbv-restrictions.ttl"
CODE_LISTS = sorted((ONTOLOGY / "code-lists").glob("*.ttl"))
ALIGNMENTS = sorted((ONTOLOGY / "alignments").glob("*.ttl"))
SOURCES = ROOT / "data" / "sources"

ABSTRACT = {"Objective", "Indicator", "Responsibility", "Evaluation", "Finding"}
"""Classes that only have instances by their subclasses; a fiche never names them."""

ANNOTATIONS = {"sourceQuote", "sourceNote", "primitiveRationale", "derivedBy"}
"""Properties of terms and concepts, which no fiche has."""

KINDS_OF_CONCEPT = {
    "violence-form": "ViolenceForm",
    "target-group": "TargetGroup",
    "violence-role": "ViolenceRole",
    "phenomenon": "Phenomenon",
    "chain-phase": "ChainPhase",
    "action-status": "ActionStatus",
    "responsibility-role": "ResponsibilityRole",
    "evidence-kind": "EvidenceKind",
    "smart-criterion": "SmartCriterion",
    "verdict": "VerdictKind",
    "direction": "DirectionOfChange",
    "unit": "MeasurementUnit",
    "wording": "WordingKind",
    "reporting-status": "ReportingStatusKind",
    "funding-source": "FundingSource",
    "advice-result": "AdviceResultKind",
    "area": "SpatialArea",
}
"""Code list → the class of its concepts, named by no fiche either."""


class Graph:
    """The triples of some files, to look up in short form; lexical forms stay as written."""

    def __init__(self, *paths: Path, extra: str = "") -> None:
        self.triples = [Triple(q.subject, q.predicate, q.object) for path in paths for q in _quads(path)]
        if extra:
            head = "".join(f"@prefix {p}: <{ns}> .\n" for p, ns in prefixes().items())
            self.triples += [
                Triple(q.subject, q.predicate, q.object)
                for q in parse((head + extra).encode(), format=RdfFormat.TURTLE)
            ]

    def objects(self, subject: str, predicate: str) -> list[NamedNode | Literal]:
        wanted = NamedNode(expand(predicate))
        return [t.object for t in self.triples if t.predicate == wanted and t.subject.value == subject]  # type: ignore[union-attr,misc]

    def subjects(self, predicate: str, value: str) -> set[str]:
        wanted, iri = NamedNode(expand(predicate)), value if "//" in value else expand(value)
        return {
            t.subject.value  # type: ignore[union-attr]
            for t in self.triples
            if t.predicate == wanted and t.object == NamedNode(iri)
        }

    def texts(self, subject: str, predicate: str) -> dict[str, str]:
        """Language → text; fails when a language occurs twice or a text is empty."""
        found = [o for o in self.objects(subject, predicate) if isinstance(o, Literal)]
        texts = {o.language or "": o.value for o in found}
        assert len(texts) == len(found), f"{subject} {predicate}: a language occurs twice"
        assert all(text.strip() for text in texts.values()), f"{subject} {predicate}: an empty text"
        return texts

    def terms(self, *types: str) -> list[str]:
        """Our terms of these types, sorted."""
        return sorted(
            s for kind in types for s in self.subjects("rdf:type", kind) if s.startswith(expand("gbv:"))
        )


def _quads(path: Path) -> Iterator[Triple]:
    return parse(path=str(path), format=RdfFormat.TURTLE, rename_blank_nodes=True)  # type: ignore[return-value]


CORE_GRAPH = Graph(*CORE)
CLASSES = CORE_GRAPH.terms("owl:Class")
PROPERTIES = CORE_GRAPH.terms("owl:ObjectProperty", "owl:DatatypeProperty", "owl:AnnotationProperty")
TERMS = CLASSES + PROPERTIES


def _local(iris: Iterable[str]) -> set[str]:
    return {shrink(iri).removeprefix("gbv:") for iri in iris}


# Profile


def _profiles(found: Graph) -> set[str]:
    imports = NamedNode(expand("owl:imports"))
    text = serialize((t for t in found.triples if t.predicate != imports), format=RdfFormat.RDF_XML)
    ontology = pyhornedowl.open_ontology_from_string(text.decode(), "rdf")
    return {str(p).removeprefix("Profile.") for p in profile.conformant_profiles(ontology)}


def test_core_is_in_dl_and_rl() -> None:
    """Core and chains together are OWL 2 DL and OWL 2 RL, judged by horned-owl."""
    assert {"OWL2DL", "RL"} <= _profiles(CORE_GRAPH)


def test_restrictions_are_in_dl() -> None:
    """With the restrictions the ontology is OWL 2 DL, and no longer RL: they are where they belong."""
    found = _profiles(Graph(*CORE, RESTRICTIONS))
    assert "OWL2DL" in found
    assert "RL" not in found


OUTSIDE = {
    "an existential restriction": "gbv:Action rdfs:subClassOf [ a owl:Restriction ;"
    " owl:onProperty gbv:hasIndicator ; owl:someValuesFrom gbv:Indicator ] .",
    "a range outside the datatype map": "gbv:dueDate rdfs:range xsd:date .",
    "a class of named things": "gbv:Action owl:equivalentClass [ a owl:Class ; owl:oneOf ( gbv:a gbv:b ) ] .",
    "a functional property that a chain ends in": "gbv:contributesTo a owl:FunctionalProperty .",
}
"""What must not be in the core: RL or DL forbids it."""


@pytest.mark.parametrize("extra", OUTSIDE.values(), ids=list(OUTSIDE))
def test_what_is_outside_the_profile_is_noticed(extra: str) -> None:
    """Each planted fault takes the core out of the profiles, and both judges see it."""
    planted = Graph(*CORE, extra=extra)
    assert not {"OWL2DL", "RL"} <= _profiles(planted)
    assert _not_plain(planted)


PLAIN = {
    "owl:Ontology", "owl:Class", "owl:ObjectProperty", "owl:DatatypeProperty", "owl:AnnotationProperty",
    "owl:FunctionalProperty", "owl:versionIRI", "owl:versionInfo", "owl:imports", "owl:disjointWith",
    "owl:propertyChainAxiom", "rdf:type", "rdf:first", "rdf:rest", "rdf:nil", "rdfs:label", "rdfs:seeAlso",
    "rdfs:isDefinedBy", "rdfs:subClassOf", "rdfs:subPropertyOf", "rdfs:domain", "rdfs:range",
}  # fmt: skip
"""All of the OWL and RDFS vocabulary that the core uses; every word of it is in both DL and RL."""

RANGES = {"xsd:boolean", "xsd:decimal", "xsd:integer", "xsd:string"}
"""Datatypes as range: in the OWL 2 datatype map (Structural Specification §4), in RL and known to HermiT."""


def _not_plain(found: Graph) -> set[str]:
    """What is in the core and not in the lists above, and chained properties that are said to be simple."""
    used = {shrink(t.value) for triple in found.triples for t in _nodes(triple)}
    ranges = {shrink(t.object.value) for t in found.triples if t.predicate.value == expand("rdfs:range")}  # type: ignore[union-attr]
    chained = {
        t.subject.value for t in found.triples if t.predicate.value == expand("owl:propertyChainAxiom")
    }  # type: ignore[union-attr]
    simple = found.subjects("rdf:type", "owl:FunctionalProperty")
    foreign = {term for term in used if term.startswith(("owl:", "rdf:", "rdfs:"))}
    return (foreign - PLAIN) | {r for r in ranges if r.startswith("xsd:")} - RANGES | chained & simple


def _nodes(triple: Triple) -> list[NamedNode]:
    return [t for t in (triple.subject, triple.predicate, triple.object) if isinstance(t, NamedNode)]


def test_core_is_plain() -> None:
    """A second, simple judge: the core uses only constructs that are in both profiles."""
    assert _not_plain(CORE_GRAPH) == set()


# Manners


FOREIGN_KINDS = {"owl:Class", "owl:ObjectProperty", "owl:DatatypeProperty", "owl:AnnotationProperty"}


def _said_about_others(found: Graph) -> list[str]:
    """Triples whose subject is not ours, other than the declaration of a term."""
    ours = (expand("gbv:"), expand("gbv:").removesuffix("#"))
    return [
        str(t)
        for t in found.triples
        if isinstance(t.subject, NamedNode)
        and not t.subject.value.startswith(ours)
        and not (t.predicate.value == expand("rdf:type") and shrink(t.object.value) in FOREIGN_KINDS)  # type: ignore[union-attr]
    ]


@pytest.mark.parametrize("path", [*CORE, RESTRICTIONS], ids=lambda path: path.stem)
def test_nothing_is_said_about_foreign_terms(path: Path) -> None:
    """A foreign term is declared, and may stand on the right-hand side; no axiom has it as subject."""
    assert _said_about_others(Graph(path)) == []


@pytest.mark.parametrize(
    "extra", ["prov:Plan rdfs:subClassOf gbv:ActionPlan .", 'skos:broader rdfs:label "ruimer"@nl .']
)
def test_a_hijacked_term_is_noticed(extra: str) -> None:
    """A planted axiom, or even a label, on a foreign term is found."""
    assert len(_said_about_others(Graph(*CORE, extra=extra))) == 1


def test_foreign_terms_are_used() -> None:
    """A declaration of a foreign term that the core does not use is gone."""
    declared = {iri for kind in FOREIGN_KINDS for iri in CORE_GRAPH.subjects("rdf:type", kind)} - set(TERMS)
    used = {t.value for triple in CORE_GRAPH.triples for t in _nodes(triple)[1:]}
    assert declared <= used


@pytest.mark.parametrize("path", [CORE[0], *CODE_LISTS, *ALIGNMENTS], ids=lambda path: path.stem)
def test_what_is_published_as_a_graph_has_no_blank_nodes(path: Path) -> None:
    """The files that become named graphs have no blank nodes."""
    assert all(isinstance(t.subject, NamedNode) for t in Graph(path).triples)


def test_restrictions_and_chains_are_not_loaded_with_data() -> None:
    """No restriction and no list reaches the dataset."""
    loaded = {s.predicate.value for s in graph.load(Project.open(ROOT)).dataset.statements}
    assert not loaded & {expand("owl:someValuesFrom"), expand("owl:propertyChainAxiom"), expand("rdf:first")}


def test_disjointness_is_pairwise_and_between_ours() -> None:
    """All kinds of concepts exclude each other, and disjointness never involves a foreign class."""
    pairs = {
        frozenset((t.subject.value, t.object.value))  # type: ignore[union-attr]
        for t in CORE_GRAPH.triples
        if t.predicate.value == expand("owl:disjointWith")
    }
    kinds = {expand(f"gbv:{kind}") for kind in KINDS_OF_CONCEPT.values()}
    assert {frozenset(pair) for pair in combinations(kinds, 2)} <= pairs
    assert {iri for pair in pairs for iri in pair} <= set(CLASSES)


# Terms and their texts


def test_context_and_ontology_have_the_same_terms() -> None:
    """A fiche can say what the ontology defines and nothing else, but for the terms listed above."""
    definitions = [
        v.get("@id") or v.get("@reverse") if isinstance(v, dict) else v for v in context().values()
    ]
    in_context = {d.removeprefix("gbv:") for d in definitions if isinstance(d, str) and d.startswith("gbv:")}
    defined, unnamed = _local(TERMS), ABSTRACT | ANNOTATIONS | set(KINDS_OF_CONCEPT.values())
    assert unnamed <= defined
    assert in_context == defined - unnamed


@pytest.mark.parametrize("predicate", ["rdfs:label", "skos:definition", "skos:example"])
def test_every_term_is_explained_twice(predicate: str) -> None:
    """Label, definition and example, once in Dutch and once in English."""
    assert [t for t in TERMS if set(CORE_GRAPH.texts(t, predicate)) != {"nl", "en"}] == []


def test_no_two_terms_of_a_kind_have_the_same_name() -> None:
    """Labels are unique among the classes and among the properties, per language, and so are definitions."""
    for terms in (CLASSES, PROPERTIES):
        for predicate in ("rdfs:label", "skos:definition"):
            for lang in ("nl", "en"):
                texts = [CORE_GRAPH.texts(term, predicate)[lang] for term in terms]
                assert len(set(texts)) == len(texts), predicate


def test_every_term_says_who_defines_it() -> None:
    """rdfs:isDefinedBy is the ontology."""
    ontology = NamedNode(expand("gbv:").removesuffix("#"))
    assert all(CORE_GRAPH.objects(term, "rdfs:isDefinedBy") == [ontology] for term in TERMS)


def test_every_primitive_class_says_why() -> None:
    """A class without necessary and sufficient conditions says why; all of the core are such."""
    for term in CLASSES:
        assert set(CORE_GRAPH.texts(term, "gbv:primitiveRationale")) == {"nl", "en"}, term


DEFINED_GRAPH = Graph(RESTRICTIONS)
DEFINED = DEFINED_GRAPH.terms("owl:Class")
NOT_HELD = expand("gbvsh:TermDefinedBy")
"""The style rule about rdfs:isDefinedBy wants the ontology itself; a defined class names its own file."""


def test_defined_classes_are_explained() -> None:
    """A defined class has label, definition and example in both languages, a source, and conditions."""
    assert DEFINED
    for term in DEFINED:
        assert DEFINED_GRAPH.objects(term, "owl:equivalentClass"), term
        for predicate in ("rdfs:label", "skos:definition", "skos:example"):
            assert set(DEFINED_GRAPH.texts(term, predicate)) == {"nl", "en"}, term
    ontology = NamedNode(expand("gbv:").removesuffix("#") + "/restrictions")
    assert all(DEFINED_GRAPH.objects(term, "rdfs:isDefinedBy") == [ontology] for term in DEFINED)


def test_no_defined_class_is_called_as_another_class() -> None:
    """Labels and definitions of defined classes are unique among all classes, per language."""
    both = Graph(*CORE, RESTRICTIONS)
    for predicate in ("rdfs:label", "skos:definition"):
        for lang in ("nl", "en"):
            texts = [both.texts(term, predicate)[lang] for term in both.terms("owl:Class")]
            assert len(set(texts)) == len(texts), predicate


def _style_faults(left_out: Iterable[Triple] = ()) -> set[tuple[str, str]]:
    """What the shapes say of the defined classes when ``left_out`` is not stated: term and rule."""
    stated = [t for t in DEFINED_GRAPH.triples if t not in left_out]
    tables = Tables((t.subject, t.predicate, t.object) for t in (*CORE_GRAPH.triples, *stated))  # type: ignore[misc]
    engine = Engine(shapes_graph.read(sorted((ROOT / "shapes").rglob("*.ttl"))), tables)
    found = judge_all(engine).results()
    ours = ((r.focus.value, r.constraint.rule) for r in found if isinstance(r.focus, NamedNode))
    return {(focus, rule) for focus, rule in ours if focus in DEFINED and rule != NOT_HELD}


def test_defined_classes_keep_the_style_rules() -> None:
    """The shapes over the ontology hold for the file that is never loaded, and so never validated, too."""
    assert _style_faults() == set()


LOST = {
    "TermLabel": "rdfs:label",
    "TermDefinition": "skos:definition",
    "TermExample": "skos:example",
    "TermSource": "dct:source",
    "ClassPrimitiveRationale": "owl:equivalentClass",
}


@pytest.mark.parametrize("rule", LOST)
def test_what_a_defined_class_loses_is_noticed(rule: str) -> None:
    """Without its label, definition, example, source or conditions a defined class breaks that style rule."""
    term = expand("gbv:LedAction")
    lost = [
        t
        for t in DEFINED_GRAPH.triples
        if t.subject == NamedNode(term) and t.predicate.value == expand(LOST[rule])
    ]
    assert lost
    assert _style_faults(lost) == {(term, expand(f"gbvsh:{rule}"))}


def _squeeze(text: str) -> str:
    return " ".join(text.split())


def _source_faults(found: Graph, subjects: Iterable[str]) -> list[str]:
    """Subjects without a verbatim quotation of a source, and without a note in both languages."""
    faults = []
    for subject in subjects:
        quotes, notes = found.texts(subject, "gbv:sourceQuote"), found.texts(subject, "gbv:sourceNote")
        sources = [o.value.rpartition("/")[2] for o in found.objects(subject, "dct:source")]
        text = "\n".join(_squeeze((SOURCES / f"{s}.txt").read_text("utf-8")) for s in sources)
        if set(quotes) - {"nl"} or not all(_squeeze(quote) in text for quote in quotes.values()):
            faults.append(f"{subject}: the quotation is not in the source")
        if bool(quotes) != bool(sources) or (not quotes and set(notes) != {"nl", "en"}):
            faults.append(f"{subject}: neither a quotation with its source nor a note")
    return faults


def test_every_term_has_its_source() -> None:
    """The sentence that a term comes from is verbatim in its source; else a note says where it is from."""
    assert _source_faults(CORE_GRAPH, TERMS) == []
    assert _source_faults(DEFINED_GRAPH, DEFINED) == []


def test_an_invented_quotation_is_noticed() -> None:
    """A quotation that differs in a word, or a missing note, is found."""
    invented = (
        'dct:source <https://w3id.org/gbvkg/id/source/nota-vr-2025> ; gbv:sourceQuote "Er is wel geld."@nl'
    )
    planted = Graph(extra=f'gbv:one {invented} . gbv:two gbv:sourceNote "Alleen Nederlands."@nl .')
    assert len(_source_faults(planted, [expand("gbv:one"), expand("gbv:two")])) == 2


def test_header() -> None:
    """Version, licence, title, description in both languages, no claim to be the Flemish Government."""
    iri = expand("gbv:").removesuffix("#")
    (version,) = (o.value for o in CORE_GRAPH.objects(iri, "owl:versionInfo"))
    assert CORE_GRAPH.objects(iri, "owl:versionIRI") == [NamedNode(f"{iri}/{version}")]
    assert re.search(r"^## (\S+)", (ONTOLOGY / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)[1] == version  # type: ignore[index]
    for predicate in ("dct:title", "dct:description", "skos:editorialNote"):
        assert set(CORE_GRAPH.texts(iri, predicate)) == {"nl", "en"}
    assert "geen publicatie van de Vlaamse overheid" in CORE_GRAPH.texts(iri, "skos:editorialNote")["nl"]
    assert {str(o.value) for o in CORE_GRAPH.objects(iri, "vann:preferredNamespacePrefix")} == {"gbv"}
    for predicate in ("dct:license", "dct:creator", "dct:publisher"):
        assert len(CORE_GRAPH.objects(iri, predicate)) == 1


# Code lists


def test_code_lists_are_those_of_the_context() -> None:
    """Every list that a fiche can choose from has a file, and every file is such a list."""
    scoped = [v.get("@context", {}).get("@vocab", "") for v in context().values() if isinstance(v, dict)]
    used = {iri.rstrip("/").rpartition("/")[2] for iri in scoped if iri}
    assert {path.stem for path in CODE_LISTS} == used == set(KINDS_OF_CONCEPT)


def _concepts(found: Graph) -> list[str]:
    return sorted(found.subjects("rdf:type", "skos:Concept"))


@pytest.mark.parametrize("path", CODE_LISTS, ids=lambda path: path.stem)
def test_scheme(path: Path) -> None:
    """A scheme has its texts in both languages, licence and version, and points at its class."""
    found, scheme = Graph(path), f"https://w3id.org/gbvkg/id/conceptscheme/{path.stem}"
    assert found.subjects("rdf:type", "skos:ConceptScheme") == {scheme}
    for predicate in ("dct:title", "skos:prefLabel", "dct:description"):
        assert set(found.texts(scheme, predicate)) == {"nl", "en"}
    assert [len(found.objects(scheme, p)) for p in ("dct:license", "owl:versionInfo", "dct:publisher")] == [
        1
    ] * 3
    assert found.objects(scheme, "rdfs:seeAlso") == [NamedNode(expand(f"gbv:{KINDS_OF_CONCEPT[path.stem]}"))]
    kind = expand(f"gbv:{KINDS_OF_CONCEPT[path.stem]}")
    assert CORE_GRAPH.objects(kind, "rdfs:seeAlso") == [NamedNode(scheme)]


@pytest.mark.parametrize("path", CODE_LISTS, ids=lambda path: path.stem)
def test_concepts(path: Path) -> None:
    """A concept has label and definition per language, class, scheme, and its IRI from its notation."""
    found, scheme = Graph(path), NamedNode(f"https://w3id.org/gbvkg/id/conceptscheme/{path.stem}")
    kind = NamedNode(expand(f"gbv:{KINDS_OF_CONCEPT[path.stem]}"))
    for concept in _concepts(found):
        for predicate in ("skos:prefLabel", "skos:definition"):
            assert set(found.texts(concept, predicate)) == {"nl", "en"}, concept
        (notation,) = found.objects(concept, "skos:notation")
        assert concept == f"https://w3id.org/gbvkg/id/concept/{path.stem}/{notation.value}"
        assert kind in found.objects(concept, "rdf:type")
        assert found.objects(concept, "skos:inScheme") == [scheme]
        assert NamedNode(expand("owl:Class")) not in found.objects(concept, "rdf:type")


@pytest.mark.parametrize("path", CODE_LISTS, ids=lambda path: path.stem)
def test_hierarchy(path: Path) -> None:
    """Broader and narrower mirror each other; what has nothing broader is a top concept, said both ways."""
    found, scheme = Graph(path), f"https://w3id.org/gbvkg/id/conceptscheme/{path.stem}"
    concepts = _concepts(found)
    broader = {(c, o.value) for c in concepts for o in found.objects(c, "skos:broader")}
    assert broader == {(o.value, c) for c in concepts for o in found.objects(c, "skos:narrower")}
    tops = set(concepts) - {narrow for narrow, _ in broader}
    assert {o.value for o in found.objects(scheme, "skos:hasTopConcept")} == tops
    assert found.subjects("skos:topConceptOf", scheme) == tops
    assert tops, "a cycle leaves no top concept"


@pytest.mark.parametrize("path", CODE_LISTS, ids=lambda path: path.stem)
def test_concepts_have_their_source(path: Path) -> None:
    """The sentence that names a concept is verbatim in its source; else a note says where it is from."""
    found = Graph(path)
    assert _source_faults(found, _concepts(found)) == []


@pytest.mark.parametrize("path", CODE_LISTS, ids=lambda path: path.stem)
def test_labels_are_unique_in_a_list(path: Path) -> None:
    """Two concepts of a list never have the same label in a language."""
    found = Graph(path)
    for lang in ("nl", "en"):
        labels = [found.texts(concept, "skos:prefLabel")[lang] for concept in _concepts(found)]
        assert len(set(labels)) == len(labels)


def test_definitions_that_are_ours_say_so() -> None:
    """The nota names the five forms and defines none: each definition is marked as ours."""
    found = Graph(ONTOLOGY / "code-lists" / "violence-form.ttl")
    assert {iri.rpartition("/")[2] for iri in _concepts(found)} == {"SG", "SGG", "IFG", "EGG", "VGV"}
    for concept in _concepts(found):
        assert "geen juridische waarde" in found.texts(concept, "skos:editorialNote")["nl"]
        assert "no legal standing" in found.texts(concept, "skos:editorialNote")["en"]


def test_no_notation_is_a_term_of_the_context() -> None:
    """JSON-LD expands a value that is a term before it looks at the list, so no notation may be one."""
    notations = {o.value for path in CODE_LISTS for o in _notations(Graph(path))}
    assert notations
    assert not notations & set(context())


def _notations(found: Graph) -> Iterator[NamedNode | Literal]:
    for concept in _concepts(found):
        yield from found.objects(concept, "skos:notation")


# Alignments


LINKS = {
    "rdfs:subClassOf", "rdfs:seeAlso", "skos:exactMatch", "skos:closeMatch", "skos:broadMatch",
    "skos:relatedMatch",
}  # fmt: skip


@pytest.mark.parametrize("path", ALIGNMENTS, ids=lambda path: path.stem)
def test_alignments_go_from_ours_to_theirs(path: Path) -> None:
    """Beside its header an alignment has only links, from a term or concept that exists to a foreign one."""
    found, known = Graph(path), {*TERMS, *(c for p in CODE_LISTS for c in _concepts(Graph(p)))}
    header = f"https://w3id.org/gbvkg/ns/alignments/{path.stem}"
    assert set(found.texts(header, "dct:title")) == {"nl", "en"}
    assert found.objects(header, "dct:license")
    links = [t for t in found.triples if t.subject.value != header]  # type: ignore[union-attr]
    assert links
    for link in links:
        assert link.subject.value in known  # type: ignore[union-attr]
        assert shrink(link.predicate.value) in LINKS
        assert isinstance(link.object, NamedNode)
        assert not link.object.value.startswith("https://w3id.org/gbvkg/")
        assert not shrink(link.object.value).startswith("<"), "the prefix table does not have this vocabulary"
