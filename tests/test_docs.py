"""The documentation is true: links resolve, commands parse, queries and rules exist, examples are right."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import pytest
import yaml

from gbvkg import graph, queries, release, validation, vocabulary
from gbvkg.cli import parser
from gbvkg.findings import Severity
from gbvkg.project import Project

REPOSITORY = Path(__file__).parent.parent
PAGES = sorted(
    page
    for pattern in ("*.md", "docs/**/*.md", "data/*.md", "examples/*/*.md")
    for page in REPOSITORY.glob(pattern)
)
PATH = re.compile(
    r"`((?:ontology|shapes|queries|tests|gbvkg|scripts|docs|examples|benchmarks|data)/[\w./-]+)`"
)
COMMAND = re.compile(r"(?:\.venv/bin/)?gbvkg ((?:--\w+ \S+ )?[a-z]+(?: [^`\n#]*)?)")


def blocks(path: Path, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", path.read_text("utf-8"), re.DOTALL)


def test_pages_were_found() -> None:
    """The pages that this file is about are there."""
    names = {str(p.relative_to(REPOSITORY)) for p in PAGES}
    assert {"README.md", "CHANGELOG.md", "CONTRIBUTING.md", "data/README.md"} <= names
    assert {f"docs/{name}.md" for name in ("model", "changing", "glossary", "release", "fiche")} <= names


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(REPOSITORY)))
def test_links_resolve(page: Path) -> None:
    """A relative link leads to a file that exists."""
    for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", page.read_text("utf-8")):
        assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(REPOSITORY)))
def test_paths_exist(page: Path) -> None:
    """A path in code type that has no placeholder leads somewhere."""
    for path in PATH.findall(page.read_text("utf-8")):
        assert (REPOSITORY / path).exists(), path


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(REPOSITORY)))
def test_commands_parse(page: Path) -> None:
    """Every gbvkg command line in a shell block is one that the parser accepts; the query it names exists."""
    known = set(queries.Catalogue(Project.open()).names())
    for block in blocks(page, "sh"):
        for line in block.splitlines():
            found = COMMAND.search(line)
            if found:
                words = shlex.split(found[1])
                parsed = parser.parse(words, "en")
                if parsed.command == "query" and parsed.name:
                    assert parsed.name in known, parsed.name


def test_pages_with_a_bare_command_say_how_it_is_found() -> None:
    """After `make publish` a shell knows no gbvkg: every page that calls it so says what to do."""
    bare = [page for page in PAGES if any(re.search("^gbvkg ", b, re.MULTILINE) for b in blocks(page, "sh"))]
    assert len(bare) > 3
    for page in [*bare, REPOSITORY / "docs" / "fiche.md"]:
        assert "`. .venv/bin/activate`" in page.read_text("utf-8"), page


def test_rules_named_in_docs_exist() -> None:
    """`gbvkg explain X` in the documentation names a rule that there is."""
    text = "\n".join(p.read_text("utf-8") for p in PAGES)
    named = set(re.findall(r"gbvkg explain ([A-Z]\w+)", text)) - {"RULE"}
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
    ours = [f for f in report.findings if "/115" in f.focus]
    assert not [f for f in ours if f.severity is not Severity.INFO], ours


def test_glossary_terms_exist() -> None:
    """Every term of the glossary is in the ontology, or is a class of the code."""
    text = (REPOSITORY / "docs" / "glossary.md").read_text("utf-8")
    ontology = (REPOSITORY / "ontology" / "gbv.ttl").read_text("utf-8")
    terms = set(re.findall(r"`gbv:(\w+)`", text))
    assert len(terms) > 20
    for term in terms:
        assert re.search(rf"^gbv:{term}\b", ontology, re.MULTILINE), term


def test_the_picture_of_the_model_is_of_the_ontology() -> None:
    """Every box and every arrow is a term of the ontology or of the context."""
    picture = re.findall(
        r"```mermaid\n(.*?)```", (REPOSITORY / "docs" / "model.md").read_text("utf-8"), re.DOTALL
    )[0]
    boxes = {name for name in re.findall(r"\[([^\]]+)\]", picture) if " " not in name}
    arrows = set(re.findall(r'-- "?([\w:]+)"? -->', picture))
    assert len(boxes) > 10
    assert len(arrows) > 10
    rows = vocabulary.context().values()
    curies = {
        str(row.get("@id") or row.get("@reverse")) if isinstance(row, dict) else str(row) for row in rows
    }
    known = {name for curie in curies for name in (curie, curie.rpartition(":")[2])}
    ontology = (REPOSITORY / "ontology" / "gbv.ttl").read_text("utf-8")
    known |= set(re.findall(r"^gbv:(\w+) a ", ontology, re.MULTILINE))
    assert boxes | arrows <= known


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release of the real data."""
    return release.publish(Project.open(), tmp_path_factory.mktemp("releases"))


def test_the_parts_of_a_release_are_the_ones_documented(published: Path) -> None:
    """docs/release.md lists what a first release has, and the difference that a later one has too."""
    table = re.findall(
        r"^\| (`[^|]+) \|", (REPOSITORY / "docs" / "release.md").read_text("utf-8"), re.MULTILINE
    )
    listed = {
        re.sub(r"^\.", "dataset.", name) for cell in table for name in re.findall(r"`([\w.-]+)/?`", cell)
    }
    found = {path.name for path in published.iterdir() if path.suffix not in (".gz", ".zst")}
    assert listed == found | {"diff"}


def test_the_graphs_of_a_release_are_the_ones_documented(published: Path) -> None:
    """docs/model.md names each graph, of the many plans and code lists one."""
    text = (
        (REPOSITORY / "docs" / "model.md")
        .read_text("utf-8")
        .partition("- Named graphs")[2]
        .partition("\n\n")[0]
    )
    listed = {name.partition("/")[0] for name in re.findall(r"`([a-z][\w/-]+)`", text)} - {"id"}
    graphs = release.read_manifest(published).graphs
    assert listed == {graph.partition("/id/graph/")[2].partition("/")[0] for graph in graphs}
