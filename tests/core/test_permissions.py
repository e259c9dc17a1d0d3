from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser, Permission
from django.test import RequestFactory

from ai_cms.core import permissions
from ai_cms.core.exceptions import NotFound, PermissionRefused
from ai_cms.core.models import ApiToken, IdempotencyRecord, RuntimeFlag
from ai_cms.core.permissions import Actor, PermissionPolicy, get_policy, policy_for, register_policy

pytestmark = pytest.mark.django_db


def test_nobody_may_anything_without_a_policy(superuser: Any) -> None:
    policy = get_policy(IdempotencyRecord)
    assert not policy.can(superuser, "view")
    assert not policy.visible(superuser, IdempotencyRecord.objects.all()).exists()
    with pytest.raises(PermissionRefused):
        policy.require(superuser, "add")
    with pytest.raises(NotFound):
        policy.require(superuser, "change", IdempotencyRecord())


def test_the_system_may_everything() -> None:
    RuntimeFlag.objects.create(name="a")
    system = Actor.system("import")
    assert get_policy(RuntimeFlag).can(system, "delete", RuntimeFlag())
    assert get_policy(RuntimeFlag).visible(system, RuntimeFlag.objects.all()).count() == 1
    assert system.is_authenticated
    assert system.is_superuser
    assert system.is_staff
    assert system.has_perm("anything.at_all")
    assert system.account is None
    assert system.label == "import"


def test_what_cannot_be_seen_is_not_found(flag_policy: Any, member: Any) -> None:
    hidden, shown = RuntimeFlag(name="secret"), RuntimeFlag(name="open")
    with pytest.raises(NotFound):
        flag_policy.require(member, "change", hidden)
    flag_policy.require(member, "change", shown)
    reader = Actor(user=member, scopes=frozenset({"read"}), via="token")
    with pytest.raises(PermissionRefused):
        flag_policy.require(reader, "change", shown)


@pytest.mark.parametrize(
    ("scopes", "allowed"),
    [
        (None, {"view", "change", "publish", "other"}),
        ({"read"}, {"view"}),
        ({"write"}, {"view", "change"}),
        ({"propose"}, {"view"}),
        ({"publish"}, {"view", "change", "publish"}),
        ({"admin"}, {"view", "change", "publish", "other"}),
        ({"read", "publish"}, {"view", "change", "publish"}),
        ({"root"}, set()),
        (set(), set()),
    ],
)
def test_scopes_only_narrow(flag_policy: Any, member: Any, scopes: set[str] | None, allowed: set[str]) -> None:
    actor = Actor(user=member, scopes=None if scopes is None else frozenset(scopes))
    flag = RuntimeFlag(name="open")
    assert {
        action for action in ("view", "change", "publish", "other") if flag_policy.can(actor, action, flag)
    } == allowed
    assert not flag_policy.can(actor, "view", RuntimeFlag(name="secret"))
    RuntimeFlag.objects.create(name="open")
    assert flag_policy.visible(actor, RuntimeFlag.objects.all()).exists() == bool(allowed)


def test_policies_hold_for_subclasses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(permissions, "_policies", {})
    policy: PermissionPolicy[Any] = PermissionPolicy()
    register_policy(RuntimeFlag, policy)

    class ProxyFlag(RuntimeFlag):
        class Meta:
            proxy = True
            app_label = "ai_cms_core"

    try:
        assert get_policy(ProxyFlag) is policy
        assert policy_for(ProxyFlag()) is policy
        assert get_policy(ApiToken) is not policy
    finally:
        from django.apps import apps

        del apps.all_models["ai_cms_core"]["proxyflag"]
        apps.clear_cache()


def test_actors_of_users(member: Any, superuser: Any) -> None:
    assert Actor.of(member).user is member
    actor = Actor.of(superuser)
    assert Actor.of(actor) is actor
    assert actor.is_superuser
    assert actor.is_staff
    assert Actor.of(member).account is member
    assert not Actor.of(None).is_authenticated
    assert not Actor.anonymous().has_perm("auth.view_user")
    assert Actor.anonymous().account is None
    member.is_active = False
    assert not Actor.of(member).is_authenticated
    superuser.is_active = False
    assert not Actor.of(superuser).is_superuser


def test_django_permissions_count(member: Any) -> None:
    assert not Actor.of(member).has_perm("auth.view_user")
    member.user_permissions.add(Permission.objects.get(codename="view_user"))
    member = type(member).objects.get(pk=member.pk)
    assert Actor.of(member).has_perm("auth.view_user")


def test_the_actor_of_a_request_is_made_once(member: Any, superuser: Any) -> None:
    request = RequestFactory().get("/")
    request.user = AnonymousUser()
    first = Actor.from_request(request)
    assert Actor.from_request(request) is first
    request.user = member
    second = Actor.from_request(request)
    assert second is not first
    assert second.via == "session"
    second.memo["grants"] = [1]
    assert Actor.from_request(request).memo == {"grants": [1]}
    request.auth = ApiToken(scopes=["read"])  # type: ignore[attr-defined]
    third = Actor.from_request(request)
    assert third.scopes == frozenset({"read"})
    assert third.via == "token"
    assert not third.memo
