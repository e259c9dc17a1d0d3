"""Kill a process before each of its statements in turn: ``python -m tests.stress.kill_points``.

Every verb is done in a child process that kills itself before its first statement, then in one before its second, and
so on to the COMMIT. After each the database must be as it was. The last child comes to its end and must have written
nothing behind its COMMIT, so that a kill there finds everything done.
Prints ``{verb: {"points": …, "wrong": […]}}``.
"""

from __future__ import annotations

import json
import os
import signal
import traceback
from collections.abc import Callable
from hashlib import blake2b
from typing import Any

import django

django.setup()

from django.db import connection  # noqa: E402

from ai_cms.core.permissions import Actor  # noqa: E402
from ai_cms.pages import get_page_model, services  # noqa: E402
from tests.stress.validator import broken_invariants  # noqa: E402

ACTOR = Actor.system("stress")
TABLES = ("page", "revision", "element", "publication", "publicationfacet", "redirect", "site")
#: How a child ends that would have been killed with only a part of its writes.
WROTE_AFTER_COMMIT = 3
Page: Any = get_page_model()


def state() -> str:
    """Return a hash of every row that a verb may touch."""
    found = blake2b(digest_size=16)
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(f"SELECT * FROM ai_cms_pages_{table} ORDER BY id")
            for row in cursor.fetchall():
                found.update(repr(row).encode())
    return found.hexdigest()


class Countdown:
    """Kill this process before statement number ``number``, of which COMMIT is one."""

    def __init__(self, number: int) -> None:
        self.left = number
        self.committed = False

    def tick(self) -> None:
        self.left -= 1
        if not self.left:
            os.kill(os.getpid(), signal.SIGKILL)

    def execute(self, execute: Callable[..., Any], sql: Any, *arguments: Any) -> Any:
        self.tick()
        if self.committed and str(sql).lstrip().upper().startswith(("INSERT", "UPDATE", "DELETE")):
            os._exit(WROTE_AFTER_COMMIT)
        return execute(sql, *arguments)

    def run(self, work: Callable[[], Any]) -> None:
        database: Any = connection
        database.ensure_connection()
        commit = database._commit

        def counted() -> None:
            self.tick()
            commit()
            self.committed = True

        database._commit = counted
        with connection.execute_wrapper(self.execute):
            work()


def in_child(work: Callable[[], Any], number: int) -> int:
    """Do ``work`` in a process that is killed at its point ``number``; return its status, 0 if it came to its end."""
    # A connection must not be shared with a child.
    connection.close()
    child = os.fork()
    if not child:
        try:
            Countdown(number).run(work)
            connection.close()
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def try_everywhere(work: Callable[[], Any]) -> dict[str, Any]:
    """Kill ``work`` at each of its points; tell how many there were and where something was left half."""
    wrong: list[str] = []
    before = state()
    number = 1
    while (status := in_child(work, number)) == -signal.SIGKILL:
        if state() != before:
            wrong.append(f"point {number} left a change")
            before = state()
        number += 1
    if status:
        wrong.append("wrote after its COMMIT" if status == WROTE_AFTER_COMMIT else f"ended with {status}")
    wrong += broken_invariants()
    return {"points": number - 1, "done": state() != before, "wrong": wrong}


def main() -> None:
    root: Any = services.create_site(hostname="kill.example", title="Kill").root
    here, there = (
        services.create_page(actor=ACTOR, parent=root, title=title, publish=True) for title in ("Here", "There")
    )
    content = [{"type": "heading", "props": {"text": "Words"}}]
    page = services.create_page(actor=ACTOR, parent=here, title="Page", content=content, publish=True)
    for title in ("One", "Two"):
        services.create_page(actor=ACTOR, parent=page, title=title, content=content, publish=True)

    def fresh() -> Any:
        return Page.all_objects.get(pk=page.pk)

    changed = [{"type": "heading", "props": {"text": "Other words"}}]
    verbs: dict[str, Callable[[], Any]] = {
        "create": lambda: services.create_page(actor=ACTOR, parent=here, title="New", content=content, publish=True),
        "update": lambda: services.update_page(fresh(), actor=ACTOR, fields={"title": "Changed"}, content=changed),
        "publish": lambda: services.publish_page(fresh(), actor=ACTOR),
        "rename": lambda: services.update_page(fresh(), actor=ACTOR, slug="renamed"),
        "move": lambda: services.move_page(fresh(), there, actor=ACTOR),
        "copy": lambda: services.copy_page(fresh(), here, actor=ACTOR, recursive=True),
        "unpublish": lambda: services.unpublish_page(fresh(), actor=ACTOR),
        "delete": lambda: services.delete_page(fresh(), actor=ACTOR),
        "restore": lambda: services.restore_page(fresh(), actor=ACTOR),
    }
    print(json.dumps({name: try_everywhere(verb) for name, verb in verbs.items()}))


if __name__ == "__main__":
    main()
