"""Settings: the only reader of the environment."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path

import pytest

from gbvkg.config import ServeSettings, Settings
from gbvkg.errors import UsageError


@pytest.mark.parametrize(
    ("environ", "language"),
    [
        ({}, "nl"),
        ({"LANG": "en_US.UTF-8"}, "en"),
        ({"LANG": "nl_BE.UTF-8"}, "nl"),
        ({"LANG": "en_US.UTF-8", "LC_ALL": "nl_BE"}, "nl"),
        ({"LC_ALL": "", "LC_MESSAGES": "en_GB"}, "en"),
        ({"LANG": "C"}, "nl"),
        ({"GBVKG_LANG": "en", "LANG": "nl_BE"}, "en"),
    ],
)
def test_the_language(environ: dict[str, str], language: str) -> None:
    """GBVKG_LANG, then the locale in POSIX order, then Dutch."""
    assert Settings.from_environment(environ).language == language


def test_an_impossible_value_is_refused() -> None:
    """A wrong setting is an error and is not read as the default."""
    with pytest.raises(UsageError, match='must be "nl" or "en"'):
        Settings.from_environment({"GBVKG_LANG": "fr"})
    with pytest.raises(UsageError, match="null character"):
        Settings.from_environment({"GBVKG_PROJECT": "a\0b"})


def test_folders_and_colour() -> None:
    """Folders are None when not said; NO_COLOR with any value switches colour off."""
    settings = Settings.from_environment({"GBVKG_PROJECT": "/p", "GBVKG_RELEASES": "r", "NO_COLOR": "1"})
    assert (settings.project, settings.releases, settings.colour) == (Path("/p"), Path("r"), False)
    assert Settings.from_environment({}) == Settings()


def test_settings_are_frozen() -> None:
    """What was read at the start holds to the end."""
    with pytest.raises(dataclasses.FrozenInstanceError):
        Settings().language = "en"  # type: ignore[misc]


def test_what_the_service_may_do_comes_from_the_environment() -> None:
    """Each field has its variable; what the caller gives goes first."""
    env = {
        "GBVKG_PORT": "9000",
        "GBVKG_HOSTS": "data.example.org, localhost",
        "GBVKG_TRUSTED_PROXIES": "10.0.0.0/8",
        "GBVKG_QUERY_SECONDS": "2.5",
        "GBVKG_ACCESS_LOG": "0",
        "GBVKG_PREFIX": "/gbvkg",
    }
    settings = ServeSettings.from_environment(env, port=9001, prefix=None)
    assert (settings.port, settings.prefix, settings.access_log) == (9001, "/gbvkg", False)
    assert settings.hosts == ("data.example.org", "localhost")
    assert [str(network) for network in settings.trusted_proxies] == ["10.0.0.0/8"]
    assert settings.query_seconds == 2.5


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GBVKG_PORT", "eighty"),
        ("GBVKG_PORT", "70000"),
        ("GBVKG_PREFIX", "gbvkg/"),
        ("GBVKG_QUERY_SECONDS", "soon"),
        ("GBVKG_QUERY_SECONDS", "0"),
        ("GBVKG_QUERY_SECONDS", "nan"),
        ("GBVKG_BODY_SECONDS", "-1"),
        ("GBVKG_POLL_SECONDS", "inf"),
        ("GBVKG_TRUSTED_PROXIES", "proxy.example.org"),
        ("GBVKG_LOG_QUERIES", "yes"),
        ("GBVKG_PUBLIC", "data.example.org"),
        ("GBVKG_PUBLIC", "https://data.example.org/"),
        ("GBVKG_PUBLIC", "https://data.example.org/gbvkg"),
        ("GBVKG_PUBLIC", "https://who@data.example.org"),
        ("GBVKG_PUBLIC", "https://data.example.org?x"),
        ("GBVKG_PUBLIC", "https://data.example.org:0"),
        ("GBVKG_PUBLIC", "https://data.example.org:70000"),
        ("GBVKG_PUBLIC", "https://data.example.org\n"),
        ("GBVKG_PUBLIC", "https://dàta.example.org"),
        ("GBVKG_PUBLIC", "ftp://data.example.org"),
        ("GBVKG_PUBLIC", "https://"),
    ],
)
def test_an_impossible_setting_of_the_service_names_its_variable(name: str, value: str) -> None:
    """Better no service than one that does something else than was set."""
    with pytest.raises(UsageError) as refused:
        ServeSettings.from_environment({name: value})
    assert name in refused.value.nl
    assert value in refused.value.en


@pytest.mark.parametrize(
    ("env", "address"),
    [
        ({}, "http://127.0.0.1:8000"),
        ({"PORT": "9000", "PREFIX": "/kg"}, "http://127.0.0.1:9000/kg"),
        ({"HOST": "::1"}, "http://[::1]:8000"),
        ({"HOST": "[::1]"}, "http://[::1]:8000"),
        ({"HOST": "0.0.0.0"}, "http://localhost:8000"),  # it answers to names of its own machine only
        ({"HOSTS": "127.0.0.1"}, "http://127.0.0.1:8000"),
        ({"HOSTS": "data.example.org localhost", "PREFIX": "/kg"}, "https://base.example/gbvkg"),
        ({"HOSTS": "*"}, "https://base.example/gbvkg"),
        ({"TRUSTED_PROXIES": "127.0.0.1"}, "https://base.example/gbvkg"),
        ({"PORT": "0"}, "https://base.example/gbvkg"),
        ({"PUBLIC": "https://data.example.org"}, "https://data.example.org"),
        ({"PUBLIC": "http://10.0.0.1:8080", "PREFIX": "/kg", "HOSTS": "*"}, "http://10.0.0.1:8080/kg"),
        ({"PUBLIC": "http://[2001:db8::1]:8080"}, "http://[2001:db8::1]:8080"),
    ],
)
def test_the_address_for_others_is_set_or_one_that_works(env: dict[str, str], address: str) -> None:
    """GBVKG_PUBLIC; without it this machine's own for a service that nobody else reaches, else the base."""
    settings = ServeSettings.from_environment({f"GBVKG_{name}": value for name, value in env.items()})
    assert settings.address("https://base.example/gbvkg/") == address


@pytest.mark.parametrize(
    ("public", "name"),
    [
        ("https://data.example.org", "data.example.org"),
        ("https://Data.example.org:8443", "data.example.org"),
        ("http://[2001:db8::1]:8080", "[2001:db8::1]"),
        ("http://[2001:db8::1]", "[2001:db8::1]"),
        ("http://localhost:9000", "localhost"),
    ],
)
def test_the_service_answers_to_the_name_of_its_public_address(public: str, name: str) -> None:
    """Without port, beside the names that are set; names of hosts have no case (RFC 9110 §4.2.3)."""
    assert ServeSettings(hosts=("Data.example.org",)).names == ("data.example.org",)
    settings = ServeSettings(public=public)
    assert set(settings.names) == {*settings.hosts, name}
    assert ServeSettings().names == ServeSettings().hosts


def test_one_client_never_has_all_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pool has one per core more than one client may use."""
    settings = ServeSettings(workers=3)
    assert settings.processes == settings.at_once + settings.slow_at_once > settings.at_once == 3
    for cores, at_once in ((1, 4), (2, 8), (3, 12), (8, 12), (32, 32)):
        monkeypatch.setattr(os, "sched_getaffinity", lambda _, cores=cores: set(range(cores)))
        assert ServeSettings().at_once == at_once
        assert ServeSettings().slow_at_once == cores
        assert ServeSettings(workers=1).slow_at_once == 1
