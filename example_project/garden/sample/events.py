"""What is on. The dates are counted from today, so that the demo always has something to look forward to."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone

from .blocks import SamplePage, b, picture


def _at(days: int, hour: int, minute: int = 0) -> datetime:
    """Return the moment ``days`` from the next Saturday on, at that time of day."""
    today = timezone.localtime().replace(hour=hour, minute=minute, second=0, microsecond=0)
    return today + timedelta(days=(5 - today.weekday()) % 7 + 7 + days)


def pages() -> list[SamplePage]:
    """Return the list of events and the events below it."""
    return [
        SamplePage(
            key="whats-on",
            title="What is on",
            slug="whats-on",
            in_menus=True,
            description="Walks, swaps and one very late night.",
            blocks=[
                b(
                    "rich_text",
                    html="<p>Everything begins at the sundial unless it says otherwise, and happens in any weather that does not have a name.</p>",
                ),
                b("page_list", under="/whats-on/", types=["garden.eventpage"], limit=12, order="tree", layout="cards"),
            ],
        ),
        SamplePage(
            key="moth-night",
            title="Moth night",
            slug="moth-night",
            parent="whats-on",
            type="event",
            description="A white sheet, a lamp, and whoever comes.",
            fields={
                "starts_at": _at(0, 21, 30),
                "ends_at": _at(1, 0),
                "place": "Meadow gate",
                "price": "Free, bring a torch",
            },
            metadata={"tags": ["night", "meadow"], "image": picture("moths")},
            blocks=[
                b(
                    "image",
                    src=picture("moths"),
                    alt="Moths over the garden by night",
                    caption="Elephant hawk-moth, garden tiger, and one we are still arguing about.",
                ),
                b(
                    "rich_text",
                    html="<p>We hang a sheet between two apple trees, light it, and wait. Last year sixty-one kinds came, and a hedgehog. Children may stay up; parents may sit down.</p>",
                ),
            ],
        ),
        SamplePage(
            key="seed-swap",
            title="Seed swap",
            slug="seed-swap",
            parent="whats-on",
            type="event",
            description="Bring a packet, take a packet.",
            fields={
                "starts_at": _at(14, 10),
                "ends_at": _at(14, 13),
                "place": "Potting shed",
                "price": "One packet of seed",
            },
            metadata={"tags": ["seeds"], "image": picture("seeds")},
            blocks=[
                b(
                    "image",
                    src=picture("seeds"),
                    alt="Four packets of seed",
                    caption="The label matters more than the packet.",
                ),
                b(
                    "rich_text",
                    html="<p>Anything goes that you have saved yourself and can name. Write the year on it. If you have nothing yet, come anyway and start with beans; everybody has too many beans.</p>",
                ),
            ],
        ),
        SamplePage(
            key="meadow-walk",
            title="Meadow walk with scythes",
            slug="meadow-walk",
            parent="whats-on",
            type="event",
            description="How a field is cut without a motor, and lunch.",
            fields={
                "starts_at": _at(28, 7),
                "ends_at": _at(28, 12),
                "place": "Old meadow",
                "price": "12 crowns with lunch",
            },
            metadata={"tags": ["meadow"], "image": picture("meadow")},
            blocks=[
                b(
                    "rich_text",
                    html="<p>Seven in the morning is not a joke: wet grass cuts better. We have scythes for twelve and patience for as many more.</p>",
                ),
                b("image", src=picture("meadow"), alt="A hay meadow in June"),
            ],
        ),
        SamplePage(
            key="winter-lights",
            title="Winter lights",
            slug="winter-lights",
            parent="whats-on",
            type="event",
            state="scheduled",
            description="Two hundred lanterns and hot apple juice.",
            fields={"starts_at": _at(84, 17), "place": "Everywhere", "price": "5 crowns"},
            blocks=[b("rich_text", html="<p>Details follow when the lanterns have been counted.</p>")],
        ),
    ]
