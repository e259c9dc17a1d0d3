"""The guided steps of a portfolio: which is next, and what is missing.

::

    goal → role → content → design → publish

Each step looks at the portfolio itself, so that it does not matter where something was filled in: in the steps, in the editor or
by a program. A step can be gone back to at any time; ``next`` is the first that is not done.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ai_cms.core.jsontypes import JsonObject
from ai_cms.pages.snapshots import document_problems, missing_required

from .. import get_project_model, get_resume_model, get_skill_model
from ..arrays import array_problems

if TYPE_CHECKING:
    from ai_cms.pages.models import AbstractPage

__all__ = ["STEPS", "Guide", "Step", "guide_of"]

STEPS: dict[str, str | Promise] = {
    "goal": gettext_lazy("Goal"),
    "role": gettext_lazy("Role"),
    "content": gettext_lazy("Content"),
    "design": gettext_lazy("Design"),
    "publish": gettext_lazy("Publish"),
}


@dataclass(frozen=True)
class Step:
    """One step. ``missing``: sentences that say what to do; empty for a step that is done."""

    name: str
    label: str
    missing: list[str] = field(default_factory=list)

    @property
    def done(self) -> bool:
        return not self.missing


@dataclass(frozen=True)
class Guide:
    """All steps in order."""

    steps: list[Step]

    @property
    def next(self) -> Step | None:
        """The first step that is not done; ``None`` at the end."""
        return next((step for step in self.steps if not step.done), None)

    @property
    def is_done(self) -> bool:
        return self.next is None

    def step(self, name: str) -> Step:
        """Return the step called ``name``. Raises KeyError."""
        return {step.name: step for step in self.steps}[name]

    def after(self, name: str) -> str:
        """Return the name of the step after ``name``; the last has itself."""
        names = list(STEPS)
        return names[min(names.index(name) + 1, len(names) - 1)]

    def to_json(self) -> JsonObject:
        """Return the guide as clients read it."""
        following = self.next
        return {
            "next": None if following is None else following.name,
            "steps": [
                {"name": step.name, "label": step.label, "done": step.done, "missing": step.missing}
                for step in self.steps
            ],
        }


def guide_of(portfolio: AbstractPage) -> Guide:
    """Return where a portfolio stands in its steps; asks the database about its owner's rows only for one that is published."""
    checks: dict[str, Callable[[Any], list[str]]] = {
        "goal": _goal,
        "role": _role,
        "content": _content,
        "design": _design,
        "publish": _publish,
    }
    return Guide([Step(name, str(STEPS[name]), check(portfolio)) for name, check in checks.items()])


def _goal(portfolio: AbstractPage) -> list[str]:
    return [] if portfolio.goal else [_("Choose what the portfolio is for.")]


def _role(portfolio: AbstractPage) -> list[str]:
    return [] if portfolio.role.strip() else [_("Say what you do, such as: Frontend engineer.")]


def _content(portfolio: AbstractPage) -> list[str]:
    pages = portfolio.pages
    if not any(page.blocks for page in pages):
        return [_("Write something: a few words about you, and what you have made.")]
    missing = [str(message) for messages in missing_required(portfolio).values() for message in messages]
    for problem in document_problems(portfolio).get("content_json", ()):
        told = array_problems([problem.to_json()])[0]
        missing.append(f"{'.'.join(told['loc'])}: {told['msg']}")
    return missing


def _design(portfolio: AbstractPage) -> list[str]:
    return [] if portfolio.design.get("layout") else [_("Choose how it looks.")]


def _publish(portfolio: AbstractPage) -> list[str]:
    if not portfolio.live:
        return [_("Nobody but you sees it yet: publish it.")]
    if portfolio.has_unpublished_changes or _rows_changed(portfolio):
        return [_("You have changed something since it was published: publish it again.")]
    return []


def _rows_changed(portfolio: AbstractPage) -> bool:
    """Return whether a project, skill or résumé of the owner was saved after the portfolio was published."""
    publication = getattr(portfolio, "publication", None)
    if publication is None or portfolio.owner_id is None:
        return False
    since = publication.published_at
    models = (get_project_model(), get_skill_model(), get_resume_model())
    return any(model.objects.of_owner(portfolio.owner_id).filter(updated_at__gt=since).exists() for model in models)
