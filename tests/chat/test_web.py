"""The pages of chat without a browser: who gets which, what they show, and what their script is told."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from ai_cms.chat.models import Member, Message
from ai_cms.chat.services import (
    Sent,
    add_reaction,
    create_agent,
    create_conversation,
    create_room,
    edit_and_branch,
    invite,
    join_room,
    select_branch,
    send_message,
)
from ai_cms.llm.backends.testing import TestingBackend
from tests.conftest import make_user

from .transfer.test_files import OWN, row

pytestmark = pytest.mark.django_db


def logged_in(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def settings_of(response: Any) -> dict[str, Any]:
    text = response.content.decode().split('id="chat-settings"', 1)[1].split(">", 1)[1].split("</script>", 1)[0]
    found: dict[str, Any] = json.loads(text)
    return found


@pytest.fixture
def sends(django_capture_on_commit_callbacks: Any) -> Callable[..., Sent]:
    """Return a function that sends a message and has it answered, in the test's own transaction."""

    def send(*args: Any, **options: Any) -> Sent:
        with django_capture_on_commit_callbacks(execute=True):
            return send_message(*args, **options)

    return send


def news(client: Client, conversation: Any, **query: Any) -> Any:
    return client.get(f"/chat/{conversation.pk}/news/", query, headers={"X-Requested-With": "fetch"})


PATHS = ["", "new/", "import/", "rooms/", "rooms/new/", "agents/", "agents/new/"]


@pytest.mark.parametrize("path", PATHS)
def test_pages_are_for_whoever_is_logged_in(ann: Any, model: TestingBackend, path: str) -> None:
    response = Client().get(f"/chat/{path}")
    assert response.status_code == 302
    assert "next=/chat/" in response["Location"]
    response = logged_in(ann).get(f"/chat/{path}")
    assert response.status_code == 200
    assert "no-store" in response["Cache-Control"]
    # A strict policy allows no script and no style in the page itself.
    html = response.content.decode()
    assert " style=" not in html
    assert "<style" not in html
    assert html.count("<script") == 2
    assert 'type="application/json"' in html


def test_a_script_of_somebody_who_is_logged_out_is_told_so_and_not_sent_to_the_log_in(talk: Any) -> None:
    response = news(Client(), talk)
    assert response.status_code == 401
    assert "Log in again" in response.json()["detail"]


def test_others_find_nothing(talk: Any, agent: Any, bob: Any) -> None:
    client = logged_in(bob)
    for path in (
        f"c/{talk.pk}/",
        f"{talk.pk}/messages/",
        f"{talk.pk}/news/",
        f"agents/{agent.pk}/",
        f"rooms/{talk.pk}/",
    ):
        assert client.get(f"/chat/{path}").status_code == 404
    assert client.post(f"/chat/agents/{agent.pk}/delete/").status_code == 404
    assert client.post(f"/chat/agents/check/?agent={agent.pk}", {"name": "x"}).status_code == 404
    assert client.post("/chat/agents/check/?agent=nonsense", {"name": "x"}).status_code == 404


def test_a_conversation_shows_its_newest_messages_and_older_ones_on_demand(ann: Any, talk: Any) -> None:
    previous: Any = None
    for number in range(1, 101):
        previous = Message.objects.create(
            conversation=talk,
            number=number,
            change=number,
            role="user",
            author=ann,
            content=f"Word {number}.",
            parent=previous,
        )
    talk.active_leaf, talk.last_number, talk.last_change = previous.pk, 100, 100
    talk.save()
    client = logged_in(ann)
    html = client.get(f"/chat/c/{talk.pk}/").content.decode()
    assert "Word 61." in html
    assert "Word 60." not in html
    first = Message.objects.get(conversation=talk, number=61)
    older = client.get(f"/chat/{talk.pk}/messages/", {"before": str(first.pk)}).json()
    assert "Word 21." in older["html"]
    assert "Word 60." in older["html"]
    assert "Word 20." not in older["html"]
    assert older["has_more"] is True
    first = Message.objects.get(conversation=talk, number=21)
    assert client.get(f"/chat/{talk.pk}/messages/", {"before": str(first.pk)}).json()["has_more"] is False


def test_the_number_of_queries_does_not_grow_with_the_messages(
    ann: Any, talk: Any, django_assert_max_num_queries: Any
) -> None:
    for number in range(3):
        send_message(talk, f"Question {number}", actor=ann)
    client = logged_in(ann)
    client.get(f"/chat/c/{talk.pk}/")
    with django_assert_max_num_queries(30):
        client.get(f"/chat/c/{talk.pk}/")


def test_news_are_what_has_changed_and_nothing_else(ann: Any, talk: Any, sends: Callable[..., Sent]) -> None:
    client = logged_in(ann)
    sends(talk, "First question", actor=ann)
    talk.refresh_from_db()
    known = {"change": talk.last_change, "last": str(talk.active_leaf)}
    assert news(client, talk, **known).status_code == 204
    first = Message.objects.get(conversation=talk, number=1)
    sent = sends(talk, "Second *question*", actor=ann)
    body = news(client, talk, first=str(first.pk), **known).json()
    assert len(body["ids"]) == 4
    assert [item["id"] for item in body["messages"]] == [str(sent.message.pk), str(sent.answers[0].pk)]
    assert "<em>question</em>" in body["messages"][0]["html"]
    assert body["busy"] is False


def test_another_branch_comes_whole(
    ann: Any, talk: Any, sends: Callable[..., Sent], django_capture_on_commit_callbacks: Any
) -> None:
    client = logged_in(ann)
    old = sends(talk, "How?", actor=ann)
    with django_capture_on_commit_callbacks(execute=True):
        edit_and_branch(old.message, "How else?", actor=ann)
    talk.refresh_from_db()
    known = {"change": talk.last_change, "last": str(talk.active_leaf)}
    # Dates have strokes as well.
    assert ">1/2<" not in client.get(f"/chat/c/{talk.pk}/").content.decode()
    select_branch(old.message, actor=ann)
    body = news(client, talk, **known).json()
    assert body["ids"] == [str(old.message.pk), str(old.answers[0].pk)]
    assert len(body["messages"]) == 2
    assert ">1/2<" in body["messages"][0]["html"]


@pytest.mark.parametrize("query", [{"change": "x" * 40}, {"change": "9" * 30}, {"first": "\x00"}, {"last": "1"}, {}])
def test_what_a_script_asks_wrongly_is_answered_with_everything(ann: Any, talk: Any, query: dict[str, str]) -> None:
    send_message(talk, "A question", actor=ann)
    assert len(news(logged_in(ann), talk, **query).json()["messages"]) == 2


def test_an_answer_that_is_written_is_there_with_its_text_and_its_place(ann: Any, agent: Any, parked: Any) -> None:
    talk = create_conversation(actor=ann, agent=agent)
    sent = send_message(talk, "A question", actor=ann)
    run: Any = sent.answers[0].run
    html = logged_in(ann).get(f"/chat/c/{talk.pk}/").content.decode()
    assert f'data-run="{run.pk}" data-after="{run.last_seq}"' in html
    assert news(logged_in(ann), talk, change=talk.last_change).json()["busy"] is True


def test_the_list_finds_conversations_by_title_and_by_what_was_said(ann: Any, agent: Any, bob: Any) -> None:
    create_conversation(actor=ann, agent=agent, title="Ferns in winter")
    other = create_conversation(actor=ann, agent=agent, title="Letters")
    send_message(other, "What do moths eat?", actor=ann)
    client = logged_in(ann)
    assert "Ferns in winter" in client.get("/chat/list/", {"q": "ferns"}).content.decode()
    html = client.get("/chat/list/", {"q": "moths"}).content.decode()
    assert "What do moths eat?" in html
    assert "Ferns" not in html
    assert "Ferns" not in logged_in(bob).get("/chat/list/", {"q": "ferns"}).content.decode()
    for query in ("\x00", "a " * 90, "%", "x" * 5_000):
        assert client.get("/chat/list/", {"q": query}).status_code == 200
    assert client.get("/chat/list/", {"show": "99999999999"}).status_code == 200


def test_the_list_of_rooms_counts_what_is_unread(ann: Any, bob: Any, model: TestingBackend) -> None:
    room = create_room(actor=ann, title="Greenhouse", is_public=True)
    join_room(room, actor=bob)
    send_message(room, "Hello", actor=ann)
    html = logged_in(bob).get("/chat/list/", {"kind": "rooms"}).content.decode()
    assert '<b class="chat-unread">1' in html
    assert "chat-unread" not in logged_in(ann).get("/chat/list/", {"kind": "rooms"}).content.decode()


def test_somebody_who_is_invited_sees_the_room_and_joins_before_its_messages(
    ann: Any, bob: Any, model: TestingBackend
) -> None:
    room = create_room(actor=ann, title="Greenhouse")
    send_message(room, "The secret of the ferns", actor=ann)
    client = logged_in(bob)
    assert client.get(f"/chat/rooms/{room.pk}/").status_code == 404
    invite(room, bob.get_username(), actor=ann)
    html = client.get(f"/chat/rooms/{room.pk}/").content.decode()
    assert "Join the room" in html
    assert "secret" not in html
    assert news(client, room).status_code == 404
    assert client.post(f"/chat/rooms/{room.pk}/", {"join": "1"}).status_code == 302
    assert "secret" in client.get(f"/chat/rooms/{room.pk}/").content.decode()


def test_members_are_asked_in_by_moderators_alone(ann: Any, bob: Any, agent: Any) -> None:
    room = create_room(actor=ann, title="Greenhouse", is_public=True)
    join_room(room, actor=bob)
    path = f"/chat/rooms/{room.pk}/members/"
    response = logged_in(ann).post(path, {"user": "nobody@example.com", "role": "member"})
    assert response.status_code == 302
    assert logged_in(bob).post(path, {"user": "nobody@example.com", "role": "member"}).status_code == 403
    assert logged_in(ann).post(path, {"agent": str(agent.pk)}).status_code == 302
    assert room.members.filter(agent=agent).exists()
    mine = create_agent(actor=bob, name="Mine")
    assert logged_in(bob).post(path, {"agent": str(mine.pk)}).status_code == 403
    row = room.members.get(agent=agent)
    assert logged_in(bob).post(path, {"remove": str(row.pk)}).status_code == 403
    assert logged_in(ann).post(path, {"remove": str(row.pk)}).status_code == 302
    assert not room.members.filter(agent=agent).exists()
    assert logged_in(ann).post(path, {"remove": "١"}).status_code == 302


FORM = {"name": "Gardener", "llm_provider": "default", "budget_period": "month", "is_active": "on"}


def test_an_agent_is_checked_before_it_is_sent_and_nothing_is_stored(ann: Any, agent: Any) -> None:
    client = logged_in(ann)
    check = client.post("/chat/agents/check/", {**FORM, "temperature": "3"}).json()["errors"]
    assert list(check) == ["temperature"]
    assert "already" in client.post("/chat/agents/check/", FORM).json()["errors"]["name"][0]
    assert client.post(f"/chat/agents/check/?agent={agent.pk}", FORM).json() == {"errors": {}}
    assert client.post(f"/chat/agents/check/?agent={agent.pk}", {**FORM, "name": "Other"}).json() == {"errors": {}}
    agent.refresh_from_db()
    assert agent.name == "Gardener"


def test_an_agent_is_made_changed_and_deleted(ann: Any, agent: Any) -> None:
    client = logged_in(ann)
    assert "already" in client.post("/chat/agents/new/", FORM).content.decode()
    assert client.post("/chat/agents/new/", {**FORM, "name": "Poet", "is_default": "on"}).status_code == 302
    poet = type(agent).objects.get(name="Poet")
    assert poet.is_default
    response = client.post(f"/chat/agents/{poet.pk}/", {**FORM, "name": "Poet", "personality": "brief"})
    assert response.status_code == 302
    poet.refresh_from_db()
    assert (poet.personality, poet.is_default) == ("brief", True)
    assert client.post(f"/chat/agents/{poet.pk}/delete/").status_code == 302
    assert not type(agent).objects.filter(pk=poet.pk).exists()


def test_what_the_script_is_told_leads_somewhere(ann: Any, talk: Any) -> None:
    client = logged_in(ann)
    told = settings_of(client.get(f"/chat/c/{talk.pk}/"))
    for name in (
        "conversations",
        "conversation",
        "messages",
        "rooms",
        "approvals",
        "runs",
        "credits",
        "context",
        "list",
    ):
        assert client.get(told[name]).status_code == 200, name
    assert client.post(told["stop"], {}, content_type="application/json").json() == {"stopped": 0}


def test_a_file_with_conversations_is_taken_in_by_a_form(ann: Any, model: TestingBackend) -> None:
    client = logged_in(ann)

    def sent(*contents: Any) -> Any:
        raw = json.dumps([{**OWN, **content} for content in contents]).encode()
        return client.post("/chat/import/", {"file": SimpleUploadedFile("conversations.json", raw)}, follow=True)

    html = sent({"archived": False}).content.decode()
    assert "1 conversation was taken in." in html and "Rye" in html
    assert "0 conversations were taken in. Already there: 1." in sent({}).content.decode()
    lost = {"id": "c2", "title": "<b>", "messages": [row("q", None, "user", "A", attachments=[{}, {}])]}
    html = sent(lost).content.decode()
    assert "&lt;b&gt;: files (2)" in html and "<b>" not in html
    for wrong in ({"file": SimpleUploadedFile("x.json", b"{")}, {}):
        response = client.post("/chat/import/", wrong)
        assert response.status_code == 200
        assert "is-wrong" in response.content.decode()
    assert Client(enforce_csrf_checks=True).post("/chat/import/").status_code == 403


def test_the_settings_of_a_conversation(ann: Any, talk: Any) -> None:
    page = Client()
    page.force_login(ann)
    path = reverse("ai_cms_chat:conversation-settings", args=[talk.pk])
    assert page.get(path).status_code == 200
    answer = page.post(path, {"title": "Ferns", "folder": "/Work//Letters/", "retention_days": "30"})
    assert answer.status_code == 302
    talk.refresh_from_db()
    assert (talk.title, talk.folder, talk.retention_days) == ("Ferns", "Work/Letters", 30)
    assert page.post(path, {"retention_days": "0"}).status_code == 200
    listed = page.get(reverse("ai_cms_chat:list")).content.decode()
    assert '<h2 class="chat-folder">Work/Letters</h2>' in listed
    other = Client()
    other.force_login(make_user("eve"))
    assert other.get(path).status_code == other.post(path, {"title": "Mine"}).status_code == 404


def test_the_settings_of_a_room_and_the_roles_in_it(ann: Any, bob: Any, model: Any) -> None:
    room = create_room(actor=ann, title="Herbs")
    member = Member.objects.create(conversation=room, user=bob)
    hers, his = Client(), Client()
    hers.force_login(ann)
    his.force_login(bob)
    path = reverse("ai_cms_chat:room-settings", args=[room.pk])
    members = reverse("ai_cms_chat:members", args=[room.pk])
    assert his.get(path).status_code == 403
    assert "chat-role" not in his.get(members).content.decode()
    assert hers.post(path, {"title": "Spices", "description": "Dried.", "is_public": "on"}).status_code == 302
    room.refresh_from_db()
    assert (room.title, room.description, room.is_public, room.is_archived) == ("Spices", "Dried.", True, False)
    assert his.post(members, {"member": member.pk, "role": "moderator"}).status_code == 403
    hers.post(members, {"member": member.pk, "role": "moderator"})
    member.refresh_from_db()
    assert member.role == "moderator"
    assert his.get(path).status_code == 200
    # What is none is nothing, and an owner stays one until another is.
    for wrong in (
        {"member": "x", "role": "member"},
        {"member": member.pk, "role": "king"},
        {"member": 2**70, "role": "member"},
    ):
        assert hers.post(members, wrong).status_code == 302
    own = Member.objects.get(conversation=room, user=ann)
    hers.post(members, {"member": own.pk, "role": "member"})
    own.refresh_from_db()
    assert own.role == "owner"


def test_reactions_are_shown_with_ones_own(ann: Any, bob: Any, model: Any) -> None:
    room = create_room(actor=ann, title="Herbs")
    Member.objects.create(conversation=room, user=bob)
    message = send_message(room, "Basil?", actor=ann).message
    add_reaction(message, "🎉", actor=bob)
    pressed = {}
    for who in (ann, bob):
        page = Client()
        page.force_login(who)
        shown = page.get(reverse("ai_cms_chat:room", args=[room.pk])).content.decode()
        pressed[who.username] = re.search(r'data-value="🎉" aria-pressed="(\w+)">🎉 1<', shown)[1]  # type: ignore[index]
    assert pressed == {"ann": "false", "bob": "true"}
