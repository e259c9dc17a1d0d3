"""Files by reference: from hosts on a list, and never from inside."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from ai_cms.assets.exceptions import AssetRefused, FileTooLarge
from ai_cms.assets.intake import fetching
from ai_cms.assets.intake.fetching import fetched, is_public_address
from ai_cms.core.exceptions import Unavailable

from .pictures import jpeg

HOST = "pictures.example"
FORMS = [
    "http://127.0.0.1/x", "http://localhost/x", "http://[::1]/x", "http://0.0.0.0/x", "http://0/x", "http://127.1/x",
    "http://2130706433/x", "http://0x7f000001/x", "http://0177.0.0.1/x", "http://169.254.169.254/latest/meta-data/",
    "http://[::ffff:127.0.0.1]/x", "http://[::ffff:a9fe:a9fe]/x", "http://[64:ff9b::7f00:1]/x", "http://[fe80::1%25eth0]/x",
    "http://10.0.0.1/x", "http://172.16.0.1/x", "http://192.168.1.1/x", "http://100.64.0.1/x", "http://[fc00::1]/x",
    "http://[2002:7f00:1::]/x", "http://user@pictures.example/x", "http://user:pw@pictures.example/x", "http://pictures.example:8080/x",
    "http://pictures.example:22/x", "http://pictures.example@127.0.0.1/x", "http://127.0.0.1#pictures.example/x",
    "http://127.0.0.1\\@pictures.example/x", "http://pictures.example.evil.example/x", "http://evilpictures.example/x",
    "http://evil.example/?pictures.example", "file:///etc/passwd", "ftp://pictures.example/x", "gopher://127.0.0.1:6379/_x",
    "data:image/png;base64,AAAA", "javascript:alert(1)", "//pictures.example/x", "/etc/passwd", "", "http://", "http:///x",
    "http://pictures.example\r\nHost: inside/x", "http://pictures.example/\r\nX: y", "http://pictures。example。evil/x",
    "http://①②⑦.0.0.1/x", "unix:/var/run/docker.sock",
]  # fmt: skip


@pytest.fixture(autouse=True)
def allowed(settings: Any) -> None:
    settings.AI_CMS = {"ASSET_FETCH_HOSTS": [HOST, ".trusted.example"], "ASSET_FETCH_SECONDS": 2}


@pytest.fixture
def canary(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Note every connection that is tried, and let none through."""
    tried: list[Any] = []

    def connect(address: Any, *args: Any, **kwargs: Any) -> Any:
        tried.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", connect)
    return tried


def resolves(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    found = [(socket.AF_INET6 if ":" in address else socket.AF_INET, 1, 6, "", (address, 80)) for address in addresses]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: found)


def test_there_are_forty_five_forms() -> None:
    assert len(FORMS) == 45


@pytest.mark.parametrize("url", FORMS)
def test_no_form_of_an_address_leads_inside(canary: list[Any], url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    resolves(monkeypatch, "93.184.216.34")
    with pytest.raises(AssetRefused), fetched(url):
        pass
    assert canary == []


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"],
        ["10.1.2.3"],
        ["::1"],
        ["93.184.216.34", "127.0.0.1"],
        ["::ffff:10.0.0.1"],
        ["224.0.0.1"],
        ["169.254.169.254"],
    ],
)
def test_a_name_on_the_list_that_leads_inside_is_refused(
    canary: list[Any], monkeypatch: pytest.MonkeyPatch, addresses: list[str]
) -> None:
    resolves(monkeypatch, *addresses)
    with pytest.raises(AssetRefused), fetched(f"https://{HOST}/x.jpg"):
        pass
    assert canary == []


def test_the_connection_goes_to_the_address_that_was_looked_at(
    canary: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    resolves(monkeypatch, "93.184.216.34")
    for url in (f"https://{HOST}/x.jpg", "http://deep.trusted.example/x.jpg", f"https://{HOST}./x.jpg"):
        with pytest.raises(Unavailable), fetched(url):
            pass
    assert canary == [("93.184.216.34", 443), ("93.184.216.34", 80), ("93.184.216.34", 443)]


def test_addresses() -> None:
    for public in ("93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946", "64:ff9b::5db8:d822"):
        assert is_public_address(public)
    for inside in (
        "127.0.0.1",
        "::1",
        "64:ff9b::a00:1",
        "2002:7f00:1::",
        "::ffff:192.168.0.1",
        "x",
        "",
        "0.0.0.0",  # noqa: S104
        "255.255.255.255",
    ):
        assert not is_public_address(inside)


@pytest.fixture
def origin(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Answer as the test sets it, behind the name on the list."""
    settings: dict[str, Any] = {"status": 200, "body": jpeg(), "headers": {}, "wait": 0.0}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            settings.setdefault("seen", []).append((self.path, dict(self.headers)))
            self.send_response(settings["status"])
            headers = {"Content-Length": str(len(settings["body"])), **settings["headers"]}
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            for start in range(0, len(settings["body"]), 65_536):
                self.wfile.write(settings["body"][start : start + 65_536])
                time.sleep(settings["wait"])

        def log_message(self, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    resolves(monkeypatch, "93.184.216.34")

    def connect(address: Any, timeout: float) -> socket.socket:
        # Not create_connection: it would ask the resolver, which says what the test wants.
        made = socket.socket()
        made.settimeout(timeout)
        made.connect(server.server_address[:2])
        return made

    monkeypatch.setattr(socket, "create_connection", connect)
    yield settings
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_file_comes_with_the_name_in_its_path(origin: Any) -> None:
    with fetched(f"http://{HOST}/folder/Round%20loaf.jpg?size=big") as (file, name):
        assert (file.read(), name) == (jpeg(), "Round loaf.jpg")
    [(path, headers)] = origin["seen"]
    assert path == "/folder/Round%20loaf.jpg?size=big"
    assert headers["Host"] == HOST
    assert "Cookie" not in headers
    assert "Authorization" not in headers


def test_redirects_are_not_followed(origin: Any) -> None:
    origin.update(status=302, headers={"Location": "http://169.254.169.254/"}, body=b"")
    with pytest.raises(AssetRefused, match="302"), fetched(f"http://{HOST}/x"):
        pass
    assert len(origin["seen"]) == 1


def test_size_and_time_are_limited_whatever_the_host_says(origin: Any, settings: Any) -> None:
    settings.AI_CMS = {**settings.AI_CMS, "ASSET_MAX_BYTES": 100_000}
    origin.update(body=b"x" * 300_000)
    with pytest.raises(FileTooLarge), fetched(f"http://{HOST}/x"):
        pass
    origin.update(body=b"x" * 90_000, headers={"Content-Length": "95000"})
    with pytest.raises(Unavailable), fetched(f"http://{HOST}/x"):
        pass
    settings.AI_CMS = {**settings.AI_CMS, "ASSET_MAX_BYTES": 10_000_000, "ASSET_FETCH_SECONDS": 1}
    origin.update(body=b"x" * 3_000_000, headers={}, wait=0.2)
    started = time.monotonic()
    with pytest.raises(Unavailable), fetched(f"http://{HOST}/x"):
        pass
    assert time.monotonic() - started < 3


def test_certificates_are_checked(origin: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[ssl.SSLContext] = []
    default = ssl.create_default_context

    def watched() -> ssl.SSLContext:
        made.append(default())
        return made[-1]

    monkeypatch.setattr(fetching.ssl, "create_default_context", watched)
    with pytest.raises(Unavailable), fetched(f"https://{HOST}/x"):
        pass
    assert made[0].check_hostname


@pytest.mark.django_db
def test_over_rest_a_file_is_taken_by_reference(origin: Any, member: Any, client_of: Any, canary: list[Any]) -> None:
    api = client_of(member)
    refused = api.post("/api/assets/fetch/", {"url": "http://169.254.169.254/latest/"}, format="json")
    assert (refused.status_code, "url" in refused.json()) == (400, True)
    assert canary == []


@pytest.mark.django_db
def test_over_rest_what_was_fetched_is_an_asset(origin: Any, member: Any, client_of: Any) -> None:
    body = {"url": f"http://{HOST}/Loaf.jpg", "alt": "A loaf", "tags": ["bread"]}
    response = client_of(member).post("/api/assets/fetch/", body, format="json")
    assert response.status_code == 201
    assert (response.json()["title"], response.json()["alt"], response.json()["tags"]) == ("Loaf", "A loaf", ["bread"])
