"""System checks of ``ai_cms.studio``.

======================  ================================================================
``ai_cms_studio.E001``  an entry of ``STUDIO_PANELS`` cannot be imported, or is no Panel
``ai_cms_studio.W001``  a colour of the studio cannot be read on its ground; it is shaded
``ai_cms_studio.W002``  ``STUDIO_LOGO`` names no static file
======================  ================================================================
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from django.apps import AppConfig
from django.contrib.staticfiles import finders
from django.core.checks import CheckMessage, Error, Warning, register
from django.utils.module_loading import import_string

from ai_cms.core.colours import TEXT_CONTRAST, contrast

from .brand import DARK, LIGHT, shade_for
from .conf import studio_settings
from .registry import Panel

__all__ = ["check_studio"]

_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")


@register
def check_studio(app_configs: Sequence[AppConfig] | None = None, **kwargs: object) -> list[CheckMessage]:
    """Check what a host says of the studio: its panels, its colours, its logo."""
    return [*_check_panels(), *_check_colours(), *_check_logo()]


def _check_panels() -> list[CheckMessage]:
    found: list[CheckMessage] = []
    paths: Any = studio_settings.STUDIO_PANELS
    for path in paths if isinstance(paths, list | tuple) else ():
        try:
            problem = "" if isinstance(import_string(str(path)), Panel) else "is no ai_cms.studio.registry.Panel"
        except ImportError as error:
            problem = f"cannot be imported: {error}"
        if problem:
            found.append(
                Error(
                    f'AI_CMS["STUDIO_PANELS"]: {path!r} {problem}.',
                    hint="Name a Panel object by its dotted path, or take the entry out.",
                    id="ai_cms_studio.E001",
                )
            )
    return found


def _check_colours() -> list[CheckMessage]:
    found: list[CheckMessage] = []
    grounds = {"STUDIO_COLOUR": ("light", LIGHT), "STUDIO_COLOUR_DARK": ("dark", DARK)}
    for name, (light, ground) in grounds.items():
        colour = getattr(studio_settings, name)
        if not isinstance(colour, str) or not _COLOUR.fullmatch(colour):
            # None is set, or ai_cms_core.E002 tells what is wrong with it.
            continue
        ratio = contrast(colour, ground)
        if ratio < TEXT_CONTRAST:
            found.append(
                Warning(
                    f'AI_CMS["{name}"] {colour} has a contrast of {ratio:.1f}:1 on the {light} ground {ground}; text needs '
                    f"{TEXT_CONTRAST}:1.",
                    hint=f"The studio uses {shade_for(colour, ground)} in its place. Set that, or another that can be read.",
                    id="ai_cms_studio.W001",
                )
            )
    return found


def _check_logo() -> list[CheckMessage]:
    logo = studio_settings.STUDIO_LOGO
    if not logo or not isinstance(logo, str) or finders.find(logo) is not None:
        return []
    return [
        Warning(
            f'AI_CMS["STUDIO_LOGO"]: there is no static file {logo!r}.',
            hint="Name it as {% static %} would, such as 'garden/img/logo.svg'.",
            id="ai_cms_studio.W002",
        )
    ]
