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

#: Stacks of fonts that machines have: nothing is fetched, nobody is told who reads.
FONTS: dict[str, tuple[str | Promise, str]] = {
    "system": (_("The reader's own"), "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', sans-serif"),
    "humanist": (_("Humanist"), "Seravek, 'Gill Sans Nova', Ubuntu, Calibri, 'DejaVu Sans', source-sans-pro, sans-serif"),
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
        colors=Palette("#ffffff", "#f3f4f6", "#16181d", "#565d6b", "#1d4ed8", "#ffffff"),
        dark=Palette("#14161b", "#1e2128", "#eceef2", "#a9b0be", "#8fb3ff", "#0d1526"),
    ),
)
