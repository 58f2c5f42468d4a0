"""Write a project folder with fictional plans: to try gbvkg, to test it and to measure it.

    python benchmarks/generate.py --actions 115 --out examples/fictional-plan
    python benchmarks/generate.py --actions 11500 --defects 1 --seed 7 --out /tmp/plan

What is drawn from is data (``fictional.yaml``, and the objectives as the real plan words them); this is the
dice. The same options give the same bytes, on any machine. It refuses to write into a folder that it did not
make, to use the base IRI of the real data, and to name a real person: every label it writes is marked
"(fictief)" / "(fictional)".
"""

from __future__ import annotations

import argparse
import copy
import json
import random
import shutil
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).parent
REAL_PLAN = HERE.parent / "data" / "plans" / "vap-ggg-2025" / "plan.yaml"
SOURCE = "source/fictief"
RULES = "https://w3id.org/gbvkg/ns/shapes#"

Thing = dict[str, Any]


@cache
def drawn_from() -> Thing:
    """The content of ``fictional.yaml``."""
    loaded: Thing = yaml.safe_load((HERE / "fictional.yaml").read_text("utf-8"))
    return loaded


@cache
def real_plan() -> Thing:
    """The real plan file, of which only the objectives are used."""
    loaded: Thing = yaml.safe_load(REAL_PLAN.read_text("utf-8"))
    return loaded


def marked(texts: dict[str, str], **names: Thing) -> dict[str, str]:
    """``texts`` with ``{name}`` filled in per language and the mark that nothing of this exists."""
    mark = drawn_from()["mark"]
    return {
        lang: text.format(**{name: words[lang] for name, words in names.items()}) + mark[lang]
        for lang, text in texts.items()
    }


# ── the invented government ──


@dataclass(frozen=True)
class Mandate:
    """A person who holds a portfolio from ``start`` up to, not including, ``end``."""

    key: str
    person: str
    portfolio: tuple[str, ...]
    start: date
    end: date | None

    @property
    def ref(self) -> str:
        return f"mandate/{self.key}"

    def overlaps(self, start: date, end: date | None) -> bool:
        return (end is None or self.start < end) and (self.end is None or self.end > start)


@cache
def mandates() -> tuple[Mandate, ...]:
    """All mandates, with "recomposition" replaced by its date."""
    facts = drawn_from()

    def day(value: str | None) -> date | None:
        return facts["recomposition"] if value == "recomposition" else None

    return tuple(
        Mandate(
            row["key"],
            minister["key"],
            tuple(row["portfolio"]),
            day(row.get("start")) or facts["mandateStart"],
            day(row.get("end")),
        )
        for minister in facts["ministers"]
        for row in minister["mandates"]
    )


def holders(policy_field: str, start: date) -> list[Mandate]:
    """Who holds ``policy_field`` from ``start`` on, in order of time."""
    return [m for m in mandates() if policy_field in m.portfolio and m.overlaps(start, None)]


def field_ref(notation: str) -> str:
    return f"policy-field/{notation}"


# ── one action ──


@dataclass
class Draw:
    """One action in the making: its dice, its plan and what the parts must agree on.

    ``after_a_sound_one``: the action before it in the plan has no defect.
    """

    plan: str
    number: int
    dice: random.Random
    objective: str = ""
    form: str = ""
    group: str = ""
    policy_field: str = ""
    start: date = date.min
    end: date = date.min
    status: str = ""
    after_a_sound_one: bool = False
    leads: list[Mandate] = field(default_factory=list)

    def pick(self, rows: dict[str, Thing]) -> str:
        """A key of ``rows``, as often as its weight says."""
        return self.dice.choices(list(rows), [row["weight"] for row in rows.values()])[0]

    def day(self, first: date, last: date) -> date:
        return first + timedelta(days=self.dice.randint(0, max((last - first).days, 0)))

    def chance(self, percent: int) -> bool:
        return self.dice.random() * 100 < percent


def is_gap(objective: str, form: str, group: str) -> bool:
    """Whether ``fictional.yaml`` leaves this combination empty on purpose."""
    cell = {"objective": objective, "form": form, "group": group}
    return any(all(cell[key] == value for key, value in gap.items()) for gap in drawn_from()["gaps"])


def draw_action(seed: int, plan: str, number: int) -> Draw:
    """Draw what the action is about and when; its dice depend on nothing but seed, plan and number."""
    facts = drawn_from()
    draw = Draw(plan, number, random.Random(f"{seed}/{plan}/{number}"))
    while not draw.objective or is_gap(draw.objective, draw.form, draw.group):
        draw.objective = draw.pick(facts["objectives"])
        draw.form, draw.group = draw.pick(facts["forms"]), draw.pick(facts["groups"])
    draw.policy_field = draw.dice.choice(facts["objectives"][draw.objective]["fields"])
    draw.start = draw.day(facts["plan"]["firstStart"], facts["issued"] + timedelta(days=90))
    draw.end = min(draw.start + timedelta(days=draw.dice.randint(240, 1100)), facts["plan"]["endDate"])
    draw.leads = holders(draw.policy_field, draw.start)
    draw.status = draw_status(draw)
    return draw


def draw_status(draw: Draw) -> str:
    """Reported status on the reference date, or "" when nobody reported; some actions are late."""
    today = drawn_from()["issued"]
    if draw.start >= today:
        outcomes = {"planned": 30, "": 70}
    elif draw.end < today:
        outcomes = {"completed": 70, "in-progress": 18, "": 12}
    else:
        outcomes = {"in-progress": 55, "not-started": 10, "stopped": 3, "": 32}
    return draw.dice.choices(list(outcomes), list(outcomes.values()))[0]


def responsibilities(kind: str, stem: str, policy_field: str, start: date) -> list[Thing]:
    """One dated responsibility per holder of the field: the last one is open."""
    return [
        {
            "type": kind,
            "key": f"{stem}-{order}",
            "competence": field_ref(policy_field),
            "mandatary": mandate.ref,
            "startDate": max(start, mandate.start),
            **({"endDate": mandate.end} if mandate.end else {}),
        }
        for order, mandate in enumerate(holders(policy_field, start), 1)
    ]


def involved(draw: Draw, *others_leading: Mandate) -> list[Thing]:
    """Responsibilities of one other field whose holders never lead this action."""
    leading = {mandate.person for mandate in (*draw.leads, *others_leading)}
    others = [
        name
        for name in drawn_from()["fields"]
        if leading.isdisjoint(mandate.person for mandate in holders(name, draw.start))
    ]
    return responsibilities("InvolvedResponsibility", "involved", draw.dice.choice(others), draw.start)


def quantitative(draw: Draw) -> Thing:
    """An indicator with a number to reach, and what was measured so far."""
    row = draw.dice.choice(drawn_from()["indicators"])
    first = draw.dice.randint(*row["first"])
    change = first * draw.dice.randint(*row["change"]) // 100 + 1
    aim = first + change if row["direction"] == "increase" else first - change
    indicator: Thing = {
        "type": "QuantitativeIndicator",
        "key": "ind-1",
        "label": marked(row["label"]),
        "definition": marked(drawn_from()["texts"]["definition"]),
        "direction": row["direction"],
        "unit": row["unit"],
    }
    if draw.chance(10):
        indicator["noBaselineReason"] = marked(drawn_from()["noBaselineReason"])
    else:
        indicator["baseline"] = {"type": "Baseline", "key": "baseline", "value": first, "asOf": draw.start}
    due = draw.day(draw.start + timedelta(days=120), draw.end)
    indicator["target"] = {"type": "Target", "key": "target", "value": aim, "targetDate": due}
    if draw.status in ("in-progress", "completed"):
        reached = aim if draw.status == "completed" else (first + aim) // 2
        indicator["observations"] = [observation(draw, row["unit"], reached)]
    return indicator


def observation(draw: Draw, unit: str, value: int) -> Thing:
    """A measurement over the action's first months, before the reference date."""
    end = min(draw.start + timedelta(days=180), drawn_from()["issued"])
    return {
        "type": "IndicatorObservation",
        "key": "obs-1",
        "value": value,
        "unit": unit,
        "startDate": draw.start,
        "endDate": end,
    }


def qualitative(draw: Draw) -> Thing:
    """An indicator whose values are words."""
    words = drawn_from()["qualitative"]
    return {
        "type": "QualitativeIndicator",
        "key": "ind-2",
        "label": marked(words["label"]),
        "definition": marked(drawn_from()["texts"]["definition"]),
        "direction": "qualitative",
        "noBaselineReason": marked(words["baseline"]),
        "target": {
            "type": "Target",
            "key": "target",
            "statedValue": words["target"],
            "targetDate": draw.end,
        },
    }


def progress(draw: Draw) -> list[Thing]:
    """One statement with its evidence, or none."""
    if not draw.status:
        return []
    facts = drawn_from()
    last = facts["issued"] - timedelta(days=1)
    as_of = draw.day(min(draw.end if draw.status == "completed" else draw.start, last), last)
    return [
        {
            "type": "ProgressStatement",
            "key": "stand-1",
            "status": draw.status,
            "asOf": as_of,
            "statedBy": next(
                m.ref for m in mandates() if draw.policy_field in m.portfolio and covers(m, as_of)
            ),
            "evidence": {
                "type": "EvidenceQuote",
                "key": "citaat",
                "exact": facts["texts"]["evidence"],
                "quotedFrom": SOURCE,
                "evidenceKind": "fiche-report",
            },
        }
    ]


def covers(mandate: Mandate, day: date) -> bool:
    return mandate.overlaps(day, day + timedelta(days=1))


def fiche(draw: Draw) -> Thing:
    """The whole fiche, keys as ontology/context.jsonld has them."""
    facts = drawn_from()
    row = facts["objectives"][draw.objective]
    words = {"form": facts["forms"][draw.form], "group": facts["groups"][draw.group]}
    thing: Thing = {
        "type": "Action",
        "number": draw.number,
        "actionOf": f"plan/{draw.plan}",
        "source": SOURCE,
        "label": marked(in_place(draw.dice.choice(row["titles"]), draw.number), **words),
        "description": marked(facts["texts"]["description"]),
        "primaryObjective": objective_ref(draw.plan, draw.objective),
        "addressesForm": [draw.form],
        "targetsGroup": [draw.group],
        "targetsRole": [row["role"]],
        "inPhase": [row["phase"]],
        "policyField": [field_ref(draw.policy_field)],
        "startDate": draw.start,
        "endDate": draw.end,
        "lead": responsibilities("LeadResponsibility", "lead", draw.policy_field, draw.start),
        "involved": involved(draw),
        "hasBudgetaryImpact": draw.chance(30),
        "steps": [step()],
        "fiche": {
            "type": "ActionFiche",
            "key": "fiche",
            "label": marked(
                {lang: f"{text} {draw.number}" for lang, text in facts["texts"]["fiche"].items()}
            ),
            "issued": facts["plan"]["ficheDeadline"] - timedelta(days=draw.dice.randint(1, 60)),
        },
        "indicators": [quantitative(draw), *([qualitative(draw)] if draw.chance(25) else [])],
        "progress": progress(draw),
    }
    return {key: value for key, value in thing.items() if value != []}


def step() -> Thing:
    return {
        "type": "ApproachStep",
        "key": "stap-1",
        "order": 1,
        "label": marked(drawn_from()["texts"]["step"]),
    }


def in_place(title: dict[str, str], number: int) -> dict[str, str]:
    """The title with the invented place of action ``number``; the first 1,440 places differ."""
    place, rest = "", number
    for parts in drawn_from()["places"]:
        rest, part = divmod(rest, len(parts))
        place += parts[part]
    return {"nl": f"{title['nl']} in {place}", "en": f"{title['en']} in {place}"}


def objective_ref(plan: str, notation: str) -> str:
    return f"objective/{plan}/{notation.replace(' ', '-')}"


# ── what surrounds the actions ──


def plan_file(plan: str, count: int) -> Thing:
    """The plan with its objectives in the real wording, its coordination, network and evaluations."""
    facts, texts = drawn_from(), drawn_from()["texts"]
    coordinator = holders("justitie", facts["plan"]["startDate"])[0]
    return {
        "type": "ActionPlan",
        "notation": plan,
        "source": SOURCE,
        "label": marked(facts["plan"]["label"]),
        "startDate": facts["plan"]["startDate"],
        "endDate": facts["plan"]["endDate"],
        "declaredActionCount": count,
        "isCompleteList": True,
        "ficheDeadline": facts["plan"]["ficheDeadline"],
        "delimitsForm": list(facts["forms"]),
        "namesGroup": list(facts["groups"]),
        "namesPhenomenon": facts["phenomena"],
        "coordination": {
            "type": "CoordinationResponsibility",
            "key": "coordination",
            "competence": field_ref("justitie"),
            "mandatary": coordinator.ref,
            "startDate": facts["plan"]["startDate"],
        },
        "learningNetwork": {
            "type": "LearningNetwork",
            "key": "network",
            "label": marked(texts["network"]),
            "hostedBy": "organisation/agentschap",
        },
        "evaluations": [
            evaluation("MidTermEvaluation", "mid-term", texts["midTerm"], "midden 2027", "mid-2027", 2027),
            evaluation("FinalEvaluation", "final", texts["final"], "in 2029", "in 2029", 2029),
        ],
        "objectives": objectives(plan),
    }


def evaluation(kind: str, key: str, label: dict[str, str], nl: str, en: str, year: int) -> Thing:
    period = {"type": "PlannedPeriod", "key": "period", "verbatim": {"nl": nl, "en": en}, "inYear": str(year)}
    return {"type": kind, "key": key, "label": marked(label), "plannedFor": period}


def objectives(plan: str) -> list[Thing]:
    """The real objectives under this plan: same notation, words and parents, every label marked."""
    real = real_plan()["notation"]
    return [
        {
            key: value.replace(f"/{real}/", f"/{plan}/") if key == "subObjectiveOf" else value
            for key, value in {**row, "label": marked(row["label"])}.items()
        }
        for row in real_plan()["objectives"]
    ]


def dataset_file() -> Thing:
    facts = drawn_from()
    return {
        "type": "Dataset",
        "id": "dataset/gbvkg-fictief",
        "uriSpace": facts["base"] + "id/",
        "version": facts["version"],
        "issued": facts["issued"],
        "license": facts["license"],
        "publisher": "organisation/agentschap",
        "creator": "organisation/agentschap",
        "label": marked(facts["plan"]["label"]),
        "title": marked(facts["plan"]["label"]),
        "description": marked(facts["texts"]["description"]),
        "source": SOURCE,
    }


def people() -> Iterator[Thing]:
    facts = drawn_from()
    for minister in facts["ministers"]:
        name = f"{minister['givenName']} {minister['familyName']}"
        yield {
            "type": "Person",
            "key": minister["key"],
            "source": SOURCE,
            "label": marked({"nl": name, "en": name}),
            "givenName": minister["givenName"],
            "familyName": minister["familyName"],
            "name": name + facts["mark"]["nl"],
        }


def offices() -> Iterator[Thing]:
    facts = drawn_from()
    names = {minister["key"]: minister for minister in facts["ministers"]}
    for mandate in mandates():
        who = names[mandate.person]
        label = {
            lang: f"{who['givenName']} {who['familyName']}: "
            + ", ".join(facts["fields"][f][lang] for f in mandate.portfolio)
            for lang in ("nl", "en")
        }
        yield {
            "type": "Mandatary",
            "key": mandate.key,
            "source": SOURCE,
            "label": marked(label),
            "heldBy": f"person/{mandate.person}",
            "mandateStart": mandate.start,
            **({"mandateEnd": mandate.end} if mandate.end else {}),
            "portfolio": [field_ref(name) for name in mandate.portfolio],
        }


def organisations() -> Iterator[Thing]:
    for row in drawn_from()["organisations"]:
        yield {
            "type": "Organization",
            "id": f"organisation/{row['key']}",
            "source": SOURCE,
            "label": marked(row["label"]),
        }


def sources() -> Iterator[Thing]:
    facts = drawn_from()
    yield {
        "type": "SourceDocument",
        "key": "fictief",
        "label": marked(facts["texts"]["source"]),
        "title": marked(facts["texts"]["source"]),
        "issued": facts["plan"]["startDate"],
    }


def policy_fields() -> str:
    """The fields as a SKOS scheme in Turtle, because the fiches' context has no words for a scheme."""
    facts = drawn_from()
    space = facts["base"] + "id/"
    scheme = f"<{space}conceptscheme/policy-fields>"
    refs = [f"<{space}{field_ref(name)}>" for name in facts["fields"]]
    lines = [
        "@prefix dct: <http://purl.org/dc/terms/> .",
        "@prefix skos: <http://www.w3.org/2004/02/skos/core#> .",
        "",
        f"{scheme} a skos:ConceptScheme ;",
        *label_lines("skos:prefLabel", marked(facts["texts"]["fieldScheme"])),
        *label_lines("skos:definition", marked(facts["texts"]["fieldDefinition"])),
        f"  dct:source <{space}{SOURCE}> ;",
        f"  skos:hasTopConcept {', '.join(refs)} .",
    ]
    for (name, label), ref in zip(facts["fields"].items(), refs, strict=True):
        lines += [
            "",
            f"{ref} a skos:Concept ;",
            f"  skos:notation {json.dumps(name)} ;",
            *label_lines("skos:prefLabel", marked(label)),
            *label_lines("skos:definition", marked(facts["texts"]["fieldDefinition"])),
            f"  dct:source <{space}{SOURCE}> ;",
            f"  skos:inScheme {scheme} ;",
            f"  skos:topConceptOf {scheme} .",
        ]
    return "\n".join(lines) + "\n"


def label_lines(predicate: str, texts: dict[str, str]) -> list[str]:
    return [f"  {predicate} {json.dumps(text, ensure_ascii=False)}@{lang} ;" for lang, text in texts.items()]


# ── defects ──


Planter = Callable[[Thing, Draw], bool]
# Each planter breaks one thing in a fiche and says whether that fiche had what it takes to be broken so.


def without(key: str) -> Planter:
    return lambda thing, draw: thing.pop(key, None) is not None


def replaced(key: str, value: Any) -> Planter:
    def plant(thing: Thing, draw: Draw) -> bool:
        thing[key] = value
        return True

    return plant


def part_without(part: str, *keys: str) -> Planter:
    """Take keys out of the first thing of a list."""

    def plant(thing: Thing, draw: Draw) -> bool:
        return part in thing and [thing[part][0].pop(key, None) for key in keys] != [None] * len(keys)

    return plant


def one_language(thing: Thing, draw: Draw) -> bool:
    del thing["label"]["en"]
    return True


def two_open_leads(thing: Thing, draw: Draw) -> bool:
    """A second open lead, in office and competent, so that nothing else is wrong."""
    last = thing["lead"][-1]
    other = "justitie" if draw.policy_field != "justitie" else "onderwijs"
    holder = holders(other, draw.start)[0]
    thing["policyField"].append(field_ref(other))
    thing["lead"].append({**last, "key": "lead-9", "competence": field_ref(other), "mandatary": holder.ref})
    thing["involved"] = involved(draw, holder)
    return True


def lead_not_in_office(thing: Thing, draw: Draw) -> bool:
    """The one who had the field before is named after the change, or the other way round."""
    early, late = holders("jeugd", date.min)
    wrong = early if draw.start >= late.start else late
    thing["policyField"] = [field_ref("jeugd")]
    thing["lead"] = [lead_by(wrong, "jeugd", draw)]
    thing["involved"] = involved(draw, wrong)
    return True


def lead_not_competent(thing: Thing, draw: Draw) -> bool:
    key = "bram-1" if draw.policy_field == "justitie" else "ada-1"
    wrong = next(mandate for mandate in mandates() if mandate.key == key)
    thing["lead"] = [lead_by(wrong, draw.policy_field, draw)]
    thing["involved"] = involved(draw, wrong)
    return True


def lead_by(mandate: Mandate, policy_field: str, draw: Draw) -> Thing:
    """An open lead from the action's start, whether or not the mandate allows it."""
    return {
        "type": "LeadResponsibility",
        "key": "lead-1",
        "competence": field_ref(policy_field),
        "mandatary": mandate.ref,
        "startDate": draw.start,
    }


def lead_also_involved(thing: Thing, draw: Draw) -> bool:
    thing["involved"] = [{**thing["lead"][-1], "type": "InvolvedResponsibility", "key": "involved-9"}]
    return True


def no_group(thing: Thing, draw: Draw) -> bool:
    """Nobody is aimed at: a role in violence would do as well as a group."""
    del thing["targetsGroup"], thing["targetsRole"]
    return True


def unknown_mandate(thing: Thing, draw: Draw) -> bool:
    thing["lead"][-1]["mandatary"] = "mandate/niemand"
    return True


def duplicate_number(thing: Thing, draw: Draw) -> bool:
    """The number of the action before it, which must not have a defect that this one would hide."""
    thing["number"] -= 1
    return draw.after_a_sound_one


def number_too_high(thing: Thing, draw: Draw) -> bool:
    thing["number"] += 900_000
    return True


def unknown_key(thing: Thing, draw: Draw) -> bool:
    thing["adressesForm"] = thing.pop("addressesForm")
    return True


def period_reversed(thing: Thing, draw: Draw) -> bool:
    thing["startDate"], thing["endDate"] = thing["endDate"], thing["startDate"]
    return True


def target_after_plan(thing: Thing, draw: Draw) -> bool:
    thing["indicators"][0]["target"]["targetDate"] = AFTER_PLAN
    return True


def progress_in_future(thing: Thing, draw: Draw) -> bool:
    for statement in thing.get("progress", []):
        statement["asOf"] = drawn_from()["issued"] + timedelta(days=30)
    return "progress" in thing


def observation_in_future(thing: Thing, draw: Draw) -> bool:
    for seen in thing["indicators"][0].get("observations", []):
        seen["startDate"] = drawn_from()["issued"] + timedelta(days=10)
        seen["endDate"] = drawn_from()["issued"] + timedelta(days=30)
    return "observations" in thing["indicators"][0]


AFTER_PLAN = date(2035, 1, 1)
PLANTERS: dict[str, Planter] = {
    "no-lead": without("lead"),
    "two-open-leads": two_open_leads,
    "lead-not-in-office": lead_not_in_office,
    "lead-not-competent": lead_not_competent,
    "lead-also-involved": lead_also_involved,
    "no-objective": without("primaryObjective"),
    "no-form": without("addressesForm"),
    "unknown-form": replaced("addressesForm", ["XYZ"]),
    "no-group": no_group,
    "no-fiche": without("fiche"),
    "no-indicator": without("indicators"),
    "no-direction": part_without("indicators", "direction"),
    "no-unit": part_without("indicators", "unit"),
    "no-baseline": part_without("indicators", "baseline", "noBaselineReason"),
    "no-target": part_without("indicators", "target"),
    "target-after-plan": target_after_plan,
    "end-after-plan": replaced("endDate", AFTER_PLAN),
    "period-reversed": period_reversed,
    "no-evidence": part_without("progress", "evidence"),
    "no-status": part_without("progress", "status"),
    "no-as-of": part_without("progress", "asOf"),
    "progress-in-future": progress_in_future,
    "observation-in-future": observation_in_future,
    "one-language": one_language,
    "number-too-high": number_too_high,
    "duplicate-number": duplicate_number,
    "unknown-mandate": unknown_mandate,
    "unknown-key": unknown_key,
    "wrong-type": replaced("startDate", "volgend jaar"),
}


def afflicted(plan: str, count: int, percent: float, seed: int) -> list[int]:
    """The numbers of the actions that get a defect: ``percent`` of them, drawn with the seed."""
    dice = random.Random(f"{seed}/{plan}/defects")
    return dice.sample(range(1, count + 1), round(count * percent / 100))


def planted(draw: Draw, order: int) -> tuple[Thing, str]:
    """The fiche with one defect, and its kind: each kind in its turn, the next one when it does not fit."""
    facts = drawn_from()
    draw.status = "in-progress"  # with a report and an observation there is more to break
    if draw.start > facts["recomposition"]:
        draw.start, draw.leads = facts["recomposition"], holders(draw.policy_field, facts["recomposition"])
    kinds = list(PLANTERS)
    first = order % len(kinds)
    for kind in kinds[first:] + kinds[:first]:
        thing = fiche(copy.deepcopy(draw))
        if PLANTERS[kind](thing, draw):
            return thing, kind
    raise AssertionError("no-lead fits every fiche")


# ── writing ──


def as_yaml(value: Any, indent: int = 0) -> str:
    """Block YAML of mappings, lists and scalars; text is quoted as in JSON, which YAML contains."""
    pad = "  " * indent
    if isinstance(value, dict):
        return "".join(f"{pad}{key}:{after(item, indent)}" for key, item in value.items())
    return "".join(f"{pad}-{as_yaml(item, indent + 1)[len(pad) + 1 :]}" for item in value)


def after(value: Any, indent: int) -> str:
    """What follows "key:": a scalar or a flow list on the same line, anything else below it."""
    if isinstance(value, dict) or (isinstance(value, list) and isinstance(value[0], dict)):
        return "\n" + as_yaml(value, indent + 1)
    if isinstance(value, list):
        return f" [{', '.join(map(scalar, value))}]\n"
    return f" {scalar(value)}\n"


def scalar(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, date | int):
        return str(value)
    if value.replace("-", "").replace("/", "").isalnum() and value.isascii() and not value[0].isdigit():
        return str(value)
    return json.dumps(value, ensure_ascii=False)


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8", newline="\n")


def things(items: Iterable[Thing]) -> str:
    return as_yaml(list(items))


def plan_names(count: int, size: int) -> list[tuple[str, int]]:
    """Plans of at most ``size`` actions that together have ``count``: no plan has 115,000."""
    stem = drawn_from()["plan"]["notation"]
    sizes = [min(size, count - first) for first in range(0, count, size)]
    if len(sizes) == 1:
        return [(stem, count)]
    return [(f"{stem}-{order}", n) for order, n in enumerate(sizes, 1)]


def generate(out: Path, actions: int, defects: float = 0, seed: int = 1, plan_size: int = 1150) -> None:
    """Write the project into ``out``; ``defects`` percent of the actions get one, listed in defects.json.

    Raises FileExistsError when ``out`` holds anything that is not a fictional project.
    """
    clear(out)
    data = out / "data"
    write(data / "dataset.yaml", as_yaml(dataset_file()))
    write(data / "government" / "persons.yaml", things(people()))
    write(data / "government" / "mandates.yaml", things(offices()))
    write(data / "government" / "organisations.yaml", things(organisations()))
    write(data / "government" / "policy-fields.ttl", policy_fields())
    write(data / "sources" / "sources.yaml", things(sources()))
    listed = [
        row
        for plan, count in plan_names(actions, plan_size)
        for row in write_plan(out, plan, count, defects, seed)
    ]
    if defects:
        write(out / "defects.json", json.dumps(listed, indent=1, ensure_ascii=False) + "\n")


def clear(out: Path) -> None:
    """Empty the data folder of an earlier run; anything else is left alone and refused."""
    settings = out / "data" / "dataset.yaml"
    found = settings.read_text("utf-8") if settings.exists() else ""
    if (out / "data").exists() and drawn_from()["base"] not in found:
        raise FileExistsError(f"{out / 'data'} exists and is not a fictional project; choose another --out")
    shutil.rmtree(out / "data", ignore_errors=True)
    (out / "defects.json").unlink(missing_ok=True)


def write_plan(out: Path, plan: str, count: int, defects: float, seed: int) -> list[Thing]:
    """Write one plan and its fiches; what was planted comes back as rows of defects.json."""
    folder = out / "data" / "plans" / plan
    write(folder / "plan.yaml", as_yaml(plan_file(plan, count)))
    ill = {number: order for order, number in enumerate(afflicted(plan, count, defects, seed))}
    listed = []
    for number in range(1, count + 1):
        draw = draw_action(seed, plan, number)
        draw.after_a_sound_one = number > 1 and number - 1 not in ill
        thing, kind = planted(draw, ill[number]) if number in ill else (fiche(draw), "")
        stem = number if kind == "duplicate-number" else thing["number"]
        path = folder / "fiches" / f"{stem}.yaml"
        write(path, as_yaml(thing))
        if kind:
            listed.append(defect_row(path.relative_to(out), plan, thing["number"], kind))
    return listed


def defect_row(path: Path, plan: str, number: int, kind: str) -> Thing:
    """What was planted where, and the rule that must find it in that file."""
    rule = drawn_from()["defects"][kind]
    action = f"{drawn_from()['base']}id/action/{plan}/{number}"
    return {"file": path.as_posix(), "action": action, "defect": kind, "rule": RULES + rule}


def main(argv: list[str] | None = None) -> int:
    raw = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=raw)
    option = parser.add_argument
    option("--actions", type=int, default=115, help="how many, from 1 to 115,000 and more (default 115)")
    option("--defects", type=float, default=0, help="percentage of actions that get a defect (default 0)")
    option("--seed", type=int, default=1, help="another seed, another plan (default 1)")
    option("--plan-size", type=int, default=1150, help="most actions in one plan (default 1150)")
    option("--out", type=Path, default=HERE / "out", help="project folder to write")
    given = parser.parse_args(argv)
    if given.actions < 1 or not 0 <= given.defects <= 100 or given.plan_size < 1:
        parser.error("--actions and --plan-size are at least 1, --defects is from 0 to 100")
    try:
        generate(given.out, given.actions, given.defects, given.seed, given.plan_size)
    except FileExistsError as error:
        parser.error(str(error))
    print(f"{given.actions} fictional actions in {given.out}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
