"""Undoing a run while people go on working: nobody waits for ever, and nothing that is typed is lost."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import connection

from ai_cms.core.permissions import Actor
from ai_cms.evidence.undo.selection import Selection
from ai_cms.evidence.undo.service import undo_acts
from ai_cms.pages import get_page_model, services
from ai_cms.pages.treecheck import check_tree
from tests.conftest import make_user

from .conftest import heading, update

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def test_people_work_while_a_run_is_undone() -> None:
    user = make_user("admin", is_staff=True, is_superuser=True)
    person, agent = Actor.of(user), Actor(user=user, via="agent", label="Robo")
    site = services.create_site(hostname="testserver", name="Test site", title="Home")
    pages = [
        services.create_page(
            actor=person, parent=site.root, title=f"Page {number}", content=[heading("a"), heading("b")], publish=True
        )
        for number in range(5)
    ]
    model = get_page_model()
    for number, page in enumerate(pages):
        services.apply_page_operations(model.objects.get(pk=page.pk), [update("a", "robot")], actor=agent)
        services.publish_page(model.objects.get(pk=page.pk), actor=agent)
        if number:
            services.move_page(model.objects.get(pk=page.pk), pages[0], actor=agent)
    wrong: list[BaseException] = []
    start = threading.Barrier(4)
    typed: dict[tuple[int, str], str] = {}

    def work(number: int) -> None:
        try:
            start.wait(30)
            for turn in range(6):
                page = pages[(number + turn) % len(pages)]
                text = f"person {number} {turn}"
                block = {"op": "insert", "block": heading(f"p{number}x{turn}", text)}
                services.apply_page_operations(model.objects.get(pk=page.pk), [block], actor=person)
                typed[page.pk, f"p{number}x{turn}"] = text
                if turn % 2:
                    services.publish_page(model.objects.get(pk=page.pk), actor=person)
                else:
                    services.create_page(
                        actor=person, parent=model.objects.get(pk=page.pk), title=f"New {number} {turn}"
                    )
        except BaseException as error:
            wrong.append(error)
        finally:
            connection.close()

    def undo() -> None:
        try:
            start.wait(30)
            undo_acts(Selection(agent="Robo"), actor=person)
        except BaseException as error:
            wrong.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(3)] + [threading.Thread(target=undo)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert wrong == [] and not any(thread.is_alive() for thread in threads)
    for (pk, block), text in typed.items():
        found: Any = model.objects.get(pk=pk).content_json.find(block)
        assert found is not None and found["props"]["text"] == text
    assert [model.objects.get(pk=page.pk).content_json.find("a")["props"]["text"] for page in pages] == ["a"] * 5
    assert [model.objects.get(pk=page.pk).parent_id for page in pages] == [site.root_id] * 5
    assert list(check_tree()) == [] and model.objects.filter(title__startswith="New").count() == 9
