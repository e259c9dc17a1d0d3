"""What all tests of the gateway start from."""

from __future__ import annotations

import pytest

from ai_cms.llm.tokens import calibration


@pytest.fixture(autouse=True)
def uncalibrated() -> None:
    """Estimate as if no model had been called before."""
    calibration.clear()
