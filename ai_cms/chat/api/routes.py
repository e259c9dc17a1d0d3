"""The routes of ``ai_cms.chat``; imported when the app is ready."""

from __future__ import annotations

from django.urls import path

from ai_cms.core.api.routers import api_router

from .agents import AgentViewSet
from .approvals import ApprovalViewSet
from .conversations import ConversationViewSet
from .messages import MessageViewSet
from .rooms import RoomViewSet
from .tickets import SocketTicketView

api_router.register("agents", AgentViewSet, basename="agent")
api_router.register("conversations", ConversationViewSet, basename="conversation")
api_router.register("messages", MessageViewSet, basename="message")
api_router.register("rooms", RoomViewSet, basename="room")
api_router.register("approvals", ApprovalViewSet, basename="approval")
api_router.add_urls([path("socket-tickets/", SocketTicketView.as_view(), name="socket-tickets")])
