"""The menus of a site: published pages that are marked for them, in tree order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Aggregate, JSONField, OuterRef, Subquery
from django.db.models.functions import JSONArray

from .models import Publication

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.models.sql.compiler import SQLCompiler

    from .querysets import PublicationQuerySet

__all__ = ["MAIN_MENU", "MenuRow", "main_menu_column", "main_menu_rows", "menu_rows"]

#: Title and path.
MenuRow = tuple[str, str]
#: What the main menu shows: the pages right below the home page, by (under, depth).
MAIN_MENU = ("/", 1)


def menu_rows(site_id: int | None, under: str = "/", depth: int = 1) -> list[MenuRow]:
    """Return the pages of a menu below ``under``, ``depth`` levels deep. One query."""
    rows = _rows(under, depth).filter(site_id=site_id).order_by("page__lft")
    return list(rows.values_list("title", "path"))


def _rows(under: str, depth: int, moment: datetime | None = None) -> PublicationQuerySet:
    # The home page "/" has level 0, and what lies below ``under`` one more than it.
    deepest = under.count("/") - 1 + depth
    return Publication.objects.public(moment).filter(in_menus=True, page__level__lte=deepest).under(under)


class _JSONRows(Aggregate):
    """All values of a group as one JSON array, in no order."""

    function = "JSON_GROUP_ARRAY"
    output_field = JSONField()

    def as_postgresql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any) -> Any:
        return super().as_sql(compiler, connection, function="JSONB_AGG", **context)


def main_menu_column(moment: datetime) -> Subquery:
    """Return the main menu of a row of Site as a column, for readers that find a site anyway; see main_menu_rows()."""
    rows = _rows(*MAIN_MENU, moment).filter(site_id=OuterRef("pk")).order_by().values("site_id")
    return Subquery(rows.annotate(menu=_JSONRows(JSONArray("page__lft", "title", "path"))).values("menu"))


def main_menu_rows(column: list[list[Any]] | None) -> list[MenuRow]:
    """Return what main_menu_column() selected as menu_rows() returns it."""
    return [(title, path) for _place, title, path in sorted(column or ())]
