"""Portfolios follow what happens elsewhere: the import of an exported site."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.dispatch import receiver

from ai_cms.blocks.documents.filling import walk_blocks
from ai_cms.core.signals import site_imported

from . import get_portfolio_model

__all__ = ["rows_named"]

#: Where each block names rows.
_NAMES = {"project_grid": "projects", "skill_chart": "skills", "timeline": "resume", "resume": "resume"}


@receiver(site_imported, dispatch_uid="ai_cms_portfolio.imported")
def _imported(instance: Any, warn: Callable[..., None] | None = None, **kwargs: object) -> None:
    """Tell of blocks that name rows: an export has pages alone, so the numbers mean other rows of the owner here, or none."""
    if warn is None:
        return
    for portfolio in get_portfolio_model()._base_manager.filter(site_id=instance.pk).order_by("pk").iterator():
        number = rows_named(portfolio)
        if number:
            warn(
                f"It shows {number} projects, skills or résumés by their numbers. Those rows are no part of an export: their "
                "owner brings them over, and chooses them again in the portfolio.",
                item=portfolio.title,
            )


def rows_named(portfolio: Any) -> int:
    """Return how many rows the blocks of a portfolio name."""
    found = 0
    for block in walk_blocks(portfolio.content_json.to_json()):
        value = (block.get("props") or {}).get(_NAMES.get(block.get("type", ""), ""))
        found += len(value) if isinstance(value, list) else int(isinstance(value, int))
    return found
