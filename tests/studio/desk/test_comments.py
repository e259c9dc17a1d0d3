"""Comments on blocks and presence: who may, what is told, who is mentioned, and that nothing half is kept."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from ai_cms.core.exceptions import NotFound
from ai_cms.core.permissions import Actor
from ai_cms.pages import services as pages
from ai_cms.studio.exceptions import CommentClosed, CommentRefused
from ai_cms.studio.mentions import MOST_MENTIONS, handle_of, handles_in
from ai_cms.studio.models import Comment, Presence
from ai_cms.studio.services import (
    add_comment,
    delete_comment,
    keep_present,
    leave_page,
    reopen_thread,
    resolve_thread,
)
from tests.conftest import make_user
from tests.studio.desk.conftest import browser_of

pytestmark = pytest.mark.django_db
Url = Callable[..., str]
NOON = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)


def post(client: Client, address: str, body: Any = None) -> Any:
    return client.post(address, json.dumps(body) if body is not None else "", content_type="application/json")


def test_a_thread_by_its_addresses(gardener: Any, writer: Any, tree: Any, url: Url) -> None:
    ours, theirs = browser_of(gardener), browser_of(writer)
    ferns = tree["ferns"]
    body = {"body": f"Is it so, @{handle_of(writer)}? And @nobody?", "block": "b-1"}
    made = post(ours, url("comments", ferns.pk), body)
    assert made.status_code == 201, made.content
    thread = made.json()["thread"]
    assert made.json()["unknown"] == ["nobody"]
    assert (thread["block"], thread["mine"], thread["resolved"], thread["answers"]) == ("b-1", True, None, [])
    assert [person["handle"] for person in thread["mentions"]] == [handle_of(writer)]

    # It waits for whoever is mentioned, and not for whoever said the last word.
    assert "Is it so" in theirs.get(url("home")).content.decode()
    assert "Is it so" in theirs.get(url("threads")).content.decode()
    assert "Is it so" not in ours.get(url("home")).content.decode()

    answer = post(theirs, url("comments", ferns.pk), {"body": "It is.", "parent": thread["id"]})
    assert [item["body"] for item in answer.json()["thread"]["answers"]] == ["It is."]
    assert "Is it so" in ours.get(url("home")).content.decode()
    assert "Is it so" not in theirs.get(url("home")).content.decode()

    resolved = post(ours, url("resolve", ferns.pk, thread["id"]))
    assert resolved.json()["thread"]["resolved"]["by"]["handle"] == handle_of(gardener)
    assert post(ours, url("resolve", ferns.pk, thread["id"])).status_code == 409
    listed = ours.get(url("comments", ferns.pk)).json()
    assert (listed["open"], len(listed["threads"])) == (0, 1)
    assert "Is it so" not in ours.get(url("home")).content.decode()

    assert post(theirs, url("reopen", ferns.pk, thread["id"])).json()["thread"]["resolved"] is None
    again = post(theirs, url("comments", ferns.pk), {"body": "One more.", "parent": answer.json()["comment"]})
    assert len(again.json()["thread"]["answers"]) == 2, "an answer to an answer is one to the thread"
    assert ours.get(url("comments", ferns.pk), {"block": "b-2"}).json()["threads"] == []


def test_an_answer_opens_a_thread_again(gardener: Any, writer: Any, tree: Any) -> None:
    thread = add_comment(tree["ferns"], actor=gardener, body="Look here.").comment
    resolve_thread(thread, actor=writer, now=NOON)
    add_comment(tree["ferns"], actor=writer, body="Still wrong.", parent=thread)
    thread.refresh_from_db()
    assert thread.resolved_at is None
    with pytest.raises(CommentClosed):
        reopen_thread(thread, actor=gardener)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "body"),
        ({"body": "  "}, "body"),
        ({"body": "x" * 4_001}, "body"),
        ({"body": 5}, "body"),
        ({"body": "x", "block": "No Id"}, "block"),
        ({"body": "x", "block": ["b"]}, "block"),
        ({"body": "x", "parent": "first"}, "parent"),
        ({"body": "x", "parent": 10**30}, None),
        ([1], None),
        ("{", None),
    ],
)
def test_a_wrong_body_is_refused_and_keeps_nothing(
    script: Client, tree: Any, url: Url, body: Any, field: str | None
) -> None:
    answer = post(script, url("comments", tree["ferns"].pk), body)
    assert answer.status_code in (400, 404)
    if field is not None:
        assert answer.json()[field]
    assert not Comment.objects.exists()


def test_comments_are_limited_and_say_when_to_go_on(script: Client, tree: Any, url: Url, settings: Any) -> None:
    settings.AI_CMS = {"RATE_LIMITS": {"studio_comments": (1, 60)}}
    assert post(script, url("comments", tree["ferns"].pk), {"body": "One."}).status_code == 201
    again = post(script, url("comments", tree["ferns"].pk), {"body": "Two."})
    assert again.status_code == 429
    assert 0 < int(again.headers["Retry-After"]) <= 60
    assert Comment.objects.count() == 1


def test_who_may_not_read_the_draft_finds_nothing(gardener: Any, superuser: Any, tree: Any, url: Url) -> None:
    visit, ferns = tree["visit"], tree["ferns"]
    thread = add_comment(visit, actor=superuser, body="Not for the garden.").comment
    outside = browser_of(gardener)
    for answer in (
        outside.get(url("comments", visit.pk)),
        outside.get(url("mentions", visit.pk)),
        post(outside, url("comments", visit.pk), {"body": "Hello"}),
        post(outside, url("resolve", visit.pk, thread.pk)),
        outside.delete(url("comment", visit.pk, thread.pk)),
        post(outside, url("presence", visit.pk), {}),
        # By way of a page that they may read.
        post(outside, url("resolve", ferns.pk, thread.pk)),
        post(outside, url("comments", ferns.pk), {"body": "Hello", "parent": thread.pk}),
    ):
        assert (answer.status_code, answer.json()["detail"] != "") == (404, True)
    with pytest.raises(CommentRefused):
        add_comment(ferns, actor=superuser, body="Hello", parent=thread)
    with pytest.raises(NotFound):
        resolve_thread(thread, actor=gardener)


def test_mentions_tell_nothing_of_who_may_not_read_the_page(gardener: Any, member: Any, tree: Any, url: Url) -> None:
    said = add_comment(tree["ferns"], actor=gardener, body=f"@{handle_of(member)} and @ghost")
    assert said.unknown == (handle_of(member), "ghost")
    assert not said.comment.mentions.exists()
    people = browser_of(gardener).get(url("mentions", tree["ferns"].pk), {"q": ""}).json()["people"]
    assert handle_of(member) not in [person["handle"] for person in people]
    assert handle_of(gardener) in [person["handle"] for person in people]


def test_a_handle_that_two_people_share_mentions_nobody(gardener: Any, tree: Any) -> None:
    if get_user_model()._meta.get_field("username").unique:
        pytest.skip("user names are unique in this user model")
    for number in (1, 2):
        get_user_model().objects.create_superuser(f"twin{number}@example.com", "password", username="twin")
    assert add_comment(tree["ferns"], actor=gardener, body="@twin").unknown == ("twin",)


def test_authors_and_editors_delete_comments(gardener: Any, writer: Any, tree: Any, url: Url) -> None:
    reader = make_user("reader")
    from django.contrib.auth.models import Group

    from ai_cms.pages.models import PageGroupPermission

    group = Group.objects.create(name="Publishers")
    reader.groups.add(group)
    PageGroupPermission.objects.create(group=group, page=tree["garden"], can_add=True)
    thread = add_comment(tree["ferns"], actor=gardener, body="Mine.").comment
    answer = add_comment(tree["ferns"], actor=reader, body="Mine too.", parent=thread).comment
    limited = browser_of(reader)
    assert limited.delete(url("comment", tree["ferns"].pk, thread.pk)).status_code == 403
    assert limited.delete(url("comment", tree["ferns"].pk, answer.pk)).status_code == 204
    delete_comment(thread, actor=writer)
    assert not Comment.objects.exists()


def test_the_list_asks_the_database_the_same_whatever_its_length(
    gardener: Any, writer: Any, tree: Any, url: Url, django_assert_max_num_queries: Any
) -> None:
    for number in range(12):
        thread = add_comment(tree["ferns"], actor=gardener, body=f"{number} @{handle_of(writer)}").comment
        add_comment(tree["ferns"], actor=writer, body="Yes.", parent=thread)
    client = browser_of(gardener)
    client.get(url("comments", tree["ferns"].pk))
    with django_assert_max_num_queries(9):
        assert len(client.get(url("comments", tree["ferns"].pk)).json()["threads"]) == 12


def test_comments_go_with_their_page_and_stay_without_their_author(gardener: Any, tree: Any) -> None:
    author = get_user_model().objects.create_superuser(**_account("gone"))
    add_comment(tree["ferns"], actor=author, body="I was here.")
    author.delete()
    assert Comment.objects.waiting_for(Actor.of(gardener)).count() == 0, "it was said to nobody"
    system = Actor.system("tests")
    pages.delete_page(tree["ferns"], actor=system)
    assert Comment.objects.count() == 1
    pages.purge_page(type(tree["ferns"]).all_objects.get(pk=tree["ferns"].pk), actor=system)
    assert not Comment.objects.exists()


def _account(name: str) -> dict[str, Any]:
    mail = {"email": f"{name}@example.com", "password": "password"}
    return mail if get_user_model().USERNAME_FIELD == "email" else {"username": name, **mail}


def test_presence_runs_out_by_itself(gardener: Any, writer: Any, tree: Any) -> None:
    ferns = tree["ferns"]
    assert keep_present(ferns, actor=gardener, block_id="b-1", now=NOON) == []
    others = keep_present(ferns, actor=writer, block_id="b-2", now=NOON + timedelta(seconds=20))
    assert [(row.user, row.block_id) for row in others] == [(gardener, "b-1")]
    keep_present(ferns, actor=gardener, block_id="b-3", now=NOON + timedelta(seconds=25))
    others = keep_present(ferns, actor=writer, block_id="b-2", now=NOON + timedelta(seconds=54))
    assert [row.block_id for row in others] == ["b-3"]
    assert keep_present(ferns, actor=writer, now=NOON + timedelta(seconds=55)) == [], (
        "thirty seconds after the last sign"
    )
    assert Presence.objects.count() == 2
    leave_page(ferns, actor=writer)
    keep_present(tree["mosses"], actor=writer, now=NOON + timedelta(hours=1))
    assert [row.page_id for row in Presence.objects.all()] == [tree["mosses"].pk], "whoever comes sweeps"


def test_presence_by_its_address(gardener: Any, writer: Any, tree: Any, url: Url) -> None:
    ferns = tree["ferns"]
    ours, theirs = browser_of(gardener), browser_of(writer)
    first = post(ours, url("presence", ferns.pk), {"block_id": "b-1"}).json()
    assert (first["others"], first["every"]) == ([], 10)
    [other] = post(theirs, url("presence", ferns.pk), {"block_id": ""}).json()["others"]
    assert (other["person"]["handle"], other["block_id"]) == (handle_of(gardener), "b-1")
    post(ours, url("presence", ferns.pk), {"leave": True})
    assert post(theirs, url("presence", ferns.pk), {}).json()["others"] == []
    for wrong in ({"block_id": 7}, {"block_id": "A B"}, []):
        assert post(ours, url("presence", ferns.pk), wrong).status_code == 400


def test_presence_tells_whether_something_was_said(gardener: Any, writer: Any, tree: Any, url: Url) -> None:
    ferns, client = tree["ferns"], browser_of(gardener)
    told = [post(client, url("presence", ferns.pk), {}).json()["talk"]]

    def again() -> bool:
        told.append(post(client, url("presence", ferns.pk), {}).json()["talk"])
        return told[-1] not in told[:-1]

    assert not again()
    thread = add_comment(ferns, actor=writer, body="Look here.").comment
    assert again()
    answer = add_comment(ferns, actor=writer, body="And there.", parent=thread).comment
    assert again()
    resolve_thread(thread, actor=writer, now=NOON)
    assert again()
    reopen_thread(thread, actor=writer)
    resolve_thread(thread, actor=writer, now=NOON + timedelta(hours=1))
    assert again()
    delete_comment(answer, actor=writer)
    assert again()
    add_comment(tree["mosses"], actor=writer, body="Of another page.")
    assert not again()


def test_a_forged_request_is_refused(gardener: Any, tree: Any, url: Url) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(gardener)
    assert post(client, url("comments", tree["ferns"].pk), {"body": "x"}).status_code == 403
    assert post(client, url("presence", tree["ferns"].pk), {}).status_code == 403
    assert not Comment.objects.exists()


@given(st.text(max_size=300))
def test_handles_are_words_after_a_sign_and_never_parts_of_addresses(text: str) -> None:
    found = handles_in(text)
    assert len(found) == len(set(found)) <= MOST_MENTIONS
    for handle in found:
        assert f"@{handle}" in text
        assert handle[-1] not in ".-+"


def test_handles_of_sentences() -> None:
    assert handles_in("Hello @ada, @grace. Write to ada@example.com; (@ada) @@x @-y @a.b-c.") == [
        "ada",
        "grace",
        "a.b-c",
    ]
