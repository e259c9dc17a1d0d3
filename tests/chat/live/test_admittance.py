"""Whoever may not hear does not: proofs, members, tickets, origins, and sockets whose people lose their right."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from channels.testing import WebsocketCommunicator
from django.test import Client
from django.utils import timezone

from ai_cms.chat.live import consumers, tailing
from ai_cms.chat.live.routing import websocket_application
from ai_cms.chat.models import Member, SocketTicket
from ai_cms.chat.services import (
    delete_conversation,
    remove_member,
)
from ai_cms.core.models import ApiToken
from ai_cms.core.tokens import revoke_token
from tests.conftest import make_user

from .sockets import connected, in_thread, path_of, played, say, token_of

pytestmark = pytest.mark.django_db(transaction=True)


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
