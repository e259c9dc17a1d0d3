"""Ollama, through its OpenAI-compatible address.

Its own client library would add one thing that matters, the size of the context for each call; Ollama takes that from
the model file or ``OLLAMA_CONTEXT_LENGTH`` as well, which is where an operator sets it once for everybody.
"""

from __future__ import annotations

from typing import ClassVar

from .openai_compatible import OpenAICompatibleBackend

__all__ = ["OllamaBackend"]


class OllamaBackend(OpenAICompatibleBackend):
    """Models that Ollama serves, by default on this machine. It ignores ``tool_choice`` and takes images as data
    only.
    """

    supports_images = True
    tool_choice = False
    default_base_url: ClassVar[str] = "http://localhost:11434/v1"
