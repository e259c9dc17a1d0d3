"""The tokens of a portfolio's design: validated, completed from its layout, and checked for contrast.

::

    {"layout": "plain", "colors": {"primary": "#0a5"}, "dark": {}, "fonts": {"heading": "serif"}, "radius": 4,
     "spacing": "airy"}
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Annotated, Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic import ValidationError as TokenError
from pydantic_core import PydanticCustomError

from ai_cms.core.colours import TEXT_CONTRAST, contrast
from ai_cms.core.jsontypes import JsonObject

from .layouts import DEFAULT_LAYOUT, FONTS, SPACINGS, Layout, Palette, layouts

__all__ = ["PAIRS", "Design", "DesignTokens", "contrast_problems", "design_problems", "validate_design"]

#: What is read on what.
PAIRS = (
    ("text", "background"),
    ("text", "surface"),
    ("muted", "background"),
    ("muted", "surface"),
    ("primary", "background"),
    ("primary", "surface"),
    ("on_primary", "primary"),
)


def _colour(value: str) -> str:
    value = value.lower()
    return "#" + "".join(digit * 2 for digit in value[1:]) if len(value) == 4 else value


def _one_of(kind: str, known: Any) -> AfterValidator:
    def check(value: str) -> str:
        if value not in dict(known.items()):
            names = ", ".join(name for name, _item in known.items())
            raise PydanticCustomError(
                "unknown",
                "There is no {kind} {value}. Choose one of: {names}.",
                {"kind": kind, "value": repr(value[:40]), "names": names},
            )
        return value

    return AfterValidator(check)


Colour = Annotated[str, Field(pattern=r"^#(?:[0-9A-Fa-f]{3}|[0-9A-Fa-f]{6})$"), AfterValidator(_colour)]
Font = Annotated[str, _one_of("font", FONTS)]


class _Tokens(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class PaletteTokens(_Tokens):
    """Colours that differ from the layout's, as ``#rgb`` or ``#rrggbb``."""

    background: Colour | None = None
    surface: Colour | None = None
    text: Colour | None = None
    muted: Colour | None = None
    primary: Colour | None = None
    on_primary: Colour | None = None

    def over(self, palette: Palette) -> Palette:
        """Return the palette of the layout with these colours in it."""
        return Palette(**{**asdict(palette), **self.model_dump(exclude_none=True)})


class FontTokens(_Tokens):
    """The names of font stacks."""

    heading: Font | None = None
    body: Font | None = None


class DesignTokens(_Tokens):
    """What a portfolio says of its design; what it leaves out is as the layout has it."""

    layout: Annotated[str, _one_of("layout", layouts)] = DEFAULT_LAYOUT
    colors: PaletteTokens = PaletteTokens()
    dark: PaletteTokens = PaletteTokens()
    fonts: FontTokens = FontTokens()
    radius: Annotated[int, Field(ge=0, le=32)] | None = None
    spacing: Annotated[str, _one_of("spacing", SPACINGS)] | None = None


@dataclass(frozen=True)
class Design:
    """A design with every token filled in."""

    layout: str
    colors: Palette
    dark: Palette
    heading: str
    body: str
    radius: int
    spacing: str

    @classmethod
    def of(cls, stored: object) -> Design:
        """Return the design that stored tokens make; those that are no longer good are as if they were not there."""
        try:
            tokens = DesignTokens.model_validate(stored or {})
        except TokenError:
            tokens = DesignTokens()
        return cls.made(tokens)

    @classmethod
    def made(cls, tokens: DesignTokens) -> Design:
        """Return the design that tokens make."""
        layout: Layout = layouts.get(tokens.layout) or layouts.get(DEFAULT_LAYOUT)  # type: ignore[assignment]
        return cls(
            layout=tokens.layout,
            colors=tokens.colors.over(layout.colors),
            dark=tokens.dark.over(layout.dark),
            heading=tokens.fonts.heading or layout.heading,
            body=tokens.fonts.body or layout.body,
            radius=layout.radius if tokens.radius is None else tokens.radius,
            spacing=tokens.spacing or layout.spacing,
        )

    @property
    def template(self) -> str:
        """The template of the page."""
        return f"ai_cms/portfolio/designs/{self.layout}/page.html"

    @property
    def stylesheet(self) -> str:
        """The static file with the styles of the layout."""
        return f"ai_cms/portfolio/designs/{self.layout}/design.css"


def contrast_problems(design: Design) -> list[JsonObject]:
    """Return the pairs of colours whose contrast is below WCAG AA, as ``{"loc", "type", "msg"}``."""
    found = []
    for key, scheme, palette in (("colors", _("Light"), design.colors), ("dark", _("Dark"), design.dark)):
        for over, under in PAIRS:
            first, second = getattr(palette, over), getattr(palette, under)
            ratio = contrast(first, second)
            if ratio >= TEXT_CONTRAST:
                continue
            message = _(
                "%(scheme)s: %(over)s (%(first)s) on %(under)s (%(second)s) has a contrast of %(ratio)s:1; "
                "WCAG AA asks for 4.5:1."
            ) % {
                "scheme": scheme,
                "over": over,
                "first": first,
                "under": under,
                "second": second,
                # Rounded down: 4.499 is not 4.5.
                "ratio": f"{int(ratio * 100) / 100:.2f}",
            }
            found.append({"loc": [key, over], "type": "contrast", "msg": message})
    return found


def design_problems(value: object) -> list[JsonObject]:
    """Return what is wrong with the tokens ``value``, contrast included, as ``{"loc", "type", "msg"}``."""
    if not isinstance(value, Mapping):
        return [{"loc": [], "type": "dict_type", "msg": _("A design is an object.")}]
    try:
        tokens = DesignTokens.model_validate(dict(value))
    except TokenError as error:
        return [
            {"loc": [str(step) for step in problem["loc"]], "type": problem["type"], "msg": problem["msg"]}
            for problem in error.errors(include_url=False, include_input=False, include_context=False)
        ]
    return contrast_problems(Design.made(tokens))


def validate_design(value: object) -> None:
    """Refuse a design that is not valid or cannot be read. Raises ValidationError with a sentence for each problem."""
    problems = design_problems(value)
    if problems:
        raise ValidationError(
            [": ".join(filter(None, [".".join(problem["loc"]), str(problem["msg"])])) for problem in problems]
        )
