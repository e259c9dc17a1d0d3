"""For the tests of projects: no test reaches a real provider unless it says so.

Active wherever ai_cms is installed. A test that may call ``@pytest.mark.real_llm_calls`` or uses the fixture
``allow_real_llm_calls``. The fixture ``testing_llm`` makes every alias a
:class:`~ai_cms.llm.backends.testing.TestingBackend`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from ai_cms.llm.backends.testing import TestingBackend

__all__ = ["allow_real_llm_calls", "forbid_real_llm_calls", "pytest_configure", "testing_llm"]


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "real_llm_calls: the test may reach a real provider of language models")


@pytest.fixture(autouse=True)
def forbid_real_llm_calls(request: pytest.FixtureRequest) -> Iterator[None]:
    """Make a call to a real provider raise RealCallForbidden, unless the test is marked."""
    from ai_cms.llm.backends.base import real_calls

    before = real_calls.allowed
    real_calls.allowed = request.node.get_closest_marker("real_llm_calls") is not None
    yield
    real_calls.allowed = before


@pytest.fixture
def allow_real_llm_calls(forbid_real_llm_calls: None) -> Iterator[None]:
    """Let the test reach real providers, or a server of its own on this machine."""
    from ai_cms.llm.backends.base import real_calls

    real_calls.allowed = True
    yield
    real_calls.allowed = False


@pytest.fixture
def testing_llm(settings: Any) -> TestingBackend:
    """Answer for every alias of ``AI_CMS["LLM"]`` by the one TestingBackend that is returned."""
    from ai_cms.llm.backends.testing import TestingBackend
    from ai_cms.llm.handler import llms

    entry = {"BACKEND": "ai_cms.llm.backends.testing.TestingBackend", "MODEL": "testing"}
    configured = getattr(settings, "AI_CMS", {})
    settings.AI_CMS = {**configured, "LLM": dict.fromkeys(("default", *configured.get("LLM", {})), entry)}
    backend = TestingBackend(alias="default", model="testing")
    for alias in llms:
        llms.use(alias, backend)
    return backend
