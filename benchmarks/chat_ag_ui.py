"""django-ag-ui with the model of ``benchmarks.chat``: an ASGI application that a Python which has it serves.

As it comes, without a store of conversations, so that nothing is written down.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from django.conf import settings

# Run by another Python, in which the project is not installed.
sys.path.insert(0, str(Path(__file__).resolve().parent))
import chat_model  # type: ignore[import-not-found]

settings.configure(
    SECRET_KEY="of no use to anybody, since nothing is signed",  # noqa: S106
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    DJANGO_AG_UI={"MODEL": "test"},
    USE_TZ=True,
)

import django  # noqa: E402

django.setup()

from django.core.asgi import get_asgi_application  # noqa: E402
from django.urls import path  # noqa: E402
from django_ag_ui import AGUIServer, ToolRegistry  # type: ignore[import-not-found]  # noqa: E402
from pydantic_ai.models.function import FunctionModel  # type: ignore[import-not-found]  # noqa: E402


async def answer(messages: Any, info: Any) -> AsyncIterator[str]:
    """Stream the answer's pieces."""
    for piece in chat_model.pieces():
        if chat_model.PAUSE:
            await asyncio.sleep(chat_model.PAUSE)
        yield piece


server = AGUIServer(
    ToolRegistry(), model=FunctionModel(stream_function=answer), require_authenticated=False, csrf_exempt=True
)
urlpatterns = [path("agent/", server.urls)]
application = get_asgi_application()
