"""The body of a post: HTML for those who know no blocks.

Reading writes the blocks as HTML, with addresses in place of references to assets. Writing makes blocks of HTML, and keeps
what did not change: blocks whose HTML is the same stay as they are, with their ids and provenance, and so do blocks that HTML
cannot say.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any

from django.urls import NoReverseMatch, reverse

from ai_cms.blocks.convert import blocks_to_html, html_to_blocks
from ai_cms.blocks.html.markup import parse_html, serialize
from ai_cms.core.jsontypes import JsonMapping, JsonObject

__all__ = ["body_html", "body_to_blocks"]

Block = JsonObject

_REFERENCE = re.compile(r"asset:([0-9]{1,18})")
#: Comparing costs the product of the lengths; beyond this what stands between equal beginnings and ends is new.
_MOST_COMPARED = 1_000_000


def body_html(blocks: Sequence[JsonMapping]) -> str:
    """Return blocks as HTML."""
    return blocks_to_html([_replaced(block, _address) for block in blocks])


def body_to_blocks(html: str, previous: Sequence[Block] = ()) -> list[Block]:
    """Return ``html`` as blocks; what is the same in ``previous`` is taken over."""
    made = [_replaced(block, _reference) for block in html_to_blocks(html)]
    if not previous:
        return made
    old = [(piece, number) for number, block in enumerate(previous) for piece in _pieces(block)]
    new = [piece for block in made for piece in _pieces(block)]
    if [piece for piece, _number in old] == new:
        return list(previous)
    return _woven(previous, _kept(old, new), new)


def _address(value: str) -> str:
    found = _REFERENCE.fullmatch(value)
    if found is None:
        return value
    try:
        return reverse("ai_cms_assets:file", args=[int(found[1])])
    except NoReverseMatch:
        return value


def _reference(value: str) -> str:
    number = re.search(r"/([0-9]{1,18})/?$", value)
    if number is None:
        return value
    reference = f"asset:{int(number[1])}"
    # An address on this host, as it was read here.
    return reference if _address(reference) == value else value


def _replaced(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, Mapping):
        return {key: _replaced(item, change) for key, item in value.items()}
    return [_replaced(item, change) for item in value] if isinstance(value, list) else value


def _pieces(block: JsonMapping) -> list[str]:
    """Return the elements that a block is written as."""
    nodes = parse_html(body_html([block])).children
    return [text for node in nodes if (text := serialize([node])).strip()]


def _kept(old: Sequence[tuple[str, int]], new: Sequence[str]) -> dict[int, range]:
    """Return the blocks that stay, by their number, with the places of their elements in ``new``."""
    places: dict[int, int] = {}
    for start, other, length in _same([piece for piece, _number in old], new):
        places.update((start + step, other + step) for step in range(length))
    spans: dict[int, list[int]] = {}
    for index, (_piece, number) in enumerate(old):
        spans.setdefault(number, []).append(places.get(index, -1))
    return {
        number: range(found[0], found[-1] + 1)
        for number, found in spans.items()
        if found[0] >= 0 and found == list(range(found[0], found[0] + len(found)))
    }


def _same(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[int, int, int]]:
    """Yield (place in ``old``, place in ``new``, length) of what is the same in both, in order."""
    shorter = min(len(old), len(new))
    start = next((index for index in range(shorter) if old[index] != new[index]), shorter)
    rest = shorter - start
    end = next((back for back in range(rest) if old[-1 - back] != new[-1 - back]), rest)
    yield 0, 0, start
    left, right = old[start : len(old) - end], new[start : len(new) - end]
    if len(left) * len(right) <= _MOST_COMPARED:
        for match in SequenceMatcher(None, left, right, autojunk=False).get_matching_blocks():
            yield start + match.a, start + match.b, match.size
    yield len(old) - end, len(new) - end, end


def _woven(previous: Sequence[Block], kept: Mapping[int, range], new: Sequence[str]) -> list[Block]:
    """Return the blocks that stay with new ones between them."""
    found: list[Block] = []
    place = 0
    replaced: list[Block] = []
    unsaid: list[Block] = []
    for number, block in enumerate(previous):
        if number in kept:
            found += _between(new[place : kept[number].start], replaced)
            found += [*unsaid, block]
            place, replaced, unsaid = kept[number].stop, [], []
        elif _pieces(block):
            replaced.append(block)
        else:
            # HTML has no word for it, so its absence says nothing.
            unsaid.append(block)
    return [*found, *_between(new[place:], replaced), *unsaid]


def _between(pieces: Sequence[str], replaced: Sequence[Block]) -> list[Block]:
    """Return new blocks; one that is of the kind of a block that went takes its id, as the same block written anew."""
    made = [_replaced(block, _reference) for block in html_to_blocks("\n".join(pieces))] if pieces else []
    left = list(replaced)
    for block in made:
        same = next((old for old in left if old["type"] == block["type"]), None)
        if same is not None:
            left.remove(same)
            block["id"] = same["id"]
    return made
