"""The WebSockets of chat, put beside Django in a site's ``asgi.py``::

    from channels.routing import ProtocolTypeRouter
    from django.core.asgi import get_asgi_application

    django_application = get_asgi_application()

    from ai_cms.chat.live.routing import websocket_application

    application = ProtocolTypeRouter({"http": django_application, "websocket": websocket_application()})

A site with WebSockets of its own puts ``websocket_urlpatterns`` among them. They need no middleware of Channels.
"""

from __future__ import annotations

from typing import Any

from channels.routing import URLRouter
from django.urls import path, re_path

from ..waking import hub
from .consumers import ConversationConsumer, RefusingConsumer, RoomConsumer

__all__ = ["websocket_application", "websocket_urlpatterns"]

websocket_urlpatterns = [
    path("ws/conversations/<uuid:pk>/", ConversationConsumer.as_asgi()),
    path("ws/rooms/<uuid:pk>/", RoomConsumer.as_asgi()),
]
# Whoever has taken this in serves them; the pages of the same process then use them.
hub.has_sockets = True


def websocket_application() -> Any:
    """Return the ASGI application for WebSockets; addresses that it does not know are refused."""
    return URLRouter([*websocket_urlpatterns, re_path(r"", RefusingConsumer.as_asgi())])
