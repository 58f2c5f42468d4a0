"""YAML sources: what they say is what a JSON-LD processor (PyLD) says, and each statement knows its place."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyld import jsonld
from pyoxigraph import Literal, NamedNode

from gbvkg import sources
from gbvkg.findings import Finding
from gbvkg.project import Project
from gbvkg.sources.files import LIMITS
from gbvkg.sources.lexical import XSD, is_language_tag, is_valid, repair
from gbvkg.sources.reading import Reading
from gbvkg.sources.statement import Place, Statement
from gbvkg.sources.words import words_of

ROOT = Path(__file__).parent.parent
PROJECT = Project.open(ROOT)
CONTEXT = json.loads((ROOT / "ontology" / "context.jsonld").read_text("utf-8"))["@context"]
TERMS = sources.context(PROJECT)
BASE = f"{PROJECT.base}id/"
STRING = XSD + "string"

Triple = tuple[str, str, tuple[str, str, str]]


def read(text: str, shown: str = "data/zaken/zaak.yaml") -> Reading:
    return sources.read_content(text.encode(), Path(shown), PROJECT, shown)


def triples(statements: list[Statement]) -> set[Triple]:
    return {(s.subject.value, s.predicate.value, _object(s.object)) for s in statements}


def _object(term: Any) -> tuple[str, str, str]:
    if isinstance(term, Literal):
        return term.value, "" if term.language else term.datatype.value, (term.language or "").lower()
    return term.value, "", ""


def processed(text: str, reading: Reading) -> set[Triple]:
    """The triples that PyLD makes of the same document, with the minted IRIs filled in as ``id``."""
    iris = {thing.place[1:]: thing.node.value for thing in reading.things if thing.node}
    root = yaml.compose(text, Loader=yaml.BaseLoader)
    assert root is not None
    document = {"@context": CONTEXT, "@graph": _json(root, iris, None)}
    rdf = jsonld.to_rdf(document, {"base": BASE, "processingMode": "json-ld-1.1"})
    return {_triple(row) for row in rdf.get("@default", [])}


def _json(node: yaml.Node, iris: dict[tuple[int, int], str], inherited: Any) -> Any:
    """The failsafe reading of a YAML node; a thing takes the source of the thing around it."""
    if isinstance(node, yaml.ScalarNode):
        return node.value
    if isinstance(node, yaml.SequenceNode):
        return [_json(item, iris, inherited) for item in node.value]
    entries = {key.value: value for key, value in node.value}
    place = (node.start_mark.line + 1, node.start_mark.column + 1)
    if "source" in entries:
        inherited = _json(entries["source"], iris, None)
    content = {key: _json(value, iris, inherited) for key, value in entries.items()}
    if place in iris or "id" in content:
        content.setdefault("id", iris.get(place))
        if inherited is not None:
            content.setdefault("source", inherited)
    return content


def _triple(row: dict[str, Any]) -> Triple:
    value = row["object"]
    literal = value["type"] == "literal"
    language = value.get("language", "").lower()
    datatype = "" if language or not literal else value.get("datatype", STRING)
    return row["subject"]["value"], row["predicate"]["value"], (value["value"], datatype, language)


REAL = sorted((ROOT / "data").rglob("*.yaml"))


@pytest.mark.parametrize("path", REAL, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_real_file_says_what_json_ld_says(path: Path) -> None:
    """Every YAML file of the real data gives the triples that PyLD gives, and no finding."""
    text = path.read_text("utf-8")
    reading = read(text, path.relative_to(ROOT).as_posix())
    assert reading.findings == []
    assert triples(reading.statements) == processed(text, reading)
    assert len(triples(reading.statements)) == len(reading.statements)


def test_real_files_were_found() -> None:
    """The test above had something to test."""
    assert {"dataset.yaml", "plan.yaml", "11.yaml"} <= {path.name for path in REAL}


# --- generated documents ------------------------------------------------------------------------------------

_WORD = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs", "Cc", "Cn", "Zl", "Zp"]), min_size=1, max_size=12
)
_REFUSED = re.compile("[“”„\u2018\u201a].*[“”\u2019]")  # as text that is not between straight quotation marks
_THOUSANDS = re.compile(r"-?[1-9]\d{0,2}\.\d{3}")  # as a decimal
_TEXT = _WORD.filter(
    lambda text: text.strip() and text not in {"~", "null", "Null", "NULL"} and not _REFUSED.fullmatch(text)
)
_KEY = st.from_regex(r"[a-z][a-z0-9-]{0,6}[a-z0-9]", fullmatch=True)
_REFERENCE = st.one_of(
    _KEY.map(lambda key: f"plan/{key}"),
    _KEY.map(lambda key: f"eurovoc:{key}"),
    _KEY.map(lambda key: f"https://example.org/{key}#é"),
)
_LEXICAL = {
    XSD + "date": st.dates().map(str),
    XSD + "integer": st.integers().map(str),
    XSD + "decimal": st.decimals(allow_nan=False, allow_infinity=False)
    .map(lambda d: f"{d:f}")
    .filter(lambda text: not _THOUSANDS.fullmatch(text)),
    XSD + "boolean": st.sampled_from(["true", "false", "1", "0"]),
    XSD + "gYear": st.integers(1000, 9999).map(str),
}
_LANGUAGE = st.sampled_from(["nl", "en", "fr", "nl-BE", "zh-Hant", "no"])
_CODES = sorted(TERMS.properties)


def _many(one: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    several = st.lists(one, min_size=1, max_size=3, unique_by=lambda value: json.dumps(value))
    return st.one_of(one, several)


def _value(name: str, depth: int) -> st.SearchStrategy[Any]:
    term = TERMS.properties[name]
    if term.language_map:
        return st.dictionaries(_LANGUAGE, _many(_TEXT), min_size=1, max_size=3)
    if term.coercion == "@vocab":
        return _many(st.one_of(_REFERENCE, _KEY if term.vocab else st.sampled_from(_CODES)))
    if term.coercion == "@id":
        inherited = name in sources.identifiers(PROJECT).inherit  # a source is referred to, never nested
        return _many(st.one_of(_REFERENCE, _part(depth - 1)) if depth and not inherited else _REFERENCE)
    return _many(_LEXICAL[term.coercion] if term.coercion else _TEXT)


def _body(depth: int) -> st.SearchStrategy[dict[str, Any]]:
    names = st.lists(st.sampled_from(_CODES), max_size=4, unique=True)
    return names.flatmap(lambda chosen: st.fixed_dictionaries({name: _value(name, depth) for name in chosen}))


_PARTS = sorted(
    n for n, row in sources.identifiers(PROJECT).classes.items() if (row.key, row.parent) == ("key", "^")
)


def _part(depth: int) -> st.SearchStrategy[dict[str, Any]]:
    head = st.fixed_dictionaries({"type": st.sampled_from(_PARTS), "key": _KEY})
    return st.tuples(_body(depth), head).map(lambda pair: {**pair[0], **pair[1]})


_WHOLE = st.tuples(_body(2), _KEY).map(lambda pair: {**pair[0], "type": "ActionPlan", "notation": pair[1]})
_DOCUMENT = st.one_of(_WHOLE, st.lists(_WHOLE, min_size=1, max_size=2))


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(_DOCUMENT)
def test_any_document_says_what_json_ld_says(document: Any) -> None:
    """Equality with PyLD holds for every document that the context allows, not only for ours."""
    text = yaml.safe_dump(document, allow_unicode=True, sort_keys=False, width=1000)
    reading = read(text)
    assert [finding.message["en"] for finding in reading.findings] == []
    assert triples(reading.statements) == processed(text, reading)


# --- robustness ---------------------------------------------------------------------------------------------

_MARKS = (
    r""": ::- :{:}:[:]:,:&a :*a:!!str :<<:? :| :> :":':#:nl: :@context:@id:_:b:---:%:`:~:2026-02-30:eurovoc"""
)
_INVISIBLE = ["\n", "\n  ", "  ", "\t", "\ufeff", "\u00a0", "\x00", "\x85", "\r\n", ":", ": "]
_SCRAPS = st.sampled_from(
    [*_CODES, "type", "id", "key", "ActionPlan", "Action", *_MARKS.split(":"), *_INVISIBLE]
)


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.lists(_SCRAPS, max_size=40).map("".join), st.text(max_size=60)))
def test_any_text_gives_statements_or_findings(text: str) -> None:
    """No text raises, and every finding is complete."""
    content = text.encode("utf-8", "surrogatepass")
    reading = sources.read_content(content, Path("data/zaak.yaml"), PROJECT, "data/zaak.yaml")
    for finding in reading.findings:
        _is_complete(finding)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=80), st.sampled_from(["yaml", "ttl", "sssom.tsv", "txt", "rdf"]))
def test_any_bytes_give_statements_or_findings(content: bytes, suffix: str) -> None:
    """No sequence of bytes raises, whatever the reader."""
    shown = f"data/zaken/zaak.{suffix}"
    reading = sources.read_content(content, Path(shown), PROJECT, shown)
    for finding in reading.findings:
        _is_complete(finding)


def _is_complete(finding: Finding) -> None:
    assert set(finding.message) == {"nl", "en"}
    assert all(message.endswith((".", "?")) for message in finding.message.values()), finding.message
    assert finding.place is not None


# --- places, lexical forms and minting ----------------------------------------------------------------------

FICHE = """\
type: Action
number: 11
actionOf: plan/vap-sg-2020
source: source/vraag-354-2021
startDate: 2027-01-05
indicators:
  - type: QuantitativeIndicator
    key: eerste
    label: {nl: Aantal, en: Number}
    baseline:
      type: Baseline
      key: nul
      value: 27.70
objectives:
  - objective/vap-sg-2020/SD-1
"""


def test_lexical_forms_stay_as_written() -> None:
    """27.70 stays 27.70 and a date stays a date: the YAML type of a scalar plays no part."""
    values = {str(s.object) for s in read(FICHE).statements if isinstance(s.object, Literal)}
    assert f'"27.70"^^<{XSD}decimal>' in values
    assert f'"2027-01-05"^^<{XSD}date>' in values
    assert f'"11"^^<{XSD}integer>' in values


def test_every_statement_knows_its_place() -> None:
    """A statement stands where its object is written; a link to a part where the part begins."""
    places = {(s.predicate.value.rpartition("#")[2], s.place[1:]) for s in read(FICHE).statements}
    assert ("number", (2, 9)) in places
    assert ("hasIndicator", (7, 5)) in places
    assert ("value", (13, 14)) in places
    assert all(s.place.file == "data/zaken/zaak.yaml" for s in read(FICHE).statements)


def test_iris_are_minted_from_the_table() -> None:
    """An action from its plan and number, a part from the thing around it and its key."""
    subjects = {s.subject.value.removeprefix(BASE) for s in read(FICHE).statements}
    assert "action/vap-sg-2020/11" in subjects
    assert "indicator/vap-sg-2020/11/eerste" in subjects
    assert "baseline/vap-sg-2020/11/eerste/nul" in subjects


def test_reverse_term_turns_the_statement_round() -> None:
    """``objectives`` states that each objective is one of the thing, not the other way."""
    statement = next(s for s in read(FICHE).statements if s.predicate.value.endswith("#objectiveOf"))
    assert statement.subject == NamedNode(f"{BASE}objective/vap-sg-2020/SD-1")
    assert statement.object == NamedNode(f"{BASE}action/vap-sg-2020/11")
    assert statement.place == Place("data/zaken/zaak.yaml", 15, 5)


def test_parts_inherit_the_source_wherever_it_is_written() -> None:
    """A part without source has that of the thing around it, even when that one names it last."""
    moved = FICHE.replace("source: source/vraag-354-2021\n", "") + "source: source/vraag-354-2021\n"
    assert triples(read(moved).statements) == triples(read(FICHE).statements)
    sourced = {s.subject.value for s in read(moved).statements if s.predicate.value.endswith("/source")}
    assert len(sourced) == 3


def test_line_ends_and_byte_order_mark_do_not_matter() -> None:
    """A file from Windows says the same."""
    windows = b"\xef\xbb\xbf" + FICHE.replace("\n", "\r\n").encode()
    reading = sources.read_content(windows, Path("data/z.yaml"), PROJECT, "data/zaken/zaak.yaml")
    assert reading.statements == read(FICHE).statements


def test_statement_order_is_that_of_the_file() -> None:
    """The same bytes give the same statements in the same order."""
    assert read(FICHE).statements == read(FICHE).statements


@pytest.mark.parametrize(
    ("text", "datatype", "meant"),
    [
        ("21-11-2025", "date", "2025-11-21"),
        ("2025-11-21T10:00", "date", "2025-11-21"),
        ("27,7", "decimal", "27.7"),
        ("1.234,5", "decimal", "1234.5"),
        ("1 000", "integer", "1000"),
        ("1.200", "integer", "1200"),
        ("1.0", "positiveInteger", "1"),
        ("115,0", "positiveInteger", "115"),
        ("11.5", "integer", ""),
        ("11,5", "integer", ""),
        ("0.0", "positiveInteger", ""),
        ("ja", "boolean", "true"),
        ("No", "boolean", "false"),
        ("2029-06", "gYear", "2029"),
        ("morgen", "date", ""),
    ],
)
def test_wrong_value_gets_the_nearest_right_one(text: str, datatype: str, meant: str) -> None:
    """The usual slips are recognised; nothing is proposed that would be wrong itself."""
    assert not is_valid(text, XSD + datatype)
    assert repair(text, XSD + datatype) == meant


@pytest.mark.parametrize(
    ("text", "datatype", "fits"),
    [
        ("2024-02-29", "date", True),
        ("2025-02-29", "date", False),
        ("1900-02-29", "date", False),
        ("2000-02-29", "date", True),
        ("2000-02-29Z", "date", False),
        ("2028-01-25+14:00", "date", False),
        ("2028Z", "gYear", False),
        ("2028-01Z", "gYearMonth", False),
        ("2028-01-25T00:00:00+14:00", "dateTime", True),
        ("2025-04-31", "date", False),
        ("2025-1-1", "date", False),
        ("0000-02-29", "date", True),
        ("-0004-02-29", "date", True),
        ("2025-11-21T24:00:00", "dateTime", True),
        ("2025-11-21T24:00:01", "dateTime", False),
        ("truex", "boolean", False),
        ("xfalse", "boolean", False),
        ("٣", "integer", False),
        ("1\n", "integer", False),
        (".5", "decimal", True),
        ("1e3", "decimal", False),
        ("INF", "double", True),
        ("-0", "nonNegativeInteger", True),
        ("-1", "nonNegativeInteger", False),
        ("20250", "gYear", True),
        ("anything", "unheardOf", True),
    ],
)
def test_lexical_space(text: str, datatype: str, fits: bool) -> None:
    """XML Schema 1.1 part 2, calendar included."""
    assert is_valid(text, XSD + datatype) is fits


@pytest.mark.parametrize(
    ("tag", "fits"),
    [
        ("nl", True), ("nl-BE", True), ("zh-Hant-TW", True), ("de-1996", True), ("x-eigen", False),
        ("dutch", False), ("nl_BE", False), ("", False), ("n", False), ("nl-", False),
        ("sl-rozaj-biske", True),
    ],
)  # fmt: skip
def test_language_tags(tag: str, fits: bool) -> None:
    """RFC 5646, with a primary subtag that ISO 639 can know."""
    assert is_language_tag(tag) is fits


def test_empty_file_and_bare_text_are_findings() -> None:
    """A file that describes nothing says so."""
    for text in ("", "# alleen een opmerking\n", "~", "zomaar tekst", "- los\n- zand\n", "[]"):
        reading = read(text)
        assert reading.statements == []
        assert bool(reading.findings) is (text != "[]")


def test_two_documents_in_a_file_are_refused() -> None:
    """The second document would be lost otherwise."""
    assert [f.rule.rpartition("#")[2] for f in read(f"{FICHE}---\n{FICHE}").findings] == ["ReadingSyntax"]


def test_limits_are_those_promised() -> None:
    """shapes/reading.ttl tells people these numbers."""
    text = (ROOT / "shapes" / "reading.ttl").read_text("utf-8")
    assert f"{LIMITS.fiche_bytes // 1_000_000} MB" in text
    assert f"{LIMITS.table_bytes // 1_000_000} MB" in text
    assert f"{LIMITS.depth} levels" in text


# --- the usual slips of people ------------------------------------------------------------------------------


def told(text: str) -> list[str]:
    """The rules that ``text`` breaks, each with the Dutch message."""
    return [f"{f.rule.rpartition('#')[2]}: {f.message['nl']}" for f in read(text).findings]


PLAN = "type: ActionPlan\nnotation: zaak\n"


@pytest.mark.parametrize(
    ("note", "kept"),
    [
        ("Vorming #1 voor trainers", '"Vorming #1 voor trainers"'),
        ("Plan # 2", '"Plan # 2"'),
        ("Over twee\n    regels #3", '"Over twee regels #3"'),
    ],
)
def test_text_that_yaml_would_cut_is_a_finding(note: str, kept: str) -> None:
    """What YAML reads as a comment after text is not lost in silence, and the message has the text whole."""
    (message,) = told(f"{PLAN}note:\n  nl: {note}\n")
    assert message.startswith("ReadingHashInText: ")
    assert f"aanhalingstekens: {kept}" in message


def test_term_of_plain_text_is_not_cut_either() -> None:
    """A remark after a plain text has a space after "#"; anything else belongs to the text."""
    assert told(f"{PLAN}exact: Vorming #1\n")[0].startswith("ReadingHashInText: ")
    assert told(f"{PLAN}exact: Vorming # waar komt dit vandaan?\n") == []


def test_comment_after_codes_numbers_and_quoted_text_is_read_as_comment() -> None:
    """Only unquoted text is in doubt."""
    text = 'delimitsForm: [SG] #SG\ndeclaredActionCount: 27 #27\nnote: {nl: "Tekst"} #tekst\n'
    assert told(f"{PLAN}{text}source: source/x #x\n") == []


@pytest.mark.parametrize(
    ("number", "right"),
    [("4.000", ["4000", "4.0"]), ("27.704", ["27704", "27.7040"]), ("1.234.567", ["1234567"])],
)
def test_thousands_with_a_point_are_a_finding(number: str, right: list[str]) -> None:
    """4.000 is four thousand in Dutch and four in XML Schema: the message gives both spellings."""
    (message,) = told(f"type: Target\nid: target/zaak/7/doel\nvalue: {number}\n")
    assert message.startswith("ReadingAmbiguousNumber: ")
    assert f"Schrijf {' of '.join(right)}".replace(" of", ", of") in message


@pytest.mark.parametrize("number", ["4000", "4.0", "0.125", "27.70", "1234.567"])
def test_other_decimals_are_not_in_doubt(number: str) -> None:
    """A number that cannot be a Dutch thousand is read."""
    assert told(f"type: Target\nid: target/zaak/7/doel\nvalue: {number}\n") == []


def test_decimal_comma_between_braces_is_recognised() -> None:
    """YAML reads 400,5 between braces as 400 and a key 5."""
    messages = told("{type: Target, id: target/zaak/7/doel, value: 400,5, unit: calls}")
    assert messages == [
        'ReadingUnknownKey: De sleutel "5" bestaat niet. Bedoelde u "400.5"? Schrijf een punt, geen komma.'
    ]


def test_comma_in_text_between_braces_is_recognised() -> None:
    """YAML reads the rest of a text after a comma between braces as a key."""
    assert "een komma in de tekst?" in told(PLAN + "note: {nl: Kort, bondig, en: Short}\n")[0]


def test_text_between_curly_quotes_is_a_finding() -> None:
    """A word processor's quotation marks are no quotation marks to YAML."""
    assert told(f"{PLAN}note:\n  nl: “Een citaat”\n") == [
        "ReadingCurlyQuotes: Krullende aanhalingstekens worden een deel van de tekst. Gebruik rechte "
        'aanhalingstekens: "Een citaat".'
    ]


@pytest.mark.parametrize(
    ("text", "remedy", "line"),
    [
        ("note:\n\tnl: x\n", "Hier staat een tab; gebruik spaties", 4),
        ("note: x\n\ten: y\n", "Hier staat een tab; gebruik spaties", 4),
        ("note:\n  nl: Plan: deel 2\n", "tussen aanhalingstekens, omdat er een dubbelepunt in staat", 4),
        ("note:\n    nl: x\n  en: y\n", "Laat deze regel even ver inspringen", 5),
        ("note:\n- a\n- b\n  c: d\n", "aanhalingstekens, omdat er een dubbelepunt", 6),
        ("note\nlabel: x\n", "Bij een sleutel hoort een dubbelepunt", 4),
        ("note: {nl: x\nlabel: y\n", "Sluit wat met { of [ begint", 4),
        ('note: "x\n', "Sluit de aanhalingstekens", 4),
        ("note: - x\n", "Begin de lijst op een eigen regel", 3),
        ("note: @x\n", "Met dit teken kan een waarde niet beginnen", 3),
        ('note: "C:\\x"\n', "enkele aanhalingstekens", 3),
        ("note: |x\n", "de lezer van YAML zegt", 3),
    ],
)
def test_syntax_error_says_what_helps(text: str, remedy: str, line: int) -> None:
    """The usual errors have a remedy in Dutch and in English; of others the parser's words are given."""
    (finding,) = read(PLAN + text).findings
    assert remedy in finding.message["nl"]
    assert finding.message["en"].startswith("This is not valid YAML. ")
    assert finding.place
    assert finding.place.line == line
    _is_complete(finding)


def test_list_and_key_at_one_level_say_what_helps() -> None:
    """A key below a list at the same level belongs to neither."""
    (message,) = told("- type: ActionPlan\nnotation: zaak\n")
    assert "Laat deze regel even ver inspringen" in message


# --- plain words --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        ("begindatum", "startDate"),
        ("Einddatum", "endDate"),
        ("titel", "label"),
        ("start date", "startDate"),
        ("zet voort", "continues"),
        ("begindatm", "startDate"),
        ("startdate", "startDate"),
    ],
)
def test_a_key_in_dutch_or_english_leads_to_the_right_one(key: str, meant: str) -> None:
    """The words of the ontology's labels and of the table beside it; a key that is near still counts."""
    found = [f for f in read(FICHE + f"{key}: x\n").findings if f.rule.endswith("UnknownKey")]
    assert [f'Bedoelde u "{meant}"?' in f.message["nl"] for f in found] == [True], found[0].message


def test_a_short_key_that_is_no_word_gets_no_guess() -> None:
    """Among hundreds of words every word of four letters resembles some other."""
    found = [f for f in read(FICHE + "brom: x\n").findings if f.rule.endswith("UnknownKey")]
    assert ["Bedoelde" in f.message["nl"] for f in found] == [False]


def test_words_of_a_broken_ontology_are_none(tmp_path: Path) -> None:
    """Whoever reads the ontology reports it; here it only costs the suggestion."""
    context = sources.context(PROJECT)
    assert words_of(tmp_path, context) == {}
    (tmp_path / "gbv.ttl").write_text("@prefix", "utf-8")
    (tmp_path / "words.yaml").write_text("startDate: [", "utf-8")
    assert words_of(tmp_path, context) == {}


def test_every_word_of_the_table_has_a_key_of_the_context() -> None:
    """A key that does not exist, or a word for two keys, would lead nowhere or astray."""
    table = yaml.safe_load((PROJECT.folder("ontology") / "words.yaml").read_text("utf-8"))
    assert set(table) <= set(sources.context(PROJECT).properties)
    words = [word.casefold() for row in table.values() for word in row]
    assert len(words) == len(set(words))


@pytest.mark.parametrize(
    ("line", "nl", "en"),
    [
        (
            "endDate: {a: b}",
            "hier staan sleutels met een waarde (a: …).",
            "here are keys with a value (a: …).",
        ),
        ("endDate: [[2026-01-01]]", "hier staat een lijst.", "here is a list."),
        ("endDate: morgen", 'hier staat "morgen".', 'here is "morgen".'),
    ],
)
def test_what_stands_in_the_wrong_place_is_said_in_plain_words(line: str, nl: str, en: str) -> None:
    """No word of YAML's own."""
    found = [f for f in read(FICHE + line + "\n").findings if f.rule.endswith("WrongType")]
    assert nl in found[-1].message["nl"]
    assert en in found[-1].message["en"]
