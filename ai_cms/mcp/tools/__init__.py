"""The library's tools, in the order in which clients list them. Those of apps that are not installed are not there."""

from __future__ import annotations

from importlib import import_module

from django.apps import apps

from ..registry import tools

__all__ = ["ORDER", "load"]

#: Whatever is imported first: a list that changes its order costs every client its cache of prompts.
ORDER = (
    *("find_content", "read_page", "describe_blocks", "apply_operations", "propose", "create_draft"),
    *("request_publish", "check_status", "list_assets", "register_upload", "run_writing_task"),
)


def load() -> None:
    """Register the tools of the apps that are installed."""
    for module in ("finding", "drafting", "publishing"):
        import_module(f"ai_cms.mcp.tools.{module}")
    for app, module in (("ai_cms.assets", "files"), ("ai_cms.assist", "writing")):
        if apps.is_installed(app):
            import_module(f"ai_cms.mcp.tools.{module}")
    tools.arrange(ORDER)
