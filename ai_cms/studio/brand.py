"""A host's name, logo and colour on the studio. The colour comes as a style sheet: a strict policy allows nothing inline."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from django.http import HttpRequest
from django.templatetags.static import static
from django.utils.translation import gettext as _

from ai_cms.core.colours import TEXT_CONTRAST, contrast, mixed
from ai_cms.pages.current_site import site_of

from .conf import studio_settings
from .links import link

__all__ = ["DARK", "LIGHT", "Brand", "brand_of", "brand_sheet", "shade_for"]

#: The grounds that links and marks of the colour stand on, the least favourable of each light; as in tokens.css.
LIGHT = "#f4f5f7"
DARK = "#22252b"
#: What the studio wears where the host says nothing.
OWN = "#4a47d1"


@dataclass(frozen=True)
class Brand:
    """What stands at the top of each page. ``sheet``: the address of the colours."""

    name: str
    logo: str
    sheet: str


def brand_of(request: HttpRequest) -> Brand:
    """Return what the studio is called here, its logo and its colours."""
    site = site_of(request)
    name = studio_settings.STUDIO_NAME or (site.name if site is not None else "") or _("Studio")
    logo = static(studio_settings.STUDIO_LOGO) if studio_settings.STUDIO_LOGO else ""
    digest = hashlib.sha256(brand_sheet().encode()).hexdigest()[:12]
    return Brand(name, logo, f"{link('brand')}?v={digest}")


def shade_for(colour: str, ground: str) -> str:
    """Return ``colour``, moved no further to black or white than text on ``ground`` needs."""
    end = "#000000" if contrast(ground, "#ffffff") < contrast(ground, "#000000") else "#ffffff"
    tries = (mixed(end, colour, step / 50) for step in range(51))
    return next(shade for shade in tries if contrast(shade, ground) >= TEXT_CONTRAST)


def brand_sheet() -> str:
    """Return the style sheet of the host's colours, readable in each light whatever they are."""
    colour = studio_settings.STUDIO_COLOUR or OWN
    light = shade_for(colour, LIGHT)
    dark = shade_for(studio_settings.STUDIO_COLOUR_DARK or colour, DARK)
    rules = (
        f":root{{{_rules(light, '#ffffff')}}}\n@media (prefers-color-scheme:dark){{:root{{{_rules(dark, DARK)}}}}}\n"
    )
    # The editor's name for it.
    return rules + ":root{--aice-brand:var(--st-accent)}\n"


def _rules(accent: str, ground: str) -> str:
    on = max(("#ffffff", "#101114"), key=lambda text: contrast(text, accent))
    hover = mixed("#000000" if on == "#ffffff" else "#ffffff", accent, 0.12)
    # A tint that the accent can still be read on; none at all if there is no other.
    tints = (mixed(accent, ground, share / 100) for share in (14, 10, 7, 4, 0))
    soft = next((tint for tint in tints if contrast(accent, tint) >= TEXT_CONTRAST), ground)
    return f"--st-accent:{accent};--st-on-accent:{on};--st-accent-strong:{hover};--st-accent-soft:{soft}"
