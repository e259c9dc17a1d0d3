"""Write projects, skills and résumés."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import models

from ai_cms.core.exceptions import InvalidInput
from ai_cms.core.permissions import Actor, ActorLike, get_policy, policy_for

from .. import get_resume_model
from ..conf import portfolio_settings
from ..exceptions import ResumeInvalid, TooMany
from ..resumes.schema import resume_problems

__all__ = ["create_row", "delete_row", "update_row"]

M = TypeVar("M", bound=models.Model)


def create_row(model: type[M], *, actor: ActorLike, owner: object = None, **values: object) -> M:
    """Create a project, a skill or a résumé. ``owner``: default the actor.

    Raises InvalidInput with the messages by field, ResumeInvalid, TooMany and what permissions raise.
    """
    who = Actor.of(actor)
    get_policy(model).require(who, "add")
    row: Any = model()
    row.owner = owner if owner is not None else who.account
    _assign(row, values)
    most = portfolio_settings.PORTFOLIO_MAX_ROWS
    kept: Any = model._default_manager
    if most and row.owner is not None and kept.filter(owner=row.owner).count() >= most:
        raise TooMany(most)
    row.save()
    made: M = row
    return made


def update_row(row: M, *, actor: ActorLike, **values: object) -> M:
    """Change a row; fields that are not named stay. Raises InvalidInput, ResumeInvalid and what permissions raise."""
    policy_for(row).require(Actor.of(actor), "change", row)
    _assign(row, values)
    row.save()
    return row


def delete_row(row: models.Model, *, actor: ActorLike) -> None:
    """Delete a row; portfolios that were published with it go on showing it until they are published again."""
    policy_for(row).require(Actor.of(actor), "delete", row)
    row.delete()


def _assign(row: Any, values: Mapping[str, object]) -> None:
    if "content" in values and isinstance(row, get_resume_model()):
        problems = resume_problems(values["content"])
        if problems:
            raise ResumeInvalid(problems)
    for name, value in values.items():
        setattr(row, name, value)
    try:
        row.full_clean(exclude={"owner"}, validate_unique=False)
    except ValidationError as error:
        raise InvalidInput(errors=dict(error.message_dict)) from error
