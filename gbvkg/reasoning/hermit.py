"""HermiT through owlready2, in a process of its own that can be stopped.

owlready2 keeps global state, takes time to import, cannot read Turtle and waits for Java without end; so a
child process reads N-Triples, and a deadline kills it with the JVM it started. This module refuses to
interpret the answer.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from pyoxigraph import RdfFormat, Triple, serialize

from gbvkg.errors import BackEndUnavailable

SECONDS = 180
"""How long the reasoner may take; the ontology needs about two."""

MEGABYTES = 1024
"""Heap of the JVM."""


@dataclass(frozen=True)
class Answer:
    """``unsatisfiable`` are class IRIs; ``values``, when asked for, inferred object property assertions."""

    consistent: bool
    unsatisfiable: frozenset[str] = frozenset()
    values: frozenset[tuple[str, str, str]] = frozenset()


def consult(
    triples: Iterable[Triple], *, values: bool = False, java: str = "java", seconds: float = SECONDS
) -> Answer:
    """What HermiT concludes from ``triples`` (OWL 2 mapping to RDF; owl:imports are not followed).

    Raises BackEndUnavailable when there is no Java, when the reasoner fails, and when it is not done in
    ``seconds``.
    """
    executable = shutil.which(java)
    if executable is None:
        raise BackEndUnavailable(
            f'De redeneerder vraagt Java en "{java}" is niet gevonden. Installeer Java 17 of later.',
            f'The reasoner needs Java and "{java}" was not found. Install Java 17 or later.',
        )
    with TemporaryDirectory(prefix="gbvkg-") as folder:
        path = Path(folder) / "ontology.nt"
        path.write_bytes(serialize(triples, format=RdfFormat.N_TRIPLES) or b"")
        options = {"path": str(path), "java": executable, "megabytes": MEGABYTES, "values": values}
        found = json.loads(_run(options, folder, seconds))
    return Answer(
        found["consistent"], frozenset(found["unsatisfiable"]), frozenset(map(tuple, found["values"]))
    )


def _run(options: dict[str, object], folder: str, seconds: float) -> bytes:
    child = subprocess.Popen(
        [sys.executable, "-m", "gbvkg.reasoning", json.dumps(options)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL,
        env=os.environ | {"TMPDIR": folder, "PYTHONWARNINGS": "ignore"}, start_new_session=True,
    )  # fmt: skip
    try:
        out, err = child.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        raise BackEndUnavailable(
            f"De redeneerder is na {seconds:g} seconden niet klaar en is gestopt.",
            f"The reasoner did not finish within {seconds:g} seconds and was stopped.",
        ) from None
    finally:
        _stop(child)
    if child.returncode:
        said = err.decode(errors="replace").strip().splitlines()[-1:] or [f"exit {child.returncode}"]
        raise BackEndUnavailable(f"De redeneerder faalt: {said[0]}", f"The reasoner fails: {said[0]}")
    return out


def _stop(child: subprocess.Popen[bytes]) -> None:
    """Ends the child and the JVM in its process group; frees the pipes."""
    if child.poll() is None:
        os.killpg(child.pid, signal.SIGKILL)
        child.communicate()


def reason(path: str, java: str, megabytes: int, values: bool) -> dict[str, object]:
    """In the child: the answer on an N-Triples file, as JSON values. Loads nothing but that file."""
    import owlready2
    from owlready2 import reasoning

    owlready2.JAVA_EXE = java
    reasoning.JAVA_MEMORY = megabytes
    world = owlready2.World()
    world.get_ontology(f"file://{path}").load(only_local=True)
    try:
        owlready2.sync_reasoner_hermit(world, infer_property_values=values, debug=0)
    except owlready2.OwlReadyInconsistentOntologyError:
        return {"consistent": False, "unsatisfiable": [], "values": []}
    unsatisfiable = [c.iri for c in world.inconsistent_classes() if c is not owlready2.Nothing]
    inferred = world.get_ontology(reasoning._INFERRENCES_ONTOLOGY)._get_obj_triples_spo_spo(None, None, None)
    found = [[world._unabbreviate(term) for term in triple] for triple in inferred if values]
    return {"consistent": True, "unsatisfiable": unsatisfiable, "values": found}
