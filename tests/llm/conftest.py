"""What all tests of the gateway start from."""

from __future__ import annotations

import pytest

from ai_cms.llm import seats


@pytest.fixture(autouse=True)
def all_seats_free() -> None:
    """Start with no thread waiting: a live server of an earlier test may still hold an event stream open."""
    seats._taken = 0
