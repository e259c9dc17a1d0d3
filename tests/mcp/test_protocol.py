"""Row by row what the table "MCP" of real libraries demands of one address for all revisions."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from tests.mcp.conftest import META, MODERN, Gate


@pytest.fixture
def gate(gate_of: Any, superuser: Any) -> Gate:
    found: Gate = gate_of(superuser, "write")
    return found


def error_of(answer: Any, status: int) -> Any:
    assert answer.status_code == status, answer.content
    return answer.json()["error"]


def test_the_web_process_imports_no_sdk() -> None:
    code = (
        "import os, sys; os.environ['DJANGO_SETTINGS_MODULE'] = 'tests.settings.base'; import django; django.setup(); "
        "from django.urls import resolve; resolve('/mcp/'); from ai_cms.mcp.registry import tools; tools.discover(); "
        "sys.exit(any(name.split('.')[0] in ('mcp', 'mcp_types', 'anyio') for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], timeout=120).returncode == 0


@pytest.mark.parametrize("version", ["2025-11-25", "2025-06-18", "2024-11-05"])
def test_a_handshake_gets_the_version_it_asks_for(gate: Gate, version: str) -> None:
    params = {"protocolVersion": version, "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}
    body = {"jsonrpc": "2.0", "id": "a", "method": "initialize", "params": params}
    answer = gate.post(body).json()
    assert answer["id"] == "a"
    assert answer["result"]["protocolVersion"] == version
    assert answer["result"]["instructions"]
    assert "resultType" not in answer["result"]


@pytest.mark.parametrize("version", ["2026-07-28", "1999-01-01", None, 5])
def test_a_handshake_for_another_version_gets_the_newest_there_is(gate: Gate, version: Any) -> None:
    params = {"protocolVersion": version, "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}
    answer = gate.post({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": params})
    assert answer.json()["result"]["protocolVersion"] == "2025-11-25"


def test_without_a_session_and_without_a_version_the_older_way_answers(gate: Gate) -> None:
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    for headers in ({}, {"MCP-Protocol-Version": "2025-06-18"}, {"MCP-Protocol-Version": "2025-11-25"}):
        answer = gate.post(body, **headers)
        assert answer.status_code == 200
        assert "Mcp-Session-Id" not in answer
        assert answer["Content-Type"] == "application/json"
        assert answer["Cache-Control"] == "private, no-store"


def test_the_header_alone_says_which_way(gate: Gate) -> None:
    # The envelope without the header: the older way, whose answers carry nothing of the newer.
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {"_meta": META}}
    assert "resultType" not in gate.post(body).json()["result"]
    assert "resultType" not in gate.post(body, **{"MCP-Protocol-Version": "2025-11-25"}).json()["result"]


@pytest.mark.parametrize("version", ["2030-01-01", "banana"])
def test_an_unknown_version_is_told_what_there_is_before_anything_else(gate: Gate, version: str) -> None:
    for params in ({}, {"_meta": {**META, "io.modelcontextprotocol/protocolVersion": version}}):
        body = {"jsonrpc": "2.0", "id": 7, "method": "server/discover", "params": params}
        answer = gate.post(body, **{"MCP-Protocol-Version": version})
        error = error_of(answer, 400)
        assert error["code"] == -32022
        assert error["data"]["requested"] == version
        assert error["data"]["supported"][0] == MODERN
        assert answer.json()["id"] == 7


def test_the_stateless_way_needs_its_envelope_and_its_headers(gate: Gate) -> None:
    body = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    assert error_of(gate.post(body, **{"MCP-Protocol-Version": MODERN}), 400)["code"] == -32602
    for wrong in ("", "tools/call"):
        assert error_of(gate.modern("tools/list", **{"Mcp-Method": wrong}), 400)["code"] == -32020
    named = {"name": "find_content", "arguments": {}}
    assert error_of(gate.modern("tools/call", named, **{"Mcp-Name": "read_page"}), 400)["code"] == -32020
    other = {**META, "io.modelcontextprotocol/protocolVersion": "2025-11-25"}
    assert error_of(gate.modern("tools/list", {"_meta": other}), 400)["code"] == -32020
    # A name that no header can carry is wrapped.
    wrapped = "=?base64?ZmluZF9jb250ZW50?="
    assert gate.modern("tools/call", named, **{"Mcp-Name": wrapped}).status_code == 200
    assert (
        error_of(gate.modern("tools/call", named, **{"Mcp-Name": "=?base64?ZmluZF9jb250ZW50=?="}), 400)["code"]
        == -32020
    )


def test_unknown_methods_are_never_a_server_error(gate: Gate) -> None:
    assert error_of(gate.modern("no/such"), 404)["code"] == -32601
    assert error_of(gate.legacy("no/such"), 200)["code"] == -32601
    assert gate.legacy("ping").json()["result"] == {}
    assert error_of(gate.modern("ping"), 404)["code"] == -32601
    assert error_of(gate.legacy("server/discover"), 200)["code"] == -32601
    assert error_of(gate.modern("initialize"), 404)["code"] == -32601


def test_discovery_and_the_marks_of_the_stateless_results(gate: Gate) -> None:
    found = gate.modern("server/discover").json()["result"]
    assert found["supportedVersions"] == [MODERN, "2025-11-25", "2025-06-18"]
    assert found["resultType"] == "complete"
    assert found["_meta"]["io.modelcontextprotocol/serverInfo"]["name"]
    for method in ("tools/list", "resources/list", "resources/templates/list", "server/discover"):
        result = gate.modern(method).json()["result"]
        assert (result["ttlMs"], result["cacheScope"], result["resultType"]) == (0, "private", "complete")
        if method != "server/discover":
            older = gate.legacy(method).json()["result"]
            assert not {"ttlMs", "cacheScope", "resultType", "_meta"} & older.keys()
    called = gate.modern("tools/call", {"name": "find_content", "arguments": {}}).json()["result"]
    assert called["resultType"] == "complete"
    assert "ttlMs" not in called


def test_one_answer_for_each_post_and_nothing_else(gate: Gate) -> None:
    for method in ("get", "delete", "put", "patch", "options"):
        answer = getattr(gate.client, method)("/mcp/", headers={"Authorization": f"Bearer {gate.secret}"})
        assert answer.status_code == 405
        assert answer["Allow"] == "POST"
    note = gate.post({"jsonrpc": "2.0", "method": "notifications/initialized"})
    assert (note.status_code, note.content) == (202, b"")
    # Progress is not reported, so no stream begins.
    asked = {"name": "find_content", "arguments": {}, "_meta": {**META, "progressToken": 5}}
    assert gate.modern("tools/call", asked)["Content-Type"] == "application/json"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"{", 400, -32700),
        (b"\xff", 400, -32700),
        (b'{"a": NaN}', 400, -32700),
        (b"[]", 400, -32600),
        (b'[{"jsonrpc": "2.0", "id": 1, "method": "ping"}]', 400, -32600),
        (b'"ping"', 400, -32600),
        (b'{"id": 1, "method": "ping"}', 400, -32600),
        (b'{"jsonrpc": "2.0", "id": 1}', 400, -32600),
        (b'{"jsonrpc": "2.0", "id": null, "method": "ping"}', 400, -32600),
        (b'{"jsonrpc": "2.0", "id": true, "method": "ping"}', 400, -32600),
        (b'{"jsonrpc": "2.0", "id": {}, "method": "ping"}', 400, -32600),
        (b'{"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": []}', 400, -32602),
        (b'{"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": 5}}', 200, -32602),
        (b'{"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "x", "arguments": []}}', 200, -32602),
        (b'{"jsonrpc": "2.0", "id": 1, "method": "resources/list", "params": {"cursor": "x"}}', 200, -32602),
        (b'{"jsonrpc": "2.0", "id": 1, "method": "resources/read", "params": {"uri": ["a"]}}', 200, -32002),
    ],
)
def test_what_is_no_message_is_refused_in_order(gate: Gate, body: bytes, status: int, code: int) -> None:
    answer = gate.post(body)
    assert error_of(answer, status)["code"] == code
    assert answer.json()["id"] in (1, None)


def test_a_message_that_is_too_large_or_too_deep(gate: Gate, settings: Any) -> None:
    settings.AI_CMS = {**settings.AI_CMS, "JSON_MAX_BYTES": 200}
    assert error_of(gate.post(b'{"a": "' + b"x" * 300 + b'"}'), 413)["code"] == -32600
    settings.AI_CMS = {**settings.AI_CMS, "JSON_MAX_BYTES": 100_000}
    assert error_of(gate.post(b"[" * 5_000 + b"]" * 5_000), 400)["code"] == -32700
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    assert error_of(gate.post(b'{"a": "' + b"x" * 300 + b'"}'), 413)["code"] == -32600


def test_pages_of_others_may_not_call(gate: Gate, settings: Any) -> None:
    def status(origin: str) -> int:
        code: int = gate.legacy("ping", Origin=origin).status_code
        return code

    assert status("http://testserver") == 200
    assert [status(origin) for origin in ("null", "https://evil.example", "http://testserver.evil.example")] == [
        403
    ] * 3
    settings.CSRF_TRUSTED_ORIGINS = ["https://trusted.example"]
    settings.AI_CMS = {**settings.AI_CMS, "MCP_ALLOWED_ORIGINS": ["https://tool.example"]}
    assert status("https://trusted.example") == status("https://tool.example") == 200


def test_hosts_are_djangos_to_judge_with_and_without_a_port(gate: Gate, settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["localhost", "127.0.0.1"]
    for host in ("localhost", "127.0.0.1", "localhost:8000"):
        assert gate.legacy("ping", Host=host, Origin=f"http://{host}").status_code == 200
    assert gate.legacy("ping", Host="evil.example", Origin="http://evil.example").status_code == 400


def test_only_bearer_tokens_open_it(gate: Gate, superuser: Any, settings: Any) -> None:
    for secret in ("", "aicms_unknown", "x"):
        answer = Gate(secret).legacy("ping")
        assert answer.status_code == 401
        assert answer["WWW-Authenticate"].startswith("Bearer")
    # The cookie of whoever is logged in counts for nothing.
    anonymous = Gate("")
    anonymous.client.force_login(superuser)
    assert anonymous.legacy("ping").status_code == 401
    settings.AI_CMS = {**settings.AI_CMS, "MCP_RESOURCE_METADATA_URL": "https://a.example/.well-known/x"}
    assert 'resource_metadata="https://a.example/.well-known/x"' in Gate("").legacy("ping")["WWW-Authenticate"]
    # No page of Django's stands in the way of a client that has a token and no cookie.
    strict = Gate(gate.secret)
    strict.client = type(gate.client)(enforce_csrf_checks=True)
    assert strict.legacy("ping").status_code == 200
