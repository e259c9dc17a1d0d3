"""Bodies of actions: what they do not know is refused."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _
from rest_framework import serializers

__all__ = ["ActionSerializer", "EmptySerializer"]

#: Of more keys than this nobody reads the list, and an answer must not be as long as a hostile body.
_MAX_NAMED = 20
_MAX_LENGTH = 100
#: What forms of REST framework's browsable interface send along.
_OF_FORMS = frozenset({"csrfmiddlewaretoken"})


class ActionSerializer(serializers.Serializer[object]):
    """The body of an action.

    A key that it has no field for is refused: most keys narrow what is done, so that a mistyped one would do more than was
    asked for, such as accept all of a proposal. Bodies that write an object take no part in this: clients send back
    what they have read.
    """

    def to_internal_value(self, data: object) -> Any:
        """Return the values. Raises ValidationError for bad values and unknown keys alike, in one answer."""
        known = [name for name, field in self.fields.items() if not field.read_only]
        unknown = _unknown_keys(data, known) if isinstance(data, Mapping) else {}
        try:
            values = super().to_internal_value(data)
        except serializers.ValidationError as error:
            if unknown and isinstance(error.detail, dict):
                raise serializers.ValidationError({**unknown, **error.detail}) from None
            raise
        if unknown:
            raise serializers.ValidationError(unknown)
        return values


class EmptySerializer(ActionSerializer):
    """The body of an action that takes nothing."""


def _unknown_keys(data: Iterable[object], known: list[str]) -> dict[str, list[str]]:
    """Return a message for each key that is not known, with the one that may be meant."""
    found = [key for key in map(str, data) if key not in known and key not in _OF_FORMS]
    return {key[:_MAX_LENGTH]: [_unknown(key[:_MAX_LENGTH], known)] for key in found[:_MAX_NAMED]}


def _unknown(key: str, known: list[str]) -> str:
    near = difflib.get_close_matches(key.lower(), known, n=1)
    if near:
        return _("There is no such key here. Did you mean “%(near)s”?") % {"near": near[0]}
    if known:
        return _("There is no such key here. Known are: %(names)s.") % {"names": ", ".join(known)}
    return _("There is no such key here: this takes no values.")
