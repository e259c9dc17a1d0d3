"""The tool by which a model looks passages up."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from ai_cms.core.permissions import Actor
from ai_cms.llm.retrieval import Sources
from ai_cms.llm.tools import ToolContext, available_tools, execute_tool
from ai_cms.pages import services

pytestmark = pytest.mark.django_db


def run(context: ToolContext, **arguments: Any) -> Any:
    result = execute_tool("search_passages", json.dumps(arguments), context)
    assert result.ok, result.text
    return json.loads(result.text)


def test_it_answers_with_numbered_sources(publish: Callable[..., Any], member: Any) -> None:
    page = publish("Rye", "Rye bread rises slowly.")
    answer = run(ToolContext(Actor.of(member)), query="How does rye bread rise?")
    assert answer["sources"] == [{"number": 1, "page": page.pk, "place": "Rye", "text": "Rye bread rises slowly."}]
    assert "Cite" in answer["note"]


def test_it_says_that_it_found_nothing(publish: Callable[..., Any], member: Any) -> None:
    publish("Rye", "Rye bread rises slowly.")
    answer = run(ToolContext(Actor.of(member)), query="football championship")
    assert answer == {"sources": [], "note": "Nothing published here is about this. Say so; do not answer from memory."}


def test_numbers_go_on_in_the_sources_of_the_answer(publish: Callable[..., Any], member: Any) -> None:
    publish("Rye", "Rye bread."), publish("Cake", "Sugar cake.")
    sources = Sources()
    context = ToolContext(Actor.of(member), extra={"sources": sources, "host": "testserver"})
    assert [row["number"] for row in run(context, query="rye")["sources"]] == [1]
    assert [row["number"] for row in run(context, query="sugar")["sources"]] == [2]
    assert [row["number"] for row in run(context, query="rye bread")["sources"]] == [1]
    assert [source.title for source in sources] == ["Rye", "Cake"]


def test_it_looks_on_the_site_of_the_conversation(publish: Callable[..., Any], member: Any) -> None:
    other = services.create_site(hostname="other.example", name="Other", title="Home")
    publish("Elsewhere", "Rye bread.", parent=other.root)
    assert run(ToolContext(Actor.of(member), extra={"host": "testserver"}), query="rye")["sources"] == []
    found = run(ToolContext(Actor.of(member), extra={"host": "other.example:443"}), query="rye")["sources"]
    assert [row["place"] for row in found] == ["Elsewhere"]


def test_it_is_a_reading_tool_for_whoever_may_read(member: Any) -> None:
    assert "search_passages" in {tool.name for tool in available_tools(Actor.of(member))}
    assert available_tools(Actor(user=member, scopes=frozenset()), ["search_passages"]) == []
    result = execute_tool("search_passages", '{"query": ""}', ToolContext(Actor.of(member)))
    assert not result.ok
    assert "not valid" in result.text
