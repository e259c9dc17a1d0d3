"""The blocks that come with ai_cms; importing this package registers them."""

from __future__ import annotations

# The order of registration is the order in editors, hence not the alphabet's.
# ruff: noqa: I001
from .prose import CodeBlock, HeadingBlock, ListBlock, QuoteBlock, RichTextBlock, TableBlock
from .media import AudioBlock, GalleryBlock, GalleryImage, ImageBlock, VideoBlock, VideoTrack
from .layout import (
    AccordionBlock,
    AccordionItemBlock,
    ButtonBlock,
    CallToActionBlock,
    CardBlock,
    CardsBlock,
    ColumnBlock,
    ColumnsBlock,
    DividerBlock,
    HeroBlock,
    SectionBlock,
    SectionItem,
)
from .embed import EmbedBlock, RawHtmlBlock
from .data import PageListBlock, PageListItem, PageListQuery, page_list_source

__all__ = [
    "AccordionBlock",
    "AccordionItemBlock",
    "AudioBlock",
    "ButtonBlock",
    "CallToActionBlock",
    "CardBlock",
    "CardsBlock",
    "CodeBlock",
    "ColumnBlock",
    "ColumnsBlock",
    "DividerBlock",
    "EmbedBlock",
    "GalleryBlock",
    "GalleryImage",
    "HeadingBlock",
    "HeroBlock",
    "ImageBlock",
    "ListBlock",
    "PageListBlock",
    "PageListItem",
    "PageListQuery",
    "QuoteBlock",
    "RawHtmlBlock",
    "RichTextBlock",
    "SectionBlock",
    "SectionItem",
    "TableBlock",
    "VideoBlock",
    "VideoTrack",
    "page_list_source",
]
