"""The rules derive what the axioms say, and the reasoner finds what contradicts itself."""

from __future__ import annotations

import contextlib
import re
import socket
import threading
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
import yaml
from owlrl import DeductiveClosure, OWLRL_Semantics
from pyoxigraph import Literal, NamedNode, RdfFormat, Triple, parse
from rdflib import OWL, RDF, RDFS, SH, Graph, URIRef
from rdflib.collection import Collection

from gbvkg import graph, reasoning, validation
from gbvkg.errors import BackEndUnavailable, ProjectError, SourceError
from gbvkg.findings import Stage
from gbvkg.graph import Dataset
from gbvkg.project import Project
from gbvkg.reasoning import rules
from gbvkg.sources.statement import Place, Statement
from gbvkg.vocabulary import expand

ROOT = Path(__file__).parent.parent
CASES = Path(__file__).parent / "cases" / "reasoning"
GBV = expand("gbv:")
PROJECT = Project.open(ROOT)
CORE = reasoning.ontology_files(PROJECT, restrictions=False)
PLANTED, RIGHT = (sorted(CASES.glob(f"Logic*/{kind}*.ttl")) for kind in ("invalid", "valid"))

Names = tuple[str, str, str]


def _triples(*paths: Path) -> list[Triple]:
    """The triples of files, without imports; the blank nodes of two files never meet."""
    quads = (q for path in paths for q in parse(path=str(path), rename_blank_nodes=True))
    return [Triple(q.subject, q.predicate, q.object) for q in quads if q.predicate.value != str(OWL.imports)]


def _dataset(triples: Iterable[Triple], project: Project = PROJECT) -> Dataset:
    home = NamedNode("https://w3id.org/gbvkg/case/graph")
    return Dataset(project, [Statement(*_parts(t), home, Place("case")) for t in triples])  # type: ignore[arg-type]


def _parts(triple: Triple) -> tuple[object, object, object]:
    return triple.subject, triple.predicate, triple.object


def _names(triples: Iterable[Triple | Statement]) -> set[Names]:
    """Links by a property of ours between named things."""
    links = (t for t in triples if t.predicate.value.startswith(GBV) and isinstance(t.object, NamedNode))
    return {(t.subject.value, t.predicate.value, t.object.value) for t in links}  # type: ignore[union-attr]


SAMPLE = _triples(CASES / "sample.ttl")
DERIVED = _names(_triples(CASES / "sample-derived.nt"))


def _ontology() -> Graph:
    found = Graph()
    for path in CORE:
        found.parse(path)
    return found


# Rules


def test_rules_derive_what_is_expected() -> None:
    """On the sample the rules derive exactly the hand-written result."""
    assert _names(reasoning.materialise(_dataset(SAMPLE))) == DERIVED


def test_result_is_a_graph_of_its_own_that_names_its_rules() -> None:
    """Derived statements are in graph inferred, sorted, and their place is a line of a rule file."""
    found = reasoning.materialise(_dataset(SAMPLE))
    assert {s.graph.value for s in found} == {"https://w3id.org/gbvkg/id/graph/inferred"}
    assert found == sorted(found, key=lambda s: (str(s.subject), str(s.predicate), str(s.object)))
    for statement in found:
        line = (ROOT / statement.place.file).read_text("utf-8").splitlines()[statement.place.line - 1]
        assert line.startswith("CONSTRUCT")


def test_same_input_same_result() -> None:
    """The order of the statements makes no difference, not even for the rule that is named."""
    assert reasoning.materialise(_dataset(SAMPLE)) == reasoning.materialise(_dataset(reversed(SAMPLE)))


def test_derived_statements_derive_nothing_more() -> None:
    """The rules are run to their fixpoint."""
    dataset = _dataset(SAMPLE)
    assert reasoning.materialise(dataset.with_statements(reasoning.materialise(dataset))) == []


@pytest.mark.parametrize("left_out", reasoning.read_rules(PROJECT), ids=lambda rule: rule.name)
def test_no_rule_is_idle(left_out: reasoning.Rule, tmp_path: Path) -> None:
    """Without any one of the rules the sample yields less: each is needed, and its loss would be seen."""
    project = _project_with_rules(tmp_path, *(r for r in reasoning.read_rules(PROJECT) if r != left_out))
    assert _names(reasoning.materialise(_dataset(SAMPLE, project))) < DERIVED


def _project_with_rules(root: Path, *rules: reasoning.Rule) -> Project:
    folder = root / "queries" / "rules"
    folder.mkdir(parents=True)
    for rule in rules:
        (folder / f"{rule.name}.rq").write_text(rule.text, "utf-8")
    return Project(root, "https://w3id.org/gbvkg/", "0")


@pytest.mark.parametrize(
    "text", ["SELECT ?s WHERE { ?s ?p ?o }", "CONSTRUCT { ?s ?p } WHERE {}", "-- CONSTRUCT"]
)
def test_only_construct_queries_are_rules(text: str, tmp_path: Path) -> None:
    """Anything else in the folder of the rules is an error that names the file."""
    project = _project_with_rules(tmp_path, reasoning.Rule("bad", text, Place(""), frozenset()))
    with pytest.raises(ProjectError, match=re.escape("queries/rules/bad.rq")):
        reasoning.read_rules(project)


@pytest.fixture
def canary() -> Iterator[tuple[str, list[int]]]:
    """An address of this machine, and a list that grows with every connection to it."""
    hits: list[int] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            with contextlib.suppress(OSError):
                while True:
                    server.accept()[0].close()
                    hits.append(1)

        waiting = threading.Thread(target=answer, daemon=True)
        waiting.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/", hits
        server.shutdown(socket.SHUT_RDWR)
        waiting.join(5)


@pytest.mark.parametrize(
    "call", ["SERVICE SILENT <{}>", "service<{}>", "SERVICESILENT<{}>", "\\u0053ERVICE SILENT <{}>"]
)
@pytest.mark.parametrize("before", ["", "?a ?b 1", "?a ?b true", "?a ?b 1.", "?a ?b xsd:."])
def test_a_rule_reaches_nothing_outside(
    call: str, before: str, tmp_path: Path, canary: tuple[str, list[int]]
) -> None:
    """SERVICE is refused by file and line before the engine reads the rule, however it is spelled."""
    address, hits = canary
    xsd = f"PREFIX xsd: {NamedNode(expand('xsd:'))}"
    text = f"{xsd}\nCONSTRUCT {{ ?s ?p ?o }} WHERE {{ {before}{call.format(address)} {{ ?s ?p ?o }} }}"
    project = _project_with_rules(tmp_path, reasoning.Rule("bad", text, Place(""), frozenset()))
    with pytest.raises(
        ProjectError, match=r"queries/rules/bad\.rq:2: .*(?i:service.* is not allowed|an escape)"
    ):
        reasoning.materialise(_dataset(SAMPLE, project))
    assert hits == []


@pytest.mark.parametrize(
    ("where", "message"),
    [
        ('?a a ?o . BIND(IRI(CONCAT(STR(?a), "x")) AS ?s)', "makes a name that is nowhere"),
        ("?s a ?o . BIND(IRI('made:up') AS ?x)", ""),
        ("?a a ?o . ?b a ?p . ?c a ?q . ?d a ?r . BIND(?a AS ?s)", ""),
    ],
)
def test_a_rule_makes_no_new_names(where: str, message: str, tmp_path: Path) -> None:
    """A rule relates things that are there; so names can neither be made up nor go on for ever."""
    text = f"CONSTRUCT {{ ?s a ?o }} WHERE {{ {where} }}"
    project = _project_with_rules(tmp_path, reasoning.Rule("names", text, Place(""), frozenset()))
    if not message:
        assert reasoning.materialise(_dataset(SAMPLE[:3], project)) == []
        return
    with pytest.raises(ProjectError, match=rf"queries/rules/names\.rq:1: .*{message}"):
        reasoning.materialise(_dataset(SAMPLE, project))


def test_a_blank_node_is_a_new_name(tmp_path: Path) -> None:
    """Each run would make other ones."""
    text = "CONSTRUCT { [] a ?o } WHERE { ?s a ?o }"
    project = _project_with_rules(tmp_path, reasoning.Rule("names", text, Place(""), frozenset()))
    with pytest.raises(ProjectError, match="makes a name that is nowhere"):
        reasoning.materialise(_dataset(SAMPLE, project))


@pytest.mark.parametrize(("step", "most"), [("?n + 1", 100_000), ("?n * 2", 20)])
def test_a_rule_comes_to_an_end(
    step: str, most: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A rule that goes on counting is refused by name, after so many runs or so many statements."""
    monkeypatch.setattr(rules, "MOST_AT_LEAST", most)
    monkeypatch.setattr(rules, "MOST_PER_STATEMENT", 0)
    text = f"CONSTRUCT {{ ?s <x:n> ?m }} WHERE {{ ?s <x:n> ?n . BIND({step} AS ?m) }}"
    project = _project_with_rules(tmp_path, reasoning.Rule("count", text, Place(""), frozenset()))
    one = Triple(NamedNode("x:s"), NamedNode("x:n"), Literal(1))
    with pytest.raises(ProjectError, match=r"queries/rules/count\.rq:1: .*comes to no end"):
        reasoning.materialise(_dataset([one], project))


def test_a_rule_that_searches_and_finds_nothing_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Conditions that share no variable multiply: after so many seconds the rule is refused by name."""
    text = "CONSTRUCT { ?a <x:n> ?b } WHERE { ?a <x:n> ?x . ?b <x:n> ?y . FILTER(?x + ?y < 0) }"
    project = _project_with_rules(tmp_path, reasoning.Rule("search", text, Place(""), frozenset()))
    many = [Triple(NamedNode(f"x:{n}"), NamedNode("x:n"), Literal(n)) for n in range(2000)]
    assert not reasoning.materialise(_dataset(many[:50], project))
    monkeypatch.setattr(rules, "MOST_SECONDS", 0.05)
    started = time.monotonic()
    with pytest.raises(ProjectError, match=r"queries/rules/search\.rq:1: .*searches for more than"):
        reasoning.materialise(_dataset(many, project))
    assert time.monotonic() - started < 10


def test_a_fault_in_a_rule_is_told_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What goes wrong while a rule runs comes out, and is not taken for a search without end."""

    def broken(*_: object) -> None:
        raise OSError("the disk is gone")

    monkeypatch.setattr(rules, "_fresh", broken)
    with pytest.raises(OSError, match="the disk is gone"):
        reasoning.materialise(_dataset(SAMPLE))


def test_a_rule_sees_types_and_any_name_that_it_mentions(tmp_path: Path) -> None:
    """``a``, a full IRI and a name with a hyphen are predicates that a rule can build on."""
    text = (
        "PREFIX eli-dl: <http://data.europa.eu/eli/eli-draft-legislation-ontology#>\n"
        f"CONSTRUCT {{ ?x <{GBV}seen> ?y }}\n"
        "WHERE { ?x a <https://e.example/Kind> ; eli-dl:has-part/<https://e.example/p> ?y }"
    )
    project = _project_with_rules(tmp_path, reasoning.Rule("r", text, Place(""), frozenset()))
    draft, e = "http://data.europa.eu/eli/eli-draft-legislation-ontology#", "https://e.example/"
    lines = [
        f"<{e}1> <{expand('rdf:type')}> <{e}Kind> .",
        f"<{e}1> <{draft}has-part> <{e}2> .",
        f"<{e}2> <{e}p> <{e}3> .",
    ]
    quads = parse("\n".join(lines).encode(), format=RdfFormat.N_TRIPLES)
    triples = [Triple(*_parts(quad)) for quad in quads]  # type: ignore[arg-type]
    assert _names(reasoning.materialise(_dataset(triples, project))) == {(f"{e}1", f"{GBV}seen", f"{e}3")}


# Rules and axioms


def _header(rule: reasoning.Rule) -> dict[str, object]:
    lines = [line.removeprefix("#+") for line in rule.text.splitlines() if line.startswith("#+")]
    header: dict[str, object] = yaml.safe_load("\n".join(line.removeprefix(" ") for line in lines))
    return header


def _axioms() -> list[str]:
    """The axioms about links that a rule can carry out, in the notation of the headers."""
    found, ours = _ontology(), lambda term: str(term).startswith(GBV)
    short = found.namespace_manager.curie
    subs = [(s, o) for s, o in found.subject_objects(RDFS.subPropertyOf) if ours(s) and ours(o)]
    chains = [(s, Collection(found, o)) for s, o in found.subject_objects(OWL.propertyChainAxiom)]
    return [f"{short(s)} ⊑ {short(o)}" for s, o in subs] + [
        f"{' ∘ '.join(short(part) for part in chain)} ⊑ {short(s)}" for s, chain in chains
    ]


def test_every_axiom_has_one_rule() -> None:
    """The headers of the rules name each sub-property axiom between our terms and each chain, once."""
    stated = [a for rule in reasoning.read_rules(PROJECT) for a in str(_header(rule)["axiom"]).split("; ")]
    assert sorted(stated) == sorted(_axioms())


def test_every_rule_says_what_it_does() -> None:
    """A rule has a summary in Dutch and English."""
    for rule in reasoning.read_rules(PROJECT):
        summary = _header(rule)["summary"]
        assert isinstance(summary, dict), rule.name
        assert set(summary) == {"nl", "en"}, rule.name


def test_derived_properties_name_their_rules() -> None:
    """gbv:derivedBy and the heads of the rules say the same."""
    stated = {(str(s), str(o)) for s, o in _ontology().subject_objects(URIRef(GBV + "derivedBy"))}
    heads = {
        (GBV + term, rule.name)
        for rule in reasoning.read_rules(PROJECT)
        for term in re.findall(r"gbv:(\w+)", rule.text[: rule.text.index("WHERE")].rpartition("CONSTRUCT")[2])
    }
    assert stated == heads


def test_rules_equal_an_owl_rl_engine() -> None:
    """owlrl, another implementation of the same axioms, finds the same links.

    owlrl is wrong on owl:hasKey, and the ontology has none.
    """
    both = _ontology().parse(CASES / "sample.ttl")
    DeductiveClosure(OWLRL_Semantics).expand(both)
    things = {name for triple in SAMPLE for name in (str(triple.subject)[1:-1], str(triple.object)[1:-1])}
    links = {(str(s), str(p), str(o)) for s, p, o in both if str(p).startswith(GBV)}
    inferred = {link for link in links if {link[0], link[2]} <= things} - _names(SAMPLE)
    assert inferred == DERIVED


@pytest.mark.java
def test_rules_equal_the_reasoner() -> None:
    """HermiT finds the same links.

    owlready2 reports a link at the lowest property of a hierarchy only, so what it reports, with what the
    sample says, is first carried up the sub-property axioms.
    """
    answer = reasoning.consult([*_triples(*CORE), *SAMPLE], values=True)
    assert answer.consistent
    found = _carried_up({row for row in answer.values if row[1].startswith(GBV)} | _names(SAMPLE))
    assert found - _names(SAMPLE) == DERIVED


def _carried_up(links: set[Names]) -> set[Names]:
    above = {
        str(s): str(o) for s, o in _ontology().subject_objects(RDFS.subPropertyOf) if str(o).startswith(GBV)
    }
    todo = list(links)
    while todo:
        subject, link, value = todo.pop()
        if link in above and (raised := (subject, above[link], value)) not in links:
            links.add(raised)
            todo.append(raised)
    return links


# Consistency


@pytest.mark.java
def test_ontology_is_consistent() -> None:
    """With its chains, restrictions and defined classes the ontology has a model, and so has every class."""
    assert reasoning.check(reasoning.ontology_files(PROJECT)) == []


@pytest.mark.java
def test_real_data_does_not_contradict_the_ontology() -> None:
    """Nothing in the real data is in two classes that exclude each other, also after the rules."""
    dataset = graph.load(PROJECT).dataset
    derived = reasoning.materialise(dataset)
    assert reasoning.check_project(PROJECT, dataset.with_statements(derived).statements) == []


def _case(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


def test_all_planted_cases_are_known() -> None:
    """The folder holds the cases of the rules and the sample, and nothing that no test reads."""
    found = {p.relative_to(CASES).as_posix() for p in CASES.rglob("*") if p.is_file()}
    cases = {p.relative_to(CASES).as_posix() for p in (*PLANTED, *RIGHT)}
    assert found == cases | {"sample.ttl", "sample-derived.nt"}


@pytest.mark.java
@pytest.mark.parametrize("path", PLANTED, ids=_case)
def test_planted_contradiction_is_found(path: Path) -> None:
    """The folder names the rule, the second line the thing: the reasoner finds that, and nothing else."""
    expected = re.match(r"# finds: (?:<(\S+)>|nothing by name)$", path.read_text("utf-8").splitlines()[1])
    assert expected
    focus = expected[1] or ""
    found = reasoning.check([*CORE, path])
    assert [(f.rule, f.focus) for f in found] == [(expand(f"gbvsh:{path.parent.name}"), focus)]
    assert found[0].stage is Stage.LOGIC
    assert set(found[0].message) == {"nl", "en"}
    if focus:
        place = found[0].place
        assert place is not None
        assert place.file == f"{path.parent.name}/{path.name}"
        assert focus in path.read_text("utf-8").splitlines()[place.line - 1]


@pytest.mark.java
@pytest.mark.parametrize("path", RIGHT, ids=_case)
def test_what_is_right_is_no_contradiction(path: Path) -> None:
    """The right case of a rule uses the same terms, and the reasoner finds nothing."""
    assert reasoning.check([*CORE, path]) == []


@pytest.mark.parametrize("path", [*PLANTED, *RIGHT], ids=_case)
def test_a_case_says_what_it_shows(path: Path) -> None:
    """Its first line does, in English and in Dutch, for ``gbvkg explain``."""
    first = path.read_text("utf-8").splitlines()[0]
    assert first.startswith("# ")
    assert len(first.split(" / ")) == 2


@pytest.mark.java
def test_contradiction_in_the_data_names_both_sides() -> None:
    """A thing of the data in two disjoint classes is reported with both classes and with what made it so."""
    statements = _dataset(_triples(CASES / "LogicInconsistent" / "invalid-two-classes.ttl")).statements
    (found,) = reasoning.check(CORE, statements)
    for text in ("gbv:Action", "gbv:ParliamentaryQuestion", "gbv:hasFiche", "gbv:hasQuestionPart"):
        assert text in found.message["nl"]
        assert text in found.message["en"]
    assert found.place == Place("case")


@pytest.mark.java
def test_literals_are_not_the_reasoners_work() -> None:
    """A date, which HermiT does not know, does not stop the check of the links."""
    text = f'<https://w3id.org/gbvkg/case/target> <{GBV}targetDate> "2028-12-31"^^<{expand("xsd:date")}> .'
    quads = parse(text.encode(), format=RdfFormat.N_TRIPLES)
    assert reasoning.check(CORE, _dataset(Triple(*_parts(q)) for q in quads).statements) == []  # type: ignore[arg-type]


def test_without_java_the_error_says_what_to_install() -> None:
    """No Java: one clear error in both languages, exit 3."""
    with pytest.raises(BackEndUnavailable, match="needs Java") as caught:
        reasoning.check(CORE, java="no-such-java")
    assert "Installeer" in caught.value.nl
    assert caught.value.exit_code == 3


@pytest.mark.java
def test_a_reasoner_that_takes_too_long_is_stopped() -> None:
    """The deadline ends the child process and its JVM."""
    with pytest.raises(BackEndUnavailable, match="did not finish"):
        reasoning.check(CORE, seconds=0.05)


def test_a_reasoner_that_fails_is_reported() -> None:
    """A Java that ends with an error is a back end that is not available, not an inconsistency."""
    with pytest.raises(BackEndUnavailable, match="fails"):
        reasoning.check(CORE, java="false")


def test_an_ontology_file_that_is_not_turtle(tmp_path: Path) -> None:
    """The error names the file."""
    path = tmp_path / "broken.ttl"
    path.write_text("this is not Turtle", "utf-8")
    with pytest.raises(SourceError, match="broken"):
        reasoning.check([path])


def test_rules_of_the_reasoner_are_described_and_have_cases() -> None:
    """shapes/logic.ttl describes, in both languages, exactly the rules that the planted cases break."""
    described = Graph().parse(ROOT / "shapes" / "logic.ttl")
    rules = set(described.subjects(RDF.type, URIRef(expand("gbvsh:LogicRule"))))
    for cases in (PLANTED, RIGHT):
        assert {str(rule) for rule in rules} == {expand(f"gbvsh:{path.parent.name}") for path in cases}
    for rule, predicate in ((rule, SH[name]) for rule in rules for name in ("name", "description")):
        texts = list(described.objects(rule, predicate))
        assert sorted(text.language for text in texts) == ["en", "nl"]  # type: ignore[attr-defined]


# Shapes and rules


def _judged(dataset: Dataset) -> set[tuple[object, ...]]:
    found = validation.validate(dataset).findings
    return {(f.severity, f.rule, f.focus, f.path, f.value, f.waiver) for f in found}


def test_rules_do_not_change_the_verdict() -> None:
    """The real data has the same findings before and after the rules: they neither repair nor break anything.

    Domains and ranges infer types, so a shape that needed the rules, or was silenced by them, would be wrong.
    """
    dataset = graph.load(PROJECT).dataset
    before = _judged(dataset)
    assert before
    assert _judged(dataset.with_statements(reasoning.materialise(dataset))) == before
