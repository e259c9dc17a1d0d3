"""Every swappable model swapped for one of ``tests.testapp``."""

from __future__ import annotations

from tests.projects.common import ASSET_STORAGES, REST, TREE, project
from tests.settings.swapped import SWAPPED

SMOKE = {
    "/health-check/": 200,
    "/api/schema/": 200,
    "/api/pages/": 401,
    "/api/posts/": 401,
    "/api/categories/": 200,
    "/api/portfolios/": 401,
    "/api/conversations/": 401,
    "/": 200,
}

globals().update(
    project(
        "swapped",
        "tests.testapp",
        "ai_cms.core",
        "ai_cms.blocks",
        "ai_cms.assets",
        "ai_cms.llm",
        "ai_cms.pages",
        "ai_cms.portfolio",
        "ai_cms.posts",
        "ai_cms.chat",
        *TREE,
        *REST,
        ROOT_URLCONF="tests.projects.all.urls",
        STORAGES=ASSET_STORAGES,
        AI_CMS={"ASSET_SVG": "refuse"},
        **SWAPPED,
    )
)
