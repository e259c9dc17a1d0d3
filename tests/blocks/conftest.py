"""Fixtures for the tests of blocks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.conf import settings
from django.test import override_settings

from ai_cms.blocks.rendering.render import forget_templates

#: Replace templates by their text: ``with templates({"ai_cms/blocks/heading.html": "…"}):``.
Templates = Callable[[dict[str, str]], Any]


@pytest.fixture
def templates() -> Templates:
    @contextmanager
    def replaced(sources: dict[str, str]) -> Iterator[None]:
        loaders = [
            ("django.template.loaders.locmem.Loader", sources),
            "django.template.loaders.app_directories.Loader",
        ]
        options = {**settings.TEMPLATES[0]["OPTIONS"], "loaders": loaders}
        engine = {"BACKEND": "django.template.backends.django.DjangoTemplates", "OPTIONS": options}
        with override_settings(TEMPLATES=[engine]):
            yield
        forget_templates()

    return replaced
