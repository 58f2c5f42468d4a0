"""The real data say what their sources say, all of it with a source, and nothing more.

One test per promise about the data. Quotes and official wordings are compared with the texts of the two
official documents in ``data/sources/``; counts are pinned to what those documents and the dumps hold.
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
import yaml
from pyoxigraph import Literal, NamedNode, QuerySolutions, Store

from gbvkg.findings import Severity
from gbvkg.graph import Loaded, load
from gbvkg.project import Project
from gbvkg.validation import validate
from gbvkg.vocabulary import BASE, prefixes

DATA = Path(__file__).parent.parent / "data"
SHAPES = Path(__file__).parent.parent / "shapes"
ID = BASE + "id/"
PLAN_2025, PLAN_2020 = f"{ID}plan/vap-ggg-2025", f"{ID}plan/vap-sg-2020"
THEMIS = "http://themis.vlaanderen.be/id/"
DEMIR_2024, DEMIR_2026 = "3bd27bb7-3235-4418-96ff-672ae71c1488", "a53f5741-04e4-4514-9fe5-14ab4d0b21b2"
SOMERS_2021 = "1e207740-3834-4e98-8431-5a2c08704516"
JUSTICE = THEMIS + "beleidsveld/e9361eb8-9a30-4c0b-8664-3dad70a8666d"

Row = tuple[str, ...]


@pytest.fixture(scope="module")
def loaded() -> Loaded:
    return load(Project.open())


@pytest.fixture(scope="module")
def store(loaded: Loaded) -> Store:
    return loaded.dataset.store()


@pytest.fixture(scope="module")
def things(loaded: Loaded) -> dict[str, set[str]]:
    """Everything that a file under data/ gives a type, with its types."""
    found: dict[str, set[str]] = {}
    for statement in loaded.dataset.statements:
        typed = statement.predicate.value == prefixes()["rdf"] + "type"
        if typed and isinstance(statement.object, NamedNode) and statement.place.file.startswith("data/"):
            found.setdefault(statement.subject.value, set()).add(statement.object.value)
    return found


@pytest.fixture(scope="module")
def nota() -> str:
    return _squeezed((DATA / "sources" / "nota-vr-2025.txt").read_text("utf-8"))


@pytest.fixture(scope="module")
def question() -> str:
    return _squeezed((DATA / "sources" / "vraag-354-2021.txt").read_text("utf-8"))


def _squeezed(text: str) -> str:
    return " ".join(text.split())


def _ask(store: Store, pattern: str, **bound: str) -> list[Row]:
    """The rows of ``SELECT * WHERE { pattern }`` over all graphs, sorted; columns by name."""
    header = "".join(f"PREFIX {name}: <{space}>\n" for name, space in prefixes().items())
    names = sorted(set(re.findall(r"\?(\w+)", pattern)) - set(bound))
    select = " ".join("?" + name for name in names)
    values = " ".join(f"VALUES ?{name} {{ {NamedNode(iri)} }}" for name, iri in bound.items())
    query = f"{header} SELECT DISTINCT {select} WHERE {{ {values} {pattern} }}"
    solutions = store.query(query, use_default_graph_as_union=True)
    assert isinstance(solutions, QuerySolutions)
    return sorted(tuple("" if s[n] is None else s[n].value for n in names) for s in solutions)


def _values(store: Store, subject: str, predicate: str, lang: str | None = None) -> list[str]:
    """The values of one property (a compact IRI), sorted; only those in ``lang`` when it is given."""
    prefix, _, local = predicate.partition(":")
    quads = store.quads_for_pattern(NamedNode(subject), NamedNode(prefixes()[prefix] + local), None, None)
    objects = [quad.object for quad in quads]
    if lang is not None:
        return sorted({o.value for o in objects if isinstance(o, Literal) and o.language == lang})
    return sorted({o.value for o in objects if isinstance(o, NamedNode | Literal)})


def _things(store: Store, kind: str) -> list[str]:
    return [row[0] for row in _ask(store, f"?thing a {kind}")]


def _local(iris: list[str]) -> list[str]:
    return [iri.rpartition("/")[2] for iri in iris]


# --- every statement --------------------------------------------------------------------------------------


def test_the_data_are_read_without_a_finding(loaded: Loaded) -> None:
    """Every file under data/ is read, and every reference in it exists."""
    assert [f"{f.place}: {f.message['en']}" for f in loaded.findings] == []


def test_the_data_conform_but_for_what_is_waived(loaded: Loaded) -> None:
    """No rule is broken without a waiver, and every waiver is needed: the rules that it names are broken."""
    report = validate(loaded.dataset)
    broken = [f for f in report.findings if f.severity is Severity.VIOLATION]
    assert [f"{f.place}: {f.message['en']}" for f in broken if not f.waiver] == []
    waived = {f.rule.rpartition("#")[2] for f in broken}
    assert waived == {"ActionIndicator", "ActionLead", "ActionNumber", "ActionPrimaryObjective"}
    assert report.conforms


def test_every_thing_has_a_source_that_is_described(store: Store, things: dict[str, set[str]]) -> None:
    """Whatever has a type has a dct:source, and that source is a described document; sources need none."""
    sourced = {iri for (iri,) in _ask(store, "?thing dct:source/a gbv:SourceDocument")}
    document = prefixes()["gbv"] + "SourceDocument"
    assert sorted(iri for iri, kinds in things.items() if iri not in sourced and document not in kinds) == []
    assert len(things) > 800


def test_every_source_file_is_used_and_every_used_source_has_a_file(store: Store) -> None:
    """The folder data/sources and the sources that statements name are the same set."""
    used = {iri.removeprefix(f"{ID}source/") for (iri,) in _ask(store, "[] dct:source ?source")}
    assert used == {path.stem for path in (DATA / "sources").glob("*.yaml")}


def test_every_source_says_when_it_was_issued_or_that_it_is_unknown(store: Store) -> None:
    """A source document has titles in both languages, and a date or an explicit unknown."""
    for iri in _things(store, "gbv:SourceDocument"):
        assert all(len(_values(store, iri, "dct:title", lang)) == 1 for lang in ("nl", "en")), iri
        unknown = prefixes()["dct"] + "issued" in _values(store, iri, "gbv:unknownProperty")
        assert bool(_values(store, iri, "dct:issued")) != unknown, iri


def test_every_quote_is_in_its_source_word_for_word(store: Store) -> None:
    """An evidence quote is found, but for white space, in the text kept of the document that it quotes."""
    kept = (DATA / "sources").glob("*.txt")
    texts = {f"{ID}source/{path.stem}": _squeezed(path.read_text("utf-8")) for path in kept}
    quotes = _ask(store, "?quote a gbv:EvidenceQuote ; oa:exact ?exact ; prov:wasQuotedFrom ?source")
    assert len(quotes) == len(_things(store, "gbv:EvidenceQuote")) > 25
    assert [quote for exact, quote, source in quotes if _squeezed(exact) not in texts[source]] == []


def test_what_is_unknown_has_no_value(store: Store) -> None:
    """A property that is listed as unknown has no value."""
    assert _ask(store, "?thing gbv:unknownProperty ?property . ?thing ?property ?value") == []


def test_every_label_is_in_dutch_and_english(store: Store, things: dict[str, set[str]]) -> None:
    """A thing of the data has a label or preferred label in Dutch and in English."""
    for lang in ("nl", "en"):
        pattern = f"?thing rdfs:label|skos:prefLabel ?label FILTER (LANG(?label) = '{lang}')"
        labelled = {thing for _, thing in _ask(store, pattern)}
        assert sorted(things.keys() - labelled) == [], lang


# --- the plan of 2025 -------------------------------------------------------------------------------------


def test_2025_has_3_and_11_objectives_in_the_words_of_the_nota(store: Store, nota: str) -> None:
    """Official wording in Dutch to the letter, marked as such; the English is marked as our translation."""
    strategic = _things(store, "gbv:StrategicObjective")
    operational = _things(store, "gbv:OperationalObjective")
    assert _local(strategic) == ["SD-1", "SD-2", "SD-3"]
    assert _local(operational) == [
        f"OD-{n}" for n in ("1.1", "1.2", "1.3", "1.4", "2.1", "2.2", "2.3", "3.1", "3.2", "3.3", "3.4")
    ]
    for iri in strategic + operational:
        (notation,) = _values(store, iri, "skos:notation")
        (wording,) = _values(store, iri, "rdfs:label", "nl")
        assert re.search(rf"{re.escape(notation)}\.? {re.escape(wording)}", nota), iri
        assert len(_values(store, iri, "rdfs:label", "en")[0]) > 60, "a translation, not a summary"
        assert _local(_values(store, iri, "gbv:wording")) == ["official-wording"]
        assert _local(_values(store, iri, "gbv:translation")) == ["own-translation"]
        assert _values(store, iri, "gbv:objectiveOf") == [PLAN_2025]


def test_each_operational_objective_is_under_the_strategic_one_of_its_number(store: Store) -> None:
    """OD n.m is part of SD n."""
    pairs = _ask(store, "?od gbv:subObjectiveOf ?sd . ?od skos:notation ?child . ?sd skos:notation ?parent")
    assert len(pairs) == 11
    assert all(child[3] == parent[3] for child, _, parent, _ in pairs)


def test_2025_delimits_five_forms_and_names_five_groups(store: Store) -> None:
    """The five forms and the five groups of the nota; the phenomena are named by OD 1.1 and are not forms."""
    assert _local(_values(store, PLAN_2025, "gbv:delimitsForm")) == ["EGG", "IFG", "SG", "SGG", "VGV"]
    groups = _local(_values(store, PLAN_2025, "gbv:namesGroup"))
    assert groups == ["children", "lgbtq", "migrants", "older-persons", "persons-with-disabilities"]
    named = _ask(store, "?objective gbv:namesPhenomenon ?phenomenon")
    assert [(_local([o])[0], _local([p])[0]) for o, p in named] == [
        ("OD-1.1", "online-sexual-violence"),
        ("OD-1.1", "spiking"),
    ]


def test_roles_are_named_where_the_wording_names_them(store: Store) -> None:
    """An objective names a role exactly when its Dutch wording has the word for it."""
    words = {
        "victim": "slachtoffers",
        "potential-victim": "(potentiële) slachtoffers",
        "perpetrator": "daders|plegers",
        "bystander": "omstaanders",
        "relative": "naasten",
        "professional": "professionals",
        "policy-maker": "beleidsmakers",
        "citizen": "burgers",
    }
    for iri in _things(store, "gbv:StrategicObjective") + _things(store, "gbv:OperationalObjective"):
        (label,) = _values(store, iri, "rdfs:label", "nl")
        expected = {role for role, word in words.items() if any(part in label for part in word.split("|"))}
        assert set(_local(_values(store, iri, "gbv:namesRole"))) == expected, iri


def test_the_decision_of_9_may_2025_is_a_kennisname_and_not_an_approval(store: Store) -> None:
    """The one decision has date, number and result "Akte genomen"; nothing in the data approves anything."""
    (decision,) = _things(store, "gbv:GovernmentDecision")
    assert _values(store, decision, "dct:issued") == ["2025-05-09"]
    assert _values(store, decision, "dct:identifier") == ["VR 2025 0905 MED.0149"]
    (result,) = _values(store, decision, "besluitvorming:resultaat")
    assert _values(store, result, "skos:prefLabel", "nl") == ["Akte genomen"]
    (noted,) = _values(store, decision, "gbv:takesNoteOf", "nl")
    assert noted.startswith("de leidende principes, omgevingsanalyse")
    assert _ask(store, "?decision gbv:approves|gbv:decides ?thing") == []


def test_the_nota_is_a_proposal_with_two_decision_items(store: Store, nota: str) -> None:
    """Items 1° and 2° in the words of the nota; the date of the nota is unknown."""
    (proposal,) = _things(store, "gbv:GovernmentProposal")
    items = _ask(
        store,
        "?proposal gbv:hasDecisionItem [ gbv:order ?order ; gbv:text ?text ] FILTER (LANG(?text) = 'nl')",
    )
    assert [order for order, _, _ in items] == ["1", "2"]
    assert all(f"{order}° {text}" in nota for order, _, text in items)
    assert prefixes()["dct"] + "issued" in _values(store, proposal, "gbv:unknownProperty")
    assert len(_values(store, proposal, "gbv:basedOnAdvice")) == 2


def test_the_advices_have_their_own_nature_and_date(store: Store) -> None:
    """Inspectorate of Finance: favourable, 14 September 2025; minister of Budget: agreed, 1 October 2025."""
    (advice,), (agreement,) = _things(store, "gbv:Advice"), _things(store, "gbv:BudgetAgreement")
    assert _values(store, advice, "dct:issued") == ["2025-09-14"]
    assert _local(_values(store, advice, "gbv:adviceResult")) == ["favourable"]
    assert _values(store, agreement, "dct:issued") == ["2025-10-01"]
    assert _local(_values(store, agreement, "gbv:adviceResult")) == ["agreement"]
    (giver,) = _values(store, agreement, "gbv:givenBy")
    assert "Begroting" in _values(store, giver, "dct:title")[0]
    assert _values(store, giver, "mandaat:start") < ["2025-10-01"] < _values(store, giver, "mandaat:einde")


def test_the_funding_statement_is_an_explicit_negative(store: Store) -> None:
    """No separate budget line, existing appropriations, each with the sentence that says so."""
    (funding,) = _things(store, "gbv:FundingStatement")
    assert _values(store, funding, "gbv:separateBudgetLine") == ["false"]
    assert _local(_values(store, funding, "gbv:fundedFrom")) == ["existing-appropriations"]
    quotes = _ask(store, "?funding gbv:hasEvidence/oa:exact ?exact", funding=funding)
    assert ("Er is geen aparte begrotingslijn voor de uitvoering van het plan.",) in quotes


def test_the_minister_of_justice_coordinates_under_two_successive_mandates(store: Store) -> None:
    """One competence, two nodes that meet on 21 January 2026; the first without start, the second open."""
    rows = _ask(
        store,
        "?plan gbv:coordinationResponsibility ?node . ?node gbv:competence ?field ; prov:agent ?mandate"
        " OPTIONAL { ?node dcat:startDate ?start } OPTIONAL { ?node dcat:endDate ?end }",
        plan=PLAN_2025,
    )
    by_start = sorted(rows, key=lambda row: row[4])
    assert [(end, field, _local([mandate])[0], start) for end, field, mandate, _, start in by_start] == [
        ("2026-01-21", JUSTICE, DEMIR_2024, ""),
        ("", JUSTICE, DEMIR_2026, "2026-01-21"),
    ]


def test_the_learning_network_is_hosted_by_the_agency(store: Store) -> None:
    """Agentschap Justitie en Handhaving, by its OVO IRI."""
    (row,) = _ask(store, "?plan gbv:hasLearningNetwork/gbv:hostedBy ?host", plan=PLAN_2025)
    assert row == ("https://data.vlaanderen.be/id/organisatie/OVO049152",)
    assert _values(store, row[0], "rdfs:label", "nl") == ["Agentschap Justitie en Handhaving"]


def test_evaluations_are_intervals_in_their_own_words(store: Store, nota: str) -> None:
    """ "midden 2027" and "In 2029" with their year and without an invented day."""
    rows = _ask(
        store,
        "?plan gbv:hasEvaluation ?evaluation . ?evaluation a ?kind ; gbv:plannedFor ?period ."
        " ?period gbv:inYear ?year ; gbv:verbatim ?words . FILTER (LANG(?words) = 'nl')",
        plan=PLAN_2025,
    )
    assert [(kind.partition("#")[2], words, year) for _, kind, _, words, year in rows] == [
        ("FinalEvaluation", "In 2029", "2029"),
        ("MidTermEvaluation", "midden 2027", "2027"),
    ]
    assert all(words in nota for _, _, _, words, _ in rows)
    assert _ask(store, "[] gbv:plannedFor ?period . ?period dcat:startDate|dcat:endDate ?day") == []


def test_the_commitments_of_chapter_4_are_there_with_the_fiche_obligation(store: Store, nota: str) -> None:
    """T1 to T5, each text verbatim; T3 is the fiche that the lead minister draws up for every action."""
    rows = _ask(
        store, "[] gbv:hasCommitment ?commitment . ?commitment gbv:text ?text FILTER (LANG(?text) = 'nl')"
    )
    texts = {_local([iri])[0]: text for iri, text in rows}
    assert {"T1", "T2", "T3", "T4", "T5"} <= set(texts)
    assert texts["T3"].startswith("Voor elke actie wordt door de betrokken trekkende minister een actiefiche")
    assert [key for key, text in texts.items() if text not in nota] == []


def test_115_actions_are_declared_and_the_list_is_incomplete(store: Store) -> None:
    """The plan declares 115 actions, holds none, and says that the list is incomplete."""
    assert _values(store, PLAN_2025, "gbv:declaredActionCount") == ["115"]
    assert _values(store, PLAN_2025, "gbv:isCompleteList") == ["false"]
    assert _ask(store, "?action gbv:actionOf ?plan", plan=PLAN_2025) == []


def test_both_plans_declare_three_strategic_objectives(store: Store, nota: str, question: str) -> None:
    """Each source says so in words; of 2020 none is held, and the number of its actions stays unknown."""
    for plan, text in ((PLAN_2025, nota), (PLAN_2020, question)):
        assert _values(store, plan, "gbv:declaredStrategicObjectiveCount") == ["3"]
        assert "drie strategische doelstellingen" in text
    assert _values(store, PLAN_2020, "gbv:declaredActionCount") == []
    assert _ask(store, "?objective gbv:objectiveOf ?plan", plan=PLAN_2020) == []


def test_the_period_and_the_fiche_deadline_of_2025_are_unknown(store: Store) -> None:
    """The nota gives no start, no end and no deadline, and the plan says so."""
    unknown = {iri.rpartition("#")[2] for iri in _values(store, PLAN_2025, "gbv:unknownProperty")}
    assert unknown == {"startDate", "endDate", "ficheDeadline"}


# --- the plan of 2020 -------------------------------------------------------------------------------------


def test_only_action_11_has_a_number_and_an_official_text(store: Store, question: str) -> None:
    """Its text is the question's, to the letter."""
    (row,) = _ask(store, "?action gbv:number ?number ; gbv:officialText ?text . FILTER (LANG(?text) = 'nl')")
    assert row[:2] == (f"{ID}action/vap-sg-2020/11", "11")
    assert f"“{row[2]}”" in question
    assert _ask(store, "?action gbv:officialText ?text . FILTER (LANG(?text) != 'nl')") == []
    assert [row[0] for row in _ask(store, "?action gbv:number ?number")] == [row[0]]


def test_a_name_that_the_plan_did_not_give_is_not_official(store: Store, question: str) -> None:
    """Action 11 bears the subject of the question, the plan of 2020 the title on politicians' pages."""
    action = f"{ID}action/vap-sg-2020/11"
    assert _local(_values(store, action, "gbv:wording")) == ["parliamentary-wording"]
    assert _values(store, action, "rdfs:label", "nl")[0] in question
    assert _local(_values(store, PLAN_2020, "gbv:wording")) == ["press-paraphrase"]
    assert _values(store, PLAN_2020, "rdfs:label", "nl")[0] not in question


def test_action_11_was_not_started_on_an_unknown_day_from_30_june_2021(store: Store) -> None:
    """The answer's date is unknown: an interval with a start and no end, never a day."""
    (statement,) = _things(store, "gbv:ProgressStatement")
    assert _local(_values(store, statement, "gbv:aboutAction")) == ["11"]
    assert _local(_values(store, statement, "gbv:status")) == ["not-started"]
    assert _values(store, statement, "gbv:asOf") == []
    (interval,) = _values(store, statement, "gbv:asOfInterval")
    assert _values(store, interval, "dcat:startDate") == ["2021-06-30"]
    assert _values(store, interval, "dcat:endDate") == []
    quotes = _ask(store, "?statement gbv:hasEvidence/oa:exact ?exact", statement=statement)
    assert quotes == [("Deze actie uit het actieplan seksueel geweld werd nog niet aangevat.",)]


def test_question_354_has_three_parts_of_which_the_answer_answers_one(store: Store, question: str) -> None:
    """The answer covers parts 1 to 3; parts 2 and 3 stay unanswered; its date is unknown."""
    (asked,) = _things(store, "gbv:ParliamentaryQuestion")
    (answer,) = _things(store, "gbv:ParliamentaryAnswer")
    assert _values(store, asked, "dct:issued") == ["2021-06-30"]
    assert _local(_values(store, asked, "gbv:addressedTo")) == [SOMERS_2021]
    assert _local(_values(store, asked, "gbv:concernsAction")) == ["11"]
    parts = _ask(
        store, "[] gbv:hasQuestionPart [ gbv:order ?n ; gbv:text ?text ] FILTER (LANG(?text) = 'nl')"
    )
    assert [n for n, _ in parts] == ["1", "2", "3"]
    assert all(f"{n}. {text}" in question for n, text in parts)
    assert _local(_values(store, answer, "gbv:covers")) == ["1", "2", "3"]
    assert _local(_values(store, answer, "gbv:answers")) == ["1"]
    assert f"1-3.{_values(store, answer, 'gbv:text', 'nl')[0]}" in question
    assert prefixes()["dct"] + "issued" in _values(store, answer, "gbv:unknownProperty")


def test_the_mid_term_evaluation_of_2020_is_quoted_and_not_dated_as_planned(store: Store) -> None:
    """Three sentences of two politicians' pages say that it was debated; when it was planned is unknown."""
    evaluation = f"{ID}evaluation/vap-sg-2020/mid-term"
    quotes = _ask(store, "?evaluation gbv:hasEvidence/prov:wasQuotedFrom ?source", evaluation=evaluation)
    assert _local([source for (source,) in quotes]) == ["sleurs-2023", "vandenhove-2023"]
    assert len(_values(store, evaluation, "gbv:hasEvidence")) == 3
    assert _values(store, evaluation, "gbv:plannedFor") == []


def test_the_asker_is_named_and_has_no_invented_identity(store: Store) -> None:
    """The member of parliament is a person of ours, named as in the question, the same as nobody else's."""
    (row,) = _ask(store, "?question gbv:askedBy ?asker . ?asker foaf:name ?name")
    assert row[1] == "Maaike De Vreese"
    assert _values(store, row[0], "owl:sameAs") == []


def test_nobody_leads_an_action_that_no_source_gives_a_lead(store: Store) -> None:
    """No lead responsibility at all; every action says that its lead is unknown."""
    assert _things(store, "gbv:LeadResponsibility") == []
    unknown = _ask(store, "?action a gbv:Action ; gbv:unknownProperty gbv:leadResponsibility")
    assert len(unknown) == len(_things(store, "gbv:Action")) == 20


def test_nineteen_actions_are_published_as_reported_with_their_sources(store: Store) -> None:
    """r01 to r19: flagged, paraphrased, without number, objective, indicator or status."""
    reported = [a for a in _things(store, "gbv:Action") if not a.endswith("/11")]
    assert _local(reported) == [f"r{n:02}" for n in range(1, 20)]
    for iri in reported:
        assert _local(_values(store, iri, "gbv:reportingStatus")) == ["reported-action"]
        assert _local(_values(store, iri, "gbv:wording")) == ["press-paraphrase"]
        assert all(_values(store, source, "foaf:page") for source in _values(store, iri, "dct:source")), iri
        for absent in ("gbv:number", "gbv:officialText", "gbv:primaryObjective", "gbv:hasIndicator"):
            assert _values(store, iri, absent) == [], iri
        assert _ask(store, "?statement gbv:aboutAction ?action", action=iri) == []


def test_the_waivers_cover_the_twenty_actions_and_name_existing_rules(store: Store) -> None:
    """Each waiver has a reason in two languages, who, an end after the release, and existing rules."""
    shapes = "".join(path.read_text("utf-8") for path in sorted(SHAPES.glob("*.ttl")))
    (released,) = _values(store, f"{ID}dataset/gbvkg", "dct:issued")
    for waiver in _things(store, "gbv:Waiver"):
        for lang in ("nl", "en"):
            assert _values(store, waiver, "gbv:rationale", lang), waiver
        assert _values(store, waiver, "gbv:decidedBy"), waiver
        assert _values(store, waiver, "gbv:waivedUntil") > [released], waiver
        for rule in _values(store, waiver, "gbv:waivesRule"):
            assert re.search(rf"^gbvsh:{rule.rpartition('#')[2]}$", shapes, re.MULTILINE), rule
    assert len(_ask(store, "[] a gbv:Waiver ; gbv:waivesFor ?action . ?action a gbv:Action")) == 20


# --- ministers --------------------------------------------------------------------------------------------


def test_every_mandate_since_july_2019_is_there_and_is_the_same_as_in_themis(store: Store) -> None:
    """140 mandates of 22 persons in four governments; Themis' IRI differs from ours in the path only."""
    rows = _ask(store, "?mandate a mandaat:Mandataris ; owl:sameAs ?themis")
    assert len(rows) == 140
    assert all(themis.startswith(THEMIS + "mandat") for _, themis in rows)
    assert all(_local([mandate]) == _local([themis]) for mandate, themis in rows)
    assert Counter(themis.split("/")[4] for _, themis in rows) == {"mandataris": 77, "mandatee": 63}
    persons = _ask(store, "[] mandaat:isBestuurlijkeAliasVan ?person . ?person owl:sameAs ?themis")
    assert len(persons) == 22
    assert len(_ask(store, "[] gbv:inGovernment ?government")) == 4


def test_mandates_end_in_july_2019_or_later_and_not_before_they_start(store: Store) -> None:
    """An open mandate has no end; the others end on or after their start."""
    rows = _ask(store, "?mandate mandaat:start ?start OPTIONAL { ?mandate mandaat:einde ?end }")
    assert len(rows) == 140
    assert all(not end or end >= max(start, "2019-07-01") for end, _, start in rows)
    assert {start for end, _, start in rows if not end} == {"2026-01-21"}


def test_somers_held_two_mandates_on_the_day_of_question_354(store: Store) -> None:
    """Minister with a title, and deputy minister-president without one."""
    rows = _ask(
        store,
        "?mandate mandaat:isBestuurlijkeAliasVan/foaf:name 'Bart Somers' ;"
        " mandaat:start ?start ; mandaat:einde ?end OPTIONAL { ?mandate dct:title ?title }"
        " FILTER (STR(?start) <= '2021-06-30' && STR(?end) > '2021-06-30')",
    )
    title = "Vlaams minister van Binnenlands Bestuur, Bestuurszaken, Inburgering en Gelijke Kansen"
    assert sorted(row[3] for row in rows) == ["", title]


def test_youth_moved_from_depraetere_to_bonte_on_21_january_2026(store: Store) -> None:
    """Portfolios change hands: the field Youth ends with one mandate and starts with another."""
    rows = _ask(
        store,
        "?mandate mandaat:beleidsdomein/skos:prefLabel 'Jeugd'@nl ; mandaat:start ?start ;"
        " mandaat:isBestuurlijkeAliasVan/foaf:name ?name"
        " OPTIONAL { ?mandate mandaat:einde ?end } FILTER (STR(?start) >= '2024-09-30')",
    )
    assert [(end, name, start) for end, _, name, start in sorted(rows, key=lambda row: row[3])] == [
        ("2026-01-21", "Melissa Depraetere", "2024-09-30"),
        ("", "Hans Bonte", "2026-01-21"),
    ]


def test_a_policy_field_is_tied_to_a_mandate_by_the_words_of_its_title(store: Store) -> None:
    """Each tie has a mapping beside it: the title as in Themis, its words, confidence, role and date."""
    ties = _ask(store, "?mandate mandaat:beleidsdomein ?field")
    rows = _ask(
        store,
        "?mapping gbv:mappingPredicate mandaat:beleidsdomein ; gbv:mappingSubject ?mandate ;"
        " gbv:mappingObject ?field ; sssom:match_string ?words ; sssom:subject_label ?title ;"
        " sssom:confidence ?confidence ; sssom:author_label ?author ; sssom:mapping_date ?date ."
        " ?mandate dct:title ?title2 . ?field a skos:Concept",
    )
    assert sorted((mandate, field) for _, _, _, field, mandate, *_ in rows) == sorted(
        (mandate, field) for field, mandate in ties
    )
    assert len(rows) == 248
    for _, confidence, _, _, mandate, _, title, title2, words in rows:
        assert title == title2, mandate
        assert words in title, mandate
        assert 0 < float(confidence) < 1, mandate


def test_policy_fields_and_domains_are_those_of_themis(store: Store) -> None:
    """51 fields of the list of January 2026, and "Welzijn" of the list of December 2024; eight domains."""
    fields = _ask(store, "?field skos:inScheme/skos:prefLabel 'Beleidsvelden'@nl ; a skos:Concept")
    domains = _ask(store, "?domain skos:inScheme/skos:prefLabel 'Beleidsdomeinen'@nl ; a skos:Concept")
    assert (len(fields), len(domains)) == (52, 8)
    assert all(iri.startswith(THEMIS + "beleidsveld/") for (iri,) in fields)
    within = _ask(store, "?field skos:broadMatch/skos:inScheme/skos:prefLabel 'Beleidsdomeinen'@nl")
    assert len(within) == 52
    of_2024 = _ask(store, "?field skos:prefLabel ?label ; dct:source ?list FILTER (LANG(?label) = 'nl')")
    assert [label for _, label, at in of_2024 if at.endswith("/themis-policy-fields-2024")] == ["Welzijn"]


def test_only_organisations_that_the_plans_name_are_there(store: Store) -> None:
    """Those with an OVO number have their OVO IRI; the others have one of ours."""
    named = {iri for (iri,) in _ask(store, "?organisation a org:Organization")}
    uses = "[] gbv:hostedBy|gbv:givenBy|dct:publisher|dct:creator ?organisation"
    used = {iri for (iri,) in _ask(store, uses)}
    assert named <= used
    ovo = {iri for iri in named if not iri.startswith(ID)}
    assert all(re.fullmatch(r"https://data\.vlaanderen\.be/id/organisatie/OVO\d{6}", iri) for iri in ovo)


# --- links ------------------------------------------------------------------------------------------------


def test_every_mapping_has_justification_confidence_role_and_date(store: Store) -> None:
    """The slots that SSSOM and the issue ask for, and the mapped statement itself."""
    mappings = _things(store, "gbv:PlanMapping")
    complete = _ask(
        store,
        "?mapping a gbv:PlanMapping ;"
        " gbv:mappingSubject ?s ; gbv:mappingPredicate ?p ; gbv:mappingObject ?o ;"
        " sssom:mapping_justification semapv:ManualMappingCuration ; sssom:confidence ?confidence ;"
        " sssom:author_label ?author ; sssom:mapping_date ?date . ?s ?p ?o",
    )
    assert len(complete) == len(mappings) == 248 + 9 + 6 + 4 + 7 + 5 + 13 + 1


def test_comments_of_mappings_have_a_language(store: Store) -> None:
    """So that a page in another language can say which it is (WCAG 2.2, 3.1.2)."""
    tagged = _ask(store, "?mapping a gbv:PlanMapping ; rdfs:comment ?comment BIND(LANG(?comment) AS ?lang)")
    languages = [lang for _, lang, _ in tagged]
    assert (languages.count("en"), languages.count("nl"), len(languages)) == (45, 1, 46)


def test_the_links_are_in_one_table_per_target(loaded: Loaded) -> None:
    """Every table of data/links gives at least one mapping."""
    read = {s.place.file.rpartition("/")[2] for s in loaded.dataset.statements if "/links/" in s.place.file}
    assert read == {path.name for path in (DATA / "links").iterdir()}


def test_the_five_forms_and_the_five_groups_are_mapped(store: Store) -> None:
    """Forms to EuroVoc, Istanbul articles, ICCS or SDG; groups at least to EuroVoc."""
    rows = _ask(store, "[] gbv:mappingSubject ?subject ; gbv:mappingObject ?object")
    targets = {(_local([s])[0], o.rpartition("/")[0]) for o, s in rows if "/concept/" in s}
    eurovoc, istanbul, sdg = (
        "http://eurovoc.europa.eu",
        f"{ID}concept/istanbul-article",
        "http://metadata.un.org/sdg",
    )
    for form in ("SG", "SGG", "IFG", "EGG", "VGV"):
        assert {(form, eurovoc), (form, istanbul), (form, sdg)} <= targets, form
    assert {s for s, space in targets if space == f"{ID}concept/iccs"} == {"SG", "SGG", "IFG", "EGG"}
    for group in _local(_values(store, PLAN_2025, "gbv:namesGroup")):
        assert (group, eurovoc) in targets, group


def test_an_exact_match_has_the_same_label(store: Store) -> None:
    """skos:exactMatch only where the Dutch labels are the same words."""
    labels = "sssom:subject_label ?left ; sssom:object_label ?right"
    rows = _ask(store, f"[] gbv:mappingPredicate skos:exactMatch ; {labels}")
    assert rows
    assert all(left.casefold() == right.casefold() for left, right in rows)


def test_action_11_under_od_1_4_is_a_claim_of_ours(store: Store) -> None:
    """The one link between the plans has a mapping with a confidence below 1 and our curation as a source."""
    (row,) = _ask(store, "?action gbv:takenUpUnder ?objective")
    assert _local(list(row)) == ["11", "OD-1.4"]
    (mapping,) = _ask(
        store,
        "?mapping gbv:mappingPredicate gbv:takenUpUnder ; sssom:confidence ?confidence ; dct:source ?source"
        " FILTER (STRENDS(STR(?source), '/gbvkg-curation'))",
    )
    assert float(mapping[0]) < 1


# --- figures ----------------------------------------------------------------------------------------------


def test_all_69_observations_have_period_unit_area_value_and_source(store: Store) -> None:
    """A number or, where there is no exact one, words; never both; and where and when it holds."""
    rows = _ask(
        store,
        "?o a gbv:IndicatorObservation ; gbv:observationOf/a gbv:ContextIndicator ; dcat:startDate ?from ;"
        " dcat:endDate ?until ; gbv:unit/a skos:Concept ; dct:spatial/a skos:Concept ;"
        " dct:source/a gbv:SourceDocument FILTER (STR(?from) < STR(?until))"
        " OPTIONAL { ?o gbv:value ?value } OPTIONAL { ?o gbv:statedValue ?stated }",
    )
    assert len(rows) == len(_things(store, "gbv:IndicatorObservation")) == 69
    assert [iri for _, iri, stated, _, value in rows if bool(stated) == bool(value)] == []


def test_an_approximation_is_in_the_words_of_its_source_and_has_no_number(store: Store) -> None:
    """A stated value stands in the text kept of its source, in Dutch; no observation adds a number to it."""
    rows = _ask(store, "?o gbv:statedValue ?stated ; dct:source ?source")
    assert sorted(stated for _, _, stated in rows) == ["Bijna 91%", "Ruim 70%"]
    for iri, source, stated in rows:
        kept = (DATA / "sources" / f"{_local([source])[0]}.txt").read_text("utf-8")
        assert stated in kept, iri
        assert _values(store, iri, "gbv:value") == [], iri


def test_a_share_of_women_says_that_its_copy_does_not_say_of_which_women(store: Store) -> None:
    """The copy of the EU-GBV tables gives the unit "PC" only: no denominator is suggested."""
    unit = f"{ID}concept/unit/percent-of-women"
    shares = [iri for (iri,) in _ask(store, "?o a gbv:IndicatorObservation ; gbv:unit ?unit", unit=unit)]
    assert len(shares) == 24
    for iri in shares:
        assert "niet van welke vrouwen" in _values(store, iri, "skos:note", "nl")[0], iri


def test_the_two_figures_for_2014_are_kept_side_by_side(store: Store) -> None:
    """2883 and 3023 rapes, each pointing at the other."""
    rows = _ask(store, "?a gbv:conflictsWith ?b . ?a gbv:value ?one . ?b gbv:value ?two")
    assert [(float(one), float(two)) for _, _, one, two in rows] == [(2883, 3023), (3023, 2883)]
    assert (rows[0][0], rows[0][1]) == (rows[1][1], rows[1][0])


def test_context_indicators_are_ours_and_not_the_plans(store: Store) -> None:
    """24 indicators attached to the 2025 plan by our curation; a note says that the plan does not name it."""
    rows = _ask(store, "?plan gbv:hasContextIndicator ?indicator", plan=PLAN_2025)
    assert len(rows) == len(_things(store, "gbv:ContextIndicator")) == 24
    for (iri,) in rows:
        assert _local(_values(store, iri, "dct:source")) == ["gbvkg-curation"], iri
        assert "het plan noemt hem niet" in _values(store, iri, "skos:note", "nl")[0], iri
        assert _ask(store, "?observation gbv:observationOf ?indicator", indicator=iri), iri
    assert _ask(store, "[] gbv:hasIndicator ?indicator") == []


# --- the dataset ------------------------------------------------------------------------------------------


def test_the_dataset_has_a_licence_with_a_reason_and_claims_no_authority() -> None:
    """data/LICENSE.md names the licence of data/dataset.yaml; the publisher is not a Flemish authority."""
    dataset = yaml.safe_load((DATA / "dataset.yaml").read_text("utf-8"))
    assert dataset["license"] in (DATA / "LICENSE.md").read_text("utf-8")
    assert "geen Vlaamse overheid" in dataset["publisher"]["label"]["nl"]
    assert dataset["version"] == "2026.1"
    assert str(dataset["issued"]) == "2026-11-22"


def test_every_table_has_a_description() -> None:
    """A CSV file and its CSVW description come in pairs."""
    tables = {path.name for path in DATA.rglob("*.csv")}
    described = {path.name.removesuffix("-metadata.json") for path in DATA.rglob("*-metadata.json")}
    assert tables == described
    assert len(tables) == 10


def test_findings_about_an_action_stand_in_its_fiche(loaded: Loaded) -> None:
    """A thing's place is where it is said to be what it is, not where another file mentions it first."""
    action = NamedNode(f"{BASE}id/action/vap-sg-2020/11")
    place = loaded.dataset.place(action)
    assert place is not None
    assert place.file == "data/plans/vap-sg-2020/fiches/11.yaml"
