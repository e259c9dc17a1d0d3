"""``/socket-tickets/``: how a browser opens a WebSocket without its session being a password for it."""

from __future__ import annotations

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from ai_cms.core.api.bodies import EmptySerializer
from ai_cms.core.api.openapi import extend_schema
from ai_cms.core.api.viewsets import ServiceView

from ..services import TICKET_SECONDS, make_ticket

__all__ = ["SocketTicketView"]


class SocketTicketSerializer(serializers.Serializer[object]):
    """A ticket, to be sent as the first message of a WebSocket."""

    ticket = serializers.CharField()
    expires_in = serializers.IntegerField(help_text="Seconds.")


class SocketTicketView(ServiceView):
    """Make a ticket."""

    rate_limit = ("chat_socket_tickets", 120, 60)

    @extend_schema(
        operation_id="socket_tickets_create",
        summary="Get a ticket for a WebSocket",
        description="Good once, for some seconds, in this browser. Programs need none: they send their token.",
        tags=["chat"],
        request=None,
        responses={201: SocketTicketSerializer},
    )
    def post(self, request: Request) -> Response:
        EmptySerializer(data=request.data).is_valid(raise_exception=True)
        ticket = make_ticket(getattr(request._request, "session", None), actor=self.actor)
        return Response({"ticket": ticket, "expires_in": TICKET_SECONDS}, status=201)
