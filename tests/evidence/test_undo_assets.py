"""What an agent did to files is taken back as far as files are kept."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Permission

from ai_cms.assets import get_asset_model
from ai_cms.assets.services import delete_asset, replace_file, update_asset, upload_asset
from ai_cms.core.permissions import Actor
from ai_cms.evidence.models import Act
from ai_cms.evidence.undo.selection import Selection
from ai_cms.evidence.undo.service import undo_acts
from ai_cms.pages import services
from tests.assets.conftest import media as media
from tests.assets.pictures import jpeg

pytestmark = pytest.mark.django_db
ROBO = Selection(agent="Robo")


def uploaded(actor: Actor, name: str = "bread.jpg", data: bytes | None = None, **options: Any) -> Any:
    return upload_asset(io.BytesIO(data or jpeg()), actor=actor, name=name, allow_duplicate=True, **options).asset


def fresh(asset: Any) -> Any:
    return get_asset_model().objects.filter(pk=asset.pk).first()


def words(plan: Any) -> list[tuple[str, str]]:
    return [(item.act.kind, item.outcome) for item in plan.items]


def test_uploads_go_unless_they_are_used_or_changed(
    agent: Actor, person: Actor, page_factory: Callable[..., Any]
) -> None:
    unused, used, changed = (uploaded(agent, f"{name}.jpg") for name in ("unused", "used", "changed"))
    page_factory("Rye", {"id": "i", "type": "image", "props": {"src": used.reference, "alt": "x"}}, actor=person)
    update_asset(changed, actor=person, alt="Said by a person")
    dry = undo_acts(ROBO, actor=person, dry_run=True)
    assert fresh(unused) is not None
    plan = undo_acts(ROBO, actor=person, expected=dry.digest)
    assert words(plan) == words(dry) == [("uploaded", "left"), ("uploaded", "left"), ("uploaded", "reverted")]
    assert fresh(unused) is None and fresh(used) is not None and fresh(changed) is not None
    assert "1 draft" in plan.items[1].reason


def test_an_upload_that_only_the_agents_page_used_goes_with_it(
    agent: Actor, person: Actor, page_factory: Callable[..., Any]
) -> None:
    asset = uploaded(agent)
    page = page_factory("Rye")
    services.apply_page_operations(
        page, [{"op": "insert", "block": {"type": "image", "props": {"src": asset.reference, "alt": "x"}}}], actor=agent
    )
    dry = undo_acts(ROBO, actor=person, dry_run=True)
    assert undo_acts(ROBO, actor=person, expected=dry.digest).counts["reverted"] == 2
    assert fresh(asset) is None


def test_what_was_said_goes_back_field_by_field(agent: Actor, person: Actor) -> None:
    asset = uploaded(person, title="Old", alt="old", tags=["a"])
    update_asset(asset, actor=agent, title="Robot", alt="robot", tags=["r"], visibility="private")
    update_asset(asset, actor=agent, title="Robot again")
    update_asset(asset, actor=person, alt="person")
    dry = undo_acts(ROBO, actor=person, dry_run=True)
    assert fresh(asset).visibility == "private" and fresh(asset).title == "Robot again"
    plan = undo_acts(ROBO, actor=person, expected=dry.digest)
    assert words(plan) == [("asset_edited", "reverted"), ("asset_edited", "partly")]
    assert plan.items[1].fields == ["alt"]
    now = fresh(asset)
    assert (now.title, now.alt, now.visibility) == ("Old", "person", "public")
    assert list(now.tags.values_list("word", flat=True)) == ["a"]


def test_what_is_not_kept_is_told(agent: Actor, person: Actor) -> None:
    replaced, deleted = uploaded(person), uploaded(person, "other.jpg")
    replace_file(replaced, io.BytesIO(jpeg(60, 40)), actor=agent)
    delete_asset(deleted, actor=agent)
    plan = undo_acts(ROBO, actor=person)
    assert words(plan) == [("asset_deleted", "left"), ("asset_replaced", "left")]
    assert Act.objects.filter(undo=None).count() == 2


def test_files_are_left_to_who_may_change_them(agent: Actor, editor: Any, person: Actor) -> None:
    asset = uploaded(person, title="Old")
    update_asset(asset, actor=Actor(user=person.user, via="agent", label="Robo"), title="Robot")
    editor.user_permissions.add(Permission.objects.get(codename="undo_acts"))
    plan = undo_acts(ROBO, actor=type(editor).objects.get(pk=editor.pk))
    assert words(plan) == [("asset_edited", "left")] and fresh(asset).title == "Robot"
