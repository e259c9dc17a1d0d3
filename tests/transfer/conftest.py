"""Fixtures for the tests of importers."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command

from ai_cms.pages import get_page_model
from ai_cms.pages.models import Publication, Redirect, Revision
from ai_cms.transfer import importers
from ai_cms.transfer.models import ImportedPage
from tests.pages.conftest import *  # noqa: F403

from .wxr_maker import Item, write_wxr


@pytest.fixture(autouse=True)
def _without_posts() -> Iterator[None]:
    """Import as a site without ``ai_cms.posts`` does; what is another there stands in tests/posts/test_importing.py."""
    if not apps.is_installed("ai_cms.posts"):
        yield
        return
    from ai_cms.posts.importing import PostMaker

    importers.discover()
    importers.unregister(PostMaker)
    try:
        yield
    finally:
        importers.register(PostMaker)


def run(command: str, *args: Any, **options: Any) -> dict[str, Any]:
    """Run an import command with ``--json`` and return the summary."""
    out = io.StringIO()
    call_command(command, *map(str, args), as_json=True, stdout=out, **options)
    found: dict[str, Any] = json.loads(out.getvalue())
    return found


def refused(command: str, *args: Any, **options: Any) -> str:
    """Run a command that has to fail and return its message."""
    with pytest.raises(CommandError) as caught:
        call_command(command, *map(str, args), stdout=io.StringIO(), **options)
    return str(caught.value)


def state() -> tuple[int, ...]:
    """Return how many rows there are, to see that nothing was written."""
    models = (get_page_model(), Publication, Revision, Redirect, ImportedPage)
    return tuple(model._base_manager.count() for model in models)


def page_at(path: str) -> Any:
    return get_page_model().objects.get(path=path)


@pytest.fixture
def import_wxr(root: Any, tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """Return a function that writes items to an export and imports it."""

    def do(
        items: Iterable[Item],
        *,
        file: str = "export.xml",
        version: str = "1.2",
        site: str = "",
        extra: str = "",
        **options: Any,
    ) -> Any:
        path = write_wxr(tmp_path / file, items, version, extra=extra, **({"site": site} if site else {}))
        return run("import_wordpress", path, **options)

    return do


def messages(summary: dict[str, Any]) -> str:
    return "\n".join(f"{warning['line']} {warning['item']}: {warning['message']}" for warning in summary["warnings"])
