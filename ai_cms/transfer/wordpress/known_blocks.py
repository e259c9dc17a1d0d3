"""The blocks that WordPress itself has, by how they are read."""

from __future__ import annotations

from ai_cms.blocks.html.markup import words

__all__ = ["AS_HTML", "DYNAMIC", "GROUPS", "NOTHING", "SPECIAL"]

# Shown by WordPress from its database, with nothing in the content.
DYNAMIC = words(
    "archives calendar categories comments latest-comments loginout navigation post-author post-comments-form "
    "post-content post-date post-excerpt post-featured-image post-navigation-link post-terms post-title query rss search "
    "site-logo site-tagline site-title tag-cloud template-part legacy-widget widget-group"
)
# Groups that show their content and nothing else.
GROUPS = frozenset(
    {"accordion-panel", "buttons", "column", "group", "layout", "list-item", "row", "social-links", "stack"}
)
# Their HTML says everything; block comments inside only repeat it.
AS_HTML = words(
    "audio code details file heading html list paragraph preformatted pullquote quote separator subhead table "
    "text-columns verse video"
)
NOTHING = frozenset({"more", "nextpage"})

#: Block → the method of the reader that reads it.
SPECIAL = {
    "accordion": "read_accordion",
    "accordion-item": "read_accordion_item",
    "footnotes": "read_footnotes",
    "math": "read_math",
    "block": "read_reusable",
    "button": "read_button",
    "columns": "read_columns",
    "cover": "read_cover",
    "embed": "read_embed",
    "file": "read_file",
    "freeform": "read_freeform",
    "gallery": "read_gallery",
    "image": "read_image",
    "latest-posts": "read_latest_posts",
    "media-text": "read_media_text",
    "missing": "read_missing",
    "page-list": "read_page_list",
    "shortcode": "read_freeform",
    "social-link": "read_social_link",
    "spacer": "read_spacer",
}
