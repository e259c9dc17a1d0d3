"""Every app there is."""

from __future__ import annotations

from tests.projects.common import ASSET_STORAGES, REST, TREE, project

SMOKE = {
    "/health-check/": 200,
    "/api/schema/": 200,
    "/api/pages/": 401,
    "/api/assets/": 401,
    "/api/posts/": 401,
    "/api/categories/": 200,
    "/api/agents/": 401,
    "/api/rooms/": 401,
    "/assets/1/": 404,
    "/api/portfolios/": 401,
    "/api/public/portfolios/nobody/": 404,
    "/p/nobody/about/": 404,
    "/p/-/e30.css": 200,
    "/portfolio/": 302,
    "/admin/": 302,
    "/": 200,
}

globals().update(
    project(
        "all",
        "ai_cms.core",
        "ai_cms.blocks",
        "ai_cms.assets",
        "ai_cms.llm",
        "ai_cms.pages",
        "ai_cms.portfolio",
        "ai_cms.transfer",
        "ai_cms.assist",
        "ai_cms.posts",
        "ai_cms.retrieval",
        "ai_cms.chat",
        *TREE,
        *REST,
        STORAGES=ASSET_STORAGES,
        AI_CMS={"ASSET_SVG": "refuse"},
    )
)
