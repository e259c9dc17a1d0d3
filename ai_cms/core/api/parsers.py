"""Request bodies and parameters, checked before anything else sees them."""

from __future__ import annotations

from typing import IO, Any

from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext as _
from rest_framework import exceptions, parsers

from ai_cms.core.conf import core_settings
from ai_cms.core.exceptions import InvalidInput, NotFound
from ai_cms.core.strictjson import check_parameters, check_query_string, is_clean_text, loads

__all__ = ["FormParser", "JSONParser", "MultiPartParser", "check_charset", "check_path", "check_query"]

_UTF8 = {"", "utf-8", "utf8", "us-ascii", "ascii"}
_MAX_ID = 2**63 - 1
_NAMES = {list: "array", dict: "object"}


class JSONParser(parsers.JSONParser):
    """Read JSON within the limits of the settings.

    A view takes objects unless it sets ``json_roots``, so that its code may call ``request.data.get(…)``.
    """

    def parse(self, stream: IO[Any], media_type: str | None = None, parser_context: Any = None) -> Any:
        value = loads(stream.read())
        roots = getattr((parser_context or {}).get("view"), "json_roots", (dict,))
        if not isinstance(value, roots):
            names = _(" or ").join(_NAMES[root] for root in roots)
            raise InvalidInput(_("The body must be a JSON %(kind)s.") % {"kind": names}, code="invalid_json")
        return value


class FormParser(parsers.FormParser):
    """Read form fields, with the same checks as JSON strings."""

    def parse(self, stream: IO[Any], media_type: str | None = None, parser_context: object = None) -> Any:
        raw = stream.read()
        check_query_string(raw.decode("latin-1"))
        data = QueryDict(raw, encoding="utf-8")
        check_parameters(data, limit=core_settings.JSON_MAX_STRING)
        return data


class MultiPartParser(parsers.MultiPartParser):
    """Read form fields and files; the fields get the same checks as JSON strings, files are for the view to judge."""

    def parse(self, stream: IO[Any], media_type: str | None = None, parser_context: Any = None) -> Any:
        parsed = super().parse(stream, media_type=media_type, parser_context=parser_context)
        check_parameters(parsed.data, limit=core_settings.JSON_MAX_STRING)
        return parsed


def check_charset(content_type: str) -> None:
    """Refuse bodies that claim a charset other than UTF-8.

    Django decodes the query string with that charset too, and some of them are not even text (``bz2_codec``).
    """
    for parameter in content_type.split(";")[1:]:
        name, _equals, value = parameter.partition("=")
        if name.strip().lower() == "charset" and value.strip().strip("\"'").lower() not in _UTF8:
            raise exceptions.UnsupportedMediaType(content_type, detail=_("Only the charset utf-8 is understood."))


def check_query(request: HttpRequest) -> None:
    """Refuse query parameters that are not clean UTF-8 text or are too long. ``request``: a Django request."""
    check_query_string(request.META.get("QUERY_STRING", ""))
    check_parameters(request.GET, limit=core_settings.QUERY_MAX_STRING)


def check_path(kwargs: dict[str, Any]) -> None:
    """Raise NotFound for path values that cannot name anything: unclean text, ids beyond 64 bits."""
    for name, value in kwargs.items():
        if isinstance(value, str):
            if not is_clean_text(value) or len(value) > core_settings.QUERY_MAX_STRING:
                raise NotFound
            is_id = name in {"pk", "id", "number"} or name.endswith(("_pk", "_id"))
            if is_id and value.isdecimal() and (len(value) > 19 or int(value) > _MAX_ID):
                raise NotFound
        elif isinstance(value, int) and abs(value) > _MAX_ID:
            raise NotFound
