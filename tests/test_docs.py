"""The documentation is true: links resolve, commands parse, queries and rules exist, examples are right."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import pytest
import yaml

from gbvkg import graph, queries, validation
from gbvkg.cli import parser
from gbvkg.project import Project
from gbvkg.validation import shapes

REPOSITORY = Path(__file__).parent.parent
PAGES = sorted(
    [*REPOSITORY.glob("*.md"), *REPOSITORY.glob("docs/**/*.md"), *REPOSITORY.glob("data/*.md"), *REPOSITORY.glob("examples/*/*.md")]
)
COMMAND = re.compile(r"(?:\.venv/bin/)?gbvkg ((?:--\w+ \S+ )?[a-z]+(?: [^`\n#]*)?)")


def blocks(path: Path, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", path.read_text("utf-8"), re.DOTALL)


def test_pages_were_found() -> None:
    """The pages that this file is about are there."""
    names = {str(p.relative_to(REPOSITORY)) for p in PAGES}
    assert {"README.md", "CHANGELOG.md", "CONTRIBUTING.md", "docs/model.md", "docs/changing.md", "docs/glossary.md"} <= names


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(REPOSITORY)))
def test_links_resolve(page: Path) -> None:
    """A relative link leads to a file that exists."""
    for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", page.read_text("utf-8")):
        assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(REPOSITORY)))
def test_paths_exist(page: Path) -> None:
    """A path in code type that has no placeholder leads somewhere."""
    for path in re.findall(r"`((?:ontology|shapes|queries|tests|gbvkg|scripts|docs|examples|benchmarks)/[\w./-]+)`", page.read_text("utf-8")):
        assert (REPOSITORY / path).exists(), path


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(REPOSITORY)))
def test_commands_parse(page: Path) -> None:
    """Every gbvkg command line in a shell block is one that the parser accepts, and names a query that exists."""
    known = set(queries.Catalogue(Project.open()).names())
    for block in blocks(page, "sh"):
        for line in block.splitlines():
            found = COMMAND.search(line)
            if found:
                words = shlex.split(found[1])
                parsed = parser.parse(words, "en")
                if parsed.command == "query" and parsed.name:
                    assert parsed.name in known, parsed.name


def test_rules_named_in_docs_exist() -> None:
    """`gbvkg explain X` in the documentation names a rule that there is."""
    text = "\n".join(p.read_text("utf-8") for p in PAGES)
    named = {name for name in re.findall(r"gbvkg explain (\w+)", text) if name not in {"RULE"} and name[0].isupper()}
    written = "\n".join(p.read_text("utf-8") for p in (REPOSITORY / "shapes").glob("*.ttl"))
    assert named
    for name in named:
        assert re.search(rf"^gbvsh:{name}\b", written, re.MULTILINE), name


def test_the_fiche_in_the_docs_is_right(tmp_path: Path) -> None:
    """The example of docs/fiche.md, progress statement included, breaks no rule in the practice plan."""
    fiche, progress = blocks(REPOSITORY / "docs" / "fiche.md", "yaml")
    shutil.copytree(REPOSITORY / "examples" / "fictional-plan", tmp_path / "plan")
    number = yaml.safe_load(fiche)["number"]
    target = tmp_path / "plan" / "data" / "plans" / "vap-fictief" / "fiches" / f"{number}.yaml"
    assert target.exists()
    target.write_text(fiche + progress, "utf-8")
    loaded = graph.load(Project.open(tmp_path / "plan"))
    report = validation.validate(loaded.dataset)
    assert not [f for f in loaded.findings if f.place and f.place.file.endswith(target.name)]
    ours = [f for f in report.findings if f"/115" in f.focus]
    assert not [f for f in ours if f.severity < 2], ours


def test_shapes_module_is_the_one_documented() -> None:
    """The rules that `explain` lists are the rules that the engine loads."""
    assert shapes.load(Project.open())


def test_glossary_terms_exist() -> None:
    """Every term of the glossary is in the ontology, or is a class of the code."""
    text = (REPOSITORY / "docs" / "glossary.md").read_text("utf-8")
    ontology = (REPOSITORY / "ontology" / "gbv.ttl").read_text("utf-8")
    terms = set(re.findall(r"`gbv:(\w+)`", text))
    assert len(terms) > 20
    for term in terms:
        assert re.search(rf"^gbv:{term}\b", ontology, re.MULTILINE), term
