"""The one way to call a model: metered, limited, logged."""

from __future__ import annotations

from ..messages import Restarted
from .calls import acall, aembed, agenerate_image, astream, call, embed, generate_image, reserve, stream
from .options import CallOptions, Carrier
from .results import CallResult, CallStream

__all__ = [
    "CallOptions",
    "CallResult",
    "CallStream",
    "Carrier",
    "Restarted",
    "acall",
    "aembed",
    "agenerate_image",
    "astream",
    "call",
    "embed",
    "generate_image",
    "reserve",
    "stream",
]
