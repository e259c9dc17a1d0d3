"""No malformed input breaks a request or a later one: no 5xx, no poison row, one second at most."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from django.test import Client

from ai_cms.core.models import RuntimeFlag

pytestmark = pytest.mark.django_db

DEEP = 100_000
BODIES: dict[str, bytes] = {
    "empty": b"",
    "space": b"   ",
    "nothing": b"null",
    "number": b"1",
    "string": b'"text"',
    "true": b"true",
    "list": b"[]",
    "list of lists": b"[[[]]]",
    "open object": b"{",
    "open list": b"[1,",
    "open string": b'{"name": "a',
    "two values": b"{} {}",
    "trailing comma": b'{"name": "a",}',
    "single quotes": b"{'name': 'a'}",
    "comment": b'{"name": "a" /* c */}',
    "bare word": b"{name: 1}",
    "NaN": b'{"name": NaN}',
    "Infinity": b'{"enabled": Infinity}',
    "minus Infinity": b'{"enabled": -Infinity}',
    "huge float": b'{"name": 1e999}',
    "huge int": b'{"name": ' + b"9" * 5_000 + b"}",
    "int beyond 64 bits": b'{"name": 9223372036854775808}',
    "int below 64 bits": b'{"name": -9223372036854775809}',
    "long float": b'{"name": 0.' + b"1" * 100_000 + b"}",
    "duplicate key": b'{"name": "a", "name": "b"}',
    "duplicate key below": b'{"name": {"a": 1, "a": 2}}',
    "escaped duplicate": b'{"name": "a", "n\\u0061me": "b"}',
    "NUL escape": b'{"name": "a\\u0000b"}',
    "NUL in key": b'{"na\\u0000me": "a"}',
    "raw NUL": b'{"name": "a\x00b"}',
    "control character": b'{"name": "a\x01b"}',
    "lone high surrogate": b'{"name": "\\ud800"}',
    "lone low surrogate": b'{"name": "\\udc00x"}',
    "surrogates reversed": b'{"name": "\\udc00\\ud800"}',
    "surrogate in key": b'{"\\ud800": 1}',
    "surrogate in UTF-8": b'{"name": "\xed\xa0\x80"}',
    "invalid UTF-8": b'{"name": "\xff\xfe"}',
    "overlong UTF-8": b'{"name": "\xc0\xaf"}',
    "Latin-1": '{"name": "é"}'.encode("latin-1"),
    "UTF-16": '{"name": "a"}'.encode("utf-16"),
    "UTF-32": '{"name": "a"}'.encode("utf-32"),
    "BOM": b'\xef\xbb\xbf{"name": "bom"}',
    "deep lists": b'{"name": ' + b"[" * DEEP + b"]" * DEEP + b"}",
    "deep objects": b'{"a":' * DEEP + b"1" + b"}" * DEEP,
    "deep and open": b"[" * DEEP,
    "a bit too deep": b'{"name": ' + b"[" * 150 + b"]" * 150 + b"}",
    "many keys": json.dumps({f"k{number}": 0 for number in range(100_001)}).encode(),
    "many small objects": b"[" + b",".join([b'{"a":1}'] * 100_001) + b"]",
    "long string": b'{"name": "' + b"a" * 1_000_001 + b'"}',
    "long key": b'{"' + b"k" * 1_000_001 + b'": 1}',
    "too large": b'{"name": "' + b"a" * 2_000_001 + b'"}',
    "larger than Django takes": b'{"name": "' + b"a" * 3_000_000 + b'"}',
    "name is a list": b'{"name": ["a"]}',
    "name is an object": b'{"name": {"a": 1}}',
    "name is null": b'{"name": null}',
    "name is a number": b'{"name": 5}',
    "name too long": b'{"name": "' + b"a" * 51 + b'"}',
    "bool is text": b'{"name": "a", "enabled": "perhaps"}',
    "bool is a list": b'{"name": "a", "enabled": [1]}',
    "bool is an object": b'{"name": "a", "enabled": {}}',
    "right-to-left": '{"name": "‮abc"}'.encode(),
    "emoji": '{"name": "🙂"}'.encode(),
    "many words of a key": b'{"__proto__": {"a": 1}, "constructor": 1}',
    "HTML": b"<html></html>",
    "XML bomb": b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
    "form": b"name=a&enabled=1",
    "pickle": b"\x80\x04\x95\x00\x00\x00\x00",
    "gzip": b"\x1f\x8b\x08\x00",
    "random bytes": bytes(range(256)),
}
MEDIA_TYPES = {
    "none": "",
    "text": "text/plain",
    "XML": "application/xml",
    "wild": "*/*",
    "nonsense": "a",
    "slashes": "/////",
    "two": "application/json, text/plain",
    "UTF-16": "application/json; charset=utf-16",
    "compressing charset": "application/json; charset=bz2_codec",
    "unknown charset": "application/json; charset=nope",
    "quoted charset": 'application/json; charset="utf-7"',
    "long": "application/json; a=" + "b" * 5_000,
    "multipart without boundary": "multipart/form-data",
    "multipart with an odd boundary": "multipart/form-data; boundary=\xff",
    "multipart with a long boundary": "multipart/form-data; boundary=" + "b" * 500,
    "form": "application/x-www-form-urlencoded",
}
QUERIES = {
    "NUL": "name=%00",
    "NUL in a name": "%00=1",
    "surrogate": "name=%ED%A0%80",
    "invalid UTF-8": "name=%FF%FE",
    "half an escape": "name=%",
    "raw bytes": "name=\xff",
    "long": "search=" + "a" * 2_001,
    "long name": "a" * 300 + "=1",
    "many": "&".join(f"a{number}=1" for number in range(1_100)),
    "many words": "search=" + "+".join("abcdefghijklmnopqrst"),
    "quotes": "search='%22%22'%22",
    "page zero": "page=0",
    "page minus": "page=-1",
    "page text": "page=abc",
    "page huge": "page=" + "9" * 100,
    "page very huge": "page=" + "9" * 1_900,
    "page float": "page=1.5",
    "page superscript": "page=%C2%B2",
    "page twice": "page=1&page=2",
    "size zero": "page_size=0",
    "size minus": "page_size=-1",
    "size text": "page_size=ten",
    "size huge": "page_size=" + "9" * 1_900,
    "size Arabic": "page_size=%D9%A3",
    "ordering unknown": "ordering=password",
    "ordering through relations": "ordering=user__password",
    "filter with a huge id": "id=" + "9" * 30,
    "filter with an exponent": "id=1e400",
    "filter with NaN": "id=NaN",
    "filter with a very large exponent": "id=1e999999999",
    "bool filter": "enabled=perhaps",
    "format": "format=xml",
    "nothing": "&&&===",
    "semicolons": "a;b;c",
}
PATHS = [
    "9223372036854775808",
    "99999999999999999999999999",
    "9" * 1_900,
    "-1",
    "0",
    "abc",
    "%00",
    "1%00",
    "%ED%A0%80",
    "%FF",
    "%D9%A3",
    "%C2%B2",
    "1e5",
    "..",
    "%2e%2e%2f",
    "a" * 2_500,
    "None",
    "1,2",
    "*",
]


@pytest.fixture
def browser(member: Any, flag_policy: Any) -> Client:
    RuntimeFlag.objects.create(name="first")
    client = Client()
    client.force_login(member)
    return client


def healthy(client: Client, began: float, response: Any, allowed: set[int] | None = None) -> None:
    # In seconds of CPU; what grows with the square of an input takes minutes.
    assert time.process_time() - began < 3
    assert response.status_code < 500
    if allowed:
        assert response.status_code in allowed, response.content[:200]
    if response.status_code >= 400 and response["Content-Type"] == "application/json":
        assert isinstance(response.json(), dict)
    # The lists that read what was written still work.
    after = client.get("/t/flags/")
    assert after.status_code == 200
    assert b"\\u0000" not in after.content


# All views have the same parser.
@pytest.mark.parametrize("name", BODIES)
@pytest.mark.parametrize(
    "url", ["/t/flags/", *(pytest.param(f"/t/{name}/", marks=pytest.mark.stress) for name in ("echo", "list", "write"))]
)
def test_bodies(browser: Client, url: str, name: str) -> None:
    began = time.process_time()
    response = browser.generic("POST", url, BODIES[name], content_type="application/json")
    healthy(browser, began, response, {200, 201, 400, 413})


@pytest.mark.parametrize("name", BODIES)
def test_bodies_as_forms(browser: Client, name: str) -> None:
    for media_type in ("application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        began = time.process_time()
        response = browser.generic("POST", "/t/echo/", BODIES[name], content_type=media_type)
        healthy(browser, began, response, {201, 400, 413})


PART = b'--x\r\nContent-Disposition: form-data; name="a"'
MULTIPARTS = {
    "no end": PART + b"\r\n\r\nb",
    "only the end": b"--x--",
    "NUL in a name": b'--x\r\nContent-Disposition: form-data; name="a\x00"\r\n\r\nb\r\n--x--',
    "NUL in a value": PART + b"\r\n\r\na\x00b\r\n--x--",
    "surrogate in a value": PART + b"\r\n\r\n\xed\xa0\x80\r\n--x--",
    "invalid UTF-8": PART + b"\r\n\r\n\xff\r\n--x--",
    "odd file name": PART + b'; filename="../../a\x00.txt"\r\n\r\nb\r\n--x--',
    "file name of dots": PART + b'; filename=".."\r\n\r\nb\r\n--x--',
    "file name in another charset": PART + b"; filename*=bz2_codec''a\r\n\r\nb\r\n--x--",
    "broken base64": PART + b"\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!\r\n--x--",
    "charset of a part": PART + b"\r\nContent-Type: text/plain; charset=bz2_codec\r\n\r\nb\r\n--x--",
    "no name": b"--x\r\nContent-Disposition: form-data\r\n\r\nb\r\n--x--",
    "no disposition": b"--x\r\n\r\nb\r\n--x--",
    "huge header": PART + b"\r\nX: " + b"a" * 200_000 + b"\r\n\r\nb\r\n--x--",
    "many fields": (PART + b"\r\n\r\nb\r\n") * 1_100 + b"--x--",
    "many files": (PART + b'; filename="a"\r\n\r\nb\r\n') * 200 + b"--x--",
    "large field": PART + b"\r\n\r\n" + b"b" * 3_000_000 + b"\r\n--x--",
    "a file in place of a field": b'--x\r\nContent-Disposition: form-data; name="a"; filename="b"\r\n\r\nc\r\n--x--',
}


@pytest.mark.parametrize("name", MULTIPARTS)
@pytest.mark.parametrize("key", [None, "key-1"])
def test_multiparts(browser: Client, name: str, key: str | None) -> None:
    headers = {} if key is None else {"Idempotency-Key": key}
    began = time.process_time()
    response = browser.generic(
        "POST", "/t/echo/", MULTIPARTS[name], content_type="multipart/form-data; boundary=x", headers=headers
    )
    healthy(browser, began, response, {201, 400, 413})


@pytest.mark.parametrize("name", MEDIA_TYPES)
@pytest.mark.parametrize("url", ["/t/flags/", "/t/echo/"])
@pytest.mark.parametrize("key", [None, "key-1"])
def test_media_types(browser: Client, url: str, name: str, key: str | None) -> None:
    headers = {} if key is None else {"Idempotency-Key": key}
    began = time.process_time()
    response = browser.generic("POST", url, b'{"name": "a"}', content_type=MEDIA_TYPES[name], headers=headers)
    healthy(browser, began, response, {201, 400, 415})
    began = time.process_time()
    healthy(browser, began, browser.generic("GET", "/t/flags/?search=a", content_type=MEDIA_TYPES[name]))


@pytest.mark.parametrize("name", QUERIES)
@pytest.mark.parametrize("url", ["/t/flags/", "/t/echo/", "/api/schema/"])
def test_queries(browser: Client, url: str, name: str) -> None:
    # What a process makes once, as the schema of all views, is no input's doing.
    browser.get(url)
    began = time.process_time()
    response = browser.get(url, QUERY_STRING=QUERIES[name])
    healthy(browser, began, response, {200, 400, 404})


@pytest.mark.parametrize("value", PATHS)
def test_paths(browser: Client, value: str) -> None:
    for url in (f"/t/flags/{value}/", f"/t/int/{value}/"):
        for method in ("get", "delete", "post"):
            began = time.process_time()
            response = getattr(browser, method)(url)
            healthy(browser, began, response)
            if "flags" in url and method != "post":
                assert response.status_code == 404


HEADERS = {
    "HTTP_AUTHORIZATION": [
        "Bearer",
        "Bearer ",
        "Bearer \xff",
        "Bearer " + "a" * 9_000,
        "Basic x",
        "Bearer aicms_x",
        "\x00",
    ],
    "HTTP_IDEMPOTENCY_KEY": ["", "\x00", "é", "a" * 256, "\x7f", "a\tb"],
    "HTTP_IF_MATCH": ["", "12", '"v12', '"v-1"', '"v' + "9" * 400 + '"', '"v1", "v2"', "\x00", '"v²"', "é"],
    "HTTP_ACCEPT": ["", "a", "*/*;q=x", "text/html" * 2_000, "/", "application/json;;;=", "\x00"],
    "HTTP_X_FORWARDED_FOR": ["\x00", "a" * 9_000, ",,,", "::::", "1.2.3.4:99999999"],
    "HTTP_ACCEPT_LANGUAGE": ["a" * 600, "\x00", "de;q=9", ",,,,"],
    "HTTP_X_HTTP_METHOD_OVERRIDE": ["DELETE", "\x00"],
    "CONTENT_LENGTH": ["", "abc", "-1", "9" * 30],
}


@pytest.mark.parametrize("name", HEADERS)
def test_headers(browser: Client, name: str) -> None:
    for value in HEADERS[name]:
        for url in ("/t/version/", "/t/flags/", "/t/limited/"):
            began = time.process_time()
            response = browser.post(url, b'{"name": "a"}', content_type="application/json", **{name: value})
            healthy(browser, began, response)


@pytest.mark.parametrize("method", ["OPTIONS", "TRACE", "CONNECT", "PROPFIND", "head", "G\xe9T"])
def test_methods(browser: Client, method: str) -> None:
    for url in ("/t/flags/", "/t/echo/"):
        healthy(browser, time.process_time(), browser.generic(method, url))
