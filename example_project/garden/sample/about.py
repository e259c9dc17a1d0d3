"""Who we are."""

from __future__ import annotations

from .blocks import SamplePage, b, picture

PAGES = [
    SamplePage(
        key="about",
        title="About",
        slug="about",
        in_menus=True,
        description="A hundred and forty years of disagreeing about hedges.",
        blocks=[
            b("image", src=picture("herbarium"), alt="A pressed fern on a herbarium sheet"),
            b(
                "rich_text",
                html="<p>Morrowfen belongs to a trust of eleven people, nine of whom can prune. It is kept by six gardeners, two apprentices and a cat who is listed under <em>pest control</em>.</p>",
            ),
            b("heading", text="Friends of the garden", level=2),
            b(
                "rich_text",
                html="<p>Friends pay 48 crowns a year, come in free and get the seed list in January. Half of the money goes into glass, the other half into putty.</p>",
            ),
            b(
                "card",
                title="Write to us",
                text="Letters are answered on rainy days, so usually within the week.",
                image_url=picture("seeds"),
                image_alt="Four packets of seed",
                link_url="mailto:gate@morrowfen.example",
                link_label="gate@morrowfen.example",
            ),
        ],
    ),
]
