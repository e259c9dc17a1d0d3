"""Conversations: one's own, kept in order, found again, taken along."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from ai_cms.chat.models import Message
from ai_cms.chat.services import create_conversation, regenerate, send_message

pytestmark = pytest.mark.django_db
ClientOf = Callable[[Any], APIClient]


def test_conversations_over_rest(
    ann: Any, bob: Any, agent: Any, client_of: ClientOf, django_assert_max_num_queries: Any
) -> None:
    api, other = client_of(ann), client_of(bob)
    made = api.post("/api/conversations/", {}, format="json")
    assert (made.status_code, made.json()["agent"], made.json()["title"]) == (201, str(agent.pk), "")
    path = f"/api/conversations/{made.json()['id']}/"
    for number in range(4):
        create_conversation(actor=ann, agent=agent, title=f"Talk {number}", folder="Work/Letters" if number else "")
    with django_assert_max_num_queries(2):
        listed = api.get("/api/conversations/").json()
    assert listed["count"] == 5 and "messages" not in listed["results"][0]
    assert api.get("/api/conversations/?folder=Work").json()["count"] == 3
    assert api.get("/api/conversations/?search=Talk 2").json()["count"] == 1
    changed = api.patch(path, {"title": "Mine", "folder": "/Work//New/", "is_pinned": True}, format="json").json()
    assert (changed["title"], changed["folder"], changed["is_pinned"]) == ("Mine", "Work/New", True)
    assert api.get("/api/conversations/?pinned=true").json()["count"] == 1
    assert api.patch(path, {"is_archived": True}, format="json").json()["is_archived"] is True
    assert api.get("/api/conversations/?archived=false").json()["count"] == 4
    assert api.patch(path, {"agent": "00000000-0000-0000-0000-000000000000"}, format="json").status_code == 400
    assert api.put(path, {"title": "Put"}, format="json").json()["title"] == "Put"
    for method in ("get", "patch", "put", "delete"):
        assert getattr(other, method)(path, {}, format="json").status_code == 404
    assert other.get("/api/conversations/").json()["count"] == 0
    assert api.delete(path).status_code == 204
    assert api.get(path).status_code == 404
    assert APIClient().get("/api/conversations/").status_code == 401


def test_staff_read_no_letters(ann: Any, superuser: Any, editor: Any, talk: Any, client_of: ClientOf) -> None:
    sent = send_message(talk, "Private", actor=ann)
    for user in (superuser, editor):
        api = client_of(user)
        assert api.get(f"/api/conversations/{talk.pk}/").status_code == 404
        assert api.get(f"/api/messages/{sent.message.pk}/").status_code == 404
        assert api.delete(f"/api/messages/{sent.message.pk}/").status_code == 404


def test_what_was_said_is_found(ann: Any, bob: Any, talk: Any, model: Any, client_of: ClientOf) -> None:
    model.script("The <b>Rosa gallica</b> is cut in March.")
    send_message(talk, "x " * 200 + "Which rose is cut when?", actor=ann)
    api = client_of(ann)
    found = api.get("/api/conversations/search/?q=gallica march").json()
    assert (found["count"], found["results"][0]["role"]) == (1, "assistant")
    long = api.get("/api/conversations/search/?q=when").json()["results"][0]["excerpt"]
    assert long.startswith("…") and long.endswith("cut when?")
    assert api.get("/api/conversations/search/?q=%25").json()["count"] == 0
    assert api.get("/api/conversations/search/?q=tulip").json()["count"] == 0
    assert api.get("/api/conversations/search/").json() == {"q": ["Give a word to look for."]}
    assert api.get("/api/conversations/search/?q=" + "a+" * 9).status_code == 400
    assert client_of(bob).get("/api/conversations/search/?q=gallica").json()["count"] == 0


def test_a_conversation_is_taken_along(ann: Any, talk: Any, model: Any, client_of: ClientOf) -> None:
    model.script("First.", "Second.")
    first = send_message(talk, "Why & how?", actor=ann).answers[0]
    regenerate(first, actor=ann)
    api = client_of(ann)
    file = api.get(f"/api/conversations/{talk.pk}/export/")
    assert file.headers["Content-Disposition"].startswith('attachment; filename="conversation-')
    data = json.loads(file.content)
    assert (data["format"], data["version"], len(data["messages"])) == ("ai_cms.chat", 1, 3)
    by_id = {message["id"]: message for message in data["messages"]}
    leaf = by_id[data["active_leaf"]]
    assert (leaf["content"], by_id[leaf["parent"]]["content"], leaf["name"]) == ("Second.", "Why & how?", "Gardener")
    text = api.get(f"/api/conversations/{talk.pk}/export/?format=markdown")
    assert text.headers["Content-Type"] == "text/markdown; charset=utf-8"
    body = text.content.decode()
    assert (
        "Second." in body and "First." not in body and body.startswith("# Why & how?") is False
    ) or "Why & how?" in body
    everything = json.loads(api.get("/api/conversations/export/").content)
    assert [row["id"] for row in everything["conversations"]] == [str(talk.pk)]
    assert api.get(f"/api/conversations/{talk.pk}/export/?format=pdf").status_code == 400


def test_a_long_conversation_opens_at_its_end(
    ann: Any, talk: Any, client_of: ClientOf, django_assert_max_num_queries: Any
) -> None:
    parent = None
    rows = []
    for number in range(1, 301):
        row = Message(conversation=talk, number=number, role="user", author=ann, content=f"m{number}", parent=parent)
        rows.append(row)
        parent = row
    Message.objects.bulk_create(rows)
    talk.active_leaf, talk.last_number = rows[-1].pk, 300
    talk.save()
    api = client_of(ann)
    with django_assert_max_num_queries(6):
        shown = api.get(f"/api/conversations/{talk.pk}/").json()
    assert (len(shown["messages"]), shown["messages"][-1]["content"], shown["has_more"]) == (100, "m300", True)
    older = api.get(f"/api/messages/?conversation={talk.pk}&before=201&ordering=-number&page_size=50").json()
    assert [older["results"][0]["content"], older["count"]] == ["m200", 200]


def test_nonsense_is_refused(ann: Any, talk: Any, client_of: ClientOf) -> None:
    api = client_of(ann)
    assert api.get("/api/conversations/nonsense/").status_code == 404
    assert api.get("/api/messages/?conversation=nonsense").status_code == 400
    assert api.get("/api/messages/?after=99999999999999").status_code == 400
    assert api.post("/api/messages/", {"content": "x"}, format="json").status_code == 400
    body = {"conversation": "00000000-0000-0000-0000-000000000000", "content": "x"}
    assert api.post("/api/messages/", body, format="json").status_code == 400
    assert api.post("/api/conversations/", {"title": "x" * 201}, format="json").status_code == 400
    assert api.post("/api/conversations/", {"agent": "x"}, format="json").status_code == 400
