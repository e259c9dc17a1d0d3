"""docs/how-to/retrieve-and-cite.md: an answer from the site, as a host writes it, and as a model with tools does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ai_cms.core.permissions import Actor
from ai_cms.llm.backends.testing import TestingBackend
from ai_cms.llm.citations import check_citations
from ai_cms.llm.gateway import call
from ai_cms.llm.messages import LLMRequest, Message, ToolCall
from ai_cms.llm.retrieval import Sources, current_sources, retrieve
from ai_cms.llm.tools import ToolContext, available_tools, run_tools
from ai_cms.pages import services

pytestmark = pytest.mark.django_db


def test_an_answer_from_the_site(
    testing_llm: TestingBackend, publish: Callable[..., Any], member: Any, system: Actor
) -> None:
    publish("Wheat", "Wheat bread rises for two hours.")
    page = publish("Rye", "Rye bread rises for twelve hours.")
    sources = Sources()
    retrieve("How long does rye bread rise?", actor=member, host="testserver", into=sources)
    assert (
        sources.prompt() == "[1] Rye\nRye bread rises for twelve hours.\n\n[2] Wheat\nWheat bread rises for two hours."
    )
    testing_llm.script("Twelve hours [1], I have read elsewhere ten [7].")
    result = call(LLMRequest([Message.user(sources.prompt())]), actor=member)
    answer = check_citations(result.text, sources)
    assert answer.text == "Twelve hours [1], I have read elsewhere ten."
    stored = answer.sources.to_json()
    assert [(row["number"], row["page"], row["version"], row["anchor"]) for row in stored] == [(1, page.pk, 1, "p0")]
    services.unpublish_page(page, actor=system)
    assert current_sources(list(answer.sources), actor=member) == []


def test_a_model_with_tools_looks_up_and_cites(
    testing_llm: TestingBackend, publish: Callable[..., Any], member: Any
) -> None:
    publish("Rye", "Rye bread rises for twelve hours.")
    sources = Sources()
    actor = Actor.of(member)
    testing_llm.script(ToolCall("1", "search_passages", '{"query": "rye bread"}'), "Twelve hours [1][2].")
    done = run_tools(
        lambda request: call(request, actor=actor).response,
        LLMRequest([Message.user("How long does rye rise?")]),
        ToolContext(actor, extra={"sources": sources, "host": "testserver"}),
        available_tools(actor, ["search_passages"]),
    )
    assert check_citations(done.response.text, sources).text == "Twelve hours [1]."
