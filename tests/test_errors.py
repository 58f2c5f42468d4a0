"""The error tree: its picture is right, and a script can rely on slug and exit status."""

from __future__ import annotations

import re

from gbvkg import errors
from gbvkg.errors import GbvkgError


def subclasses(cls: type[GbvkgError]) -> list[type[GbvkgError]]:
    return [cls, *(deeper for below in cls.__subclasses__() for deeper in subclasses(below))]


def test_the_tree_in_the_docstring_is_the_tree() -> None:
    """Every class is drawn, one step to the right of its base, with the exit status where that is said."""
    drawn = re.findall(r"^ {4}([│├└─ ]*)(\w+)(?: +exit (\d))?", errors.__doc__ or "", re.MULTILINE)
    bases: dict[int, str] = {}
    for indent, name, status in drawn:
        depth = len(indent) // 4
        cls = getattr(errors, name)
        bases[depth] = name
        assert cls.__base__.__name__ == bases.get(depth - 1, "Exception")
        assert not status or cls.exit_code == int(status)
    assert {name for _, name, _ in drawn} == {cls.__name__ for cls in subclasses(GbvkgError)}


def test_every_error_has_its_own_slug() -> None:
    """The name of an error for machines; none is inherited."""
    slugs = [vars(cls)["slug"] for cls in subclasses(GbvkgError)]
    assert len(set(slugs)) == len(slugs)


def test_the_text_is_in_the_language_asked_for() -> None:
    """Dutch for "nl", English otherwise and for ``str``."""
    error = errors.UsageError("fout", "wrong")
    assert (error.text("nl"), error.text("en"), error.text("fr"), str(error)) == (
        "fout",
        "wrong",
        "wrong",
        "wrong",
    )
