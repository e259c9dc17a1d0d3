"""Tokens of a design: what is taken, what can be read, and the style sheet they make."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from ai_cms.core.colours import contrast
from ai_cms.portfolio.design.css import css_token, design_css, design_of_token
from ai_cms.portfolio.design.layouts import FONTS, SPACINGS, Layout, Palette, layouts
from ai_cms.portfolio.design.tokens import Design, contrast_problems, design_problems, validate_design

COLOURS = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")
PALETTES = st.fixed_dictionaries({}, optional=dict.fromkeys(("background", "text", "primary", "muted"), COLOURS))
DESIGNS = st.fixed_dictionaries(
    {},
    optional={
        "layout": st.just("plain"),
        "colors": PALETTES,
        "dark": PALETTES,
        "fonts": st.fixed_dictionaries({}, optional={"heading": st.sampled_from(sorted(FONTS))}),
        "radius": st.integers(0, 32),
        "spacing": st.sampled_from(sorted(SPACINGS)),
    },
)


def test_contrast_is_that_of_wcag() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.478, abs=0.001)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.542, abs=0.001)


@given(first=COLOURS, second=COLOURS)
def test_contrast_has_no_order_and_no_more_than_21(first: str, second: str) -> None:
    assert 1 <= contrast(first, second) == contrast(second, first) <= 21.0001


def test_every_layout_can_be_read_as_it_comes() -> None:
    for name, _layout in layouts.items():
        assert contrast_problems(Design.of({"layout": name})) == []


@given(stored=DESIGNS)
def test_the_address_of_a_style_sheet_holds_the_design(stored: dict[str, Any]) -> None:
    design = design_of_token(css_token(stored))
    assert design == Design.of(stored)
    assert design is not None and "--portfolio-primary: #" in design_css(design)


@given(stored=DESIGNS)
def test_what_is_taken_can_be_read_everywhere(stored: dict[str, Any]) -> None:
    try:
        validate_design(stored)
    except ValidationError:
        assert contrast_problems(Design.of(stored))
    else:
        design = Design.of(stored)
        for palette in (design.colors, design.dark):
            assert contrast(palette.text, palette.background) >= 4.5
            assert contrast(palette.on_primary, palette.primary) >= 4.5


@pytest.mark.parametrize(
    ("design", "loc"),
    [
        ([], []),
        ({"layout": "none"}, ["layout"]),
        ({"colors": {"primary": "red"}}, ["colors", "primary"]),
        ({"colors": {"primary": "#12345"}}, ["colors", "primary"]),
        ({"colors": {"primary": "#fff;}"}}, ["colors", "primary"]),
        ({"colors": {"glow": "#fff"}}, ["colors", "glow"]),
        ({"fonts": {"heading": "Comic"}}, ["fonts", "heading"]),
        ({"radius": 99}, ["radius"]),
        ({"radius": "4"}, ["radius"]),
        ({"spacing": "wide"}, ["spacing"]),
        ({"css": "*{}"}, ["css"]),
        ({"dark": {"text": "#333333"}}, ["dark", "text"]),
    ],
)
def test_what_is_no_design_is_told_with_its_place(design: Any, loc: list[str]) -> None:
    assert design_problems(design)[0]["loc"] == loc


def test_short_colours_are_written_long() -> None:
    assert Design.of({"colors": {"primary": "#A5B"}}).colors.primary == "#aa55bb"


def test_a_design_that_is_no_longer_good_is_that_of_the_plain_layout() -> None:
    assert Design.of({"layout": "gone"}) == Design.of({}) == Design.of(["x"])


def test_a_host_brings_a_layout() -> None:
    palette = Palette("#ffffff", "#ffffff", "#000000", "#333333", "#003366", "#ffffff")
    with layouts.temporarily("neon", Layout("Neon", palette, palette, heading="mono")):
        assert design_problems({"layout": "neon"}) == []
        assert Design.of({"layout": "neon"}).template == "ai_cms/portfolio/designs/neon/page.html"
    assert design_problems({"layout": "neon"})[0]["loc"] == ["layout"]


@pytest.mark.parametrize(
    "token", ["x", "!!!!", "eyJhIjoxfQ", "W10", "e" * 2000, "eyJjb2xvcnMiOnsicHJpbWFyeSI6InJlZCJ9fQ"]
)
def test_an_address_that_holds_no_design_is_not_found(token: str, client: Any, db: None) -> None:
    assert client.get(f"/p/-/{token}.css").status_code == 404


def test_a_style_sheet_is_kept_for_ever_and_asks_no_database(
    client: Any, db: None, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(0):
        answer = client.get(f"/p/-/{css_token({'radius': 3})}.css")
    assert answer["Content-Type"].startswith("text/css") and "immutable" in answer["Cache-Control"]
    assert b"--portfolio-radius: 3px" in answer.content
