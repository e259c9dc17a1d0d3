"""The settings of ``ai_cms.mcp``."""

from __future__ import annotations

from collections.abc import Iterable

from ai_cms.core.conf import AppSettings, Setting, positive

__all__ = ["McpSettings", "mcp_settings"]


def _origins(value: Iterable[object]) -> str | None:
    fine = all(isinstance(item, str) and "://" in item and not item.endswith("/") for item in value)
    return None if fine else "must hold origins such as 'https://tool.example', without a slash at the end"


class McpSettings(AppSettings):
    """Settings of ``ai_cms.mcp``."""

    MCP_ALLOWED_ORIGINS = Setting[list[str]](
        list,
        (list, tuple),
        "Origins of web pages that may call the MCP server, beside its own and `CSRF_TRUSTED_ORIGINS`; programs send none.",
        validate=_origins,
    )
    MCP_NAME = Setting("", str, "What the MCP server calls itself; default: the name of the site's API, `API_TITLE`.")
    MCP_INSTRUCTIONS = Setting(
        "",
        str,
        "What the MCP server tells every model first, after its own few sentences, such as the site's tone of voice.",
    )
    MCP_UPLOAD_SECONDS = Setting(
        900,
        int,
        "Seconds that the address of an upload, which `register_upload` answers with, is good for.",
        validate=positive,
    )
    MCP_RESOURCE_METADATA_URL = Setting(
        "",
        str,
        "Address of the OAuth metadata of the MCP server (RFC 9728), named to clients without a token; empty without OAuth.",
    )


mcp_settings = McpSettings()
