"""Publishing: a project → ``releases/<version>/``, whole or not at all.

Read, derive, judge, and only when the gate is open: write beside, verify, sync, rename, switch (see
``folder``). The version and the date come from ``data/dataset.yaml``, and nothing in a release depends on the
clock, the machine or the user: two builds of the same sources after the same release give the same bytes, the
embedded store excepted (and the compressed copies as long as zlib and zstd are the same). This module refuses
to overwrite a version.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from pyoxigraph import Store

from gbvkg import __version__
from gbvkg.errors import AlreadyPublished, ProjectError, ReleaseWriteFailed, VersionExists
from gbvkg.project import Project
from gbvkg.queries import Catalogue, check_stable
from gbvkg.release import folder, gate, manifest
from gbvkg.release.content import Content, content
from gbvkg.release.gate import Progress
from gbvkg.release.inputs import Input, digest, read_inputs
from gbvkg.release.sections import SECTIONS

STAGES = ("digest", *gate.STAGES, "content", *SECTIONS, "manifest", "verify", "switch")
"""The names that ``progress`` is called with, in order."""

SPACE_PER_QUAD = 2_000
SPACE_AT_LEAST = 32_000_000
"""Bytes of disk that a release needs, generously: measured on the packaged project and 11,500 actions."""


def publish(project: Project, out: Path, progress: Progress | None = None) -> Path:
    """The folder of the new release of ``project`` in ``out``, which is then the current one.

    ``progress`` is called with steps done, steps in all and the step's name. When a publish of the same
    sources was cut off between its last two steps, only the last one is done; so too when the newest release
    is made of the same sources and the link "current" leads nowhere.

    Raises, all with the old release still current and whole: BadVersion; GateClosed, with the report, before
    anything is written; AlreadyPublished when this version was made from the same sources, VersionExists when
    from others, VersionNotNewer when a newer one is current; QueryChanged when a stable query is not what it
    was in an earlier release; ReleaseBusy; ReleaseWriteFailed (disk full, no
    permission); ReleaseCorrupt when the current release is damaged, or "current" is no link; ReleaseError for
    data that a format cannot hold and for a link that leaves the project; UsageError when ``out`` is no
    folder; ProjectError for a malformed project.
    """
    version = folder.checked_version(project.version)
    steps = _Steps(progress)
    steps("digest")
    inputs = read_inputs(project)
    if unfinished := _existing(out, version, inputs):
        return _finish(unfinished)
    folder.check_newer(out, version)
    _check_queries(project, out)
    judgement = gate.judge(project, lambda done, of, name: steps(name))
    gate.pass_gate(judgement.report)
    with _failures_told(out), folder.publishing(out):
        folder.check_newer(out, version)  # somebody else may have published meanwhile
        steps("content")
        said = content(project, judgement, inputs, folder.latest(out))
        del judgement  # and the dataset with it: the larger part of the memory
        with folder.building(out, version) as path:
            _write(said, path, steps)
            release = folder.install(path, version)
        folder.switch(release)
    return release


def open_store(release: Path) -> Store:
    """The embedded store of a release, read-only: many processes can have it open. Raises ReleaseCorrupt."""
    try:
        return Store.read_only(str(release / manifest.STORE))
    except OSError as error:
        raise manifest.corrupt(release, [("store opent niet", "store does not open")]) from error


class _Steps:
    def __init__(self, progress: Progress | None) -> None:
        self._progress = progress

    def __call__(self, name: str) -> None:
        if self._progress:
            self._progress(STAGES.index(name), len(STAGES), name)


@contextmanager
def _failures_told(out: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise _write_failed(out, reason, reason) from error


def _write_failed(out: Path, nl: str, en: str) -> ReleaseWriteFailed:
    return ReleaseWriteFailed(
        f"De release kon niet geschreven worden in {out}: {nl}. De vorige release blijft de huidige.",
        f"The release could not be written in {out}: {en}. The previous release stays current.",
    )


def _check_queries(project: Project, out: Path) -> None:
    now = Catalogue(project)
    for version in folder.versions(out):
        try:
            asked = Catalogue(Project(out / version / "inputs", project.base, version))
        except ProjectError:
            continue  # of a version of gbvkg whose queries this one cannot read, so nobody asks them any more
        check_stable(asked, now)


def _existing(out: Path, version: str, inputs: Sequence[Input]) -> Path | None:
    """The release of this version if it never became current, None if there is none; raises otherwise."""
    if version not in folder.versions(out):
        return None
    release, now = out / version, folder.latest(out)
    made = manifest.read_manifest(release)
    if made.inputs != digest(inputs):
        raise VersionExists(
            f"Release {version} bestaat al, uit andere bronnen; verhoog de version in data/dataset.yaml.",
            f"Release {version} exists already, from other sources; raise version in data/dataset.yaml.",
        )
    if folder.is_adrift(out) and now == release:
        return release
    before = made.previous["version"] if made.previous else None
    if (now.name if now else None) == before:
        return release
    raise AlreadyPublished(
        f"Release {version} is al gepubliceerd, uit precies deze bronnen.",
        f"Release {version} is already published, from exactly these sources.",
    )


def _finish(release: Path) -> Path:
    with _failures_told(release.parent), folder.publishing(release.parent):
        manifest.verify(release)
        folder.switch(release)
    return release


def _write(said: Content, path: Path, steps: _Steps) -> None:
    _check_space(path.parent, len(said.quads))
    for name, write in SECTIONS.items():
        steps(name)
        write(said, path)
    steps("manifest")
    _write_manifest(said, path)
    steps("verify")
    manifest.verify(path, contents=False)
    steps("switch")


def _check_space(out: Path, quads: int) -> None:
    needed, free = SPACE_AT_LEAST + SPACE_PER_QUAD * quads, shutil.disk_usage(out).free
    if free < needed:
        have, need = free // 10**6, needed // 10**6
        raise _write_failed(out, f"{have} MB vrij, {need} MB nodig", f"{have} MB free, {need} MB needed")


def _write_manifest(said: Content, path: Path) -> None:
    report = said.report
    counts = {severity.name.lower(): count for severity, count in report.counts().items()}
    previous = said.previous and {
        "version": said.previous.name,
        "manifest_sha256": manifest.sha256(said.previous / manifest.MANIFEST),
    }
    graphs = Counter(row.graph_name for row in said.quads)
    manifest.write_manifest(
        path,
        dataset=said.dataset,
        version=said.project.version,
        issued=said.issued,
        tool=f"gbvkg {__version__}",
        inputs=digest(said.inputs),
        quads=len(said.quads),
        graphs=dict(sorted((str(graph).strip("<>"), count) for graph, count in graphs.items())),
        findings={**counts, "waived": sum(1 for finding in report.findings if finding.waiver)},
        previous=previous,
        used={name: {"version": each.version, "sha256": each.sha256} for name, each in said.used.items()},
    )
