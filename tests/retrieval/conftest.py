"""Fixtures for the tests of retrieval: a site, pages of text, and a model whose vectors are the words of a text."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from ai_cms.core.permissions import Actor
from ai_cms.llm.backends.testing import TestingBackend
from ai_cms.llm.handler import llms
from ai_cms.llm.messages import EmbeddingResponse, Usage
from ai_cms.pages import services
from ai_cms.pages.models import Site
from ai_cms.retrieval.search import pgvector

#: What stands for the meaning of a word here; a word of no row has none.
MEANINGS = [
    {"bread", "loaf", "loaves", "baking"},
    {"refund", "money", "payment", "returns"},
    {"opening", "hours", "monday", "closed"},
    {"garden", "plants", "roses", "soil"},
]


class MeaningBackend(TestingBackend):
    """Vectors of the meanings of words, so that a test knows what is near what."""

    def _embed(self, texts: list[str], **options: Any) -> EmbeddingResponse:
        answer = super()._embed(texts, **options)
        return EmbeddingResponse(tuple(map(meaning, texts)), len(MEANINGS) + 1, Usage(7, 0), answer.model, "test")


def meaning(text: str) -> tuple[float, ...]:
    words = re.findall(r"\w+", text.lower())
    counts = [float(sum(word in row for word in words)) for row in MEANINGS]
    return (*counts, 0.01)


@pytest.fixture
def system() -> Actor:
    return Actor.system("tests")


@pytest.fixture
def site(db: None) -> Site:
    return services.create_site(hostname="testserver", name="Test site", title="Home")


@pytest.fixture
def publish(site: Site, system: Actor) -> Callable[..., Any]:
    """Return a function that publishes a page with blocks, or with paragraphs."""

    def make(title: str, *content: Any, parent: Any = None, **options: Any) -> Any:
        blocks = [
            item
            if isinstance(item, dict)
            else {"id": f"p{number}", "type": "rich_text", "props": {"html": f"<p>{item}</p>"}}
            for number, item in enumerate(content)
        ]
        return services.create_page(
            title=title, parent=parent or site.root, content=blocks, actor=system, publish=True, **options
        )

    return make


@pytest.fixture
def model(settings: Any) -> Any:
    """Have vectors made by a MeaningBackend, at once."""
    settings.AI_CMS = {
        "LLM": {
            "default": {"BACKEND": "ai_cms.llm.backends.local.LocalBackend"},
            "vectors": {"BACKEND": "tests.retrieval.conftest.MeaningBackend", "MODEL": "meaning-1"},
        },
        "RETRIEVAL_ALIAS": "vectors",
        "RUNNER": "inline",
    }
    backend = llms["vectors"]
    yield backend
    llms.clear()


@pytest.fixture(autouse=True)
def _ask_for_the_extension_again() -> Any:
    pgvector.forget()
    yield
    pgvector.forget()
