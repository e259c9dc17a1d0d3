"""Messages found by their words: with an index of the database, whatever becomes of the table."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from ai_cms.chat import get_conversation_model
from ai_cms.chat.finding import find_messages
from ai_cms.chat.models import Message
from ai_cms.chat.retention import delete_old_conversations
from ai_cms.chat.services import delete_conversation, delete_message, edit_message, send_message
from ai_cms.chat.word_index import INDEX, KEYS, ensure_index
from ai_cms.core.permissions import Actor

pytestmark = pytest.mark.django_db


def found(user: Any, query: str) -> list[str]:
    return sorted(row.content for row in find_messages(Actor.of(user), query).rows if row.role == "user")


@pytest.fixture
def said(ann: Any, talk: Any, model: Any) -> dict[str, Any]:
    texts = ["Ferns like shade.", "Moss likes shade too", "100 % of cafés & bars", "シダは日陰が好き", "what's new? 🌱"]
    return {text: send_message(talk, text, actor=ann).message for text in texts}


#: What is looked for, and the messages that are found.
LOOKED_FOR: list[tuple[str, list[str]]] = [
    ("shade", ["Ferns like shade.", "Moss likes shade too"]),
    ("SHADE moss", ["Moss likes shade too"]),
    ("fer sha", ["Ferns like shade."]),
    ("erns", []),
    ("日陰", ["シダは日陰が好き"]),
    ("🌱", ["what's new? 🌱"]),
    ("what's", ["what's new? 🌱"]),
    ("100 %", ["100 % of cafés & bars"]),
    ("cafés", ["100 % of cafés & bars"]),
    # Nothing of it is an order to an index.
    ("NOT", []),
    ('"', []),
    ("a* OR b:*", []),
    ("shade) (moss", ["Moss likes shade too"]),
    ("shade | moss", []),
    ("content:shade", []),
    ("'", ["what's new? 🌱"]),
    ("\\ & | ! <->", []),
]


def test_words_are_found_by_their_beginnings(ann: Any, said: Any, subtests: pytest.Subtests) -> None:
    for query, texts in LOOKED_FOR:
        with subtests.test(query=query):
            assert found(ann, query) == texts


def test_nobody_elses_words_are_found(bob: Any, said: Any) -> None:
    assert found(bob, "shade") == []


def test_the_index_follows_the_messages(ann: Any, talk: Any, said: dict[str, Any]) -> None:
    edit_message(said["Ferns like shade."], "Ivy climbs.", actor=ann)
    assert (found(ann, "ferns"), found(ann, "ivy")) == ([], ["Ivy climbs."])
    delete_message(said["Moss likes shade too"], actor=ann)
    assert found(ann, "shade") == []
    delete_conversation(talk, actor=ann)
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            for table in (INDEX, KEYS):
                cursor.execute(f"SELECT COUNT(*) FROM {table}")
                assert cursor.fetchone()[0] == 0


@pytest.mark.skipif("connection.vendor != 'sqlite'", reason="PostgreSQL keeps its index itself")
def test_triggers_that_are_gone_come_back_with_what_was_written_meanwhile(ann: Any, said: dict[str, Any]) -> None:
    with connection.cursor() as cursor:
        # As a rebuilt table leaves it.
        for name in ("added", "changed", "gone"):
            cursor.execute(f"DROP TRIGGER {INDEX}_{name}")
    row = said["Ferns like shade."]
    Message.objects.filter(pk=row.pk).update(content="Orchids.")
    # Without them words are looked for letter by letter.
    assert found(ann, "orch") == ["Orchids."]
    ensure_index("default")
    assert (found(ann, "orch"), found(ann, "rchids")) == (["Orchids."], [])
    edit_message(row, "Lilies.", actor=ann)
    assert (found(ann, "orch"), found(ann, "lil")) == ([], ["Lilies."])


def test_the_database_uses_its_index(ann: Any, said: Any) -> None:
    rows = find_messages(Actor.of(ann), "shade").rows
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
    plan = rows.explain()
    assert (INDEX if connection.vendor == "sqlite" else "ai_cms_chat_message_words") in plan


def test_a_conversation_is_kept_for_its_own_days_or_the_sites(ann: Any, agent: Any, settings: Any) -> None:
    from ai_cms.chat.services import create_conversation

    made = {days: create_conversation(actor=ann, agent=agent, retention_days=days) for days in (None, 5, 50)}
    old = timezone.now() - timedelta(days=10)
    get_conversation_model().objects.update(last_message_at=old)
    assert delete_old_conversations() == 1
    left = set(get_conversation_model().objects.values_list("pk", flat=True))
    assert left == {made[None].pk, made[50].pk}
    # The site's days bound a conversation's own.
    settings.AI_CMS = {**settings.AI_CMS, "CHAT_RETENTION_DAYS": 7}
    call_command("purge_chat")
    assert not get_conversation_model().objects.exists()
