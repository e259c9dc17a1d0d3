"""The front page."""

from __future__ import annotations

from .blocks import SamplePage, b, picture

PAGES = [
    SamplePage(
        key="home",
        title="Morrowfen Botanic Garden",
        slug="",
        parent="",
        description="Twelve hectares of glass, fern and meadow above the river Ister, open every day but one.",
        blocks=[
            b(
                "hero",
                b("button", label="Plan your visit", url="/visit/", style="primary"),
                b("button", label="What is on", url="/whats-on/", style="outline"),
                heading="Twelve hectares, four seasons, one gate",
                level=1,
                text="Glasshouses, a valley of ferns and a meadow that is older than the town. Come in; the kettle in the potting shed is on.",
                image=picture("hero"),
                image_alt="The domed glasshouse above the meadow in June",
            ),
            b(
                "opening_hours",
                title="Open this season",
                times=[
                    {"days": "Tuesday to Sunday", "hours": "9:00 to 19:00", "note": "Last entry at 18:00"},
                    {"days": "Mondays", "hours": "Closed", "note": "The plants need one day to themselves"},
                ],
            ),
            b("heading", text="Four places to get lost in", level=2),
            b(
                "cards",
                b(
                    "card",
                    title="The glasshouse",
                    text="Iron, glass and a hundred years of condensation. Palms below, orchids above.",
                    image_url=picture("glasshouse"),
                    image_alt="Large leaves under glass",
                    link_url="/garden/glasshouse/",
                    link_label="Under the dome",
                ),
                b(
                    "card",
                    title="Fern valley",
                    text="Sixty kinds of green on the north slope, and the coolest bench in July.",
                    image_url=picture("ferns"),
                    image_alt="Fern fronds in the shade",
                    link_url="/garden/fern-valley/",
                    link_label="Down the steps",
                ),
                b(
                    "card",
                    title="Alpine house",
                    text="Plants the size of a coin that sit out winters at three thousand metres.",
                    image_url=picture("alpine"),
                    image_alt="Small flowers between rocks",
                    link_url="/garden/alpine-house/",
                    link_label="Up the rocks",
                ),
                b(
                    "card",
                    title="The old meadow",
                    text="Never ploughed, cut once a year, and loud with grasshoppers until September.",
                    image_url=picture("meadow"),
                    image_alt="The hay meadow in flower",
                    link_url="/garden/meadow/",
                    link_label="Through the gate",
                ),
                columns=4,
            ),
            b(
                "section",
                b("page_list", under="/whats-on/", types=["garden.eventpage"], limit=3, order="tree", layout="cards"),
                title="What is on",
                background="muted",
            ),
            b(
                "quote",
                text="<p>A garden is an argument with the weather, and we have kept the minutes since 1887.</p>",
                attribution="Ada Lorrimer, head gardener",
            ),
            b(
                "call_to_action",
                title="Become a friend of the garden",
                text="Friends come in free, get seeds from our own beds each January, and are told first when the night-flowering cereus is about to open.",
                button_label="How it works",
                button_url="/about/",
                second_label="Read the journal",
                second_url="/journal/",
            ),
        ],
    )
]
