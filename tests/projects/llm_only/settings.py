"""Language models, no pages."""

from __future__ import annotations

from tests.projects.common import REST, project

SMOKE = {"/health-check/": 200, "/api/schema/": 200, "/api/pages/": 404}

globals().update(
    project(
        "llm_only",
        "ai_cms.core",
        "ai_cms.llm",
        *REST,
        AI_CMS={"LLM": {"default": {"BACKEND": "ai_cms.llm.backends.local.LocalBackend"}}},
    )
)
