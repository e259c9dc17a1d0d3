"""Sites do without Channels, and so does the environment ``minimal``: there is nothing of this folder to run then."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

import pytest

from ai_cms.chat.models import Member
from ai_cms.chat.services import create_room

collect_ignore_glob = [] if find_spec("channels") else ["test_*.py"]


@pytest.fixture(autouse=True)
def rested() -> Iterator[None]:
    """Leave no connection of the threads that read for sockets to the next test."""
    yield
    from ai_cms.chat.live.threads import rest_all

    rest_all()


@pytest.fixture
def room(ann: Any, bob: Any, model: Any, settings: Any) -> Any:
    """Return a room of two, whose messages nothing slows down."""
    settings.AI_CMS = {**settings.AI_CMS, "RATE_LIMITS": {"chat_messages": None}}
    room = create_room(actor=ann, title="Herbs")
    Member.objects.create(conversation=room, user=bob)
    return room
