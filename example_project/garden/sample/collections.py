"""The places in the garden."""

from __future__ import annotations

from .blocks import SamplePage, b, picture

PAGES = [
    SamplePage(
        key="garden",
        title="The garden",
        slug="garden",
        in_menus=True,
        description="Four collections, 6,140 kinds of plant, and a map that is nearly up to date.",
        blocks=[
            b(
                "rich_text",
                html="<p>The garden was laid out in 1887 by people who disagreed. The glasshouse faces the wrong way for heating and the right way for evening light; the valley was to be a lake. We have come to like all of it.</p>",
            ),
            b(
                "gallery",
                columns=2,
                images=[
                    {
                        "src": picture("glasshouse"),
                        "alt": "Large leaves under glass",
                        "caption": "The glasshouse, in any month",
                    },
                    {"src": picture("ferns"), "alt": "Fern fronds in the shade", "caption": "Fern valley after rain"},
                    {
                        "src": picture("alpine"),
                        "alt": "Small flowers between rocks",
                        "caption": "The alpine house in April",
                    },
                    {"src": picture("meadow"), "alt": "A hay meadow in flower", "caption": "The old meadow in June"},
                ],
            ),
            b("heading", text="Walk on", level=2),
            b("page_list", under="/garden/", limit=6, order="tree", layout="cards"),
        ],
    ),
    SamplePage(
        key="glasshouse",
        metadata={"image": picture("glasshouse")},
        title="The glasshouse",
        slug="glasshouse",
        parent="garden",
        in_menus=True,
        description="Nine hundred panes, one boiler, and plants that have never felt frost.",
        blocks=[
            b(
                "image",
                src=picture("glasshouse"),
                alt="Large leaves under glass",
                caption="The swiss-cheese plant came as a cutting in a hat box, in 1903.",
            ),
            b(
                "rich_text",
                html="<p>Under the dome it is 24 degrees and raining slightly, on purpose. The palms are as old as the building; the <em>bananas</em> are not, because they die after fruiting and have to be told so by no one.</p>",
            ),
            b("heading", text="Three rooms", level=2),
            b(
                "list",
                style="ul",
                items=[
                    "The dome: palms, climbers, and the swing that is for plants to be photographed on.",
                    "East wing: orchids and everything else that lives on air and attention.",
                    "West wing: cacti. Please believe the sign.",
                ],
            ),
            b(
                "quote",
                text="<p>You do not heat a glasshouse. You negotiate with it.</p>",
                attribution="Tom Okoro, boiler and orchids",
            ),
        ],
    ),
    SamplePage(
        key="fern-valley",
        metadata={"image": picture("ferns")},
        title="Fern valley",
        slug="fern-valley",
        parent="garden",
        in_menus=True,
        description="Sixty kinds of fern on a slope the sun forgets.",
        blocks=[
            b(
                "image",
                src=picture("ferns"),
                alt="Fern fronds in a shaded valley",
                caption="Lady fern, hart's tongue and a royal fern that was here first.",
            ),
            b(
                "rich_text",
                html="<p>The steps are slippery and the handrail is there to be held. At the bottom runs the brook that was meant to become a lake; thirty years of surveyors are buried in the minutes, none of them in the mud.</p>",
            ),
            b(
                "video",
                src="/static/garden/video/fern.webm",
                poster=picture("ferns"),
                caption="Six weeks of April in six seconds.",
                width=720,
                height=480,
            ),
            b(
                "columns",
                b(
                    "column",
                    b("heading", text="When to come", level=2),
                    b(
                        "rich_text",
                        html="<p>In April, when the croziers unroll, or on the hottest day of the year.</p>",
                    ),
                ),
                b(
                    "column",
                    b("heading", text="What to look for", level=2),
                    b("rich_text", html="<p>The undersides. Ferns write everything of importance there.</p>"),
                ),
            ),
        ],
    ),
    SamplePage(
        key="alpine-house",
        metadata={"image": picture("alpine")},
        title="Alpine house",
        slug="alpine-house",
        parent="garden",
        in_menus=True,
        description="Small plants with large opinions about drainage.",
        blocks=[
            b(
                "image",
                src=picture("alpine"),
                alt="Small flowers between rocks below snowy peaks",
                caption="Painted on the back wall by a gardener who missed the mountains.",
            ),
            b(
                "rich_text",
                html="<p>Everything here is kept <strong>cold, bright and hungry</strong>. The house is never heated; in winter we open the windows to let the warmth out.</p>",
            ),
        ],
    ),
    SamplePage(
        key="meadow",
        metadata={"image": picture("meadow")},
        title="The old meadow",
        slug="meadow",
        parent="garden",
        in_menus=True,
        description="Never ploughed: 112 kinds of flower on four hectares.",
        state="changed",
        draft_title="The old meadow, and why it is cut late",
        blocks=[
            b(
                "image",
                src=picture("meadow"),
                alt="A hay meadow in June",
                caption="The second week of June, as every year, give or take a week.",
            ),
            b(
                "rich_text",
                html="<p>A meadow is a hayfield that nobody has improved. Ours is cut once, in the last days of July, with scythes, because the scythe is slow enough for a leveret to leave.</p>",
            ),
            b("page_list", title="From the journal", tags=["meadow"], under="/journal/", limit=2),
        ],
    ),
]
