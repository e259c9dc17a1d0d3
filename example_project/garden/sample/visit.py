"""How to get here, and what it costs."""

from __future__ import annotations

from .blocks import SamplePage, b

PAGES = [
    SamplePage(
        key="visit",
        title="Visit",
        slug="visit",
        in_menus=True,
        description="Opening hours, prices and answers to what people ask at the gate.",
        blocks=[
            b(
                "rich_text",
                html="<p>Most people need two hours, a few have needed forty years. Paths are gravel or board; the whole garden but the alpine scree can be reached without a step.</p>",
            ),
            b(
                "opening_hours",
                title="Opening hours",
                times=[
                    {"days": "March to October", "hours": "9:00 to 19:00", "note": "Last entry at 18:00"},
                    {"days": "November to February", "hours": "10:00 to 16:00", "note": "Glasshouse until 15:30"},
                    {"days": "Mondays", "hours": "Closed"},
                ],
            ),
            b("heading", text="Prices", level=2),
            b(
                "table",
                caption="Prices in crowns",
                align=["left", "right", "right"],
                rows=[
                    ["Ticket", "Day", "Year"],
                    ["Grown-up", "9", "36"],
                    ["Under 18, student, gardener by trade", "free", "free"],
                    ["Two grown-ups with any number of children", "16", "60"],
                    ["Friends of the garden", "free", "48"],
                ],
            ),
            b("button", label="Getting here", url="/visit/getting-here/", style="primary"),
            b("heading", text="Asked at the gate", level=2),
            b(
                "accordion",
                b(
                    "accordion_item",
                    b(
                        "rich_text",
                        html="<p>Yes, on a short lead, but not into the glasshouse or the meadow: one is full of frogs, the other of larks.</p>",
                    ),
                    title="May I bring a dog?",
                    open=True,
                ),
                b(
                    "accordion_item",
                    b("rich_text", html="<p>On the lower lawn, all day. Wasps attend from August.</p>"),
                    title="Can I picnic?",
                ),
                b(
                    "accordion_item",
                    b(
                        "rich_text",
                        html="<p>What is left over stands on the table by the potting shed, with a tin for the money.</p>",
                    ),
                    title="Do you sell plants?",
                ),
                b(
                    "accordion_item",
                    b(
                        "rich_text",
                        html="<p>There is a kettle, a cake most days, and a person who will ask which apple you like best.</p>",
                    ),
                    title="Is there a café?",
                ),
            ),
        ],
    ),
    SamplePage(
        key="getting-here",
        title="Getting here",
        slug="getting-here",
        parent="visit",
        description="By train, by bicycle and, if it must be, by car.",
        blocks=[
            b(
                "columns",
                b(
                    "column",
                    b("heading", text="By train", level=2),
                    b(
                        "rich_text",
                        html="<p>Morrowfen Halt is twelve minutes on foot. Leave by the side of the signal box and follow the lime trees; they were planted to be followed.</p>",
                    ),
                ),
                b(
                    "column",
                    b("heading", text="By bicycle", level=2),
                    b(
                        "rich_text",
                        html="<p>The towpath is flat all the way from Ister Bridge. There are forty stands by the gate and a pump that works.</p>",
                    ),
                ),
                b(
                    "column",
                    b("heading", text="By car", level=2),
                    b(
                        "rich_text",
                        html="<p>There are nineteen spaces, four of them wide. They are full by ten on a fine Sunday.</p>",
                    ),
                ),
            ),
            b(
                "embed",
                url="https://www.openstreetmap.org/",
                title="A map of the wider world",
                caption="Ours is drawn by hand and given out at the gate.",
            ),
            b("divider"),
            b(
                "list",
                style="ol",
                items=[
                    "Through the iron gate, past the porter's quince.",
                    "Left at the sundial, which is right from April to September.",
                    "You have arrived where somebody will offer you a map.",
                ],
            ),
        ],
    ),
]
