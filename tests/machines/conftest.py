"""Fixtures for the tests of machine readers."""

from __future__ import annotations

from tests.evidence.conftest import page_factory as page_factory
from tests.evidence.conftest import site as site
from tests.evidence.conftest import system as system
