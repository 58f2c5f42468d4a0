"""What one file says: the value that every reader gives back. It refuses to know how it came about."""

from __future__ import annotations

from dataclasses import dataclass, field

from gbvkg.findings import Finding
from gbvkg.sources.statement import Statement
from gbvkg.sources.yaml_reader import Thing


@dataclass
class Reading:
    """Statements, findings, and the things that the file gives an identity, each in file order.

    ``unread`` is where the IRIs begin of what the file describes and could not be read, as far as its
    description tells; ``lost`` are the IRIs of the properties of which no thing in it could be given a value.
    """

    statements: list[Statement] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    things: list[Thing] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
