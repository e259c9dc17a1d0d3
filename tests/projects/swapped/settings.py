"""Every swappable model swapped for one of ``tests.testapp``."""

from __future__ import annotations

from tests.projects.common import REST, TREE, project
from tests.settings.swapped import SWAPPED

SMOKE = {"/health-check/": 200, "/api/schema/": 200, "/api/pages/": 401, "/": 200}

globals().update(
    project(
        "swapped",
        "tests.testapp",
        "ai_cms.core",
        "ai_cms.blocks",
        "ai_cms.llm",
        "ai_cms.pages",
        *TREE,
        *REST,
        ROOT_URLCONF="tests.projects.all.urls",
        **SWAPPED,
    )
)
