"""Measure validation against plain pySHACL in the same run, over generated plans.

    python -m benchmarks.validation --actions 115 1150 11500           what make bench measures
    python -m benchmarks.validation --reference 115                    pySHACL at 115 actions only

Every figure is that of a whole process (start, read, judge, report), so ratios hold on any machine. The
bars: at most 1/15 of pySHACL's time at 115 actions and 1/150 at 1,150; under 0.8 s CPU at 115; linear growth;
after one changed fiche less is judged than the first time, with the same findings. pySHACL is stopped when it
has taken longer than the bar asks for. It refuses to compare runs whose findings differ.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path

ROOT = Path(__file__).parent.parent
BARS = {115: 15.0, 1150: 150.0}
"""Actions → how many times faster than pySHACL a whole run has to be."""
CPU_BAR = 0.8
"""Seconds of CPU that a run over 115 actions may take that does what pySHACL's does: read, judge, tell. The
command line does more (rules, check queries, a report in words); its figure is printed beside it.
"""
GROWTH_BAR = 1.5
"""How much dearer an action may be at the largest size than at the one before."""

RUN = """
import json, sys
from pathlib import Path
from gbvkg import graph
from gbvkg.project import Project
from gbvkg.validation import validate
from gbvkg.validation.memory import Memory
folder, engine, cache = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
project = Project.open(folder)
loaded = graph.load(project, cache=Path(cache) if cache else None)
previous = Memory(Path(cache), loaded) if cache else None
report = validate(loaded.dataset, reading=loaded.findings, engine=engine, previous=previous)
print(json.dumps([[f.focus, f.path, f.value, f.rule, f.severity] for f in report.findings]))
"""
PLAIN = """
import json, logging, sys, warnings
from pathlib import Path
import pyshacl
from rdflib import Graph
from gbvkg import graph
from gbvkg.project import Project
warnings.simplefilter("ignore"); logging.disable()
project = Project.open(Path(sys.argv[1]))
data, shapes = graph.load(project).dataset.rdflib(), Graph()
for file in sorted(project.folder("shapes").glob("*.ttl")):
    shapes.parse(file)
_, report, _ = pyshacl.validate(data, shacl_graph=shapes)
print(report.serialize(format="nt"))
"""


@dataclass
class Measured:
    """One process: wall and CPU seconds, and what it printed."""

    what: str
    actions: int
    wall: float
    cpu: float
    told: str = ""
    is_cut: bool = False


def process(what: str, actions: int, code: str, *args: str, limit: float | None = None) -> Measured:
    """Run ``code`` in a process of its own, for at most ``limit`` seconds."""
    before, start = os.times(), time.perf_counter()
    command = [sys.executable, "-c", code, *args]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=limit)
    except subprocess.TimeoutExpired:
        spent = time.perf_counter() - start
        return Measured(what, actions, spent, spent, is_cut=True)
    if done.returncode and done.stderr.startswith("Traceback"):  # without one, 1 is a verdict
        raise RuntimeError(f"{what} at {actions} actions: {done.stderr}")
    wall, after = time.perf_counter() - start, os.times()
    cpu = after.children_user - before.children_user + after.children_system - before.children_system
    return Measured(what, actions, wall, cpu, done.stdout)


def command_line(actions: int, folder: Path) -> Measured:
    """``gbvkg validate`` as a user runs it, without cache."""
    code = (
        "import sys; sys.argv[1:] = ['validate', '--no-cache', '--project', sys.argv[1]]; "
        "from gbvkg.__main__ import run; run()"
    )
    return process("gbvkg validate", actions, code, str(folder))


def generated(actions: int, folder: Path) -> Path:
    """A plan with some defects."""
    command = [
        sys.executable,
        "benchmarks/generate.py",
        "--actions",
        str(actions),
        "--defects",
        "1",
        "--seed",
        "7",
    ]
    subprocess.run([*command, "--out", str(folder)], cwd=ROOT, check=True, capture_output=True)
    return folder


def change_one(folder: Path) -> None:
    """Change one fiche: another number, so that a rule across fiches has work as well."""
    fiche = sorted((folder / "data").rglob("fiches/*.yaml"))[0]
    lines = fiche.read_text("utf-8").splitlines(keepends=True)
    changed = ["number: 1\n" if line.startswith("number:") else line for line in lines]
    fiche.write_text("".join(changed if changed != lines else [*lines, "# changed\n"]), "utf-8")


def measure(actions: int, folder: Path, with_reference: bool) -> Iterator[Measured]:
    """All processes for one size. Raises ValueError when two runs that must agree do not."""
    plan, cache = generated(actions, folder / f"plan-{actions}"), folder / f"cache-{actions}"
    yield command_line(actions, plan)
    full = process("default", actions, RUN, str(plan), "default", "")
    yield full
    if with_reference:
        enough = 1.05 * BARS.get(actions, 15.0) * full.wall
        yield process("pyshacl", actions, PLAIN, str(plan), limit=enough)
    first = process("default, filling the cache", actions, RUN, str(plan), "default", str(cache))
    agree(first, full)
    yield first
    change_one(plan)
    again = process("default, one fiche changed", actions, RUN, str(plan), "default", str(cache))
    agree(again, process("default", actions, RUN, str(plan), "default", ""))
    yield again


def agree(one: Measured, other: Measured) -> None:
    if one.told != other.told:
        raise ValueError(f"the findings of {one.what} and {other.what} differ at {one.actions} actions")


def verdicts(rows: Sequence[Measured]) -> Iterator[tuple[str, bool]]:
    """Each bar, and whether it holds."""
    by = {(row.what, row.actions): row for row in rows}
    sizes = sorted({row.actions for row in rows})
    for actions in sizes:
        reference, ours = by.get(("pyshacl", actions)), by[("default", actions)]
        if reference:
            ratio = reference.wall / ours.wall
            bar = BARS.get(actions, 1.0)
            least = "at least " if reference.is_cut else ""
            text = f"{actions:,} actions: pySHACL takes {least}{ratio:.0f} times as long (bar: {bar:.0f})"
            yield text, ratio >= bar
        again, first = (
            by[("default, one fiche changed", actions)],
            by[("default, filling the cache", actions)],
        )
        share = again.cpu / first.cpu
        yield f"{actions:,} actions: one changed fiche costs {share:.0%} of the CPU of everything", share < 1
    if 115 in sizes:
        cpu = by[("default", 115)].cpu
        yield f"115 actions: the whole process takes {cpu:.2f} s CPU (bar: {CPU_BAR})", cpu < CPU_BAR
    for small, large in pairwise(sizes):
        dearer = by[("default", large)].cpu / large / (by[("default", small)].cpu / small)
        text = f"an action costs {dearer:.2f} times as much at {large:,} as at {small:,} (bar: {GROWTH_BAR})"
        yield text, dearer <= GROWTH_BAR


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--actions", type=int, nargs="+", default=[115, 1150])
    parser.add_argument(
        "--reference", type=int, nargs="*", default=[115, 1150], help="sizes at which pySHACL runs, too"
    )
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    asked = parser.parse_args(arguments)
    rows: list[Measured] = []
    with tempfile.TemporaryDirectory() as folder:
        for actions in asked.actions:
            for row in measure(actions, Path(folder), actions in asked.reference):
                rows.append(row)
                print(
                    f"{row.actions:>8,}  {row.what:<28} {row.wall:8.2f} s wall {row.cpu:8.2f} s CPU",
                    flush=True,
                )
    held = list(verdicts(rows))
    for text, holds in held:
        print(f"{'holds' if holds else 'FAILS'}  {text}")
    if asked.json:
        asked.json.write_text(
            json.dumps([{**asdict(row), "told": None} for row in rows], indent=1) + "\n", "utf-8"
        )
    return 0 if all(holds for _, holds in held) else 1


if __name__ == "__main__":
    sys.exit(main())
