"""The settings of the tests of ``ai_cms.accounts`` on PostgreSQL."""

from __future__ import annotations

from .accounts import *  # noqa: F403
from .postgres import DATABASES  # noqa: F401
