"""Reports: six formats of one list of findings, held to golden files, to standards and to hostile text."""

from __future__ import annotations

import json
import os
import re
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, field
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyoxigraph
import pytest

from gbvkg import __version__
from gbvkg.errors import ProjectError, UsageError
from gbvkg.findings import Finding, Severity, Stage
from gbvkg.project import Project
from gbvkg.reports import FORMATS, Rulebook, render, rule_name
from gbvkg.reports.material import visible
from gbvkg.reports.sarif import fingerprint
from gbvkg.sources.statement import Place
from gbvkg.vocabulary import expand

GOLDEN = Path(__file__).parent / "golden"
FICHE = "data/plans/p/fiches/12.yaml"
ACTION = "https://golden.example/id/action/p/12"
HOSTILE = "\x1b[2J\x00<script>alert(1)</script>]]>&\"'\u202etset\r\n--> x:1"
SUFFIXES = {"text": "txt", "json": "json", "sarif": "sarif", "junit": "xml", "ttl": "ttl", "html": "html"}


@dataclass
class Checked:
    """A report as validation hands it over."""

    findings: list[Finding] = field(default_factory=list)
    conforms: bool = True


def project() -> Project:
    return Project.open(GOLDEN / "project")


def found(rule: str, severity: Severity = Severity.VIOLATION, **more: Any) -> Finding:
    message = more.pop("message", {"nl": "Dit is fout.", "en": "This is wrong."})
    return Finding(severity, expand(f"gbvsh:{rule}"), more.pop("stage", Stage.RECORD), message, **more)


def several() -> Checked:
    """One finding of every kind that differs in how it is shown."""
    lead = {"nl": "Actie 12 heeft geen trekkende minister.", "en": "Action 12 has no lead minister."}
    label = {"nl": "Het opschrift staat er twee keer.", "en": "The label is there twice."}
    file = {"nl": "Dit bestand is geen YAML.", "en": "This file is not YAML."}
    return Checked(
        [
            found("ReadingSyntax", stage=Stage.FILE, message=file, place=Place("data/plans/p/plan.yaml")),
            found(
                "ActionLead",
                message=lead,
                focus=ACTION,
                path=expand("gbv:leadResponsibility"),
                value="<https://golden.example/id/mandate/nobody>",
                place=Place(FICHE, 8, 16),
            ),
            found(
                "ActionLabel",
                Severity.WARNING,
                message=label,
                focus=ACTION,
                path=expand("rdfs:label"),
                value='"One 漢字 campaign"@en',
                place=Place(FICHE, 5, 15),
            ),
            found("DeclaredCount", Severity.INFO, stage=Stage.PLAN, focus="https://golden.example/id/plan/p"),
            found("ActionLead", focus=f"{ACTION}3", waiver="https://golden.example/id/waiver/w1"),
        ],
        conforms=False,
    )


# ── golden files ──

REPORTS = {"several": several(), "none": Checked()}
CASES = [(name, format, lang) for name in REPORTS for format in FORMATS for lang in ("nl", "en")]


def golden_name(name: str, format: str, lang: str) -> str:
    return f"{name}.{lang}.{SUFFIXES[format]}"


@pytest.mark.parametrize(("name", "format", "lang"), CASES)
def test_golden(name: str, format: str, lang: str) -> None:
    """What is written is what was agreed on; UPDATE_GOLDEN=1 writes the files anew, for a human to read."""
    path = GOLDEN / "reports" / golden_name(name, format, lang)
    written = render(REPORTS[name], format, lang, project()).replace(__version__, "{version}")
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(written, "utf-8")
    assert written == path.read_text("utf-8")


def test_every_golden_file_is_used() -> None:
    """The folder holds the cases and nothing else."""
    assert {path.name for path in (GOLDEN / "reports").iterdir()} == {golden_name(*case) for case in CASES}


@pytest.mark.parametrize("format", FORMATS)
def test_same_report_same_characters(format: str) -> None:
    """Nothing of the clock, the machine or the order of a hash gets in."""
    assert render(several(), format, "nl", project()) == render(several(), format, "nl", project())
    assert str(Path.cwd()) not in render(several(), format, "nl", project())


def test_unknown_format() -> None:
    """A format that does not exist is a usage error that lists those that do."""
    with pytest.raises(UsageError, match="text, json, sarif, junit, ttl, html"):
        render(Checked(), "pdf", "nl", project())


# ── text ──


def test_text_marks_the_place() -> None:
    """The caret stands under the word, also after characters that are two columns wide."""
    lines = render(several(), "text", "nl", project()).splitlines()
    mandatary = next(i for i, line in enumerate(lines) if line.startswith("8 |"))
    assert lines[mandatary].index("mandate/nobody") == lines[mandatary + 1].index("^")
    assert lines[mandatary + 1].count("^") == len("mandate/nobody")
    wide = Checked([found("ActionLabel", place=Place(FICHE, 5, 15))], False)
    shown = render(wide, "text", "nl", project()).splitlines()
    caret = next(i for i, line in enumerate(shown) if "^" in line)
    before = shown[caret - 1][: shown[caret - 1].index("campaign")]
    assert shown[caret].index("^") == len(before) + 2, "two ideographs take four columns"


def test_text_has_no_colours_unless_asked() -> None:
    """Colour is for a terminal; in a file it would be noise."""
    assert "\x1b" not in render(several(), "text", "nl", project())
    coloured = render(several(), "text", "nl", project(), colour=True)
    assert re.sub(r"\x1b\[[\d;]*m", "", coloured) == render(several(), "text", "nl", project())


def test_text_without_source_line() -> None:
    """A place whose file is gone or shorter is still named."""
    gone = Checked(
        [found("ActionLead", place=Place("data/gone.yaml", 3, 1)), found("X", place=Place(FICHE, 99))]
    )
    text = render(gone, "text", "en", project())
    assert "--> data/gone.yaml:3:1" in text
    assert f"--> {FICHE}:99" in text


def test_text_counts_per_rule_when_there_are_many() -> None:
    """Of hundreds of findings a reader first wants to know what they are about."""
    many = [found("ActionLead", focus=f"{ACTION}{n}") for n in range(9)]
    many += [found("ActionLabel", Severity.WARNING, focus=f"{ACTION}{n}") for n in range(12)]
    lines = render(Checked(many), "text", "en", project()).splitlines()
    assert lines[-4:-2] == [" 9x ActionLead (violation)", "12x ActionLabel (warning)"]
    assert "9x" not in render(Checked(many[:10]), "text", "en", project())


def test_text_tells_infos_that_repeat_in_one_line() -> None:
    """What must be mended is not lost among notes; who asks for a file gets every note about it."""
    notes = [found("DeclaredCount", Severity.INFO, place=Place(FICHE, n)) for n in (3, 4, 5)]
    several_notes = [*notes, found("ActionLead"), found("ActionLabel", Severity.INFO)]
    text = render(Checked(several_notes, False), "text", "en", project())
    assert f"3x DeclaredCount (info): DeclaredCount. The first: {FICHE}:3\nEvery info in full:" in text
    assert text.count("-->") == 2, "the violation, and the info that nothing repeats"
    asked = render(Checked(several_notes, False), "text", "en", project(), partial=True)
    assert asked.count("-->") == 5
    assert "Every info" not in asked


def test_text_stays_in_the_project() -> None:
    """A place outside the project is named, its file is not shown."""
    secret = Checked([found("ActionLead", place=Place("../../../pyproject.toml", 1, 1))])
    assert "build-system" not in render(secret, "text", "en", project())


def test_text_cuts_endless_lines(tmp_path: Path) -> None:
    """A line of a megabyte is shown around the place only."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data/dataset.yaml").write_text((GOLDEN / "project/data/dataset.yaml").read_text("utf-8"))
    (tmp_path / "data/long.yaml").write_text("x" * 500_000 + " here " + "y" * 500_000)
    text = render(
        Checked([found("ActionLead", place=Place("data/long.yaml", 1, 500_002))]),
        "text",
        "en",
        Project.open(tmp_path),
    )
    assert len(text) < 2000
    assert "here" in text
    line, mark = next(
        (a, b) for a, b in zip(text.splitlines(), text.splitlines()[1:], strict=False) if "^" in b
    )
    assert line.index("here") == mark.index("^")


@pytest.mark.parametrize(
    ("lang", "explained"),
    [("nl", "Meer weten: gbvkg explain ActionLead"), ("en", "Learn more: gbvkg explain ActionLead")],
)
def test_text_says_how_to_go_on(lang: str, explained: str) -> None:
    """A finding says what would be right and where to read more; an undescribed rule does not pretend."""
    text = render(several(), "text", lang, project())
    assert explained in text
    assert "explain DeclaredCount" not in text


# ── machine formats ──


def schema_faults(value: Any, schema: dict[str, Any], root: dict[str, Any], at: str = "$") -> list[str]:
    """What is wrong with ``value``, for the part of JSON Schema 2020-12 that our schema uses."""
    if "$ref" in schema:
        return schema_faults(value, root["$defs"][schema["$ref"].rpartition("/")[2]], root, at)
    if "oneOf" in schema:
        fits = [s for s in schema["oneOf"] if not schema_faults(value, s, root, at)]
        return [] if len(fits) == 1 else [f"{at}: {len(fits)} of oneOf"]
    faults = []
    if "const" in schema and value != schema["const"]:
        faults.append(f"{at}: not {schema['const']}")
    if "enum" in schema and value not in schema["enum"]:
        faults.append(f"{at}: {value} not in {schema['enum']}")
    kinds = {
        "object": dict,
        "array": list,
        "string": str,
        "boolean": bool,
        "integer": int,
        "null": type(None),
    }
    if "type" in schema and (
        not isinstance(value, kinds[schema["type"]])
        or (schema["type"] == "integer" and isinstance(value, bool))
    ):
        return [f"{at}: not of type {schema['type']}"]
    if "minimum" in schema and value < schema["minimum"]:
        faults.append(f"{at}: below {schema['minimum']}")
    if isinstance(value, dict):
        properties = schema.get("properties", {})
        faults += [f"{at}: no {key}" for key in schema.get("required", []) if key not in value]
        faults += [f"{at}: {key} does not exist" for key in value if key not in properties]
        for key in value.keys() & properties.keys():
            faults += schema_faults(value[key], properties[key], root, f"{at}.{key}")
    if isinstance(value, list):
        for index, item in enumerate(value):
            faults += schema_faults(item, schema["items"], root, f"{at}[{index}]")
    return faults


@pytest.mark.parametrize("report", REPORTS.values(), ids=REPORTS)
def test_json_fits_its_schema(report: Checked) -> None:
    """The documented schema describes what is written, without any key that it does not name."""
    schema = json.loads(
        (Path(render.__code__.co_filename).parent / "findings.schema.json").read_text("utf-8")
    )
    value = json.loads(render(report, "json", "nl", project()))
    assert schema_faults(value, schema, schema) == []
    assert schema_faults({**value, "extra": 1}, schema, schema), "the check itself works"


def test_json_has_both_languages_and_counts() -> None:
    """Machine formats are the same in either language; waived findings are counted apart."""
    value = json.loads(render(several(), "json", "nl", project()))
    assert value["summary"] == {"violation": 2, "warning": 1, "info": 1, "waived": 1}
    assert all(set(finding["message"]) == {"nl", "en"} for finding in value["findings"])
    assert value == json.loads(render(several(), "json", "en", project()))


def test_sarif_structure() -> None:
    """The parts that SARIF 2.1.0 requires (§3.13, §3.14, §3.19, §3.27, §3.28, §3.49) are there and agree."""
    log = json.loads(render(several(), "sarif", "en", project()))
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert len({rule["id"] for rule in rules}) == len(rules)
    for rule in rules:
        assert rule["help"]["text"]
        assert rule["shortDescription"]["text"]
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in {"error", "warning", "note"}
        assert result["message"]["text"]
        assert set(result["properties"]["message"]) == {"nl", "en"}
        for location in result["locations"]:
            region = location.get("physicalLocation", {}).get("region", {"startLine": 1})
            assert region["startLine"] >= 1
            assert region.get("startColumn", 1) >= 1
    assert run["results"][1]["locations"][0]["logicalLocations"][0]["name"] == "action/p/12"
    assert [r for r in run["results"] if "suppressions" in r] == [run["results"][4]]


def test_sarif_paths_are_uris() -> None:
    """A file name with a space is percent-encoded (SARIF §3.4.3, RFC 3986)."""
    report = Checked([found("ActionLead", place=Place("data/plans/p/fiches/1 é.yaml", 1, 1))])
    log = json.loads(render(report, "sarif", "en", project()))
    location = log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]
    assert location == {"uri": "data/plans/p/fiches/1%20%C3%A9.yaml", "uriBaseId": "%SRCROOT%"}


def test_junit_counts() -> None:
    """Violations fail, the rest is skipped with its message, and the counts are those of the cases."""
    root = ElementTree.fromstring(render(several(), "junit", "nl", project()))
    assert root.tag == "testsuites"
    cases = root.findall(".//testcase")
    assert int(root.attrib["tests"]) == len(cases) == 5
    assert int(root.attrib["failures"]) == len(root.findall(".//failure")) == 2
    assert int(root.attrib["skipped"]) == len(root.findall(".//skipped")) == 3
    for suite in root.findall("testsuite"):
        assert int(suite.attrib["tests"]) == len(suite.findall("testcase"))
    none = ElementTree.fromstring(render(Checked(), "junit", "nl", project()))
    assert [len(none.findall(f".//{tag}")) for tag in ("testcase", "failure", "skipped")] == [1, 0, 0]


def test_shacl_report_is_turtle() -> None:
    """Every result has the parts that SHACL §3.6.2 asks for, no blank node, and two messages."""
    quads = list(
        pyoxigraph.parse(render(several(), "ttl", "nl", project()), format=pyoxigraph.RdfFormat.TURTLE)
    )
    assert not any(isinstance(t, pyoxigraph.BlankNode) for q in quads for t in (q.subject, q.object))

    def values(term: str) -> list[Any]:
        return [q.object for q in quads if q.predicate.value == expand(term)]

    assert len(values("sh:result")) == 5
    assert len(values("sh:resultSeverity")) == 5
    assert len(values("sh:resultMessage")) == 10
    assert expand("sh:MinCountConstraintComponent") in {
        v.value for v in values("sh:sourceConstraintComponent")
    }
    assert [v.value for v in values("sh:conforms")] == ["false"]
    conforming = render(Checked(), "ttl", "nl", project())
    assert "sh:conforms true" in conforming


def test_fingerprint_survives_moving_lines() -> None:
    """A finding is the same finding when the lines above it change."""
    here, there = (found("ActionLead", focus=ACTION, place=Place(FICHE, n, 1)) for n in (3, 30))
    assert fingerprint(here) == fingerprint(there)
    assert fingerprint(here) != fingerprint(found("ActionLead", focus=ACTION + "3"))


# ── hostile text ──


def hostile() -> Checked:
    iri = f'{ACTION}"><img src=x onerror=alert(1)>'
    finding = found(
        "ActionLead",
        message={"nl": HOSTILE, "en": HOSTILE},
        focus=iri,
        path=HOSTILE,
        value=HOSTILE,
        place=Place(f"data/{HOSTILE}.yaml", 1, 1),
        waiver="",
    )
    script = found("ActionLead", focus="javascript:alert(1)", message={"nl": HOSTILE, "en": HOSTILE})
    return Checked([finding, script], False)


class Tags(HTMLParser):
    """Collects tags, and what could run."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.links: list[str] = []
        self.events: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.events += [name for name, _ in attrs if name.startswith("on")]
        self.links += [value or "" for name, value in attrs if name in ("href", "src")]


def test_hostile_html_is_inert() -> None:
    """Nothing of a label becomes a tag, an event or a link that runs."""
    parser = Tags()
    parser.feed(render(hostile(), "html", "nl", project()))
    assert not parser.tags & {"script", "img", "iframe", "object"}
    assert parser.events == []
    assert all(link.startswith(("#", "http://", "https://")) for link in parser.links)


@pytest.mark.parametrize("format", FORMATS)
def test_hostile_text_steers_nothing(format: str) -> None:
    """No control character or direction override reaches a terminal, a parser or an eye."""
    written = render(hostile(), format, "nl", project())
    assert not set(written) & set("\x1b\x00\r\u202e")
    written.encode("utf-8")


def test_hostile_text_is_one_block() -> None:
    """A message with line breaks cannot fake another finding."""
    lines = render(hostile(), "text", "nl", project()).splitlines()
    assert sum(line.startswith("  -->") for line in lines) == 2


def test_hostile_xml_and_turtle_parse() -> None:
    """XML 1.0 forbids most control characters and Turtle forbids quotes in an IRI: both stay well-formed."""
    ElementTree.fromstring(render(hostile(), "junit", "nl", project()))
    list(pyoxigraph.parse(render(hostile(), "ttl", "nl", project()), format=pyoxigraph.RdfFormat.TURTLE))


def test_visible() -> None:
    """What steers is escaped, what shows is kept, in any script."""
    assert visible("Één 漢字 ☀\n") == "Één 漢字 ☀\n"
    assert visible("a\x1b\u202e\ud800\ufffe") == r"a\u{1b}\u{202e}\u{d800}\u{fffe}"


# ── accessibility of the page ──


@pytest.mark.parametrize("lang", ["nl", "en"])
def test_page_is_accessible(lang: str) -> None:
    """Language, title, one h1, headings without a jump, captioned tables with scoped heads."""
    page = render(several(), "html", lang, project())
    assert f'<html lang="{lang}">' in page
    assert re.search(r"<title>[^<]+</title>", page)
    levels = [int(level) for level in re.findall(r"<h(\d)[ >]", page)]
    assert levels.count(1) == 1
    assert all(b - a <= 1 for a, b in pairwise(levels))
    assert page.count("<table>") == page.count("<caption>") == 1
    assert not re.search(r"<th(?! scope=)", page.replace("<thead", ""))
    assert len(set(re.findall(r'id="([^"]+)"', page))) == len(re.findall(r'id="([^"]+)"', page))
    for target in re.findall(r'href="#([^"]+)"', page):
        assert f'id="{target}"' in page


def test_table_counts_what_is_open_apart_from_what_is_waived() -> None:
    """A finding that a waiver lets through does not look like work to do."""
    page = render(several(), "html", "nl", project())
    row = re.search(r'<tr id="ActionLead">.*', page)
    assert row
    assert re.findall(r'<td data-label="([^"]+)">(\d+)</td>', row[0]) == [
        ("Open", "1"),
        ("Met ontheffing", "1"),
    ]


def test_cells_of_a_narrow_table_are_labelled() -> None:
    """Where cells stand below each other the heads are hidden, and each number says what it counts."""
    page = render(several(), "html", "nl", project())
    narrow = page[page.index("@media (max-width:40rem)") : page.index("</style>")]
    assert "thead{position:absolute" in narrow
    assert "td[data-label]::before{content:attr(data-label)" in narrow
    heads = re.findall(r'<th scope="col">([^<]+)</th>', page)
    assert set(re.findall(r'data-label="([^"]+)"', page)) == set(heads[2:])


def contrast(first: str, second: str) -> float:
    """Contrast ratio of two colours (WCAG 2.2, relative luminance)."""

    def luminance(colour: str) -> float:
        full = colour if len(colour) == 7 else "#" + "".join(c * 2 for c in colour[1:])
        parts = [int(full[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    high, low = sorted((luminance(first), luminance(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_page_contrast() -> None:
    """Text is readable on both backgrounds, in light and dark (WCAG 1.4.3: at least 4.5)."""
    page = render(several(), "html", "nl", project())
    schemes = re.findall(r":root\{([^}]*)\}", page)
    assert len(schemes) == 2
    for scheme in schemes:
        colours = dict(re.findall(r"--(\w+):(#\w+)", scheme))
        for name in ("text", "bad", "warn", "note"):
            assert contrast(colours[name], colours["back"]) >= 4.5, (name, scheme)
        assert contrast(colours["text"], colours["soft"]) >= 4.5
        assert contrast(colours["line"], colours["back"]) >= 3


def test_page_needs_nothing_else() -> None:
    """No script, no request: the page can be mailed and opened anywhere."""
    page = render(several(), "html", "nl", project())
    assert "default-src 'none'" in page
    assert not re.search(r"<(script|link|img|iframe)\b", page)
    assert "url(" not in page


# ── the rulebook ──


def test_rulebook_reads_the_shapes() -> None:
    """A rule has its texts in both languages, its sentence, its severity and its one component."""
    rules = Rulebook.read(project())
    lead = rules.get(expand("gbvsh:ActionLead"))
    assert lead.title("nl") == "Trekkende minister"
    assert lead.quote == "er wordt verduidelijkt wie de trekkende minister is"
    assert lead.see_also == ("https://golden.example/id/source/nota",)
    assert lead.component == expand("sh:MinCountConstraintComponent")
    label = rules.get(expand("gbvsh:ActionLabel"))
    assert (label.severity, label.component) == (Severity.WARNING, "")
    assert lead.file == "shapes/rules.ttl"
    ours = [rule.short for rule in rules if not rule.short.startswith("Hygiene")]
    assert ours == ["ActionLabel", "ActionLead"], "a node shape that only holds rules is none"


def test_rulebook_reads_the_check_queries() -> None:
    """A check query is a rule as well, with the words of its header."""
    rules = Rulebook.read(project())
    iri = expand("gbvsh:HygieneCircularBroader")
    assert iri in rules
    rule = rules.get(iri)
    assert (rule.file, set(rule.name), set(rule.message)) == (
        "queries/hygiene/circular-broader.rq",
        {"nl", "en"},
        {"nl", "en"},
    )
    assert expand("gbvsh:HygieneNothing") not in rules


def test_rulebook_does_not_know() -> None:
    """A rule that no shape describes is named and nothing is made up about it."""
    rule = Rulebook.read(project()).get("https://elders.example/x/Rule")
    assert rule.title("nl") == rule.short == "<https://elders.example/x/Rule>"
    assert rule_name(expand("gbvsh:ActionLead")) == "ActionLead"


def test_rulebook_refuses_what_is_not_turtle(tmp_path: Path) -> None:
    """A broken shapes file is an error of the project, not a rulebook with less in it."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data/dataset.yaml").write_text((GOLDEN / "project/data/dataset.yaml").read_text("utf-8"))
    (tmp_path / "shapes").mkdir()
    (tmp_path / "shapes/broken.ttl").write_text("this is not turtle")
    with pytest.raises(ProjectError, match=r"broken\.ttl"):
        Rulebook.read(Project.open(tmp_path))
