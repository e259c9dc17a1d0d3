"""Links to conversations: what they show to whom, for how long, and what chat forgets."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from ai_cms.chat import get_conversation_model
from ai_cms.chat.models import ConversationShare, Message
from ai_cms.chat.services import (
    MOST_SHARES,
    create_conversation,
    create_room,
    revoke_share,
    send_message,
    share_conversation,
)
from ai_cms.core.exceptions import InvalidInput, NotFound, PermissionRefused
from ai_cms.llm.backends.testing import TestingBackend

from .test_web import logged_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def said(talk: Any, ann: Any, model: TestingBackend, django_capture_on_commit_callbacks: Any) -> Any:
    """Return Ann's conversation with a question and an answer."""
    model.script("Cut **roses** in <b>March</b>.")
    with django_capture_on_commit_callbacks(execute=True):
        send_message(talk, "When do I cut roses?", actor=ann)
    talk.refresh_from_db()
    return talk


def shown(share: ConversationShare, client: Client | None = None) -> Any:
    return (client or Client()).get(f"/chat/shared/{share.pk}/")


def test_whoever_has_the_link_reads_what_was_said_until_then(said: Any, ann: Any) -> None:
    answer = Message.objects.get(conversation=said, role="assistant")
    answer.citations = [
        {"number": 1, "title": "Roses", "url": "/roses/", "heading": ["Care"], "text": "In March.", "page": 7}
    ]
    answer.rounds = [{"calls": [{"id": "1", "name": "search", "arguments": "{}", "result": "a secret of the site"}]}]
    answer.attachments = [{"asset": 1, "name": "letter.pdf", "title": "", "mime": "application/pdf", "size": 3}]
    answer.save()
    share = share_conversation(said, actor=ann)
    Message.objects.filter(conversation=said).update(content="changed later")
    response = shown(share)
    html = response.content.decode()
    assert response.status_code == 200
    assert "When do I cut roses?" in html and "Cut <strong>roses</strong> in &lt;b&gt;March&lt;/b&gt;." in html
    assert "Gardener" in html and 'href="/roses/"' in html and "In March." in html
    for hidden in ("changed later", "ann", "a secret of the site", "letter.pdf", "<script"):
        assert hidden not in html
    assert (response["X-Robots-Tag"], response["Referrer-Policy"]) == ("noindex, nofollow", "no-referrer")
    assert "no-store" in response["Cache-Control"]
    assert timedelta(days=29) < share.expires_at - timezone.now() < timedelta(days=30)


def test_deleted_messages_and_answers_that_are_written_are_left_out(said: Any, ann: Any) -> None:
    Message.objects.filter(conversation=said, role="user").update(deleted_at=timezone.now())
    assert [row["role"] for row in share_conversation(said, actor=ann).messages] == ["assistant"]
    Message.objects.filter(conversation=said, role="assistant").update(status="streaming")
    with pytest.raises(InvalidInput, match="Nothing has been said"):
        share_conversation(said, actor=ann)


def test_a_link_that_ended_was_taken_back_or_never_was_leads_nowhere(said: Any, ann: Any) -> None:
    ended, revoked = share_conversation(said, actor=ann, days=1), share_conversation(said, actor=ann)
    ConversationShare.objects.filter(pk=ended.pk).update(expires_at=timezone.now())
    revoke_share(said, revoked.pk, actor=ann)
    never = ConversationShare(pk=uuid4())
    assert [shown(share).status_code for share in (ended, revoked, never)] == [404, 404, 404]
    with pytest.raises(NotFound):
        revoke_share(said, revoked.pk, actor=ann)


def test_by_setting_only_those_who_are_logged_in_read_it(said: Any, ann: Any, bob: Any, settings: Any) -> None:
    share = share_conversation(said, actor=ann)
    settings.AI_CMS = {**settings.AI_CMS, "CHAT_SHARES_SIGNED_IN": True}
    response = shown(share)
    assert response.status_code == 302 and f"next=/chat/shared/{share.pk}/" in response["Location"]
    assert shown(share, logged_in(bob)).status_code == 200


def test_only_the_owner_shares_and_rooms_are_not_shared(said: Any, ann: Any, bob: Any) -> None:
    share = share_conversation(said, actor=ann)
    for act in (
        lambda: share_conversation(said, actor=bob),
        lambda: revoke_share(said, share.pk, actor=bob),
        lambda: share_conversation(create_room(actor=ann, title="Plants", is_public=True), actor=ann),
    ):
        with pytest.raises((PermissionRefused, NotFound)):
            act()
    other = create_conversation(actor=bob)
    with pytest.raises(NotFound):
        revoke_share(other, share.pk, actor=bob)
    assert ConversationShare.objects.get() == share


def test_links_are_limited_in_number_and_in_time(said: Any, ann: Any, settings: Any) -> None:
    for _ in range(MOST_SHARES):
        share_conversation(said, actor=ann)
    with pytest.raises(InvalidInput, match="20 links"):
        share_conversation(said, actor=ann)
    ConversationShare.objects.update(expires_at=timezone.now())
    settings.AI_CMS = {**settings.AI_CMS, "CHAT_SHARE_MAX_DAYS": 7}
    assert share_conversation(said, actor=ann).expires_at < timezone.now() + timedelta(days=7, seconds=1)
    for days in (0, 8):
        with pytest.raises(InvalidInput) as caught:
            share_conversation(said, actor=ann, days=days)
        assert set(caught.value.errors or {}) == {"days"}


def test_the_rest_interface(said: Any, ann: Any, bob: Any, client_of: Callable[[Any], Any]) -> None:
    client, path = client_of(ann), f"/api/conversations/{said.pk}/shares/"
    made = client.post(path, {"days": 3}, format="json")
    assert made.status_code == 201, made.content
    assert made.json()["url"] == f"http://testserver/chat/shared/{made.json()['id']}/"
    assert Client().get(f"/chat/shared/{made.json()['id']}/").status_code == 200
    assert [row["id"] for row in client.get(path).json()] == [made.json()["id"]]
    assert client.post(path, {"days": 0}, format="json").status_code == 400
    assert client.post(path, {"day": 1}, format="json").status_code == 400
    for other in (
        client_of(bob).get(path),
        client_of(bob).post(path),
        client_of(bob).delete(f"{path}{made.json()['id']}/"),
    ):
        assert other.status_code == 404
    assert client.delete(f"{path}nonsense/").status_code == 404
    assert client.delete(f"{path}{made.json()['id']}/").status_code == 204
    assert client.get(path).json() == []


def test_the_page_makes_links_and_takes_them_back(said: Any, ann: Any, bob: Any) -> None:
    client, path = logged_in(ann), f"/chat/c/{said.pk}/share/"
    assert "Make a link" in client.get(path).content.decode()
    assert "less than or equal to 365" in client.post(path, {"days": "99999"}).content.decode()
    response = client.post(path, {"days": "5"}, follow=True)
    share = ConversationShare.objects.get()
    assert f"http://testserver/chat/shared/{share.pk}/" in response.content.decode()
    assert logged_in(bob).get(path).status_code == 404
    assert logged_in(bob).post(path, {"revoke": str(share.pk)}).status_code == 404
    assert client.post(path, {"revoke": "nonsense"}).status_code == 404
    assert "taken back" in client.post(path, {"revoke": str(share.pk)}, follow=True).content.decode()
    assert not ConversationShare.objects.exists()


def test_what_is_past_its_time_is_deleted(said: Any, ann: Any, bob: Any, settings: Any) -> None:
    kept, ended = share_conversation(said, actor=ann), share_conversation(said, actor=ann)
    ConversationShare.objects.filter(pk=ended.pk).update(expires_at=timezone.now())
    create_conversation(actor=bob)
    assert purged() == {"conversations": 0, "shares": 1}
    settings.AI_CMS = {**settings.AI_CMS, "CHAT_RETENTION_DAYS": 30}
    get_conversation_model().objects.filter(pk=said.pk).update(last_message_at=timezone.now() - timedelta(days=31))
    assert purged() == {"conversations": 1, "shares": 0}
    assert not Message.objects.exists() and not ConversationShare.objects.filter(pk=kept.pk).exists()
    assert get_conversation_model().objects.get().owner == bob
    assert purged() == {"conversations": 0, "shares": 0}


def purged() -> Any:
    out = StringIO()
    call_command("purge_chat", "--json", stdout=out)
    return json.loads(out.getvalue())
