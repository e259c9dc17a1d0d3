"""The search columns hold words that are cut already; see ``ai_cms.pages.search.words``."""

from __future__ import annotations

from typing import Any

from django.db import migrations

from ai_cms.pages.search.words import cut_text


def cut(apps: Any, schema_editor: Any) -> None:
    rows = apps.get_model("ai_cms_pages", "Publication").objects.using(schema_editor.connection.alias)
    last = 0
    while batch := list(rows.filter(pk__gt=last).order_by("pk").only("search_title", "search_text")[:200]):
        for row in batch:
            row.search_title, row.search_text = cut_text(row.search_title), cut_text(row.search_text)
        rows.bulk_update(batch, ["search_title", "search_text"])
        last = batch[-1].pk


class Migration(migrations.Migration):
    dependencies = [("ai_cms_pages", "0005_overwritten_versions")]

    operations = [migrations.RunPython(cut, migrations.RunPython.noop, elidable=True)]
