"""Nulls in a model's answer: strict schemas teach models to write one where a value is to be absent."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

__all__ = ["validate_answer"]

M = TypeVar("M", bound=BaseModel)


def validate_answer(model: type[M], value: object) -> M:
    """Return the object of ``value``, in which a null counts as absent where it is not allowed and nothing else is wrong.

    Raises the ValidationError of what the model wrote.
    """
    try:
        return model.model_validate(value)
    except ValidationError as error:
        if not _drop_nulls(
            value, [problem["loc"] for problem in error.errors(include_url=False, include_context=False)]
        ):
            raise
        try:
            return model.model_validate(value)
        except ValidationError:
            raise error from None


def _drop_nulls(value: object, places: Iterable[tuple[int | str, ...]]) -> bool:
    """Take the nulls at ``places`` out of the mappings they are in; returns whether there were any."""
    found = False
    for place in places:
        node = value
        for step in place[:-1]:
            node = _item(node, step)
        if place and isinstance(node, dict) and place[-1] in node and node[place[-1]] is None:
            del node[place[-1]]
            found = True
    return found


def _item(node: object, step: int | str) -> Any:
    if isinstance(node, dict):
        return node.get(step)
    return node[step] if isinstance(node, list) and isinstance(step, int) and step < len(node) else None
