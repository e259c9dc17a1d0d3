"""The address of one upload: signed, used once, its bytes in the body of a PUT."""

from __future__ import annotations

from typing import Any

from django.core.files.uploadedfile import TemporaryUploadedFile
from django.http import Http404, HttpRequest, JsonResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from ai_cms.assets.querysets import real
from ai_cms.assets.services import upload_asset
from ai_cms.core.exceptions import InvalidInput, LimitExceeded, NotFound, PermissionRefused, RequestRefused
from ai_cms.core.limits import check_limit
from ai_cms.core.models import ApiToken
from ai_cms.core.permissions import Actor

from ..core.jsontypes import JsonObject
from .conf import mcp_settings
from .principals import caller_of
from .state import open_upload
from .tools.files import shown_asset

__all__ = ["upload_view"]

_PIECE = 64 * 1024


@csrf_exempt
@require_http_methods(["PUT"])
def upload_view(request: HttpRequest, token: str) -> HttpResponseBase:
    """Take in the file that ``register_upload`` gave the address for, with the rights that its token has now."""
    seconds = mcp_settings.MCP_UPLOAD_SECONDS
    wanted = open_upload(token, seconds)
    if wanted is None:
        raise Http404
    try:
        actor = _actor(wanted)
        # Counted before the bytes are read: the address is good for one try.
        check_limit("mcp-upload", str(wanted["once"]), 1, seconds + 60)
        with _received(request, wanted) as file:
            uploaded = upload_asset(
                file, actor=actor, name=wanted["name"], alt=wanted.get("alt", ""), title=wanted.get("title", "")
            )
    except LimitExceeded:
        refusal: RequestRefused = NotFound("This address was used before. Register the upload again.")
        return JsonResponse(refusal.body(), status=refusal.status_code)
    except RequestRefused as error:
        return JsonResponse(error.body(), status=error.status_code)
    response = JsonResponse(shown_asset(real(uploaded.asset)), status=201)
    response["Cache-Control"] = "private, no-store"
    return response


def _actor(wanted: JsonObject) -> Actor:
    """Return who registered the upload, as the token is now. Raises PermissionRefused."""
    row = ApiToken.objects.select_related("user", "agent__owner").filter(pk=wanted["token"]).first()
    now = timezone.now()
    if row is None or not row.is_valid(now) or not row.user.is_active or (row.agent and not row.agent.is_alive(now)):
        raise PermissionRefused("The token that registered this upload has ended.")
    return caller_of(row.user, row).actor


def _received(request: HttpRequest, wanted: JsonObject) -> Any:
    """Return the body as an open file. Raises InvalidInput unless it is as long as was registered."""
    size = int(wanted["size"])
    file = TemporaryUploadedFile(wanted["name"], "application/octet-stream", size, None)
    seen = 0
    while piece := request.read(_PIECE):
        seen += len(piece)
        if seen > size:
            break
        file.write(piece)
    if seen != size:
        file.close()
        raise InvalidInput(
            f"The body has another length than the {size} bytes that were registered.", code="wrong_size"
        )
    file.seek(0)
    return file
