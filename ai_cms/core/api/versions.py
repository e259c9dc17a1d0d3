"""Versions of objects on the wire: ``ETag`` out, ``If-Match`` in."""

from __future__ import annotations

import re

from django.http import HttpResponse
from django.utils.translation import gettext as _
from rest_framework.request import Request

from ai_cms.core.exceptions import InvalidInput

__all__ = ["etag_for", "expected_version", "set_version"]

_IF_MATCH = re.compile(r'(?:W/)?"v?(\d{1,18})"', re.ASCII)
#: The most that a column of versions holds. What is above is of the future, as this one is, and refused with it.
_LAST_VERSION = 2**31 - 1


def etag_for(version: int) -> str:
    """Return the entity tag of a version: ``"v12"`` with its quotes."""
    return f'"v{version}"'


def expected_version(request: Request) -> int | None:
    """Return the version that ``If-Match`` names; ``None`` without the header and for ``*``.

    Raises InvalidInput for anything else, so that a mistyped header never turns into an unconditional write.
    """
    raw = request.META.get("HTTP_IF_MATCH")
    if raw is None or raw.strip() == "*":
        return None
    match = _IF_MATCH.fullmatch(raw.strip())
    if match is None:
        raise InvalidInput(_('If-Match must be one ETag as the API sends it: "v12".'), code="invalid_if_match")
    return min(int(match[1]), _LAST_VERSION)


def set_version(response: HttpResponse, version: int) -> None:
    """Send ``version`` as the ETag of ``response``."""
    response["ETag"] = etag_for(version)
