"""The answers that the sources allow on the real data, and no others (reference dates, unknowns and gaps)."""

from __future__ import annotations

from itertools import pairwise

import pytest
from pyoxigraph import NamedNode, Quad, Store

from gbvkg import graph, reasoning
from gbvkg.project import Project
from gbvkg.queries import Catalogue, hygiene
from gbvkg.vocabulary import BASE

ACTION_11 = f"{BASE}id/action/vap-sg-2020/11"
PLAN_2020 = f"{BASE}id/plan/vap-sg-2020"
PLAN_2025 = f"{BASE}id/plan/vap-ggg-2025"
JUSTICE = "http://themis.vlaanderen.be/id/beleidsveld/e9361eb8-9a30-4c0b-8664-3dad70a8666d"
SOMERS = f"{BASE}id/mandate/1e207740-3834-4e98-8431-5a2c08704516"
STATUS = f"{BASE}id/concept/action-status/"
PROJECT = Project.open()
CATALOGUE = Catalogue(PROJECT)


@pytest.fixture(scope="module")
def real() -> Store:
    """The real dataset with what follows from it by the rules."""
    dataset = graph.load(PROJECT).dataset
    store = Store()
    for statement in [*dataset.statements, *reasoning.materialise(dataset)]:
        store.add(Quad(statement.subject, statement.predicate, statement.object, statement.graph))
    return store


def ask(store: Store, name: str, **values: str) -> list[dict[str, str]]:
    return CATALOGUE.run(name, store, values).records()


def actions(rows: list[dict[str, str]]) -> dict[str, dict[str, str]]:
    """The rows about an action, without those that count what is not held."""
    return {row["action"]: row for row in rows if "action" in row}


def test_nobody_is_known_to_lead_action_11(real: Store) -> None:
    """CQ2: no source says who leads; the minister who was asked is involved, and that is another thing."""
    (row,) = ask(real, "lead-of-action-on-date", action=ACTION_11, date="2021-07-15")
    assert row["state"] == "unknown"
    assert "mandate" not in row


def test_the_question_was_addressed_to_somers(real: Store) -> None:
    """CQ2, CQ26: on 15 July 2021 the mandate is mandataris/1e207740, of Bart Somers; the answer has no
    date.
    """
    (row,) = ask(real, "parliamentary-questions", action=ACTION_11)
    assert (row["addressedToMandate"], row["addressedTo"], row["issued"]) == (
        SOMERS,
        "Bart Somers",
        "2021-06-30",
    )
    assert row["answerNl"].startswith("Deze actie uit het actieplan seksueel geweld werd nog niet aangevat.")
    assert "answered" not in row
    held = ask(real, "mandates-on-date", date="2021-07-15")
    assert SOMERS in {row["mandate"] for row in held}


def test_a_minister_s_actions_come_with_what_is_not_known(real: Store) -> None:
    """Somers is involved in action 11; of the 20 actions held nobody is known to lead, 115 are not held."""
    somers = f"{BASE}id/person/5fed907de6670526694a05b8"
    stated, leads, *unheld = ask(real, "actions-of-minister", person=somers)
    assert (stated["action"], stated["role"], stated["state"]) == (ACTION_11, "involved", "stated")
    assert (leads["plan"], leads["state"], leads["actions"]) == (PLAN_2020, "unknown", "20")
    assert {row["plan"]: row.get("unheld") for row in unheld} == {PLAN_2025: "115", PLAN_2020: None}


def test_action_11_is_not_started_and_the_others_are_unknown(real: Store) -> None:
    """CQ6: one statement, of a day not before 30 June 2021; without a statement the status is unknown."""
    rows = actions(ask(real, "latest-status", date="2021-12-31"))
    eleven = rows.pop(ACTION_11)
    assert (eleven["status"], eleven["notBefore"], eleven["ageInMonths"]) == (
        f"{STATUS}not-started",
        "2021-06-30",
        "6",
    )
    assert "asOf" not in eleven
    assert {row["status"] for row in rows.values()} == {f"{STATUS}unknown-status"}


def test_no_statement_counts_before_it_was_made(real: Store) -> None:
    """CQ6: the day before the question nothing was known of action 11."""
    rows = actions(ask(real, "latest-status", date="2021-06-29"))
    assert rows[ACTION_11]["state"] == "unknown"


def test_what_went_before_the_plan_of_2025(real: Store) -> None:
    """CQ8: taking note, advice and budget agreement with their dates; the nota is an undated proposal."""
    rows = ask(real, "decisions-and-advices", plan=PLAN_2025)
    assert [(row.get("date"), row["kind"]) for row in rows] == [
        (None, "proposal"),
        ("2025-05-09", "taking-note"),
        ("2025-09-14", "advice"),
        ("2025-10-01", "budget-agreement"),
    ]
    assert rows[1]["identifier"] == "VR 2025 0905 MED.0149"


def test_there_is_no_separate_budget_line(real: Store) -> None:
    """CQ9: an explicit no, quoted; of the plan of 2020 nothing is known."""
    rows = ask(real, "plan-funding")
    assert {row["separateBudgetLine"] for row in rows if row["plan"] == PLAN_2025} == {"false"}
    assert "Er is geen aparte begrotingslijn voor de uitvoering van het plan." in {
        row.get("quote") for row in rows
    }
    assert [row["state"] for row in rows if row["plan"] == PLAN_2020] == ["unknown"]


@pytest.mark.parametrize("name", ["form-gaps", "target-group-gaps", "violence-forms-of-objectives"])
def test_no_gap_is_claimed_while_the_list_is_incomplete(real: Store, name: str) -> None:
    """CQ5, CQ11, CQ12: 115 actions are declared and none is held, so every answer is unknown."""
    rows = ask(real, name, plan=PLAN_2025)
    assert rows
    assert {row["state"] for row in rows} == {"unknown"}


def test_eleven_objectives_times_five_forms(real: Store) -> None:
    """CQ11: each of the 55 combinations is there once."""
    assert len(ask(real, "form-gaps", plan=PLAN_2025)) == 55


@pytest.mark.parametrize(
    "name",
    [
        "actions-without-recent-progress",
        "coordination-between-ministers",
        "incomplete-actions",
        "indicators-against-target",
        "latest-status",
        "lead-changes",
        "missing-observations",
        "possible-overlaps",
        "prevention-only-pairs",
        "progress-board",
    ],
)
def test_the_actions_that_are_not_held_are_counted(real: Store, name: str) -> None:
    """Of the 115 declared actions the graph holds none: an empty answer would read as "there are none"."""
    (row,) = ask(real, name, plan=PLAN_2025)
    assert (row["state"], row["unheld"]) == ("unknown", "115")


@pytest.mark.parametrize(
    "name", ["actions-for-target-group", "actions-of-strategic-objective", "shared-local-authorities"]
)
def test_a_question_about_all_plans_counts_them_too(real: Store, name: str) -> None:
    """CQ1, CQ4, CQ15: these have no parameter for the plan."""
    rows = [row for row in ask(real, name) if row.get("plan") == PLAN_2025]
    assert rows
    assert {(row["state"], row["unheld"]) for row in rows} == {("unknown", "115")}


def test_no_count_of_a_plan_pretends_to_be_the_whole(real: Store) -> None:
    """Both plans declare three strategic objectives; those of 2020 were not found, so no number is held."""
    overview = {row["plan"]: row for row in ask(real, "plan-overview")}
    assert {overview[plan]["declaredStrategic"] for plan in (PLAN_2020, PLAN_2025)} == {"3"}
    assert (overview[PLAN_2025]["strategic"], overview[PLAN_2025]["operational"]) == ("3", "11")
    assert not {"strategic", "operational"} & overview[PLAN_2020].keys()
    assert {(row["actions"], row["state"]) for row in ask(real, "objectives", plan=PLAN_2025)} == {
        ("0", "unknown")
    }


def test_parts_2_and_3_of_question_354_stay_unanswered(real: Store) -> None:
    """CQ27: the answer covers parts 1 to 3 and answers part 1 only."""
    rows = ask(real, "unanswered-question-parts")
    assert [(row["identifier"], row["partNumber"], row["state"]) for row in rows] == [
        ("354", "2", "not-answered"),
        ("354", "3", "not-answered"),
    ]


def test_action_11_lives_on_under_od_1_4_as_a_claim_of_ours(real: Store) -> None:
    """CQ25: with a confidence, an author and a justification."""
    (row,) = ask(real, "actions-taken-up")
    assert (row["action"], row["notation"], row["confidence"]) == (ACTION_11, "OD 1.4", "0.7")
    assert row["justification"].endswith("ManualMappingCuration")


def test_who_was_competent_for_local_government(real: Store) -> None:
    """CQ29: from Somers over Rutten and Peeters to Crevits, each from the day that the one before left."""
    field = "http://themis.vlaanderen.be/id/beleidsveld/187f47a9-98a3-474c-86d4-1cb009d2fc5c"
    every = ask(real, "competence-shift", field=field)
    rows = [row for row in every if row.get("field")]
    assert list(dict.fromkeys(row["personName"] for row in rows)) == [
        "Bart Somers",
        "Gwendolyn Rutten",
        "Lydia Peeters",
        "Hilde Crevits",
    ]
    assert all(before["endDate"] == after["startDate"] for before, after in pairwise(rows))


def test_who_coordinated_the_plans(real: Store) -> None:
    """CQ29: for Justice no action is known, which is not none: of twenty the lead is not known and 115 are
    not held; but each mandate since 2021 coordinates one plan or both.
    """
    every = ask(real, "competence-shift", field=JUSTICE)
    assert {row.get("leadless") or row.get("unheld") for row in every if row["state"] == "unknown"} == {
        "20",
        "115",
        None,
    }
    rows = [row for row in every if row.get("field")]
    assert {row["personName"] for row in rows} == {"Zuhal Demir"}
    assert not any(row.get("actions") for row in rows)
    assert all(row["state"] == "stated" and row["plans"] != "0" for row in rows)


def test_action_11_is_under_the_field_by_which_the_minister_is_involved(real: Store) -> None:
    """CQ3: Somers was also competent for Equal opportunities, but no source ties action 11 to that field."""
    every = ask(real, "actions-of-minister-for-field", date="2021-07-15")
    rows = [row for row in every if row["state"] == "stated"]
    assert {row.get("actions") or row.get("unheld") for row in every if row not in rows} == {
        "20",
        "115",
        None,
    }
    assert [(row["fieldLabel"], row["role"], row["action"]) for row in rows] == [
        ("Binnenlands bestuur en stedenbeleid", "involved", ACTION_11)
    ]


def test_every_query_runs_on_the_real_data_without_parameters(real: Store) -> None:
    """Only a dossier needs to be told what it is about; the rest answers for everything."""
    required = {name for name in CATALOGUE.names() if CATALOGUE.get(name).required}
    assert required == {"action-dossier"}
    for name in set(CATALOGUE.names()) - required:
        assert CATALOGUE.run(name, real).serialize("json")


def test_every_example_is_of_the_real_data(real: Store) -> None:
    """The example of an IRI parameter is a thing that is there, so that whoever copies it gets an answer."""
    for query in map(CATALOGUE.get, CATALOGUE.names()):
        for parameter in query.parameters.values():
            if parameter.type == "iri" and parameter.name != "authority":  # no local participation is known
                assert any(real.quads_for_pattern(NamedNode(parameter.example), None, None)), query.name


def test_no_label_lacks_a_language(real: Store) -> None:
    """CQ23 on our own data: nothing is missing."""
    assert ask(real, "missing-translations") == []


def test_the_data_are_clean(real: Store) -> None:
    """No check query finds a violation or a warning in the real data, ontology and code lists included."""
    assert [
        f"{f.focus}: {f.message['en']}" for f in hygiene(PROJECT, real) if f.severity.name != "INFO"
    ] == []
