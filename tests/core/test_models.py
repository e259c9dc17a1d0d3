from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, models
from django.test.utils import isolate_apps

from ai_cms.core.models import OwnedModel, SoftDeleteModel, TimestampedModel

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def note() -> Iterator[Any]:
    """Return a model class with a table of its own."""
    with isolate_apps("ai_cms.core"):

        class Note(TimestampedModel, SoftDeleteModel):
            text = models.CharField(max_length=10)

            class Meta:
                app_label = "ai_cms_core"

        with connection.schema_editor() as editor:
            editor.create_model(Note)
        yield Note
        with connection.schema_editor() as editor:
            editor.delete_model(Note)
    apps.clear_cache()


def test_deleting_hides_and_restoring_shows(note: Any) -> None:
    one = note.objects.create(text="one")
    note.objects.create(text="two")
    assert one.delete() == (1, {"ai_cms_core.Note": 1})
    assert one.is_deleted
    assert one.delete() == (0, {})
    assert [row.text for row in note.objects.all()] == ["two"]
    assert note.all_objects.count() == 2
    assert not note.objects.filter(pk=one.pk).exists()
    again = note.all_objects.get(pk=one.pk)
    again.restore()
    assert not again.is_deleted
    assert note.objects.count() == 2
    assert again.hard_delete()[0] == 1
    assert note.all_objects.count() == 1


def test_whole_querysets(note: Any) -> None:
    note.objects.bulk_create(note(text=str(number)) for number in range(3))
    assert note.objects.filter(text__in=["0", "1"]).delete() == (2, {"ai_cms_core.Note": 2})
    assert note.objects.filter(text="0").delete() == (0, {})
    assert note.all_objects.deleted().count() == 2
    assert note.all_objects.alive().count() == 1
    marks = set(note.all_objects.deleted().values_list("deleted_at", flat=True))
    note.all_objects.all().delete()
    assert marks <= set(note.all_objects.values_list("deleted_at", flat=True))
    assert note.all_objects.restore() == 3
    assert note.all_objects.restore() == 0
    assert note.all_objects.all().hard_delete()[0] == 3
    # As with Django's own delete(), nobody empties a table by leaving out all().
    assert not hasattr(note.objects, "delete")
    assert not hasattr(note.objects, "hard_delete")


def test_times_are_kept(note: Any) -> None:
    row = note.objects.create(text="a")
    made = row.created_at
    row.text = "b"
    row.save()
    assert row.created_at == made
    assert row.updated_at > made


def test_owners() -> None:
    field: Any = OwnedModel._meta.get_field("owner")
    assert field.null
    assert field.remote_field.on_delete is models.SET_NULL
