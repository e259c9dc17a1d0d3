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
    "/api/acts/": 401,
    "/api/evidence/authorship/": 401,
    "/api/rooms/": 401,
    "/assets/1/": 404,
    "/api/portfolios/": 401,
    "/api/public/portfolios/nobody/": 404,
    "/p/nobody/about/": 404,
    "/p/-/e30.css": 200,
    "/portfolio/": 302,
    "/studio/": 302,
    # There is no site yet.
    "/llms.txt": 404,
    "/robots.txt": 200,
    "/nowhere.md": 404,
    "/mcp/": 405,
    "/mcp/approvals/": 302,
    "/admin/": 302,
    "/": 200,
}
#: As a superuser sees it.
SMOKE_INSIDE = {
    "/studio/": 200,
    "/studio/pages/": 200,
    "/studio/media/": 200,
    "/studio/posts/": 200,
    "/studio/portfolios/": 200,
    "/studio/find/?q=a": 200,
    "/studio/people/": 200,
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
        "ai_cms.evidence",
        "ai_cms.machines",
        "ai_cms.chat",
        "ai_cms.studio",
        "ai_cms.mcp",
        *TREE,
        *REST,
        STORAGES=ASSET_STORAGES,
        AI_CMS={"ASSET_SVG": "refuse"},
    )
)
