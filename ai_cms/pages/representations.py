"""Other forms of what is published, beside its HTML, at the same address: chosen by what a client accepts.

An app that offers one registers it::

    from ai_cms.pages.representations import Representation, representations

    representations.register("text/markdown", markdown_answer)

While there are any, answers vary by ``Accept``. HTML is what a client gets that asks for none of them, and browsers never do.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers

from ai_cms.core.registry import Registry

if TYPE_CHECKING:
    from .models import Publication

__all__ = ["Representation", "chosen_representation", "quality", "representations", "vary_by_accept"]

#: Answers with a publication in another form.
Representation: TypeAlias = "Callable[[HttpRequest, Publication], HttpResponseBase]"

#: By media type, such as ``text/markdown``.
representations: Registry[Representation] = Registry("representation of publications")

#: What is longer is no list that a program sends.
_MAX_ACCEPT = 4_000


def chosen_representation(request: HttpRequest) -> Representation | None:
    """Return the other form that a client prefers to HTML; ``None`` for HTML.

    It has to name the media type; of the same weight with HTML it wins, since nobody names it by chance. Weights of zero refuse.
    """
    accept = request.META.get("HTTP_ACCEPT", "")
    if not accept or len(accept) > _MAX_ACCEPT:
        return None
    accept = accept.lower()
    best: tuple[float, Representation] | None = None
    for media_type, representation in representations.items():
        if media_type not in accept:
            continue
        weight = quality(accept, media_type)
        if weight > 0 and weight >= quality(accept, "text/html") and (best is None or weight > best[0]):
            best = (weight, representation)
    return None if best is None else best[1]


def quality(accept: str, media_type: str) -> float:
    """Return the weight, from 0 to 1, that an ``Accept`` header gives a media type: the most special range that covers it
    counts, 0 where none does. What is no number counts as 0: not understood is not wanted."""
    kind = media_type.partition("/")[0]
    found, rank = 0.0, 0
    for item in accept.split(","):
        media_range, *parameters = (part.strip() for part in item.split(";"))
        special = {media_type: 3, f"{kind}/*": 2, "*/*": 1}.get(media_range.lower(), 0)
        if special <= rank:
            continue
        weight = 1.0
        for parameter in parameters:
            name, _equals, value = parameter.partition("=")
            if name.strip().lower() == "q":
                weight = _weight(value.strip())
        found, rank = weight, special
    return found


def _weight(text: str) -> float:
    # Not float() alone, which reads "nan" and "1e3".
    if not text or len(text) > 5 or not text.replace(".", "", 1).isdecimal() or not text.isascii():
        return 0.0
    return min(float(text), 1.0)


def vary_by_accept(response: HttpResponseBase) -> None:
    """Tell caches that there are other forms, if there are."""
    if len(representations):
        patch_vary_headers(response, ["Accept"])
