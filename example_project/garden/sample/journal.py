"""Notes from the potting shed."""

from __future__ import annotations

from .blocks import SamplePage, b, picture

RAIN = """\
from urllib.request import urlopen
import json

page = json.load(urlopen("http://127.0.0.1:8000/api/content/find/?path=/journal/rain/"))
print(page["title"])
"""

PAGES = [
    SamplePage(
        key="journal",
        title="Journal",
        slug="journal",
        in_menus=True,
        description="Notes from the potting shed, when it rains.",
        blocks=[b("page_list", under="/journal/", limit=12)],
    ),
    SamplePage(
        key="mow-late",
        title="Why we mow late",
        slug="why-we-mow-late",
        parent="journal",
        description="Because July belongs to the grasshoppers.",
        metadata={"image": picture("meadow"), "tags": ["meadow"], "categories": ["Field notes"]},
        blocks=[
            b("image", src=picture("meadow"), alt="A hay meadow in June"),
            b(
                "rich_text",
                html="<p>Every June somebody kind writes to say that the meadow looks untidy. It does. It is also feeding four hundred kinds of insect, and they have not finished.</p><p>Cut in May, and you get grass. Cut in late July, and the yellow rattle has dropped its seed, the rattle weakens the grass, and next year there is room for orchids. That is the whole secret; the rest is sharpening.</p>",
            ),
            b("heading", text="What happens when", level=2),
            b(
                "table",
                caption="The meadow's year",
                header_column=True,
                rows=[
                    ["Month", "The meadow", "The gardener"],
                    ["April", "Cowslips", "Repairs the gate"],
                    ["June", "Rattle, ox-eye daisies, clover", "Answers letters"],
                    ["July", "Seed", "Sharpens, then cuts"],
                    ["September", "Short and green", "Lets the sheep in"],
                ],
            ),
        ],
        suggested_title="The meadow after this year's count",
        suggested=[
            {
                "op": "update",
                "id": "mow-late-2",
                "props": {
                    "html": "<p>Every June somebody kind writes to say that the meadow looks untidy. It does. It is also feeding five hundred kinds of insect, and they have not finished.</p><p>Cut in May, and you get grass. Cut in late July, and the yellow rattle has dropped its seed, the rattle weakens the grass, and next year there is room for orchids: we counted sixty-one. That is the whole secret; the rest is sharpening.</p>"
                },
            },
            {
                "op": "insert",
                "block": {
                    "id": "mow-late-5",
                    "type": "quote",
                    "props": {
                        "text": "<p>I came to complain and left with a scythe.</p>",
                        "attribution": "A visitor in August",
                    },
                },
            },
        ],
    ),
    SamplePage(
        key="pressed-fern",
        title="A fern in a book",
        slug="a-fern-in-a-book",
        parent="journal",
        description="The oldest plant we own is flat.",
        metadata={"image": picture("herbarium"), "tags": ["ferns", "history"], "categories": ["History"]},
        blocks=[
            b(
                "image",
                src=picture("herbarium"),
                alt="A pressed fern on a herbarium sheet",
                caption="Sheet 14: male fern, taken from the brook, May 1887.",
            ),
            b(
                "rich_text",
                html="<p>Under the stairs of the office stand forty-one boxes of pressed plants. Sheet 14 is a male fern, picked in the week the garden opened. It has kept its green for longer than the gate has kept its paint.</p>",
            ),
            b("quote", text="<p>Found by the water. Looks as if it means to stay.</p>", attribution="Note on sheet 14"),
        ],
    ),
    SamplePage(
        key="rain",
        title="Our rain, as data",
        slug="rain",
        parent="journal",
        description="The garden's pages can be read by machines too.",
        metadata={"tags": ["weather"], "categories": ["Field notes"]},
        blocks=[
            b(
                "rich_text",
                html="<p>The gauge behind the sundial has been read at nine every morning since 1891. Whoever wants this site's words as data need not scrape them: every published page is one request away.</p>",
            ),
            b(
                "audio",
                src="/static/garden/audio/rain.ogg",
                caption="Rain on the east wing. Five seconds, on repeat since 1887.",
            ),
            b("code", code=RAIN, language="python"),
            b(
                "rich_text",
                html="<p>What comes back is the page's title, its path and its blocks, just as they were published.</p>",
            ),
        ],
    ),
]
