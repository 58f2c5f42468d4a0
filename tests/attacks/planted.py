"""A release whose data are hostile: what nobody may write in a fiche, as if it had come through the gate."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import small_project
from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, Store, parse, serialize

from gbvkg import release
from gbvkg.release.manifest import QUADS, STORE, read_manifest, write_manifest, write_store_manifest

BASE = "https://small.example/id/"
PWN = "window.__pwn=1"
TEXTS = [
    f'<img src=x onerror="{PWN}">',
    f"</script><script>{PWN}</script>",
    f"<!--<script>{PWN}//",
    f'"><svg onload={PWN}>',
    f"' autofocus onfocus={PWN} x='",
    f"{{{{ ''.__class__ }}}}{{% raw %}}<script>{PWN}</script>",
    f"]]><script>{PWN}</script>",
    f"<iframe srcdoc='<script>parent.{PWN}</script>'>",
    f"<a href=javascript:{PWN}>klik</a>",
    "\u202egnp.exe\u2066<b>\u2028\u2029",
    f'=HYPERLINK("javascript:{PWN}")',
]
IRIS = [
    f"javascript:{PWN}",
    f"JaVaScRiPt:{PWN}//https://small.example/",
    f"data:text/html,%3Cscript%3Eparent.{PWN}%3C/script%3E",
    f"vbscript:{PWN}",
    "file:///etc/passwd",
    f"https://small.example/id/action/p/';{PWN};'",
    f"https://small.example/id/javascript:{PWN}",
    "https://small.example//evil.example/x",
    "https://small.example/id//evil.example/x",
    "https://evil.example/\u202egnp.exe",
    "urn:x&quot;onmouseover=1",
]
LANGUAGES = ["x-onload", "nl-x-script", "en"]
DATATYPES = [
    "http://www.w3.org/1999/02/22-rdf-syntax-ns#HTML",
    "http://www.w3.org/1999/02/22-rdf-syntax-ns#XMLLiteral",
    f"javascript:{PWN}",
    "http://www.w3.org/2001/XMLSchema#anyURI",
]
NS = "https://w3id.org/gbvkg/ns#"
RDFS = "http://www.w3.org/2000/01/rdf-schema#"
SKOS = "http://www.w3.org/2004/02/skos/core#"
TYPE = NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#type")
THINGS = [f"{BASE}action/p/1", f"{BASE}plan/p", f"{BASE}source/note", f"{BASE}action/p/';{PWN};'"]


def hostile(graph: NamedNode) -> list[Quad]:
    """Every text, IRI, language and datatype in every place that a page may show."""
    quads = [Quad(NamedNode(THINGS[3]), TYPE, NamedNode(f"{NS}Action"), graph)]
    for thing in map(NamedNode, THINGS):
        for number, text in enumerate(TEXTS):
            lang = LANGUAGES[number % len(LANGUAGES)]
            for name in (f"{RDFS}label", f"{SKOS}note", f"{SKOS}definition", f"{SKOS}prefLabel"):
                quads.append(Quad(thing, NamedNode(name), Literal(text, language=lang), graph))
            typed = Literal(text, datatype=NamedNode(DATATYPES[number % len(DATATYPES)]))
            quads.append(Quad(thing, NamedNode(f"{RDFS}comment"), typed, graph))
        for iri in IRIS:
            for name in (f"{RDFS}seeAlso", f"{NS}source", iri, "http://xmlns.com/foaf/0.1/page"):
                quads.append(Quad(thing, NamedNode(name), NamedNode(iri), graph))
            link = Literal(iri, datatype=NamedNode(DATATYPES[3]))
            quads.append(Quad(thing, NamedNode("http://www.w3.org/ns/dcat#landingPage"), link, graph))
            quads.append(Quad(NamedNode(iri), NamedNode(f"{NS}actionOf"), thing, graph))
            quads.append(Quad(NamedNode(iri), TYPE, NamedNode(f"{NS}Action"), graph))
            quads.append(Quad(NamedNode(iri), NamedNode(f"{RDFS}label"), Literal(TEXTS[0]), graph))
    for name in (f"{NS}Action", f"{NS}number", f"{NS}actionOf"):
        for text in TEXTS[:3]:
            quads.append(
                Quad(NamedNode(name), NamedNode(f"{RDFS}label"), Literal(text, language="nl"), graph)
            )
    return quads


def make(root: Path, quads: Callable[[NamedNode], list[Quad]] = hostile) -> Path:
    """A releases folder with a release that has the hostile quads, made for a graph of it; whole by its
    manifest.
    """
    made = release.publish(small_project.make(root), root / "releases")
    manifest = read_manifest(made)
    graph = next(iter(manifest.graphs))
    held = set(parse((made / QUADS).read_bytes(), RdfFormat.N_QUADS))
    new = sorted(set(quads(NamedNode(graph))) - held, key=str)
    with (made / QUADS).open("ab") as file:
        serialize(new, file, format=RdfFormat.N_QUADS)
    shutil.rmtree(made / STORE)
    store = Store(str(made / STORE))
    store.bulk_load(path=str(made / QUADS), format=RdfFormat.N_QUADS)
    store.flush()
    del store
    about = asdict(manifest)
    del about["files"]
    about["quads"] += len(new)
    about["graphs"] = manifest.graphs | {graph: manifest.graphs[graph] + len(new)}
    write_manifest(made, **about)
    write_store_manifest(made)
    return root / "releases"
