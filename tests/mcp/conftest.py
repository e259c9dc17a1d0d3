"""Fixtures for the tests of the MCP server."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from ai_cms.core.agents import create_agent, create_agent_token
from ai_cms.core.permissions import Actor
from ai_cms.pages import services
from ai_cms.pages.models import Site

MODERN = "2026-07-28"
META = {
    "io.modelcontextprotocol/protocolVersion": MODERN,
    "io.modelcontextprotocol/clientInfo": {"name": "tests", "version": "1"},
    "io.modelcontextprotocol/clientCapabilities": {},
}
_NAMED = {"tools/call": "name", "resources/read": "uri"}


class Gate:
    """Send messages to the server as a client does, by hand."""

    def __init__(self, secret: str) -> None:
        self.secret = secret
        self.client = Client()

    def post(self, body: Any, **headers: str) -> Any:
        found = {"Authorization": f"Bearer {self.secret}"} if self.secret else {}
        return self.client.post(
            "/mcp/",
            body if isinstance(body, str | bytes) else json.dumps(body),
            content_type="application/json",
            headers={**found, **headers},
        )

    def legacy(self, method: str, params: Any = None, **headers: str) -> Any:
        body: dict[str, Any] = {"jsonrpc": "2.0", "id": 1, "method": method}
        if params is not None:
            body["params"] = params
        return self.post(body, **{"MCP-Protocol-Version": "2025-11-25", **headers})

    def modern(self, method: str, params: Any = None, *, abilities: Any = None, **headers: str) -> Any:
        params = dict(params or {})
        meta = META if abilities is None else {**META, "io.modelcontextprotocol/clientCapabilities": abilities}
        params.setdefault("_meta", meta)
        sent = {"MCP-Protocol-Version": MODERN, "Mcp-Method": method}
        if method in _NAMED and _NAMED[method] in params:
            sent["Mcp-Name"] = params[_NAMED[method]]
        return self.post({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}, **{**sent, **headers})

    def call(self, name: str, /, *, wrong: bool = False, modern: bool = True, **arguments: Any) -> Any:
        """Call a tool and return what it answers, read from its JSON where it is one."""
        send = self.modern if modern else self.legacy
        answer = send("tools/call", {"name": name, "arguments": arguments})
        assert answer.status_code == 200, answer.content
        result = answer.json()["result"]
        text = result["content"][0]["text"]
        assert result["isError"] is wrong, text
        return text if wrong else json.loads(text)


@pytest.fixture
def system() -> Actor:
    return Actor.system("tests")


@pytest.fixture
def site(db: None) -> Site:
    return services.create_site(hostname="testserver", name="Test site", title="Home")


@pytest.fixture
def root(site: Site) -> Any:
    return site.root


def paragraph(text: str) -> dict[str, Any]:
    return {"type": "rich_text", "props": {"html": f"<p>{text}</p>"}}


def heading(text: str = "Bread") -> dict[str, Any]:
    return {"type": "heading", "props": {"text": text, "level": 2}}


@pytest.fixture
def page(root: Any, system: Actor) -> Any:
    return services.create_page(actor=system, parent=root, title="Rye", content=[heading()])


@pytest.fixture
def gate_of(db: None) -> Callable[..., Gate]:
    """Return a function that makes a client of an agent of a user, who has ``scope``."""

    def make(user: Any, scope: str = "propose", **options: Any) -> Gate:
        agent = create_agent(user, name=options.pop("name", "Scribe"), scope=scope, **options)
        return Gate(create_agent_token(agent)[1])

    return make
