"""Names of a package that are imported when they are asked for (PEP 562), so that a command waits only for
what it uses.

This module refuses to import anything itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from sys import modules


def lazily(package: str, homes: Mapping[str, str]) -> Callable[[str], object]:
    """The ``__getattr__`` of a package: ``homes`` says in which of its modules a name is, as ``module`` or,
    where it is called otherwise there, as ``module.name``. What was asked for once is kept.

    The function raises AttributeError for any other name, as Python wants it.
    """

    def attribute(name: str) -> object:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        module, _, named = homes[name].partition(".")
        found: object = getattr(import_module(f"{package}.{module}"), named or name)
        setattr(modules[package], name, found)
        return found

    return attribute
