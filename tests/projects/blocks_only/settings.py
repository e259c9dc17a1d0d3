"""Blocks for a host's own models, without the CMS."""

from __future__ import annotations

from tests.projects.common import REST, project

SMOKE = {"/health-check/": 200, "/api/schema/": 200, "/api/blocks/": 401}

globals().update(
    project("blocks_only", "ai_cms.core", "ai_cms.blocks", *REST, ROOT_URLCONF="tests.projects.llm_only.urls")
)
