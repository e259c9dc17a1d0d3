"""The fast lane without a site: what its keys tell apart, what it refuses to keep, and its bound."""

from __future__ import annotations

import gzip
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_cms.core.lane.answers import KeptAnswer, Refused, _chosen_encoding
from ai_cms.core.lane.keys import KeyMaker
from ai_cms.core.lane.slots import Slot
from ai_cms.core.lane.store import AnswerStore
from ai_cms.core.lane.traffic import FastLane

HTML = ("Content-Type", "text/html; charset=utf-8")
PLAIN = {"REQUEST_METHOD": "GET", "PATH_INFO": "/", "QUERY_STRING": "", "HTTP_HOST": "a.example", "SERVER_PORT": "80"}


class Counted:
    """Stand for the count of a database."""

    trouble = ""

    def __init__(self) -> None:
        self.count = 1

    def read(self) -> object:
        return self.count

    def close(self) -> None:
        pass


@pytest.fixture
def lane(monkeypatch: Any) -> FastLane:
    monkeypatch.setattr("ai_cms.core.lane.traffic.next_expiry", lambda now: None)
    found = FastLane()
    found.changes = Counted()  # type: ignore[assignment]
    return found


def fill(
    lane: FastLane, environ: dict[str, Any], body: bytes, *headers: tuple[str, str], status: str = "200 OK"
) -> None:
    """Have Django answer a request, as often as it takes."""
    for _ in range(2):
        ask = lane.ask(environ, "http")
        if ask is None or lane.find(ask) is not None:
            return
        slot = Slot()
        slot.kind = "test"
        lane.fill(ask, slot, status, [HTML, *headers], body)


def find(lane: FastLane, environ: dict[str, Any], scheme: str = "http") -> bytes | None:
    ask = lane.ask(environ, scheme)
    found = None if ask is None else lane.find(ask)
    return None if found is None else found[2]


hosts = st.sampled_from(["a.example", "A.example", "a.example:80", "b.example", "a.example, b.example", ""])
paths = st.sampled_from(["/", "//", "/a/", "/a", "/A/", "/a/../", "/a%2f/", "/caf\xc3\xa9/", "/a/?", "/a;b/"])
queries = st.sampled_from(["", "a=1&b=2", "b=2&a=1", "a=1", "a=1&", "a=%31", "a=1;b=2", "page=2", "page=02"])
others = st.fixed_dictionaries(
    {},
    optional={
        "HTTP_ACCEPT": st.sampled_from(["*/*", "text/html", "application/json"]),
        "HTTP_ACCEPT_LANGUAGE": st.sampled_from(["en", "de", "de, en"]),
        "HTTP_ORIGIN": st.sampled_from(["https://a.example", "null"]),
        "HTTP_X_FORWARDED_HOST": st.sampled_from(["a.example", "evil.example"]),
        "SCRIPT_NAME": st.sampled_from(["", "/cms"]),
        "SERVER_PORT": st.sampled_from(["80", "8080"]),
    },
)
requests = st.builds(
    lambda host, path, query, more: {**PLAIN, "HTTP_HOST": host, "PATH_INFO": path, "QUERY_STRING": query, **more},
    hosts, paths, queries, others,
)  # fmt: skip


def answer_to(environ: dict[str, Any]) -> bytes:
    """Return what a site would answer that makes something else of all it may look at."""
    names = (
        "HTTP_HOST",
        "PATH_INFO",
        "QUERY_STRING",
        "SCRIPT_NAME",
        "SERVER_PORT",
        "HTTP_ACCEPT",
        "HTTP_ACCEPT_LANGUAGE",
        "HTTP_ORIGIN",
    )
    return repr([environ.get(name) for name in names]).encode()


@given(st.lists(requests, min_size=1, max_size=40))
def test_keys_are_not_confused(asked: list[dict[str, Any]]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ai_cms.core.lane.traffic.next_expiry", lambda now: None)
        lane = FastLane()
        lane.changes = Counted()  # type: ignore[assignment]
        for environ in asked:
            expected = answer_to(environ)
            for method in ("GET", "HEAD", "GET"):
                found = find(lane, {**environ, "REQUEST_METHOD": method})
                assert found in (None, b"" if method == "HEAD" else expected)
                if method == "GET":
                    fill(lane, environ, expected, ("Vary", "Accept-Language, origin"))
            assert find(lane, environ) == expected
            assert find(lane, environ, "https") is None


@given(st.lists(st.tuples(st.text(), st.text()), max_size=4))
def test_no_two_requests_that_a_view_can_tell_apart_have_one_key(pairs: list[tuple[str, str]]) -> None:
    keys = KeyMaker()
    made = {}
    for path, query in pairs:
        key = keys.key({**PLAIN, "PATH_INFO": path, "QUERY_STRING": query}, "http")
        assert made.setdefault(key, (path, query)) == (path, query) or key is None


@pytest.mark.parametrize(
    "more",
    [
        {"HTTP_AUTHORIZATION": ""},
        {"HTTP_COOKIE": "sessionid=1"},
        {"HTTP_COOKIE": "_ga=1; x=1"},
        {"HTTP_COOKIE": "_ga=1;sessionid"},
        {"HTTP_COOKIE": "_gaevil\n=1"},
        {"REMOTE_USER": "ann"},
        {"CONTENT_LENGTH": "3"},
        {"HTTP_TRANSFER_ENCODING": "chunked"},
        {"CONTENT_TYPE": "text/plain; charset=x"},
        {"HTTP_IF_MATCH": "*"},
        {"HTTP_IF_MODIFIED_SINCE": "Mon, 30 Nov 2026 00:00:00 GMT"},
        {"HTTP_X_HTTP_METHOD_OVERRIDE": "DELETE"},
        {"REQUEST_METHOD": "POST"},
        {"REQUEST_METHOD": "OPTIONS"},
        {"QUERY_STRING": "a" * 1001},
        {"HTTP_X_SHOP_TOKEN": "1"},
        {"HTTP_USER_AGENT": "BadBot/1"},
    ],
)
def test_the_long_way(more: dict[str, Any], settings: Any) -> None:
    import re

    settings.AI_CMS = {"FAST_LANE_HEADERS": ["X-Shop-Token"]}
    settings.DISALLOWED_USER_AGENTS = [re.compile("BadBot")]
    keys = KeyMaker()
    assert keys.key({**PLAIN, "HTTP_COOKIE": " _ga=1; csrftoken=x;", "CONTENT_LENGTH": ""}, "http") is not None
    assert keys.key({**PLAIN, **more}, "http") is None


@pytest.mark.parametrize(
    "headers",
    [
        [("Set-Cookie", "a=1")],
        [("Cache-Control", "private")],
        [("Cache-Control", "max-age=0, No-Store")],
        [("Vary", "Accept, Cookie")],
        [("Vary", "Accept"), ("Vary", "cookie")],
        [("Vary", "*")],
        [("Content-Security-Policy", "script-src 'nonce-abc'")],
        [("Content-Security-Policy-Report-Only", "script-src 'nonce-abc'")],
        [("X-Request-ID", "1")],
        [("Content-Encoding", "gzip")],
        [("Content-Length", "7")],
    ],
)
def test_what_is_never_kept(lane: FastLane, headers: list[tuple[str, str]]) -> None:
    with pytest.raises(Refused):
        KeptAnswer("200 OK", [HTML, *headers], b"body", 1)
    fill(lane, PLAIN, b"body", *headers)
    fill(lane, PLAIN, b"body", *headers)
    assert find(lane, PLAIN) is None
    assert lane.report()["not_kept"]


def test_a_nonce_in_the_markup_and_other_statuses(lane: FastLane) -> None:
    with pytest.raises(Refused):
        KeptAnswer("200 OK", [HTML], b'<p>x<script src=x  NONCE = "a">', 1)
    KeptAnswer("200 OK", [HTML], b"<p>A nonce = a number used once.</p>", 1)
    for status in (
        "404 Not Found",
        "503 Service Unavailable",
        "206 Partial Content",
        "304 Not Modified",
        "307 Temporary Redirect",
    ):
        fill(lane, PLAIN, b"body", status=status)
        assert find(lane, PLAIN) is None


def test_an_answer_that_comes_out_different_is_not_kept(lane: FastLane) -> None:
    slot = Slot()
    slot.kind = "page"
    for number in range(6):
        ask = lane.ask(PLAIN, "http")
        assert ask is not None
        assert lane.find(ask) is None
        lane.fill(ask, slot, "200 OK", [HTML, ("X-Number", str(number))], b"body")
    assert lane.report()["not_kept"] == {"page: two answers differ in X-Number": 5}


def test_a_change_ends_everything_and_a_late_answer_is_not_kept(lane: FastLane) -> None:
    fill(lane, PLAIN, b"old")
    assert find(lane, PLAIN) == b"old"
    slow = lane.ask({**PLAIN, "PATH_INFO": "/slow/"}, "http")
    assert slow is not None
    lane.find(slow)
    lane.changes.count = 2  # type: ignore[attr-defined]
    assert find(lane, PLAIN) is None
    slot = Slot()
    slot.kind = "test"
    lane.fill(slow, slot, "200 OK", [HTML], b"made of what was")
    assert len(lane.store) == 0
    lane.changes.count = None  # type: ignore[attr-defined]
    fill(lane, PLAIN, b"unknown")
    assert len(lane.store) == 0


def test_vary_is_learnt(lane: FastLane) -> None:
    english, german = ({**PLAIN, "HTTP_ACCEPT_LANGUAGE": one} for one in ("en", "de"))
    fill(lane, english, b"English")
    assert find(lane, german) == b"English"
    # Another page of the site says so: from then on every key tells.
    fill(lane, {**german, "PATH_INFO": "/de/"}, b"Deutsch", ("Vary", "Accept-Language"))
    assert find(lane, german) is None
    for number in range(20):
        fill(lane, PLAIN, b"x", ("Vary", f"X-{number}"))
    assert any("too many" in reason for reason in lane.report()["not_kept"])


def test_memory_stays_in_its_bound(settings: Any, monkeypatch: Any) -> None:
    import tracemalloc

    monkeypatch.setattr("ai_cms.core.lane.traffic.next_expiry", lambda now: None)
    bound = 2_000_000
    settings.AI_CMS = {"FAST_LANE_BYTES": bound}
    lane = FastLane()
    lane.changes = Counted()  # type: ignore[assignment]
    fill(lane, PLAIN, b"first")
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        for number in range(3_000):
            environ = {**PLAIN, "PATH_INFO": f"/page-{number}/", "QUERY_STRING": f"n={number}"}
            fill(lane, environ, f"{number} ".encode() * (200 + number % 300))
            if number % 3 == 0:
                find(lane, {**environ, "HTTP_ACCEPT_ENCODING": "gzip"})
        grown = tracemalloc.get_traced_memory()[0] - before
    finally:
        tracemalloc.stop()
    assert bound * 0.8 < lane.store.size <= bound
    assert grown < bound * 1.25
    assert find(lane, PLAIN) is None, "what was least recently asked for is gone"
    fill(lane, PLAIN, b"x" * bound)
    assert find(lane, PLAIN) is None, "one answer does not push out all others"


def test_store_counts_what_it_holds() -> None:
    store = AnswerStore(1_000_000)
    answer = KeptAnswer("200 OK", [HTML], b"x" * 5_000, 1)
    store.put("a", answer)
    first = store.size
    packed = answer.respond({"REQUEST_METHOD": "GET", "HTTP_ACCEPT_ENCODING": "gzip"})
    assert gzip.decompress(packed[2]) == b"x" * 5_000
    store.put("a", answer)
    assert store.size == first + packed[3]
    store.put("a", answer)
    assert (len(store), store.size) == (1, first + packed[3])
    store.clear()
    assert (len(store), store.size) == (0, 0)


@pytest.mark.parametrize(
    ("accepted", "chosen"),
    [
        ("", ""),
        ("gzip", "gzip"),
        ("GZIP;q=1.0", "gzip"),
        ("gzip;q=0", ""),
        ("*;q=0", ""),
        ("identity", ""),
        ("gzip;q=0.2, identity;q=0.5", ""),
        ("gzip;q=nonsense", ""),
        ("compress, x-gzip", ""),
    ],
)
def test_the_encoding_is_one_that_was_asked_for(accepted: str, chosen: str, monkeypatch: Any) -> None:
    monkeypatch.setattr("ai_cms.core.lane.answers.encodings", lambda: {"gzip": gzip.compress})
    _chosen_encoding.cache_clear()
    try:
        assert _chosen_encoding(accepted) == chosen
    finally:
        _chosen_encoding.cache_clear()
