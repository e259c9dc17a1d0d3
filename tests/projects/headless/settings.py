"""Pages by REST alone: no admin, no public HTML."""

from __future__ import annotations

from tests.projects.common import REST, TREE, project

SMOKE = {"/health-check/": 200, "/api/schema/": 200, "/api/content/": 200, "/": 404}

globals().update(
    project(
        "headless",
        "ai_cms.core",
        "ai_cms.blocks",
        "ai_cms.pages",
        *TREE,
        *REST,
        admin=False,
        ROOT_URLCONF="tests.projects.minimal.urls",
    )
)
