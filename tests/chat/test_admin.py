"""The admin of chat: agents held to their service, usage by agent and person, letters that are not the staff's to read."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from ai_cms.chat import get_agent_model, get_conversation_model
from ai_cms.chat.models import Message, ToolApproval
from ai_cms.chat.services import create_room, send_message
from ai_cms.llm.models import AgentBudget

pytestmark = pytest.mark.django_db


def path_of(model: Any, page: str, *args: object) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def test_agents_are_held_to_their_service(ann: Any, agent: Any, superuser: Any, client: Client) -> None:
    client.force_login(superuser)
    page = path_of(get_agent_model(), "change", agent.pk)
    assert client.get(page).status_code == 200
    form = {
        "owner": ann.pk,
        "name": "Renamed",
        "llm_provider": "default",
        "is_active": "on",
        "tools": ["search_content"],
        "budget": "3",
        "budget_period": "month",
    }
    refused = client.post(page, {**form, "llm_provider": "nowhere"})
    assert refused.status_code == 200 and "no such AI service" in refused.content.decode()
    assert client.post(page, form).status_code == 302
    agent.refresh_from_db()
    assert (agent.name, agent.tools, agent.is_default) == ("Renamed", ["search_content"], True)
    assert AgentBudget.objects.get().limit == 3000
    added = client.post(path_of(get_agent_model(), "add"), {**form, "name": "Second"})
    assert added.status_code == 302
    assert get_agent_model().objects.filter(owner=ann, is_default=True).count() == 1
    client.post(path_of(get_agent_model(), "delete", agent.pk), {"post": "yes"})
    assert get_agent_model().objects.get(owner=ann).is_default


def test_usage_is_shown_by_agent_and_person(ann: Any, talk: Any, superuser: Any, client: Client) -> None:
    send_message(talk, "Hello", actor=ann)
    client.force_login(superuser)
    page = client.get(path_of(get_agent_model(), "changelist")).content.decode()
    assert "By agent" in page and "Gardener (ann" in page and "By user" in page and "<svg" in page


def test_everything_can_be_looked_at(ann: Any, talk: Any, superuser: Any, client: Client) -> None:
    send_message(talk, "<b>Hello</b>", actor=ann)
    client.force_login(superuser)
    for model in (get_conversation_model(), Message, ToolApproval):
        assert client.get(path_of(model, "changelist")).status_code == 200
    shown = client.get(path_of(Message, "change", Message.objects.first().pk)).content.decode()
    assert "&lt;b&gt;Hello" in shown and "<b>Hello" not in shown
    assert client.get(path_of(get_conversation_model(), "change", talk.pk)).status_code == 200
    assert client.post(path_of(get_conversation_model(), "delete", talk.pk), {"post": "yes"}).status_code == 302
    assert not Message.objects.exists()


def test_staff_see_rooms_and_no_letters(ann: Any, talk: Any, editor: Any, client: Client) -> None:
    send_message(talk, "Private words", actor=ann)
    send_message(create_room(actor=ann, title="Greenhouse"), "Open words", actor=ann)
    models = (get_conversation_model(), Message)
    for model in models:
        editor.user_permissions.add(
            Permission.objects.get(
                content_type__app_label=model._meta.app_label, codename=f"view_{model._meta.model_name}"
            )
        )
    client.force_login(editor)
    letters = client.get(path_of(Message, "changelist") + "?q=words").content.decode()
    assert "1 message" in letters
    private = Message.objects.get(content="Private words")
    assert client.get(path_of(Message, "change", private.pk)).status_code in (302, 404)
    assert client.get(path_of(get_conversation_model(), "change", talk.pk)).status_code in (302, 404)
