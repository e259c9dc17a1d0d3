"""The content of the benchmark site: made-up pages that follow from a seed, the same on every machine.

Other systems are measured with the same pages, so the random draws here must keep their order: ``python -m benchmarks.workload``
prints the checksum of the first page to compare.
"""

from __future__ import annotations

import hashlib
import json
import random
from bisect import bisect
from collections.abc import Iterator
from functools import cache
from itertools import accumulate
from typing import Any

SEED = 20261120

#: Children of each page by level, for a site of about so many pages.
SHAPES = {100: (5, 1, 3, 5), 1000: (10, 3, 4, 7), 10000: (10, 9, 10, 10)}
MOVE_SHAPE = (1, 9, 10, 10)

PATTERN = (
    "heading rich_text card rich_text quote heading rich_text list section rich_text "
    "card heading rich_text list section rich_text quote heading card list"
).split()
WORDS = 2000
PAGE_SIZE = 20


@cache
def vocabulary() -> tuple[str, ...]:
    """Return 2,000 distinct pronounceable words, the commonest first."""
    syllables = [consonant + vowel for consonant in "bdfgklmnprstvz" for vowel in "aeiou"]
    words: dict[str, None] = {}
    number = 0
    while len(words) < WORDS:
        digest = hashlib.sha256(f"{SEED}:{number}".encode()).digest()
        number += 1
        letters = digest[1 : 3 + digest[0] % 3]
        words.setdefault("".join(syllables[byte % len(syllables)] for byte in letters))
    return tuple(words)


@cache
def _weights() -> tuple[float, ...]:
    # Zipf-like: the word of rank r is drawn with a weight of 1 / (r + 2.7).
    return tuple(accumulate(1 / (rank + 2.7) for rank in range(WORDS)))


class Writer:
    """Write text with the dice of one page."""

    def __init__(self, label: str) -> None:
        self.dice = random.Random(f"{SEED}:{label}")

    def words(self, count: int) -> list[str]:
        weights = _weights()
        return [vocabulary()[bisect(weights, self.dice.random() * weights[-1])] for _ in range(count)]

    def sentence(self, count: int) -> str:
        return f"{' '.join(self.words(count)).capitalize()}."

    def rich_text(self) -> str:
        first = f"{self.sentence(18)} <b>{' '.join(self.words(3))}</b> {self.sentence(12)}"
        start = self.sentence(10)
        link = f'<a href="https://example.com/{"-".join(self.words(2))}">{" ".join(self.words(3))}</a>'
        second = f"{start} {link} <i>{' '.join(self.words(2))}</i> {self.sentence(12)}"
        items = "".join(f"<li>{self.sentence(6)}</li>" for _ in range(3))
        return f"<p>{first}</p><p>{second}</p><ul>{items}</ul>"

    def value(self, kind: str) -> Any:
        """Return the neutral value of one block."""
        match kind:
            case "heading":
                return {"text": self.sentence(5), "level": self.dice.choice(("2", "3", "4"))}
            case "rich_text":
                return self.rich_text()
            case "card":
                slug = "-".join(self.words(2))
                pictured = self.dice.random() < 0.5
                return {
                    "title": self.sentence(4),
                    "text": self.sentence(20),
                    "image_url": f"https://example.com/media/{slug}.jpg" if pictured else "",
                    "link_url": "" if pictured else f"https://example.com/{slug}",
                }
            case "quote":
                return {"text": self.sentence(25), "attribution": " ".join(self.words(2)).title()}
            case "list":
                return {"style": self.dice.choice(("ul", "ol")), "items": [self.sentence(8) for _ in range(5)]}
            case _:
                title = self.sentence(5)
                return {
                    "title": title,
                    "items": [{"heading": self.sentence(4), "text": self.sentence(15)} for _ in range(4)],
                }


def neutral_page(number: int) -> dict[str, Any]:
    """Return page ``number`` as every measured system gets it."""
    writer = Writer(f"page:{number}")
    title = " ".join(writer.words(4)).title()
    return {
        "title": title,
        "slug": f"page-{number}",
        "blocks": [{"type": kind, "value": writer.value(kind)} for kind in PATTERN],
    }


def as_block(block: dict[str, Any]) -> dict[str, Any]:
    """Return a neutral block as a block of ours."""
    value = block["value"]
    return {"type": block["type"], "props": {"html": value} if block["type"] == "rich_text" else value}


def page(number: int) -> dict[str, Any]:
    """Return title, slug and document of page ``number``."""
    made = neutral_page(number)
    return {"title": made["title"], "slug": made["slug"], "content": [as_block(block) for block in made["blocks"]]}


def block_value(size: int) -> list[dict[str, Any]]:
    """Return a document of ``size`` blocks."""
    writer = Writer(f"value:{size}")
    kinds = [PATTERN[index % len(PATTERN)] for index in range(size)]
    return [as_block({"type": kind, "value": writer.value(kind)}) for kind in kinds]


def tree(shape: tuple[int, ...], first: int = 0) -> Iterator[tuple[int, int | None, int]]:
    """Yield (number, parent's number, level), depth first."""
    number = first - 1

    def below(parent: int | None, level: int) -> Iterator[tuple[int, int | None, int]]:
        nonlocal number
        for _ in range(shape[level]):
            number += 1
            own = number
            yield own, parent, level + 1
            if level + 1 < len(shape):
                yield from below(own, level + 1)

    yield from below(None, 0)


def sample(size: int, count: int, label: str) -> list[int]:
    """Return ``count`` numbers below ``size``, always the same."""
    dice = random.Random(f"{SEED}:sample:{label}")
    return dice.sample(range(size), count) if size >= count else [dice.randrange(size) for _ in range(count)]


def queries(count: int = 100) -> list[str]:
    """Return searches for one common and one rarer word."""
    dice = random.Random(f"{SEED}:search")
    words = vocabulary()
    return [f"{words[dice.randrange(20, 200)]} {words[dice.randrange(200, 1200)]}" for _ in range(count)]


def edited(content: list[dict[str, Any]], turn: int) -> list[dict[str, Any]]:
    """Return the document with another first heading and first rich text."""
    writer = Writer(f"edit:{turn}")
    changed: list[dict[str, Any]] = json.loads(json.dumps(content))
    changed[0]["props"]["text"] = writer.sentence(5)
    changed[1]["props"]["html"] = writer.rich_text()
    return changed


if __name__ == "__main__":
    first_page = neutral_page(0)
    digest = hashlib.sha256(json.dumps(first_page, sort_keys=True).encode()).hexdigest()
    print(json.dumps({"page_0_sha256": digest, "first_queries": queries()[:3]}, indent=2))
