"""Vectors: made after publishing, once for the same words, by the model that was asked, and never in a transaction."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, connections, transaction
from django.utils import timezone

from ai_cms.core.permissions import Actor
from ai_cms.llm.exceptions import LLMUnavailable
from ai_cms.llm.handler import llms
from ai_cms.llm.models import Run, RunStatus
from ai_cms.pages import services
from ai_cms.retrieval.exceptions import WrongEmbeddings
from ai_cms.retrieval.models import Passage, Vector
from ai_cms.retrieval.runs import HANDLER, start_embedding
from ai_cms.retrieval.services import embedding
from ai_cms.retrieval.services.embedding import embed_missing, missing, prune_vectors, query_vector

pytestmark = pytest.mark.django_db(transaction=True)


def made() -> int:
    return Vector.objects.made("meaning-1").count()


def embedded(model: Any) -> list[str]:
    return [text for texts in model.embedded for text in texts]


def test_a_run_makes_them_after_the_commit_and_in_no_transaction(
    model: Any, publish: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[bool] = []
    embed = type(model)._embed

    def watched(self: Any, texts: list[str], **options: Any) -> Any:
        seen.append(connection.in_atomic_block)
        return embed(self, texts, **options)

    monkeypatch.setattr(type(model), "_embed", watched)
    with transaction.atomic():
        publish("Rye", "Dark bread.")
        assert made() == 0
    assert made() == Passage.objects.count() == 1
    assert seen == [False]
    run = Run.objects.get(handler=HANDLER, result__vectors=1)
    assert (run.status, run.user) == (RunStatus.DONE, None)


def test_only_words_without_a_vector_are_sent(model: Any, publish: Callable[..., Any], system: Actor) -> None:
    blocks = [
        {"id": "a", "type": "heading", "props": {"text": "Rye", "level": 2}},
        {"id": "b", "type": "heading", "props": {"text": "Wheat", "level": 2}},
    ]
    page = publish("Bread", *blocks)
    assert embedded(model) == ["Bread\nRye\nRye", "Bread\nWheat\nWheat"]
    page = services.update_page(
        page, content=[{"id": "c", "type": "heading", "props": {"text": "Oat", "level": 2}}, *blocks], actor=system
    )
    services.publish_page(page, actor=system)
    assert embedded(model)[2:] == ["Bread\nOat\nOat"]
    services.unpublish_page(page, actor=system)
    services.publish_page(page, actor=system)
    assert len(embedded(model)) == 3


def test_nothing_is_asked_or_started_without_an_alias(publish: Callable[..., Any], settings: Any) -> None:
    settings.AI_CMS = {"RUNNER": "inline"}
    publish("Rye", "Dark bread.")
    assert Run.objects.count() == Vector.objects.count() == 0
    assert query_vector("rye", actor=Actor.system()) is None
    assert embed_missing(actor=Actor.system()) == (0, False)


def test_a_model_that_is_down_leaves_no_claim_and_does_not_undo_publishing(
    model: Any, publish: Callable[..., Any]
) -> None:
    model.script(*[LLMUnavailable(reason="down", retryable=False)])
    page = publish("Rye", "Dark bread.")
    assert page.live
    assert Run.objects.get(handler=HANDLER).status == RunStatus.ERROR
    assert Vector.objects.count() == 0
    assert missing("meaning-1") == 1
    call_command("rebuild_retrieval", verbosity=0)
    assert made() == 1


def test_two_workers_never_pay_for_the_same_words(
    model: Any, publish: Callable[..., Any], settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ai_cms.retrieval.receivers.embed_after_commit", lambda using: None)
    for number in range(12):
        publish(f"Page {number}", f"Bread {number}.")
    settings.AI_CMS = {**settings.AI_CMS, "RETRIEVAL_BATCH": 2}
    problems: list[Exception] = []
    begin = threading.Barrier(3)

    def work() -> None:
        try:
            begin.wait(10)
            embed_missing(actor=Actor.system("worker"))
        except Exception as error:
            problems.append(error)
        finally:
            connections.close_all()

    workers = [threading.Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(30)
    assert problems == []
    sent = embedded(llms["vectors"])
    assert sorted(sent) == sorted(set(sent))
    assert len(sent) == made() == 12


def test_a_claim_that_nobody_fills_runs_out(
    model: Any, publish: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ai_cms.retrieval.receivers.embed_after_commit", lambda using: None)
    publish("Rye", "Dark bread.")
    claimed = embedding._claimed("meaning-1", __import__("uuid").uuid4())
    assert len(claimed) == 1
    assert embed_missing(actor=Actor.system()) == (0, False)
    Vector.objects.update(claimed_until=timezone.now())
    assert embed_missing(actor=Actor.system()) == (1, False)


def test_a_fallback_answers_with_vectors_that_nobody_stores(
    model: Any, publish: Callable[..., Any], settings: Any
) -> None:
    entries = dict(settings.AI_CMS["LLM"])
    entries["other"] = {"BACKEND": "ai_cms.llm.backends.testing.TestingBackend", "MODEL": "other-model"}
    entries["vectors"] = {**entries["vectors"], "FALLBACK": ["other"]}
    settings.AI_CMS = {**settings.AI_CMS, "LLM": entries, "LLM_RETRIES": 0}
    llms["vectors"].script(*[LLMUnavailable(reason="down")] * 3)  # type: ignore[attr-defined]
    publish("Rye", "Dark bread.")
    assert Vector.objects.count() == 0
    with pytest.raises(WrongEmbeddings, match="'other' answered for 'vectors'"):
        embed_missing(actor=Actor.system())


def test_vectors_of_another_length_are_refused_and_can_be_made_anew(
    model: Any, publish: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    publish("Rye", "Dark bread.")
    Vector.objects.update(data=b"\x00\x00\x80?")
    publish("Wheat", "White bread.")
    assert made() == 1
    with pytest.raises(CommandError, match="rebuild_retrieval --vectors"):
        call_command("rebuild_retrieval", verbosity=0)
    call_command("rebuild_retrieval", vectors=True, verbosity=0)
    assert made() == 2


def test_another_model_has_vectors_of_its_own_and_old_ones_are_pruned(
    model: Any, publish: Callable[..., Any], settings: Any
) -> None:
    publish("Rye", "Dark bread.")
    settings.AI_CMS = {**settings.AI_CMS, "RETRIEVAL_MODEL": "meaning-2"}
    assert missing("meaning-2") == 1
    call_command("rebuild_retrieval", verbosity=0)
    assert list(Vector.objects.values_list("space", flat=True)) == ["meaning-2"]


def test_vectors_of_words_that_are_gone_are_pruned(model: Any, publish: Callable[..., Any], system: Actor) -> None:
    page = publish("Rye", "Dark bread.")
    services.unpublish_page(page, actor=system)
    assert (made(), prune_vectors(), made()) == (1, 1, 0)


def test_a_run_hands_over_when_it_has_made_its_share(
    model: Any, publish: Callable[..., Any], settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with transaction.atomic():
        for number in range(5):
            publish(f"Page {number}", f"Bread {number}.")
        Run.objects.all().delete()
        settings.AI_CMS = {**settings.AI_CMS, "RETRIEVAL_BATCH": 1, "RETRIEVAL_RUN_BATCHES": 2}
    assert made() == 5
    assert [run.result["vectors"] for run in Run.objects.filter(handler=HANDLER).order_by("created_at")][:3] == [
        2,
        2,
        1,
    ]


def test_one_run_waits_and_no_second(model: Any, publish: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ai_cms.llm.runs.executors.inline.InlineExecutor.start", lambda self, run_id: None)
    publish("Rye", "Dark bread."), publish("Wheat", "White bread.")
    start_embedding()
    assert Run.objects.filter(handler=HANDLER, status=RunStatus.QUEUED).count() == 1


def test_a_question_inside_a_transaction_asks_no_model(
    model: Any, superuser: Any, caplog: pytest.LogCaptureFixture
) -> None:
    assert query_vector("money", actor=superuser) is not None
    with transaction.atomic():
        assert query_vector("money", actor=superuser) is None
    assert "inside a transaction" in caplog.text
    assert len(model.embedded) == 1
