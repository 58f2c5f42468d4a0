"""The one context is the one prefix table, agrees with the ontology, and is spelled the same everywhere."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyld import jsonld
from pyoxigraph import parse

from gbvkg.vocabulary import context, expand, prefixes

ROOT = Path(__file__).parent.parent
TABLE = prefixes()
OURS = "https://w3id.org/gbvkg/ns"

TEXT = {
    ".csv", ".html", ".json", ".jsonld", ".md", ".nt", ".py", ".rq", ".sh", ".toml", ".trig", ".tsv", ".ttl",
    ".txt", ".yaml", ".yml",
}  # fmt: skip
NOT_OURS = {".git", ".venv", ".gbvkg", ".hypothesis", "build", "dist", "node_modules", "releases"}

TWINS_ON_PURPOSE = {
    "queries/hygiene/namespace-drift.rq": "lists the wrong spellings that it looks for",
    "tests/cases/hygiene/namespace-drift/": "the cases of that query",
    "tests/cases/sources/ReadingPrefixSpelling/": "the case of the rule against wrong spellings",
}
"""Files, or folders ending in "/", that must spell a namespace wrongly, and why."""

Fault = tuple[str, str]
"""What is written, and what it should be."""


def _files() -> list[Path]:
    found = [path for path in ROOT.rglob("*") if path.suffix in TEXT and path.is_file()]
    return sorted(
        p for p in found if not NOT_OURS & set(p.relative_to(ROOT).parts) and "_cache" not in str(p)
    )


def _text(path: Path) -> str:
    """Hostile cases of the readers are not all UTF-8."""
    return path.read_text("utf-8", "replace")


def _on_purpose(path: Path) -> bool:
    shown = path.relative_to(ROOT).as_posix()
    return any(shown == name or (name.endswith("/") and shown.startswith(name)) for name in TWINS_ON_PURPOSE)


_DECLARATION = re.compile(r"(?:@prefix|\bPREFIX)\s+([\w-]*):\s*<([^<>\s]*)>", re.IGNORECASE)
_URL = re.compile(r"https?://[^\s<>\"'`)\]}|,;\\]+")


def _declaration_faults(text: str, strangers: bool) -> Iterator[Fault]:
    """Declarations that differ from the table; ``strangers``: prefixes that it does not have may occur."""
    names = {namespace: prefix for prefix, namespace in TABLE.items()}
    for prefix, namespace in _DECLARATION.findall(text):
        if TABLE.get(prefix, namespace) != namespace:
            yield f"{prefix}: <{namespace}>", TABLE[prefix]
        elif names.get(namespace, prefix) != prefix:
            yield f"{prefix}: <{namespace}>", f"{names[namespace]}:"
        elif prefix not in TABLE and not strangers:
            yield f"{prefix}: <{namespace}>", "a prefix of ontology/context.jsonld"


def _spelling_faults(text: str) -> Iterator[Fault]:
    """IRIs in a namespace of the table but for the scheme, "www." or the separator."""
    for url in dict.fromkeys(_URL.findall(text)):
        if not url.startswith(tuple(TABLE.values())):
            yield from ((url, namespace) for namespace in TABLE.values() if _is_twin(url, namespace))


def _is_twin(url: str, namespace: str) -> bool:
    (scheme, bare), (right, stem) = (_split(iri) for iri in (url, namespace[:-1]))
    rest = bare.removeprefix(stem)
    if not bare.startswith(stem) or rest[:1] not in ("", "#", "/"):
        return False
    other_separator = rest not in ("", "#", "/") and rest[0] != namespace[-1]
    return scheme != right or (other_separator and not namespace.startswith(OURS))


def _split(iri: str) -> tuple[str, str]:
    scheme, _, bare = iri.partition("://")
    return scheme, bare.removeprefix("www.")


def test_every_file_declares_prefixes_as_the_table_does() -> None:
    """In every file of the project a prefix stands for the namespace of the table, and the reverse.

    Only tests may use prefixes that the table does not have.
    """
    found = [
        (path.relative_to(ROOT).as_posix(), *fault)
        for path in _files()
        if not _on_purpose(path)
        for fault in _declaration_faults(_text(path), "tests" in path.parts)
    ]
    assert found == []


def test_every_file_spells_every_namespace_the_same() -> None:
    """No http/https twin, no "www." twin and no "#" for "/" of a namespace of the table, in any file."""
    found = [
        (path.relative_to(ROOT).as_posix(), *fault)
        for path in _files()
        if not _on_purpose(path)
        for fault in _spelling_faults(_text(path))
    ]
    assert found == []


def test_the_scan_sees_the_whole_project() -> None:
    """The scan reads each kind of file that the project has, and every exception still exists."""
    seen = {path.suffix for path in _files()}
    assert {".ttl", ".rq", ".yaml", ".jsonld", ".json", ".py", ".md", ".csv", ".txt"} <= seen
    assert [name for name in TWINS_ON_PURPOSE if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("prefix", sorted(TABLE))
def test_twins_are_noticed(prefix: str) -> None:
    """Each namespace with the other scheme is found, in a declaration and in an IRI."""
    right = TABLE[prefix]
    wrong = (
        right.replace("https:", "http:") if right.startswith("https") else right.replace("http:", "https:")
    )
    assert list(_spelling_faults(f"see <{wrong}thing> for more"))
    assert list(_declaration_faults(f"@prefix {prefix}: <{wrong}> .", strangers=True))


def test_other_slips_are_noticed() -> None:
    """A separator, a second name for a namespace, and a prefix of one's own are found."""
    core = TABLE["skos"].replace("#", "/")
    assert list(_spelling_faults(f"<{core}Concept>"))
    assert list(_declaration_faults(f"PREFIX dcterms: <{TABLE['dct']}>", strangers=True))
    assert list(_declaration_faults("PREFIX own: <https://example.org/own#>", strangers=False))


def test_what_is_right_is_not_a_fault() -> None:
    """The namespaces themselves, the ontology and a page of the same host are fine."""
    text = " ".join(f"<{namespace}> <{namespace}x>" for namespace in TABLE.values())
    assert list(_spelling_faults(f"{text} <{OURS}> <{OURS}/1.0.0> <https://www.w3.org/TR/shacl/>")) == []


# Terms

TERMS = {
    term: {"@id": value} if isinstance(value, str) else value
    for term, value in context().items()
    if term not in TABLE and not term.startswith("@") and value is not None
}
PROPERTY_TYPES = {"owl:ObjectProperty": True, "owl:DatatypeProperty": False, "owl:AnnotationProperty": None}


def _iri(definition: dict[str, object]) -> str:
    return str(definition.get("@id") or definition.get("@reverse"))


def test_every_term_is_in_a_namespace_of_the_table() -> None:
    """A term is a keyword or ``prefix:local`` with a prefix of the table."""
    faults = [
        t for t, d in TERMS.items() if not _iri(d).startswith("@") and _iri(d).partition(":")[0] not in TABLE
    ]
    assert faults == []


def test_no_two_terms_mean_the_same() -> None:
    """No IRI has two terms (a reverse term is another direction), so a record has one way to say a thing."""
    said = [(_iri(d), "@reverse" in d) for d in TERMS.values()]
    assert len(set(said)) == len(said)


def _kinds() -> tuple[dict[str, bool | None], dict[str, str], dict[str, str]]:
    """Our properties: whether they are links; their ranges; and the code list of each class of concepts."""
    links: dict[str, bool | None] = {}
    ranges, lists = {}, {}
    for quad in parse(path=str(ROOT / "ontology" / "gbv.ttl")):
        subject, value = str(quad.subject)[1:-1], str(quad.object)[1:-1]
        if quad.predicate.value == expand("rdfs:range"):
            ranges[subject] = value
        if quad.predicate.value == expand("rdfs:seeAlso"):
            lists[subject] = value.rpartition("/")[2]
        for curie, is_link in PROPERTY_TYPES.items():
            if quad.predicate.value == expand("rdf:type") and value == expand(curie):
                links[subject] = is_link
    return links, ranges, lists


def test_terms_have_the_kind_of_their_property() -> None:
    """A link of the ontology is an IRI in the context, and a literal property is not."""
    links, _, _ = _kinds()
    for term, definition in TERMS.items():
        is_link = links.get(expand(_iri(definition))) if _iri(definition).startswith("gbv:") else None
        if is_link is not None:
            assert (definition.get("@type") in ("@id", "@vocab")) == is_link, term


def test_literal_terms_have_the_datatype_of_the_range() -> None:
    """Where the ontology gives a datatype, the context gives the same."""
    _, ranges, _ = _kinds()
    for term, definition in TERMS.items():
        datatype = ranges.get(expand(_iri(definition)), "") if _iri(definition).startswith("gbv:") else ""
        if datatype.startswith(expand("xsd:")):
            assert expand(str(definition.get("@type", "xsd:string"))) == datatype, term


def test_lists_are_those_of_the_range() -> None:
    """The code list of a term is the list of the class that is the range of its property."""
    _, ranges, lists = _kinds()
    scoped = {t: d["@context"]["@vocab"] for t, d in TERMS.items() if "@vocab" in d.get("@context", {})}
    assert scoped
    for term, vocabulary in scoped.items():
        iri = expand(_iri(TERMS[term]))
        if iri.startswith(OURS):
            assert vocabulary == f"https://w3id.org/gbvkg/id/concept/{lists[ranges[iri]]}/", term


def test_context_is_valid_json_ld() -> None:
    """A JSON-LD 1.1 processor reads a record through the context, without a network."""
    record = {
        "@context": context(), "id": "https://w3id.org/gbvkg/case/1", "type": "Action", "key": "not data",
        "label": {"nl": "Actie", "en": "Action"}, "number": 11, "addressesForm": ["SG", "VGV"],
        "lead": {"type": "LeadResponsibility", "startDate": "2024-09-30"},
        "progress": {"id": "https://w3id.org/gbvkg/case/2", "status": "not-started"},
    }  # fmt: skip
    (thing,) = jsonld.expand(record, {"documentLoader": _no_network})
    assert thing["@type"] == [expand("gbv:Action")]
    forms = [f"https://w3id.org/gbvkg/id/concept/violence-form/{form}" for form in ("SG", "VGV")]
    assert [value["@id"] for value in thing[expand("gbv:addressesForm")]] == forms
    (lead,) = thing[expand("gbv:leadResponsibility")]
    assert lead[expand("dcat:startDate")] == [{"@type": expand("xsd:date"), "@value": "2024-09-30"}]
    (statement,) = thing["@reverse"][expand("gbv:aboutAction")]
    assert statement[expand("gbv:status")] == [
        {"@id": "https://w3id.org/gbvkg/id/concept/action-status/not-started"}
    ]
    assert "not data" not in json.dumps(thing)


def _no_network(url: str, options: object) -> object:
    raise AssertionError(f"the context refers to {url}")


def test_every_term_that_is_used_exists() -> None:
    """A ``gbv:`` name in shapes, queries and rules is a term: a slip would silently find nothing."""
    defined = set(re.findall(r"^gbv:(\w+) a ", _ontology_text(), re.MULTILINE))
    files = [*(ROOT / "shapes").rglob("*.ttl"), *(ROOT / "queries").rglob("*.rq")]
    used = {(p.name, t) for p in files for t in re.findall(r"(?<![\w:])gbv:(\w+)", p.read_text("utf-8"))}
    assert used
    assert sorted((name, term) for name, term in used if term not in defined) == []


def _ontology_text() -> str:
    return "\n".join(path.read_text("utf-8") for path in sorted((ROOT / "ontology").glob("gbv*.ttl")))
