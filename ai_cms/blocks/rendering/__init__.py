"""Blocks to HTML: one document, or a batch of blocks for an editor."""

from __future__ import annotations

from .batch import render_batch
from .render import Mode, RenderContext, Renderer, render_blocks, template_names

__all__ = ["Mode", "RenderContext", "Renderer", "render_batch", "render_blocks", "template_names"]
