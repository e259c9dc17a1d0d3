"""The three people of the demo, with random passwords that a second start remembers."""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group

from ai_cms.core.tokens import create_token, find_token
from ai_cms.pages.models import PageGroupPermission

__all__ = ["DemoUser", "grant_editors", "make_demo_users"]

#: E-mail, name, staff, superuser, group, scopes of the token.
PEOPLE = (
    ("admin@example.com", "Ada Morrow", True, True, "", ("read", "write", "publish", "admin")),
    ("editor@example.com", "Edith Fen", True, False, "Editors", ("read", "write", "publish")),
    ("member@example.com", "Max Moss", False, False, "", ("read", "write", "publish")),
)


@dataclass(frozen=True)
class DemoUser:
    """One login: what ``demo`` prints."""

    user: Any
    email: str
    password: str
    token: str
    scopes: tuple[str, ...]


def make_demo_users() -> list[DemoUser]:
    """Create or find the users. Passwords are ``DEMO_PASSWORD`` if it is set, else random."""
    memory = _Memory(Path(getattr(settings, "DEMO_LOGINS_FILE", ".demo-logins.json")))
    users = []
    for email, name, staff, superuser, group, scopes in PEOPLE:
        people: Any = get_user_model().all_objects
        user = people.with_email(email).first()
        created = user is None
        if user is None:
            user = people.create_user(email, is_staff=staff, is_superuser=superuser, is_verified=True, name=name)
        known = memory.get(email)
        password = os.environ.get("DEMO_PASSWORD") or known.get("password") or secrets.token_urlsafe(12)
        if created or not user.check_password(password):
            user.set_password(password)
            user.save(update_fields=["password"])
        if group:
            user.groups.add(Group.objects.get_or_create(name=group)[0])
        token = known.get("token", "")
        found = find_token(token) if token else None
        if found is None or found.user_id != user.pk:
            _, token = create_token(user, scopes=scopes, name="Demo")
        users.append(DemoUser(user, email, password, token, scopes))
        memory.put(email, password, token)
    memory.save()
    return users


def grant_editors(root_id: int) -> None:
    """Let the group "Editors" do everything in the tree below the page ``root_id``."""
    PageGroupPermission.objects.get_or_create(
        group=Group.objects.get_or_create(name="Editors")[0],
        page_id=root_id,
        defaults={"can_add": True, "can_change": True, "can_delete": True, "can_publish": True},
    )


class _Memory:
    """Logins of earlier starts by database, in a file that only its owner may read."""

    def __init__(self, path: Path) -> None:
        database = settings.DATABASES["default"]
        self.path = path
        self.key = f"{database['ENGINE']}:{database.get('HOST', '')}:{database['NAME']}"
        try:
            self.all: dict[str, Any] = json.loads(path.read_text("utf-8"))
        except (FileNotFoundError, ValueError):
            self.all = {}
        self.mine: dict[str, dict[str, str]] = self.all.setdefault(self.key, {})

    def get(self, email: str) -> dict[str, str]:
        return self.mine.get(email, {})

    def put(self, email: str, password: str, token: str) -> None:
        self.mine[email] = {"password": password, "token": token}

    def save(self) -> None:
        # Created with its mode, not changed to it afterwards.
        descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(self.all, file, indent=2)
