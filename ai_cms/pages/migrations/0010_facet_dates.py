from __future__ import annotations

from typing import Any

from django.db import migrations, models


def fill(apps: Any, schema_editor: Any) -> None:
    """Give the facets that are there the dates of their publications, in one statement."""
    facets = apps.get_model("ai_cms_pages", "PublicationFacet")._base_manager.using(schema_editor.connection.alias)
    rows = apps.get_model("ai_cms_pages", "Publication")._base_manager.filter(pk=models.OuterRef("publication_id"))
    facets.update(first_published_at=models.Subquery(rows.values("first_published_at")[:1]))


class Migration(migrations.Migration):
    dependencies = [("ai_cms_pages", "0009_fill_references")]

    operations = [
        migrations.AddField(
            model_name="publicationfacet",
            name="first_published_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop, elidable=True),
        migrations.RemoveIndex(model_name="publicationfacet", name="ai_cms_pages_facet"),
        migrations.AddIndex(
            model_name="publicationfacet",
            index=models.Index(
                fields=["name", "value", "-first_published_at", "-publication"], name="ai_cms_pages_facet_newest"
            ),
        ),
    ]
