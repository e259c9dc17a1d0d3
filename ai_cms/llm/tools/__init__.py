"""What a model may do: tools of the installed apps, and the loop that lets a model call them."""

from __future__ import annotations

from .loop import MAX_CALLS, MAX_ROUNDS, ToolRun, run_tools
from .registry import (
    Risk,
    Tool,
    ToolContext,
    ToolResult,
    approval_key,
    available_tools,
    execute_tool,
    tool,
    tools,
)

__all__ = [
    "MAX_CALLS",
    "MAX_ROUNDS",
    "Risk",
    "Tool",
    "ToolContext",
    "ToolResult",
    "ToolRun",
    "approval_key",
    "available_tools",
    "execute_tool",
    "run_tools",
    "tool",
    "tools",
]
