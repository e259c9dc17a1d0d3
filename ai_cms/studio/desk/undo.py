"""The way back from what was just done: sealed into a token, opened by one view, asked for its rights like anything else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core import signing
from django.utils.translation import gettext as _

from ai_cms.core.exceptions import Conflict, InvalidInput
from ai_cms.core.mappings import FieldValues
from ai_cms.core.registry import Registry

__all__ = ["Undo", "opened", "sealed", "undos"]

_SALT = "ai_cms.studio.desk.undo"
#: A day: longer, nobody remembers what it was.
MAX_AGE = 86_400

#: Called with the view and the sealed values: does what leads back, returns a sentence that says so. Raises RequestRefused.
Undo = Callable[[Any, dict[str, Any]], str]

undos: Registry[Undo] = Registry("way back")


def sealed(values: FieldValues) -> str:
    """Return a token of ``values``: ``undo`` names one of ``undos``, the rest is what it takes."""
    return signing.dumps(dict(values), salt=_SALT, compress=True)


def opened(token: str) -> tuple[Undo, dict[str, Any]]:
    """Return what a token leads back with. Raises InvalidInput for a forged one, Conflict for one of yesterday."""
    try:
        values = signing.loads(token, salt=_SALT, max_age=MAX_AGE)
        undo = undos.get(values.pop("undo", ""))
    except signing.SignatureExpired as error:
        raise Conflict(_("This is too long ago to be undone here; look into the history or the bin.")) from error
    except (signing.BadSignature, AttributeError) as error:
        raise InvalidInput(_("This cannot be undone.")) from error
    if undo is None:
        raise InvalidInput(_("This cannot be undone."))
    return undo, values
