"""What agents in chats are told of a site: the library's published items, by a registry that chat knows alone."""

from __future__ import annotations

from typing import Any

import pytest

from ai_cms.assist.library import publish_item
from ai_cms.assist.models import LibraryItem, LibraryUse
from ai_cms.chat.services import send_message
from ai_cms.core.permissions import Actor
from ai_cms.llm.briefing import Briefing, brief, briefers
from ai_cms.llm.handler import llms
from ai_cms.llm.models import LLMCall

pytestmark = pytest.mark.django_db


def publish(text: str, **values: Any) -> LibraryItem:
    item = LibraryItem.objects.create(**{"kind": "voice", "name": text[:20], "text": text, **values})
    publish_item(item, actor=Actor.system("tests"))
    return item


def asked(talk: Any, user: Any) -> str:
    send_message(talk, "Hello", actor=user)
    # Of this moment: other settings make another backend.
    backend: Any = llms["default"]
    text: str = backend.requests[-1].messages[0].text
    return text


def test_agents_are_told_of_the_library_and_what_they_were_told_is_kept(ann: Any, talk: Any) -> None:
    voice = publish("We say you.")
    chat = publish("Answer in two sentences.", task="chat", kind="do_not")
    publish("Of another task", task="seo")
    publish("German", locale="de")
    publish("Instructions", kind="prompt", task="summarise")
    LibraryItem.objects.create(kind="voice", name="Draft", text="A draft.")
    system = asked(talk, ann)
    # Below what holds in all chats.
    assert system.endswith("We say you.\n\n## Never do this\n\nAnswer in two sentences.")
    assert "Markdown" in system
    for text in ("Of another task", "German", "Instructions", "A draft."):
        assert text not in system
    call = LLMCall.objects.get()
    uses = LibraryUse.objects.order_by("pk")
    assert {use.version.item_id for use in uses} == {voice.pk, chat.pk}
    assert {(use.call, use.task) for use in uses} == {(str(call.pk), "chat")}


def test_a_site_keeps_its_library_out_of_chats(ann: Any, talk: Any, settings: Any) -> None:
    publish("We say you.")
    settings.AI_CMS = {**settings.AI_CMS, "ASSIST_LIBRARY_IN_CHAT": False}
    assert "We say you." not in asked(talk, ann)
    assert not LibraryUse.objects.exists()


def test_whoever_registers_is_asked() -> None:
    noted: list[str] = []

    def tell(purpose: str) -> Briefing | None:
        return Briefing(f"For {purpose}.", noted.append) if purpose == "chat" else None

    with briefers.temporarily("mine", tell):
        briefing = brief("chat")
        assert "For chat." in briefing.text
        assert "For chat." not in brief("other").text
        briefing.note("a-call")
    assert noted == ["a-call"]
