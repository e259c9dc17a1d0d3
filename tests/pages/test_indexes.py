"""The hot reads find their rows by an index, however many pages there are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from ai_cms.pages import get_page_model
from ai_cms.pages.models import Publication, PublicationFacet, Redirect

Page: Any = get_page_model()
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def no_scans() -> None:
    """Make PostgreSQL, which reads small tables from end to end, plan as for large ones."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")


#: What SQLite says of the index, and the read.
READS: dict[str, tuple[str, Callable[[], Any]]] = {
    "by path": (
        "(site_id=? AND path=?)",
        lambda: Publication.objects.public().filter(site_id=1, path="/a/").order_by(),
    ),
    "newest": (
        "ai_cms_pages_pub_newest",
        lambda: Publication.objects.public().filter(site_id=1).order_by("-first_published_at", "-pk").values("pk")[:20],
    ),
    "menu": (
        "ai_cms_pages_pub_menu (site_id=?)",
        lambda: (
            Publication.objects.public()
            .filter(site_id=1, in_menus=True)
            .under("/")
            .order_by("page__lft")
            .values("title")
        ),
    ),
    "facet": ("(name=? AND value=?)", lambda: PublicationFacet.objects.filter(name="tags", value__in=["a"])),
    "redirect": ("(site_id=? AND old_path=?)", lambda: Redirect.objects.filter(site_id=1, old_path="/a/")),
    "children": ("(parent_id=?)", lambda: Page.objects.filter(parent_id=1).order_by()),
}


@pytest.mark.parametrize("name", READS)
def test_a_hot_read_uses_its_index(name: str) -> None:
    index, rows = READS[name]
    plan = rows().explain()
    if connection.vendor == "sqlite":
        assert index in plan, plan
        assert "SCAN ai_cms" not in plan, plan
    else:
        assert "Index" in plan, plan
        assert "Seq Scan" not in plan, plan
