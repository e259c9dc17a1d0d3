"""Write down which pictures and files the drafts that are there name."""

from __future__ import annotations

from django.db import migrations

from ai_cms.blocks.documents.pictures import is_reference, references_in


def fill(apps, schema_editor):
    Element = apps.get_model("ai_cms_pages", "Element")
    Reference = apps.get_model("ai_cms_pages", "ElementReference")
    Page = Element._meta.get_field("page").remote_field.model
    using = schema_editor.connection.alias
    rows = []

    def flush():
        Reference.objects.using(using).bulk_create(rows, ignore_conflicts=True)
        rows.clear()

    elements = Element.objects.using(using).values_list("page_id", "uid", "type", "props")
    for page, uid, kind, props in elements.iterator(chunk_size=1000):
        for reference in sorted(references_in([{"type": kind, "props": props}])):
            rows.append(Reference(page_id=page, uid=uid, reference=reference[:120]))
        if len(rows) >= 1000:
            flush()
    for page, metadata in Page.objects.using(using).values_list("pk", "metadata").iterator(chunk_size=1000):
        image = metadata.get("image") if isinstance(metadata, dict) else None
        if is_reference(image):
            rows.append(Reference(page_id=page, uid="", reference=image[:120]))
        if len(rows) >= 1000:
            flush()
    flush()


class Migration(migrations.Migration):
    dependencies = [("ai_cms_pages", "0008_element_references")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop, elidable=True)]
