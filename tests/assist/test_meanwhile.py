"""What happens to a page while a model writes: it is changed, deleted, translated, and the work is stopped or asked for twice."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any

import pytest

from ai_cms.assist.runs import HANDLER
from ai_cms.assist.services import generate_text
from ai_cms.core.exceptions import NotFound
from ai_cms.llm.exceptions import LLMCancelled
from ai_cms.llm.models import AILog, CreditAccount, LLMCall, Run
from ai_cms.llm.runs.executors.watch import execute_watched
from ai_cms.llm.runs.services import cancel_run, start_run
from ai_cms.pages import get_page_model, services
from ai_cms.pages.exceptions import ProposalStale
from ai_cms.pages.models import Proposal

Page: Any = get_page_model()
pytestmark = pytest.mark.django_db(transaction=True)

CONTENT = [
    {"id": "h1", "type": "heading", "props": {"text": "Our bread", "level": 2}},
    {"id": "t1", "type": "rich_text", "props": {"html": "<p>Baked <em>slowly</em>.</p>"}},
    {
        "id": "s1",
        "type": "section",
        "props": {"title": "Steps"},
        "children": [{"id": "h2", "type": "heading", "props": {"text": "Knead", "level": 3}}],
    },
]


@pytest.fixture
def page(transactional_db: None, page_factory: Any) -> Any:
    return page_factory("Bread", content=CONTENT)


@pytest.fixture
def writing(model: Any, settings: Any) -> Callable[..., Any]:
    """Return a function that makes the model do ``meanwhile`` before it marks every piece as rewritten."""
    settings.AI_CMS = {**settings.AI_CMS, "LLM_CREDITS": True}

    def prepare(meanwhile: Callable[[], Any]) -> Any:
        def answer(request: Any) -> Any:
            meanwhile()
            return {
                "pieces": [
                    {"key": p["key"], "text": f"NEW {p['text']}" if p["format"] == "text" else "<p>NEW</p>"}
                    for p in request.payload["pieces"]
                ]
            }

        backend = model()
        backend.script(answer)
        return backend

    return prepare


def settled() -> None:
    assert not LLMCall.objects.open().exists()
    assert all(account.reserved == 0 for account in CreditAccount.objects.all())


def test_what_a_person_changes_meanwhile_is_left_alone(writing: Any, superuser: Any, page: Any) -> None:
    def edit() -> None:
        fresh = Page.objects.get(pk=page.pk)
        services.apply_page_operations(
            fresh, [{"op": "update", "id": "t1", "props": {"html": "<p>By hand.</p>"}}], actor=superuser
        )

    writing(edit)
    outcome = generate_text("rewrite", {}, actor=superuser, page=page)
    assert outcome.proposal is not None
    assert [operation["id"] for operation in outcome.proposal.operations] == ["h1", "s1", "h2"]
    services.accept_proposal(outcome.proposal, actor=superuser)
    fresh = Page.objects.get(pk=page.pk)
    assert fresh.content_json.find("t1")["props"]["html"] == "<p>By hand.</p>"
    assert fresh.content_json.find("h1")["props"]["text"] == "NEW Our bread"
    settled()


def test_nothing_is_proposed_where_nothing_fits_any_more(writing: Any, superuser: Any, page: Any) -> None:
    def remove() -> None:
        fresh = Page.objects.get(pk=page.pk)
        services.apply_page_operations(fresh, [{"op": "remove", "id": "s1"}], actor=superuser)

    writing(remove)
    with pytest.raises(ProposalStale):
        generate_text("rewrite", {"blocks": ["s1"]}, actor=superuser, page=page)
    assert Proposal.objects.count() == 0
    assert AILog.objects.get().status == "complete"
    settled()


def test_a_page_that_is_deleted_gets_no_proposal(writing: Any, superuser: Any, page: Any) -> None:
    writing(lambda: services.delete_page(Page.objects.get(pk=page.pk), actor=superuser))
    with pytest.raises(NotFound):
        generate_text("rewrite", {}, actor=superuser, page=page)
    assert Proposal.objects.count() == 0
    settled()


def test_rights_that_are_lost_meanwhile_are_lost(writing: Any, editor: Any, page: Any, grant: Any) -> None:
    given = grant(page)
    writing(lambda: given.delete())
    run = start_run(HANDLER, {"task": "rewrite", "payload": {}, "page": page.pk}, actor=editor)
    assert (run.status, run.error_code) == ("error", "not_found")
    assert Proposal.objects.count() == 0
    settled()


def test_a_translation_follows_what_was_added_and_leaves_what_is_its_own(model: Any, superuser: Any, page: Any) -> None:
    def german(request: Any) -> Any:
        return {"pieces": [{"key": p["key"], "text": f"DE {p['text']}"} for p in request.payload["pieces"]]}

    backend = model()
    backend.script(german)
    first = generate_text("translate_page", {"language": "de"}, actor=superuser, page=page)
    assert first.proposal is not None
    services.accept_proposal(first.proposal, actor=superuser)
    linked = Page.objects.get(locale="de")
    services.apply_page_operations(
        linked,
        [
            {"op": "insert", "block": {"id": "own", "type": "heading", "props": {"text": "Nur hier"}}, "after": "h1"},
            {"op": "remove", "id": "t1"},
        ],
        actor=superuser,
    )
    page.refresh_from_db()
    services.apply_page_operations(
        page,
        [
            {"op": "insert", "block": {"id": "n1", "type": "heading", "props": {"text": "Rest"}}, "parent": "s1"},
            {"op": "update", "id": "h1", "props": {"text": "Our new bread"}},
        ],
        actor=superuser,
    )
    page.refresh_from_db()
    backend.script(german)
    second = generate_text("translate_page", {"language": "de"}, actor=superuser, page=page)
    assert second.proposal is not None
    services.accept_proposal(second.proposal, actor=superuser)
    linked.refresh_from_db()
    blocks = linked.content_json
    assert blocks.find("h1")["props"]["text"] == "DE Our new bread"
    assert blocks.find("n1")["props"]["text"] == "DE Rest"
    assert {block["id"] for block in blocks.blocks} == {"h1", "own", "t1", "s1"}


def test_rights_on_the_other_language_are_asked_first(model: Any, editor: Any, page: Any, grant: Any) -> None:
    grant(page)
    backend = model()
    with pytest.raises(NotFound):
        # The new page would stand beside this one, below a page that is not the editor's.
        generate_text("translate_page", {"language": "de"}, actor=editor, page=page)
    assert backend.requests == []


def draft(*texts: str) -> dict[str, Any]:
    return {"title": "T", "blocks": [{"type": "heading", "props": {"text": text, "level": 2}} for text in texts]}


def stopped_after(number: int, superuser: Any, monkeypatch: Any, **payload: Any) -> tuple[Run, list[dict[str, Any]]]:
    """Run a draft and cancel it as soon as so many blocks have been shown."""
    from ai_cms.llm.runs.context import RunContext

    plain = RunContext.emit

    def emit(self: Any, type: str, data: dict[str, Any]) -> int:
        result = plain(self, type, data)
        if type == "operation" and self.run.events.filter(type="operation").count() == number:
            cancel_run(self.run, actor=superuser)
            self.cancel.cancel()
        return result

    monkeypatch.setattr(RunContext, "emit", emit)
    run = start_run(HANDLER, payload, actor=superuser)
    return run, list(run.events.values("type", "data"))


def test_a_draft_that_is_stopped_keeps_what_had_come(model: Any, superuser: Any, page: Any, monkeypatch: Any) -> None:
    model(draft("One", "Two", "Three", "Four"))
    payload = {"task": "page_draft", "payload": {"brief": "x"}, "page": page.pk}
    run, events = stopped_after(2, superuser, monkeypatch, **payload)
    assert run.status == "cancelled"
    proposal = Proposal.objects.get()
    assert [operation["block"]["props"]["text"] for operation in proposal.operations] == ["One", "Two"]
    assert {"type": "proposal", "data": {"proposal": proposal.pk, "page": page.pk}} in events
    assert (proposal.provenance["source"], proposal.provenance["model"]) == ("model", "m-1")
    assert AILog.objects.get(pk=proposal.provenance["call"]).status in ("cancelled", "incomplete")
    services.accept_proposal(proposal, actor=superuser)
    settled()


def test_a_stopped_draft_leaves_nothing_where_that_is_wanted(
    model: Any, superuser: Any, page: Any, monkeypatch: Any
) -> None:
    model(draft("One", "Two", "Three"))
    payload = {"task": "page_draft", "payload": {"brief": "x"}, "page": page.pk, "keep_partial": False}
    run, _events = stopped_after(1, superuser, monkeypatch, **payload)
    assert run.status == "cancelled"
    assert Proposal.objects.count() == 0
    settled()


def test_a_rewrite_that_is_stopped_leaves_nothing(writing: Any, superuser: Any, page: Any) -> None:
    def stop() -> None:
        cancel_run(Run.objects.get(), actor=superuser)

    writing(stop)
    run = Run.objects.create(
        handler=HANDLER, user=superuser, payload={"task": "rewrite", "payload": {}, "page": page.pk}
    )
    execute_watched(run.pk)
    run.refresh_from_db()
    assert run.status == "cancelled"
    assert Proposal.objects.count() == 0
    settled()


def test_a_worker_that_was_given_up_proposes_nothing(writing: Any, superuser: Any, page: Any) -> None:
    """The sweeper has ended the run while the model still wrote: its worker must not write into it."""
    writing(lambda: Run.objects.update(attempt=99))
    start_run(HANDLER, {"task": "rewrite", "payload": {}, "page": page.pk}, actor=superuser)
    assert Proposal.objects.count() == 0


def test_a_repeated_stream_is_the_same_run(local: None, api_client: Any, superuser: Any, page: Any) -> None:
    api_client.force_authenticate(superuser)
    body = {"task": "page_draft", "payload": {"brief": "Bread\nIs good."}, "page": page.pk, "stream": True}
    answers = []
    for _ in range(3):
        answer = api_client.post("/api/ai/generate-text/", body, format="json", HTTP_IDEMPOTENCY_KEY="once")
        answers.append((answer["AI-CMS-Run"], b"".join(answer.streaming_content)))
    assert answers[0] == answers[1] == answers[2]
    assert (Run.objects.count(), Proposal.objects.count(), LLMCall.objects.count()) == (1, 1, 1)
    background = {**body, "stream": False, "background": True}
    refused = api_client.post("/api/ai/generate-text/", {**body, "task": "seo", "payload": {}}, format="json",
                              HTTP_IDEMPOTENCY_KEY="once")  # fmt: skip
    assert refused.status_code == 422, refused.content
    other = api_client.post("/api/ai/generate-text/", background, format="json", HTTP_IDEMPOTENCY_KEY="two")
    assert other.status_code == 202
    assert Run.objects.count() == 2
    bad = api_client.post("/api/ai/generate-text/", body, format="json", HTTP_IDEMPOTENCY_KEY="x" * 300)
    assert bad.status_code == 400


def test_an_error_of_the_model_is_the_last_event(model: Any, api_client: Any, superuser: Any, page: Any) -> None:
    model("no JSON", "no JSON")
    api_client.force_authenticate(superuser)
    api_client.credentials(HTTP_ACCEPT="application/x-ndjson")
    body = {"task": "page_draft", "payload": {"brief": "x"}, "page": page.pk, "stream": True}
    answer = api_client.post("/api/ai/generate-text/", body, format="json")
    events = [json.loads(line) for line in b"".join(answer.streaming_content).splitlines()]
    assert (events[-1]["event"], events[-1]["data"]["code"]) == ("error", "ai_invalid_output")
    assert Proposal.objects.count() == 0


def test_a_call_that_is_given_up_is_no_stopped_draft(model: Any, superuser: Any, page: Any) -> None:
    shown: list[Any] = []

    def leave(operation: Any) -> None:
        shown.append(operation)
        raise LLMCancelled

    model(draft("One", "Two"))
    with pytest.raises(LLMCancelled):
        generate_text("page_draft", {"brief": "x"}, actor=superuser, page=page, on_operation=leave)
    assert (len(shown), Proposal.objects.count(), threading.active_count() > 0) == (1, 0, True)
    settled()
