"""The commands and their arguments, as an argparse parser that speaks Dutch or English.

Texts are data (``texts.toml``). This module refuses to do anything: it turns words into a namespace or into
a usage error, exit 2, in the reader's language.
"""

from __future__ import annotations

import argparse
import tomllib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, NoReturn

from gbvkg import __version__
from gbvkg.cli.streams import Streams, shown, write_out
from gbvkg.vocabulary import LANGUAGES

REPORT_FORMATS = ("text", "json", "sarif", "junit", "ttl", "html")
QUERY_FORMATS = ("table", "csv", "tsv", "json", "xml", "trig", "nq", "ttl", "nt", "jsonld", "rdf")
DIFF_FORMATS = ("text", "json", "csv", "ttl")
EXPLAIN_FORMATS = ("text", "ttl")
ENGINES = ("default", "pyshacl")


@cache
def texts() -> dict[str, Any]:
    """The content of ``texts.toml``."""
    return tomllib.loads(Path(__file__).with_name("texts.toml").read_text("utf-8"))


def asked_language(argv: Sequence[str], otherwise: str) -> str:
    """The language of a ``--lang`` anywhere in ``argv``; a usage error has to be in it before anything is
    parsed.
    """
    for position, word in enumerate(argv):
        value = word.removeprefix("--lang=") if word.startswith("--lang=") else ""
        if word == "--lang":
            value = next(iter(argv[position + 1 : position + 2]), "")
        if value in LANGUAGES:
            return value
    return otherwise


def parse(argv: Sequence[str], lang: str) -> argparse.Namespace:
    """The arguments. Raises SystemExit: 2 with a usage error on stderr, 0 after ``--help`` or
    ``--version``.
    """
    with argparse_in(lang):
        return build(lang).parse_args(argv)


@contextmanager
def argparse_in(lang: str) -> Iterator[None]:
    """Let argparse take its own sentences from ``texts.toml``.

    argparse looks sentences up through gettext under the module-level names ``_`` and ``ngettext``. The
    official way to fill those needs compiled catalogues and a process-wide locale; replacing the two names
    for the time of one parse needs neither.
    """
    if lang != "nl":
        yield
        return
    dutch: dict[str, str] = texts()["argparse"]
    kept = vars(argparse)["_"], vars(argparse)["ngettext"]

    def one_or_more(one: str, more: str, count: int) -> str:
        return dutch.get(one if count == 1 else more, one if count == 1 else more)

    vars(argparse).update(_=lambda sentence: dutch.get(sentence, sentence), ngettext=one_or_more)
    try:
        yield
    finally:
        vars(argparse).update(_=kept[0], ngettext=kept[1])


def build(lang: str) -> argparse.ArgumentParser:
    """The parser of the program with a sub-parser per command."""
    words = texts()["program"][lang]
    parser = _parser(prog="gbvkg", description=words["description"].strip(), epilog=words["epilog"].strip())
    _argument(parser, lang, "version", "--version", action="version", version=f"gbvkg {__version__}")
    _everywhere(parser, lang, None)
    commands = parser.add_subparsers(dest="command", required=True, metavar=words["command"])
    for name, fill in COMMANDS.items():
        words = texts()["commands"][name][lang]
        sub = commands.add_parser(
            name,
            help=words["summary"],
            description=words["text"].strip(),
            epilog=words["examples"].strip(),
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        fill(sub, lang)
        _everywhere(sub, lang, argparse.SUPPRESS)
    return parser


class Parser(argparse.ArgumentParser):
    """Says what it has to say through the streams: usage errors echo what was typed, whatever that is."""

    def print_usage(self, file: Any = None) -> None:
        """The first part of a usage error."""
        Streams().talk(shown(self.format_usage()))

    def exit(self, status: int = 0, message: str | None = None) -> NoReturn:
        """End the parse, with the second part of a usage error if there is one."""
        if message:
            Streams().talk(shown(message))
        raise SystemExit(status)

    def _print_message(self, message: str, file: Any = None) -> None:
        """Help and version, which were asked for."""
        write_out(message)


def _parser(**more: Any) -> argparse.ArgumentParser:
    return Parser(formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False, **more)


def _argument(parser: argparse.ArgumentParser, lang: str, key: str, *flags: str, **more: Any) -> None:
    """Add an argument whose words are ``key`` in ``texts.toml``."""
    metavar, help = texts()["arguments"][lang][key]
    if metavar:
        more["metavar"] = metavar
    parser.add_argument(*flags, help=help.replace("{default}", str(more.get("default"))), **more)


def _everywhere(parser: argparse.ArgumentParser, lang: str, default: Any) -> None:
    """Options that may stand before and after the command; after it they have no default of their own."""
    unset: dict[str, Any] = {"default": default} if default else {}
    _argument(parser, lang, "project", "--project", type=Path, **unset)
    _argument(parser, lang, "lang", "--lang", choices=LANGUAGES, **unset)
    _argument(parser, lang, "quiet", "--quiet", "-q", action="store_true", **unset)
    _argument(parser, lang, "debug", "--debug", action="store_true", **unset)


def _output(parser: argparse.ArgumentParser, lang: str, formats: Sequence[str]) -> None:
    _argument(parser, lang, "format", "--format", choices=formats, default=formats[0])
    _argument(parser, lang, "output", "--output", "-o", type=Path)


def _releases(parser: argparse.ArgumentParser, lang: str) -> None:
    _argument(parser, lang, "out", "--out", type=Path)


def _validate(parser: argparse.ArgumentParser, lang: str) -> None:
    _argument(parser, lang, "paths", "paths", nargs="*", type=Path)
    _output(parser, lang, REPORT_FORMATS)
    _argument(parser, lang, "reason", "--reason", action="store_true")
    _argument(parser, lang, "engine", "--engine", choices=ENGINES, default=ENGINES[0])
    _argument(parser, lang, "cache", "--no-cache", dest="cache", action="store_false")


def _explain(parser: argparse.ArgumentParser, lang: str) -> None:
    _argument(parser, lang, "rule", "rule", nargs="*")
    _argument(parser, lang, "format", "--format", choices=EXPLAIN_FORMATS, default=EXPLAIN_FORMATS[0])


def _publish(parser: argparse.ArgumentParser, lang: str) -> None:
    _releases(parser, lang)
    _argument(parser, lang, "if_new", "--if-new", action="store_true")


def _verify(parser: argparse.ArgumentParser, lang: str) -> None:
    _argument(parser, lang, "release", "release")
    _releases(parser, lang)


def _diff(parser: argparse.ArgumentParser, lang: str) -> None:
    _argument(parser, lang, "old", "old")
    _argument(parser, lang, "new", "new")
    _output(parser, lang, DIFF_FORMATS)
    _releases(parser, lang)


def _query(parser: argparse.ArgumentParser, lang: str) -> None:
    _argument(parser, lang, "name", "name", nargs="?")
    _argument(parser, lang, "param", "--param", "-p", action="append", default=[])
    _output(parser, lang, QUERY_FORMATS)
    _argument(parser, lang, "from_release", "--release", dest="from_release", default="current")
    _argument(parser, lang, "list", "--list", action="store_true")
    _releases(parser, lang)


def _serve(parser: argparse.ArgumentParser, lang: str) -> None:
    _argument(parser, lang, "host", "--host")
    _argument(parser, lang, "port", "--port", type=int)
    _argument(parser, lang, "prefix", "--prefix")
    _argument(parser, lang, "public", "--public")
    _argument(parser, lang, "hosts", "--hosts")
    _releases(parser, lang)


COMMANDS: dict[str, Callable[[argparse.ArgumentParser, str], None]] = {
    "validate": _validate,
    "explain": _explain,
    "publish": _publish,
    "verify": _verify,
    "diff": _diff,
    "releases": _releases,
    "query": _query,
    "serve": _serve,
}
"""Command → what fills its parser; in the order of the help."""
