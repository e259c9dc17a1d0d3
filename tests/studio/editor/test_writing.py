"""Typing: in forms and on the page, with undo, lists, tables, rich text, pictures, and what is pasted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from ai_cms.assets.services import upload_asset
from ai_cms.core.permissions import Actor
from tests.assets.pictures import png
from tests.conftest import make_user

from .driving import Editing, block

pytestmark = pytest.mark.browser

Edit = Callable[..., Editing]

PASTE = """([selector, html, text]) => {
  const data = new DataTransfer();
  if (html) data.setData("text/html", html);
  if (text) data.setData("text/plain", text);
  const page = selector.startsWith("frame ") ? document.querySelector("iframe").contentDocument : document;
  const target = page.querySelector(selector.replace("frame ", ""));
  target.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
}"""


def test_fields_follow_the_schema(edit: Edit) -> None:
    blocks = [block(f"h{n}", "heading", text=f"Heading {n}", level=2) for n in range(90)]
    extra = [
        block("cards", "cards", [block("card", "card", title="Rye")], columns=3),
        block("list", "list", items=["Flour", "Water"]),
        block("col", "columns", [block("c1", "column", [])]),
        block("sec", "section", [], title="Steps"),
        block("btn", "button", label="Go", url="/x/"),
    ]
    e = edit([*blocks[:2], *extra, *blocks[2:]])
    # 12: the page follows; a run of words is one step to undo, and comes back.
    e.choose("h0")
    e.field("text").fill("")
    e.field("text").press_sequentially("Bread and butter", delay=5)
    e.frame.get_by_text("Bread and butter").wait_for(timeout=3000)
    e.press("Control+z")
    assert e.field("text").input_value() == "Heading 0"
    e.press("Control+Shift+z")
    assert e.field("text").input_value() == "Bread and butter"
    # 13: values keep their JSON types.
    e.field("level").select_option(label="4")
    e.choose("btn")
    e.browser.get_by_label("Open in a new tab").check()
    e.choose("cards")
    e.field("columns").fill("2")
    # 14: what may be null is null once it is emptied.
    e.choose("c1")
    e.field("width").fill("6")
    e.saved()
    stored = {item["id"]: item for item in e.stored()}
    assert stored["h0"]["props"] == {"text": "Bread and butter", "level": 4}
    assert stored["btn"]["props"]["new_tab"] is True
    assert stored["cards"]["props"]["columns"] == 2
    assert stored["col"]["children"][0]["props"] == {"width": 6}
    e.field("width").fill("")
    # 15: lists: added to, ordered, taken from; structures in lists.
    e.choose("list")
    e.browser.get_by_role("button", name="Add to Items").click()
    e.browser.wait_for_function("document.activeElement.closest('[data-name=\"items.2\"]')")
    e.browser.keyboard.type("Salt")
    e.browser.get_by_role("button", name="Move Item 3 up").click()
    e.browser.get_by_role("button", name="Remove Item 1").click()
    e.choose("sec")
    e.browser.get_by_role("button", name="Add to Points").click()
    e.field("items.0.heading").fill("Mix")
    e.saved()
    stored = {item["id"]: item for item in e.stored()}
    assert stored["col"]["children"][0]["props"] == {"width": None}
    assert stored["list"]["props"]["items"] == ["Salt", "Water"]
    assert stored["sec"]["props"]["items"] == [{"heading": "Mix", "text": ""}]
    # 18: what is out of range is saved, said at the field, and not published; the note leads there.
    e.choose("cards")
    e.field("columns").fill("9")
    e.saved()
    e.browser.locator('[data-name="columns"] [aria-invalid=true][aria-describedby]').wait_for()
    e.browser.get_by_role("button", name="Publish", exact=True).click()
    e.choose("h0")
    e.browser.get_by_role("button", name="Show the field").first.click()
    e.browser.wait_for_function("document.activeElement.getAttribute('aria-invalid') === 'true'")
    assert e.problems == [problem for problem in e.problems if "400 (Bad Request)" in problem]


def test_text_is_written_on_the_page(edit: Edit) -> None:
    e = edit(
        [
            block("head", "heading", text="How it rises", level=2),
            block("text", "rich_text", html='<p>Flour <a href="/f/">and</a> water.</p>'),
        ]
    )
    # A heading, and Enter goes on in a text below it.
    e.click(*e.middle("head", 0.2))
    e.browser.wait_for_selector(".aice-frame--typing")
    e.press("End")
    e.browser.keyboard.type(" slowly")
    e.press("Enter")
    e.browser.wait_for_function("document.querySelector('iframe').contentDocument.querySelector('.ProseMirror')")
    e.browser.keyboard.type("Time is ")
    e.press("Control+b")
    e.browser.keyboard.type("all")
    e.press("Control+b")
    e.browser.keyboard.type(" it takes.")
    e.press("Enter")
    e.browser.keyboard.type("- one")
    e.press("Escape")
    e.saved()
    stored = e.stored()
    assert stored[0]["props"]["text"] == "How it rises slowly"
    assert stored[1]["props"]["html"] == "<p>Time is <strong>all</strong> it takes.</p><ul><li>one</li></ul>"
    # 16: in a text with a link; what Word has copied comes in clean, and what is more than text becomes blocks.
    e.click(*e.middle("text", 0.02))
    e.browser.wait_for_function("document.querySelector('iframe').contentDocument.querySelector('.ProseMirror')")
    e.press("Control+End")
    word = "<html><head><style>p{color:red}</style></head><body><p class=MsoNormal style='font-weight:400'><b style='mso-x:y'>Salt</b> too<script>alert(1)</script></p></body></html>"
    e.browser.evaluate(PASTE, ["frame .ProseMirror", word, "Salt too"])
    e.browser.wait_for_function(
        "document.querySelector('iframe').contentDocument.querySelector('.ProseMirror')?.textContent.includes('Salt too')"
    )
    e.press("Escape")
    e.saved()
    assert e.stored()[2]["props"]["html"] == '<p>Flour <a href="/f/">and</a> water.<strong>Salt</strong> too</p>'
    e.click(*e.middle("text", 0.02))
    e.browser.wait_for_function("document.querySelector('iframe').contentDocument.querySelector('.ProseMirror')")
    e.press("Control+End")
    page = "<h2>Next</h2><p>More.</p><table><tr><td>a</td><td>b</td></tr></table>"
    e.browser.evaluate(PASTE, ["frame .ProseMirror", page, ""])
    e.browser.wait_for_function("document.querySelectorAll('[role=treeitem]').length === 6")
    e.saved()
    assert e.types() == ["heading", "rich_text", "rich_text", "heading", "rich_text", "table"]
    # / in an empty text puts another block in its place.
    e.choose("text")
    e.press("/")
    e.browser.keyboard.type("text")
    e.press("Enter")
    e.browser.wait_for_timeout(300)
    fresh = e.focused()
    e.settled()
    e.click(*e.middle(fresh))
    e.browser.wait_for_function("document.querySelector('iframe').contentDocument.querySelector('.ProseMirror')")
    e.press("/")
    e.browser.keyboard.type("divi")
    e.press("Enter")
    e.saved()
    assert "divider" in e.types()
    e.settled()
    shown, rendered = e.both()
    assert shown == rendered
    assert e.problems == []


def test_a_table_is_a_grid(edit: Edit) -> None:
    e = edit([block("tab", "table", rows=[["Step", "Hours"], ["Rise", "2"]])])
    e.choose("tab")
    cell = e.browser.locator('[data-cell="1:1"]')
    cell.click()
    e.press("Enter")
    e.browser.wait_for_function("document.activeElement.dataset.cell === '2:1'")
    e.browser.keyboard.type("a & b")
    e.browser.evaluate(PASTE, ['[data-cell="2:0"]', "", "x\ty\tz\n1\t<2>\t3"])
    e.browser.locator('[data-cell="3:2"]').wait_for()
    e.saved()
    assert e.stored()[0]["props"]["rows"] == [
        ["Step", "Hours", ""],
        ["Rise", "2", ""],
        ["x", "y", "z"],
        ["1", "&lt;2&gt;", "3"],
    ]
    e.browser.locator("summary[title='Column 1']").click()
    e.browser.get_by_role("button", name="Remove the column").first.click()
    e.browser.locator("summary[title='Row 2']").click()
    e.browser.get_by_role("button", name="Move the row up").first.click()
    e.saved()
    assert e.stored()[0]["props"]["rows"] == [["2", ""], ["Hours", ""], ["y", "z"], ["&lt;2&gt;", "3"]]
    # On the page a cell is typed into where it stands.
    box = e.frame.locator("td").first.bounding_box()
    e.click(box["x"] + 8, box["y"] + box["height"] / 2)
    e.browser.wait_for_selector(".aice-frame--typing")
    e.press("End")
    e.browser.keyboard.type("!")
    e.press("Escape")
    e.saved()
    assert e.stored()[0]["props"]["rows"][1][0] == "Hours!"
    assert e.problems == []


def test_a_picture_is_found_uploaded_and_described(edit: Edit, tmp_path: Any) -> None:
    user = make_user("pictures", is_staff=True, is_superuser=True)
    upload_asset(
        SimpleUploadedFile("loaf.png", png(), "image/png"), actor=Actor.of(user), name="loaf.png", alt="A round loaf"
    )
    e = edit([block("img", "image", src="")], user=user)
    e.choose("img")
    # 17: found; its description comes along; cleared; the focus goes back to the button.
    e.browser.get_by_role("button", name="Choose or upload Image").click()
    e.browser.get_by_role("searchbox").fill("loaf")
    e.browser.locator(".aice-assets__grid button").click()
    e.browser.wait_for_function("document.activeElement?.textContent.trim() === 'Change Image'")
    e.saved()
    assert e.stored()[0]["props"]["alt"] == "A round loaf"
    assert e.stored()[0]["props"]["src"].startswith("asset:")
    e.frame.locator("img[alt='A round loaf']").wait_for()
    e.browser.get_by_role("button", name="Clear Image").click()
    e.field("alt").fill("")
    file = tmp_path / "crust.png"
    file.write_bytes(png(40, 30))
    e.browser.get_by_role("button", name="Choose or upload Image").click()
    e.browser.locator("input[type=file]").set_input_files(str(file))
    e.browser.get_by_role("button", name="Change Image").wait_for()
    e.field("alt").fill("Crust")
    e.saved()
    assert e.stored()[0]["props"]["alt"] == "Crust"
    e.frame.locator("img[alt=Crust]").wait_for()
    assert e.problems == []


def test_what_readers_would_trip_over_is_said_and_mended(edit: Edit) -> None:
    e = edit(
        [
            block("head", "heading", text="Deep", level=4),
            block("img", "image", src="/static/ai_cms/blocks/example.svg"),
            block("text", "rich_text", html='<p>See <a href="/nowhere/">here</a>.</p>'),
        ]
    )
    e.browser.locator(".aice-tabs button", has_text="Checks").click()
    e.browser.get_by_text("leads nowhere on this site").wait_for()
    texts = e.browser.locator(".aice-finding p").all_inner_texts()
    for words in (
        "a level is skipped",
        "no alternative text",
        "does not say where it leads",
        "no description for search engines",
    ):
        assert any(words in text for text in texts), words
    e.browser.get_by_role("button", name="Make it level 2").click()
    e.browser.wait_for_function("!document.body.textContent.includes('a level is skipped')")
    e.browser.get_by_role("button", name="Describe it").click()
    e.browser.wait_for_function("document.activeElement.closest('.aice-form')")
    e.field("alt").fill("A loaf")
    e.browser.locator(".aice-panel--form .aice-tabs button", has_text="Page").click()
    e.browser.get_by_label("Search engine description").fill(
        "Bread that takes its time, baked every morning from seven."
    )
    e.browser.get_by_label("Title", exact=True).fill("Bread")
    assert e.browser.locator(".aice-card--search strong").inner_text() == "Bread"
    e.saved()
    e.page.refresh_from_db()
    assert e.page.title == "Bread"
    assert e.page.seo_description.startswith("Bread that")
    assert e.stored()[0]["props"]["level"] == 2
    assert e.problems == []


def test_the_title_is_written_on_the_page(edit: Edit) -> None:
    e = edit([block("head", "heading", text="How it rises", level=2)])
    box = e.frame.locator("h1").bounding_box()
    e.click(box["x"] + 8, box["y"] + box["height"] / 2)
    e.browser.wait_for_function("document.querySelector('iframe').contentDocument.querySelector('h1[contenteditable]')")
    e.press("End")
    e.browser.keyboard.type(", and bread")
    # Enter goes on in the first text of the page.
    e.press("Enter")
    e.browser.wait_for_selector(".aice-frame--typing")
    e.press("End")
    e.browser.keyboard.type("!")
    e.press("Escape")
    e.saved()
    e.page.refresh_from_db()
    assert e.page.title == "Page 1, and bread"
    assert e.stored()[0]["props"]["text"] == "How it rises!"
    assert e.browser.locator(".aice-top__title").inner_text() == "Page 1, and bread"
    assert e.problems == []
