"""The names and the order of fields, as the shapes have them."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyoxigraph import Literal, NamedNode, Quad

from gbvkg.release.fields import Fields, read_fields
from gbvkg.release.labels import Labels
from gbvkg.vocabulary import expand, packaged_root

X = "https://x.org/"
HEAD = """
    @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
    @prefix sh: <http://www.w3.org/ns/shacl#> .
    @prefix x: <https://x.org/> .
"""


def fields(folder: Path, text: str) -> Fields:
    (folder / "a.ttl").write_text(HEAD + text, "utf-8")
    return read_fields(folder)


def test_the_order_is_read_from_shapes(tmp_path: Path) -> None:
    """From inline and named property shapes; a complex path is no field; no folder, no fields."""
    found = fields(
        tmp_path,
        """
        x:S sh:targetClass x:C, x:D ; sh:property x:P, [ sh:path x:q ; sh:order 1.5 ],
            [ sh:path ( x:a x:b ) ; sh:order 9 ], [ sh:path x:unordered ] .
        x:P sh:path x:p ; sh:order 2 .
    """,
    )
    assert found.order == {
        (f"{X}{cls}", f"{X}{path}"): order for cls in "CD" for path, order in (("q", 1.5), ("p", 2.0))
    }
    assert found.names == {}
    assert read_fields(tmp_path / "absent") == Fields()


SEVERAL = """
    x:All sh:targetClass x:C, x:D ; sh:property
        [ sh:path x:p ; sh:order 1 ; sh:name "Alles"@nl , "All"@en ] .
    x:One rdfs:label "Soort"@nl ; sh:targetClass x:C ; sh:property
        [ sh:path x:p ; sh:order 4 ; sh:name "Later"@nl ] ,
        [ sh:path x:p ; sh:order 3 ; sh:name "Begin: hoogstens één keer"@nl ] ,
        [ sh:path x:p ; sh:order 3 ; sh:name "Begin"@nl , "Start"@en ] ,
        [ sh:path x:q ; sh:name "Overal"@nl ] .
    x:Small rdfs:label "Wat bekend is"@nl ; sh:targetClass x:C ; sh:property [ sh:path x:r ] .
    x:Two rdfs:label "Twee"@nl ; sh:targetClass x:D, x:E ; sh:property [ sh:path x:q ; sh:name "Overal"@nl ] .
"""


@pytest.mark.parametrize(
    ("iri", "cls", "expected"),
    [
        ("p", "C", {"nl": "Begin", "en": "Start"}),
        ("p", "D", {"nl": "Alles", "en": "All"}),
        ("p", "E", {}),
        ("q", "Z", {"nl": "Overal"}),
        ("r", "C", {}),
        ("C", "", {"nl": "Soort"}),
        ("D", "", {}),
    ],
)
def test_the_nearest_shape_names_a_field(
    tmp_path: Path, iri: str, cls: str, expected: dict[str, str]
) -> None:
    """The shape for the class alone, first in order, shortest; elsewhere a name that is always the same."""
    assert fields(tmp_path, SEVERAL).called(f"{X}{iri}", f"{X}{cls}" if cls else "") == expected


def test_the_real_shapes_name_the_terms_of_others() -> None:
    """A period, a note, a name, a mandate and a data set, in Dutch and English, by their class."""
    labels = Labels((), read_fields(packaged_root() / "shapes"))
    for cls, term in (
        ("gbv:Action", "dcat:endDate"),
        ("gbv:LeadResponsibility", "dcat:endDate"),
        ("gbv:LeadResponsibility", "prov:agent"),
        ("gbv:Action", "skos:note"),
        ("person:Person", "foaf:name"),
        ("", "dcat:Dataset"),
    ):
        assert set(labels.both(expand(term), cls and expand(cls))) == {"nl", "en"}, term
    ends = {
        labels.get(expand("dcat:endDate"), "nl", expand(f"gbv:{c}")) for c in ("Action", "LeadResponsibility")
    }
    assert len(ends) == 2


def test_a_published_label_comes_before_the_name_of_a_field() -> None:
    """And where it lacks a language, the name of the field has it."""
    label = Quad(NamedNode(f"{X}p"), NamedNode(expand("rdfs:label")), Literal("uitgegeven", language="nl"))
    labels = Labels([label], Fields(names={("", f"{X}p"): {"nl": "Datum", "en": "Date"}}))
    assert labels.both(f"{X}p") == {"nl": "uitgegeven", "en": "Date"}
    assert labels.or_else(Labels(())).get(f"{X}p", "en") == "Date"
    assert Labels(()).or_else(labels).get(f"{X}p", "nl") == "uitgegeven"
