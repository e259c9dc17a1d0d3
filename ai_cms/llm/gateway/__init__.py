"""The one way to call a model: metered, limited, logged."""

from __future__ import annotations

from .calls import acall, aembed, agenerate_image, astream, call, embed, generate_image, stream
from .metering import Restarted
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
    "stream",
]
