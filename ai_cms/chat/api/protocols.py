"""Answers of chat's routes in the protocols of other clients: ``?protocol=``, ``?after=``, ``?poll=``."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from ai_cms.core.exceptions import InvalidInput
from ai_cms.core.jsontypes import JsonMapping
from ai_cms.llm.seats import RETRY_SECONDS, AllSeatsTaken, has_free_seat

from ..services.foreign import Watched
from ..streams.frames import Position
from ..streams.incoming import MAX_ID, Incoming, read_ag_ui, read_ai_sdk
from ..streams.serving import frame_page, frame_stream, protocol_of, reminder

__all__ = [
    "AFTER",
    "LAST_EVENT",
    "POLL",
    "PROTOCOL",
    "RUN",
    "STREAMED",
    "place_of",
    "protocol_named",
    "read_incoming",
    "require_seat",
    "watch",
]

READERS = {"ai-sdk": read_ai_sdk, "ag-ui": read_ag_ui}

PROTOCOL = OpenApiParameter(
    "protocol", str, enum=sorted(READERS), description="Stream in the words of the AI SDK or of AG-UI."
)
AFTER = OpenApiParameter("after", str, description="The id of the last part that is known, such as 12 or 12.3.")
LAST_EVENT = OpenApiParameter(
    "Last-Event-ID", str, OpenApiParameter.HEADER, description="The same, as browsers send it."
)
POLL = OpenApiParameter(
    "poll", bool, description="True gives what there is by now as JSON; ask again with after until over is true."
)
RUN = OpenApiParameter("run", str, description="AG-UI: the client's own id of the run.")


class FrameSerializer(serializers.Serializer[object]):
    """One part of a stream."""

    id = serializers.CharField()
    part = serializers.DictField()


class StreamPageSerializer(serializers.Serializer[object]):
    """The parts of a stream after a place."""

    frames = FrameSerializer(many=True)
    after = serializers.CharField(help_text="Where to go on.")
    over = serializers.BooleanField()


#: What routes answer that show a run.
STREAMED = {
    (200, "text/event-stream"): OpenApiResponse(OpenApiTypes.STR, description="The parts as they come."),
    (200, "application/json"): OpenApiResponse(StreamPageSerializer, description="With poll."),
}


def protocol_named(request: Request) -> str:
    """Return the protocol of ``?protocol=``, empty for the site's own. Raises InvalidInput."""
    name = request.query_params.get("protocol", "")
    if name and name not in READERS:
        raise InvalidInput(errors={"protocol": [_("There is ai-sdk and ag-ui; without, it is the site's own.")]})
    return name


def require_seat(request: Request) -> None:
    """Raise AllSeatsTaken where a stream would be refused, before anything is done for it."""
    if not has_free_seat(request._request):
        raise AllSeatsTaken(retry_after=RETRY_SECONDS)


def place_of(request: Request) -> Position:
    """Return what the client has of the stream. Raises InvalidInput."""
    return Position.read(request.headers.get("Last-Event-ID") or request.query_params.get("after") or "0")


def read_incoming(name: str, body: JsonMapping) -> Incoming:
    """Return what a client of protocol ``name`` asks for. Raises InvalidInput."""
    return READERS[name](body)


def watch(
    request: Request, name: str, shown: Watched, *, thread: str, run: str = "", poll: bool = False
) -> HttpResponseBase:
    """Return the stream of a run in protocol ``name``, or a page of it.

    ``run``: the client's id of the run. Raises InvalidInput, AllSeatsTaken.
    """
    if len(run) > MAX_ID:
        raise InvalidInput(errors={"run": [_("An id of at most %(most)d characters is needed.") % {"most": MAX_ID}]})
    protocol = protocol_of(name, run_id=shown.run, thread=thread, run=run)
    message = str(shown.message)
    response: HttpResponseBase | None = None
    if poll:
        response = Response(frame_page(shown.run, protocol, message=message, after=shown.after))
    elif shown.repeated and shown.waits:
        response = reminder(shown.run, protocol, message=message)
    if response is None:
        response = frame_stream(request._request, shown.run, protocol, message=message, after=shown.after)
    query = urlencode({"protocol": name, **({"run": run} if run else {})})
    # Where the same stream is taken up again.
    response["Content-Location"] = f"{reverse('ai_cms_api:message-events', kwargs={'id': message})}?{query}"
    response["AI-CMS-Run"] = str(shown.run)
    response["AI-CMS-Message"] = message
    return response
