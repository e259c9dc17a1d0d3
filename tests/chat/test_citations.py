"""Answers that cite what the site has published: no marker without a source, and the sources with the answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from pydantic import BaseModel
from rest_framework.test import APIClient

from ai_cms.chat.citing import Citing, kept_citations
from ai_cms.chat.models import Message, ToolApproval
from ai_cms.chat.services import continue_answer, create_conversation, decide, delete_message, send_message
from ai_cms.chat.settling import settle_run
from ai_cms.llm.backends.testing import TestingBackend
from ai_cms.llm.messages import ToolCall
from ai_cms.llm.models import Run
from ai_cms.llm.retrieval import Source, Sources
from ai_cms.llm.runs.events import append_event
from ai_cms.llm.tools.registry import Tool, ToolContext, tools
from tests.retrieval.conftest import publish, site, system  # noqa: F401

from .streams.validators import CHECKS

pytestmark = pytest.mark.django_db
Publish = Callable[..., Any]


def look(query: str, id: str = "s1") -> ToolCall:
    return ToolCall(id, "search_passages", f'{{"query": "{query}"}}')


def ask(user: Any, agent: Any, text: str = "How long does rye rise?") -> Message:
    answer: Message = send_message(create_conversation(actor=user, agent=agent), text, actor=user).answers[0]
    return answer


def events_of(answer: Message, kind: str) -> list[dict[str, Any]]:
    assert answer.run is not None
    return list(answer.run.events.filter(type=kind).order_by("seq").values_list("data", flat=True))


def shown_text(answer: Message) -> str:
    return "".join(data["text"] for data in events_of(answer, "delta"))


@pytest.fixture
def pages(publish: Publish) -> list[Any]:  # noqa: F811
    return [publish("Rye", "Rye bread rises for twelve hours."), publish("Cake", "Sugar cake is quick.")]


def test_an_answer_cites_what_was_found(ann: Any, pages: Any, tooled: Any, model: TestingBackend) -> None:
    model.script(look("sugar"), look("rye", "s2"), "Twelve hours [2] [9], says the baker [2]. Cake is quick[1].")
    answer = ask(ann, tooled("search_passages"))
    # Numbered anew as they appear; the model knew Rye as its second source.
    assert answer.content == "Twelve hours [1], says the baker [1]. Cake is quick[2]."
    assert shown_text(answer) == answer.content
    assert [(item["number"], item["title"], item["page"]) for item in answer.citations] == [
        (1, "Rye", pages[0].pk),
        (2, "Cake", pages[1].pk),
    ]
    assert answer.citations[0]["anchor"] == "p0" and answer.citations[0]["text"] == "Rye bread rises for twelve hours."
    told = events_of(answer, "citation")
    assert [data["source"] for data in told] == answer.citations
    assert [data["id"] for data in told] == [f"{answer.pk}-1", f"{answer.pk}-2"]


def test_markers_of_nothing_are_dropped_wherever_the_stream_is_cut(
    ann: Any, pages: Any, tooled: Any, model: TestingBackend
) -> None:
    model.script("I know it by heart [1], see `list[1]` [2026].")
    answer = ask(ann, tooled("search_passages"))
    assert answer.content == shown_text(answer) == "I know it by heart, see `list[1]` [2026]."
    assert answer.citations == [] and events_of(answer, "citation") == []


def test_without_the_tool_nothing_changes(ann: Any, tooled: Any, model: TestingBackend) -> None:
    model.script("As [1] says, list[2] and [")
    answer = ask(ann, tooled())
    assert answer.content == shown_text(answer) == "As [1] says, list[2] and ["
    assert answer.citations == []


def test_an_answer_of_nothing_but_dropped_markers_is_empty(
    ann: Any, pages: Any, tooled: Any, model: TestingBackend
) -> None:
    model.script("[3]")
    answer = ask(ann, tooled("search_passages"))
    assert (answer.content, answer.status) == ("", "complete")


class Nothing(BaseModel):
    pass


def test_numbers_go_on_after_a_person_was_asked(ann: Any, pages: Any, tooled: Any, model: TestingBackend) -> None:
    def work(context: ToolContext, arguments: Nothing) -> str:
        return "Erased."

    with tools.temporarily("erase", Tool("erase", work, Nothing, "Erase.", "destructive")):
        model.script(look("rye"), ToolCall("e1", "erase", "{}"), look("sugar", "s3"), "Rye [1], cake [2].")
        answer = ask(ann, tooled("search_passages", "erase"))
        assert (answer.status, answer.citations) == ("waiting", [])
        decide(ToolApproval.objects.get(), approved=True, actor=ann)
    answer.refresh_from_db()
    assert answer.content == "Rye [1], cake [2]."
    assert [item["title"] for item in answer.citations] == ["Rye", "Cake"]


def test_an_answer_that_goes_on_numbers_on(ann: Any, pages: Any, tooled: Any, model: TestingBackend) -> None:
    model.script(look("rye"), "Twelve hours [1].")
    answer = ask(ann, tooled("search_passages"))
    Message.objects.filter(pk=answer.pk).update(status="interrupted")
    answer.refresh_from_db()
    model.script(look("sugar", "s4"), "And cake [2], rye [1].")
    continue_answer(answer, actor=ann)
    answer.refresh_from_db()
    assert answer.content.startswith("Twelve hours [1].") and answer.content.endswith("And cake [2], rye [1].")
    assert [(item["number"], item["title"]) for item in answer.citations] == [(1, "Rye"), (2, "Cake")]


SOURCES = [Source(f"k{number}", f"T{number}", f"/{number}/", f"Text {number}") for number in (1, 2, 3)]


def test_a_model_that_begins_anew_cites_anew(ann: Any, talk: Any) -> None:
    citing = Citing(Message(citations=Sources(SOURCES[:1]).to_json()))
    citing.is_on = True
    for source in SOURCES:
        citing.found.add(source)
    citing.begin()
    assert citing.feed("A [3].") == "A [2]."
    assert [data["source"]["title"] for data in citing.news()] == ["T3"]
    citing.begin_anew()
    assert citing.feed("B [2].") == "B [2]."
    assert [data["source"]["title"] for data in citing.news()] == ["T2"]
    assert [item["title"] for item in citing.cited.to_json()] == ["T1", "T2"]


def test_what_a_killed_process_had_cited_stays(ann: Any, talk: Any, parked: Any) -> None:
    answer = send_message(talk, "Hello", actor=ann).answers[0]
    run = answer.run
    assert run is not None
    rows = Sources(SOURCES).to_json()
    Message.objects.filter(pk=answer.pk).update(status="streaming", content="One [1], ", citations=rows[:1])
    mine = Run.objects.filter(pk=run.pk)
    append_event(mine, run.pk, "delta", {"text": "two [2]"})
    for number, key in ((2, answer.pk), (3, answer.pk), (1, talk.pk)):
        append_event(mine, run.pk, "citation", {"id": f"{key}-{number}", "source": rows[number - 1]})
    mine.update(status="interrupted")
    run.refresh_from_db()
    assert settle_run(run) == 1
    answer.refresh_from_db()
    assert (answer.content, [item["title"] for item in answer.citations]) == ("One [1], two [2]", ["T1", "T2"])
    assert kept_citations(Message(content="None."), []) == []


@pytest.mark.parametrize("name", ["ai-sdk", "ag-ui"])
def test_other_clients_are_told(
    ann: Any, pages: Any, tooled: Any, model: TestingBackend, client_of: Any, name: str
) -> None:
    model.script(look("rye"), "Twelve hours [1].")
    answer = ask(ann, tooled("search_passages"))
    api: APIClient = client_of(ann)
    page = api.get(f"/api/messages/{answer.pk}/events/?protocol={name}&poll=true").json()
    found = [frame["part"] for frame in page["frames"]]
    CHECKS[name](found)
    [told] = [part for part in found if "citation" in (part["type"], part.get("name"), part["type"][5:])]
    assert "Rye bread rises for twelve hours." in str(told)
    assert api.get(f"/api/messages/{answer.pk}/").json()["citations"] == answer.citations


def test_the_page_shows_them_with_a_link_to_the_block(ann: Any, pages: Any, tooled: Any, model: TestingBackend) -> None:
    model.script(look("rye"), "Twelve hours [1].")
    answer = ask(ann, tooled("search_passages"))
    client = Client()
    client.force_login(ann)
    html = client.get(f"/chat/c/{answer.conversation_id}/").content.decode()
    assert '<li value="1"><a href="' in html and "/rye/" in answer.citations[0]["url"]
    assert "<q>Rye bread rises for twelve hours.</q>" in html
    delete_message(answer, actor=ann)
    assert "twelve hours" not in client.get(f"/chat/c/{answer.conversation_id}/").content.decode()
