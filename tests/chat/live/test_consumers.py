"""Conversations and rooms by WebSocket: who may hear, what comes, and where one comes back."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from channels.testing import WebsocketCommunicator
from django.db import connection
from django.test import Client
from django.utils import timezone

from ai_cms.chat import get_conversation_model
from ai_cms.chat.live import consumers, tailing
from ai_cms.chat.live.routing import websocket_application
from ai_cms.chat.models import Member, Message, SocketTicket
from ai_cms.chat.services import (
    create_conversation,
    create_room,
    delete_conversation,
    delete_message,
    edit_message,
    mark_read,
    remove_member,
    send_message,
)
from ai_cms.core.models import ApiToken
from ai_cms.core.tokens import revoke_token
from tests.conftest import make_user

from .sockets import connected, in_thread, played, token_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def room(ann: Any, bob: Any, model: Any, settings: Any) -> Any:
    settings.AI_CMS = {**settings.AI_CMS, "RATE_LIMITS": {"chat_messages": None}}
    room = create_room(actor=ann, title="Herbs")
    Member.objects.create(conversation=room, user=bob)
    return room


def path_of(conversation: Any) -> str:
    return f"/ws/{'rooms' if conversation.is_room else 'conversations'}/{conversation.pk}/"


def say(room: Any, text: str, user: Any) -> Any:
    return send_message(room, text, actor=user).message


def test_what_is_said_reaches_the_members_in_order(room: Any, ann: Any, bob: Any) -> None:
    async def scene() -> list[str]:
        async with connected(path_of(room), token=await in_thread(token_of, bob)) as socket:
            ready = await socket.next("ready")
            assert (ready["user"], ready["change"], ready["takes_part"]) == (str(bob.pk), 0, True)
            for number in range(5):
                await in_thread(say, room, f"word {number}", ann)
            return [(await socket.next("message"))["message"]["content"] for _ in range(5)]

    assert played(scene) == [f"word {number}" for number in range(5)]


def test_whoever_comes_back_gets_what_was_missed_once(room: Any, ann: Any, bob: Any) -> None:
    async def scene() -> list[int]:
        token = await in_thread(token_of, bob)
        await in_thread(say, room, "before", ann)
        async with connected(path_of(room), token=token, after="0") as socket:
            first = await socket.next("message")
        for number in range(150):
            await in_thread(say, room, f"while away {number}", ann)
        async with connected(path_of(room), token=token, after=first["id"]) as socket:
            return [(await socket.next("message"))["message"]["number"] for _ in range(150)]

    # More than one page of the reader.
    assert played(scene) == list(range(2, 152))


def test_without_a_place_only_what_is_new_comes(room: Any, ann: Any, bob: Any) -> None:
    async def scene() -> str:
        await in_thread(say, room, "old", ann)
        async with connected(path_of(room), token=await in_thread(token_of, bob)) as socket:
            await socket.next("ready", change=1)
            await in_thread(say, room, "new", ann)
            return str((await socket.next("message"))["message"]["content"])

    assert played(scene) == "new"


def test_changes_and_deletions_of_messages_are_told(room: Any, ann: Any, bob: Any) -> None:
    message = say(room, "first", ann)

    async def scene() -> list[tuple[str, bool]]:
        found = []
        async with connected(path_of(room), token=await in_thread(token_of, bob)) as socket:
            await socket.next("ready")
            await in_thread(edit_message, message, "second", actor=ann)
            found.append((await socket.next("message"))["message"])
            await in_thread(delete_message, message, actor=ann)
            found.append((await socket.next("message"))["message"])
        return [(row["content"], row["is_deleted"]) for row in found]

    assert played(scene) == [("second", False), ("", True)]


def test_an_answer_comes_by_the_events_of_its_run(ann: Any, parked: Any) -> None:
    conversation = create_conversation(actor=ann)
    sent = send_message(conversation, "Count, please.", actor=ann)
    run = sent.answers[0].run

    async def scene() -> tuple[str, list[int]]:
        from ai_cms.llm.runs.execution import execute_run

        parked.answer, parked.delay = "one two three four five", 0.02
        async with connected(path_of(conversation), token=await in_thread(token_of, ann)) as socket:
            begun = (await socket.next("message"))["message"]
            assert (begun["status"], begun["content"]) == ("queued", "")
            work = asyncio.create_task(asyncio.to_thread(carried_out, execute_run, run.pk))
            await socket.next("message", timeout=30)
            while True:
                frame = await socket.frame()
                if frame["type"] == "run" and frame["event"]["event"] == "done":
                    break
            if not any(f["type"] == "message" and f["message"]["status"] == "complete" for f in socket.frames):
                await socket.next("message")
            await work
        text = ""
        for frame in socket.frames:
            if frame["type"] == "message" and frame["message"]["role"] == "assistant":
                # What a page does: a message is the text up to here, an event goes on from there.
                text = frame["message"]["content"]
            elif frame["type"] == "run" and frame["event"]["event"] == "delta":
                text += frame["event"]["data"]["text"]
            assert "one two three four five".startswith(text)
        numbers = [frame["event"]["id"] for frame in socket.frames if frame["type"] == "run"]
        return text, numbers

    text, numbers = played(scene)
    assert text == "one two three four five"
    # Each event once, in order, from the one after what the first frame showed.
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    row = Message.objects.get(pk=sent.answers[0].pk)
    assert row.run is not None and numbers[-1] == row.run.last_seq


def carried_out(work: Callable[..., Any], *args: Any) -> Any:
    from django.db import connections

    try:
        return work(*args)
    finally:
        connections.close_all()


def test_a_place_within_an_answer_goes_on_there(ann: Any, parked: Any) -> None:
    from ai_cms.llm.runs.execution import execute_run

    conversation = create_conversation(actor=ann)
    sent = send_message(conversation, "Count, please.", actor=ann)
    parked.answer = "one two three"
    run = sent.answers[0].run
    place = f"{sent.answers[0].change}~{run.pk.hex}:0"
    execute_run(run.pk)

    async def scene() -> list[int]:
        async with connected(path_of(conversation), token=await in_thread(token_of, ann), after=place) as socket:
            await socket.next("message", timeout=5)
            await socket.quiet(0.2)
            return [frame["event"]["id"] for frame in socket.frames if frame["type"] == "run"]

    numbers = played(scene)
    run.refresh_from_db()
    assert numbers == list(range(1, run.last_seq + 1))


@pytest.mark.stress
def test_thirty_watchers_who_are_cut_off_after_four_events_have_the_whole_text(ann: Any, parked: Any) -> None:
    from ai_cms.llm.runs.execution import execute_run

    conversation = create_conversation(actor=ann)
    answer = send_message(conversation, "Count, please.", actor=ann).answers[0]
    parked.answer, parked.delay = " ".join(f"word{number}" for number in range(60)), 0.03
    run = answer.run

    async def watch(token: str) -> tuple[str, list[int], int]:
        text, numbers, place, visits = "", [], "0", 0
        while True:
            visits += 1
            heard = 0
            async with connected(path_of(conversation), token=token, after=place) as socket:
                while visits > 1 or heard < 4:
                    frame = await socket.frame(timeout=60)
                    place = frame.get("id", place)
                    if frame["type"] == "message" and frame["message"]["id"] == str(answer.pk):
                        text = frame["message"]["content"]
                    elif frame["type"] == "run":
                        heard += 1
                        numbers.append(frame["event"]["id"])
                        if frame["event"]["event"] == "delta":
                            text += frame["event"]["data"]["text"]
                        elif frame["event"]["event"] == "done":
                            return text, numbers, visits

    async def scene() -> list[tuple[str, list[int], int]]:
        token = await in_thread(token_of, ann)
        watchers = [asyncio.create_task(watch(token)) for _ in range(30)]
        await asyncio.sleep(1)
        work = asyncio.create_task(asyncio.to_thread(carried_out, execute_run, run.pk))
        found = await asyncio.gather(*watchers)
        await work
        return found

    found = played(scene)
    answer.refresh_from_db()
    assert answer.content == parked.answer
    assert {text for text, _numbers, _visits in found} == {answer.content}
    for _text, numbers, visits in found:
        assert visits == 2
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def test_a_run_of_another_conversation_is_not_told(ann: Any, bob: Any, parked: Any) -> None:
    from ai_cms.llm.runs.execution import execute_run

    theirs = send_message(create_conversation(actor=bob), "Secret.", actor=bob)
    parked.answer = "the secret answer"
    execute_run(theirs.answers[0].run.pk)
    mine = create_conversation(actor=ann)

    async def scene() -> list[dict[str, Any]]:
        place = f"0~{theirs.answers[0].run.pk.hex}:0"
        async with connected(path_of(mine), token=await in_thread(token_of, ann), after=place) as socket:
            await socket.next("ready")
            await socket.quiet(0.3)
            return socket.frames

    assert "secret" not in json.dumps(played(scene))


# Who may


async def ends_with(path: str, **greeting: Any) -> tuple[int, str]:
    async with connected(path, **greeting) as socket:
        code = await socket.closed()
        assert [frame["type"] for frame in socket.frames] == ["error"]
        return code, socket.frames[0]["code"]


def test_nobody_hears_what_is_not_theirs(room: Any, talk: Any, ann: Any) -> None:
    eve = make_user("eve")
    everything = [path_of(room), path_of(talk), "/ws/rooms/00000000-0000-4000-8000-000000000000/"]
    # A conversation is no room, and the other way about.
    crossed = [f"/ws/rooms/{talk.pk}/", f"/ws/conversations/{room.pk}/"]

    async def scene() -> set[tuple[int, str]]:
        hers, his = await in_thread(token_of, eve), await in_thread(token_of, ann)
        found = {await ends_with(path, token=hers) for path in everything}
        return found | {await ends_with(path, token=his) for path in crossed}

    assert played(scene) == {(4404, "not_found")}


@pytest.mark.parametrize(
    "greeting",
    [
        {"token": "aicms_wrong"},
        {"token": ""},
        {"token": None},
        {"token": ["aicms_wrong"]},
        {"token": "a" * 5000},
        {"token": "aicms_\nwrong"},
        {"ticket": "wrong"},
        {"ticket": 7},
        {"nothing": True},
    ],
)
def test_without_proof_there_is_nothing(room: Any, greeting: dict[str, Any]) -> None:
    assert played(lambda: ends_with(path_of(room), **greeting)) == (4401, "not_authenticated")


def test_a_token_without_the_scope_hears_nothing(room: Any, ann: Any) -> None:
    token = token_of(ann)
    ApiToken.objects.update(scopes=[])
    assert played(lambda: ends_with(path_of(room), token=token)) == (4404, "not_found")


def test_who_says_nothing_is_shown_out(room: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumers, "GREETING", 0.1)

    async def scene() -> int:
        async with connected(path_of(room)) as socket:
            return await socket.closed()

    assert played(scene) == 4401


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{", "unknown_message"),
        ("[]", "unknown_message"),
        ('{"type":"shout"}', "unknown_message"),
        ('{"type":"typing"}', "unknown_message"),
        ('{"type":"auth","token":"x","after":"nowhere"}', "after_unknown"),
        ('{"type":"auth","token":"x","after":{"a":1}}', "after_unknown"),
        ("[" * 8_000, "unknown_message"),
        ('{"type":"auth","token":"' + "x" * 9_000 + '"}', "unknown_message"),
    ],
)
def test_what_is_no_message_ends_the_socket_and_says_so(room: Any, text: str, code: str) -> None:
    async def scene() -> tuple[int, str]:
        async with connected(path_of(room)) as socket:
            await socket.communicator.send_to(text_data=text)
            closed = await socket.closed()
            return closed, socket.frames[-1]["code"]

    assert played(scene) == (4400, code)


def test_bytes_and_floods_end_the_socket(room: Any, bob: Any) -> None:
    async def scene() -> tuple[int, int]:
        async with connected(path_of(room)) as socket:
            await socket.communicator.send_to(bytes_data=b"\x00\xff")
            first = await socket.closed()
        async with connected(path_of(room), token=await in_thread(token_of, bob)) as socket:
            await socket.next("ready")
            for _ in range(60):
                await socket.say(type="ping")
            return first, await socket.closed()

    assert played(scene) == (4400, 4429)


@pytest.mark.parametrize(
    "end",
    # What nobody tells of is seen by the next look, seconds later.
    ["remove", "leave", "delete", "revoke", "deactivate", pytest.param("forget", marks=pytest.mark.thorough)],
)
def test_whoever_may_no_longer_is_out_at_once(end: str, room: Any, ann: Any, bob: Any) -> None:
    token = token_of(bob)
    member = Member.objects.get(conversation=room, user=bob)

    def over() -> None:
        if end == "remove":
            remove_member(member, actor=ann)
        elif end == "leave":
            remove_member(member, actor=bob)
        elif end == "delete":
            delete_conversation(room, actor=ann)
        elif end == "revoke":
            revoke_token(ApiToken.objects.get())
        elif end == "deactivate":
            type(bob).objects.filter(pk=bob.pk).update(is_active=False)
        else:
            bob.delete()

    async def scene() -> tuple[int, list[str]]:
        async with connected(path_of(room), token=token) as socket:
            await socket.next("presence")
            await in_thread(over)
            if end not in ("remove", "leave", "delete", "forget"):
                # Nothing tells us; the next word is held back all the same.
                await in_thread(say, room, "not for Bob", ann)
            code = await socket.closed(timeout=5)
            return code, [frame["type"] for frame in socket.frames]

    code, types = played(scene)
    assert code == (4401 if end in ("revoke", "deactivate", "forget") else 4404)
    assert "message" not in types and types[-1] == "error"


@pytest.mark.thorough
def test_a_removal_that_nobody_tells_of_ends_the_socket_within_five_seconds(room: Any, bob: Any) -> None:
    async def scene() -> int:
        async with connected(path_of(room), token=await in_thread(token_of, bob)) as socket:
            await socket.next("presence")
            # Past all services: no hint is given.
            await in_thread(Member.objects.filter(user=bob).delete)
            return await socket.closed(timeout=5)

    assert played(scene) == 4404
    assert tailing.LOOK < 5


# Tickets and origins


def browser(user: Any) -> tuple[Client, dict[str, str]]:
    client = Client()
    client.force_login(user)
    return client, {"origin": "http://testserver", "cookie": f"sessionid={client.cookies['sessionid'].value}"}


def ticket_of(client: Client) -> str:
    response = client.post("/api/socket-tickets/", content_type="application/json")
    assert response.status_code == 201, response.content
    assert response.headers["Cache-Control"] == "private, no-store"
    found: str = response.json()["ticket"]
    return found


def test_a_ticket_is_good_once_and_in_its_browser_alone(room: Any, ann: Any, bob: Any) -> None:
    client, headers = browser(bob)
    _other, others = browser(ann)

    async def scene() -> list[Any]:
        found: list[Any] = []
        ticket = await in_thread(ticket_of, client)
        async with connected(path_of(room), headers=headers, ticket=ticket) as socket:
            found.append((await socket.next("ready"))["user"])
        found.append((await ends_with(path_of(room), headers=headers, ticket=ticket))[0])
        for wrong in (others, {"origin": "http://testserver"}, {"cookie": headers["cookie"]}):
            ticket = await in_thread(ticket_of, client)
            found.append((await ends_with(path_of(room), headers=wrong, ticket=ticket))[0])
        return found

    assert played(scene) == [str(bob.pk), 4401, 4401, 4401, 4401]


def test_a_ticket_ends_after_some_seconds(room: Any, bob: Any) -> None:
    client, headers = browser(bob)
    ticket = ticket_of(client)
    SocketTicket.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert played(lambda: ends_with(path_of(room), headers=headers, ticket=ticket))[0] == 4401
    # It is spent by the try; the next one clears up.
    ticket_of(client)
    assert SocketTicket.objects.count() == 1


def test_a_program_gets_no_ticket(bob: Any, client_of: Any) -> None:
    client = Client(headers={"authorization": f"Bearer {token_of(bob)}"})
    response = client.post("/api/socket-tickets/", content_type="application/json")
    assert (response.status_code, response.json()["code"]) == (403, "session_needed")
    assert Client().post("/api/socket-tickets/", content_type="application/json").status_code == 401


@pytest.mark.thorough
@pytest.mark.parametrize("end", ["logout", "password"])
def test_a_socket_does_not_outlive_the_session(end: str, room: Any, ann: Any, bob: Any) -> None:
    client, headers = browser(bob)

    def over() -> None:
        if end == "logout":
            client.logout()
        else:
            bob.set_password("another-One-9")
            bob.save()

    async def scene() -> int:
        async with connected(path_of(room), headers=headers, ticket=await in_thread(ticket_of, client)) as socket:
            await socket.next("presence")
            await in_thread(over)
            return await socket.closed(timeout=5)

    assert played(scene) == 4401


async def accepted(origin: str | None) -> bool:
    headers = [(b"host", b"testserver"), *([(b"origin", origin.encode())] if origin is not None else [])]
    path = "/ws/rooms/00000000-0000-4000-8000-000000000000/"
    communicator = WebsocketCommunicator(websocket_application(), path, headers=headers)
    found, _code = await communicator.connect(timeout=10)
    await communicator.disconnect()
    return bool(found)


def test_pages_of_other_sites_open_no_socket(settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["testserver"]
    settings.CSRF_TRUSTED_ORIGINS = ["https://app.example", "https://*.friends.example"]
    good = ["http://testserver", "https://testserver", "https://app.example", "https://a.friends.example", None]
    bad = [
        "null", "", "http://evil.example", "http://testserver.evil.example", "http://testserver:81", "http://app.example",
        "ftp://testserver", "http://[", "file://", "https://friends.example.evil", "http://evil@testserver.example",
    ]  # fmt: skip
    assert [played(lambda one=one: accepted(one)) for one in good] == [True] * len(good)
    assert [one for one in bad if played(lambda one=one: accepted(one))] == []


def test_addresses_that_are_none_are_refused() -> None:
    async def scene() -> list[bool]:
        found = []
        for path in ("/ws/", "/ws/rooms/seven/", "/ws/rooms/", "/nothing", "/"):
            communicator = WebsocketCommunicator(websocket_application(), path)
            found.append((await communicator.connect(timeout=10))[0])
            await communicator.disconnect()
        return found

    assert played(scene) == [False] * 5


# Presence, typing, unread


def test_who_is_here_and_types_is_told_and_stored_nowhere(room: Any, ann: Any, bob: Any) -> None:
    async def scene() -> list[Any]:
        found: list[Any] = []
        his, hers = await in_thread(token_of, bob), await in_thread(token_of, ann)
        async with connected(path_of(room), token=his) as first:
            found.append([who["id"] for who in (await first.next("presence"))["people"]])
            async with connected(path_of(room), token=hers) as second:
                found.append([who["id"] for who in (await first.next("presence"))["people"]])
                await second.next("presence")
                await second.say(type="typing")
                found.append(await first.next("typing"))
                await second.say(type="typing", on=False)
                found.append(await first.next("typing"))
                # Not to oneself.
                assert [frame for frame in second.frames if frame["type"] == "typing"] == []
            found.append([who["id"] for who in (await first.next("presence"))["people"]])
        return found

    alone, both, typing, stopped, alone_again = played(scene)
    assert alone == alone_again == [str(bob.pk)]
    assert set(both) == {str(ann.pk), str(bob.pk)}
    assert (typing["id"], typing["on"], stopped["on"]) == (str(ann.pk), True, False)


def test_two_windows_of_one_person_are_one_person(room: Any, bob: Any) -> None:
    async def scene() -> list[Any]:
        token = await in_thread(token_of, bob)
        async with connected(path_of(room), token=token) as first:
            await first.next("presence")
            async with connected(path_of(room), token=token) as second:
                people = (await second.next("presence"))["people"]
            rest = await first.quiet(0.3)
            return [len(people), [frame for frame in rest if frame["type"] == "presence"]]

    assert played(scene) == [1, []]


def test_readers_of_a_public_room_are_not_in_it(ann: Any, model: Any) -> None:
    public = create_room(actor=ann, title="Everybody", is_public=True)
    eve = make_user("eve")

    async def scene() -> list[Any]:
        async with connected(path_of(public), token=await in_thread(token_of, eve)) as socket:
            ready = await socket.next("ready")
            people = (await socket.next("presence"))["people"]
            await socket.say(type="typing")
            await in_thread(say, public, "hello", ann)
            await socket.next("message")
            return [ready["takes_part"], people]

    assert played(scene) == [False, []]


def test_unread_messages_of_all_rooms_are_counted(room: Any, ann: Any, bob: Any) -> None:
    other = create_room(actor=ann, title="Trees")
    Member.objects.create(conversation=other, user=bob)
    say(other, "old", ann)

    async def scene() -> list[Any]:
        async with connected(path_of(room), token=await in_thread(token_of, bob), unread=True) as socket:
            first = (await socket.next("unread"))["rooms"]
            await in_thread(say, other, "new", ann)
            second = (await socket.next("unread"))["rooms"]
            fresh = await in_thread(get_conversation_model().objects.get, pk=other.pk)
            await in_thread(mark_read, fresh, 2, actor=bob)
            return [first, second, (await socket.next("unread"))["rooms"]]

    key = str(other.pk)
    assert played(scene) == [{str(room.pk): 0, key: 1}, {key: 2}, {key: 0}]


def test_a_message_too_long_for_a_frame_is_named(room: Any, ann: Any, bob: Any) -> None:
    async def scene() -> dict[str, Any]:
        async with connected(path_of(room), token=await in_thread(token_of, bob)) as socket:
            await socket.next("ready")
            await in_thread(say, room, "ß" * 40_000, ann)
            return await socket.next("message")

    frame = played(scene)
    assert "content" not in frame["message"]
    assert frame["address"] == f"/api/messages/{frame['message']['id']}/"
    assert len(json.dumps(frame)) < tailing.FRAME


def test_one_person_has_a_bound_of_sockets(room: Any, bob: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumers, "SOCKETS", 1)

    async def scene() -> int:
        token = await in_thread(token_of, bob)
        async with connected(path_of(room), token=token) as first:
            await first.next("presence")
            async with connected(path_of(room), token=token) as second:
                code = await second.closed()
        async with connected(path_of(room), token=token) as third:
            await third.next("ready")
        return code

    assert played(scene) == 4429
    assert not consumers._open


def test_a_silent_client_is_gone_and_a_quiet_room_beats(room: Any, bob: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumers, "HEARTBEAT", 0.2)
    monkeypatch.setattr(consumers, "SILENCE", 0.9)
    monkeypatch.setattr(tailing, "LOOK", 0.3)

    async def scene() -> tuple[int, int]:
        async with connected(path_of(room), token=await in_thread(token_of, bob)) as socket:
            await socket.next("ping")
            await socket.say(type="pong")
            return await socket.closed(), len([1 for frame in socket.frames if frame["type"] == "ping"])

    code, pings = played(scene)
    assert code == 4408 and pings >= 2


def test_no_connection_is_held_while_sockets_sleep(room: Any, bob: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from ai_cms.chat.live import threads

    monkeypatch.setattr(threads, "IDLE", 0.05)

    def held() -> list[bool]:
        return [one.executor.submit(lambda: connection.connection is not None).result(10) for one in threads._lanes]

    async def scene() -> tuple[int, list[bool]]:
        async with connected(path_of(room), token=await in_thread(token_of, bob)) as socket:
            await socket.next("presence")
            await asyncio.sleep(0.5)
            return sum(one.pending for one in threads._lanes), held()

    pending, connections = played(scene)
    assert pending == 0
    # In a database in memory connections stay, whoever closes them.
    assert len(connections) == threads.THREADS and (not any(connections) or connection.vendor == "sqlite")
