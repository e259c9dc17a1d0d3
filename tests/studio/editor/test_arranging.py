"""Adding, dragging, moving, copying: by mouse and by keys, on the page and in the list."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from .driving import Editing, block

pytestmark = pytest.mark.browser

Edit = Callable[..., Editing]

PAGE = [
    block("hero", "hero", [block("go", "button", label="Find us", url="/find/")], heading="Bread, slowly"),
    block("head", "heading", text="How it rises", level=2),
    block("text", "rich_text", html="<p>Flour, water, salt.</p>"),
    block(
        "cols",
        "columns",
        [block("left", "column", [block("inl", "heading", text="Left", level=3)]), block("right", "column", [])],
    ),
    block("tail", "divider", style="line"),
]


def test_the_page_is_shown_as_it_is_and_blocks_are_dragged(edit: Edit) -> None:
    e = edit(PAGE)
    # 1: header, footer and styles of the site, and between the marks what the server renders.
    assert e.frame.locator("header").count() >= 1
    assert e.frame.locator("link[rel=stylesheet]").count() >= 2
    shown, rendered = e.both()
    assert shown == rendered
    # 2: from the palette between two blocks.
    e.browser.get_by_role("button", name="To add").click()
    card = e.browser.locator(".aice-palette .aice-choice", has_text="Quote").bounding_box()
    below_head = (e.middle("head")[0], e.box("head")["y"] + e.box("head")["height"] - 2)
    e.drag((card["x"] + 20, card["y"] + 20), below_head, drop=False)
    assert e.browser.locator(".aice-drop").count() == 1
    e.mouse(("mouseReleased", *below_head))
    e.saved()
    assert e.types()[:4] == [("hero", "button"), "heading", "quote", "rich_text"]
    assert e.browser.locator(".aice-form__title").inner_text().strip() == "Quote"
    e.browser.get_by_role("button", name="On the page").click()
    # 3: a block of the page below its neighbour; nothing is selected as text.
    e.drag(e.middle("head", 0.9), (e.middle("text")[0], e.box("text")["y"] + e.box("text")["height"] - 2))
    e.saved()
    assert e.types()[:4] == [("hero", "button"), "quote", "rich_text", "heading"]
    assert (
        e.browser.evaluate("getSelection().toString() + document.querySelector('iframe').contentWindow.getSelection()")
        == ""
    )
    assert e.rows().index("text") < e.rows().index("head")
    # 4: into the second column, and out again.
    e.drag(e.middle("head", 0.9), e.middle("right"))
    e.saved()
    assert ("columns", ("column", "heading"), ("column", "heading")) in e.types()
    e.drag(e.middle("head", 0.9), (e.middle("text")[0], e.box("text")["y"] + 2))
    e.saved()
    assert e.types() == [
        ("hero", "button"),
        "quote",
        "heading",
        "rich_text",
        ("columns", ("column", "heading"), "column"),
        "divider",
    ]
    # 5: a hero is no part of a column.
    e.drag(e.middle("hero", 0.9, 0.9), e.middle("right"), drop=False)
    inside = e.browser.locator(".aice-drop--inside").count()
    e.press("Escape")
    e.mouse(("mouseReleased", *e.middle("right")))
    assert inside == 0
    # 7: Escape ends a drag, and everything stays.
    e.drag(e.middle("head", 0.9), e.middle("right"), drop=False)
    assert e.browser.locator(".aice-drop").count() == 1
    e.press("Escape")
    e.browser.wait_for_function("!document.querySelector('.aice-drop')")
    e.mouse(("mouseReleased", *e.middle("right")))
    e.saved()
    assert e.types()[2] == "heading"
    # 8: a row of the list into another container.
    row, target = e.row("head").bounding_box(), e.row("right").bounding_box()
    e.drag((row["x"] + 60, row["y"] + 12), (target["x"] + 60, target["y"] + target["height"] / 2))
    e.saved()
    assert ("columns", ("column", "heading"), ("column", "heading")) in e.types()
    e.settled()
    shown, rendered = e.both()
    assert shown == rendered
    assert e.problems == []


def test_a_drag_scrolls_a_long_page(edit: Edit) -> None:
    e = edit([block(f"b{n}", "heading", text=f"Heading {n}", level=2) for n in range(60)])
    # 6: near the lower edge the page scrolls, as long as the pointer stays there.
    stage = e.browser.locator(".aice-stage").bounding_box()
    low = (stage["x"] + 300, stage["y"] + stage["height"] - 12)
    e.drag(e.middle("b1", 0.2), low, drop=False)
    e.browser.wait_for_function("document.querySelector('iframe').contentWindow.scrollY > 900")
    up = (low[0], stage["y"] + 300)
    e.mouse(("mouseMoved", *up), ("mouseReleased", *up))
    e.saved()
    assert e.rows().index("b1") > 10
    assert e.problems == []


def test_everything_can_be_done_by_keys(edit: Edit) -> None:
    e = edit(PAGE)
    e.browser.keyboard.press("Tab")
    e.press("Enter")
    assert e.focused() == "hero"
    # 9: to a block, down twice, into the columns, out again; each is said.
    e.press("ArrowDown", "ArrowDown")
    assert e.focused() == "head"
    e.press("Alt+ArrowDown")
    assert "place 3 of 5" in e.said()
    e.press("Alt+ArrowDown")
    assert "place 4 of 5" in e.said()
    e.press("Alt+ArrowRight")
    assert "in Column" in e.said()
    assert e.focused() == "head"
    e.saved()
    assert e.types()[2] == ("columns", ("column", "heading", "heading"), "column")
    e.press("Alt+ArrowLeft")
    e.saved()
    assert e.types()[2:4] == [("columns", ("column", "heading"), "column"), "heading"]
    # 10: a block is added by its name, its form reached and left.
    e.press("/")
    e.browser.keyboard.type("quo")
    e.press("Enter")
    e.browser.wait_for_function("document.activeElement.dataset.id?.length > 4")
    quote = e.focused()
    e.press("Enter")
    e.browser.wait_for_function("document.activeElement.closest('.aice-form') !== null")
    e.press("Escape")
    e.browser.wait_for_function(f"document.activeElement.dataset.id === '{quote}'")
    # 11: a deep copy with ids of its own; removed, and back with all that is inside.
    e.choose("cols")
    e.press("Control+d")
    e.saved()
    types = e.types()
    assert types.count(("columns", ("column", "heading"), "column")) == 2
    ids = e.rows()
    assert len(ids) == len(set(ids))
    e.press("Delete")
    assert e.browser.locator(".aice-notice").inner_text().startswith("Columns removed.")
    e.browser.wait_for_function("document.activeElement.getAttribute('role') === 'treeitem'")
    e.press("Control+z")
    e.saved()
    assert e.types() == types
    # Several at once.
    e.choose("head")
    e.press("Shift+ArrowDown")
    assert e.browser.locator(".aice-row--selected").count() == 2
    assert e.problems == []


def test_blocks_are_added_where_the_page_shows_a_plus(edit: Edit) -> None:
    e = edit(PAGE)
    # At position 2: two clicks.
    e.mouse(("mouseMoved", *e.middle("head", 0.3)))
    e.browser.get_by_role("button", name="Add a block before Heading").click()
    e.browser.locator("dialog[open]").get_by_role("option", name="Table").first.click()
    e.browser.wait_for_timeout(400)
    e.saved()
    assert e.types()[1] == "table"
    assert e.stored()[1]["props"]["rows"] == [["", ""], ["", ""]]
    # Duplicated: one.
    e.mouse(("mouseMoved", *e.middle("text", 0.3)))
    e.browser.get_by_role("button", name="Duplicate Text").click()
    e.saved()
    assert e.types().count("rich_text") == 2
    # Into an empty column.
    e.browser.get_by_role("button", name="Add a block inside Column").click()
    e.browser.locator("dialog[open]").get_by_role("option", name="Heading").first.click()
    e.browser.wait_for_function("document.querySelector('.aice-frame--typing')")
    e.browser.keyboard.type("Right")
    e.press("Escape")
    e.saved()
    assert e.stored()[-2]["children"][1]["children"][0]["props"] == {"text": "Right"}
    e.settled()
    shown, rendered = e.both()
    assert shown == rendered
    assert e.problems == []


def test_blocks_go_from_one_page_to_another(edit: Edit) -> None:
    e = edit(PAGE)
    e.choose("cols")
    html = e.browser.evaluate(
        """() => { const data = new DataTransfer(); document.activeElement.dispatchEvent(new ClipboardEvent("copy", { clipboardData: data, bubbles: true, cancelable: true })); return data.getData("text/html"); }"""
    )
    assert "data-ai-cms-blocks" in html
    other = edit([block("only", "heading", text="Other", level=2)], user=e.user)
    other.choose("only")
    other.browser.evaluate(
        """(html) => { const data = new DataTransfer(); data.setData("text/html", html); document.activeElement.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true })); }""",
        html,
    )
    other.browser.wait_for_function("document.querySelectorAll('[role=treeitem]').length === 5")
    other.saved()
    assert other.types() == ["heading", ("columns", ("column", "heading"), "column")]
    assert not {"cols", "left", "right"} & set(other.rows())
    assert e.problems + other.problems == []
