"""System checks of the MCP server.

====================  ================================================================
``ai_cms_mcp.W001``   agents of others may publish without a person
``ai_cms_mcp.W002``   the server is installed, and no address leads to it
====================  ================================================================
"""

from __future__ import annotations

from collections.abc import Sequence

from django.apps import AppConfig
from django.core import checks
from django.urls import NoReverseMatch, reverse

from ai_cms.core.conf import core_settings

__all__ = ["check_agents", "register"]


def register() -> None:
    """Register the checks; called once, by the app's configuration."""
    checks.register(check_agents, "ai_cms")


def check_agents(app_configs: Sequence[AppConfig] | None = None, **kwargs: object) -> list[checks.CheckMessage]:
    """Look at what agents of others may do, and whether they find the server."""
    found: list[checks.CheckMessage] = []
    if "publish" in core_settings.AGENT_SCOPES:
        found.append(
            checks.Warning(
                'AI_CMS["AGENT_SCOPES"] lets agents publish over REST without a person.',
                hint="Take publish out: agents then ask, and a person approves.",
                id="ai_cms_mcp.W001",
            )
        )
    try:
        reverse("ai_cms_mcp:server")
    except NoReverseMatch:
        found.append(
            checks.Warning(
                "ai_cms.mcp is installed, and no address leads to it.",
                hint='Add path("mcp/", include("ai_cms.mcp.urls")) before the addresses of the pages.',
                id="ai_cms_mcp.W002",
            )
        )
    return found
