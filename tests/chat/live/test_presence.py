"""Who is here and types, what is unread, and the bounds of a socket."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from django.db import connection

from ai_cms.chat import get_conversation_model
from ai_cms.chat.live import consumers, tailing
from ai_cms.chat.models import Member
from ai_cms.chat.services import (
    create_room,
    mark_read,
)
from tests.conftest import make_user

from .sockets import connected, in_thread, path_of, played, say, token_of

pytestmark = pytest.mark.django_db(transaction=True)


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
