"""The errors of the MCP server.

::

    McpError
    ├── ProtocolError          a message that is no right call; becomes a JSON-RPC error
    ├── BadArguments (400)     arguments that do not fit a tool's schema; told to the model
    └── InputNeeded            no error: the client is offered to ask its person, who decides on a page of ours
"""

from __future__ import annotations

from typing import Any

from ai_cms.core.exceptions import AICMSError, InvalidInput

__all__ = ["BadArguments", "InputNeeded", "McpError", "ProtocolError"]


class McpError(AICMSError):
    """Base of the errors of the MCP server."""


class ProtocolError(McpError):
    """What is answered as a JSON-RPC error. ``status``: of the HTTP answer, 200 where a revision wants the error in it."""

    def __init__(self, code: int, message: str, *, status: int = 400, data: Any = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
        self.data = data


class BadArguments(McpError, InvalidInput):
    """The arguments of a tool do not fit its schema."""

    default_code = "invalid_arguments"


class InputNeeded(McpError):
    """Carry what a result of the type ``input_required`` says; ``text`` is for clients that cannot ask."""

    def __init__(self, text: str, *, message: str, url: str, state: str) -> None:
        super().__init__(text)
        self.text = text
        self.message = message
        self.url = url
        self.state = state
