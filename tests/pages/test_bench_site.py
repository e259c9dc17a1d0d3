"""``manage.py bench_site``: figures beside a bare view, and the dear blocks by name."""

from __future__ import annotations

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from ai_cms.core.permissions import Actor
from ai_cms.pages import services

# As the command is run: outside of any transaction, whose connection a request may not close.
pytestmark = pytest.mark.django_db(transaction=True)


def bench(**options: Any) -> str:
    out = StringIO()
    call_command("bench_site", rounds=1, stdout=out, **options)
    return out.getvalue()


def test_it_names_what_is_dear(page_factory: Any, root: Any) -> None:
    services.publish_page(root, actor=Actor.system("tests"))
    blocks = [{"type": "heading", "props": {"text": "One"}}, {"type": "page_list", "props": {"title": "All"}}]
    page_factory("Bread", publish=True, content=blocks)
    found = json.loads(bench(json=True))
    assert {"bare view", "page, stored HTML", "page, not modified", "page, rendered anew"} <= found["visits"].keys()
    assert found["visits"]["bare view"] == {"cpu_ms": found["visits"]["bare view"]["cpu_ms"], "queries": 1.0}
    assert found["visits"]["page, stored HTML"]["queries"] == 1
    costs = {one["type"]: one for one in found["blocks"]}
    assert costs["page_list"]["queries"] >= 1
    assert costs["page_list"]["page"] == "/bread/"
    assert costs["heading"]["queries"] == 0
    text = bench()
    assert "2 of 2 pages" in text
    assert "x the bare view" in text


def test_it_says_what_is_missing(site: Any) -> None:
    with pytest.raises(CommandError, match="Nothing is published"):
        bench()
    with pytest.raises(CommandError, match="above zero"):
        bench(pages=0)
    type(site).objects.update(is_default=False)
    with pytest.raises(CommandError, match="create_site"):
        bench()
