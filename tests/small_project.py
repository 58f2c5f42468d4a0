"""A project with its own ontology, shapes and queries, small enough to be published in no time."""

from __future__ import annotations

import shutil
from pathlib import Path

from gbvkg.project import Project
from gbvkg.vocabulary import packaged_root

FILES = {
    "data/dataset.yaml": """
        type: Dataset
        id: dataset/small
        uriSpace: https://small.example/id/
        version: "{version}"
        issued: 2026-03-01
        label: {{nl: Klein, en: Small}}
        source: source/note
    """,
    "data/sources/note.yaml": """
        type: SourceDocument
        id: source/note
        label: {{nl: Nota, en: Note}}
        source: source/note
    """,
    "data/plans/p/plan.yaml": """
        type: ActionPlan
        notation: p
        source: source/note
        label: {{nl: Plan, en: Plan}}
    """,
    "data/plans/p/fiches/1.yaml": """
        type: Action
        number: 1
        actionOf: plan/p
        source: source/note
        label: {{nl: "{title}", en: First action}}
        note: {{nl: "=SOM(A1)"}}
        startDate: 2026-01-01
    """,
    "data/plans/p/fiches/2.yaml": """
        type: Action
        number: 2
        actionOf: plan/p
        source: source/note
        label: {{nl: Tweede actie, en: Second action}}
        continues: action/p/1
    """,
    "data/plans/p/fiches/10.yaml": """
        type: Action
        number: 10
        actionOf: plan/p
        source: source/note
        label: {{nl: Tiende actie}}
    """,
    "data/waivers.yaml": """
        type: Waiver
        id: waiver/ten
        source: source/note
        waivesRule: gbvsh:SmallEnglish
        waivesFor: action/p/10
        rationale: {{nl: Er is nog geen vertaling., en: There is no translation yet.}}
        decidedBy: Redactie
        waivedUntil: 2026-12-31
    """,
    "ontology/gbv.ttl": """
        @prefix gbv: <https://w3id.org/gbvkg/ns#> .
        @prefix dcat: <http://www.w3.org/ns/dcat#> .
        @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
        @prefix owl: <http://www.w3.org/2002/07/owl#> .
        gbv:Action a owl:Class ; rdfs:label "Actie"@nl , "Action"@en .
        gbv:ActionPlan a owl:Class ; rdfs:label "Actieplan"@nl , "Action plan"@en .
        gbv:continues a owl:ObjectProperty ; rdfs:label "zet voort"@nl , "continues"@en .
        gbv:number rdfs:label "nummer"@nl , "number"@en .
        gbv:actionOf rdfs:label "actie van"@nl , "action of"@en .
        gbv:SourceDocument a owl:Class . gbv:Waiver a owl:Class .
        gbv:waivesRule a owl:ObjectProperty . gbv:waivesFor a owl:ObjectProperty .
        gbv:rationale a owl:DatatypeProperty . gbv:decidedBy a owl:DatatypeProperty .
        gbv:waivedUntil a owl:DatatypeProperty .
        dcat:startDate rdfs:label "startdatum"@nl , "start date"@en .
        rdfs:label rdfs:label "titel"@nl , "title"@en .
    """,
    "shapes/small.ttl": """
        @prefix gbv: <https://w3id.org/gbvkg/ns#> .
        @prefix gbvsh: <https://w3id.org/gbvkg/ns/shapes#> .
        @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
        @prefix sh: <http://www.w3.org/ns/shacl#> .
        gbvsh:Small a sh:NodeShape ; sh:targetClass gbv:Action ;
            sh:property gbvsh:SmallNumber , gbvsh:SmallLabel.
        gbvsh:SmallNumber a sh:PropertyShape ; sh:path gbv:number ; sh:minCount 1 ; sh:order 1 ;
            sh:message "Geen nummer."@nl , "No number."@en .
        gbvsh:SmallLabel a sh:PropertyShape ; sh:path rdfs:label ; sh:minCount 1 ; sh:order 2 ;
            sh:message "Geen titel."@nl , "No title."@en .
        gbvsh:SmallTwo a sh:NodeShape ; sh:targetClass gbv:Action ; sh:property gbvsh:SmallEnglish .
        gbvsh:SmallEnglish a sh:PropertyShape ; sh:path rdfs:label ; sh:minCount 2 ;
            sh:message "Geen Engelse titel."@nl , "No English title."@en .
    """,
    "queries/rules/R1.rq": """
        #+ summary: {{nl: Wat voortzet is jonger., en: What continues is younger.}}
        PREFIX gbv: <https://w3id.org/gbvkg/ns#>
        PREFIX dct: <http://purl.org/dc/terms/>
        CONSTRUCT {{ ?b dct:isReplacedBy ?a }}
        WHERE {{ ?a gbv:continues ?b }}
    """,
    "queries/hygiene/no-note.rq": """
        #+ summary: {{nl: Acties zonder noot, en: Actions without a note}}
        #+ severity: info
        #+ message: {{nl: Geen noot., en: No note.}}
        #+ columns: {{focus: {{nl: actie, en: action}}}}
        #+ stability: stable
        PREFIX gbv: <https://w3id.org/gbvkg/ns#>
        PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
        SELECT ?focus
        WHERE {{ ?focus a gbv:Action . FILTER NOT EXISTS {{ ?focus skos:note ?note }} }}
        ORDER BY ?focus
    """,
    "queries/small/titles.rq": """
        #+ summary: {{nl: Titels van acties, en: Titles of actions}}
        #+ parameters:
        #+   plan: {{type: iri, summary: {{nl: plan, en: plan}}, example: "https://small.example/id/plan/p"}}
        #+   lang: {{type: string, summary: {{nl: taal, en: language}}, example: en, default: nl}}
        #+ columns: {{action: {{nl: actie, en: action}}, label: {{nl: titel, en: title}}}}
        #+ stability: stable
        PREFIX gbv: <https://w3id.org/gbvkg/ns#>
        PREFIX rdfs: <http://www.w3.org/2000/01/rdf-schema#>
        SELECT ?action ?label
        WHERE {{ ?action gbv:actionOf $plan ; rdfs:label ?label FILTER(LANG(?label) = $lang) }}
        ORDER BY ?action ?label
    """,
    "queries/small/lineage.rq": """
        #+ summary: {{nl: Afkomst van acties, en: Lineage of actions}}
        #+ stability: stable
        PREFIX dct: <http://purl.org/dc/terms/>
        CONSTRUCT {{ ?b dct:isReplacedBy ?a }} WHERE {{ ?b dct:isReplacedBy ?a }}
    """,
    "queries/small/draft.rq": """
        #+ summary: {{nl: Nog niet af, en: Not done yet}}
        #+ columns: {{action: {{nl: actie, en: action}}}}
        #+ stability: experimental
        PREFIX gbv: <https://w3id.org/gbvkg/ns#>
        SELECT ?action WHERE {{ ?action a gbv:Action }} ORDER BY ?action
    """,
}


def make(root: Path, version: str = "2026.1", title: str = "Eerste actie") -> Project:
    """The project in ``root``, written anew; version and title make two of them differ."""
    for folder in ("data", "ontology", "shapes", "queries"):
        shutil.rmtree(root / folder, ignore_errors=True)
    for name, text in FILES.items():
        lines = text.format(version=version, title=title).strip().splitlines()
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(line.removeprefix(" " * 8) for line in lines) + "\n", "utf-8")
    for name in ("context.jsonld", "identifiers.yaml"):
        shutil.copyfile(packaged_root() / "ontology" / name, root / "ontology" / name)
    return Project.open(root)
