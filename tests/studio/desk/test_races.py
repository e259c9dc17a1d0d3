"""Two people, or two tabs of one, at the same moment."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from ai_cms.studio.exceptions import CommentClosed
from ai_cms.studio.models import Comment, Presence
from ai_cms.studio.services import add_comment, keep_present, resolve_thread

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def at_once(*works: Callable[[], Any]) -> list[Any]:
    """Do all ``works`` in threads that begin together; return what each gave, or raised."""
    gate = threading.Barrier(len(works))
    found: list[Any] = [None] * len(works)

    def run(number: int, work: Callable[[], Any]) -> None:
        gate.wait()
        try:
            found[number] = work()
        except Exception as error:
            found[number] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=item) for item in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def test_one_of_two_resolves_a_thread(tree: Any, superuser: Any) -> None:
    for _round in range(5):
        thread = add_comment(tree["ferns"], actor=superuser, body="Look here.").comment
        found = at_once(*[lambda thread=thread: resolve_thread(thread, actor=superuser)] * 4)
        assert [type(item) for item in found if isinstance(item, Exception)] == [CommentClosed] * 3


def test_answers_at_once_are_all_kept(tree: Any, superuser: Any) -> None:
    thread = add_comment(tree["ferns"], actor=superuser, body="Look here.").comment
    answers = [lambda: add_comment(tree["ferns"], actor=superuser, body="Yes.", parent=thread)] * 5
    assert [item for item in at_once(*answers) if isinstance(item, Exception)] == []
    assert Comment.objects.filter(parent=thread).count() == 5


def test_two_tabs_of_one_person_are_one_presence(tree: Any, superuser: Any) -> None:
    for _round in range(5):
        Presence.objects.all().delete()
        found = at_once(*[lambda: keep_present(tree["ferns"], actor=superuser, block_id="b-1")] * 4)
        assert found == [[], [], [], []]
        assert Presence.objects.count() == 1
