"""Designs: the sheets they make, contrast of whatever validation lets pass, and templates a host overrides."""

from __future__ import annotations

import re
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.template import engines
from django.test import Client, override_settings
from hypothesis import given
from hypothesis import strategies as st

from ai_cms.blocks.rendering import render_blocks
from ai_cms.core.colours import contrast, mixed
from ai_cms.portfolio import get_portfolio_model
from ai_cms.portfolio.design.css import css_token, design_css
from ai_cms.portfolio.design.layouts import FONTS, Palette, layouts
from ai_cms.portfolio.design.shades import tint_of
from ai_cms.portfolio.design.tokens import Design, DesignTokens, contrast_problems, design_problems

NAMES = [name for name, _layout in layouts.items()]
COLOURS = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")
#: What the sheets of the designs write on what; tests/portfolio/test_designs_browser.py looks whether that is all.
WRITTEN = [(over, under) for under in ("background", "surface", "tint") for over in ("text", "muted", "primary")] + [
    ("on-primary", "primary")
]


def sheet(name: str) -> str:
    found = finders.find(f"ai_cms/portfolio/{name}")
    assert found, name
    return re.sub(r"/\*.*?\*/", "", Path(found).read_text("utf-8"), flags=re.DOTALL)


def colours(css: str) -> list[dict[str, str]]:
    """Return the colours of the light and of the dark part of a sheet of tokens."""
    parts = css.split("@media")
    assert len(parts) == 2
    return [dict(re.findall(r"--portfolio-([a-z-]+): (#[0-9a-f]{6});", part)) for part in parts]


@pytest.mark.parametrize("name", NAMES)
def test_every_layout_can_be_read_in_light_and_dark(name: str) -> None:
    assert design_problems({"layout": name}) == []
    for scheme in colours(design_css(Design.made(DesignTokens(layout=name)))):
        for over, under in WRITTEN:
            assert contrast(scheme[over], scheme[under]) >= 4.5, (name, over, under)


@given(st.lists(COLOURS, min_size=6, max_size=6))
def test_whatever_passes_validation_can_be_read_on_the_tint_too(six: list[str]) -> None:
    palette = Palette(*six)
    if contrast_problems(_design(palette)):
        return
    for tint in (tint_of(palette), tint_of(palette, six[0]), tint_of(palette, six[1])):
        assert_readable(palette, tint)


def assert_readable(palette: Palette, tint: str) -> None:
    for over in (palette.text, palette.muted, palette.primary):
        assert contrast(over, tint) >= 4.5


@given(
    st.sampled_from(NAMES),
    st.dictionaries(st.sampled_from(["background", "surface", "text", "muted", "primary", "on_primary"]), COLOURS),
    st.sampled_from(["colors", "dark"]),
)
def test_colours_of_ones_own_are_refused_or_can_be_read(name: str, own: dict[str, str], scheme: str) -> None:
    value = {"layout": name, scheme: own}
    problems = design_problems(value)
    found = colours(design_css(Design.of(value)))[scheme == "dark"]
    bad = {(over, under) for over, under in WRITTEN if contrast(found[over], found[under]) < 4.5}
    # The tint follows from the others, so that it is never the only thing wrong.
    assert bool(problems) == bool(bad)
    assert all(problem["type"] == "contrast" and problem["loc"][0] == scheme for problem in problems)


@given(COLOURS, COLOURS, st.floats(0, 1))
def test_a_mixture_lies_between_its_colours(first: str, second: str, share: float) -> None:
    result = mixed(first, second, share)
    for at in (1, 3, 5):
        low, high = sorted(int(colour[at : at + 2], 16) for colour in (first, second))
        assert low <= int(result[at : at + 2], 16) <= high
    assert mixed(first, second, 1) == first
    assert mixed(first, second, 0) == second


def test_a_wished_tint_is_taken_if_it_can_be_read_and_the_colours_are_the_layouts_own() -> None:
    own = colours(design_css(Design.of({"layout": "atelier"})))
    assert [scheme["tint"] for scheme in own] == ["#ffe1d2", "#452a2b"]
    other = colours(design_css(Design.of({"layout": "atelier", "colors": {"primary": "#1d4ed8"}})))
    assert other[0]["tint"] != "#ffe1d2"
    assert other[1]["tint"] == "#452a2b"
    assert tint_of(layouts["atelier"].colors, "#a0a0a0") == tint_of(layouts["atelier"].colors)


def _design(palette: Palette) -> Design:
    return Design(
        layout="plain", colors=palette, dark=palette, heading="system", body="system", radius=0, spacing="normal"
    )


@pytest.mark.parametrize("name", NAMES)
def test_the_sheets_of_a_design_fetch_nothing_from_elsewhere(name: str) -> None:
    css = sheet(f"designs/{name}/design.css")
    assert "url(" not in css
    assert "@import" not in css
    # Colours come from the tokens; what is drawn with others carries no words.
    named = set(re.findall(r"#[0-9a-fA-F]{3,8}\b", re.sub(r"--deco-\d: [^;]+;", "", css)))
    assert named == set()
    assert finders.find(f"ai_cms/portfolio/designs/{name}/preview.webp")


def test_the_shared_sheets_fetch_fonts_alone_and_all_are_there() -> None:
    for name in ("portfolio.css", "print.css"):
        assert "url(" not in sheet(name)
    named = re.findall(r'url\("([^"]+)"\)', sheet("fonts.css"))
    assert len(named) == 10
    assert all(finders.find(f"ai_cms/portfolio/{file}") for file in named)
    shipped = set(re.findall(r'font-family: "([^"]+)"', sheet("fonts.css")))
    assert shipped <= {family for _label, stack in FONTS.values() for family in re.findall(r"'([^']+)'", stack)}


def test_decoration_is_the_only_colour_behind_no_words() -> None:
    """The paints of a design are used for shapes: never as the colour of text, nor for a background that holds words."""
    for name in NAMES:
        for rule, body in re.findall(r"([^{}]+)\{([^{}]*)\}", sheet(f"designs/{name}/design.css")):
            assert not re.search(r"(?<![-\w])color:[^;]*--deco", body), rule


def test_a_sheet_of_tokens_is_served_for_ever(db: None, client: Client) -> None:
    address = f"/p/-/{css_token({'layout': 'folio', 'radius': 3, 'colors': {'primary': '#004488'}})}.css"
    answer = client.get(address)
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/css")
    assert "immutable" in answer["Cache-Control"]
    text = answer.content.decode()
    assert "--portfolio-primary: #004488;" in text
    assert "--portfolio-radius: 3px;" in text
    assert "'Newsreader'" in text
    assert client.get("/p/-/nonsense.css").status_code == 404


def drawn(layout: str, *blocks: dict[str, Any]) -> str:
    portfolio = get_portfolio_model()(title="Mara", slug="mara", path="/p/mara/", design={"layout": layout})
    return str(
        render_blocks([{"id": f"b{n}", "children": [], **block} for n, block in enumerate(blocks)], page=portfolio)
    )


def test_a_skill_chart_is_readable_as_text() -> None:
    items = [{"name": "Python", "category": "Language", "level": 4, "years": 6}]
    html = drawn("raster", {"type": "skill_chart", "props": {"items": items}})
    text = " ".join(re.sub(r"<[^>]+>", " ", html).split())
    assert text == "Languages Python Advanced, 6 years"
    # What is only to be seen says nothing.
    assert 'portfolio-skill__bar--4" aria-hidden="true"' in html


def test_contact_is_links_where_there_is_something_to_follow() -> None:
    props = {
        "title": "Say hello",
        "email": "ada@example.com",
        "phone": "+46 (8) 555-01",
        "place": "Malmö",
        "links": [{"label": "Code", "url": "https://example.org/ada"}],
    }
    html = drawn("folio", {"type": "contact", "props": props})
    assert 'href="mailto:ada@example.com"' in html
    assert 'href="tel:+4685550' in html
    assert re.search(r"<dd[^>]*>Malmö</dd>", html)
    assert ">https://example.org/ada</a>" in html


def test_contact_takes_no_script(caplog: pytest.LogCaptureFixture) -> None:
    for props in ({"email": 'x@y"onclick=1'}, {"links": [{"label": "x", "url": "javascript:alert(1)"}]}):
        assert drawn("folio", {"type": "contact", "props": {"text": "Hello", **props}}) == ""


def test_a_host_draws_a_block_anew_in_one_design(tmp_path: Path, settings: Any) -> None:
    folder = tmp_path / "ai_cms/portfolio/designs/console/blocks"
    folder.mkdir(parents=True)
    (folder / "project_grid.html").write_text("<p>{{ block.items.0.title }}, by the host</p>")
    block = {"type": "project_grid", "props": {"items": [{"title": "Tides"}]}}
    with override_settings(TEMPLATES=[{**settings.TEMPLATES[0], "DIRS": [str(tmp_path)]}]):
        assert drawn("console", block) == "<p>Tides, by the host</p>"
        assert "by the host" not in drawn("folio", block)
    assert "by the host" not in drawn("console", block)


def test_every_layout_has_its_page_and_its_styles() -> None:
    for name, layout in layouts.items():
        design = Design.made(DesignTokens(layout=name))
        engines["django"].get_template(design.template)
        assert finders.find(design.stylesheet), name
        assert layout.description
        assert asdict(design.colors).keys() == asdict(design.dark).keys()
