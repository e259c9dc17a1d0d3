"""What the columns of projects, skills and résumés hold."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from pydantic_core import PydanticCustomError

from ai_cms.blocks.types.text import check_image_ref, check_url

from .resumes.dates import is_date
from .resumes.schema import resume_problems

__all__ = ["validate_date", "validate_image", "validate_link", "validate_resume", "validate_words"]

MOST_WORDS, LONGEST_WORD = 50, 60


def validate_date(value: str) -> None:
    """Refuse what is no date of JSON Resume. Raises ValidationError."""
    if not is_date(value):
        raise ValidationError(_("Write a date as 2024, 2024-06 or 2024-06-29."), code="invalid_date")


def validate_link(value: str) -> None:
    """Refuse what a link may not lead to. Raises ValidationError."""
    _checked(check_url, value)


def validate_image(value: str) -> None:
    """Refuse what is no address of a picture. Raises ValidationError."""
    _checked(check_image_ref, value)


def _checked(check: Any, value: str) -> None:
    try:
        check(value)
    except PydanticCustomError as error:
        raise ValidationError(error.message(), code=error.type) from error


def validate_words(value: object) -> None:
    """Refuse what is no short list of words. Raises ValidationError."""
    if not isinstance(value, list) or len(value) > MOST_WORDS:
        raise ValidationError(_("Give a list of at most %(most)d words.") % {"most": MOST_WORDS}, code="invalid")
    if not all(isinstance(word, str) and word.strip() and len(word) <= LONGEST_WORD for word in value):
        raise ValidationError(
            _("Each word is a text of at most %(most)d characters.") % {"most": LONGEST_WORD}, code="invalid"
        )


def validate_resume(value: object) -> None:
    """Refuse what is no JSON Resume. Raises ValidationError with a sentence for each problem."""
    problems = resume_problems(value)
    if problems:
        raise ValidationError([f"{'.'.join(problem['loc']) or '/'}: {problem['msg']}" for problem in problems])
