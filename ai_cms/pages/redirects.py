"""Record where published pages were, in two statements for a whole subtree."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.db import connections
from django.utils import timezone

from .models import Publication, Redirect

if TYPE_CHECKING:
    from .querysets import PageQuerySet

__all__ = ["record_redirects"]


def record_redirects(rows: PageQuerySet, *, new_site: int, using: str) -> None:
    """Make a redirect from the old path of every publication among the page ``rows``, which have their new paths already.

    Those of pages in the bin lead nowhere until the page is restored, and give way to all others. Called before the
    publications' paths are rewritten. A redirect leads to the page, so later moves make no chains; those from paths where
    the pages now are go away. ``INSERT … SELECT … ON CONFLICT`` is spelled the same by PostgreSQL and SQLite.
    """
    connection: Any = connections[using]
    quote = connection.ops.quote_name
    now = connection.ops.adapt_datetimefield_value(timezone.now())
    for active, conflict in (
        (False, "DO NOTHING"),
        (True, "DO UPDATE SET page_id = excluded.page_id, target = '', automatic = excluded.automatic"),
    ):
        published = Publication.objects.using(using).filter(page_id__in=rows.values("pk"), active=active)
        chosen, parameters = published.order_by().values("site_id", "path", "page_id").query.sql_with_params()
        statement = (
            f"INSERT INTO {quote(Redirect._meta.db_table)} "  # noqa: S608 - names from models, values as parameters
            f"(site_id, old_path, page_id, target, permanent, automatic, created_at) "
            f"SELECT moved.site_id, moved.path, moved.page_id, '', %s, %s, %s FROM ({chosen}) AS moved WHERE 1 = 1 "
            f"ON CONFLICT (site_id, old_path) {conflict}"
        )
        with connection.cursor() as cursor:
            cursor.execute(statement, [True, True, now, *parameters])
    # A path where a page stands now leads nowhere else.
    given = list(rows.order_by().values_list("path", flat=True))
    redirects = Redirect.objects.using(using).filter(site_id=new_site, automatic=True)
    # The paths as values: of a join with the pages, which have just moved, the planner expects a row or two, and may read all
    # of them for every redirect.
    values: list[Any]
    if connection.vendor == "postgresql":
        values = [given]
        arrived = "old_path = ANY(%s)"
    elif connection.vendor == "sqlite":
        arrived, values = "old_path IN (SELECT value FROM json_each(%s))", [json.dumps(given)]
    else:
        redirects.filter(old_path__in=given).delete()
        return
    redirects.extra(where=[arrived], params=values).delete()  # noqa: S610 - values as parameters
