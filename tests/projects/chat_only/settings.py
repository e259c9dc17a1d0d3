"""Chat with language models, no pages."""

from __future__ import annotations

from tests.projects.common import REST, project

SMOKE = {
    "/health-check/": 200,
    "/api/schema/": 200,
    "/api/agents/": 401,
    "/api/conversations/": 401,
    "/api/rooms/": 401,
    "/api/messages/": 401,
    "/api/pages/": 404,
}

globals().update(
    project(
        "chat_only",
        "ai_cms.core",
        "ai_cms.llm",
        "ai_cms.chat",
        *REST,
        AI_CMS={"LLM": {"default": {"BACKEND": "ai_cms.llm.backends.local.LocalBackend"}}},
    )
)
