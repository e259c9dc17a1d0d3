"""Google Gemini, through its OpenAI-compatible address.

Google's own library brings nothing that is used here, and 40 MB. Cached tokens are part of the prompt's count, as
everywhere in ai_cms.
"""

from __future__ import annotations

from typing import ClassVar

from .openai_compatible import OpenAICompatibleBackend

__all__ = ["GeminiBackend"]


class GeminiBackend(OpenAICompatibleBackend):
    """Google's models; ``api_key`` from Google AI Studio."""

    supports_images = True
    needs_key = True
    default_base_url: ClassVar[str] = "https://generativelanguage.googleapis.com/v1beta/openai"
