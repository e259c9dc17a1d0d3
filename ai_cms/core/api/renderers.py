"""How answers are written, whatever the host's REST framework settings say."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from rest_framework import exceptions, negotiation, renderers
from rest_framework.request import Request

__all__ = ["JSONRenderer", "LenientNegotiation"]


class JSONRenderer(renderers.JSONRenderer):
    """Write compact UTF-8 JSON; a NaN in an answer is a mistake in the code and raises."""

    ensure_ascii = False
    compact = True
    strict = True


class LenientNegotiation(negotiation.DefaultContentNegotiation):
    """Answer in the first format a view has when the client accepts none: an error nobody may read helps nobody.

    ``?format=`` chooses nothing; views may use the parameter for themselves.
    """

    settings: Any = SimpleNamespace(URL_FORMAT_OVERRIDE=None)

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        try:
            return super().select_renderer(request, renderers, format_suffix)
        except exceptions.APIException:
            return renderers[0], renderers[0].media_type
