"""The pages of evidence in the admin."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from ai_cms.blocks.documents.provenance import make_provenance
from ai_cms.core.permissions import Actor
from ai_cms.evidence.models import Acceptance, Act, Undo
from ai_cms.evidence.seals import is_sealed
from ai_cms.pages import services

from .conftest import fresh, heading, text_of, update

pytestmark = pytest.mark.django_db
Pages = Callable[..., Any]


def url(name: str, *args: Any) -> str:
    return reverse(f"admin:ai_cms_evidence_{name}", args=args)


@pytest.fixture
def boss(client: Client, superuser: Any) -> Client:
    client.force_login(superuser)
    return client


def by_model(page: Any, actor: Actor, *operations: Any) -> None:
    provenance = make_provenance("model", model="m-1", call="41")
    services.apply_page_operations(fresh(page), list(operations), actor=actor, provenance=provenance)


def test_an_undo_is_chosen_looked_at_and_confirmed(
    boss: Client, page_factory: Pages, agent: Actor, person: Actor
) -> None:
    page = page_factory("Rye", heading("a", "mine"), heading("b", "mine"))
    services.apply_page_operations(fresh(page), [update("a", "robot"), update("b", "robot")], actor=agent)
    services.apply_page_operations(fresh(page), [update("b", "person")], actor=person)
    listed = boss.get(url("act_changelist")).content.decode()
    assert "Take back what an agent did" in listed and f"{url('act_undo')}?agent=Robo" in listed
    asked = boss.get(url("act_undo"), {"agent": "Robo"}).content.decode()
    assert 'value="Robo"' in asked
    assert "Name an agent, a run" in boss.post(url("act_undo"), {}).content.decode()
    shown = boss.post(url("act_undo"), {"agent": "Robo"})
    assert shown.context["plan"]["counts"]["partly"] == 1 and text_of(page, "a") == "robot"
    digest = shown.context["plan"]["digest"]
    # Somebody works on it meanwhile: what would be done is shown anew.
    services.apply_page_operations(fresh(page), [update("a", "person")], actor=person)
    again = boss.post(url("act_undo"), {"agent": "Robo", "digest": digest})
    assert again.status_code == 200 and again.context["plan"]["digest"] != digest and not Undo.objects.exists()
    done = boss.post(url("act_undo"), {"agent": "Robo", "digest": again.context["plan"]["digest"]}, follow=True)
    assert "1 act was taken back." in done.content.decode() and done.redirect_chain[0][0] == url(
        "undo_change", Undo.objects.get().pk
    )
    assert boss.get(url("undo_changelist")).status_code == 200
    nothing = boss.post(url("act_undo"), {"agent": "Robo"}).content.decode()
    assert "There is nothing to take back" in nothing


def test_the_admin_shows_what_one_may_see(client: Client, editor: Any, page_factory: Pages, agent: Actor) -> None:
    page = page_factory("Rye", heading("a", "mine"))
    services.apply_page_operations(fresh(page), [update("a", "robot")], actor=agent)
    client.force_login(editor)
    assert client.get(url("act_changelist")).context["cl"].result_count == 0
    assert client.get(url("acceptance_dossier", page.pk)).status_code == 404
    assert client.get(url("act_change", Act.objects.get().pk)).status_code in (302, 403, 404)
    editor.user_permissions.add(Permission.objects.get(codename="undo_acts"))
    assert client.get(url("act_changelist")).context["cl"].result_count == 1
    assert client.get(url("act_change", Act.objects.get().pk)).status_code == 200
    assert client.post(url("act_change", Act.objects.get().pk), {}).status_code == 403
    client.logout()
    assert client.get(url("act_undo")).status_code == 302


def test_a_dossier_is_read_answered_for_and_taken_along(
    boss: Client, page_factory: Pages, agent: Actor, person: Actor
) -> None:
    page = page_factory("Rye", heading("a", "mine"))
    by_model(page, agent, {"op": "insert", "block": heading("m", "By a model")})
    services.publish_page(fresh(page), actor=person)
    shown = boss.get(url("acceptance_dossier", page.pk)).content.decode()
    assert "nobody answers for it" in shown and url("acceptance_answer", page.pk) in shown
    waiting = boss.get(url("acceptance_answer", page.pk))
    body = {"shown": waiting.context["waiting"]["shown_digest"], "block": ["m"]}
    assert (
        "another text"
        in boss.post(url("acceptance_answer", page.pk), {**body, "shown": "0"}, follow=True).content.decode()
    )
    assert (
        "You answer for it from now on"
        in boss.post(url("acceptance_answer", page.pk), body, follow=True).content.decode()
    )
    kept = Acceptance.objects.get()
    assert boss.get(url("acceptance_change", kept.pk)).context["record"]["shown_confirmed"] is True
    assert boss.get(url("acceptance_change", "x")).status_code == 404
    assert "Nothing waits" in boss.get(url("acceptance_answer", page.pk)).content.decode()
    record = boss.get(url("acceptance_json", page.pk))
    assert "attachment" in record["Content-Disposition"] and is_sealed(json.loads(record.content))
    assert boss.get(url("acceptance_dossier", page.pk), {"draft": "1"}).status_code == 200
    assert (
        url("acceptance_dossier", page.pk)
        in boss.get(
            reverse(f"admin:{page._meta.app_label}_{page._meta.model_name}_change", args=[page.pk])
        ).content.decode()
    )
    assert boss.get(url("acceptance_changelist")).status_code == 200


def test_a_decision_in_the_admin_says_what_was_shown(boss: Client, page_factory: Pages, person: Actor) -> None:
    page = page_factory("Rye", heading("a", "mine"))
    proposal = services.create_proposal(
        page, [update("a", "model")], actor=person, provenance=make_provenance("model", model="m-1", call="41")
    )
    shown = boss.get(reverse("admin:ai_cms_pages_proposal_change", args=[proposal.pk])).context["shown"]
    boss.post(reverse("admin:ai_cms_pages_proposal_accept", args=[proposal.pk]), {"_all": "1", "shown": shown})
    kept = Acceptance.objects.get()
    assert kept.shown_to_person == kept.shown_digest == shown


def test_the_report_is_shown_filtered_and_taken_as_csv(
    boss: Client, page_factory: Pages, agent: Actor, person: Actor
) -> None:
    assert "No model has written anything here" in boss.get(url("acceptance_report")).content.decode()
    page = page_factory("Rye")
    by_model(page, agent, {"op": "insert", "block": heading("m", "By a model")})
    services.publish_page(fresh(page), actor=person)
    shown = boss.get(url("acceptance_report"), {"model": "m-1", "unreviewed": "on"})
    assert shown.context["summary"]["unreviewed"] == 1 and shown.context["share"] == 100.0
    assert b"By a model" in b"".join(boss.get(url("acceptance_csv"), {"model": "m-1"}))  # type: ignore[arg-type]
    assert boss.get(url("acceptance_report"), {"below": "x"}).context["form"].errors
    assert boss.get(url("acceptance_csv"), {"below": "x"}).status_code == 302
