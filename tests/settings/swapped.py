"""The settings of the test suite with every swappable model swapped for one of ``tests.testapp``."""

from __future__ import annotations

from .base import *  # noqa: F403
from .base import INSTALLED_APPS

SWAPPED = {
    "AI_CMS_PAGE_MODEL": "testapp.HostPage",
    "AI_CMS_TEMPLATE_MODEL": "testapp.HostTemplate",
    "AI_CMS_FOLDER_MODEL": "testapp.HostFolder",
    "AI_CMS_ASSET_MODEL": "testapp.HostAsset",
    "AI_CMS_IMAGE_ASSET_MODEL": "testapp.HostImage",
    "AI_CMS_FILE_ASSET_MODEL": "testapp.HostFile",
    "AI_CMS_PORTFOLIO_MODEL": "testapp.HostPortfolio",
    "AI_CMS_PORTFOLIO_INDEX_MODEL": "testapp.HostPortfolioIndex",
    "AI_CMS_PROJECT_MODEL": "testapp.HostProject",
    "AI_CMS_SKILL_MODEL": "testapp.HostSkill",
    "AI_CMS_RESUME_MODEL": "testapp.HostResume",
    "AI_CMS_POST_MODEL": "testapp.HostPost",
    "AI_CMS_BLOG_MODEL": "testapp.HostBlog",
    "AI_CMS_CATEGORY_MODEL": "testapp.HostCategory",
    "AI_CMS_TAG_MODEL": "testapp.HostTag",
    "AI_CMS_AGENT_MODEL": "testapp.HostAgent",
    "AI_CMS_CONVERSATION_MODEL": "testapp.HostConversation",
}
# The page types of tests.pages.kinds derive from the library's page.
INSTALLED_APPS = ["tests.testapp", *(app for app in INSTALLED_APPS if app != "tests.pages.kinds")]
globals().update(SWAPPED)
