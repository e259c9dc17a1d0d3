"""The layouts a portfolio can have, each a folder of templates and styles, with tokens of its own.

A layout ``name`` has its page in ``templates/ai_cms/portfolio/designs/<name>/page.html``, its styles in
``static/ai_cms/portfolio/designs/<name>/design.css``. A host registers another one in its ``ready()``::

    layouts.register("neon", Layout(label=_("Neon"), colors=Palette(...), dark=Palette(...)))
"""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ai_cms.core.registry import Registry

__all__ = ["DEFAULT_LAYOUT", "FONTS", "SPACINGS", "Layout", "Palette", "layouts"]

#: Stacks of fonts. Four come with the app (``fonts.css``), the others are what machines have: nothing is fetched from elsewhere,
#: nobody is told who reads. Scripts that the four lack are set in what follows them.
FONTS: dict[str, tuple[str | Promise, str]] = {
    "newsreader": ("Newsreader", "'Newsreader', 'Iowan Old Style', 'Palatino Linotype', Palatino, Georgia, serif"),
    "inter": ("Inter", "'Inter', 'Helvetica Neue', Helvetica, 'Segoe UI', Roboto, Arial, sans-serif"),
    "bricolage": ("Bricolage Grotesque", "'Bricolage Grotesque', 'Gill Sans Nova', 'Segoe UI', system-ui, sans-serif"),
    "jetbrains-mono": ("JetBrains Mono", "'JetBrains Mono', ui-monospace, 'Cascadia Code', Menlo, monospace"),
    "system": (_("The reader's own"), "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif"),
    "humanist": (
        _("Humanist"),
        "Seravek, 'Gill Sans Nova', Ubuntu, Calibri, 'DejaVu Sans', source-sans-pro, sans-serif",
    ),
    "geometric": (_("Geometric"), "Avenir, Montserrat, Corbel, 'URW Gothic', source-sans-pro, sans-serif"),
    "grotesque": (_("Grotesque"), "'Helvetica Neue', Helvetica, Arimo, 'Liberation Sans', Arial, sans-serif"),
    "serif": (_("Serif"), "Charter, 'Bitstream Charter', 'Sitka Text', Cambria, 'Liberation Serif', Georgia, serif"),
    "old-style": (_("Old style"), "'Iowan Old Style', 'Palatino Linotype', 'URW Palladio L', P052, Palatino, serif"),
    "slab": (_("Slab"), "Rockwell, 'Rockwell Nova', 'Roboto Slab', 'DejaVu Serif', 'Sitka Small', serif"),
    "mono": (_("Typewriter"), "ui-monospace, 'Cascadia Code', 'Source Code Pro', Menlo, 'DejaVu Sans Mono', monospace"),
}
#: What the spaces of a layout are multiplied with.
SPACINGS = {"compact": "0.75", "normal": "1", "airy": "1.4"}
DEFAULT_LAYOUT = "plain"


@dataclass(frozen=True)
class Palette:
    """The colours of one scheme, as ``#rrggbb``. ``on_primary``: of text on the primary colour."""

    background: str
    surface: str
    text: str
    muted: str
    primary: str
    on_primary: str


@dataclass(frozen=True)
class Layout:
    """A layout and the tokens it has unless a portfolio says otherwise."""

    label: str | Promise
    colors: Palette
    dark: Palette
    description: str | Promise = ""
    #: What panels are tinted with in light and dark, as long as its own background and primary colour stay; else it is mixed.
    tints: tuple[str, str] = ("", "")
    #: A static file that shows it small, for who chooses; a sketch is drawn of the colours where there is none.
    preview: str = ""
    heading: str = "system"
    body: str = "system"
    radius: int = 8
    spacing: str = "normal"


layouts: Registry[Layout] = Registry("portfolio layout")

layouts.register(
    DEFAULT_LAYOUT,
    Layout(
        label=_("Plain"),
        description=_("One column, quiet colours, nothing in the way."),
        preview="ai_cms/portfolio/designs/plain/preview.webp",
        colors=Palette("#ffffff", "#f3f4f6", "#16181d", "#565d6b", "#1d4ed8", "#ffffff"),
        dark=Palette("#14161b", "#1e2128", "#eceef2", "#a9b0be", "#8fb3ff", "#0d1526"),
    ),
)

layouts.register(
    "folio",
    Layout(
        label=_("Folio"),
        description=_("A magazine: one serif, a masthead, projects as features that change sides."),
        colors=Palette("#fdfdfb", "#f1f2ee", "#17191c", "#5a5f63", "#1d5a45", "#ffffff"),
        dark=Palette("#15171a", "#1e2125", "#eceae4", "#a9aca8", "#93ccb2", "#0d1f18"),
        preview="ai_cms/portfolio/designs/folio/preview.webp",
        heading="newsreader",
        body="newsreader",
        radius=0,
    ),
)
layouts.register(
    "raster",
    Layout(
        label=_("Raster"),
        description=_("Swiss: twelve columns, large type, black and white with one signal colour."),
        colors=Palette("#ffffff", "#f2f2f2", "#0b0b0c", "#5c5c60", "#c8102e", "#ffffff"),
        dark=Palette("#0f0f10", "#1a1a1c", "#f4f4f4", "#a6a6ab", "#ff6b5e", "#1d0503"),
        preview="ai_cms/portfolio/designs/raster/preview.webp",
        heading="inter",
        body="inter",
        radius=0,
    ),
)
layouts.register(
    "console",
    Layout(
        label=_("Console"),
        description=_("For developers, drawn for the dark: a side bar, windows, a history with nodes."),
        colors=Palette("#f5f7f8", "#ffffff", "#16202a", "#526070", "#0a6b54", "#ffffff"),
        dark=Palette("#0c1014", "#141a21", "#dde5ec", "#93a3b3", "#5ce0b0", "#04231a"),
        preview="ai_cms/portfolio/designs/console/preview.webp",
        heading="jetbrains-mono",
        body="inter",
        radius=8,
    ),
)
layouts.register(
    "atelier",
    Layout(
        label=_("Atelier"),
        description=_("A studio: round panels, a drawn landscape, staggered pictures, warm colours."),
        colors=Palette("#fff8f3", "#ffffff", "#33202a", "#70575f", "#b23a1e", "#ffffff"),
        dark=Palette("#211a22", "#2e2530", "#f7ebe4", "#c3adaf", "#ffa98a", "#3a1206"),
        tints=("#ffe1d2", "#452a2b"),
        preview="ai_cms/portfolio/designs/atelier/preview.webp",
        heading="bricolage",
        body="bricolage",
        radius=24,
    ),
)
