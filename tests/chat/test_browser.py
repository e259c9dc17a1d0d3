"""The pages of chat in Chromium under a strict policy: light and dark, phone and desk, by keyboard, over bad connections."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connections
from django.http import HttpRequest, HttpResponseBase
from django.test import Client
from pydantic import BaseModel

from ai_cms.assets import get_asset_model
from ai_cms.chat import get_conversation_model
from ai_cms.chat.models import Message
from ai_cms.chat.services import add_agent, create_agent, create_conversation, create_room, join_room, send_message
from ai_cms.llm.backends.testing import TestingBackend
from ai_cms.llm.handler import llms
from ai_cms.llm.messages import ToolCall
from ai_cms.llm.tools.registry import Tool, ToolContext, tools
from tests import axe
from tests.conftest import make_user

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
VIEWS = [("light", 1440), ("light", 390), ("dark", 1440), ("dark", 390)]
#: Where pictures of what was looked at are put, if anywhere.
PICTURES = os.environ.get("AI_CMS_PICTURES", "")

ANSWER = """## Ferns

They like **shade** and `moist` soil.

1. Water in the morning
2. Mulch

| Fern | Height |
|---|---|
| Hart's tongue | 60 cm |
| Lady fern with a very long name that needs room | 90 cm |

```python
def water(fern):
    return "a line that is long enough to scroll sideways in its box on a phone, and does not break the page"
```

![a remote picture](https://tracker.example/x.png)
"""


class StrictPolicy:
    """Send a policy that allows nothing inline and nothing from elsewhere."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        response.headers["Content-Security-Policy"] = POLICY
        return response


@pytest.fixture
def chromium(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Return headless Chromium, for one test; skips, with the reason, where there is none."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed (group browser)")
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        pytest.skip("there is no Chromium on this machine")
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    with playwright.sync_playwright() as session:
        browser = session.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        browser.close()
        connections.close_all()


class Visitor:
    """A person who is logged in, in a browser that remembers what went wrong."""

    def __init__(self, browser: Any, base: str, user: Any, **options: Any) -> None:
        self.base = base
        self.problems: list[str] = []
        self.context = browser.new_context(reduced_motion="reduce", **options)
        client = Client()
        client.force_login(user)
        self.context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": base}])
        self.page = self.context.new_page()
        self.page.set_default_timeout(20_000)
        self.page.on("console", lambda message: self._note(message.type in ("error", "warning"), message.text))
        self.page.on("pageerror", lambda error: self._note(True, str(error)))
        self.page.on("request", lambda request: self._note(not request.url.startswith(base), request.url))

        self.page.on("response", lambda answer: self._note(answer.status >= 400, f"{answer.status} {answer.url}"))

    def _note(self, wrong: bool, text: str) -> None:
        # Every browser asks for an icon by itself, and these pages name none.
        if wrong and "favicon" not in text and "404 (Not Found)" not in text:
            self.problems.append(f"{self.page.url}: {text}")

    def visit(self, path: str) -> None:
        assert self.page.goto(f"{self.base}/chat/{path}").status == 200

    def look(self, name: str, *, of: str = "") -> None:
        """Compare the page with what every page must hold."""
        width = self.page.viewport_size["width"]
        assert self.page.evaluate("document.documentElement.scrollWidth") <= width, self.page.url
        self.problems += [f"{name}: {found}" for found in axe.check(self.page)]
        if PICTURES:
            self.page.screenshot(path=f"{PICTURES}/{name}-{of or width}.png")

    def write(self, text: str) -> None:
        self.page.fill("#chat-text", text)
        self.page.press("#chat-text", "Enter")

    def answers(self, count: int) -> None:
        """Wait until so many answers are whole."""
        self.page.wait_for_function(
            "count => document.querySelectorAll('.is-answer[data-status=complete]').length === count", arg=count
        )


@pytest.fixture
def threaded(model: TestingBackend, settings: Any) -> TestingBackend:
    """Return the model with its runs in threads, as a site has them."""
    settings.AI_CMS = {**settings.AI_CMS, "RUNNER": "thread"}
    backend: Any = llms["default"]
    found: TestingBackend = backend
    return found


@pytest.fixture
def visitor(chromium: Any, settings: Any, live_server: Any) -> Callable[..., Visitor]:
    settings.MIDDLEWARE = ["tests.chat.test_browser.StrictPolicy", *settings.MIDDLEWARE]
    return lambda user, **options: Visitor(chromium, live_server.url, user, **options)


def said(page: Any, text: str) -> Any:
    """Return where a message says ``text``."""
    return page.locator(".chat-text", has_text=text)


def talk_of(user: Any, count: int, **values: Any) -> Any:
    """Return a conversation with messages, straight into the tables."""
    agent = create_agent(actor=user, name=f"Gardener {count}")
    talk = create_conversation(actor=user, agent=agent, **values)
    rows: list[Message] = []
    for number in range(1, count + 1):
        question = number % 2 == 1
        rows.append(
            Message(
                conversation=talk,
                number=number,
                change=number,
                role="user" if question else "assistant",
                author=user if question else None,
                agent=None if question else agent,
                content=f"Question {number}" if question else f"Answer {number}\n\n{ANSWER}",
                parent=rows[-1] if rows else None,
            )
        )
    Message.objects.bulk_create(rows)
    talk.active_leaf, talk.last_number, talk.last_change = rows[-1].pk, count, count
    talk.save()
    return talk


@pytest.mark.parametrize(("scheme", "width"), VIEWS)
def test_every_page_is_clean(
    visitor: Callable[..., Visitor], threaded: TestingBackend, scheme: str, width: int
) -> None:
    ann, bob = make_user("ann"), make_user("bob")
    talk = talk_of(ann, 6, title="What ferns like, and how to tell in winter whether they had enough of it")
    create_conversation(actor=ann, agent=talk.agent, title="Pinned", is_pinned=True)
    last = Message.objects.get(conversation=talk, number=6)
    last.status, last.error_detail = "failed", "The AI service cannot be reached at the moment."
    last.rounds = [{"end": 0, "calls": [{"id": "1", "name": "find_pages", "arguments": '{"q": "fern"}', "state": "done", "ok": True, "result": "3 pages"}]}]  # fmt: skip
    last.save()
    room = create_room(actor=ann, title="Greenhouse", description="Everything under glass.", is_public=True)
    join_room(room, actor=bob)
    add_agent(room, talk.agent, actor=ann)
    send_message(room, "Who waters **today**?", actor=bob)
    who = visitor(ann, color_scheme=scheme, viewport={"width": width, "height": 800})
    name = f"{scheme}"
    for path, picture in (
        ("", "index"), ("new/", "new"), ("import/", "import"), (f"c/{talk.pk}/", "conversation"), ("rooms/", "rooms"), ("rooms/new/", "room-new"),
        (f"rooms/{room.pk}/", "room"), (f"rooms/{room.pk}/members/", "members"), ("agents/", "agents"),
        (f"agents/{talk.agent.pk}/", "agent"),
        (f"c/{talk.pk}/share/", "shares"),
    ):  # fmt: skip
        who.visit(path)
        who.page.wait_for_selector(".has-script")
        who.look(f"{picture}-{name}")
    who.visit("")
    who.page.click(".chat-menu summary >> nth=1")
    who.look(f"menu-{name}")
    # From the menu to a link, by what one sees.
    who.page.get_by_role("link", name="Share").first.click()
    who.page.get_by_role("button", name="Make a link").click()
    who.page.get_by_role("heading", name="Links to it").wait_for()
    who.look(f"shares-made-{name}")
    who.page.locator(".chat-rows a").click()
    who.page.get_by_role("heading", name="Question").first.wait_for()
    who.look(f"shared-{name}")
    assert who.problems == []


def test_a_conversation_from_the_first_word_on(visitor: Callable[..., Visitor], threaded: TestingBackend) -> None:
    """Ask, watch, ask otherwise, go from version to version, write anew."""
    ann = make_user("ann")
    threaded.script(ANSWER, "The second answer.", "The third answer.")
    who = visitor(ann, viewport={"width": 1440, "height": 900})
    page = who.page
    who.visit("new/")
    who.write("What do ferns like?")
    page.wait_for_url(re.compile(r"/chat/c/[0-9a-f-]+/$"))
    who.answers(1)
    assert page.locator(".is-answer .chat-text strong").inner_text() == "shade"
    assert page.locator(".chat-text img").count() == 0
    assert page.input_value("#chat-text") == ""
    assert page.evaluate("document.activeElement.id") == "chat-text"
    page.locator(".chat-gauge meter").wait_for()
    # Another question in its place.
    page.click(".is-mine [data-do=edit]")
    page.fill("[data-editing] textarea", "What do mosses like?")
    page.press("[data-editing] textarea", "Enter")
    said(page, "The second answer.").wait_for()
    who.answers(1)
    assert page.locator(".chat-branches span").inner_text() == "2/2"
    page.click(".chat-branches [data-do=select] >> nth=0")
    said(page, "What do ferns like?").wait_for()
    assert page.locator(".chat-branches span").inner_text() == "1/2"
    # An answer anew.
    page.click(".is-answer [data-do=regenerate]")
    said(page, "The third answer.").wait_for()
    who.answers(1)
    assert page.locator(".is-answer .chat-branches span").inner_text() == "2/2"
    assert who.problems == []


def test_what_is_typed_is_never_lost(visitor: Callable[..., Visitor], threaded: TestingBackend) -> None:
    ann = make_user("ann")
    talk = talk_of(ann, 2)
    who = visitor(ann, viewport={"width": 1440, "height": 900})
    page = who.page
    who.visit(f"c/{talk.pk}/")
    page.fill("#chat-text", "A long thought")
    page.reload()
    assert page.input_value("#chat-text") == "A long thought"
    # The network is gone.
    page.route("**/send_message/", lambda route: route.abort())
    page.press("#chat-text", "Enter")
    page.locator("[data-problem]").wait_for()
    assert page.input_value("#chat-text") == "A long thought"
    who.look("problem")
    # The answer of the server is lost, not the message: tried again, it is one.
    page.unroute("**/send_message/")

    def lose(route: Any) -> None:
        route.fetch()
        route.abort()

    page.route("**/send_message/", lose, times=1)
    page.click("[data-problem] button")
    page.locator("[data-problem]").wait_for()
    page.click("[data-problem] button")
    who.answers(2)
    assert Message.objects.filter(conversation=talk, content="A long thought").count() == 1
    assert page.input_value("#chat-text") == ""
    # The session ends.
    page.fill("#chat-text", "Another thought")
    who.context.clear_cookies()
    page.press("#chat-text", "Enter")
    page.locator("[data-problem] a").wait_for()
    assert page.input_value("#chat-text") == "Another thought"


def test_an_answer_is_seen_while_it_is_written_and_stopped_by_escape(
    visitor: Callable[..., Visitor], threaded: TestingBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann = make_user("ann")
    talk = talk_of(ann, 2)
    monkeypatch.setattr(threaded, "delay", 0.1)
    threaded.script("One **two** three. " * 200)
    who = visitor(ann, viewport={"width": 1440, "height": 900})
    page = who.page
    who.visit(f"c/{talk.pk}/")
    who.write("Go on and on")
    page.locator(".is-answer[data-status=streaming] [data-tail]").wait_for(state="attached")
    page.wait_for_function("document.querySelector('[data-tail]')?.textContent.length > 20")
    who.look("streaming")
    # A page that comes later has all of it, and goes on.
    page.reload()
    page.wait_for_function("document.querySelector('.is-answer[data-status=streaming]')?.innerText.includes('three')")
    page.focus("#chat-text")
    page.get_by_role("button", name="Stop").wait_for()
    page.keyboard.press("Escape")
    page.locator(".is-answer[data-status=stopped]").wait_for()
    page.wait_for_function("document.querySelector('[data-told]').textContent === 'Stopped.'")
    who.look("stopped")
    row = Message.objects.get(conversation=talk, number=4)
    shown = page.locator(".is-answer[data-status=stopped] [data-text]").inner_text()
    assert shown.replace("**", "").split() == row.content.replace("**", "").split()
    assert page.get_by_role("button", name="Stop").count() == 0
    # Go on where it was cut.
    monkeypatch.setattr(threaded, "delay", 0.0)
    threaded.script("The rest.")
    page.get_by_role("button", name="Go on").click()
    said(page, "The rest.").wait_for()
    who.answers(2)
    assert who.problems == []


class Fern(BaseModel):
    fern: str


def watering(done: list[str]) -> Tool:
    """Return a tool that writes down what was done with it."""

    def work(context: ToolContext, arguments: Fern) -> str:
        done.append(arguments.fern)
        return "Watered."

    return Tool("water", work, Fern, "Water a fern.", "outward")


def test_a_tool_call_is_approved_and_refused(visitor: Callable[..., Visitor], threaded: TestingBackend) -> None:
    ann = make_user("ann")
    done: list[str] = []
    with tools.temporarily("water", watering(done)):
        agent = create_agent(actor=ann, name="Gardener")
        agent.tools = ["water"]
        agent.save()
        talk = create_conversation(actor=ann, agent=agent)
        threaded.script(ToolCall("1", "water", '{"fern": "Hart"}'), "It was refused.")
        who = visitor(ann, viewport={"width": 390, "height": 800})
        page = who.page
        who.visit(f"c/{talk.pk}/")
        page.fill("#chat-text", "Water it")
        page.click("[data-send]")
        page.get_by_role("heading", name="Gardener wants to use water").wait_for()
        who.look("approval")
        page.get_by_role("button", name="Refuse").click()
        said(page, "It was refused.").wait_for()
        assert done == []
        threaded.script(ToolCall("2", "water", '{"fern": "Hart"}'), "It is watered.")
        page.fill("#chat-text", "Do water it")
        page.click("[data-send]")
        page.get_by_role("button", name="Approve").click()
        said(page, "It is watered.").wait_for()
        assert done == ["Hart"]
        assert who.problems == []


def test_two_thousand_messages_stay_responsive(visitor: Callable[..., Visitor], threaded: TestingBackend) -> None:
    ann = make_user("ann")
    talk = talk_of(ann, 2000)
    who = visitor(ann, viewport={"width": 1440, "height": 900})
    page = who.page
    who.visit(f"c/{talk.pk}/")
    assert page.locator(".chat-message").count() == 40
    assert page.locator("text=Answer 2000").is_visible()
    page.evaluate("document.querySelector('[data-thread]').scrollTop = 0")
    page.wait_for_function("document.querySelectorAll('.chat-message').length >= 80")
    # What was read stays where it was.
    assert page.evaluate("document.querySelector('[data-thread]').scrollTop") > 200
    numbers = page.eval_on_selector_all(".chat-message", "items => items.map((item) => Number(item.dataset.number))")
    assert numbers == list(range(2001 - len(numbers), 2001))
    # The frames that a key takes to be on the screen: each is 17 ms when nothing holds them up.
    page.focus("#chat-text")
    page.evaluate(
        """() => { window.late = []; document.querySelector("#chat-text").addEventListener("input", () => {
            const began = performance.now(); requestAnimationFrame(() => setTimeout(() => late.push(performance.now() - began)));
        }); }"""
    )
    page.keyboard.type("Still quick?")
    # Every key gets there; the last frames are drawn after the keys have been pressed.
    page.wait_for_function("late.length === 12")
    assert page.input_value("#chat-text") == "Still quick?"
    assert who.problems == []


def test_the_list_by_keyboard_and_a_deletion_taken_back(
    visitor: Callable[..., Visitor], threaded: TestingBackend
) -> None:
    ann = make_user("ann")
    agent = create_agent(actor=ann, name="Gardener")
    for title in ("Ferns", "Moths", "Seeds"):
        create_conversation(actor=ann, agent=agent, title=title)
    who = visitor(ann, viewport={"width": 1440, "height": 900})
    page = who.page
    who.visit("")
    page.focus("#chat-q")
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.innerText").startswith("Seeds")
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.innerText").startswith("Moths")
    page.keyboard.press("End")
    assert page.evaluate("document.activeElement.innerText").startswith("Ferns")
    page.keyboard.press("Home")
    page.keyboard.press("ArrowUp")
    assert page.evaluate("document.activeElement.id") == "chat-q"
    page.keyboard.type("moth")
    page.wait_for_function("document.querySelectorAll('.chat-entry').length === 1")
    page.fill("#chat-q", "")
    page.wait_for_function("document.querySelectorAll('.chat-entry').length === 3")

    def choose(title: str, what: str) -> None:
        entry = page.locator(".chat-entry", has_text=title)
        entry.locator("summary").click()
        entry.locator(f"[data-do={what}]").click()

    choose("Moths", "rename")
    page.keyboard.type("Butterflies")
    page.keyboard.press("Enter")
    page.locator(".chat-entry", has_text="Butterflies").wait_for()
    choose("Ferns", "pin")
    page.get_by_role("heading", name="Pinned").wait_for()
    choose("Seeds", "archive")
    page.locator(".chat-entry", has_text="Seeds").wait_for(state="detached")
    choose("Butterflies", "delete")
    page.locator(".chat-entry", has_text="Butterflies").wait_for(state="hidden")
    who.look("undo")
    page.get_by_role("button", name="Undo").click()
    page.locator(".chat-entry", has_text="Butterflies").wait_for()
    assert get_conversation_model().objects.filter(title="Butterflies").exists()
    # Whoever leaves has not taken it back.
    choose("Butterflies", "delete")
    who.visit("agents/")
    gone = page.locator(".chat-entry", has_text="Butterflies")
    for _try in range(20):
        # The request of the page that was left may still be under way.
        who.visit("")
        if not gone.count():
            break
    assert not gone.count()
    assert who.problems == []


def test_an_agent_is_checked_while_one_fills_in_the_form(
    visitor: Callable[..., Visitor], threaded: TestingBackend
) -> None:
    ann = make_user("ann")
    create_agent(actor=ann, name="Gardener")
    who = visitor(ann, viewport={"width": 1440, "height": 900})
    page = who.page
    who.visit("agents/new/")
    page.fill("#id_name", "Gardener")
    page.get_by_text("You have an agent of this name already.").wait_for()
    assert page.get_attribute("#id_name", "aria-invalid") == "true"
    who.look("check")
    page.fill("#id_name", "Poet")
    page.wait_for_function("document.querySelector('#id_name').getAttribute('aria-invalid') === null")
    page.click(".chat-sheet .chat-button")
    page.wait_for_url("**/chat/agents/")
    page.get_by_role("link", name="Poet").wait_for()
    assert who.problems == []


def test_in_a_room_people_hear_each_other_and_call_agents(
    visitor: Callable[..., Visitor], threaded: TestingBackend
) -> None:
    ann, bob = make_user("ann"), make_user("bob")
    room = create_room(actor=ann, title="Greenhouse", is_public=True)
    add_agent(room, create_agent(actor=ann, name="Gardener"), actor=ann)
    threaded.script("Water them.")
    first, second = visitor(ann), visitor(bob)
    second.visit(f"rooms/{room.pk}/")
    second.page.get_by_role("button", name="Join the room").click()
    second.page.locator("#chat-text").wait_for()
    first.visit(f"rooms/{room.pk}/")
    first.write("Hello *everybody*")
    second.page.locator(".is-other em").wait_for()
    second.page.click("[data-call]")
    assert second.page.input_value("#chat-text") == "@Gardener "
    second.page.keyboard.type("what now?")
    second.page.keyboard.press("Enter")
    for who in (first, second):
        said(who.page, "Water them.").wait_for()
        assert who.problems == []


def test_a_file_is_sent_along(visitor: Callable[..., Visitor], threaded: TestingBackend) -> None:
    ann = make_user("ann")
    talk = talk_of(ann, 2)
    who = visitor(ann, viewport={"width": 390, "height": 800})
    page = who.page
    who.visit(f"c/{talk.pk}/")
    page.set_input_files(
        "[data-attach]", {"name": "ferns.txt", "mimeType": "text/plain", "buffer": b"Ferns like shade."}
    )
    page.get_by_role("button", name="Remove ferns").wait_for()
    # A reload keeps it with the text.
    page.reload()
    page.get_by_role("button", name="Remove ferns").wait_for()
    page.fill("#chat-text", "What is in it?")
    page.click("[data-send]")
    who.answers(2)
    row = Message.objects.get(conversation=talk, number=3)
    assert [item["name"] for item in row.attachments] == ["ferns.txt"]
    assert page.locator(".chat-message .chat-files").inner_text().startswith("ferns")
    assert get_asset_model().objects.get(pk=row.attachments[0]["asset"]).visibility == "private"
    assert who.problems == []
