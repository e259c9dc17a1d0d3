"""Fixtures for the tests of chat: people, clients, and models that answer as told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from ai_cms.chat import get_agent_model
from ai_cms.chat.services import create_agent, create_conversation
from ai_cms.llm.backends.testing import TestingBackend
from ai_cms.llm.handler import llms
from tests.conftest import make_user
from tests.llm.conftest import all_seats_free  # noqa: F401


@pytest.fixture
def ann(db: None) -> Any:
    return make_user("ann")


@pytest.fixture
def bob(db: None) -> Any:
    return make_user("bob")


@pytest.fixture
def client_of() -> Callable[[Any], APIClient]:
    """Return a function that makes an API client of a user."""

    def make(user: Any) -> APIClient:
        client = APIClient()
        client.force_authenticate(user)
        return client

    return make


@pytest.fixture
def model(settings: Any) -> TestingBackend:
    """Return a model that answers what it is told to, at once."""
    settings.AI_CMS = {
        "LLM": {
            "default": {"BACKEND": "ai_cms.llm.backends.testing.TestingBackend", "MODEL": "m-1"},
            "other": {"BACKEND": "ai_cms.llm.backends.testing.TestingBackend", "MODEL": "m-2"},
            "local": {"BACKEND": "ai_cms.llm.backends.local.LocalBackend"},
        },
        "RUNNER": "inline",
        "CHAT_WAIT_SECONDS": 10,
    }
    backend: Any = llms["default"]
    found: TestingBackend = backend
    return found


@pytest.fixture
def parked(model: TestingBackend, settings: Any) -> TestingBackend:
    """Return a model whose runs wait until they are carried out by hand."""
    settings.AI_CMS = {**settings.AI_CMS, "RUNNER": "tests.llm.test_runs.Parked"}
    backend: Any = llms["default"]
    found: TestingBackend = backend
    return found


@pytest.fixture
def agent(ann: Any, model: TestingBackend) -> Any:
    return create_agent(actor=ann, name="Gardener", system_prompt="You know plants.")


@pytest.fixture
def talk(ann: Any, agent: Any) -> Any:
    """Return a conversation of Ann with the gardener."""
    return create_conversation(actor=ann, agent=agent)


@pytest.fixture
def tooled(ann: Any, model: TestingBackend) -> Callable[..., Any]:
    """Return a function that makes an agent of Ann's with tools."""

    def make(*names: str, **values: Any) -> Any:
        agent = create_agent(actor=ann, name=f"Agent {get_agent_model().objects.count()}", **values)
        # Straight into the row: tests register tools for a moment.
        agent.tools = list(names)
        agent.save()
        return agent

    return make
