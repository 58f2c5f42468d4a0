"""What each command does: call the library, hand over the data, say how it went, answer with an exit code.

Every command imports what it needs when it runs, so that ``gbvkg validate`` does not wait for what only
``query`` uses. This module refuses to decide anything that the library decides.
"""

from __future__ import annotations

import argparse
import os
import shlex
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gbvkg.cli.parser import ENGINES, texts
from gbvkg.cli.streams import Streams
from gbvkg.config import Settings
from gbvkg.errors import GateClosed, UsageError

if TYPE_CHECKING:
    from gbvkg.project import Project
    from gbvkg.queries import Catalogue
    from gbvkg.validation import Report

FINE, FINDINGS = 0, 1
CACHE = ".gbvkg"
"""Folder in the project that holds what the last check found out; it may be removed at any time."""


@dataclass
class Run:
    """One run of the command line: what was asked, what the environment says, and where words go."""

    asked: argparse.Namespace
    settings: Settings
    streams: Streams

    def project(self) -> Project:
        from gbvkg.project import Project

        return Project.open(self.asked.project or self.settings.project)

    def releases(self, project: Project) -> Path:
        """The folder of the releases: as asked, as the environment says, or beside the project."""
        return self.asked.out or self.settings.releases or project.releases


def validate(run: Run) -> int:
    """Show the findings; 1 when a violation without a waiver is among them."""
    from gbvkg.reports import render

    project = run.project()
    paths = [inside(project, path) for path in run.asked.paths]
    report = checked(run, project, paths)
    colour = run.streams.wants_colour(run.asked.output)
    lang, format = run.streams.lang, run.asked.format
    run.streams.data(
        render(report, format, lang, project, colour=colour, partial=bool(paths)), run.asked.output
    )
    if paths:
        run.streams.say(
            "Het hele plan is gecontroleerd; enkel de bevindingen over de gevraagde bestanden zijn getoond.",
            "The whole plan was checked; only the findings about the files that you asked for are shown.",
        )
    return FINE if report.conforms else FINDINGS


def checked(run: Run, project: Project, paths: Sequence[Path]) -> Report:
    """The verdict of the release gate, so that ``validate`` and ``publish`` cannot differ; of ``paths``
    only, if any.
    """
    from gbvkg.release import gate
    from gbvkg.validation import placed_in

    files = run.streams.progress("Bronnen lezen", "Reading sources")
    bar = run.streams.progress("Controleren", "Checking", stages(run))
    cache = project.root / CACHE if run.asked.cache and os.access(project.root, os.W_OK) else None
    engine = run.asked.engine
    if engine != ENGINES[0]:
        run.streams.say(
            f"{engine} toetst nu alle regels, en dat duurt minuten. Ctrl-C stopt zonder gevolgen.",
            f"{engine} now applies all rules, which takes minutes. Ctrl-C stops it and changes nothing.",
        )
    with bar.ticking() if engine != ENGINES[0] else nullcontext():
        judged = gate.judge(project, bar, files=files, engine=engine, cache=cache, reason=run.asked.reason)
    return placed_in(judged.report, paths, project.root) if paths else judged.report


def stages(run: Run) -> dict[str, str]:
    """The words for the steps of long work."""
    words: dict[str, str] = texts()["stages"][run.streams.lang]
    return words


def inside(project: Project, path: Path) -> Path:
    """``path`` as an absolute path. Raises UsageError when it is not there or not in the project."""
    from difflib import get_close_matches

    for start in (Path.cwd(), project.root):
        found = (start / path).resolve()
        if found.exists() and found.is_relative_to(project.root):
            return found
    if owner := _project_of(path):
        command = shlex.join(["gbvkg", "--project", str(owner), "validate", str(path)])
        raise UsageError(
            f'{path} is van een ander project dan {project.root}. Bedoelde u "{command}"?',
            f'{path} is of another project than {project.root}. Did you mean "{command}"?',
        )
    parent = (project.root / path).parent
    names = [entry.name for entry in parent.iterdir()] if parent.is_dir() else []
    near = get_close_matches(path.name, names, 1)
    nl = f' Bedoelde u "{path.parent / near[0]}"?' if near else ""
    en = f' Did you mean "{path.parent / near[0]}"?' if near else ""
    raise UsageError(
        f"{path} is geen bestand of map van {project.root}.{nl}",
        f"{path} is no file or folder of {project.root}.{en}",
    )


def _project_of(path: Path) -> Path | None:
    """The project folder around a file or folder that is there, None when there is none."""
    found = path.resolve()
    around = (found, *found.parents) if found.exists() else ()
    return next((folder for folder in around if (folder / "data" / "dataset.yaml").is_file()), None)


def explain(run: Run) -> int:
    """Show one rule, or a list."""
    from gbvkg.cli.explain import answer
    from gbvkg.reports import Rulebook

    asked = " ".join(run.asked.rule)
    run.streams.data(answer(Rulebook.read(run.project()), asked, run.streams.lang, run.asked.format))
    return FINE


def publish(run: Run) -> int:
    """Make a release; a closed gate shows what closed it."""
    from gbvkg import release
    from gbvkg.errors import AlreadyPublished
    from gbvkg.reports import render

    project = run.project()
    out = run.releases(project)
    try:
        made = release.publish(
            project, out, progress=run.streams.progress("Publiceren", "Publishing", stages(run))
        )
    except GateClosed as closed:
        if closed.report is not None:
            report: Report = closed.report  # type: ignore[assignment]
            run.streams.talk(render(report, "text", run.streams.lang, project))
        raise
    except AlreadyPublished as already:
        if not run.asked.if_new:
            raise
        run.streams.say(already.nl, already.en)
        return FINE
    run.streams.data(f"{made}\n")
    tell_findings(run, made)
    run.streams.say(
        f"Release {made.name} is nu de huidige van {out}.",
        f"Release {made.name} is now the current one of {out}.",
    )
    return FINE


def tell_findings(run: Run, made: Path) -> None:
    """What the check of the new release found, in numbers, and which of its files tells it all."""
    from gbvkg import release

    found, lang = release.read_manifest(made).findings, run.streams.lang
    words: dict[str, list[str]] = texts()["findings"][lang]
    counts = ", ".join(
        f"{found[name]} {one if found[name] == 1 else more}" for name, (one, more) in words.items()
    )
    report = made / "validation" / f"findings.{lang}.html"
    run.streams.say(f"Bevindingen: {counts}. Verslag: {report}", f"Findings: {counts}. Report: {report}")


def folder_of(run: Run, name: str) -> Path:
    """The folder of a release: a path that holds a manifest, whatever it is, else a version or "current" in
    the releases folder.
    """
    from gbvkg.release import folder

    path = Path(name)
    if os.path.lexists(path / "manifest.json"):
        return path.resolve()
    return folder.find(run.releases(run.project()), name)


def verify(run: Run) -> int:
    """Say that a release is whole; ReleaseCorrupt says what is not."""
    from gbvkg import release

    path = folder_of(run, run.asked.release)
    release.verify(path)
    run.streams.data(
        f"{path}: heel, alle controlesommen kloppen.\n"
        if run.streams.lang == "nl"
        else f"{path}: whole, all checksums are right.\n"
    )
    return FINE


def diff(run: Run) -> int:
    """Show what changed."""
    from gbvkg import release

    difference = release.diff(folder_of(run, run.asked.old), folder_of(run, run.asked.new))
    run.streams.data(difference.serialize(run.asked.format, run.streams.lang), run.asked.output)
    return FINE


def releases(run: Run) -> int:
    """List the versions; an asterisk marks the current one."""
    from gbvkg.release import folder

    out = run.releases(run.project())
    current = folder.current(out)
    names = folder.versions(out)
    run.streams.data(
        "".join(f"{'*' if current and current.name == name else ' '} {name}\n" for name in names)
    )
    if not names:
        run.streams.say(
            f"Er is nog geen release in {out}; maak er een met: gbvkg publish.",
            f"There is no release in {out} yet; make one with: gbvkg publish.",
        )
    return FINE


def query(run: Run) -> int:
    """Ask, or list what can be asked. An answer without rows is an answer: exit 0, and what the parameters
    name and the release does not know is said.
    """
    from gbvkg.cli import questions
    from gbvkg.queries import Catalogue

    catalogue = Catalogue(run.project())
    if run.asked.list:
        run.streams.data(listed(run, catalogue), run.asked.output)
        return FINE
    if run.asked.name is None:
        raise UsageError(
            "Noem een vraag, of toon ze allemaal met: gbvkg query --list.",
            "Name a question, or list them all with: gbvkg query --list.",
        )
    asked = catalogue.get(run.asked.name)
    values = questions.parameters(run.asked.param)
    asked.bind(values)  # a wrong parameter or format is said before a release is opened
    asked.check_format(run.asked.format)

    from gbvkg import release

    store = release.open_store(folder_of(run, run.asked.from_release))
    answer = asked.run(store, values)
    width = run.streams.width(run.asked.output)
    run.streams.data(answer.serialize(run.asked.format, run.streams.lang, width), run.asked.output)
    for absent in asked.absent(store, values):
        run.streams.say(absent.nl, absent.en)
    return FINE


def listed(run: Run, catalogue: Catalogue) -> str:
    """All questions, or the one that was named. Raises UsageError for a format: a list is plain text."""
    from gbvkg.cli import questions

    if run.asked.format != "table":
        raise UsageError(
            "--list toont tekst; --format is voor een antwoord.",
            "--list shows text; --format is for an answer.",
        )
    name, lang = run.asked.name, run.streams.lang
    return questions.description(catalogue.get(name), lang) if name else questions.listing(catalogue, lang)


def serve(run: Run) -> int:
    """Serve until told to stop."""
    from gbvkg.config import ServeSettings
    from gbvkg.web.server import run as serve_releases

    asked = run.asked
    hosts = tuple(asked.hosts.replace(",", " ").split()) if asked.hosts else None
    settings = ServeSettings.from_environment(
        host=asked.host, port=asked.port, prefix=asked.prefix, public=asked.public, hosts=hosts
    )

    def announce(address: str, version: str) -> None:
        run.streams.say(
            f"Release {version} staat op {address}. Stop met Ctrl-C.",
            f"Release {version} is at {address}. Stop with Ctrl-C.",
        )

    serve_releases(run.releases(run.project()), settings, announce)
    return FINE


COMMANDS: dict[str, Callable[[Run], int]] = {
    "validate": validate,
    "explain": explain,
    "publish": publish,
    "verify": verify,
    "diff": diff,
    "releases": releases,
    "query": query,
    "serve": serve,
}
