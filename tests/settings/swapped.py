"""The settings of the test suite with every swappable model swapped for one of ``tests.testapp``."""

from __future__ import annotations

from .base import *  # noqa: F403
from .base import INSTALLED_APPS

SWAPPED = {
    "AI_CMS_PAGE_MODEL": "testapp.HostPage",
    "AI_CMS_TEMPLATE_MODEL": "testapp.HostTemplate",
}
# The page types of tests.pages.kinds derive from the library's page.
INSTALLED_APPS = ["tests.testapp", *(app for app in INSTALLED_APPS if app != "tests.pages.kinds")]
globals().update(SWAPPED)
