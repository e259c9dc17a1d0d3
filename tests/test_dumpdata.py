"""``manage.py dumpdata`` and ``loaddata`` on a whole project: a copy of a site that Django itself can make."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection

from ai_cms.blocks.models import BlockPermissions
from ai_cms.core.permissions import Actor
from ai_cms.pages import get_page_model, services
from ai_cms.pages.models import Publication

CONTENT = [{"id": "a", "type": "heading", "props": {"text": "Bread", "level": 2}}]


@pytest.fixture
def page(db: None) -> Any:
    system = Actor.system("tests")
    root = services.create_site(hostname="testserver", name="Test site", title="Home").root
    page = services.create_page(title="Bread", parent=root, content=CONTENT, actor=system)
    services.publish_page(page, actor=system)
    return page


@pytest.mark.parametrize("options", [{}, {"use_base_manager": True}, {"use_natural_foreign_keys": True}])
def test_everything_is_dumped_and_loaded(page: Any, tmp_path: Path, options: dict[str, Any]) -> None:
    dump = tmp_path / "dump.json"
    call_command("dumpdata", output=str(dump), verbosity=0, **options)
    rows = json.loads(dump.read_text("utf-8"))
    assert {"ai_cms_pages.publication", "ai_cms_pages.revision"} <= {row["model"] for row in rows}
    assert "ai_cms_blocks.blockpermissions" not in {row["model"] for row in rows}
    model = get_page_model()
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {model._meta.db_table} SET title = 'lost', content_json = '[]'")
    Publication.objects.update(title="lost")
    call_command("loaddata", str(dump), verbosity=0)
    again = model.objects.get(pk=page.pk)
    assert again.title == "Bread"
    assert again.content_json.text() == "Bread"
    assert Publication.objects.get(page_id=page.pk).title == "Bread"
    report: Any = call_command("check_tree", verbosity=0)
    assert report is None


def test_the_model_without_a_table_is_empty_for_everybody(db: None) -> None:
    for manager in (BlockPermissions._default_manager, BlockPermissions._base_manager):
        assert list(manager.all()) == []
        assert manager.count() == 0
        assert not manager.filter(pk=1).exists()
