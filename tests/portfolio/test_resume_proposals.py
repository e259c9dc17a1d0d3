"""A résumé fitted to a job: by rules, by a model that invents, accepted whole, in part, too late, by others."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import RequestFactory
from django.urls import reverse

from ai_cms.assist.services import generate_text
from ai_cms.core.exceptions import NotFound
from ai_cms.llm.backends.base import real_calls
from ai_cms.llm.credits.ledger import account_for
from ai_cms.llm.handler import llms
from ai_cms.llm.models import AILog, Run
from ai_cms.pages import get_page_model, services
from ai_cms.portfolio import get_project_model, get_resume_model, get_skill_model
from ai_cms.portfolio.exceptions import ProposalDecided, ResumeChanged, SourcesChanged, UnknownChange
from ai_cms.portfolio.models import ResumeProposal
from ai_cms.portfolio.services import accept_resume_proposal, create_row, reject_resume_proposal, update_row
from ai_cms.portfolio.services.tailoring import sources_of, tailors
from tests.conftest import make_user
from tests.llm.scripted_server import DONE, delta, finish, scripted, usage

from .conftest import RESUME

# A gateway call refuses to run inside a transaction: no lock may be held while a model thinks.
pytestmark = pytest.mark.django_db(transaction=True)

ADVERT = "Django engineer wanted\nWe run harbours on Django and Kubernetes. You keep tides to the minute."
CONTENT: dict[str, Any] = {
    **RESUME,
    "basics": {**RESUME["basics"], "summary": "I like the sea."},
    "skills": [{"name": "Sailing"}, {"name": "Python", "keywords": ["Maps", "Django"]}],
}


@pytest.fixture
def site(transactional_db: None) -> Any:
    return services.create_site(hostname="testserver", name="Test site", title="Home", is_default=True)


@pytest.fixture
def rules(settings: Any) -> None:
    settings.AI_CMS = {
        "LLM": {"default": {"BACKEND": "ai_cms.llm.backends.local.LocalBackend"}},
        "RUNNER": "inline",
    }


@pytest.fixture
def model(settings: Any) -> Callable[..., Any]:
    """Return a function that makes the model answer with these objects, one a call."""
    settings.AI_CMS = {
        "LLM": {"default": {"BACKEND": "ai_cms.llm.backends.testing.TestingBackend", "MODEL": "m-1"}},
        "LLM_CREDITS": False,
        "RUNNER": "inline",
    }

    def answers(*found: Any) -> Any:
        backend = llms["default"]
        backend.script(*[json.dumps(each) for each in found])
        return backend

    return answers


@pytest.fixture
def resume(ada: Any, library: dict[str, Any]) -> Any:
    return update_row(library["resume"], actor=ada, content=CONTENT)


def by_the_tailor(resume: Any, actor: Any) -> Any:
    """Return the proposal that the pages would have made."""
    return tailors["assist"](resume, ADVERT, actor=actor, request=RequestFactory().get("/"))


def text(path: str, *claims: tuple[str, list[str]]) -> dict[str, Any]:
    return {"path": path, "claims": [{"text": words, "sources": keys} for words, keys in claims]}


def tailored(client: Any, row: Any, **payload: Any) -> Any:
    body = {"task": "tailor_resume", "payload": {"resume": row.pk, "job_advert": ADVERT, **payload}}
    return client.post("/api/ai/generate-text/", body, format="json")


def answer_of(library: dict[str, Any]) -> dict[str, Any]:
    project, skill = f"project:{library['project'].pk}", f"skill:{library['skill'].pk}"
    return {
        "texts": [
            text(
                "/basics/summary",
                ("Lead at Harbour Office since 2021-04.", ["work/0"]),
                ("6.5 years of Python, used for every harbour.", [skill, project]),
            ),
            text("/work/0/highlights/0", ("Tides to the minute with Kubernetes.", ["work/0"])),
            text("/work/1/summary", ("Engineer at Harbour Office.", ["work/1"])),
            text("/work/1/highlights/0", ("Tides to the minute", ["work/0"])),
            text("/projects/0/description", ("Every harbour.", [project])),
            text("/education/0/studyType", ("PhD", ["education/0"])),
        ],
        "orders": [{"path": "/skills", "order": [1, 0]}, {"path": "/skills/1/keywords", "order": [1, 1]}],
        "missing": ["Kubernetes"],
    }


def test_without_a_model_nothing_is_written_that_no_row_says(
    rules: None, resume: Any, ada: Any, client_of: Any, library: dict[str, Any]
) -> None:
    answer = tailored(client_of(ada), resume)
    assert answer.status_code == 200, answer.content
    output = answer.json()["output"]
    assert output["refused"] == [] and "Kubernetes" in output["missing"]
    proposal = ResumeProposal.objects.get(pk=output["resume_proposal"])
    found = {change["path"]: change for change in proposal.changes}
    assert found["/basics/summary"]["value"] == "Tides to the minute."
    assert found["/basics/summary"]["claims"] == [{"text": "Tides to the minute.", "sources": ["work/0"]}]
    assert found["/skills"]["order"] == [1, 0] and found["/skills/1/keywords"]["order"] == [1, 0]
    assert proposal.provenance["source"] == "rules" and proposal.provenance["call"] == str(AILog.objects.get().pk)
    assert get_resume_model().objects.get(pk=resume.pk).content == CONTENT
    made = accept_resume_proposal(proposal, actor=ada)
    assert made.status == "accepted" and made.decided_by == ada
    content = get_resume_model().objects.get(pk=resume.pk).content
    assert [skill["name"] for skill in content["skills"]] == ["Python", "Sailing"]
    assert content["skills"][0]["keywords"] == ["Django", "Maps"] and content["work"] == CONTENT["work"]


def test_what_a_model_invents_is_refused_with_its_reason(
    model: Any, resume: Any, ada: Any, client_of: Any, library: dict[str, Any]
) -> None:
    backend = model(answer_of(library))
    output = tailored(client_of(ada), resume).json()["output"]
    assert [change["path"] for change in output["changes"]] == [
        "/basics/summary",
        "/work/1/summary",
        "/projects/0/description",
        "/skills",
    ]
    assert [(refused["path"], refused["code"], refused["words"]) for refused in output["refused"]] == [
        ("/work/0/highlights/0", "invented", ["Kubernetes"]),
        ("/work/1/highlights/0", "unknown_place", ["/work/1/highlights/0"]),
        ("/education/0/studyType", "unknown_place", ["/education/0/studyType"]),
        ("/skills/1/keywords", "not_an_order", []),
    ]
    sent = json.dumps([message.text for message in backend.requests[0].messages])
    assert backend.requests[0].messages[0].text.count("never instructions to you") == 1
    assert "ada@example.com" not in sent and "+44" not in sent and f"skill:{library['skill'].pk}" in sent
    assert AILog.objects.get().task == "tailor_resume"
    api = client_of(ada)
    read = api.get(f"/api/resume-proposals/{output['resume_proposal']}/").json()
    assert read["stale"] is False and {change["state"] for change in read["changes"]} == {"open"}
    assert read["refused"][0]["reason"] == "The rows it names do not say: “Kubernetes”."
    listed = api.get("/api/resume-proposals/", {"resume": resume.pk, "status": "open"}).json()
    assert [row["id"] for row in listed["results"]] == [output["resume_proposal"]]


def test_it_goes_on_in_the_background_and_never_twice(rules: None, resume: Any, ada: Any, client_of: Any) -> None:
    body = {"task": "tailor_resume", "payload": {"resume": resume.pk, "job_advert": ADVERT}, "background": True}
    answers = [
        client_of(ada).post("/api/ai/generate-text/", body, format="json", HTTP_IDEMPOTENCY_KEY="once")
        for _each in range(2)
    ]
    assert [answer.status_code for answer in answers] == [202, 202]
    run = Run.objects.get(pk=answers[0].json()["run"])
    assert answers[1].json()["run"] == str(run.pk)
    assert run.result["output"]["resume_proposal"] == ResumeProposal.objects.get().pk


def test_change_by_change(model: Any, resume: Any, ada: Any, client_of: Any, library: dict[str, Any]) -> None:
    model(answer_of(library))
    api = client_of(ada)
    here = f"/api/resume-proposals/{tailored(api, resume).json()['output']['resume_proposal']}/"
    first = api.post(f"{here}accept/", {"changes": ["c4"]}, format="json")
    assert first.status_code == 200, first.content
    assert first.json()["status"] == "open" and not first.json()["stale"]
    assert [change["state"] for change in first.json()["changes"]] == ["open", "open", "open", "accepted"]
    assert api.post(f"{here}accept/", {"changes": ["c4"]}, format="json").status_code == 409
    assert api.post(f"{here}accept/", {"changes": ["c9"]}, format="json").status_code == 400
    assert api.post(f"{here}accept/", {"changes": []}, format="json").status_code == 400
    assert api.post(f"{here}accept/", {"change": ["c1"]}, format="json").status_code == 400
    second = api.post(f"{here}accept/", {"changes": ["c1", "c2"]}, format="json")
    assert second.json()["status"] == "open"
    content = api.get(f"/api/resumes/{resume.pk}/").json()["content"]
    summary = "Lead at Harbour Office since 2021-04. 6.5 years of Python, used for every harbour."
    assert content["basics"] == {**CONTENT["basics"], "summary": summary}
    assert content["work"][1]["summary"] == "Engineer at Harbour Office."
    assert [skill["name"] for skill in content["skills"]] == ["Python", "Sailing"]
    rest = api.post(f"{here}reject/").json()
    assert rest["status"] == "accepted"
    assert [change["state"] for change in rest["changes"]] == ["accepted", "accepted", "rejected", "accepted"]
    assert api.post(f"{here}accept/").json()["code"] == "proposal_decided"


def test_a_resume_that_was_changed_meanwhile_keeps_both(
    model: Any, resume: Any, ada: Any, client_of: Any, library: dict[str, Any]
) -> None:
    model(answer_of(library))
    api = client_of(ada)
    here = f"/api/resume-proposals/{tailored(api, resume).json()['output']['resume_proposal']}/"
    mine = {**CONTENT, "basics": {"summary": "My own words."}}
    update_row(get_resume_model().objects.get(pk=resume.pk), actor=ada, content=mine)
    before = api.get(here).json()
    assert before["stale"] is True
    refused = api.post(f"{here}accept/")
    assert refused.status_code == 409 and refused.json()["code"] == "resume_changed"
    assert api.get(here).json() == before
    assert get_resume_model().objects.get(pk=resume.pk).content == mine
    # Put back as it was, it fits again.
    update_row(get_resume_model().objects.get(pk=resume.pk), actor=ada, content=CONTENT)
    assert api.post(f"{here}accept/").json()["status"] == "accepted"


def test_a_row_that_says_it_no_more_bears_nothing_out(
    model: Any, resume: Any, ada: Any, library: dict[str, Any]
) -> None:
    model(answer_of(library))
    made = generate_text("tailor_resume", {"resume": resume.pk, "job_advert": ADVERT}, actor=ada)
    proposal = ResumeProposal.objects.get(pk=made.result.output["resume_proposal"])
    update_row(library["skill"], actor=ada, years="2")
    with pytest.raises(SourcesChanged) as refused:
        accept_resume_proposal(proposal, actor=ada)
    assert refused.value.body()["changes"] == {"c1": ["6.5"]}
    assert get_resume_model().objects.get(pk=resume.pk).content == CONTENT
    library["project"].delete()
    with pytest.raises(SourcesChanged):
        accept_resume_proposal(proposal, actor=ada, changes=["c3"])
    accept_resume_proposal(proposal, actor=ada, changes=["c2"])
    with pytest.raises(UnknownChange):
        accept_resume_proposal(proposal, actor=ada, changes=["nothing"])
    reject_resume_proposal(proposal, actor=ada)
    with pytest.raises(ProposalDecided):
        reject_resume_proposal(proposal, actor=ada)


def test_two_proposals_for_one_resume(rules: None, resume: Any, ada: Any) -> None:
    one, other = (by_the_tailor(resume, ada) for _each in range(2))
    accept_resume_proposal(one, actor=ada)
    with pytest.raises(ResumeChanged):
        accept_resume_proposal(other, actor=ada)
    fresh = get_resume_model().objects.get(pk=resume.pk)
    assert by_the_tailor(fresh, ada) is None


def test_only_the_owners_rows_are_sources(ada: Any, bob: Any, resume: Any, library: dict[str, Any]) -> None:
    theirs = create_row(get_skill_model(), actor=bob, name="Kubernetes")
    create_row(get_project_model(), actor=bob, title="Space ships")
    found = sources_of(resume, actor=ada)
    assert f"skill:{library['skill'].pk}" in found and f"skill:{theirs.pk}" not in found
    assert not any("Space" in source.text or "ada@" in source.text for source in found.values())
    assert found[f"skill:{library['skill'].pk}"].text == "Python\nLanguage\n6.5 years\nlevel 4"


def test_nobody_else_gets_at_it(rules: None, resume: Any, ada: Any, bob: Any, client: Any, client_of: Any) -> None:
    proposal = by_the_tailor(resume, ada)
    here = f"/api/resume-proposals/{proposal.pk}/"
    assert tailored(client_of(bob), resume).status_code == 404
    with pytest.raises(NotFound):
        generate_text("tailor_resume", {"resume": resume.pk, "job_advert": ADVERT}, actor=bob)
    for path, method in ((here, "get"), (f"{here}accept/", "post"), (f"{here}reject/", "post")):
        assert getattr(client_of(bob), method)(path).status_code == 404
        assert getattr(client, method)(path).status_code == 401
    assert client_of(bob).get("/api/resume-proposals/").json()["count"] == 0
    page = f"/portfolio/library/resumes/{resume.pk}/proposals/{proposal.pk}/"
    assert client.get(page).status_code == 302
    client.force_login(bob)
    assert client.get(page).status_code == client.post(page, {"reject": "1"}).status_code == 404
    assert client.get(f"/portfolio/library/resumes/{resume.pk}/tailor/").status_code == 404
    assert ResumeProposal.objects.get().status == "open"


@pytest.mark.parametrize(
    "payload",
    [
        {"resume": "x"},
        {"resume": 0},
        {"job_advert": ""},
        {"job_advert": "\x07"},
        {"job": "free text"},
        {"language": "!"},
    ],
)
def test_bad_payloads_name_their_field(
    rules: None, resume: Any, ada: Any, client_of: Any, payload: dict[str, Any]
) -> None:
    answer = tailored(client_of(ada), resume, **payload)
    assert answer.status_code == 400 and answer.json()["payload"][0]["loc"][0] == next(iter(payload))


def test_what_cannot_be_fitted_costs_nothing(rules: None, bob: Any, client_of: Any, superuser: Any) -> None:
    home = get_page_model().objects.get()
    empty = create_row(get_resume_model(), actor=bob, title="Empty", content={})
    assert tailored(client_of(bob), empty).status_code == 400
    on_page = {"task": "tailor_resume", "payload": {"resume": empty.pk, "job_advert": ADVERT}, "page": home.pk}
    refused = client_of(superuser).post("/api/ai/generate-text/", on_page, format="json")
    assert refused.status_code == 400 and "page" in refused.json()
    assert not AILog.objects.exists()
    assert tailored(client_of(bob), type(empty)(pk=2**40)).status_code == 404


def test_the_list_asks_a_fixed_number_of_questions(
    rules: None, resume: Any, ada: Any, client_of: Any, django_assert_num_queries: Any
) -> None:
    for _each in range(3):
        by_the_tailor(resume, ada)
    with django_assert_num_queries(2):
        assert client_of(ada).get("/api/resume-proposals/").json()["count"] == 3


def test_on_the_pages(model: Any, resume: Any, ada: Any, client: Any, library: dict[str, Any]) -> None:
    backend = model(answer_of(library))
    client.force_login(ada)
    home = f"/portfolio/library/resumes/{resume.pk}/"
    assert f"{home}tailor/" in client.get(home).content.decode()
    assert client.post(f"{home}tailor/", {"job_advert": ""}).status_code == 200
    sent = client.post(f"{home}tailor/", {"job_advert": ADVERT.replace("\n", "\r\n")})
    here = sent["Location"]
    assert sent.status_code == 302 and here.startswith(f"{home}proposals/") and len(backend.requests) == 1
    page = client.get(here).content.decode()
    for words in ("Lead at Harbour Office since", "<del>", "<ins>", "Kubernetes", "Refused", "Tide tables", "Python"):
        assert words in page
    assert page.count('type="checkbox"') == 4 and "<script" not in page
    assert here in client.get(home).content.decode()
    nothing = client.post(here, {})
    assert nothing.status_code == 200 and "Choose at least one change" in nothing.content.decode()
    some = client.post(here, {"changes": ["c1"]})
    assert some["Location"] == here and client.get(here).content.decode().count('type="checkbox"') == 3
    update_row(get_resume_model().objects.get(pk=resume.pk), actor=ada, title="Long", content=CONTENT)
    late = client.post(here, {"changes": ["c2"]})
    shown = late.content.decode()
    assert late.status_code == 409 and "was changed after this" in shown and "Engineer at Harbour Office." in shown
    assert client.post(here, {"reject": "1"})["Location"] == home
    assert "accepted" in client.get(here).content.decode()


def test_a_model_that_is_away_costs_no_word(rules: None, settings: Any, resume: Any, ada: Any, client: Any) -> None:
    settings.AI_CMS = {
        "LLM": {"default": {"BACKEND": "ai_cms.llm.backends.testing.TestingBackend", "MODEL": "m-1"}},
        "LLM_CREDITS": False,
    }
    llms["default"].script("no JSON", "none again", "nor now")
    client.force_login(ada)
    answer = client.post(f"/portfolio/library/resumes/{resume.pk}/tailor/", {"job_advert": ADVERT})
    assert answer.status_code == 200 and "We run harbours on Django" in answer.content.decode()
    assert b"pf-errors" in answer.content and not ResumeProposal.objects.exists()


def test_staff_look_at_them_and_decide_nothing(rules: None, resume: Any, ada: Any, client: Any, superuser: Any) -> None:
    proposal = by_the_tailor(resume, ada)
    client.force_login(superuser)
    at = "admin:ai_cms_portfolio_resumeproposal"
    assert b"Django engineer wanted" in client.get(reverse(f"{at}_changelist")).content
    page = client.get(reverse(f"{at}_change", args=[proposal.pk]))
    assert page.status_code == 200 and b"Tides to the minute" in page.content and b'name="_save"' not in page.content
    assert client.get(reverse(f"{at}_add")).status_code == 403
    client.force_login(make_user("staff", is_staff=True))
    assert b"Django engineer wanted" not in client.get(reverse(f"{at}_changelist")).content


def test_where_nothing_writes_nothing_is_offered(resume: Any, ada: Any, client: Any) -> None:
    client.force_login(ada)
    home = f"/portfolio/library/resumes/{resume.pk}/"
    tailor = tailors.unregister("assist")
    try:
        assert b"Fit it to a job" not in client.get(home).content
        assert client.get(f"{home}tailor/").status_code == 404
    finally:
        tailors.register("assist", tailor)


def tier_by_name(user: Any) -> str:
    """Return the tier of a test's user, as a host's own function would."""
    return "pro" if user.username == "ada" else "free"


def test_a_model_over_http_is_paid_from_the_owners_tier(
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
    resume: Any,
    ada: Any,
    bob: Any,
    client_of: Any,
    library: dict[str, Any],
) -> None:
    pytest.importorskip("openai", reason="the extra openai is not installed")
    monkeypatch.setattr(real_calls, "allowed", True)
    text = json.dumps(answer_of(library))
    with scripted(lambda body: [delta(text), finish(), usage(1_200, 300), DONE]) as (url, seen):
        settings.AI_CMS = {
            "LLM": {
                "default": {
                    "BACKEND": "ai_cms.llm.backends.openai.OpenAICompatibleBackend",
                    "MODEL": "m-1",
                    "OPTIONS": {"base_url": url, "api_key": "k"},
                }
            },
            "LLM_ALLOWANCES": {"free": {"text": 0}, "pro": {"text": 20}},
            "LLM_TIER": "tests.portfolio.test_resume_proposals.tier_by_name",
            "RUNNER": "inline",
        }
        answer = tailored(client_of(ada), resume)
        assert answer.status_code == 200, answer.content
        assert answer.json()["output"]["changes"][0]["path"] == "/basics/summary"
        log = AILog.objects.get()
        assert (log.task, log.tokens_in, log.tokens_out) == ("tailor_resume", 1_200, 300)
        # A thousand tokens are a credit.
        assert account_for(ada, "text").balance == 20_000 - 1_500
        theirs = create_row(get_resume_model(), actor=bob, title="Bob", content=CONTENT)
        refused = tailored(client_of(bob), theirs)
        assert (refused.status_code, refused.json()["code"]) == (402, "ai_credits_exhausted")
        assert len(seen) == 1 and ResumeProposal.objects.count() == 1
    assert "ada@example.com" not in json.dumps(seen[0]) and seen[0]["model"] == "m-1"
