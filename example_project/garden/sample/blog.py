"""The blog: what the gardeners write between two showers."""

from __future__ import annotations

from .blocks import SamplePage, b

__all__ = ["CATEGORIES", "PAGES"]

#: Name, description, and the name of the category above.
CATEGORIES = (
    ("Growing", "What we do with plants.", ""),
    ("Under glass", "What grows where the frost cannot come.", "Growing"),
    ("Behind the scenes", "Sheds, ledgers and kettles.", ""),
)


def post(
    key: str, title: str, text: str, *more: dict[str, object], categories: list[str], tags: list[str], **options: object
) -> SamplePage:
    """Return a post of the sample blog."""
    state = str(options.pop("state", "live"))
    return SamplePage(
        key=key,
        title=title,
        slug=key,
        parent="blog",
        type="post",
        state=state,
        fields={"categories": categories, "tags": tags, **options},
        blocks=[b("rich_text", html=text), *more],
    )


PAGES = [
    SamplePage(
        key="blog",
        title="Blog",
        slug="blog",
        type="blog",
        in_menus=True,
        description="What the gardeners write between two showers.",
        blocks=[],
    ),
    post(
        "sowing-fern-spores",
        "Sowing fern spores on a brick",
        "<p>A fern has no seeds. What falls from the underside of its leaves is finer than flour, and wants to be damp, "
        "covered and forgotten. We sow ours on a brick that stands in rain water, under a jam jar.</p>"
        "<p>After six weeks the brick turns green. After six months the green has leaves. That is all there is to it, "
        "except for the forgetting, which takes practice.</p>",
        categories=["Under glass"],
        tags=["ferns", "propagation"],
        series="Slow gardening",
        series_position=1,
        sticky=True,
    ),
    post(
        "what-frost-does",
        "What frost does, and what it does not",
        "<p>Frost does not kill by cold but by thirst: the water in the ground is ice, and the leaves go on asking. So the "
        "evergreens are watered on the last mild day, and nobody believes us.</p>",
        b("quote", text="<p>You are watering. In November.</p>", attribution="Every visitor, every year"),
        categories=["Growing"],
        tags=["weather", "winter"],
        series="Slow gardening",
        series_position=2,
    ),
    post(
        "the-kettle-ledger",
        "The kettle ledger",
        "<p>There is a book beside the kettle. Since 1931 whoever boils it has written down the date and what was talked "
        "about. It is the only complete record of the weather we have, and of two marriages.</p>",
        categories=["Behind the scenes"],
        tags=["history", "weather"],
    ),
    post(
        "labels-that-last",
        "Labels that last",
        "<p>Zinc, and a soft pencil. The rain takes ink in a year and paint in three; the pencil bites into the metal and "
        "is there after forty. The oldest label in the rock garden names a plant that died in 1952.</p>",
        categories=["Growing", "Behind the scenes"],
        tags=["propagation", "history"],
    ),
    post(
        "next-spring",
        "Next spring, perhaps",
        "<p>Notes for a post about the new alpine house: ask the glazier, count the pots, find the drawing.</p>",
        categories=["Under glass"],
        tags=["alpines"],
        state="draft",
    ),
]
