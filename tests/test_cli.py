"""The command line: every command in two languages, its exit codes, its streams, and how it ends when it is
stopped.
"""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import yaml

from benchmarks import generate
from gbvkg import __version__, validation
from gbvkg.cli import FAULT, commands, example, main, parser, questions, streams
from gbvkg.cli.explain import candidates, cases, explanation
from gbvkg.cli.streams import Bar, Streams, write_file
from gbvkg.errors import UnknownRule, UsageError
from gbvkg.project import Project
from gbvkg.queries import Catalogue, result
from gbvkg.release import difference, gate
from gbvkg.release.publication import STAGES
from gbvkg.reports import FORMATS, Rulebook

REPOSITORY = Path(__file__).parent.parent
EXAMPLE = REPOSITORY / "examples" / "fictional-plan"
LANGUAGES = ("nl", "en")


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No variable of whoever runs the tests decides a test."""
    for name in ("GBVKG_LANG", "GBVKG_PROJECT", "GBVKG_RELEASES", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small project in which nothing is wrong."""
    root = tmp_path_factory.mktemp("sound")
    generate.generate(root, 6)
    return root


@pytest.fixture(scope="module")
def ill(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small project in which actions 1 and 2 have no lead."""
    root = tmp_path_factory.mktemp("ill")
    generate.generate(root, 4)
    for number in (1, 2):
        path = root / f"data/plans/vap-fictief/fiches/{number}.yaml"
        lines = path.read_text("utf-8").split("\n")
        start, end = lines.index("lead:"), lines.index("involved:")
        path.write_text("\n".join(lines[:start] + lines[end:]), "utf-8")
    return root


@pytest.fixture(scope="module")
def published(sound: Path) -> Path:
    """The releases folder with one release of the sound project."""
    out = sound / "releases"
    assert main(["--project", str(sound), "publish", "--quiet"]) == 0
    return out


def process(*words: str, **more: object) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own, as a user runs it."""
    return subprocess.run(
        [sys.executable, "-m", "gbvkg", *words],
        capture_output=True,
        text=True,
        check=False,
        cwd=REPOSITORY,
        timeout=120,
    )


# ── help and texts ──


def test_commands_are_the_same_everywhere() -> None:
    """Parser, functions and texts know the same commands."""
    assert set(parser.COMMANDS) == set(commands.COMMANDS) == set(parser.texts()["commands"])


def test_choices_are_those_of_the_modules_that_carry_them_out() -> None:
    """The command line repeats formats and engines, to start without importing them: they stay equal."""
    assert set(parser.REPORT_FORMATS) == set(FORMATS)
    assert tuple(dict.fromkeys(f for form in result.FORMATS.values() for f in form)) == parser.QUERY_FORMATS
    assert tuple(difference.FORMATS) == parser.DIFF_FORMATS
    assert parser.ENGINES == validation.ENGINES


def test_every_step_has_words() -> None:
    """A progress bar names each step of publishing, and so of checking, in both languages."""
    for lang in LANGUAGES:
        assert tuple(parser.texts()["stages"][lang]) == STAGES


def test_every_text_is_there_twice() -> None:
    """Dutch and English have the same keys, and no text is empty."""
    texts = parser.texts()
    pairs = [texts["program"], texts["arguments"], texts["stages"], texts["findings"]]
    pairs += texts["commands"].values()
    for pair in pairs:
        assert set(pair) == set(LANGUAGES)
        assert set(pair["nl"]) == set(pair["en"])
    for lang in LANGUAGES:
        assert all(help for _, help in texts["arguments"][lang].values())
        assert all(text.strip() for command in texts["commands"].values() for text in command[lang].values())


@pytest.mark.parametrize("lang", LANGUAGES)
def test_help_names_every_command(lang: str, capsys: pytest.CaptureFixture[str]) -> None:
    """``gbvkg --help`` lists each command with its summary, examples and exit codes, in the language asked
    for.
    """
    assert main(["--help", "--lang", lang]) == 0
    shown = capsys.readouterr().out
    for name, words in parser.texts()["commands"].items():
        assert name in shown
        assert words[lang]["summary"] in shown
    assert ("voorbeelden:" if lang == "nl" else "examples:") in shown
    assert ("usage:" in shown) == (lang == "en")


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("command", parser.COMMANDS)
def test_each_command_teaches(command: str, lang: str, capsys: pytest.CaptureFixture[str]) -> None:
    """``gbvkg COMMAND --help`` says what it does and what each argument is for; its examples parse."""
    assert main([command, "--lang", lang, "--help"]) == 0
    shown = capsys.readouterr().out
    words = parser.texts()["commands"][command][lang]
    assert words["text"].strip() in shown
    assert words["examples"].strip() in shown
    for english in ("usage:", "options:", "show this help"):
        assert (english in shown) == (lang == "en")
    for line in words["examples"].splitlines():
        if line.strip().startswith("gbvkg "):
            example = line.strip().split("   ")[0].split()[1:]
            assert parser.parse(example, lang).command == command


@pytest.mark.parametrize("lang", LANGUAGES)
def test_help_of_query_tells_true_things(lang: str) -> None:
    """Its example questions exist and take the parameters shown; every format is named; so is every exit
    code.
    """
    words = parser.texts()["commands"]["query"][lang]
    catalogue = Catalogue(Project.open())
    lines = [line.strip().split("   ")[0] for line in words["examples"].splitlines() if "--param" in line]
    assert lines
    for line in lines:
        asked = parser.parse(line.split()[1:], lang)
        catalogue.get(asked.name).bind(questions.parameters(asked.param))
    for names in result.FORMATS.values():
        assert set(names) <= set(re.findall(r"\w+", words["text"]))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_examples_of_the_program_parse(lang: str) -> None:
    """The examples in ``gbvkg --help`` are commands that exist."""
    lines = parser.texts()["program"][lang]["epilog"].splitlines()
    examples = [
        line.strip().split("   ")[0].split()[1:] for line in lines if line.strip().startswith("gbvkg ")
    ]
    assert len(examples) >= 5
    for typed in examples:
        assert parser.parse(typed, lang).command in parser.COMMANDS


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    """``--version`` is one line on standard output."""
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"gbvkg {__version__}\n"


MISTAKES = [
    ([], "dit ontbreekt: OPDRACHT", "the following arguments are required: COMMAND"),
    (["valideer"], "'valideer' bestaat niet", "invalid choice: 'valideer'"),
    (["validate", "--formaat"], "onbekende argumenten: --formaat", "unrecognized arguments: --formaat"),
    (["validate", "--format", "pdf"], "'pdf' bestaat niet", "invalid choice: 'pdf'"),
    (["validate", "--output"], "hier hoort één waarde", "expected one argument"),
    (["validate", "--reason=1"], "hier hoort geen waarde", "ignored explicit argument"),
    (["verify"], "dit ontbreekt: RELEASE", "the following arguments are required: RELEASE"),
    (["diff", "1"], "dit ontbreekt: NIEUW", "the following arguments are required: NEW"),
]


@pytest.mark.parametrize(("words", "dutch", "english"), MISTAKES)
def test_usage_errors(words: list[str], dutch: str, english: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A wrong command line ends with 2 and says so on standard error, in the reader's language only."""
    for lang, wanted, other in (("nl", dutch, english), ("en", english, dutch)):
        assert main(["--lang", lang, *words]) == 2
        out, err = capsys.readouterr()
        assert out == ""
        assert wanted in err
        assert other not in err
        assert ("error:" in err, "fout:" in err) == (lang == "en", lang == "nl")


def test_language_of_the_locale(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Without --lang the environment decides; --lang wins, also after the command."""
    monkeypatch.setenv("LANG", "en_GB.UTF-8")
    main(["nothing"])
    assert "invalid choice" in capsys.readouterr().err
    main(["nothing", "--lang=nl"])
    assert "bestaat niet" in capsys.readouterr().err
    monkeypatch.setenv("GBVKG_LANG", "nl")
    main(["nothing"])
    assert "bestaat niet" in capsys.readouterr().err
    monkeypatch.setenv("GBVKG_LANG", "fr")
    assert main(["explain"]) == 2
    assert '"fr"' in capsys.readouterr().err


def test_argparse_speaks_english_again() -> None:
    """Borrowing argparse's sentences leaves no trace for others in the process."""
    import argparse

    before = vars(argparse)["_"], vars(argparse)["ngettext"]
    main(["--help", "--lang", "nl"])
    assert (vars(argparse)["_"], vars(argparse)["ngettext"]) == before


# ── validate ──


def test_validate_sound(sound: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """0 when nothing stops publication; data on standard output, nothing on standard error."""
    assert main(["--project", str(sound), "validate", "--lang", "en"]) == 0
    out, err = capsys.readouterr()
    assert "Nothing stops publication." in out
    assert err == ""


def test_validate_ill(ill: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """1 when something stops it; each finding names rule, place and what would be right."""
    assert main(["--project", str(ill), "validate", "--lang", "nl"]) == 1
    out = capsys.readouterr().out
    assert "ActionLead overtreding: " in out
    assert "--> data/plans/vap-fictief/fiches/1.yaml:" in out
    assert "gbvkg explain ActionLead" in out
    assert "Publicatie houdt hier op." in out


def test_validate_paths(
    ill: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only findings about the named files are shown, and it says that the rest was judged too."""
    fiches = "data/plans/vap-fictief/fiches"
    assert main(["--project", str(ill), "validate", f"{fiches}/2.yaml", "--lang", "en"]) == 1
    out, err = capsys.readouterr()
    assert "/2.yaml" in out
    assert "/1.yaml" not in out
    assert "The whole plan was checked" in err
    assert main(["--project", str(ill), "validate", f"{fiches}/3.yaml", "--lang", "en", "-q"]) == 0
    assert capsys.readouterr().err == ""
    monkeypatch.chdir(ill / fiches)
    assert main(["--project", str(ill), "validate", "2.yaml", "-q"]) == 1, "a path from the current folder"


def test_validate_wrong_path(ill: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A path that is not there is a usage error that suggests the nearest; one outside the project is
    refused.
    """
    assert main(["--project", str(ill), "validate", "data/plans/vap-fictiev", "--lang", "en"]) == 2
    assert 'Did you mean "data/plans/vap-fictief"?' in capsys.readouterr().err
    assert main(["--project", str(ill), "validate", "/etc/passwd"]) == 2


def test_validate_a_file_of_another_project(
    sound: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Who stands in the folder of a plan and names one of its files, gets the command that checks it."""
    monkeypatch.chdir(sound)
    file = "data/plans/vap-fictief/fiches/3.yaml"
    assert main(["validate", file, "--lang", "nl"]) == 2
    said = capsys.readouterr().err
    assert (
        f'van een ander project dan {REPOSITORY}. Bedoelde u "gbvkg --project {sound} validate {file}"?'
        in said
    )
    assert main(["--project", str(sound), "validate", file]) == 0


def test_explain_tells_rules_of_one_title_apart(capsys: pytest.CaptureFixture[str]) -> None:
    """Two rules called the same are listed with what they say."""
    assert main(["explain", "geweldsvorm", "--lang", "nl"]) == 0
    out = capsys.readouterr().out
    assert "ActionFormGiven   Geweldsvormen: Het veld “Geweldsvormen” ontbreekt\n" in out
    assert "ActionForm        Geweldsvormen: Het veld “Geweldsvormen” komt niet uit de lijst" in out
    assert "PlanForm          Geweldsvormen van het plan\n" in out


def test_validate_no_project(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A folder without data/dataset.yaml is no project: one clean line, exit 2."""
    assert main(["--project", str(tmp_path), "validate", "--lang", "en"]) == 2
    err = capsys.readouterr().err
    assert "is not a project folder" in err
    assert err.count("\n") == 1


@pytest.mark.parametrize("format", parser.REPORT_FORMATS)
def test_validate_formats(format: str, ill: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every format goes to standard output, or whole into a file; the exit code is the same."""
    assert main(["--project", str(ill), "validate", "--format", format]) == 1
    out = capsys.readouterr().out
    path = tmp_path / "report"
    assert main(["--project", str(ill), "validate", "--format", format, "--output", str(path)]) == 1
    assert path.read_text("utf-8") == out
    assert list(tmp_path.iterdir()) == [path]


def test_validate_without_memory(ill: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What a run remembers of the one before changes nothing in what it finds."""
    answers = []
    for more in ([], [], ["--no-cache"]):
        main(["--project", str(ill), "validate", "--format", "json", *more])
        answers.append(json.loads(capsys.readouterr().out)["findings"])
    assert answers[0] == answers[1] == answers[2]


def test_validate_with_pyshacl(ill: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """``--engine pyshacl`` lets the reference engine apply the shapes of the project; it finds the same."""
    shutil.copytree(ill / "data", tmp_path / "data")
    shutil.copytree(REPOSITORY / "tests/golden/project/shapes", tmp_path / "shapes")
    answers = []
    for engine in parser.ENGINES:
        assert main(["--project", str(tmp_path), "validate", "--format", "json", "--engine", engine]) == 1
        answers.append(json.loads(capsys.readouterr().out)["findings"])
    assert answers[0] == answers[1]
    assert sum(finding["rule"].endswith("ActionLead") for finding in answers[0]) == 2


def test_validate_is_the_gate(ill: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """``publish`` refuses for the findings that ``validate`` shows, and writes nothing."""
    assert main(["--project", str(ill), "validate", "--lang", "nl"]) == 1
    shown = capsys.readouterr().out
    assert main(["--project", str(ill), "publish", "--lang", "nl"]) == 1
    out, err = capsys.readouterr()
    assert out == "", "standard output is for the release's path"
    assert err.startswith(shown)
    assert "er is niets geschreven" in err
    assert not (ill / "releases").exists()


def test_colour_only_where_it_is_seen(ill: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Colours on a terminal, never with NO_COLOR, never in a file."""
    monkeypatch.setattr("sys.stdout", Terminal())
    assert Streams().wants_colour(None)
    assert not Streams().wants_colour(Path("file"))
    assert not Streams(colour=False).wants_colour(None)
    monkeypatch.setattr("sys.stdout", io.StringIO())
    assert not Streams().wants_colour(None)


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


# ── explain ──


def test_explain_shows_the_cases_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    """For who reads Turtle, a rule is shown with the very statements of its test cases."""
    assert main(["explain", "ActionLead", "--lang", "nl", "--format", "ttl"]) == 0
    out = capsys.readouterr().out
    [rule] = candidates(Rulebook.read(Project.open()), "ActionLead")
    assert rule.quote in " ".join(out.split())
    for kind in ("valid", "invalid"):
        case = cases(rule, kind)[0]
        body = [line for line in case.read_text("utf-8").splitlines() if line.startswith("ex:")]
        assert case.name in out
        assert all(line in out for line in body if "mf:" not in line)
    assert "The expected report" not in out


def test_explain_shows_a_fiche(capsys: pytest.CaptureFixture[str]) -> None:
    """Staff see what to write and the cases in the form of a fiche, in one language, without Turtle."""
    assert main(["explain", "ActionLead", "--lang", "nl"]) == 0
    out = capsys.readouterr().out
    assert "De sleutel lead bij type: Action." in out
    assert "Goed: Het veld is goed ingevuld. (uit de proefgevallen, valid-example.ttl)" in out
    assert "  lead:\n    type: LeadResponsibility\n    key: trekker-1\n" in out
    assert "mandatary: mandate/mandaat-sport\n" in out
    assert "startDate: 2026-01-16\n" in out
    assert [part for part in ("Right by", "gbv:", "@nl", "^^") if part in out] == []


def test_explain_lists_the_codes_of_a_list(capsys: pytest.CaptureFixture[str]) -> None:
    """Where a code is asked, the codes are those of the list."""
    assert main(["explain", "IndicatorDirection", "--lang", "nl"]) == 0
    told = " ".join(capsys.readouterr().out.split())
    assert "een code uit de lijst: decrease (daling), increase (stijging)," in told


def test_a_case_in_the_form_of_a_fiche_is_one() -> None:
    """The YAML of a right case, read as a source, states what the case states: nothing is lost or added."""
    for name in (
        "ActionLeadOverlap",
        "UnknownWithoutValue",
        "ActionForm",
        "TargetDate",
        "IndicatorDefinition",
    ):
        case = example.root() / "shapes" / name / "valid-example.ttl"
        fiche = yaml.safe_load(example.as_fiche(case))
        said = {key for key, value in _keys(fiche)}
        terms = {term for about in example.things(case).values() for term in about}
        assert said - {"key", "nl", "en"} >= {"type"}
        assert len(said - {"key", "nl", "en"}) == len(terms), name


def _keys(block: object) -> Iterator[tuple[str, object]]:
    for each in block if isinstance(block, list) else [block]:
        if isinstance(each, dict):
            for key, value in each.items():
                yield key, value
                yield from _keys(value)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_case_of_a_rule_says_what_it_shows(lang: str) -> None:
    """The cases of shapes and of check queries say in Dutch and in English what is right or wrong in them."""
    for rule in Rulebook.read(Project.open()):
        if rule.file.startswith("queries/") or rule.profile:
            for case in cases(rule, "valid") + cases(rule, "invalid"):
                assert example.told(case).get(lang, "").endswith("."), case


def test_what_no_fiche_can_say_is_shown_as_it_is(tmp_path: Path) -> None:
    """A property or class without a key, or a case that is YAML already, has no other form."""
    space = "@prefix gbv: <https://w3id.org/gbvkg/ns#> . @prefix x: <http://example.org/> . "
    for name, body in (
        ("a.ttl", "x:a a gbv:Action ; x:b 1 ."),
        ("b.ttl", "x:a a x:B ."),
        ("c.yaml", "type: x"),
    ):
        (tmp_path / name).write_text(space + body, "utf-8")
        assert example.as_fiche(tmp_path / name) == ""
    (tmp_path / "d.ttl").write_text(space + "x:a a gbv:Action ; gbv:number 7 .", "utf-8")
    assert example.as_fiche(tmp_path / "d.ttl") == "type: Action\nnumber: 7\n"


def test_every_rule_is_explained() -> None:
    """Each rule of the packaged project has words in both languages and cases of both kinds."""
    rules = Rulebook.read(Project.open())
    assert len(list(rules)) > 300
    without = [r.short for r in rules if not (cases(r, "valid") and cases(r, "invalid"))]
    assert [name for name in without if not name.startswith(("Logic", "Waiver"))] == []
    for rule in rules:
        for lang in LANGUAGES:
            assert rule.title(lang) != rule.short
            assert rule.short in explanation(rule, rules, lang)


def test_most_rules_are_explained_by_a_fiche() -> None:
    """Nine in ten rules of shapes have an example that a fiche could hold; the rest is about the ontology."""
    rules = [
        rule for rule in Rulebook.read(Project.open()) if rule.file.startswith("shapes/") and rule.profile
    ]
    told = [rule for rule in rules if all(example.as_fiche(case) for case in cases(rule, "valid")[:1])]
    assert len(told) > 0.9 * len(rules)


@pytest.mark.parametrize(
    "name", ["ActionLead", "gbvsh:ActionLead", "https://w3id.org/gbvkg/ns/shapes#ActionLead"]
)
def test_explain_takes_every_spelling(name: str) -> None:
    """The name of a finding in any format can be given."""
    assert [rule.short for rule in candidates(Rulebook.read(Project.open()), name)] == ["ActionLead"]


@pytest.mark.parametrize(
    ("asked", "among"),
    [
        ("Trekker", "ActionLead"),
        ("trekkende minister", "LeadInOffice"),
        ("lead minister", "ActionLead"),
        ("STREEFDATUM", "TargetDate"),
        ("coördinerende", "InvolvedInOffice"),
        ("coordinerende", "InvolvedInOffice"),
        ("opvolger", "LeadUntilMandateEnd"),
    ],
)
def test_explain_searches_titles(asked: str, among: str) -> None:
    """Words of a title in Dutch or English find it, whatever their case, accents or ending; else what it
    says."""
    found = [rule.short for rule in candidates(Rulebook.read(Project.open()), asked)]
    assert among in found
    assert len(found) < 60


def test_explain_lists_the_candidates(capsys: pytest.CaptureFixture[str]) -> None:
    """Several words need no quotes; what they may mean is listed, and one candidate is explained at once."""
    assert main(["explain", "trekkende", "minister", "--lang", "nl"]) == 0
    out = capsys.readouterr().out
    assert re.search(r"^ActionLead +Trekkende minister$", out, re.M)
    assert "Meer over een regel" in out
    assert main(["explain", "begrotingslijn", "--lang", "nl"]) == 0
    assert capsys.readouterr().out.startswith("FundingSeparateLine: ")


def test_explain_unknown(capsys: pytest.CaptureFixture[str]) -> None:
    """An unknown rule is a usage error that suggests the nearest ones, or the list."""
    assert main(["explain", "actionlaed", "--lang", "en"]) == 2
    assert 'Did you mean "ActionLead"' in capsys.readouterr().err
    with pytest.raises(UnknownRule, match='"TargetDate"'):
        candidates(Rulebook.read(Project.open()), "streafdatum")
    with pytest.raises(UnknownRule, match="The list: gbvkg explain"):
        candidates(Rulebook.read(Project.open()), "zzzzzz")


def test_explain_lists(capsys: pytest.CaptureFixture[str]) -> None:
    """Without a rule all are listed."""
    assert main(["explain", "--lang", "en"]) == 0
    out = capsys.readouterr().out
    assert "ActionLead " in out
    assert "Lead minister" in out


# ── releases and queries ──


def test_publish_names_the_release(published: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The release is there, current and whole."""
    project = str(published.parent)
    assert main(["--project", project, "releases"]) == 0
    assert capsys.readouterr().out == "* 2028.1\n"
    for name in ("current", "2028.1", str(published / "2028.1")):
        assert main(["--project", project, "verify", name, "--lang", "en"]) == 0
        assert "all checksums are right" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        (
            "nl",
            r"Bevindingen: 0 overtredingen, \d+ waarschuwing(en)?, \d+ mededeling(en)?, "
            r"\d+ met een ontheffing\.",
        ),
        ("en", r"Findings: 0 violations, \d+ warnings?, \d+ infos?, \d+ waived\."),
    ],
)
def test_publish_tells_the_findings(
    lang: str, said: str, sound: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """At the end: the counts of the manifest, and the report of the release in the reader's language."""
    words = ["--project", str(sound), "--lang", lang, "publish", "--out", str(tmp_path)]
    assert main(words) == 0
    out, err = capsys.readouterr()
    assert out == f"{tmp_path / '2028.1'}\n"
    line = err.splitlines()[0]
    assert re.match(said, line)
    found = json.loads((tmp_path / "2028.1" / "manifest.json").read_text("utf-8"))["findings"]
    order = [found[name] for name in ("violation", "warning", "info", "waived")]
    assert [int(number) for number in re.findall(r"\d+", line.partition(".")[0])] == order
    assert Path(line.partition(": ")[2].partition(": ")[2]).is_file()


def test_publish_again(published: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The same sources again: nothing to do, which --if-new takes for granted."""
    project = str(published.parent)
    assert main(["--project", project, "publish", "--if-new"]) == 0
    assert "2028.1" in capsys.readouterr().err
    assert main(["--project", project, "releases"]) == 0


def test_verify_damage(published: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A changed byte is found, named, and ends with 1."""
    copy = tmp_path / "2028.1"
    shutil.copytree(published / "2028.1", copy)
    damaged = next(copy.glob("*.csv"), None) or next(copy.rglob("*.ttl"))
    damaged.chmod(0o644)
    damaged.write_bytes(damaged.read_bytes() + b"\n")
    assert main(["--project", str(published.parent), "verify", str(copy)]) == 1
    assert damaged.name in capsys.readouterr().err


def test_releases_of_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """No release is no error, and it says how to make one; asking such a folder a question is refused."""
    generate.generate(tmp_path, 2)
    assert main(["--project", str(tmp_path), "releases", "--lang", "en"]) == 0
    out, err = capsys.readouterr()
    assert out == ""
    assert "gbvkg publish" in err
    assert main(["--project", str(tmp_path), "query", "lead-changes"]) == 1
    assert "gbvkg publish" in capsys.readouterr().err


@pytest.mark.parametrize("format", parser.DIFF_FORMATS)
def test_diff(format: str, published: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each format answers; a release does not differ from itself."""
    assert main(["--project", str(published.parent), "diff", "2028.1", "current", "--format", format]) == 0
    assert capsys.readouterr().out
    assert main(["--project", str(published.parent), "diff", "2028.1", "2027.1"]) == 1
    assert "2027.1" in capsys.readouterr().err


@pytest.mark.parametrize("format", ["table", "csv", "json"])
def test_query(format: str, published: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A named query answers from the current or a named release, to standard output or into a file."""
    plan = "plan=https://fictief.example/gbvkg/id/plan/vap-fictief"
    words = ["--project", str(published.parent), "query", "form-gaps", "-p", plan, "--format", format]
    assert main(words) == 0
    out = capsys.readouterr().out
    assert "OD 3.3" in out
    assert main([*words, "--release", "2028.1", "--output", str(tmp_path / "answer")]) == 0
    assert (tmp_path / "answer").read_bytes() == out.encode()


def test_query_list(capsys: pytest.CaptureFixture[str]) -> None:
    """The list has every question with its summary; one of them is described with its parameters."""
    assert main(["query", "--list", "--lang", "en"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(Catalogue(Project.open()).names())
    assert next(line.split()[1] for line in lines if line.startswith("form-gaps ")) == "CQ11"
    assert sorted(int(number) for line in lines for number in re.findall(r" CQ(\d+) ", line)) == [
        *range(1, 31)
    ]
    assert main(["query", "--list", "form-gaps", "--lang", "en"]) == 0
    out = capsys.readouterr().out
    assert "--param plan=https://" in out
    assert "(competency question CQ11)" in out
    assert "As --format: table, csv, tsv, json, xml." in out


def test_query_takes_what_its_table_prints(published: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The short form in a table can be given as a parameter."""
    words = ["--project", str(published.parent), "query", "form-gaps"]
    assert main(words) == 0
    plan = capsys.readouterr().out.splitlines()[2].split()[0]
    assert plan == "plan/vap-fictief"
    assert main([*words, "-p", f"plan={plan}"]) == 0
    out, err = capsys.readouterr()
    assert plan in out
    assert err == ""


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("nl", "plan/vap-fictie komt in deze release niet voor. Bedoelde u plan/vap-fictief?"),
        ("en", "plan/vap-fictie is not in this release. Did you mean plan/vap-fictief?"),
    ],
)
def test_query_about_nothing_known(
    lang: str, said: str, published: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An empty answer is an answer, exit 0; why it is empty is said beside it, unless one asks for quiet."""
    words = ["--project", str(published.parent), "--lang", lang, "query", "form-gaps", "-p"]
    assert main([*words, "plan=plan/vap-fictie"]) == 0
    out, err = capsys.readouterr()
    assert out.splitlines()[-1].startswith("0 ")
    assert err == f'Parameter "plan": {said}\n'
    assert main([*words, "plan=plan/vap-fictie", "--quiet"]) == 0
    assert capsys.readouterr().err == ""


def test_a_table_fits_the_terminal_and_a_pipe_gets_it_whole(published: Path, tmp_path: Path) -> None:
    """On a terminal no line is longer than it is wide; in a pipe and in a file it is as wide as it wants."""
    command = [sys.executable, "-m", "gbvkg", "--project", str(published.parent), "query", "form-gaps"]
    environ = {**os.environ, "COLUMNS": "70"}
    shown = on_a_terminal(command, environ).splitlines()
    assert max(map(len, shown)) <= 70
    piped = subprocess.run(command, capture_output=True, text=True, check=True, cwd=REPOSITORY, env=environ)
    assert max(map(len, piped.stdout.splitlines())) > 70
    on_a_terminal([*command, "--output", str(tmp_path / "table")], environ)
    assert (tmp_path / "table").read_text("utf-8") == piped.stdout


def on_a_terminal(command: list[str], environ: dict[str, str]) -> str:
    """What the command writes when standard output is a terminal."""
    ours, theirs = os.openpty()
    with subprocess.Popen(command, stdout=theirs, stderr=subprocess.PIPE, cwd=REPOSITORY, env=environ) as run:
        os.close(theirs)
        written = b""
        with suppress(OSError):  # Linux tells the end of a terminal as an error
            while part := os.read(ours, 65536):
                written += part
        os.close(ours)
        assert run.wait(60) == 0
    return written.decode().replace("\r\n", "\n")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["query"], "gbvkg query --list"),
        (["query", "form-gasp"], 'Did you mean "form-gaps"?'),
        (["query", "form-gaps", "-p", "plan"], '"plan" must be name=value'),
        (["query", "form-gaps", "-p", "plan=a", "-p", "plan=b"], "is given twice"),
        (["query", "form-gaps", "-p", "plan=x> } DROP ALL"], "is not"),
        (["query", "form-gaps", "-p", "plna=https://x.example/"], 'Did you mean "plan"?'),
        (["query", "form-gaps", "--format", "ttl"], "Choose from: table, csv, tsv, json, xml."),
        (["query", "action-dossier", "-p", "action=action/x/1", "--format", "json"], "a graph, which"),
        (["query", "--list", "--format", "json"], "--list shows text"),
    ],
)
def test_query_usage(
    words: list[str], said: str, published: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A question asked wrongly ends with 2 and says what would be right."""
    assert main(["--project", str(published.parent), *words, "--lang", "en"]) == 2
    assert said in capsys.readouterr().err


# ── how it ends ──


def test_a_fault_is_told_and_not_shown(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A fault of ours is one line that says where to report it; the traceback is for --debug."""

    def broken(run: commands.Run) -> int:
        raise ZeroDivisionError("division by zero")

    monkeypatch.setitem(commands.COMMANDS, "explain", broken)
    assert main(["explain", "--lang", "en"]) == FAULT
    err = capsys.readouterr().err
    assert "ZeroDivisionError" in err
    assert "Report it at https://" in err
    assert err.count("\n") == 1
    assert main(["explain", "--debug"]) == FAULT
    assert "Traceback" in capsys.readouterr().err


def test_runs_as_a_process(sound: Path, ill: Path) -> None:
    """What a shell sees: exit codes, and words on the right stream."""
    fine = process("--project", str(sound), "validate", "--quiet")
    assert (fine.returncode, fine.stderr) == (0, "")
    refused = process("--project", str(ill), "publish", "--lang", "en")
    assert refused.returncode == 1
    assert "nothing was written" in refused.stderr
    assert process("--lang", "en", "nothing").returncode == 2


def test_validate_does_not_wait_for_what_it_does_not_use(sound: Path) -> None:
    """The everyday command starts without rdflib, pySHACL, owlready2 or a web framework."""
    code = (
        "import sys; from gbvkg.cli import main; code = main(sys.argv[1:]);"
        "heavy = {'rdflib', 'pyshacl', 'owlready2', 'fastapi', 'SPARQLWrapper'} & set(sys.modules);"
        "print(heavy, file=sys.stderr); sys.exit(code or len(heavy))"
    )
    words = [sys.executable, "-c", code, "--project", str(sound), "validate", "-q", "--no-cache"]
    done = subprocess.run(words, capture_output=True, text=True, check=False, cwd=REPOSITORY)
    assert done.returncode == 0, done.stderr


def test_reader_that_stops_reading() -> None:
    """``gbvkg explain | head -1`` ends in silence."""
    with subprocess.Popen(
        [sys.executable, "-m", "gbvkg", "explain"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=REPOSITORY,
    ) as running:
        assert running.stdout
        assert running.stderr
        running.stdout.close()
        said = running.stderr.read()
        assert running.wait() in (141, 0)
    assert said == b""


@pytest.fixture(scope="module")
def slow(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project that takes some seconds."""
    root = tmp_path_factory.mktemp("slow")
    generate.generate(root, 1500)
    return root


def test_ctrl_c(slow: Path, tmp_path: Path) -> None:
    """Ctrl-C ends with 130 and one line; the file that was to be replaced is as it was."""
    output = tmp_path / "report.txt"
    output.write_text("the old report")
    command = [sys.executable, "-m", "gbvkg", "--project", str(slow), "--lang", "en", "validate"]
    with subprocess.Popen(
        [*command, "--output", str(output)], stderr=subprocess.PIPE, text=True, cwd=REPOSITORY
    ) as running:
        time.sleep(1.5)
        running.send_signal(signal.SIGINT)
        _, said = running.communicate(timeout=60)
    assert running.returncode == 130
    assert said == "gbvkg: interrupted; what was there is unchanged.\n"
    assert output.read_text() == "the old report"
    assert list(tmp_path.iterdir()) == [output]


STOPPED_AT = """
import os, signal, sys
class Stop:
    def find_spec(self, name, path=None, target=None):
        if name == "MODULE":
            sys.meta_path.remove(self)
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Stop())
from gbvkg.__main__ import run
sys.exit(run())
"""


@pytest.mark.parametrize(
    "module", ["gbvkg.cli", "argparse", "gbvkg.config", "gbvkg.cli.commands", "gbvkg.graph"]
)
def test_ctrl_c_while_loading(module: str) -> None:
    """Ctrl-C is one line from the first module on."""
    command = [
        sys.executable,
        "-c",
        STOPPED_AT.replace("MODULE", module),
        "validate",
        "--no-cache",
        "--lang",
        "en",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=REPOSITORY)
    assert (done.returncode, done.stdout) == (130, "")
    assert re.fullmatch(r"gbvkg: .*interrupted.*\n", done.stderr)


def shell(line: str) -> subprocess.CompletedProcess[str]:
    command = ["sh", "-c", line.replace("gbvkg", f"{sys.executable} -m gbvkg --lang en")]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=REPOSITORY, timeout=60)


@pytest.mark.parametrize("words", ["explain", "query --list", "--help", "--version", "publish --help"])
def test_data_that_cannot_be_handed_over_is_an_error(words: str) -> None:
    """A full disk or a closed standard output: one line and exit 2, no fault of ours."""
    full, closed = shell(f"gbvkg {words} >/dev/full"), shell(f"gbvkg {words} >&-")
    said = "gbvkg: Standard output cannot be written: No space left on device.\n"
    assert (full.returncode, full.stderr) == (2, said)
    assert (closed.returncode, closed.stderr) == (2, "gbvkg: Standard output is closed.\n")


@pytest.mark.parametrize(
    "where", ["2>/dev/full", "2>&-", "2>/dev/full >/dev/full", ">&- 2>&-", "<&- >&- 2>&-"]
)
@pytest.mark.parametrize("words", ["explain zzzzzz", "nothing"])
def test_talk_that_nobody_hears_changes_no_exit_code(words: str, where: str) -> None:
    """Who closed standard error still gets the exit code."""
    done = shell(f"gbvkg {words} {where}")
    assert (done.returncode, done.stdout, done.stderr) == (2, "", "")


def test_a_closed_stream_is_not_taken_over_by_a_file() -> None:
    """With standard output and error closed, no file that is opened gets their numbers."""
    code = (
        "import os; from gbvkg.__main__ import _fill_standard_streams as fill; fill();"
        "assert os.open(os.devnull, 0) > 2; assert os.path.samestat(os.fstat(1), os.stat(os.devnull))"
    )
    line = f"{sys.executable} -c '{code}' <&- >&- 2>&-"
    assert subprocess.run(["sh", "-c", line], check=False, cwd=REPOSITORY).returncode == 0


def test_what_is_echoed_steers_no_terminal() -> None:
    """Arguments and file names are shown with escapes, by us and by argparse."""
    bad = "a\x1b[31mb\u202ec\x07"
    for words in (["query", bad], ["verify", bad], ["validate", bad], ["--project", bad, "releases"], [bad]):
        done = process("--lang", "en", *words)
        assert done.returncode in (1, 2)
        assert "a" in done.stderr
        assert all(line.isprintable() for line in done.stderr.split("\n")), words


def test_a_file_is_no_folder_for_releases(sound: Path, tmp_path: Path) -> None:
    """Wrong usage, said before any work."""
    (tmp_path / "file").write_text("mine")
    for command in ("publish", "releases"):
        done = process("--project", str(sound), "--lang", "en", command, "--out", str(tmp_path / "file"))
        assert done.returncode == 2
        assert (
            done.stderr == f"gbvkg: {tmp_path}/file is no folder that can hold releases: Not a directory.\n"
        )
    assert (tmp_path / "file").read_text() == "mine"


def test_a_hostile_release_is_damaged_and_no_fault(sound: Path, tmp_path: Path) -> None:
    """Whatever its manifest is; a name longer than any path too."""
    (tmp_path / "r/manifest.json").mkdir(parents=True)
    for name, code in ((str(tmp_path / "r"), 1), ("a" * 5000, 1)):
        done = process("--project", str(sound), "--lang", "en", "verify", name)
        assert done.returncode == code
        assert done.stderr.count("\n") == 1
        assert "should not have happened" not in done.stderr


# ── streams ──


def test_bar_only_on_a_terminal() -> None:
    """The bar has stage, count and step, waits for long work, fits the line and leaves no trace."""
    terminal = Terminal()
    bar = Bar("Reading", terminal, shown=True, steps={"read": "reading sources"})
    bar(1, 10, "first")
    assert terminal.getvalue() == "", "short work shows no bar"
    bar.started -= 10
    bar(5, 10, "data/plans/x.yaml\x1b[2J")
    assert "Reading [##########..........] 5/10 data/plans/x.yaml[2J" in terminal.getvalue()
    assert len(bar.line(5, 10, "x" * 500)) < 500
    assert bar.line(1, 4, "read").endswith("1/4 reading sources")
    bar.wipe()
    assert terminal.getvalue().endswith("\r\x1b[K")
    silent = Bar("Reading", terminal, shown=False)
    silent.started -= 10
    before = terminal.getvalue()
    silent(5, 10, "file")
    silent.wipe()
    assert terminal.getvalue() == before


def test_a_ticking_bar_shows_the_time_that_went_by(monkeypatch: pytest.MonkeyPatch) -> None:
    """While a step says nothing for long the bar goes on; at the end it is wiped, and a pipe never has it."""
    monkeypatch.setattr(streams, "BEAT", 0.01)
    terminal = Terminal()
    bar = Bar("Checking", terminal, shown=True, steps={"shapes": "applying rules"})
    bar.started -= 65
    bar.state = (2, 4, "shapes")
    with bar.ticking():
        time.sleep(0.2)
    assert "Checking [##########..........] 2/4 1:05 applying rules" in terminal.getvalue()
    assert terminal.getvalue().endswith("\r\x1b[K")
    length = len(terminal.getvalue())
    time.sleep(0.05)
    assert len(terminal.getvalue()) == length, "nothing draws after the end"
    silent = Bar("Checking", terminal, shown=False, state=(2, 4, "shapes"))
    with silent.ticking():
        time.sleep(0.05)
    assert len(terminal.getvalue()) == length


def test_a_ticking_bar_ends_with_what_went_wrong() -> None:
    """An interruption comes through, and no thread goes on."""
    with pytest.raises(KeyboardInterrupt), Bar("Checking", Terminal(), shown=True).ticking():
        raise KeyboardInterrupt
    assert not [thread for thread in threading.enumerate() if "_tick" in thread.name]


@pytest.mark.parametrize(
    ("lang", "said"), [("nl", "pyshacl toetst nu alle regels"), ("en", "pyshacl now applies all rules")]
)
def test_the_slow_engine_says_so(
    lang: str, said: str, sound: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before it starts, and not when asked to be quiet; the fast engine says nothing."""

    def stopped(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(gate, "judge", stopped)
    words = ["--project", str(sound), "--lang", lang, "validate"]
    interrupted = "onderbroken" if lang == "nl" else "interrupted"
    for more, heard in ((["--engine", "pyshacl"], True), (["--engine", "pyshacl", "-q"], False), ([], False)):
        assert main([*words, *more]) == 130
        err = capsys.readouterr().err
        assert (said in err) == heard
        assert interrupted in err


def test_ctrl_c_while_pyshacl_works(slow: Path) -> None:
    """The slow engine stops too, in one line."""
    command = [sys.executable, "-m", "gbvkg", "--project", str(slow), "--lang", "en", "validate", "-q"]
    with subprocess.Popen(
        [*command, "--no-cache", "--engine", "pyshacl"], stderr=subprocess.PIPE, text=True, cwd=REPOSITORY
    ) as running:
        time.sleep(8)
        running.send_signal(signal.SIGINT)
        _, said = running.communicate(timeout=60)
    assert (running.returncode, said) == (130, "gbvkg: interrupted; what was there is unchanged.\n")


def test_output_file_is_whole_or_not_there(tmp_path: Path) -> None:
    """An existing file keeps its mode and is replaced at once; where that cannot be, it stays as it is."""
    path = tmp_path / "out.txt"
    write_file(path, "één")
    assert path.read_bytes() == "één".encode()
    path.chmod(0o640)
    write_file(path, "twee")
    assert path.stat().st_mode & 0o777 == 0o640
    with pytest.raises(UsageError, match="cannot be written"):
        write_file(tmp_path / "nowhere" / "out.txt", "x")
    with pytest.raises(UsageError, match="cannot be written"):
        write_file(tmp_path, "x")
    assert [p.name for p in tmp_path.iterdir()] == ["out.txt"]


def test_output_through_a_link_and_to_a_device(tmp_path: Path) -> None:
    """A link's target is replaced and the link stays; a device is written to and not replaced."""
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_text("old")
    link.symlink_to(target)
    write_file(link, "new")
    assert (link.is_symlink(), target.read_text()) == (True, "new")
    write_file(Path(os.devnull), "x")
    assert Path(os.devnull).is_char_device()
