"""The structure editor in a real browser, under a strict content security policy."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.test import Client

from ai_cms.blocks.html.richtext import TAGS
from tests.example.conftest import browser as browser

from .host.models import Article

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'"
)
BODY = [
    {"id": "h", "type": "heading", "v": 1, "props": {"text": "Bread", "level": 2}},
    {"id": "u", "type": "gone", "x": 1},
    {"id": "l", "type": "list", "v": 1, "props": {"style": "ul", "items": ["Flour", "Water"]}},
]


class Editor:
    """The change form of an article; everything that goes wrong on the page is in ``problems``."""

    def __init__(self, page: Any, url: str) -> None:
        self.page = page
        self.problems: list[str] = []
        page.on("console", lambda message: self.problems.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.route("**/*", self._with_policy)
        page.goto(url)

    def _with_policy(self, route: Any) -> None:
        response = route.fetch(max_redirects=0)
        route.fulfill(response=response, headers={**response.headers, "content-security-policy": POLICY})

    @property
    def value(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self.page.input_value("#id_body"))
        return found

    def press(self, name: str) -> None:
        """Press a button by the keyboard."""
        button = self.page.get_by_role("button", name=name, exact=True).first
        button.focus()
        self.page.keyboard.press("Enter")

    def focused(self) -> str:
        found: str = self.page.evaluate("(e => e.getAttribute('aria-label') || e.textContent)(document.activeElement)")
        return found


@pytest.fixture
def session(superuser: Any) -> str:
    Article.objects.create(pk=1, title="t", body=BODY)
    client = Client()
    client.force_login(superuser)
    return client.cookies["sessionid"].value


@pytest.fixture
def editor(session: str, live_server: Any, browser: Any) -> Iterator[Editor]:
    context = browser.new_context()
    context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
    yield Editor(context.new_page(), f"{live_server.url}/admin/blocks_host/article/1/change/")
    context.close()


def test_editing_by_keyboard(editor: Editor) -> None:
    page = editor.page
    assert not page.is_visible("#id_body")
    assert page.locator(".aicb-block").count() == 3

    editor.press("Move Heading down")
    assert [block["id"] for block in editor.value] == ["u", "h", "l"]
    assert editor.focused() == "Move Heading down"
    page.wait_for_function("document.querySelector('.aicb-live').textContent === 'Heading is now number 2 of 3'")

    page.locator(".aicb-toggle", has_text="Heading").first.press("Enter")
    page.get_by_label("Text (required)").fill("Better bread")
    page.get_by_label("Level").select_option(label="3")
    assert editor.value[1]["props"] == {"text": "Better bread", "level": 3}

    page.get_by_role("combobox", name="Add block", exact=True).select_option("section")
    editor.press("Add block")
    assert page.evaluate("document.activeElement.matches('.aicb-body input')")
    page.keyboard.type("Steps")
    page.get_by_role("combobox", name="Add block inside Section").select_option("rich_text")
    editor.press("Add block inside Section")
    page.keyboard.type("<p>Mix")
    section = editor.value[3]
    assert (section["type"], section["props"]["title"]) == ("section", "Steps")
    assert section["children"][0]["props"]["html"] == "<p>Mix"

    editor.press("Remove Heading")
    assert [block["type"] for block in editor.value] == ["gone", "list", "section"]
    assert editor.focused().startswith("List")

    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url("**/article/")
    assert editor.problems == []


def test_every_block_has_a_summary(editor: Editor) -> None:
    assert editor.page.locator(".aicb-summary").all_inner_texts()[::2] == ["Bread", "Flour · Water"]
    editor.page.locator(".aicb-toggle", has_text="List").press("Enter")
    editor.press("Remove Items 1")
    assert editor.page.locator(".aicb-summary").last.inner_text() == "Water"


@pytest.mark.parametrize("path", ["article/1/change/", "note/add/"])
def test_the_editor_has_room_in_an_ordinary_admin(editor: Editor, live_server: Any, path: str) -> None:
    editor.page.set_viewport_size({"width": 1280, "height": 900})
    editor.page.goto(f"{live_server.url}/admin/blocks_host/{path}")
    box = editor.page.locator(".aicb").first.bounding_box()
    assert box is not None
    assert box["width"] > 600


def test_lists_inside_props(editor: Editor) -> None:
    editor.page.locator(".aicb-toggle", has_text="List").press("Enter")
    editor.press("Move Items 2 up")
    assert editor.value[2]["props"]["items"] == ["Water", "Flour"]
    editor.press("Add to Items")
    editor.page.keyboard.type("Salt")
    editor.press("Remove Items 1")
    assert editor.value[2]["props"]["items"] == ["Flour", "Salt"]
    assert editor.problems == []


def test_errors_stand_at_their_fields(editor: Editor) -> None:
    page = editor.page
    page.get_by_role("combobox", name="Add block", exact=True).select_option("heading")
    editor.press("Add block")
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_selector(".aicb-field .aicb-error")
    field = page.locator(".aicb-field [aria-invalid=true]")
    assert field.count() == 1
    described = field.get_attribute("aria-describedby")
    assert "required" in page.inner_text(f"#{described}")
    assert [text for text in editor.problems if "favicon" not in text] == []


def types(editor: Editor) -> list[str]:
    return [block["type"] for block in editor.value]


def test_insert_between_duplicate_and_undo(editor: Editor) -> None:
    page = editor.page
    editor.press("Add block before List")
    assert page.evaluate("document.activeElement.tagName") == "SELECT"
    page.keyboard.press("Escape")
    assert editor.focused() == "Add block before List"
    page.keyboard.press("Enter")
    page.get_by_role("combobox", name="Add block before List").select_option("quote")
    editor.press("Add block before List")
    assert types(editor) == ["heading", "gone", "quote", "list"]
    page.keyboard.type("To be")

    editor.press("Duplicate Quote")
    assert types(editor) == ["heading", "gone", "quote", "quote", "list"]
    first, second = editor.value[2:4]
    assert first["props"] == second["props"]
    assert first["id"] != second["id"]

    # Nothing is lost by one press; what was typed since stays.
    editor.press("Remove List")
    assert types(editor) == ["heading", "gone", "quote", "quote"]
    page.locator(".aicb-ghost").get_by_text("List removed").wait_for()
    page.locator(".aicb-toggle", has_text="Heading").first.press("Enter")
    page.get_by_label("Text (required)").first.fill("Typed after")
    page.locator(".aicb-ghost").get_by_role("button", name="Undo").click()
    assert editor.value[4] == {"id": "l", "type": "list", "v": 1, "props": {"style": "ul", "items": ["Flour", "Water"]}}
    assert editor.value[0]["props"]["text"] == "Typed after"
    # Ctrl+Z where nothing is typed.
    page.keyboard.press("Control+z")
    assert types(editor) == ["heading", "gone", "quote", "list"]
    page.keyboard.press("Control+z")
    assert types(editor) == ["heading", "gone", "list"]
    assert editor.problems == []


def test_in_and_out_of_containers(editor: Editor) -> None:
    page = editor.page
    editor.press("Add block before Heading")
    page.get_by_role("combobox", name="Add block before Heading").select_option("section")
    editor.press("Add block before Heading")
    editor.press("Move Heading into a block beside it")
    section = editor.value[0]
    assert [block["id"] for block in section["children"]] == ["h"]
    assert editor.focused() == "Move Heading out of the block around it"
    page.keyboard.press("Enter")
    assert [block.get("id") for block in editor.value[1:]] == ["h", "u", "l"]
    assert editor.value[0]["children"] == []
    # A button goes into a hero but a heading does not: the sign is not there.
    page.get_by_role("combobox", name="Add block", exact=True).select_option("hero")
    editor.press("Add block")
    page.get_by_role("combobox", name="Add block", exact=True).select_option("heading")
    editor.press("Add block")
    last = page.locator(".aicb-block").last
    assert last.get_by_role("button", name="Move Heading into a block beside it").count() == 0
    # With a section before it and one behind, the nearest place is suggested and the other can be chosen.
    page.get_by_role("combobox", name="Add block", exact=True).select_option("section")
    editor.press("Add block")
    page.get_by_role("combobox", name="Add block", exact=True).select_option("quote")
    editor.press("Add block")
    page.get_by_role("combobox", name="Add block", exact=True).select_option("section")
    editor.press("Add block")
    editor.press("Move Quote into a block beside it")
    choice = page.get_by_role("combobox", name="Move Quote into")
    assert choice.evaluate("select => select === document.activeElement")
    assert choice.locator("option").all_inner_texts() == ["7. Section", "9. Section"]
    assert choice.evaluate("select => select.selectedOptions[0].textContent") == "7. Section"
    page.keyboard.press("Escape")
    assert choice.count() == 0 and editor.focused() == "Move Quote into a block beside it"
    page.keyboard.press("Enter")
    choice.select_option(label="9. Section")
    page.get_by_role("button", name="Move", exact=True).click()
    assert [block["type"] for block in editor.value[-1]["children"]] == ["quote"]
    assert editor.focused() == "Move Quote out of the block around it"
    assert editor.problems == []


def test_plain_text_keeps_its_paragraphs(editor: Editor) -> None:
    page = editor.page
    page.get_by_role("combobox", name="Add block", exact=True).select_option("rich_text")
    editor.press("Add block")
    box = page.locator(".aicb-body textarea").last

    def typed(text: str) -> str:
        box.fill(text)
        html: str = editor.value[3]["props"]["html"]
        return html

    assert typed("One & two < three\nand a line\n\nFour") == "<p>One &amp; two &lt; three<br>and a line</p><p>Four</p>"
    # The summary follows while one types.
    assert page.locator(".aicb-summary").last.inner_text() == "One & two < three and a line Four"
    assert typed("A <b>bold</b> word\n\nFour") == "<p>A <b>bold</b> word</p><p>Four</p>"
    assert typed("<ul><li>One</li></ul>\n\n<p>Two</p>") == "<ul><li>One</li></ul>\n\n<p>Two</p>"
    # What only looks like a tag was typed: the cleaner would take it for one, and away.
    assert typed("Ada <ada@example.com>, List<String>") == "<p>Ada &lt;ada@example.com&gt;, List&lt;String&gt;</p>"
    assert typed("<b>Ada</b> <ada@example.com>") == "<p><b>Ada</b> &lt;ada@example.com></p>"
    assert typed("<p>See <https://example.com></p>") == "<p>See &lt;https://example.com></p>"
    assert typed('<a href="mailto:ada@example.com">Ada</a>') == '<p><a href="mailto:ada@example.com">Ada</a></p>'
    # It comes back as it was typed.
    typed("One & two\n\nThree <3>")
    toggle = page.get_by_role("button", name="Edit as")
    toggle.click()
    toggle.click()
    page.locator(".aicb-toggle", has_text="Text").last.click()
    assert page.locator(".aicb-body textarea").last.input_value() == "One & two\n\nThree <3>"
    assert editor.problems == []


def test_every_element_that_text_keeps_is_a_tag_to_the_editor() -> None:
    script = finders.find("ai_cms/blocks/widget-text.js")
    listed = Path(script).read_text().partition("const ELEMENTS = (")[2].partition(").replaceAll")[0]
    assert set(re.findall(r"[a-z][a-z0-9]*", listed)) >= TAGS


def test_addresses_get_their_scheme(editor: Editor) -> None:
    page = editor.page
    page.get_by_role("combobox", name="Add block", exact=True).select_option("embed")
    editor.press("Add block")
    box = page.locator(".aicb-block").last.get_by_label("Address")
    for given, kept in {
        "www.example.com": "https://www.example.com",
        "youtube.com/watch?v=1": "https://youtube.com/watch?v=1",
        "info@example.com": "mailto:info@example.com",
        "/visit/": "/visit/",
        "visit/map.html": "visit/map.html",
        "#top": "#top",
        "http://example.com": "http://example.com",
    }.items():
        box.fill(given)
        box.blur()
        assert editor.value[3]["props"]["url"] == kept
        said = page.locator(".aicb-note").last.inner_text()
        assert said == ("" if given == kept else f"The address was completed: {kept}")
    assert editor.problems == []


def test_links_in_texts_get_their_scheme_when_they_are_saved(editor: Editor) -> None:
    page = editor.page
    html = '<p>See <a href="{}">us</a> and <a href="visit/map.html">the map</a>.</p>'
    for kind in ("rich_text", "quote"):
        page.get_by_role("combobox", name="Add block", exact=True).select_option(kind)
        editor.press("Add block")
        page.locator(".aicb-block").last.locator("textarea").first.fill(html.format("www.example.com"))
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_url("**/article/")
    page.goto(page.url + "1/change/")
    text, quote = editor.value[-2:]
    whole = html.format("https://www.example.com")
    assert (text["props"]["html"], quote["props"]["text"]) == (whole, whole)


def test_a_completed_address_takes_no_click_away(editor: Editor) -> None:
    page = editor.page
    for kind in ("embed", "button"):
        page.get_by_role("combobox", name="Add block", exact=True).select_option(kind)
        editor.press("Add block")
    first, second = page.locator(".aicb-block").nth(3), page.locator(".aicb-block").nth(4)
    second.locator(".aicb-toggle").click()
    first.get_by_label("Address").fill("youtube.com/watch?v=1")
    # The note makes the block above higher while the button below is held.
    second.locator(".aicb-toggle").click()
    assert second.locator(".aicb-toggle").get_attribute("aria-expanded") == "true"
    first.get_by_text("The address was completed: https://youtube.com/watch?v=1").wait_for()
    assert editor.value[3]["props"]["url"] == "https://youtube.com/watch?v=1"
    assert editor.problems == []


def test_items_of_lists_come_back(editor: Editor) -> None:
    editor.page.locator(".aicb-toggle", has_text="List").press("Enter")
    editor.press("Remove Items 1")
    assert editor.value[2]["props"]["items"] == ["Water"]
    editor.press("Undo")
    assert editor.value[2]["props"]["items"] == ["Flour", "Water"]
    assert editor.problems == []


def test_json_and_back(editor: Editor) -> None:
    page = editor.page
    page.get_by_role("button", name="Edit as JSON").click()
    page.fill("#id_body", "[{")
    page.get_by_role("button", name="Edit as blocks").click()
    assert page.is_visible("text=not valid JSON")
    page.fill("#id_body", '[{"type": "quote", "props": {"text": "x"}}]')
    page.get_by_role("button", name="Edit as blocks").click()
    assert page.locator(".aicb-block").count() == 1
    assert editor.problems == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_editor_fits_a_phone(session: str, live_server: Any, browser: Any, scheme: str) -> None:
    context = browser.new_context(color_scheme=scheme, viewport={"width": 360, "height": 740})
    context.add_cookies([{"name": "sessionid", "value": session, "url": live_server.url}])
    editor = Editor(context.new_page(), f"{live_server.url}/admin/blocks_host/article/1/change/")
    for toggle in editor.page.locator(".aicb-toggle").all():
        toggle.click()
    assert editor.page.evaluate("document.documentElement.scrollWidth") <= 360
    ratio = editor.page.evaluate(CONTRAST, ".aicb-name")
    assert ratio >= 4.5
    context.close()


#: The contrast of an element's text with the nearest background behind it, by the formula of WCAG.
CONTRAST = """selector => {
  const parse = text => (text.match(/[\\d.]+/g) || []).map(Number);
  const light = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map(v => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  let node = document.querySelector(selector);
  const front = parse(getComputedStyle(node).color);
  let back = [255, 255, 255];
  for (; node; node = node.parentElement) {
    const colour = parse(getComputedStyle(node).backgroundColor);
    if (colour.length === 3 || colour[3] > 0) { back = colour; break; }
  }
  const [a, b] = [light(front), light(back)].sort((x, y) => y - x);
  return (a + 0.05) / (b + 0.05);
}"""
