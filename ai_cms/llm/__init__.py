"""Models behind one metered gateway.

The names here are imported on first use, so that ``import ai_cms.llm`` costs nothing and needs no configured Django.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .backends.base import BaseLLMBackend as BaseLLMBackend
    from .exceptions import LLMError as LLMError
    from .handler import llms as llms
    from .messages import LLMRequest as LLMRequest
    from .messages import LLMResponse as LLMResponse
    from .messages import Message as Message
    from .tools.registry import ToolContext as ToolContext
    from .tools.registry import tool as tool

_HOMES = {
    "BaseLLMBackend": "backends.base",
    "LLMError": "exceptions",
    "LLMRequest": "messages",
    "LLMResponse": "messages",
    "Message": "messages",
    "ToolContext": "tools.registry",
    "llms": "handler",
    "tool": "tools.registry",
}

__all__ = list(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOMES[name]}", __name__), name)
