"""The ASGI application that the rooms of ``chat_rooms`` are on."""

from __future__ import annotations

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.stress.chat_settings")
django_application = get_asgi_application()

# Models are there from here on.
from channels.routing import ProtocolTypeRouter  # noqa: E402

from ai_cms.chat.live.routing import websocket_application  # noqa: E402

application = ProtocolTypeRouter({"http": django_application, "websocket": websocket_application()})
