"""Blocks from a model, made usable one by one: what is wrong with one of them costs the others nothing."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from ai_cms.blocks.documents.prepare import prepare_document
from ai_cms.blocks.exceptions import InvalidDocument
from ai_cms.core.permissions import Actor
from ai_cms.pages.untrusted import without_remote_sources

from ..core.jsontypes import JsonMapping, JsonObject
from .surroundings import Addresses

__all__ = ["usable_blocks"]

#: Rounds of mending: a property that is taken out may turn out to be required, and its block the only one of another.
_ROUNDS = 6

Block = JsonObject
Problem = JsonMapping


def usable_blocks(
    value: Sequence[object], allowed: tuple[str, ...], actor: Actor, addresses: Addresses | None = None
) -> tuple[list[Block], list[str]]:
    """Return new blocks with ids, cleaned and validated by their classes, and what was left out of them.

    ``addresses``: what they may lead to; ``None``: anywhere.

    A property that is not valid is left out where it may be, else its block, with what is inside of that. Raises ValueError
    if nothing is left, with the places of the errors, in words that tell a model what to correct.
    """
    blocks = [_bare(block) for block in value]
    left_out: list[str] = []
    if addresses is not None:
        invented: list[str] = []
        blocks = addresses.kept(blocks, invented)
        left_out += [_("The address %(address)s is none of this site.") % {"address": each} for each in invented]
    first: list[Problem] = []
    for _number in range(_ROUNDS):
        made, problems = _checked(blocks, allowed, actor)
        if not problems:
            return made, left_out
        first = first or problems
        left_out += _told(problems)
        _mend(blocks, problems)
        if not blocks:
            break
    raise ValueError("; ".join(_told(first)))


def _checked(blocks: list[Any], allowed: tuple[str, ...], actor: Actor) -> tuple[list[Block], list[Problem]]:
    try:
        clean = without_remote_sources(copy.deepcopy(blocks))
        document = prepare_document(clean, previous=None, allowed=allowed, actor=actor)
    except InvalidDocument as error:
        return [], list(error.body().get("content_json", []))
    problems: list[Problem] = [problem.to_json() for problem in document.validate(strict=True)]
    return ([], problems) if problems else (document.to_json(), [])


def _bare(block: object) -> Any:
    """Return a block with what a model may set: no ids, versions or marks."""
    if not isinstance(block, dict):
        return block
    kept = {key: value for key, value in block.items() if key in ("type", "props", "children")}
    if kept.get("children") is None:
        kept.pop("children", None)
    elif isinstance(kept["children"], list):
        kept["children"] = [_bare(child) for child in kept["children"]]
    if isinstance(kept.get("props"), dict):
        # Strict schemas make every property required; what a model left empty with null is absent.
        kept["props"] = {key: prop for key, prop in kept["props"].items() if prop is not None}
    return kept


def _told(problems: Sequence[Problem]) -> list[str]:
    return [f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}" for problem in problems[:10]]


def _mend(blocks: list[Any], problems: Sequence[Problem]) -> None:
    """Take out what the problems are about, from the last place to the first, so that the places before stay true."""
    places = {_place(problem) for problem in problems}
    for place in sorted(places, key=_order, reverse=True):
        _remove(blocks, place)


def _place(problem: Problem) -> tuple[str, ...]:
    """Return what to take out: a property, an item of a list, or the block."""
    loc = tuple(map(str, problem["loc"]))
    if "props" not in loc:
        return _block_of(loc)
    at = loc.index("props")
    name = loc[at + 1 : at + 2]
    if not name or problem.get("type") == "missing":
        return loc[:at]
    item = loc[at + 2 : at + 3]
    return (*loc[: at + 1], *name, *item) if item and item[0].isdigit() else (*loc[: at + 1], *name)


def _block_of(loc: tuple[str, ...]) -> tuple[str, ...]:
    """Return the place of the innermost block in ``loc``, which ends in a number."""
    while loc and not loc[-1].isdigit():
        loc = loc[:-1]
    return loc


def _order(place: tuple[str, ...]) -> tuple[tuple[int, int | str], ...]:
    return tuple((0, int(step)) if step.isdigit() else (1, step) for step in place)


def _remove(blocks: list[Any], place: tuple[str, ...]) -> None:
    if not place:
        blocks.clear()
        return
    holder: Any = blocks
    try:
        for step in place[:-1]:
            holder = holder[int(step) if isinstance(holder, list) else step]
        del holder[int(place[-1]) if isinstance(holder, list) else place[-1]]
    except (KeyError, IndexError, TypeError, ValueError):
        # It went with something around it.
        return
