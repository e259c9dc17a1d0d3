"""What a person does in the editor, as a test says it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.urls import reverse

from ai_cms.pages import get_page_model
from tests.pages.browser.conftest import Watched

__all__ = ["BOX", "Editing", "block"]

#: Where pictures of what was looked at are put, if anywhere.
PICTURES = os.environ.get("AI_CMS_PICTURES", "")

#: Where a block is in the window: of the frame's page, at the frame's place.
BOX = """(id) => {
  const frame = document.querySelector("iframe");
  const walker = frame.contentDocument.createTreeWalker(frame.contentDocument, 128);
  let range = null;
  while (walker.nextNode()) {
    if (walker.currentNode.data === `block:${id}`) { range = frame.contentDocument.createRange(); range.setStartAfter(walker.currentNode); }
    if (walker.currentNode.data === `/block:${id}`) { range.setEndBefore(walker.currentNode); break; }
  }
  if (!range) return null;
  const { x, y, width, height } = range.getBoundingClientRect();
  const outside = frame.getBoundingClientRect();
  return { x: x + outside.x, y: y + outside.y, width, height };
}"""
#: The document in the frame and as the server renders it now, without what is the editor's.
_BOTH = """async () => {
  const own = ["tabindex", "data-aice-empty", "contenteditable", "data-theme"];
  const read = (page) => {
    const walker = page.createTreeWalker(page, 128);
    let range = page.createRange();
    while (walker.nextNode()) {
      if (walker.currentNode.data === "document") range.setStartAfter(walker.currentNode);
      if (walker.currentNode.data === "/document") range.setEndBefore(walker.currentNode);
    }
    const box = document.implementation.createHTMLDocument("").createElement("div");
    box.append(range.cloneContents());
    for (const element of box.querySelectorAll("*")) for (const name of own) element.removeAttribute(name);
    return box.innerHTML.replace(/>\\s+</g, "><").replace(/\\s+/g, " ");
  };
  const frame = document.querySelector("iframe");
  const answer = await fetch(frame.contentWindow.location.href);
  return [read(frame.contentDocument), read(new DOMParser().parseFromString(await answer.text(), "text/html"))];
}"""


def block(id: str, type: str, children: list[Any] | None = None, **props: Any) -> dict[str, Any]:
    """Return a block."""
    return {"id": id, "type": type, "props": props, **({} if children is None else {"children": children})}


class Editing:
    """A page open in the editor."""

    def __init__(self, watched: Watched, page: Any, user: Any) -> None:
        self.watched = watched
        self.browser = watched.page
        self.page = page
        self.user = user
        self.base = watched.base

    def open(self) -> None:
        """Open the editor and wait until the page is shown."""
        self.watched.visit(reverse("ai_cms_studio:edit", args=[self.page.pk]))
        self.browser.wait_for_selector(".aice-top")
        self.frame.locator("body").wait_for()
        self.browser.wait_for_function("document.querySelector('iframe').contentDocument?.readyState === 'complete'")

    @property
    def frame(self) -> Any:
        return self.browser.frame_locator("iframe")

    @property
    def problems(self) -> list[str]:
        """What went wrong on the page so far."""
        return self.watched.problems

    # What is there

    def stored(self) -> list[Any]:
        """Return the blocks on the server, without what it adds."""
        page = get_page_model().all_objects.get(pk=self.page.pk)
        return [_plain(item) for item in page.content_json.to_json()]

    def types(self) -> list[Any]:
        """Return the types of the blocks on the server: those inside others in a tuple with it."""
        return [_types(item) for item in self.stored()]

    def rows(self) -> list[str]:
        """Return the ids in the tree, in order."""
        found: list[str] = self.browser.eval_on_selector_all(
            "[role=treeitem]", "rows => rows.map((row) => row.dataset.id)"
        )
        return found

    def focused(self) -> str:
        """Return the id of the block whose row has the focus."""
        found: str = self.browser.evaluate("document.activeElement.dataset.id ?? ''")
        return found

    def said(self) -> str:
        return str(self.browser.locator("#aice-said").inner_text())

    def saving(self) -> str:
        return str(self.browser.locator(".aice-save__words").inner_text())

    def box(self, id: str) -> dict[str, float]:
        """Return where a block is in the window."""
        found: dict[str, float] | None = self.browser.evaluate(BOX, id)
        assert found is not None, f"{id} is not on the page"
        return found

    def middle(self, id: str, x: float = 0.5, y: float = 0.5) -> tuple[float, float]:
        """Return a point of a block in the window: its middle, or parts of its width and height."""
        box = self.box(id)
        return box["x"] + box["width"] * x, box["y"] + box["height"] * y

    def both(self) -> list[str]:
        """Return the document as the frame shows it, and as the server renders it."""
        found: list[str] = self.browser.evaluate(_BOTH)
        return found

    def picture(self, name: str) -> None:
        """Keep a picture of the window where pictures are asked for."""
        if PICTURES:
            self.browser.screenshot(path=str(Path(PICTURES) / f"{name}.png"))

    # What is done

    def mouse(self, *events: tuple[str, float, float]) -> None:
        """Send mouse events past Playwright, whose own wait for an answer from each frame, also from one without scripts."""
        session = self.browser.context.new_cdp_session(self.browser)
        for kind, x, y in events:
            held = {"button": "left", "buttons": 1} if kind != "mouseReleased" else {"button": "left", "buttons": 0}
            clicks = {"clickCount": 1} if kind != "mouseMoved" else {}
            session.send("Input.dispatchMouseEvent", {"type": kind, "x": x, "y": y, **held, **clicks})
            self.browser.wait_for_timeout(20)
        session.detach()

    def drag(self, start: tuple[float, float], *path: tuple[float, float], drop: bool = True) -> None:
        """Drag from one point of the window over others; ``drop``: let go at the last."""
        moves: list[tuple[str, float, float]] = [("mousePressed", *start), ("mouseMoved", start[0] + 9, start[1] + 9)]
        for point in path:
            moves += [("mouseMoved", point[0] + 2, point[1]), ("mouseMoved", *point)]
        self.mouse(*moves, *([("mouseReleased", *path[-1])] if drop else []))

    def click(self, x: float, y: float) -> None:
        self.mouse(("mouseMoved", x, y), ("mousePressed", x, y), ("mouseReleased", x, y))

    def row(self, id: str) -> Any:
        return self.browser.locator(f"#aice-row-{id}")

    def choose(self, id: str) -> None:
        self.row(id).click()

    def press(self, *keys: str) -> None:
        for key in keys:
            self.browser.keyboard.press(key)
            # The focus moves with the next frame.
            self.drawn()

    def drawn(self) -> None:
        """Wait until what was just done is shown."""
        self.browser.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")

    def field(self, name: str) -> Any:
        return self.browser.locator(f'.aice-panel--form [data-name="{name}"]').locator("input, textarea, select").first

    def saved(self) -> None:
        """Wait until everything is on the server."""
        self.drawn()
        self.browser.wait_for_function(
            "() => document.querySelector('.aice-save')?.classList.contains('aice-save--saved')", timeout=20_000
        )

    def until(self, holds: Callable[[], bool]) -> None:
        """Wait until something holds on the server."""
        for _try in range(200):
            if holds():
                return
            self.browser.wait_for_timeout(100)
        raise AssertionError("it did not come to hold")

    def settled(self) -> None:
        """Wait until the page in the frame shows what was rendered last."""
        self.browser.wait_for_timeout(150)
        self.browser.wait_for_load_state("networkidle")


def _plain(item: dict[str, Any]) -> dict[str, Any]:
    found = {key: item[key] for key in ("id", "type", "props") if key in item}
    return {**found, "children": [_plain(child) for child in item["children"]]} if item.get("children") else found


def _types(item: dict[str, Any]) -> Any:
    return (item["type"], *map(_types, item["children"])) if item.get("children") else item["type"]
