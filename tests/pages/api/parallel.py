"""Requests at once: on PostgreSQL inside a test, on a SQLite file in a process of its own."""

from __future__ import annotations

import json
import os
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.core.parallel import at_once


def repeated_writes(secret: str, page: int, rounds: int) -> dict[str, Any]:
    """Create, change, copy and publish, each five times at once under one key; count pages, versions and answers."""
    from django.test import Client

    from ai_cms.pages import get_page_model
    from ai_cms.pages.models import Revision

    model = get_page_model()
    block = {"type": "heading", "props": {"text": "New", "level": 2}}
    requests = {
        "create": ("/api/pages/", {"title": "Bread", "parent": page, "publish": True}),
        "operations": (f"/api/pages/{page}/operations/", {"operations": [{"op": "insert", "block": block}]}),
        "copy": (f"/api/pages/{page}/copy/", {"recursive": False}),
        "publish": (f"/api/pages/{page}/publish/", {}),
    }
    statuses: Counter[int] = Counter()
    effects: dict[str, list[int]] = {name: [] for name in requests}
    bodies: list[int] = []
    for number in range(rounds):
        for name, (url, body) in requests.items():

            def send(index: int, key: str = f"{name}-{number}", url: str = url, body: Any = body) -> Any:
                return Client(raise_request_exception=False).post(
                    url,
                    json.dumps(body),
                    content_type="application/json",
                    headers={"Authorization": f"Bearer {secret}", "Idempotency-Key": key},
                )

            def state() -> tuple[int, int]:
                return model.objects.count(), Revision.objects.count()

            pages, revisions = state()
            answers = at_once(5, send)
            # Who was told to wait asks again, as a client does.
            answers.append(send(0))
            statuses.update(answer.status_code for answer in answers)
            now = state()
            effects[name].append(now[0] - pages if name in ("create", "copy") else now[1] - revisions)
            bodies.append(len({answer.content for answer in answers if answer.status_code < 300}))
    return {"effects": effects, "statuses": dict(statuses), "bodies": bodies}


def stale_writers(secret: str, page: int, goal: int) -> dict[str, int]:
    """Send four writes made for version 1 while somebody else's save holds the lock; return their answers."""
    from django.db import connections
    from django.test import Client

    from ai_cms.pages.services.locks import locked_page

    bodies: dict[str, Any] = {"move": {"parent": goal}, "reorder": {"order": []}, "copy": {}, "unpublish": {}}

    def send(name: str) -> int:
        try:
            return (
                Client(raise_request_exception=False)
                .post(
                    f"/api/pages/{page}/{name}/",
                    json.dumps(bodies[name]),
                    content_type="application/json",
                    headers={"Authorization": f"Bearer {secret}", "If-Match": '"v1"'},
                )
                .status_code
            )
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        with locked_page(page) as fresh:
            answers = {name: pool.submit(send, name) for name in bodies}
            # Long enough for all to have looked at the page and to wait; whoever is later sees the new version.
            time.sleep(1.5)
            fresh.title, fresh.version = "Theirs", fresh.version + 1
            fresh.save(update_fields=["title", "version"])
        return {name: answer.result() for name, answer in answers.items()}


def main() -> None:
    """Run a scenario on the SQLite file that the settings name; print its result as JSON."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings.base"
    import django

    django.setup()
    from django.contrib.auth import get_user_model
    from django.core.management import call_command
    from django.db import connection

    from ai_cms.core.tokens import create_token
    from ai_cms.pages import services

    call_command("migrate", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA journal_mode=WAL")
    user = get_user_model().objects.create_superuser("admin", "admin@example.com", "x")
    site = services.create_site(hostname="testserver")
    page = services.create_page(actor=user, parent=site.root, title="Page")
    _token, secret = create_token(user, scopes=["write", "publish"])
    if sys.argv[1:] == ["stale"]:
        goal = services.create_page(actor=user, parent=site.root, title="Goal")
        print(json.dumps(stale_writers(secret, page.pk, goal.pk)))
    else:
        print(json.dumps(repeated_writes(secret, page.pk, 5)))


if __name__ == "__main__":
    main()
