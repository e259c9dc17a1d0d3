"""The settings of ``ai_cms.studio``."""

from __future__ import annotations

import re

from ai_cms.core.conf import AppSettings, Setting, dotted_paths, positive

__all__ = ["StudioSettings", "studio_settings"]


def _colour(value: str) -> str | None:
    return None if value == "" or re.fullmatch(r"#[0-9a-fA-F]{6}", value) else "must be a colour such as '#1a5fb4'"


class StudioSettings(AppSettings):
    """Settings of ``ai_cms.studio``."""

    STUDIO_NAME = Setting("", str, "What stands at the top of the studio; empty for the name of the site.")
    STUDIO_LOGO = Setting(
        "", str, "A static file to stand before the name, such as 'garden/img/logo.svg'; shown 28 pixels high."
    )
    STUDIO_COLOUR = Setting(
        "",
        str,
        "The colour of buttons, links and marks on light ground, such as '#1a5fb4'; empty for the studio's own.",
        validate=_colour,
    )
    STUDIO_COLOUR_DARK = Setting(
        "", str, "The same on dark ground; empty for a lighter shade of STUDIO_COLOUR.", validate=_colour
    )
    STUDIO_PANELS = Setting[list[str]](
        list,
        (list, tuple),
        "More panels of the first page: dotted paths of ai_cms.studio.registry.Panel objects, shown after the studio's own.",
        validate=dotted_paths,
    )
    STUDIO_PRESENCE_SECONDS = Setting(
        30, int, "Seconds after which somebody who gave no sign is no longer shown as present.", validate=positive
    )


studio_settings = StudioSettings()
