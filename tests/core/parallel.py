"""Scenarios with real threads, run inside a test on PostgreSQL and in a process of their own on a SQLite file."""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any


def at_once(number: int, work: Callable[[int], Any]) -> list[Any]:
    """Return what ``number`` threads return that begin together."""
    from django.db import connections

    barrier = Barrier(number)

    def run(index: int) -> Any:
        try:
            barrier.wait(10)
            return work(index)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(number) as pool:
        return list(pool.map(run, range(number)))


def idempotent_writes(secret: str, rounds: int) -> dict[str, Any]:
    """Send the same request five times at once, with a fresh key each round; count effects and answers."""
    from django.test import Client

    from ai_cms.core.models import RuntimeFlag

    effects: list[int] = []
    statuses: Counter[int] = Counter()
    replayed = 0
    for number in range(rounds):
        RuntimeFlag.objects.all().delete()

        def send(index: int, key: str = f"round-{number}") -> Any:
            return Client(raise_request_exception=False).post(
                "/t/write/",
                b"{}",
                content_type="application/json",
                headers={"Authorization": f"Bearer {secret}", "Idempotency-Key": key},
            )

        answers = at_once(5, send)
        # Who was told to wait asks again, as a client does.
        answers.append(send(0))
        effects.append(RuntimeFlag.objects.count())
        statuses.update(answer.status_code for answer in answers)
        replayed += sum("Idempotency-Replayed" in answer.headers for answer in answers)
        bodies = {answer.content for answer in answers if answer.status_code == 201}
        assert len(bodies) == 1, bodies
    return {"effects": effects, "statuses": dict(statuses), "replayed": replayed}


def limited(number: int, limit: int) -> dict[str, Any]:
    """Ask a limit ``number`` times at once."""
    from ai_cms.core.exceptions import LimitExceeded
    from ai_cms.core.limits import check_limit

    def ask(index: int) -> bool:
        try:
            check_limit("parallel", "someone", limit, 60)
        except LimitExceeded:
            return False
        return True

    return {"served": sum(at_once(number, ask))}


def main() -> None:
    """Run a scenario on the SQLite file named by AI_CMS_TEST_FILE; print its result as JSON."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.core.file_settings")
    import django

    django.setup()
    from django.contrib.auth import get_user_model
    from django.core.management import call_command

    from ai_cms.core.tokens import create_token

    call_command("migrate", verbosity=0)
    user = get_user_model().objects.create_user("someone")
    _token, secret = create_token(user, scopes=["write"])
    if sys.argv[1] == "idempotency":
        print(json.dumps(idempotent_writes(secret, 10)))
    else:
        print(json.dumps(limited(40, 5)))


if __name__ == "__main__":
    main()
