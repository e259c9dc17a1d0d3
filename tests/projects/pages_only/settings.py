"""Pages, no language models."""

from __future__ import annotations

from tests.projects.common import REST, TREE, project

SMOKE = {"/health-check/": 200, "/api/schema/": 200, "/api/pages/": 401, "/": 200}

globals().update(
    project(
        "pages_only",
        "ai_cms.core",
        "ai_cms.blocks",
        "ai_cms.pages",
        *TREE,
        *REST,
        ROOT_URLCONF="tests.projects.all.urls",
    )
)
