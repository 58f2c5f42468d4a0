"""What is in deploy/: right by the tools that read it, true to the settings, with walls behind it."""

from __future__ import annotations

import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode

import httpx
import pytest
from serving import Served, released, serving

from benchmarks.servers import free_port, running
from gbvkg.config import ServeSettings
from gbvkg.web.server import HEADER_SECONDS

ROOT = Path(__file__).parent.parent
DEPLOY = ROOT / "deploy"
UNIT = (DEPLOY / "gbvkg.service").read_text("utf-8")
NGINX = (DEPLOY / "nginx.conf").read_text("utf-8")
DOCKERFILE = (DEPLOY / "Dockerfile").read_text("utf-8")
DEFAULTS = ServeSettings()


def _unit(name: str) -> str:
    found = re.findall(rf"^{name}=(.*)$", UNIT, re.MULTILINE)
    assert len(found) == 1, name
    return str(found[0])


def _nginx(name: str) -> list[str]:
    return re.findall(rf"^\s*{name}\s+([^;]*);", NGINX, re.MULTILINE)


def _seconds(text: str) -> float:
    return float(text.removesuffix("s"))


# systemd


def test_the_unit_gives_no_rights() -> None:
    """No user, capability, device, place to write or connection of its own."""
    for name in (
        "DynamicUser", "NoNewPrivileges", "PrivateTmp", "PrivateDevices", "ProtectHome",
        "ProtectKernelModules", "ProtectKernelTunables", "ProtectControlGroups", "LockPersonality",
        "MemoryDenyWriteExecute",
        "RestrictRealtime", "RestrictSUIDSGID", "ProtectClock", "ProtectHostname", "ProtectKernelLogs",
    ):  # fmt: skip
        assert _unit(name) == "yes", name
    assert _unit("ProtectSystem") == "strict"
    assert _unit("CapabilityBoundingSet") == _unit("AmbientCapabilities") == ""
    assert _unit("IPAddressDeny") == "any"
    assert "ReadWritePaths" not in UNIT
    assert _unit("OOMPolicy") == "continue"
    assert _unit("LimitCORE") == "0"
    assert "@privileged" in UNIT.partition("SystemCallFilter=~")[2].partition("\n")[0]


def test_the_unit_leaves_the_workers_their_walls() -> None:
    """A network namespace needs one of a user; a server and its workers need these families of sockets."""
    assert set(_unit("RestrictNamespaces").split()) == {"user", "net"}
    assert set(_unit("RestrictAddressFamilies").split()) == {"AF_INET", "AF_INET6", "AF_UNIX"}


def test_settings_that_are_named_exist() -> None:
    """Every GBVKG_ variable is one that is read."""
    others = {"GBVKG_RELEASES", "GBVKG_PROJECT", "GBVKG_LANG"}
    text = UNIT + NGINX + DOCKERFILE + (DEPLOY / "README.md").read_text("utf-8")
    for name in set(re.findall(r"\bGBVKG_[A-Z_]+", text)) - others:
        assert hasattr(DEFAULTS, name.removeprefix("GBVKG_").lower()), name


def test_systemd_reads_the_unit(tmp_path: Path) -> None:
    """``systemd-analyze verify`` says nothing, and finds little that is exposed."""
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("systemd-analyze is not installed (apt-get install systemd)")
    unit = tmp_path / "gbvkg.service"
    unit.write_text(UNIT.replace("/opt/gbvkg/.venv/bin/gbvkg", sys.executable), "utf-8")
    done = subprocess.run([analyze, "verify", str(unit)], capture_output=True, text=True)
    ours = [line for line in done.stderr.splitlines() if "gbvkg" in line]
    assert done.returncode == 0, done.stderr
    assert not ours, ours
    rated = subprocess.run(
        [analyze, "security", "--offline=true", "--threshold=20", str(unit)], capture_output=True, text=True
    )
    assert rated.returncode == 0, rated.stdout[-500:] + rated.stderr


REFUSED = """
import ctypes, os, sys
from gbvkg.store import sealing
sealing._DENIED = {name: numbers for name, numbers in sealing._DENIED.items() if name in ("unshare", "setns")}
assert sealing.deny_system_calls()
ctypes.CDLL(None).prctl(65, 1, 0, 0, 0)  # PR_SET_MDWE: no memory that is written and run (Linux 6.3)
os.execv(sys.executable, [sys.executable, "-m", "gbvkg", *sys.argv[1:]])
"""


PROXIED = {"workers": "1", "hosts": "data.example.org localhost 127.0.0.1", "trusted_proxies": "127.0.0.0/8"}


@pytest.fixture(scope="module")
def confined(tmp_path_factory: pytest.TempPathFactory) -> object:
    """A service that may not make a namespace, as in a container or a unit with RestrictNamespaces=yes, and
    as MemoryDenyWriteExecute=yes has it.
    """
    log = tmp_path_factory.mktemp("confined") / "log"
    with serving(released(), log, command=(sys.executable, "-c", REFUSED), **PROXIED) as found:
        yield found


def test_without_a_namespace_the_other_walls_stand(confined: Served) -> None:
    """Queries are answered; every worker is behind a filter of its own, within the server's network."""
    assert confined.sparql("ASK { ?s ?p ?o }").json()["boolean"] is True
    assert confined.get("/search?q=geweld").status_code == 200
    workers = _children(_children(confined.process.pid)[0])
    assert workers
    server = Path(f"/proc/{confined.process.pid}/ns/net").readlink()
    for worker in workers:
        said = dict(
            line.split(":", 1)
            for line in Path(f"/proc/{worker}/status").read_text().splitlines()
            if ":" in line
        )
        assert said["Seccomp"].strip() == "2"
        assert int(said.get("Seccomp_filters", "2")) == 2
        assert Path(f"/proc/{worker}/ns/net").readlink() == server
        limits = Path(f"/proc/{worker}/limits").read_text()
        assert re.search(r"Max open files\s+0\s+0", limits)
        assert re.search(r"Max core file size\s+0\s+0", limits)


def _children(pid: int) -> list[int]:
    return [
        int(child)
        for task in Path(f"/proc/{pid}/task").iterdir()
        for child in (task / "children").read_text().split()
    ]


# nginx


def test_the_proxy_waits_longer_than_the_service() -> None:
    """A query has its deadline and as long again to wait for a worker; the proxy does not give up first."""
    for wait in _nginx("proxy_read_timeout"):
        assert _seconds(wait) > 2 * DEFAULTS.query_seconds
    for wait in _nginx("proxy_send_timeout"):
        assert _seconds(wait) > DEFAULTS.body_seconds
    assert all(_seconds(_nginx(name)[0]) <= 30 for name in ("client_body_timeout", "send_timeout"))
    assert int(_nginx("proxy_max_temp_file_size")[0].removesuffix("m")) << 20 >= DEFAULTS.result_bytes
    assert _nginx("client_header_timeout") == [f"{HEADER_SECONDS}s"]
    assert _nginx("client_max_body_size") == [f"{DEFAULTS.body_bytes // 1024}k"]


def test_the_proxy_says_who_asks_and_repeats_no_name() -> None:
    """X-Forwarded-For replaces what a client wrote; the redirect goes to the name that was configured."""
    locations = NGINX.count("proxy_pass http://gbvkg;")
    assert NGINX.count("proxy_set_header X-Forwarded-For $remote_addr;") == locations > 0
    assert NGINX.count("proxy_set_header Host $host;") == locations
    assert "proxy_add_x_forwarded_for" not in NGINX
    assert not re.search(r"return 30\d https://\$", NGINX)
    assert _nginx("limit_conn gbvkg_connections")
    assert "deny all;" in NGINX.partition("/metrics$ {")[2].partition("}")[0]
    assert "$request_uri" not in NGINX.partition("log_format")[2].partition(";")[0]
    assert "w3id.org" in NGINX


class Proxy(NamedTuple):
    """nginx by our file, on other ports, with a certificate made for the test."""

    command: list[str]
    secure: int
    plain: int

    def client(self, address: str = "127.0.0.1") -> httpx.Client:
        """One that asks from this address of loopback, under the name that was configured."""
        return httpx.Client(
            base_url=f"https://127.0.0.1:{self.secure}",
            transport=httpx.HTTPTransport(verify=UNVERIFIED, local_address=address),
            headers={"Host": "data.example.org"},
            timeout=30,
        )


def _configured(folder: Path, served: Served) -> Proxy:
    """Skips, with the reason, where there is no nginx."""
    nginx, openssl = (
        shutil.which(name, path="/usr/sbin:/usr/bin:/sbin:/bin") for name in ("nginx", "openssl")
    )
    if nginx is None or openssl is None:
        pytest.skip("nginx or openssl is not installed (apt-get install nginx-light openssl)")
    key, certificate = folder / "key.pem", folder / "chain.pem"
    curve = "-newkey ec -pkeyopt ec_paramgen_curve:P-256"
    made = f"{openssl} req -x509 {curve} -nodes -days 1 -subj /CN=data.example.org -keyout {key}"
    subprocess.run([*made.split(), "-out", str(certificate)], check=True, capture_output=True)
    ports = {"443": free_port(), "80": free_port()}
    text = NGINX.replace("/etc/ssl/gbvkg/fullchain.pem", str(certificate))
    text = text.replace("/etc/ssl/gbvkg/privkey.pem", str(key))
    text = text.replace("/var/log/nginx/gbvkg.log", str(folder / "access.log"))
    text = text.replace("127.0.0.1:8000", f"127.0.0.1:{served.client.base_url.port}")
    text = re.sub(r"listen \[::\]:\d+[^;]*;", "", text)
    text = re.sub(r"listen (80|443)", lambda found: f"listen 127.0.0.1:{ports[found[1]]}", text)
    (folder / "site.conf").write_text(text, "utf-8")
    whole = folder / "nginx.conf"
    places = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    folders = " ".join(f"{name}_temp_path {folder}/{name};" for name in places)
    user = "user root; " if os.getuid() == 0 else ""
    advised = re.search(r'"(worker_rlimit_nofile \d+;)" and "(worker_connections \d+;)"', NGINX)
    assert advised
    whole.write_text(
        f"{user}daemon off; pid {folder}/pid; error_log {folder}/error.log; {advised[1]}\n"
        f"events {{ {advised[2]} }}\nhttp {{ include {folder}/site.conf; {folders} }}\n"
    )
    return Proxy([nginx, "-e", "stderr", "-c", str(whole)], ports["443"], ports["80"])


@contextmanager
def _running(proxy: Proxy) -> Iterator[Proxy]:
    with running(proxy.command, f"http://127.0.0.1:{proxy.plain}/", status=308):
        yield proxy


@pytest.fixture
def proxy(tmp_path: Path, confined: Served) -> Proxy:
    return _configured(tmp_path, confined)


def test_nginx_reads_its_file(proxy: Proxy) -> None:
    """``nginx -t`` has nothing against it."""
    done = subprocess.run([*proxy.command, "-t", "-q"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_the_proxy_and_the_service_work_together(proxy: Proxy, confined: Served) -> None:
    """Compressed answers with a tag that still gives 304, the client's own address and no other, no metrics
    under another name than the machine's own, and a redirect to the name that was configured.
    """
    with _running(proxy), proxy.client() as client:
        found = client.get("/doc/action/vap-sg-2020/11.ttl")
        assert found.headers["content-encoding"] == "gzip"
        assert {"Accept", "Accept-Encoding"} <= set(", ".join(found.headers.get_list("vary")).split(", "))
        tag = found.headers["etag"]
        assert client.get(found.url.path, headers={"If-None-Match": tag}).status_code == 304
        asked = client.post("/sparql", data={"query": "ASK { ?s ?p ?o }"})
        assert asked.json()["boolean"] is True
        assert client.post("/sparql", content=b"x" * 200_000).status_code == 413
        assert client.get("/id/action/vap-sg-2020/11").headers["location"] == "/doc/action/vap-sg-2020/11"
        assert client.get("/metrics").status_code == 200
        for address in ("198.51.100.1", "198.51.100.2"):
            client.post("/sparql", data={"query": "ASK {}"}, headers={"X-Forwarded-For": address})
        assert "gbvkg_clients 1\n" in confined.get("/metrics").text
        plain = httpx.get(f"http://127.0.0.1:{proxy.plain}/x?y=z", headers={"Host": "evil.example"})
        assert plain.headers["location"] == "https://data.example.org/x?y=z"


ENDLESS = "SELECT (COUNT(*) AS ?n) {" + " . ".join(f"?s{i} ?p{i} ?o{i}" for i in range(7)) + " }"


class Behind(NamedTuple):
    """A service below a path, and nginx in front of it."""

    proxy: Proxy
    served: Served

    def metric(self, name: str) -> int:
        found = re.search(rf"^gbvkg_{name} (\d+)$", self.served.get("/metrics").text, re.MULTILINE)
        assert found
        return int(found[1])


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Behind]:
    """Only the proxy's own address is believed, so that the others of loopback are clients."""
    folder = tmp_path_factory.mktemp("behind")
    given = PROXIED | {"trusted_proxies": "127.0.0.1", "query_seconds": "3", "budget_seconds": "2"}
    with (
        serving(released(), folder / "log", prefix="/kg", **given) as served,
        _running(_configured(folder, served)) as proxy,
    ):
        yield Behind(proxy, served)


def test_each_address_has_its_own_budget(behind: Behind) -> None:
    """One that is spent is not the neighbour's, and nobody gets another one by writing another address."""
    with behind.proxy.client("127.0.0.21") as spender, behind.proxy.client("127.0.0.22") as neighbour:
        assert spender.post("/kg/sparql", data={"query": ENDLESS}).status_code == 503
        forged = {"X-Forwarded-For": "127.0.0.22"}
        refused = spender.post("/kg/sparql", data={"query": "ASK {}"}, headers=forged)
        assert refused.status_code == 429
        assert int(refused.headers["retry-after"]) > 0
        assert neighbour.post("/kg/sparql", data={"query": "ASK {}"}).status_code == 200


def test_a_path_before_every_path(behind: Behind) -> None:
    """Pages, redirects and what pages need are below it; metrics stay the machine's own."""
    with behind.proxy.client("127.0.0.23") as client:
        page = client.get("/kg/", headers={"Accept": "text/html"})
        assert page.status_code == 200
        (style,) = re.findall(r'<link rel="stylesheet" href="([^"]+)"', page.text)[:1]
        assert style.startswith("/kg/")
        assert client.get(style).headers["content-type"].startswith("text/css")
        moved = client.get("/kg/id/action/vap-sg-2020/11")
        assert moved.headers["location"] == "/kg/doc/action/vap-sg-2020/11"
        assert client.get("/kg/metrics").status_code == 403


def test_parts_and_heads_pass(behind: Behind) -> None:
    """A part of a file is that part, and HEAD tells what GET would give."""
    version = (released() / "current").resolve().name
    path = f"/releases/{version}/dataset.nq"
    whole = behind.served.get(path).content
    with behind.proxy.client("127.0.0.24") as client:
        part = client.get(f"/kg{path}", headers={"Range": "bytes=100-299"})
        assert (part.status_code, part.content) == (206, whole[100:300])
        assert part.headers["content-range"] == f"bytes 100-299/{len(whole)}"
        plain = {"Accept-Encoding": "identity"}
        for address in (f"/kg{path}", "/kg/doc/action/vap-sg-2020/11.ttl"):
            get, head = (client.request(m, address, headers=plain) for m in ("GET", "HEAD"))
            assert (head.status_code, head.content) == (200, b"")
            for name in ("content-length", "content-type", "etag"):
                assert head.headers[name] == get.headers[name]


def test_who_hangs_up_at_the_proxy_frees_the_worker(behind: Behind) -> None:
    """nginx tells the service, long before the deadline."""
    query = urlencode({"query": f"{ENDLESS} # left"})
    slow = _opened(behind.proxy, "127.0.0.25", f"/kg/sparql?{query}")
    _until(lambda: behind.metric("workers_busy") == 1, 2)
    slow.close()
    _until(lambda: behind.metric("workers_busy") == 0, 2)


def test_a_thousand_slow_readers(behind: Behind) -> None:
    """They cost the service less than 100 MB, while others are answered; one address has 20 places."""
    answer = "/sparql?" + urlencode({"query": "SELECT * { ?s ?p ?o } LIMIT 2500", "format": "xml"})
    assert len(behind.served.get(answer).content) > 500_000
    file = f"/releases/{(released() / 'current').resolve().name}/dataset.nq"  # more than any socket takes
    asked = [(f"127.0.1.{1 + n % 50}", answer) for n in range(900)]
    asked += [(f"127.0.2.{1 + n % 5}", file) for n in range(100)]
    before = _memory(behind.served.process.pid)
    with ExitStack() as kept, behind.proxy.client("127.0.0.26") as client:
        readers = [kept.enter_context(_opened(behind.proxy, who, f"/kg{what}")) for who, what in asked]
        for _ in range(3):
            start = time.monotonic()
            assert client.get("/kg/doc/action/vap-sg-2020/11.ttl").status_code == 200
            assert time.monotonic() - start < 5
        with behind.proxy.client("127.0.2.1") as crowded:
            assert crowded.get("/kg/").status_code == 429
        assert all(reader.recv(12) == b"HTTP/1.1 200" for reader in readers)
        grown = _memory(behind.served.process.pid) - before
        assert grown < 100_000_000


UNVERIFIED = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
UNVERIFIED.check_hostname, UNVERIFIED.verify_mode = False, ssl.CERT_NONE


def _opened(proxy: Proxy, address: str, path: str) -> ssl.SSLSocket:
    """A connection that asked and reads nothing yet."""
    plain = socket.socket()
    plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    plain.settimeout(20)
    plain.bind((address, 0))
    plain.connect(("127.0.0.1", proxy.secure))
    found = UNVERIFIED.wrap_socket(plain)
    found.sendall(f"GET {path} HTTP/1.1\r\nHost: data.example.org\r\n\r\n".encode())
    return found


def _until(holds: Callable[[], bool], seconds: float) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)


def _memory(pid: int) -> int:
    """Bytes that a process has resident."""
    found = re.search(r"^VmRSS:\s+(\d+) kB$", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    assert found
    return int(found[1]) << 10


# The image


def test_the_image_is_built_in_two_steps_of_one_exact_base() -> None:
    """What builds is not in what runs."""
    bases = re.findall(r"^FROM (\S+?)(?: AS \w+)?$", DOCKERFILE, re.MULTILINE)
    assert len(bases) == 2
    assert len(set(bases)) == 1
    assert re.fullmatch(r"python:3\.\d+\.\d+-slim-\w+", bases[0])
    assert DOCKERFILE.count("COPY --from=build") == 1
    assert re.findall(r"pip install (.*)", DOCKERFILE) == ["--no-cache-dir --disable-pip-version-check ."]


def test_the_image_carries_what_the_wheel_needs() -> None:
    """Everything that pyproject.toml puts in the wheel is copied before it is built, and is there."""
    carried = re.search(
        r"force-include\]\n(.*?)\n\n", (ROOT / "pyproject.toml").read_text("utf-8"), re.DOTALL
    )
    assert carried
    first = DOCKERFILE.partition(" AS build")[2].partition("FROM")[0]
    copied = re.findall(r"^COPY (.+) \S+$", first, re.MULTILINE)
    names = {name for line in copied for name in line.split()}
    assert set(re.findall(r'^"([\w/]+)" =', carried[1], re.MULTILINE)) | {"gbvkg", "pyproject.toml"} <= names
    for name in names:
        assert (ROOT / name).exists(), name


def test_the_image_runs_as_nobody_and_says_how_it_is() -> None:
    """Not as root, by number so that a cluster can tell; its health is asked of the right path."""
    final = DOCKERFILE.rpartition("\nFROM")[2]
    assert re.search(r"^USER [1-9]\d+:[1-9]\d+$", final, re.MULTILINE)
    assert final.index("USER ") < final.index("ENTRYPOINT")
    assert "/health/ready" in final.partition("HEALTHCHECK")[2]
    assert 'ENTRYPOINT ["gbvkg"]\nCMD ["serve"]' in final
    code = re.search(r'CMD \["python", "-c", "(.*)"\]', final)
    assert code
    compile(code[1], "HEALTHCHECK", "exec")


def test_the_health_check_works(confined: Served) -> None:
    """Its very text, against a running service and against none."""
    code = re.search(r'CMD \["python", "-c", "(.*)"\]', DOCKERFILE)
    assert code
    for port, expected in ((str(confined.client.base_url.port), True), ("9", False)):
        done = subprocess.run(
            [sys.executable, "-c", code[1]], env={"GBVKG_PORT": port, "PATH": "/usr/bin"}, capture_output=True
        )
        assert (done.returncode == 0) is expected
