"""Migrations are complete, and the indexes that speed depends on are in them."""

from __future__ import annotations

import io

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection

from ai_cms.pages import get_page_model


@pytest.mark.django_db
def test_migrations_are_complete() -> None:
    out = io.StringIO()
    try:
        call_command("makemigrations", check=True, dry_run=True, stdout=out)
    except SystemExit:
        pytest.fail(out.getvalue())


@pytest.mark.parametrize(
    "app", [config.label for config in apps.get_app_configs() if config.name.startswith("ai_cms.")]
)
def test_every_app_with_models_has_migrations(app: str) -> None:
    config = apps.get_app_config(app)
    if any(model._meta.managed for model in config.get_models()):
        from django.db.migrations.loader import MigrationLoader

        assert app in MigrationLoader(None, ignore_no_migrations=True).migrated_apps


@pytest.mark.django_db
def test_page_table_has_its_tree_and_path_indexes() -> None:
    table = get_page_model()._meta.db_table
    with connection.cursor() as cursor:
        constraints = connection.introspection.get_constraints(cursor, table)
    columns = [tuple(found["columns"]) for found in constraints.values() if found["index"] or found["unique"]]
    for wanted in (("tree_id", "lft"), ("site_id", "path"), ("parent_id", "slug")):
        assert wanted in columns, f"{table} has no index on {wanted}: {columns}"
