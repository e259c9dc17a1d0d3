"""A page drafted below another: an empty draft with its first proposal, made when the answer is there and not before."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from ai_cms.assist.admin_links import write_links
from ai_cms.assist.registry import tasks
from ai_cms.assist.services import generate_text
from ai_cms.core.exceptions import NotFound
from ai_cms.llm.models import LLMCall, Run
from ai_cms.pages import get_page_model
from ai_cms.pages.models import Proposal

from .test_admin import url, write
from .test_meanwhile import stopped_after

Page: Any = get_page_model()
pytestmark = pytest.mark.django_db(transaction=True)

DRAFT = {
    "title": "Rye bread",
    "seo_description": "Dark and sour.",
    "blocks": [
        {"type": "heading", "props": {"text": "Rye", "level": 2}},
        {"type": "rich_text", "props": {"html": "<p>Dark.</p>"}},
    ],
}


@pytest.fixture
def above(transactional_db: None, page_factory: Any) -> Any:
    return page_factory("Bread", publish=True)


@pytest.fixture
def client(api_client: Any, superuser: Any) -> Any:
    api_client.force_authenticate(superuser)
    return api_client


def ask(client: Any, **body: Any) -> Any:
    return client.post(
        "/api/ai/generate-text/", {"task": "page_draft", "payload": {"brief": "Rye bread."}, **body}, format="json"
    )


def below(page: Any) -> list[Any]:
    return list(Page.objects.filter(parent=page))


def test_by_rest(model: Callable[..., Any], client: Any, superuser: Any, above: Any) -> None:
    backend = model(DRAFT)
    answer = ask(client, parent=above.pk)
    assert answer.status_code == 200, answer.content
    made = below(above)
    assert [(page.title, page.path, page.live, page.owner) for page in made] == [
        ("Rye bread", "/bread/rye-bread/", False, superuser)
    ]
    assert made[0].content_json.blocks == []
    assert (answer.json()["page"], answer.json()["operations"][0]["op"]) == (made[0].pk, "insert")
    # The language of the new page is that of the page above.
    assert '"language": "en"' in backend.requests[0].messages[-1].text
    accepted = client.post(f"/api/proposals/{answer.json()['proposal']}/accept/", {}, format="json")
    assert accepted.status_code == 200, accepted.content
    page = Page.objects.get(pk=made[0].pk)
    assert [block["type"] for block in page.content_json.blocks] == ["heading", "rich_text"]
    assert page.seo_description == "Dark and sour."
    assert page.content_json.blocks[0]["meta"]["provenance"]["source"] == "model"


def test_in_the_background(model: Callable[..., Any], client: Any, above: Any) -> None:
    model(DRAFT)
    answer = ask(client, parent=above.pk, background=True)
    assert answer.status_code == 202, answer.content
    run = Run.objects.get()
    assert run.status == "done", run.error_detail
    assert run.result["page"] == below(above)[0].pk


def test_in_the_admin(model: Callable[..., Any], superuser: Any, above: Any) -> None:
    model(DRAFT)
    browser = Client()
    browser.force_login(superuser)
    links = [address for _label, address in write_links(browser.get(url("add")).wsgi_request, above)]
    assert links == [url("page", above.pk), url("below", above.pk)]
    # There is one task that makes pages, so that nothing is to be chosen.
    form = browser.get(url("below", above.pk)).content.decode()
    assert "New page below" in form
    assert 'name="brief"' in form
    shown = write(browser, above, "page_draft", view="below", brief="Rye bread.").content.decode()
    assert [page.title for page in below(above)] == ["Rye bread"]
    assert f"proposal/{Proposal.objects.get().pk}/change/" in shown
    assert f"{url('below', above.pk)}?task=page_draft&amp;again=" in shown


@pytest.mark.parametrize("answers", [[], [{"title": "", "blocks": []}] * 3], ids=["no answer", "no use"])
def test_without_a_result_there_is_no_page(
    model: Callable[..., Any], client: Any, above: Any, answers: list[Any]
) -> None:
    model(*answers)
    assert ask(client, parent=above.pk).status_code >= 400
    assert below(above) == []


@pytest.mark.parametrize("keep", [True, False])
def test_a_stopped_draft_keeps_the_blocks_that_had_come_if_wanted(
    model: Callable[..., Any], superuser: Any, above: Any, monkeypatch: pytest.MonkeyPatch, keep: bool
) -> None:
    model(DRAFT)
    payload = {"task": "page_draft", "payload": {"brief": "Bread of rye"}, "parent": above.pk, "keep_partial": keep}
    run, _events = stopped_after(1, superuser, monkeypatch, **payload)
    assert run.status == "cancelled"
    # The title had come too, but a draft that was stopped is named for what was asked.
    assert [page.title for page in below(above)] == ["Bread of rye"] * keep
    found = [operation["block"]["type"] for proposal in Proposal.objects.all() for operation in proposal.operations]
    assert found == ["heading"] * keep


def test_what_is_refused_costs_nothing(
    model: Callable[..., Any], client: Any, api_client: Any, editor: Any, above: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend = model()
    assert ask(client, parent=above.pk, page=above.pk).json()["parent"] == ["Name a page or a parent, not both."]
    assert ask(client, parent=above.pk, task="section_draft").json() == {
        "parent": ["This task makes no page of its own."]
    }
    assert ask(client, parent=10**12).status_code == 404
    monkeypatch.setattr(Page, "child_page_types", [])
    assert ask(client, parent=above.pk).status_code == 400
    monkeypatch.undo()
    # Who may see nothing below is not told that it is there.
    api_client.force_authenticate(editor)
    assert ask(api_client, parent=above.pk).status_code == 404
    assert backend.requests == []
    assert LLMCall.objects.count() == 0


def test_the_right_to_add_is_enough(
    model: Callable[..., Any], api_client: Any, editor: Any, above: Any, grant: Callable[..., Any]
) -> None:
    model(DRAFT)
    api_client.force_authenticate(editor)
    given = grant(above, "change")
    assert ask(api_client, parent=above.pk).status_code == 403
    given.can_add, given.can_change = True, False
    given.save()
    answer = ask(api_client, parent=above.pk)
    assert answer.status_code == 200, answer.content
    assert below(above)[0].owner == editor


def test_a_task_says_whether_it_makes_pages(client: Any) -> None:
    told = {task["name"]: task["makes_pages"] for task in client.get("/api/ai/tasks/").json()}
    assert {name for name, makes in told.items() if makes} == {"page_draft"}
    assert {name for name in tasks if tasks[name].makes_pages} == {"page_draft"}


def test_in_python_without_rights(model: Callable[..., Any], member: Any, above: Any) -> None:
    backend = model(DRAFT)
    with pytest.raises(NotFound):
        generate_text("page_draft", {"brief": "Rye."}, actor=member, parent=above)
    assert (below(above), backend.requests) == ([], [])
