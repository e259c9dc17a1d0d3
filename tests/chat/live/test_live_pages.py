"""Rooms in two browsers over a real ASGI server: messages, who is here, who types, what is unread; and without a WebSocket."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import uvicorn
from channels.routing import ProtocolTypeRouter
from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler
from django.core.asgi import get_asgi_application

from ai_cms.chat.live.routing import websocket_application
from ai_cms.chat.models import Member
from ai_cms.chat.services import add_agent, create_agent, create_room, send_message
from ai_cms.llm.backends.testing import TestingBackend
from tests.chat.test_browser import VIEWS, Visitor, chromium, said, threaded  # noqa: F401
from tests.conftest import make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def asgi_server(settings: Any) -> Iterator[str]:
    """Return the address of this process's site, served by uvicorn in a thread."""
    settings.MIDDLEWARE = ["tests.chat.test_browser.StrictPolicy", *settings.MIDDLEWARE]
    http = ASGIStaticFilesHandler(get_asgi_application())
    app = ProtocolTypeRouter({"http": http, "websocket": websocket_application()})
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning", lifespan="off", ws="websockets-sansio"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.02)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(20)


@pytest.fixture
def guest(chromium: Any, asgi_server: str) -> Callable[..., Visitor]:  # noqa: F811
    return lambda user, **options: Visitor(chromium, asgi_server, user, **options)


def room_of(*people: Any, title: str = "Greenhouse") -> Any:
    room = create_room(actor=people[0], title=title)
    for person in people[1:]:
        Member.objects.create(conversation=room, user=person)
    return room


def test_two_people_in_a_room(guest: Callable[..., Visitor], threaded: TestingBackend) -> None:  # noqa: F811
    ann, bob = make_user("ann"), make_user("bob")
    room, other = room_of(ann, bob), room_of(ann, bob, title="Compost")
    wide = {"width": 1440, "height": 900}
    hers, his = guest(ann, viewport=wide), guest(bob, viewport=wide)
    hers.visit(f"rooms/{room.pk}/")
    his.visit(f"rooms/{room.pk}/")
    for who in (hers, his):
        who.page.wait_for_function(
            "() => document.querySelector('[data-present]')?.textContent === 'Here now: ann, bob'"
        )
    # Typing, and what becomes of it.
    his.page.type("#chat-text", "Who wat")
    hers.page.wait_for_function("() => document.querySelector('[data-typing]').textContent === 'bob is typing …'")
    hers.look("room-live-typing")
    his.page.type("#chat-text", "ers today?")
    his.page.press("#chat-text", "Enter")
    # Sooner than a page looks that nobody tells: that is every four seconds in a room.
    said(hers.page, "Who waters today?").wait_for(timeout=3000)
    hers.page.wait_for_function("() => document.querySelector('[data-typing]').textContent === ''")
    # Unread messages of the other room.
    send_message(other, "Turn it over.", actor=bob)
    badge = hers.page.locator(f"[data-entry='{other.pk}'] .chat-unread")
    badge.wait_for()
    assert badge.inner_text() == "1\nunread" or badge.inner_text().startswith("1")
    his.page.close()
    hers.page.wait_for_function("() => document.querySelector('[data-present]')?.textContent === 'Here now: ann'")
    assert hers.problems == his.problems == []


def test_an_answer_for_somebody_else_is_seen_while_it_is_written(
    guest: Callable[..., Visitor],
    threaded: TestingBackend,  # noqa: F811
) -> None:
    ann, bob = make_user("ann"), make_user("bob")
    room = room_of(ann, bob)
    add_agent(room, create_agent(actor=ann, name="Gardener"), actor=ann)
    threaded.answer, threaded.delay = " ".join(f"word{number}" for number in range(40)), 0.05
    who = guest(bob, viewport={"width": 1440, "height": 900})
    who.visit(f"rooms/{room.pk}/")
    who.page.wait_for_function("() => document.querySelector('[data-present]')?.textContent !== ''")
    send_message(room, "@Gardener, count.", actor=ann)
    # Part of it, long before the end.
    who.page.wait_for_function("() => document.querySelector('.is-answer')?.textContent.includes('word5')")
    assert who.page.locator(".is-answer[data-status=complete]").count() == 0
    who.page.wait_for_selector(".is-answer[data-status=complete]")
    text = who.page.locator(".is-answer .chat-text").inner_text().strip()
    assert text == threaded.answer
    assert who.problems == []


@pytest.mark.parametrize(("scheme", "width"), VIEWS)
def test_a_live_room_is_clean(
    guest: Callable[..., Visitor],
    threaded: TestingBackend,  # noqa: F811
    scheme: str,
    width: int,
) -> None:
    people = [make_user(name) for name in ("ann", "bob", "cleo-with-a-long-name")]
    room = room_of(*people)
    send_message(room, "Who waters **today**?", actor=people[1])
    who = guest(people[0], color_scheme=scheme, viewport={"width": width, "height": 800})
    others = [guest(person, viewport={"width": 800, "height": 600}) for person in people[1:]]
    for one in (who, *others):
        one.visit(f"rooms/{room.pk}/")
    who.page.wait_for_function("() => document.querySelector('[data-present]')?.textContent.includes('cleo')")
    for one in others:
        one.page.type("#chat-text", "I do")
    who.page.wait_for_function("() => document.querySelector('[data-typing]').textContent.includes('are typing')")
    who.look(f"room-live-{scheme}")
    assert who.problems == []


def test_a_page_without_a_socket_looks_by_itself(guest: Callable[..., Visitor], threaded: TestingBackend) -> None:  # noqa: F811
    ann, bob = make_user("ann"), make_user("bob")
    room = room_of(ann, bob)
    who = guest(ann, viewport={"width": 1440, "height": 900})
    # A proxy that lets none through.
    who.page.route_web_socket("**/ws/**", lambda socket: socket.close(code=1011))
    who.visit(f"rooms/{room.pk}/")
    who.page.wait_for_selector(".has-script")
    send_message(room, "By and by.", actor=bob)
    said(who.page, "By and by.").wait_for(timeout=15_000)
    assert who.page.locator("[data-present]").is_hidden()


def test_a_socket_that_breaks_comes_back_with_what_was_missed(
    guest: Callable[..., Visitor],
    threaded: TestingBackend,  # noqa: F811
) -> None:
    ann, bob = make_user("ann"), make_user("bob")
    room = room_of(ann, bob)
    who = guest(ann, viewport={"width": 1440, "height": 900})
    open_ones: list[Any] = []

    def passed(socket: Any) -> None:
        open_ones.append(socket)
        socket.connect_to_server()

    who.page.route_web_socket("**/ws/**", passed)
    who.visit(f"rooms/{room.pk}/")
    who.page.wait_for_function("() => document.querySelector('[data-present]')?.textContent !== ''")
    open_ones[-1].close(code=1012)
    send_message(room, "While away.", actor=bob)
    said(who.page, "While away.").wait_for(timeout=10_000)
    who.page.wait_for_function("() => document.querySelector('[data-present]')?.textContent === 'Here now: ann'")
    assert len(open_ones) >= 2
