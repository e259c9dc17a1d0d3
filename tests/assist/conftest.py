"""Fixtures for the tests of assist: a site, and models that answer as told."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from ai_cms.llm.handler import llms
from tests.llm.conftest import all_seats_free  # noqa: F401
from tests.pages.conftest import *  # noqa: F403


@pytest.fixture
def local(settings: Any) -> None:
    """Use the backend that works by rules."""
    settings.AI_CMS = {
        "LLM": {"default": {"BACKEND": "ai_cms.llm.backends.local.LocalBackend"}},
        "RUNNER": "inline",
    }


@pytest.fixture
def model(settings: Any) -> Callable[..., Any]:
    """Return a function that makes the default alias answer with these texts (or objects, as JSON), one a call."""
    settings.AI_CMS = {
        "LLM": {"default": {"BACKEND": "ai_cms.llm.backends.testing.TestingBackend", "MODEL": "m-1"}},
        "LLM_CREDITS": False,
        "RUNNER": "inline",
    }

    def answers(*texts: Any) -> Any:
        backend = llms["default"]
        backend.script(*[text if isinstance(text, str) else json.dumps(text) for text in texts])
        return backend

    return answers
