"""The one way to call a model: metered, limited, logged."""

from __future__ import annotations

from .calls import (
    CallResult,
    CallStream,
    Restarted,
    acall,
    aembed,
    agenerate_image,
    astream,
    call,
    embed,
    generate_image,
    stream,
)

__all__ = [
    "CallResult",
    "CallStream",
    "Restarted",
    "acall",
    "aembed",
    "agenerate_image",
    "astream",
    "call",
    "embed",
    "generate_image",
    "stream",
]
