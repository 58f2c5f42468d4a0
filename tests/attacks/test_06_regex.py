"""Row 6: regular expressions that make a backtracking engine run for years."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from random import Random

import pytest
from bystander import refused, unharmed, within
from serving import Served
from snowballstemmer import stemmer

from gbvkg.web.search import stem

PATTERNS = ["^(a+)+$", "(a|a)*b", "(.*)*x", "a{1000}{1000}", "^(([a-z])+.)+[A-Z]([a-z])+$", "(?:a?){60}a{60}"]
TEXT = "a" * 60 + "!"


@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize("call", ['REGEX("{text}", "{pattern}")', 'REPLACE("{text}", "{pattern}", "-") = ""'])
def test_through_the_endpoint(service: Served, call: str, pattern: str) -> None:
    """An answer, or a refusal of the pattern, in less than a second."""
    query = "ASK { FILTER(" + call.format(text=TEXT, pattern=pattern) + ") }"
    with unharmed(service), within(1):
        answer = service.sparql(query)
        if answer.status_code != 200:
            refused(answer, 400)


@pytest.mark.parametrize("pattern", [*PATTERNS, TEXT, "a " * 5000, "é" * 10_000, "a%" * 5000])
def test_through_search_and_parameters(service: Served, pattern: str) -> None:
    """What is typed in a search box or a form is never a pattern, and never slow."""
    service.get("/search?q=geweld")  # which builds the index
    with unharmed(service), within(2):
        assert service.client.get("/search", params={"q": pattern}).status_code == 200
        assert service.client.get("/list/Action", params={"q": pattern}).status_code == 200
        assert service.client.get("/query/actions", params={"plan": pattern}).status_code < 500


def test_a_search_leaves_others_alone(service: Served) -> None:
    """While the longest possible search runs, a page is served."""
    words = " ".join(f"gewelld{n}x" for n in range(3000))
    with unharmed(service), within(2):
        service.client.get("/search", params={"q": words})
        assert service.get("/health/live").status_code == 200


@pytest.fixture
def impatient() -> Iterator[None]:
    """Threads take turns as often as they can, so that what they share shows."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(usual)


@pytest.mark.usefixtures("impatient")
def test_searches_at_once_do_not_get_in_each_others_way() -> None:
    """A stem is the same whoever else searches: a wrong one would be kept, and the answers made with it."""
    letters = Random(1)
    asked = ["".join(letters.choices("aeioutrnslgd", k=9)) for _ in range(4000)]
    right = [stemmer("dutch").stemWord(word) for word in asked]
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda word: stem(word, "nl"), asked))
    assert found == right


def test_no_backtracking_engine_is_loaded() -> None:
    """The serving process never imports the query and validation engines that use Python's ``re``."""
    code = "import sys, gbvkg.web.server; print(sorted({'rdflib', 'pyshacl'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
