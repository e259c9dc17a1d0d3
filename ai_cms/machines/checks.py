"""System checks of ``ai_cms.machines``.

=========================  ===============================================================
``ai_cms_machines.W001``  ``BOT_POLICY`` names neither a kind nor a known bot
``ai_cms_machines.W002``  the routes of the app stand after those of the pages, or nowhere
=========================  ===============================================================
"""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Warning, register
from django.urls import Resolver404, resolve

from .bots import KINDS, known_bots
from .conf import machine_settings

__all__ = ["check_machines"]


@register
def check_machines(app_configs: Sequence[AppConfig] | None = None, **kwargs: object) -> list[CheckMessage]:
    """Check the names in the policy, and that llms.txt answers where a pages route would take it."""
    return [*_unknown_bots(), *_hidden_routes()]


def _unknown_bots() -> list[CheckMessage]:
    policy, bots = machine_settings.BOT_POLICY, machine_settings.BOTS
    if not isinstance(policy, dict) or not isinstance(bots, dict):
        # A check of the core says so.
        return []
    known = {name.lower(): name for name in (*KINDS, *known_bots())}
    found: list[CheckMessage] = []
    for name in policy:
        if isinstance(name, str) and name.lower() not in known:
            near = get_close_matches(name.lower(), known, n=1)
            hint = f"Do you mean {known[near[0]]!r}? " if near else ""
            found.append(
                Warning(
                    f'AI_CMS["BOT_POLICY"] names {name!r}, which is neither a kind of bot nor a known bot.',
                    hint=f'{hint}Kinds are {", ".join(KINDS)}; add a bot by AI_CMS["BOTS"] = {{{name!r}: "search"}}.',
                    id="ai_cms_machines.W001",
                )
            )
    return found


def _hidden_routes() -> list[CheckMessage]:
    if not getattr(settings, "ROOT_URLCONF", None):
        return []
    try:
        found = resolve("/llms.txt")
    except Resolver404:
        found = None
    if found is None or found.app_name == "ai_cms_machines":
        return []
    return [
        Warning(
            "llms.txt is answered by another route than that of ai_cms.machines.",
            hint='Put path("", include("ai_cms.machines.urls")) before the routes of the pages, which take every path.',
            id="ai_cms_machines.W002",
        )
    ]
