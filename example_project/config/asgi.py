"""The ASGI application, for servers that speak it."""

from __future__ import annotations

import os
from importlib.util import find_spec
from typing import Any

from django.core.asgi import get_asgi_application

from ai_cms.core.lane.asgi import asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.production")
# Its database statements have a limit, which those of a migration have not.
os.environ.setdefault("WEB_PROCESS", "1")

# Answers to anonymous visitors come out of memory: docs/how-to/fast-lane.md.
application: Any = asgi_application(get_asgi_application())

if find_spec("channels"):
    # With the extra "channels": what is new in conversations and rooms comes by WebSocket, else by events and by asking.
    from channels.routing import ProtocolTypeRouter

    from ai_cms.chat.live.routing import websocket_application

    application = ProtocolTypeRouter({"http": application, "websocket": websocket_application()})
