"""Sites do without Channels, and so does the environment ``minimal``: there is nothing of this folder to run then."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec

import pytest

collect_ignore_glob = [] if find_spec("channels") else ["test_*.py"]


@pytest.fixture(autouse=True)
def rested() -> Iterator[None]:
    """Leave no connection of the threads that read for sockets to the next test."""
    yield
    from ai_cms.chat.live.threads import rest_all

    rest_all()
