"""Many rows at once, by COPY on PostgreSQL and by INSERT elsewhere: what is stored is the same."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import DataError, IntegrityError, connection, models, transaction
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext, isolate_apps

from ai_cms.core.bulk import insert_rows
from ai_cms.core.models import IdempotencyRecord

pytestmark = pytest.mark.django_db

# What COPY's text format, arrays and JSON each have to escape.
HARD = ["", "\\N", "\\.", "a\tb\nc\rd", "quo\"te's", "back\\slash", "{1,2}", "NULL", "ℵ 𝄞 é", "\x7f", "  pad  "]
NOON = datetime(2026, 3, 29, 12, 0, 0, 123456, tzinfo=UTC)


def records(count: int) -> list[IdempotencyRecord]:
    return [
        IdempotencyRecord(
            principal=HARD[number % len(HARD)],
            key=f"k-{number}",
            request_hash="h",
            claim=uuid.UUID(int=number),
            leased_until=NOON + timedelta(hours=number),
            expires_at=NOON,
            status_code=None if number % 2 else 200,
            headers={"texts": HARD, "none": None, "number": 1.5, "deep": {HARD[number % len(HARD)]: [[], {}, True]}},
            body="".join(HARD) * number,
            replayable=bool(number % 3),
        )
        for number in range(count)
    ]


def stored() -> list[dict[str, Any]]:
    rows = IdempotencyRecord.objects.order_by("pk").values()
    return [{name: value for name, value in row.items() if name not in ("id", "created_at")} for row in rows]


@pytest.mark.parametrize("count", [0, 1, 5, 60])
def test_rows_are_stored_as_bulk_create_does(count: int) -> None:
    IdempotencyRecord.objects.bulk_create(records(count))
    expected = stored()
    assert len(expected) == count
    IdempotencyRecord.objects.all().delete()
    rows = records(count)
    insert_rows(IdempotencyRecord, rows, batch_size=7)
    assert stored() == expected
    for row in rows:
        # Their keys, and what a field sets by itself, are on the objects as well.
        assert IdempotencyRecord.objects.get(key=row.key).pk == row.pk
        assert row.created_at is not None
        assert (row._state.adding, row._state.db) == (False, "default")
    # The sequence has moved on, so that the next row finds its key free.
    insert_rows(IdempotencyRecord, records(count + 1)[count:])
    assert IdempotencyRecord.objects.count() == count + 1


def test_postgresql_takes_them_by_copy() -> None:
    with CaptureQueriesContext(connection) as queries:
        insert_rows(IdempotencyRecord, records(60))
    copies = [query for query in queries.captured_queries if query["sql"].startswith("COPY")]
    assert len(copies) == (connection.vendor == "postgresql")


def test_keys_that_nobody_needs_cost_no_statement(django_assert_num_queries: Any) -> None:
    rows = records(60)
    with django_assert_num_queries(1):
        insert_rows(IdempotencyRecord, rows, keys=False)
    assert IdempotencyRecord.objects.count() == 60


@pytest.mark.parametrize("keys", [True, False])
def test_keys_that_are_given_are_kept(keys: bool) -> None:
    rows = records(60)
    for number, row in enumerate(rows):
        row.pk = 5_000_000 + number if number % 2 else None
    insert_rows(IdempotencyRecord, rows, keys=keys)
    assert len({row.pk for row in rows}) == 60
    assert IdempotencyRecord.objects.get(key="k-7").pk == 5_000_007


@pytest.mark.parametrize("change", [{"key": "k-0", "principal": ""}, {"request_hash": None}])
def test_all_or_nothing(change: dict[str, Any]) -> None:
    rows = records(60)
    for name, value in change.items():
        setattr(rows[-1], name, value)
    with pytest.raises(IntegrityError), transaction.atomic():
        insert_rows(IdempotencyRecord, rows)
    assert not IdempotencyRecord.objects.exists()


def test_a_value_that_does_not_fit() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite limits no text: run with --ds=tests.settings.postgres")
    rows = records(60)
    rows[7].key = "x" * 256
    with pytest.raises(DataError, match="too long"), transaction.atomic():
        insert_rows(IdempotencyRecord, rows)
    assert not IdempotencyRecord.objects.exists()


@pytest.fixture
def dated(transactional_db: None) -> Iterator[type[models.Model]]:
    with isolate_apps("tests.blocks.host"):

        class Dated(models.Model):
            at = models.DateTimeField(db_default=Now())

            class Meta:
                app_label = "host"

            def __str__(self) -> str:
                return str(self.at)

        with connection.schema_editor() as editor:
            editor.create_model(Dated)
        yield Dated
        with connection.schema_editor() as editor:
            editor.delete_model(Dated)


def test_what_the_database_makes_itself_is_left_to_it(dated: type[models.Model]) -> None:
    insert_rows(dated, [dated() for _ in range(60)])
    assert dated._default_manager.exclude(at=None).count() == 60


def test_a_model_of_two_tables_is_refused() -> None:
    with isolate_apps("tests.blocks.host"):

        class Plain(models.Model):
            class Meta:
                app_label = "host"

            def __str__(self) -> str:
                return ""

        class Child(Plain):
            class Meta:
                app_label = "host"

        with pytest.raises(ValueError, match="multi-table"):
            insert_rows(Child, [Child() for _ in range(60)])
