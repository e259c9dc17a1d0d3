"""What a block is told of the place where it is rendered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from django.http import HttpRequest

__all__ = ["Mode", "RenderContext"]

Mode = Literal["public", "preview", "edit"]


@dataclass(frozen=True)
class RenderContext:
    """What a block may want to know where it is rendered; see :meth:`Block.get_context`."""

    block_id: str = ""
    mode: Mode = "public"
    request: HttpRequest | None = None
    page: Any = None
    values: Mapping[str, Any] = field(default_factory=dict)
