"""Export files become conversations of one's own: once, whole or not at all, and as they were."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.test import APIClient

from ai_cms.chat import get_conversation_model
from ai_cms.chat.exports import conversation_json
from ai_cms.chat.models import Message
from ai_cms.chat.services import (
    create_agent,
    create_conversation,
    delete_conversation,
    import_file,
    regenerate,
    send_message,
    update_conversation,
)
from ai_cms.chat.transfer.archives import json_files
from ai_cms.core.exceptions import InvalidInput, PermissionRefused, TooLarge
from ai_cms.core.permissions import Actor
from ai_cms.core.tokens import create_token
from tests.core.parallel import at_once

from .test_files import MOMENT, OWN, row

pytestmark = pytest.mark.django_db
ClientOf = Callable[[Any], APIClient]


def taken(value: Any, user: Any) -> Any:
    return import_file(io.BytesIO(json.dumps(value).encode()), actor=user)


def zipped(**files: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "/") + ".json", content)
    return made.getvalue()


def node(key: str, parent: str | None, role: str, text: str, **fields: Any) -> dict[str, Any]:
    """Return a node of ChatGPT's mapping."""
    content = {"content_type": "text", "parts": [text]}
    message = {"author": {"role": role, "name": fields.pop("name", None)}, "content": content, **fields}
    return {"id": key, "parent": parent, "message": message}


def chatgpt(*nodes: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"conversation_id": "g1", "title": "Rye", "mapping": {one["id"]: one for one in nodes}, **fields}


def equal_but_for_keys(exported: dict[str, Any]) -> dict[str, Any]:
    """Return an export with numbers in the place of ids, without what only the site knows."""
    numbers = {one["id"]: number for number, one in enumerate(exported["messages"])}
    messages = [
        {**one, "id": numbers[one["id"]], "parent": numbers.get(one["parent"]), "tokens_used": 0}
        for one in exported["messages"]
    ]
    return {**exported, "id": "", "active_leaf": numbers[exported["active_leaf"]], "messages": messages}


def test_our_own_export_comes_back_as_it_was(ann: Any, talk: Any, model: Any) -> None:
    model.script("First.", "Second.")
    answer = send_message(talk, "Why?", actor=ann).answers[0]
    regenerate(answer, actor=ann)
    update_conversation(talk, actor=ann, title="Roses", folder="Work/Garden", is_pinned=True, is_archived=True)
    talk.refresh_from_db()
    before = json.loads(json.dumps(conversation_json(talk)))
    assert taken(before, ann).unchanged == 1
    delete_conversation(talk, actor=ann)
    done = taken(before, ann)
    assert (len(done.created), done.unchanged, done.messages, done.dropped) == (1, 0, 3, [])
    after = conversation_json(get_conversation_model().objects.get())
    assert equal_but_for_keys(after) == equal_but_for_keys(before)
    # And so does what was taken in.
    assert (taken(after, ann).unchanged, taken(before, ann).unchanged) == (1, 1)
    assert get_conversation_model().objects.count() == 1


def test_it_belongs_to_who_takes_it_in_and_can_go_on(ann: Any, bob: Any, model: Any) -> None:
    assert len(taken(OWN, ann).created) == len(taken(OWN, bob).created) == 1
    [mine] = get_conversation_model().objects.filter(owner=bob)
    assert (mine.title, mine.folder, mine.is_pinned, mine.last_number) == ("Rye", "Work/Bread", True, 3)
    rows = list(Message.objects.filter(conversation=mine).order_by("number"))
    assert [(one.role, one.author, one.content) for one in rows] == [
        ("user", bob, "How?"),
        ("assistant", None, "So."),
        ("assistant", None, "Or so."),
    ]
    assert {one.created_at.isoformat() for one in rows} == {MOMENT}
    assert mine.active_leaf == rows[1].pk and mine.last_message_at.isoformat() == MOMENT
    # Whoever wrote the file may have written it for the agent that reads it.
    assert all(one.untrusted for one in rows)
    answer = send_message(mine, "And then?", actor=bob).answers[0]
    assert answer.parent is not None
    assert (answer.status, answer.parent.parent_id, answer.number) == ("complete", rows[1].pk, 5)
    assert [turn.text for turn in model.requests[-1].messages[1:]] == ["How?", "So.", "And then?"]


def test_the_agent_of_the_same_model_goes_on_with_it(ann: Any, bob: Any, model: Any) -> None:
    create_agent(actor=ann, name="First")
    same = create_agent(actor=ann, name="Same", model="gpt-d")
    create_agent(actor=bob, name="Baker", model="gpt-d")
    taken(OWN, ann)
    conversation = get_conversation_model().objects.get()
    assert conversation.agent == same
    # A name in a file is no agent of somebody else.
    assert set(Message.objects.filter(role="assistant").values_list("agent", flat=True)) == {None}


def test_what_a_tool_was_sent_and_found_is_part_of_the_answer(ann: Any, model: Any) -> None:
    value = chatgpt(
        node("r", None, "user", "What is 2 + 2?", create_time=1_700_000_000.5),
        node("a", "r", "assistant", "I compute.", create_time=1_700_000_001),
        node("c", "a", "assistant", "2 + 2", recipient="python"),
        node("t", "c", "tool", "4", name="python"),
        node("e", "t", "assistant", "It is 4."),
        node("u", "e", "user", "Thanks."),
        node("x", "u", "tool", "odd", name="`bio`"),
        node("y", "u", "assistant", "Bye."),
        current_node="y",
    )
    done = taken(value, ann)
    rows = list(Message.objects.order_by("number"))
    assert [(one.role, one.content) for one in rows] == [
        ("user", "What is 2 + 2?"),
        ("assistant", "I compute.\n\n`python`\n\n```\n2 + 2\n```\n\n`python`\n\n4\n\nIt is 4."),
        ("user", "Thanks."),
        ("assistant", "`bio`\n\nodd"),
        ("assistant", "Bye."),
    ]
    assert (done.sources, done.messages) == (["chatgpt"], 5)
    conversation = get_conversation_model().objects.get()
    assert (conversation.active_leaf, rows[4].parent_id, rows[2].parent_id) == (rows[4].pk, rows[2].pk, rows[1].pk)
    assert taken(value, ann).unchanged == 1


def test_rooms_are_left_out_and_named(ann: Any, model: Any) -> None:
    done = taken([{**OWN, "kind": "room"}, OWN], ann)
    assert (len(done.created), {one.what for one in done.dropped}) == (1, {"rooms", "conversations without messages"})


def test_odd_values_cost_nothing(ann: Any, model: Any) -> None:
    key = "\ud800\x00" + "k" * 300
    messages = [row(key, None, "user", "A"), row("\ud801", key, "system", "B"), row("c", "\ud801", "assistant", "C")]
    odd = {
        **OWN,
        "id": key,
        "title": "T\x00" * 200,
        "folder": "/a\x00//" + "b/" * 150,
        "model": "m" * 500,
        "messages": messages,
        "created_at": "nonsense",
        "updated_at": None,
    }
    assert taken([odd, odd, {**odd, "id": None}], ann).unchanged == 1
    rows = get_conversation_model().objects.all()
    assert rows.count() == 2 and all(len(one.title) == 200 and len(one.folder) <= 200 for one in rows)
    assert not any(one.folder.startswith("/") or one.folder.endswith("/") or "//" in one.folder for one in rows)


def test_nobody_else_takes_something_in(db: None) -> None:
    with pytest.raises(PermissionRefused):
        taken(OWN, None)
    with pytest.raises(PermissionRefused):
        taken(OWN, Actor.system("x"))


@pytest.mark.django_db(transaction=True)
def test_twice_at_once_is_once(model: Any) -> None:
    from tests.conftest import make_user

    user = make_user("hasty")
    create_agent(actor=user, name="A", model="gpt-d")
    done = at_once(3, lambda index: len(taken(OWN, user).created))
    assert sum(done) == 1
    assert (get_conversation_model().objects.count(), Message.objects.count()) == (1, 3)


# Over REST


def sent(api: APIClient, raw: bytes, name: str = "conversations.json") -> Any:
    return api.post("/api/conversations/import/", {"file": SimpleUploadedFile(name, raw)}, format="multipart")


def test_over_rest(ann: Any, model: Any, client_of: ClientOf) -> None:
    api = client_of(ann)
    lost = {**OWN, "id": "c2", "messages": [row("q", None, "user", "A", attachments=[{}, {}])]}
    raw = json.dumps({"conversations": [OWN, lost]}).encode()
    found = sent(api, raw)
    assert found.status_code == 200, found.content
    body = found.json()
    assert (len(body["created"]), body["unchanged"], body["messages"], body["sources"]) == (2, 0, 4, ["ai_cms"])
    assert body["dropped"] == [{"conversation": "Rye", "what": "files", "count": 2}]
    assert api.get(f"/api/conversations/{body['created'][0]}/").json()["title"] == "Rye"
    again = sent(api, raw).json()
    assert (again["created"], again["unchanged"]) == ([], 2)
    # What is exported as a whole is taken in as a whole.
    assert sent(api, api.get("/api/conversations/export/").content).json()["unchanged"] == 2


def test_the_archive_of_chatgpt(ann: Any, model: Any, client_of: ClientOf) -> None:
    first = json.dumps([chatgpt(node("a", None, "user", "A"))]).encode()
    second = json.dumps([chatgpt(node("b", None, "user", "B"), conversation_id="g2")]).encode()
    raw = zipped(**{"export__conversations-001": second, "export__conversations-000": first, "user": b"{"})
    body = sent(client_of(ann), raw, "export.zip").json()
    assert (len(body["created"]), body["sources"]) == (2, ["chatgpt", "chatgpt"])
    assert set(Message.objects.values_list("content", flat=True)) == {"A", "B"}


@pytest.mark.parametrize(
    "raw", [b"x", b"PK\x03\x04broken", b"[]", zipped(user=b"[]"), zipped(conversations=b"x"), zipped()[:10]]
)
def test_what_is_no_export_is_refused(ann: Any, model: Any, client_of: ClientOf, raw: bytes) -> None:
    found = sent(client_of(ann), raw)
    assert (found.status_code, found.json()["code"]) == (400, "invalid_import")
    assert not get_conversation_model().objects.exists()


def test_a_file_is_bounded_by_what_it_unpacks_to(ann: Any, model: Any, client_of: ClientOf, settings: Any) -> None:
    settings.AI_CMS = {**settings.AI_CMS, "CHAT_IMPORT_BYTES": 1000}
    for raw in (b"[" + b" " * 1000, zipped(conversations=b" " * 1001), zipped(conversations=b"x" * 1001)):
        found = sent(client_of(ann), raw)
        assert (found.status_code, found.json()["code"]) == (413, "too_large")
    two = {"conversations-000": b"[1" + b" " * 600, "conversations-001": b"[2" + b" " * 600}
    with pytest.raises(TooLarge, match="1000"):
        json_files(io.BytesIO(zipped(**two)), most=1000)
    with pytest.raises(InvalidInput):
        json_files(io.BytesIO(zipped(notes=b"[]")), most=1000)


def test_who_may_not_write_takes_nothing_in(ann: Any, model: Any, client_of: ClientOf) -> None:
    raw = json.dumps(OWN).encode()
    assert sent(APIClient(), raw).status_code == 401
    _token, secret = create_token(ann, scopes=["read"])
    assert sent(APIClient(HTTP_AUTHORIZATION=f"Bearer {secret}"), raw).status_code == 403
    api = client_of(ann)
    assert api.post("/api/conversations/import/", {}, format="multipart").status_code == 400
    assert api.post("/api/conversations/import/", OWN, format="json").status_code == 415
    assert not Message.objects.exists()


def test_a_conversation_that_went_wrong_costs_only_itself(ann: Any, model: Any, monkeypatch: Any) -> None:
    create_conversation(actor=ann)
    calls = []

    def failing(*args: Any) -> None:
        calls.append(1)
        if len(calls) == 2:
            raise RuntimeError

    monkeypatch.setattr("ai_cms.chat.services.importing._keep_moments", failing)
    value = [{**OWN, "id": f"c{number}"} for number in range(3)]
    with pytest.raises(RuntimeError):
        taken(value, ann)
    assert Message.objects.count() == 3
    done = taken(value, ann)
    assert (len(done.created), done.unchanged) == (2, 1)
