"""Row 26: anything at all that would connect elsewhere: the service and every kind of request, where the only
network is the machine's own.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from serving import released

ALONE = ["unshare", "--user", "--map-root-user", "--net"]
PATHS = [
    "/", "/?lang=en", "/search?q=geweld", "/list/Action", "/list/Action.csv", "/list/Action.xlsx", "/query/",
    "/query/actions", "/query/actions?format=csv", "/sparql", "/doc/ns", "/doc/ns.ttl", "/docs",
    "/openapi.json", "/releases/", "/releases/2026.1/manifest.json", "/doc/action/vap-sg-2020/11",
    "/doc/action/vap-sg-2020/11.ttl", "/doc/action/vap-sg-2020/11.jsonld", "/doc/plan/vap-sg-2020",
    "/doc/action/vap-sg-2020/11.rdf", "/sitemap.xml", "/.well-known/void", "/robots.txt", "/metrics",
    "/health/ready", "/nothing", "/about?iri=http://192.0.2.1/x", "/id/action/vap-sg-2020/11",
    "/doc/action/vap-sg-2020/11?release=2026.1", "/sparql?query=ASK%20%7B%7D",
]  # fmt: skip
RUN = """
import socket, sys
from contextlib import suppress
from pathlib import Path
sys.path[:0] = {folders!r}
from serving import serving

def lost():
    lines = Path("/proc/net/snmp").read_text().splitlines()
    rows = [line.split() for line in lines if line.startswith("Ip:")]
    six = dict(line.split() for line in Path("/proc/net/snmp6").read_text().splitlines())
    return int(dict(zip(*rows))["OutNoRoutes"]) + int(six.get("Ip6OutNoRoutes", 0))

PATHS = {paths!r}
before = lost()
with serving(Path({releases!r}), Path({log!r})) as served:
    for path in PATHS:
        for accept in ("text/html", "*/*"):
            status = served.get(path, accept=accept).status_code
            assert status < 500, (path, status)
    for query in ("SELECT * {{ SERVICE <http://192.0.2.1/x> {{ ?s ?p ?o }} }}", "LOAD <http://192.0.2.1/x>",
                  "SELECT * FROM <http://192.0.2.1/x> {{ ?s ?p ?o }}", "ASK {{ ?s ?p ?o }}"):
        assert served.sparql(query).status_code in (200, 400)
print("tried", lost() - before)
for address in ("192.0.2.1", "2001:db8::1"):
    with suppress(OSError):
        socket.create_connection((address, 80), timeout=1)
print("seen", lost() - before)
"""


def test_nothing_connects_elsewhere(tmp_path: Path) -> None:
    """Everything works with loopback alone, and the kernel counted no packet that wanted to go elsewhere; a
    connection of our own shows that it would have.
    """
    tests = Path(__file__).parents[1]
    code = RUN.format(
        folders=[str(tests), str(tests.parent)],
        paths=PATHS,
        releases=str(released()),
        log=str(tmp_path / "log"),
    )
    if shutil.which("unshare") is None or shutil.which("ip") is None:
        pytest.skip("unshare or ip is not installed (apt-get install util-linux iproute2)")
    if subprocess.run([*ALONE, "ip", "link", "set", "lo", "up"], capture_output=True).returncode:
        pytest.skip("this kernel does not let a user make a network namespace")
    inside = ["sh", "-c", 'ip link set lo up && exec "$0" -c "$1"', sys.executable, code]
    done = subprocess.run([*ALONE, *inside], capture_output=True, text=True, timeout=120, cwd=tests.parent)
    assert done.returncode == 0, done.stderr[-3000:]
    said = dict(line.split() for line in done.stdout.splitlines())
    assert said["tried"] == "0"
    assert int(said["seen"]) >= 1
