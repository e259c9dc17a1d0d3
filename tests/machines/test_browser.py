"""The figures of bots in a browser, under a strict policy, light and dark, wide and narrow."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from ai_cms.machines.models import BotDay
from ai_cms.pages.models import Site
from tests import axe
from tests.pages.browser.conftest import chromium as chromium
from tests.pages.browser.conftest import watch as watch

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize("dark", [False, True])
def test_the_figures_of_bots(watch: Callable[..., Any], superuser: Any, site: Site, dark: bool) -> None:
    seen = watch(
        superuser, color_scheme="dark" if dark else "light", viewport={"width": 390 if dark else 1280, "height": 844}
    )
    path = reverse("admin:ai_cms_machines_botday_changelist")
    for name in ("empty", "full"):
        if name == "full":
            for number in range(20):
                day = timezone.localdate() - timedelta(days=number)
                BotDay.objects.create(
                    day=day, site=site, bot="GPTBot", kind="training", requests=100 - number * 3, markdown=9
                )
                BotDay.objects.create(
                    day=day, site=site, bot="Claude-User", kind="user", requests=40 + number, markdown=30
                )
        seen.visit(path)
        if folder := os.environ.get("AI_CMS_PICTURES"):
            seen.page.screenshot(path=str(Path(folder) / f"bots-{name}-{dark}.png"), full_page=True)
        assert axe.check(seen.page) == [], name
    assert seen.problems == []
