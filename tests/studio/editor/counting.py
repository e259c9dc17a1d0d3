"""The jobs that are counted: every click, every key that is a command, every character, as a person would do them by mouse.

A job is done with a :class:`Hand` alone, which counts. Moving the pointer counts for nothing. :data:`GOALS` are the most clicks.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .driving import Editing

__all__ = ["GOALS", "JOBS", "WRITTEN", "Hand", "count"]

GOALS = {
    "write and publish ten blocks": 35,
    "insert at position 2": 2,
    "duplicate": 1,
    "a table of 2 by 2": 3,
    "preview": 0,
}
#: What the first job leaves on the page.
WRITTEN: list[Any] = [
    ("heading", {"text": "Bread, slowly"}),
    ("rich_text", {"html": "<p>Flour, water, salt and time.</p>"}),
    ("columns", ["Knead it.", "Leave it."]),
    ("cards", [("Rye", "Dark and dense."), ("Wheat", "Light and airy."), ("Spelt", "Nutty.")]),
    ("table", {"rows": [["Step", "Hours"], ["Rise", "2"]]}),
    ("quote", {"text": "<p>Bread is patience.</p>"}),
]


class Hand:
    """The one that clicks and types, and counts."""

    def __init__(self, e: Editing) -> None:
        self.e = e
        self.clicks = self.keys = self.characters = 0

    def click(self, target: Any) -> None:
        """Click a control of the editor."""
        self.clicks += 1
        target.click()

    def point(self, id: str, x: float = 0.5, y: float = 0.5) -> None:
        """Click a point of a block on the page."""
        self.clicks += 1
        self.e.click(*self.e.middle(id, x, y))

    def over(self, id: str, x: float = 0.5, y: float = 0.5) -> None:
        """Move the pointer over a block on the page."""
        self.e.mouse(("mouseMoved", *self.e.middle(id, x, y)))

    def type(self, text: str) -> None:
        self.characters += len(text)
        self.e.browser.keyboard.type(text)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.keys += 1
            self.e.browser.keyboard.press(key)

    def figures(self) -> dict[str, int]:
        return {"clicks": self.clicks, "keys": self.keys, "characters": self.characters}


def _last(e: Editing, type: str) -> str:
    """Return the id of the last block of a type, once there is one and the page shows it."""
    e.browser.wait_for_function(
        '(type) => JSON.stringify(aiCmsEditor.document).includes(`"type":"${type}"`) && !aiCmsEditor.busy', arg=type
    )
    found: str = e.browser.evaluate(
        """(type) => {
          const all = (blocks) => blocks.flatMap((block) => [block, ...all(block.children ?? [])]);
          return all(aiCmsEditor.document).filter((block) => block.type === type).at(-1).id;
        }""",
        type,
    )
    return found


def _add_below(hand: Hand, above: str, label: str) -> None:
    """Add a block below another by the + at its lower edge: two clicks."""
    hand.over(above, 0.5, 0.7)
    hand.click(hand.e.browser.get_by_role("button", name="Add a block after").last)
    hand.click(hand.e.browser.locator("dialog[open]").get_by_role("option", name=label, exact=True).last)


def write(hand: Hand) -> None:
    """Write :data:`WRITTEN` on an empty page, mend a mistake in the first heading, publish."""
    e = hand.e
    page = e.browser
    hand.click(page.locator(".aice-overlay").get_by_role("button", name="Add the first block"))
    hand.click(page.locator("dialog[open]").get_by_role("option", name="Heading", exact=True).last)
    hand.type("Bred, slowly")
    hand.press("Enter")
    hand.type("Flour, water, salt and time.")
    _add_below(hand, _last(e, "rich_text"), "Columns")
    for words in WRITTEN[2][1]:
        _last(e, "column")
        hand.click(page.get_by_role("button", name="Add a block inside Column").first)
        hand.click(page.locator("dialog[open]").get_by_role("option", name="Text", exact=True).last)
        hand.type(words)
    # Below the columns, whose edges are those of what stands in them: by the list.
    hand.click(page.get_by_role("treeitem", name="Columns"))
    hand.click(page.get_by_role("button", name="Add a block", exact=True).first)
    hand.click(page.locator("dialog[open]").get_by_role("option", name="Cards", exact=True).last)
    ids = _cards(e)
    for number, (id, (title, text)) in enumerate(zip(ids, WRITTEN[3][1], strict=True)):
        if number:
            hand.point(id)
        hand.type(title)
        hand.press("Tab")
        hand.type(text)
    hand.click(page.get_by_role("treeitem", name="Cards"))
    hand.click(page.get_by_role("button", name="Add a block", exact=True).first)
    hand.click(page.locator("dialog[open]").get_by_role("option", name="Table", exact=True).last)
    cells = [cell for row in WRITTEN[4][1]["rows"] for cell in row]
    for number, cell in enumerate(cells):
        if number:
            hand.press("Tab")
        hand.type(cell)
    _add_below(hand, _last(e, "table"), "Quote")
    hand.type("Bread is patience.")
    # The mistake: a letter is missing in the first word.
    heading = _last(e, "heading")
    e.browser.evaluate("document.querySelector('iframe').contentWindow.scrollTo(0, 0)")
    hand.point(heading, 0.01)
    hand.press("Home", "ArrowRight", "ArrowRight", "ArrowRight")
    hand.type("a")
    hand.click(page.get_by_role("button", name="Publish", exact=True))
    page.get_by_role("button", name="Published", exact=True).wait_for()


def _cards(e: Editing) -> list[str]:
    _last(e, "card")
    found: list[str] = e.browser.evaluate(
        "aiCmsEditor.document.find((block) => block.type === 'cards').children.map((block) => block.id)"
    )
    return found


def insert(hand: Hand) -> None:
    """Put a heading between the first and the second block."""
    _add_below(hand, _first(hand.e), "Heading")


def duplicate(hand: Hand) -> None:
    """Have the first block twice."""
    hand.over(_first(hand.e))
    hand.click(hand.e.browser.get_by_role("button", name="Duplicate", exact=False).first)


def table(hand: Hand) -> None:
    """Put a table of two rows and two columns on the page, filled in."""
    _add_below(hand, _first(hand.e), "Table")
    hand.type("Step")
    for words in ("Hours", "Rise", "2"):
        hand.press("Tab")
        hand.type(words)


def preview(hand: Hand) -> None:
    """See what was typed as visitors will."""
    hand.e.frame.locator("main").wait_for()


def _first(e: Editing) -> str:
    found: str = e.browser.evaluate("aiCmsEditor.document[0].id")
    return found


JOBS: dict[str, Callable[[Hand], None]] = {
    "write and publish ten blocks": write,
    "insert at position 2": insert,
    "duplicate": duplicate,
    "a table of 2 by 2": table,
    "preview": preview,
}


def count(job: str, e: Editing) -> dict[str, int]:
    """Do a job and return what it took, once everything is saved."""
    hand = Hand(e)
    JOBS[job](hand)
    e.saved()
    return hand.figures()
