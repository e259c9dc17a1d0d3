"""Texts proposed for all pictures that lack one: by command, REST and the admin's button; stopped, gone on with, paid for."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone

from ai_cms.assets import get_image_model
from ai_cms.assets.services import accept_alt_text, refuse_alt_text, update_asset
from ai_cms.assist.alt_texts import ASKING_SECONDS, HANDLER, propose_alt_texts, state_of, waiting
from ai_cms.assist.assets import suggest_alt_text
from ai_cms.assist.pictures import seen
from ai_cms.core.permissions import Actor
from ai_cms.llm.exceptions import LLMUnavailable
from ai_cms.llm.handler import llms
from ai_cms.llm.models import AILog, Run
from ai_cms.llm.runs.services import cancel_run
from tests.assets.conftest import client_of as client_of
from tests.assets.conftest import media as media
from tests.assets.conftest import uploaded
from tests.assets.pictures import jpeg
from tests.conftest import make_user

pytestmark = pytest.mark.django_db
TESTING = {"default": {"BACKEND": "ai_cms.llm.backends.testing.TestingBackend", "MODEL": "m-1"}}


def pictures(owner: Any, count: int) -> list[Any]:
    return [uploaded(owner, jpeg(90 + number, 60), f"IMG_{number}.jpg") for number in range(count)]


def texts() -> list[str]:
    rows = get_image_model().objects.non_polymorphic().order_by("-pk")
    return [row.alt_suggestion.get("text", "") for row in rows]


def answers(count: int) -> Any:
    backend: Any = llms["default"]
    backend.script(*[json.dumps({"alt": f"Loaf {number}"}) for number in range(1, count + 1)])
    return backend


@pytest.fixture(autouse=True)
def testing(settings: Any) -> None:
    settings.AI_CMS = {"LLM": TESTING, "LLM_CREDITS": False, "RUNNER": "inline"}


def test_every_picture_without_a_text_gets_a_proposal_and_no_text(member: Any) -> None:
    one, two, three, four = pictures(member, 4)
    update_asset(one, actor=member, alt="A loaf")
    update_asset(two, actor=member, decorative=True)
    theirs = uploaded(make_user("other"), jpeg(70, 70))
    answers(2)
    watched: list[tuple[int, int, int]] = []
    report = propose_alt_texts(
        member, on_picture=lambda report, image: watched.append((report.done, report.total, image.pk))
    )
    assert (report.total, report.proposed, report.failed, report.stopped) == (2, 2, 0, "")
    assert watched == [(1, 2, four.pk), (2, 2, three.pk)]
    rows = {row.pk: row for row in get_image_model().objects.non_polymorphic()}
    assert [rows[pk].alt for pk in (three.pk, four.pk, theirs.pk)] == ["", "", ""]
    assert rows[four.pk].alt_suggestion["text"] == "Loaf 1"
    assert rows[four.pk].alt_suggestion["model"] == "m-1"
    assert rows[theirs.pk].alt_suggestion == {}
    # Decided on: neither is asked about again.
    accept_alt_text(get_image_model().objects.get(pk=four.pk), actor=member, text="A round loaf")
    refuse_alt_text(get_image_model().objects.get(pk=three.pk), actor=member)
    assert propose_alt_texts(member).total == 0
    answers(1)
    assert propose_alt_texts(member, again=True).proposed == 1


def test_it_stops_when_credits_end_and_goes_on_where_it_ended(member: Any, settings: Any) -> None:
    from ai_cms.llm.credits.ledger import grant_credits

    settings.AI_CMS = {
        "LLM": TESTING,
        "RUNNER": "inline",
        "LLM_ALLOWANCES": {"free": {"text": 0}},
        "LLM_TOKENS_PER_CREDIT": 1000,
    }
    pictures(member, 4)
    grant_credits(actor=Actor.system(), user=member, kind="text", credits=3, note="test")
    backend = answers(4)
    report = propose_alt_texts(member)
    assert report.stopped == "credits"
    assert 0 < report.proposed < 4
    assert report.detail
    assert len([text for text in texts() if text]) == report.proposed
    # Nobody holds the picture that could not be paid for.
    assert waiting(member).count() == 4 - report.proposed
    assert len(backend.requests) == report.proposed
    grant_credits(actor=Actor.system(), user=member, kind="text", credits=100, note="test")
    again = propose_alt_texts(member)
    assert (again.proposed, again.stopped) == (4 - report.proposed, "")
    assert sorted(texts()) == [f"Loaf {number}" for number in range(1, 5)]
    assert AILog.objects.filter(user=member).count() == 4


def test_what_one_picture_meets_is_its_own_and_what_all_meet_ends_the_run(member: Any) -> None:
    pictures(member, 3)
    backend: Any = llms["default"]
    backend.script(
        # An answer that does not fit is asked for once more.
        json.dumps({"alt": " "}),
        json.dumps({"alt": " "}),
        json.dumps({"alt": "A loaf"}),
        LLMUnavailable(reason="away", retryable=False),
    )
    report = propose_alt_texts(member)
    assert (report.failed, report.proposed, report.stopped) == (1, 1, "unavailable")
    assert texts() == ["", "A loaf", ""]
    assert waiting(member).count() == 1
    assert waiting(member, again=True).count() == 2


def test_two_runs_never_ask_about_the_same_picture(member: Any) -> None:
    one, two = pictures(member, 2)
    rows = get_image_model().objects.non_polymorphic()
    now = int(timezone.now().timestamp())
    rows.filter(pk=one.pk).update(alt_suggestion={"asked": now})
    rows.filter(pk=two.pk).update(alt_suggestion={"asked": now - ASKING_SECONDS - 1})
    backend = answers(1)
    # Whoever asked about the second is gone.
    assert propose_alt_texts(member).proposed == 1
    assert len(backend.requests) == 1
    assert texts() == ["Loaf 1", ""]


def test_a_text_that_a_person_wrote_meanwhile_is_left_alone(member: Any) -> None:
    [image] = pictures(member, 1)
    stale = get_image_model().objects.get(pk=image.pk)
    update_asset(image, actor=member, alt="Mine")
    answers(1)
    suggest_alt_text(stale, actor=member)
    assert get_image_model().objects.get(pk=image.pk).alt_suggestion == {}


def test_over_rest(member: Any, client_of: Any, client: Any) -> None:
    pictures(member, 3)
    answers(3)
    api = client_of(member)
    found = api.get("/api/ai/alt-texts/").json()
    assert found == {"waiting": 3, "proposed": 0, "run": None}
    response = api.post("/api/ai/alt-texts/", {"limit": 2}, format="json")
    assert response.status_code == 202
    run = response.json()
    assert (run["finished"], run["done"], run["total"], run["stopped"]) == (True, 2, 2, "")
    assert run["events"].endswith("/events/")
    found = api.get("/api/ai/alt-texts/").json()
    assert (found["waiting"], found["proposed"], found["run"]["proposed"]) == (1, 2, 2)
    events = Run.objects.get(pk=run["run"]).events.filter(type="picture")
    assert [event.data["done"] for event in events.order_by("seq")] == [1, 2]
    assert api.get("/api/assets/?alt_proposal=true").json()["count"] == 2
    assert api.post("/api/ai/alt-texts/", {"limit": 0}, format="json").status_code == 400
    assert client.get("/api/ai/alt-texts/").status_code == 401
    assert client_of(make_user("other")).get("/api/ai/alt-texts/").json() == {"waiting": 0, "proposed": 0, "run": None}


def test_a_stopped_run_keeps_what_it_has(member: Any) -> None:
    pictures(member, 3)
    backend = answers(3)
    run = Run.objects.create(handler=HANDLER, user=member, payload={}, via="rest", request_hash="x")

    class Stopping:
        def __call__(self, report: Any, image: Any) -> None:
            from ai_cms.llm.exceptions import LLMCancelled

            raise LLMCancelled(reason="stopped")

    from ai_cms.llm.exceptions import LLMCancelled

    with pytest.raises(LLMCancelled):
        propose_alt_texts(member, on_picture=Stopping())
    assert (len(backend.requests), waiting(member).count()) == (1, 2)
    cancel_run(run, actor=member)
    assert state_of(Run.objects.get(pk=run.pk))["stopped"] == "cancelled"
    assert propose_alt_texts(member).proposed == 2


def test_by_command(member: Any) -> None:
    pictures(member, 2)
    answers(2)
    out = io.StringIO()
    call_command("propose_alt_texts", user=member.get_username(), limit=1, json=True, stdout=out)
    assert json.loads(out.getvalue())["proposed"] == 1
    out = io.StringIO()
    call_command("propose_alt_texts", stdout=out)
    assert "1 texts proposed, 0 without one, of 1." in out.getvalue()
    for options in ({"user": "nobody"}, {"limit": 0}):
        with pytest.raises(CommandError):
            call_command("propose_alt_texts", **options)


def test_the_button_of_the_admin(client: Any, superuser: Any) -> None:
    client.force_login(superuser)
    queue = reverse("admin:ai_cms_assets_asset_queue")
    one, _two = pictures(superuser, 2)
    answers(2)
    html = client.get(queue).content.decode()
    assert "Have texts proposed for 2 pictures" in html
    html = client.post(reverse("admin:ai_cms_assist_writingrun_alt_texts"), follow=True).content.decode()
    assert "The last run proposed 2 texts." in html
    assert "A text has been proposed for every picture" in html
    assert "Loaf 1</textarea>" in html
    client.post(queue, {f"refuse-{one.pk}": "1"})
    assert "Ask again about 1 picture" in client.get(queue).content.decode()
    run = Run.objects.get(handler=HANDLER)
    state = client.get(reverse("admin:ai_cms_assist_writingrun_alt_texts_state", args=[run.pk])).json()
    assert (state["done"], state["finished"]) == (2, True)
    # One that is not over is watched and can be stopped.
    Run.objects.filter(pk=run.pk).update(status="running", result=None, finished_at=None)
    html = client.get(queue).content.decode()
    assert "Pictures asked about: 2 of 2" in html
    client.post(reverse("admin:ai_cms_assist_writingrun_alt_texts_cancel", args=[run.pk]))
    assert Run.objects.get(pk=run.pk).cancel_requested
    staff = make_user("staff", is_staff=True)
    client.force_login(staff)
    assert client.get(reverse("admin:ai_cms_assist_writingrun_alt_texts_state", args=[run.pk])).status_code == 404
    assert Actor.system("x").is_system


def test_a_picture_of_a_page_is_shown_to_whoever_may_see_it(member: Any) -> None:
    image = pictures(member, 1)[0]
    found = seen(f"asset:{image.pk}", Actor.of(member))
    assert found is not None
    assert found.mime in ("image/webp", "image/jpeg", "image/png")
    assert found.data
    for source, who in (
        (f"asset:{image.pk}", Actor.of(make_user("other"))),
        (f"asset:{image.pk + 1}", Actor.of(member)),
        ("asset:x", Actor.of(member)),
        (f"/media/{image.pk}.jpg", Actor.of(member)),
    ):
        assert seen(source, who) is None
