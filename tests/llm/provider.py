"""The fault server and backends that speak to it, for the tests of several modules."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from ai_cms.llm.backends.openai import OpenAIBackend
from ai_cms.llm.messages import LLMRequest, Message

from .fault_server import FaultServer

__all__ = ["DEADLINES", "PATIENT", "ask", "backend_for", "provider"]

# Without the package there is nothing to speak to the server with: the modules that import this one are skipped.
pytest.importorskip("openai", reason="the extra openai is not installed")

#: For calls that are meant to end by them.
DEADLINES = {"connect": 1.0, "first_byte": 0.6, "gap": 0.6, "total": 2.0}
#: For calls that are not, on a machine that does much else.
PATIENT = {"connect": 10.0, "first_byte": 20.0, "gap": 20.0, "total": 30.0}


@pytest.fixture(scope="session")
def _provider() -> Iterator[FaultServer]:
    with FaultServer() as server:
        yield server


@pytest.fixture
def provider(_provider: FaultServer, monkeypatch: pytest.MonkeyPatch) -> FaultServer:
    """Return a fault server that has seen nothing yet; calls to it are allowed."""
    from ai_cms.llm.backends.base import real_calls

    monkeypatch.setattr(real_calls, "allowed", True)
    _provider.clear()
    return _provider


def backend_for(server: FaultServer, kind: type[Any] = OpenAIBackend, **options: Any) -> Any:
    options = {"deadlines": PATIENT, "api_key": "sk-secret", "max_response_bytes": 4_000_000, **options}
    return kind(alias="fault", model="ok", base_url=server.url, **options)


def ask(model: str = "ok", text: str = "Tell me about the fox.", **options: Any) -> LLMRequest:
    return LLMRequest([Message.system("You are a test."), Message.user(text)], model=model, **options)
