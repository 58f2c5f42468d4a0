"""The report: severity profiles, waivers, follow-on errors, places, messages, and which files are asked
about.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from pyoxigraph import Literal, NamedNode
from validation_graphs import EX, dataset, shapes, short

from gbvkg.errors import ProjectError
from gbvkg.findings import Finding, Severity, Stage
from gbvkg.graph import Dataset
from gbvkg.project import Project
from gbvkg.validation import ENGINES, Report, validate
from gbvkg.validation import shapes as shapes_graph
from gbvkg.validation.waivers import VOID
from gbvkg.vocabulary import LANGUAGES, expand

SPACE = 'void:uriSpace "https://example.org/id/"'
TODAY = f'ex:data a dcat:Dataset ; {SPACE} ; dct:issued "2026-05-01"^^xsd:date .\n'
REASON = 'gbv:rationale "Bekend."@nl , "Known."@en ; gbv:decidedBy "Editor"'


def judged(shape: str, data: str, reading: list[Finding] | None = None, *, engine: str = "default") -> Report:
    return validate(dataset(data), shapes=shapes(shape), reading=reading or [], engine=engine)


def rules(report: Report) -> list[str]:
    return [short(finding.rule) for finding in report.findings]


# Severity profiles

PROFILES = """
gbvsh:completeness gbvsh:deadlinePath (
  [ sh:alternativePath ( [ sh:zeroOrOnePath ex:of ] ( ex:about ex:of ) ) ] gbv:ficheDeadline ) .
ex:Shape sh:targetClass ex:Action , ex:Fiche ; sh:property ex:Later , ex:Always , ex:Tell .
ex:Later sh:path ex:p ; sh:minCount 1 ; gbvsh:profile gbvsh:completeness ; sh:severity sh:Warning .
ex:Always sh:path ex:p ; sh:minCount 1 ; gbvsh:profile gbvsh:structure .
ex:Tell sh:path ex:p ; sh:minCount 1 ; gbvsh:profile gbvsh:completeness ; sh:severity sh:Info .
"""


@pytest.mark.parametrize(
    ("deadline", "expected"),
    [
        ("2026-05-02", Severity.WARNING),
        ("2026-05-01", Severity.WARNING),
        ("2026-04-30", Severity.VIOLATION),
        (None, Severity.WARNING),
    ],
)
@pytest.mark.parametrize(
    "thing", ["ex:a a ex:Action ; ex:of ex:plan .", "ex:f a ex:Fiche ; ex:about ex:a . ex:a ex:of ex:plan ."]
)
def test_completeness_violates_after_the_deadline(
    thing: str, deadline: str | None, expected: Severity
) -> None:
    """Completeness warns up to and including the deadline of the focus node's plan; without a deadline it
    goes on warning.
    """
    plan = f'ex:plan gbv:ficheDeadline "{deadline}"^^xsd:date .\n' if deadline else ""
    report = judged(PROFILES, f"{TODAY}{plan}{thing}")
    found = {short(finding.rule): finding.severity for finding in report.findings}
    assert found == {"Later": expected, "Always": Severity.VIOLATION, "Tell": Severity.INFO}


def test_without_a_reference_date_nothing_is_late() -> None:
    """The clock is never asked: a data set without a date has no deadline that passed."""
    data = 'ex:plan gbv:ficheDeadline "1999-01-01"^^xsd:date .\nex:a a ex:Action ; ex:of ex:plan .'
    assert {f.severity for f in judged(PROFILES, data).findings if f.rule.endswith("Later")} == {
        Severity.WARNING
    }


def test_a_sparql_rule_has_its_own_profile() -> None:
    """gbvsh:profile and sh:severity on the constraint itself count, not those of its shape."""
    report = judged(
        "gbvsh:completeness gbvsh:deadlinePath ( ex:of gbv:ficheDeadline ) ."
        "ex:S sh:targetClass ex:C ; sh:sparql ex:A , ex:B ."
        "ex:A gbvsh:profile gbvsh:completeness ; sh:select 'SELECT $this {}' ."
        "ex:B sh:severity sh:Info ; sh:select 'SELECT $this {}' .",
        "ex:a a ex:C .",
    )
    assert [(short(f.rule), f.severity) for f in report.findings] == [
        ("A", Severity.WARNING),
        ("B", Severity.INFO),
    ]


# Waivers

NEEDED = """ex:Shape sh:targetClass ex:C ; sh:property ex:Rule , ex:Other .
ex:Rule sh:path ex:p ; sh:minCount 1 .
ex:Other sh:path ex:q ; sh:maxCount 1 .
"""


def waiver(until: str, rule: str = "ex:Rule", thing: str = "ex:a", reason: str = REASON) -> str:
    said = f'gbv:waivesRule {rule} ; gbv:waivesFor {thing} ; gbv:waivedUntil "{until}"^^xsd:date'
    return f"{TODAY}ex:w a gbv:Waiver ; {said} ; {reason} .\nex:a a ex:C .\n"


def test_a_waiver_lets_its_findings_through() -> None:
    """The finding stays in the list with the waiver's IRI, and does not stop a release."""
    report = judged(NEEDED, waiver("2026-05-01"))
    assert [(short(f.rule), f.waiver) for f in report.findings] == [("Rule", EX + "w")]
    assert report.conforms
    assert report.counts() == dict.fromkeys(Severity, 0)
    assert [w.iri for w in report.waivers] == [EX + "w"]
    assert not judged(NEEDED, "ex:a a ex:C .").conforms


@pytest.mark.parametrize(
    "left_out",
    [
        "gbv:waivesRule ex:Rule ; ",
        "gbv:waivesFor ex:a ; ",
        'gbv:waivedUntil "2026-12-31"^^xsd:date ; ',
        '"Bekend."@nl , ',
        ' , "Known."@en',
        ' ; gbv:decidedBy "Editor"',
    ],
)
def test_an_incomplete_waiver_covers_nothing_and_says_so(left_out: str) -> None:
    """Rule, thing, last day, reason in each language and who decided: without one of them it is void."""
    data = waiver("2026-12-31")
    assert left_out in data
    report = judged(NEEDED, data.replace(left_out, ""))
    assert {(f.rule, f.severity, f.waiver) for f in report.findings} == {
        (EX + "Rule", Severity.VIOLATION, ""),
        (VOID, Severity.VIOLATION, ""),
    }


@pytest.mark.parametrize(("full", "blank"), [("Bekend.", " "), ("Known.", ""), ("Editor", "\\t")])
def test_a_blank_reason_is_no_reason(full: str, blank: str) -> None:
    """White space says nothing about why, or by whom."""
    report = judged(NEEDED, waiver("2026-12-31").replace(full, blank))
    assert not report.conforms
    assert VOID in {f.rule for f in report.findings}


GUARDED = f"""{NEEDED}
ex:Guard sh:targetClass gbv:Waiver ; gbvsh:waivable false ; sh:property ex:Needs .
ex:Needs sh:path ex:p ; sh:minCount 1 .
ex:Shape sh:targetClass gbv:Waiver .
ex:Other gbvsh:waivable false .
"""


def test_a_waiver_cannot_waive_what_is_asked_of_waivers() -> None:
    """No finding about a focus node of a shape marked ``gbvsh:waivable false`` is let through."""
    data = waiver("2026-12-31", "ex:Rule , ex:Needs", "ex:a , ex:w")
    report = judged(GUARDED, data)
    assert {(short(f.focus), short(f.rule), f.waiver) for f in report.findings} == {
        ("a", "Rule", ""),
        ("w", "Rule", ""),
        ("w", "Needs", ""),
    }


def test_a_rule_can_be_marked_not_waivable() -> None:
    """``gbvsh:waivable false`` on a rule: no waiver lets a breach of it through; unmarked one does."""
    data = waiver("2026-12-31", "ex:Other", "ex:b") + "ex:b a ex:C ; ex:p 1 ; ex:q 1 , 2 ."
    for shape, expected in ((NEEDED, EX + "w"), (NEEDED + "ex:Other gbvsh:waivable false .", "")):
        (found,) = (f for f in judged(shape, data).findings if short(f.rule) == "Other")
        assert found.waiver == expected


def test_a_waiver_that_breaks_a_rule_covers_nothing() -> None:
    """A violation about the waiver makes it void; its own shape says what is wrong, so nothing else does."""
    shape = GUARDED.replace("ex:Shape sh:targetClass gbv:Waiver .", "")
    broken = judged(shape, waiver("2026-12-31"))
    assert {(short(f.rule), f.waiver) for f in broken.findings} == {("Rule", ""), ("Needs", "")}
    assert judged(shape, waiver("2026-12-31") + "ex:w ex:p 1 .").conforms


@pytest.mark.parametrize("said", [waiver("2026-12-31"), "ex:w rdfs:label 'x'@en ."])
def test_only_the_file_of_waivers_grants_waivers(said: str) -> None:
    """A waiver of which another file says anything, even one property, is void and a violation."""
    inside, outside = dataset(waiver("2026-12-31")), dataset(said, "data/links/x.ttl", EX + "id/graph/links")
    both = Dataset(inside.project, [*inside.statements, *outside.statements])
    used = shapes(NEEDED)
    assert validate(inside, shapes=used).conforms
    assert {(f.rule, f.severity, f.waiver) for f in validate(both, shapes=used).findings} == {
        (EX + "Rule", Severity.VIOLATION, ""),
        (VOID, Severity.VIOLATION, ""),
    }


ATTACK = """ex:w a gbv:Waiver ; rdfs:label ""@nl ; gbv:rationale ""@nl ; gbv:decidedBy "" ;
gbv:waivesRule gbvsh:ActionLead , gbvsh:WaiverRationale , gbvsh:WaiverDecidedBy , gbvsh:WaiverUntil ,
gbvsh:WaiverUntilReasonable , gbvsh:ThingSource , gbvsh:ThingLabelFilled , gbvsh:DatasetLicense ;
gbv:waivesFor ex:a , ex:w , ex:data ; gbv:waivedUntil "9999-01-01"^^xsd:date .
"""


def test_the_rules_about_waivers_and_the_data_set_hold_against_a_waiver_of_them() -> None:
    """A waiver that waives its own rules and those of the data set lets nothing through."""
    data = f"{TODAY}{ATTACK}ex:a a gbv:Action ."
    lines = data.replace(";\n", "; ").replace(",\n", ", ")
    report = validate(dataset(lines), shapes=shapes_graph.load(Project.open()))
    assert not [f for f in report.findings if f.waiver]
    assert {
        expand(f"gbvsh:{name}")
        for name in ("WaiverRationale", "WaiverDecidedBy", "WaiverUntil", "ThingSource", "ThingLabelFilled")
    } <= {f.rule for f in report.findings if f.focus == EX + "w"}
    assert (EX + "data", expand("gbvsh:DatasetLicense")) in {(f.focus, f.rule) for f in report.findings}
    assert (EX + "a", expand("gbvsh:ActionLead")) in {(f.focus, f.rule) for f in report.findings}


@pytest.mark.parametrize(
    "day", ["20280-01-01", "2028-03-01+14:00", "2028-03-01Z", "9999-12-31", "1999-12-31"]
)
def test_the_days_that_rules_reckon_with_are_plain(day: str) -> None:
    """A day of this century without a time zone, as the text is written (SHACL §4.4.3).

    Not among the cases of the shapes, because pySHACL matches a date without its zone, and rdflib reads no
    year of five digits.
    """
    written = Literal(day, datatype=NamedNode(expand("xsd:date")))
    said = f'"{day}"^^xsd:date'
    data = f"ex:data a dcat:Dataset ; dct:issued {said} .\nex:w a gbv:Waiver ; gbv:waivedUntil {said} ."
    report = validate(dataset(data), shapes=shapes_graph.load(Project.open()))
    found = {(f.focus, f.rule) for f in report.findings if f.value == str(written)}
    assert (EX + "data", expand("gbvsh:DatasetIssued")) in found
    assert (EX + "w", expand("gbvsh:WaiverUntil")) in found


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        ('void:uriSpace "https://other.example/id/" ; dct:issued "2030-01-01"^^xsd:date', Severity.WARNING),
        ('dct:issued "2030-01-01"^^xsd:date', Severity.WARNING),
        (f'{SPACE} ; dct:issued "10000-01-01"^^xsd:date', Severity.VIOLATION),
        (f'{SPACE} ; dct:issued "soon"^^xsd:date', Severity.WARNING),
    ],
)
def test_today_is_the_date_of_the_projects_own_data_set(other: str, expected: Severity) -> None:
    """Another data set does not change it, and of two dates the later one counts, not the longer text."""
    plan = 'ex:plan gbv:ficheDeadline "2029-01-01"^^xsd:date .\nex:a a ex:Action ; ex:of ex:plan .\n'
    report = judged(PROFILES, f"{TODAY}{plan}ex:z a dcat:Dataset ; {other} .")
    assert {f.severity for f in report.findings if short(f.rule) == "Later"} == {expected}


def test_an_expired_waiver_does_not_count() -> None:
    """From the day after its last day a waiver only gives a warning about itself."""
    report = judged(NEEDED, waiver("2026-04-30"))
    assert {(f.rule, f.severity, f.waiver) for f in report.findings} == {
        (EX + "Rule", Severity.VIOLATION, ""),
        (expand("gbvsh:WaiverExpired"), Severity.WARNING, ""),
    }
    assert not report.conforms
    about = next(f for f in report.findings if f.rule == expand("gbvsh:WaiverExpired"))
    assert (about.focus, about.path) == (EX + "w", expand("gbv:waivedUntil"))
    assert about.place is not None
    assert about.place.line == 2


def test_a_waiver_that_cannot_be_compared_with_today_does_not_count() -> None:
    """Without a reference date nobody knows whether a waiver has ended."""
    data = waiver("2099-01-01").removeprefix(TODAY)
    assert not judged(NEEDED, data).conforms


@pytest.mark.parametrize(("rule", "thing"), [("ex:Other", "ex:a"), ("ex:Rule", "ex:b"), ("ex:Shape", "ex:a")])
def test_a_waiver_that_covers_nothing_says_so(rule: str, thing: str) -> None:
    """A waiver covers a rule and a thing together, by their own IRIs; one that covers no finding gives an
    info.
    """
    report = judged(NEEDED, waiver("2026-12-31", rule, thing))
    assert sorted((f.severity, f.rule) for f in report.findings) == [
        (Severity.VIOLATION, EX + "Rule"),
        (Severity.INFO, expand("gbvsh:WaiverUnused")),
    ]


def test_what_reading_found_cannot_be_waived() -> None:
    """A file that cannot be read is no known exception."""
    rule = expand("gbvsh:ReadingSyntax")
    bad = Finding(Severity.VIOLATION, rule, Stage.FILE, {"nl": "x", "en": "x"}, EX + "a")
    report = judged(NEEDED, waiver("2026-12-31", f"<{rule}>", "ex:a"), [bad])
    assert not report.conforms
    assert bad in report.findings


# Follow-on errors

PERIOD = """
ex:Shape sh:targetClass ex:Period ; sh:property ex:Start , ex:Order ; sh:sparql ex:InPlan .
ex:Start sh:path ex:start ; sh:datatype xsd:date ; sh:minCount 1 .
ex:Order sh:path ex:start ; sh:lessThan ex:end .
ex:InPlan sh:prefixes ex: ; sh:select '''SELECT $this ?value {
  $this ex:of/ex:start ?from OPTIONAL { $this ex:start ?value } FILTER (!BOUND(?value) || ?value < ?from)
}''' .
"""
PLAN = 'ex:plan ex:start "2025-01-01"^^xsd:date .\n'


def reading(
    path: str, focus: str = "a", severity: Severity = Severity.VIOLATION, stage: Stage = Stage.CELL
) -> Finding:
    return Finding(
        severity,
        expand("gbvsh:ReadingWrongType"),
        stage,
        {"nl": "x", "en": "x"},
        EX + focus,
        path and EX + path,
    )


@pytest.mark.parametrize(
    ("data", "read", "expected"),
    [
        # a date that is not a date: reported when it was read, so neither as datatype nor as start after end
        (
            'ex:a a ex:Period ; ex:start "soon"^^xsd:date ; ex:end "2025-02-01"^^xsd:date .',
            [reading("start")],
            [],
        ),
        # without a finding of reading the record stage says it, but then the plan stage does not
        ("ex:a a ex:Period ; ex:of ex:plan .", [], ["Start"]),
        # the end is bad: comparing the start with it is a follow-on error, too
        ('ex:a a ex:Period ; ex:start "2025-02-01"^^xsd:date ; ex:end "soon" .', [reading("end")], []),
        # another property has nothing to do with it
        (
            'ex:a a ex:Period ; ex:start "2025-02-01"^^xsd:date ; ex:end "2025-01-01"^^xsd:date .',
            [reading("label")],
            ["Order"],
        ),
        # another thing neither
        ("ex:a a ex:Period .", [reading("start", "b")], ["Start"]),
        # a thing that could not be read as a whole
        ("ex:a a ex:Period .", [reading("")], []),
        # a milder finding silences nothing that weighs more
        ("ex:a a ex:Period .", [reading("start", severity=Severity.WARNING)], ["Start"]),
        # reading that is about no thing silences nothing
        (
            "ex:a a ex:Period .",
            [Finding(Severity.VIOLATION, "r", Stage.FILE, {"nl": "x", "en": "x"})],
            ["Start"],
        ),
        # a record that is right is judged by the plan stage
        ('ex:a a ex:Period ; ex:of ex:plan ; ex:start "2024-02-01"^^xsd:date .', [], ["InPlan"]),
    ],
)
def test_follow_on_errors_are_silenced(data: str, read: list[Finding], expected: list[str]) -> None:
    """What follows from an earlier finding about the same thing and property is not told again."""
    report = judged(PERIOD, PLAN + data, read)
    assert [name for name in rules(report) if name in ("Start", "Order", "InPlan")] == expected
    assert [f for f in report.findings if f in read] == sorted(read, key=Finding.sort_key)


LEAD = """
ex:Action sh:targetClass ex:Action ; sh:property ex:Lead ; sh:sparql ex:Competent .
ex:Responsibility sh:targetClass ex:Lead ; sh:property ex:Agent .
ex:Lead sh:path ex:lead ; sh:minCount 1 .
ex:Agent sh:path ex:agent ; sh:minCount 1 .
ex:Competent sh:prefixes ex: ; sh:select '''SELECT $this ?lead {
  $this ex:field ?field OPTIONAL { $this ex:lead ?lead }
  FILTER NOT EXISTS { $this ex:lead/ex:agent/ex:field ?field }
}''' .
"""


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("ex:a a ex:Action ; ex:field ex:f .", ["Lead"]),
        ("ex:a a ex:Action ; ex:field ex:f ; ex:lead ex:l . ex:l a ex:Lead .", ["Agent"]),
        ("ex:a a ex:Action ; ex:field ex:f ; ex:lead ex:l . ex:l a ex:Lead ; ex:agent ex:p .", ["Competent"]),
    ],
)
def test_a_missing_lead_is_not_also_incompetent(data: str, expected: list[str]) -> None:
    """The record stage silences the plan stage: about the focus node, and about what the rule's query
    returns with it.
    """
    assert rules(judged(LEAD, data)) == expected


def test_a_waived_finding_silences_nothing() -> None:
    """Dropping defers a finding until its cause is repaired; a waived cause is not going to be, so the rest
    is told.
    """
    data = f"{waiver('2026-12-31', 'ex:Lead')}ex:a a ex:Action ; ex:field ex:f ."
    report = judged(LEAD, data)
    assert [(short(f.rule), bool(f.waiver)) for f in report.findings] == [
        ("Competent", False),
        ("Lead", True),
    ]
    assert not report.conforms


# Places

POINTS = """
ex:S sh:targetClass ex:C ; sh:property ex:Value , ex:Missing , ex:Back , ex:Far ; sh:sparql ex:Query .
ex:Value sh:path ex:p ; sh:datatype xsd:integer .
ex:Missing sh:path ex:q ; sh:minCount 1 .
ex:Back sh:path [ sh:inversePath ex:of ] ; sh:class ex:D .
ex:Far sh:path ( ex:r ex:s ) ; sh:maxCount 0 .
ex:Query sh:prefixes ex: ; sh:select "SELECT $this ?path ?value { $this ex:t ?value BIND (ex:t AS ?path) }" .
"""


def test_findings_point_at_the_offending_statement() -> None:
    """The value, else the property, else the thing; from behind, the statement that points at the thing."""
    data = """ex:a a ex:C .
ex:a ex:p 1 .
ex:a ex:p "x" .
ex:b ex:of ex:a .
ex:a ex:r ex:c .
ex:c ex:s 1 .
ex:a ex:t 7 ."""
    places = {short(f.rule): f.place and (f.place.file, f.place.line) for f in judged(POINTS, data).findings}
    lines = {"Value": 3, "Missing": 1, "Back": 4, "Far": 5, "Query": 7}
    assert places == {rule: ("data/case.ttl", line) for rule, line in lines.items()}


def test_a_thing_that_nothing_describes_has_no_place() -> None:
    """A focus node that only a shape names is nowhere."""
    (finding,) = judged(
        "ex:S sh:targetNode ex:nowhere ; sh:property [ sh:path ex:p ; sh:minCount 1 ] .", ""
    ).findings
    assert finding.place is None


def test_paths_choose_what_is_shown() -> None:
    """Only findings placed in the files or folders that were asked about are shown; all of the graph is
    judged.
    """
    one, two = dataset("ex:a a ex:C .", "data/one/a.ttl"), dataset("ex:b a ex:C .", "data/two.ttl")
    both = Dataset(Project(Path("/nowhere"), EX, "1"), [*one.statements, *two.statements])
    used = shapes(NEEDED)
    for asked, expected in [
        ("data", "ab"),
        ("data/one", "a"),
        ("data/two.ttl", "b"),
        ("data/on", ""),
        ("data/one/a.ttl", "a"),
    ]:
        report = validate(both, shapes=used, paths=[Path("/nowhere") / asked])
        assert "".join(short(finding.focus) for finding in report.findings) == expected


# Messages


@pytest.mark.parametrize(
    ("messages", "nl", "en"),
    [
        ('"Fout: {?value}."@nl , "Wrong: {$value}."@en', "Fout: 3.", "Wrong: 3."),
        ('"Wrong: {?value}."', "Wrong: 3.", "Wrong: 3."),
        ('"Faux."@fr', "Faux.", "Faux."),
        ('"Fout."@nl-BE , "Faux."@fr', "Fout.", "Faux."),
        ('"{$this} {?other} {?path}"@en', '"A" {?other} ex:p', '"A" {?other} ex:p'),
    ],
)
def test_messages(messages: str, nl: str, en: str) -> None:
    """The rule's message in each language, placeholders filled in; an IRI is shown by its label in that
    language.
    """
    part = f"sh:path ex:p ; sh:maxInclusive 2 ; sh:message {messages}"
    shape = f"ex:S sh:targetClass ex:C ; sh:property [ {part} ] ."
    (finding,) = judged(shape, 'ex:a a ex:C ; ex:p 3 ; rdfs:label "A"@nl .').findings
    assert {
        lang: text.replace("<https://example.org/p>", "ex:p") for lang, text in finding.message.items()
    } == {
        "nl": nl,
        "en": en,
    }


WORDED = (
    "ex:S sh:targetClass ex:C ; sh:property ex:P . ex:P sh:path ex:p ; sh:minCount 1 ; sh:maxInclusive 2 ;"
    'sh:name "Getal"@nl , "Number"@en ; sh:description "Geef het."@nl , "Give it."@en ;'
    'sh:message "Ontbreekt of te groot."@nl , "Missing or too large."@en ; gbvsh:wording ex:Missing {more} .'
    "ex:Missing gbvsh:component sh:MinCountConstraintComponent ;"
    'sh:message "{{?name}} ontbreekt. {{?description}}"@nl , "{{?name}} is missing. {{?description}}"@en .'
)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_wording_says_which_demand_is_not_met(engine: str) -> None:
    """gbvsh:wording words the component it names, with name and description of the field, whichever the
    engine; another component keeps the rule's sh:message.
    """
    (missing,) = judged(WORDED.format(more=""), "ex:a a ex:C .", engine=engine).findings
    assert missing.message == {"nl": "Getal ontbreekt. Geef het.", "en": "Number is missing. Give it."}
    (large,) = judged(WORDED.format(more=""), "ex:a a ex:C ; ex:p 3 .", engine=engine).findings
    assert large.message["en"] == "Missing or too large."


def test_two_wordings_for_one_demand_are_refused() -> None:
    """Which of the two would be told is not left to chance."""
    twice = ", ex:Too . ex:Too gbvsh:component sh:MinCountConstraintComponent"
    with pytest.raises(ProjectError, match="two wordings for"):
        judged(WORDED.format(more=twice), "ex:a a ex:C .")


def test_a_query_may_bring_its_own_message() -> None:
    """?message of the query comes before sh:message (SHACL §5.3.2)."""
    shape = (
        'ex:S sh:targetClass ex:C ; sh:sparql ex:R . ex:R sh:message "no" ;'
        "sh:select 'SELECT $this ?message { BIND (CONCAT(\"own \", STR(1 + 1)) AS ?message) }' ."
    )
    (finding,) = judged(shape, "ex:a a ex:C .").findings
    assert finding.message == {"nl": "own 2", "en": "own 2"}


def test_every_component_has_a_standard_sentence() -> None:
    """A rule without a message still says what is wrong, in every language."""
    from gbvkg.validation.constraints import _BINDERS
    from gbvkg.validation.wording import _STANDARD

    assert set(_STANDARD) == {name.removesuffix("ConstraintComponent") for name in _BINDERS} | {"Closed"}
    assert all(set(texts) == set(LANGUAGES) for texts in _STANDARD.values())
    (finding,) = judged(NEEDED, "ex:a a ex:C .").findings
    assert finding.message["en"].endswith("needs at least 1 value(s).")


# The list


def test_findings_are_sorted_and_told_once() -> None:
    """Two roads to the same result are one finding, and the order is that of ``Finding.sort_key``."""
    shape = NEEDED + "ex:Again sh:targetClass ex:C ; sh:property ex:Rule ."
    findings = judged(shape, "ex:b a ex:C .\nex:a a ex:C .").findings
    assert [short(f.focus) for f in findings] == ["b", "a"]
    assert findings == sorted(findings, key=Finding.sort_key)


def test_counts_leave_waived_findings_out() -> None:
    """A summary counts what still has to be done."""
    report = judged(NEEDED, waiver("2026-12-31") + "ex:b a ex:C .")
    assert report.counts() == {Severity.VIOLATION: 1, Severity.WARNING: 0, Severity.INFO: 0}


def test_stages() -> None:
    """SHACL Core is stage RECORD, SHACL-SPARQL is stage PLAN."""
    shape = NEEDED + "ex:Shape sh:sparql ex:Query . ex:Query sh:select 'SELECT $this {}' ."
    assert {short(f.rule): f.stage for f in judged(shape, "ex:a a ex:C .").findings} == {
        "Rule": Stage.RECORD,
        "Query": Stage.PLAN,
    }
