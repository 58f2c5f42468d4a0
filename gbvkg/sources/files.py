"""Opening a source file safely: inside the project, of bounded size, UTF-8 text.

This module refuses to follow a link out of the project, to open a pipe or a device, and to guess an encoding.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from gbvkg.project import LARGEST, is_regular_inside, read_regular
from gbvkg.sources.rules import Refused, Rule, breach
from gbvkg.sources.statement import Place

_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Limits:
    """What a source file may be at most: sizes in bytes, YAML nodes, statements, depth in nested brackets or
    mappings."""

    fiche_bytes: int = LARGEST
    table_bytes: int = 50_000_000
    nodes: int = 250_000
    statements: int = 500_000
    depth: int = 50


LIMITS = Limits()


def check_inside(path: Path, root: Path, shown: str) -> None:
    """Raises Refused when ``path`` is not a regular file below ``root`` after following its links."""
    try:
        inside = is_regular_inside(path, root)
    except OSError as error:
        raise _unreadable(shown, error) from None
    if not path.name.isprintable():
        raise Refused(
            breach(
                Rule.FILE_NAME,
                Place(shown),
                f'"{shown}" heeft een onzichtbaar of onleesbaar teken in zijn naam. Hernoem het bestand.',
                f'"{shown}" has an invisible or unreadable character in its name. Rename the file.',
            )
        )
    if not inside:
        raise Refused(
            breach(
                Rule.OUTSIDE_PROJECT,
                Place(shown),
                f"{shown} is geen gewoon bestand binnen de projectmap. Zet het bestand zelf in de map.",
                f"{shown} is not a regular file inside the project folder. Put the file itself in the "
                "folder.",
            )
        )


def data_files(root: Path) -> list[Path]:
    """Every entry below the folder ``root`` that is no folder of its own, sorted; hidden ones are left alone.

    One rule for what is read and what a release accounts for. Links, pipes and folders that cannot be opened
    are among them, for the reader to refuse: nothing vanishes in silence.
    """
    found: list[Path] = []
    folders = [root]
    while folders:
        folder = folders.pop()
        try:
            entries = [entry for entry in folder.iterdir() if not entry.name.startswith(".")]
        except OSError:
            found.append(folder)
            continue
        for entry in entries:
            (folders if entry.is_dir() and not entry.is_symlink() else found).append(entry)
    return sorted(found)


def read_bytes(path: Path, shown: str, limit: int) -> bytes:
    """The content of ``path``, at most ``limit`` bytes; never reads more than ``limit + 1``.

    Never waits for the other end of a pipe, also when the file became one after ``check_inside``.
    """
    try:
        content = read_regular(path, limit + 1)
    except OSError as error:
        raise _unreadable(shown, error) from None
    if len(content) > limit:
        raise Refused(
            breach(
                Rule.TOO_LARGE,
                Place(shown),
                f"{shown} is groter dan {limit:,} bytes. Splits het bestand.".replace(",", "."),
                f"{shown} is larger than {limit:,} bytes. Split the file.",
            )
        )
    return content


def too_many(place: Place, most: int) -> Refused:
    """The refusal of a file that says more than ``most`` things, at the first that is too many."""
    return Refused(
        breach(
            Rule.TOO_LARGE,
            place,
            f"Meer dan {most:,} waarden in één bestand. Splits het bestand.".replace(",", "."),
            f"More than {most:,} values in one file. Split the file.",
        )
    )


def decode(content: bytes, shown: str) -> str:
    """``content`` as UTF-8 without its mark. Raises Refused for other encodings and for NUL characters."""
    body = content.removeprefix(_BOM)
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _not_text(body, error.start, shown) from None
    if "\0" in text:
        raise _not_text(body, body.index(b"\0"), shown)
    return text


def _not_text(body: bytes, offset: int, shown: str) -> Refused:
    before = body[:offset]
    place = Place(
        shown, before.count(b"\n") + 1, len(before.rpartition(b"\n")[2].decode("utf-8", "replace")) + 1
    )
    return Refused(
        breach(
            Rule.NOT_TEXT,
            place,
            f"{shown} is geen UTF-8-tekst (byte {offset}: 0x{body[offset]:02X}). Bewaar het bestand als "
            "UTF-8.",
            f"{shown} is not UTF-8 text (byte {offset}: 0x{body[offset]:02X}). Save the file as UTF-8.",
        )
    )


def _unreadable(shown: str, error: Exception) -> Refused:
    reason = getattr(error, "strerror", None) or str(error)
    return Refused(
        breach(
            Rule.UNREADABLE,
            Place(shown),
            f"{shown} kan niet geopend worden ({reason}). Geef leesrechten of verwijder het bestand.",
            f"{shown} cannot be opened ({reason}). Grant read permission or remove the file.",
        )
    )
