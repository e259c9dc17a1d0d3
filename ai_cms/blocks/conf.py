"""The settings of ``ai_cms.blocks``."""

from __future__ import annotations

from typing import Any

from ai_cms.core.conf import AppSettings, Setting, positive

from .html.embeds import DEFAULT_PROVIDERS, provider_problem, use_providers

__all__ = ["BlocksSettings", "blocks_settings"]


class BlocksSettings(AppSettings):
    """Settings of ``ai_cms.blocks``."""

    DOCUMENT_MAX_BYTES = Setting(1_000_000, int, "Size of one document as JSON, in bytes.", validate=positive)
    DOCUMENT_MAX_DEPTH = Setting(32, int, "How deep blocks may be nested in one document.", validate=positive)
    DOCUMENT_MAX_BLOCKS = Setting(2_000, int, "How many blocks one document may have.", validate=positive)
    RENDER_MAX_BLOCKS = Setting(
        200, int, "How many blocks an editor may have rendered by one request.", validate=positive
    )
    RAW_HTML = Setting(
        False,
        bool,
        "Whether blocks of raw HTML can be written, by those with the permission for it, and are shown at all.",
    )
    EMBED_PROVIDERS = Setting[dict[str, Any]](
        lambda: dict(DEFAULT_PROVIDERS),
        dict,
        "The sites that embed blocks may show in a frame, by name; see ai_cms.blocks.html.embeds.",
        validate=provider_problem,
    )


blocks_settings = BlocksSettings()
use_providers(lambda: blocks_settings.EMBED_PROVIDERS)
