"""Golden cases: how they are read, judged, carried out and told of; what ``ai_eval`` ends in."""

from __future__ import annotations

import json
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from ai_cms.assist.evaluation.golden import SHIPPED, Checks, GoldenCase, read_set, read_sets
from ai_cms.assist.evaluation.judging import judge, language_of
from ai_cms.assist.evaluation.reports import as_json, as_text
from ai_cms.assist.evaluation.running import evaluate
from ai_cms.assist.exceptions import InvalidGoldenSet
from ai_cms.assist.library import publish_item
from ai_cms.assist.models import LibraryItem, LibraryUse
from ai_cms.core.permissions import Actor
from ai_cms.llm.backends.base import real_calls
from ai_cms.llm.exceptions import LLMCreditsExhausted, LLMUnavailable
from ai_cms.llm.models import AILog, LLMCall
from tests.llm.scripted_server import DONE, delta, finish, scripted, usage

pytestmark = pytest.mark.django_db(transaction=True)
Model = Callable[..., Any]

SUMMARY = {"id": "one", "task": "summarise", "payload": {"text": "The mill grinds rye since 1870."}}


def case(**checks: Any) -> GoldenCase:
    return GoldenCase(**SUMMARY, checks=Checks(**checks))


def written(folder: Path, *cases: dict[str, Any], name: str = "set.json") -> Path:
    path = folder / name
    path.write_text(json.dumps({"name": "mine", "cases": list(cases)}), "utf-8")
    return path


def run(*arguments: Any, **options: Any) -> str:
    out = StringIO()
    call_command("ai_eval", *map(str, arguments), stdout=out, stderr=StringIO(), **options)
    return out.getvalue()


# Reading


def test_the_shipped_set_can_be_carried_out() -> None:
    golden = read_set(SHIPPED)
    assert len(golden.cases) >= 15
    assert len({case.task for case in golden.cases}) >= 12
    # A case that asks for nothing says nothing.
    assert all(case.checks != Checks() for case in golden.cases)


@pytest.mark.parametrize(
    ("cases", "told"),
    [
        ([], "cases"),
        ([{**SUMMARY, "checks": {"contain": ["x"]}}], "checks.contain"),
        ([{**SUMMARY, "task": "dance"}], "no task"),
        ([{**SUMMARY, "payload": {"texts": "x"}}], "texts"),
        ([{**SUMMARY, "task": "translate_page", "payload": {"language": "de"}}], "page"),
        ([SUMMARY, SUMMARY], "More than one case is called one"),
    ],
)
def test_a_set_that_cannot_be_used_says_why(tmp_path: Path, cases: list[Any], told: str) -> None:
    with pytest.raises(InvalidGoldenSet, match=told):
        read_set(written(tmp_path, *cases))


def test_sets_are_json_or_yaml_and_their_ids_are_unlike(tmp_path: Path) -> None:
    yaml = tmp_path / "set.yaml"
    yaml.write_text(
        "name: mine\ncases:\n- id: two\n  task: summarise\n  payload: {text: Hello there.}\n  checks: {words: [1, 5]}\n"
    )
    json_set = written(tmp_path, SUMMARY)
    assert [case.id for case in read_sets([yaml, json_set])] == ["two", "one"]
    with pytest.raises(InvalidGoldenSet, match="Another set has a case called one"):
        read_sets([json_set, written(tmp_path, SUMMARY, name="other.json")])
    with pytest.raises(InvalidGoldenSet, match="missing"):
        read_set(tmp_path / "missing.json")
    (tmp_path / "broken.json").write_text("{")
    with pytest.raises(InvalidGoldenSet, match=r"broken\.json"):
        read_set(tmp_path / "broken.json")


# Judging


@pytest.mark.parametrize(
    ("checks", "output", "passed"),
    [
        ({"contains": ["RYE"]}, {"summary": "Rye is ground."}, True),
        ({"contains": ["wheat"]}, {"summary": "Rye is ground."}, False),
        ({"excludes": ["rye"]}, {"summary": "Rye is ground."}, False),
        ({"keeps": ["Mill & Sons"]}, {"html": "<p>By Mill &amp; Sons.</p>"}, True),
        ({"keeps": ["Mill & Sons"]}, {"summary": "By mill & sons."}, False),
        ({"words": [2, 3]}, {"summary": "It's ground"}, True),
        ({"words": [3, 9]}, {"summary": "It's ground"}, False),
        ({"characters": {"title": [1, 5]}}, {"title": "Bread"}, True),
        ({"characters": {"title": [1, 5]}}, {"title": "Breads"}, False),
        ({"characters": {"title": [1, 5]}}, {}, False),
        ({"items": {"keywords": [2, 3]}}, {"keywords": ["a", "b"]}, True),
        ({"items": {"keywords": [2, 3]}}, {"keywords": ["a"]}, False),
        ({"language": "de-AT"}, {"summary": "Die Mühle ist nicht mehr im Dorf."}, True),
        ({"language": "de"}, {"summary": "The mill is not in the village."}, False),
        ({"language": "de"}, {"summary": "Rye"}, False),
        ({"no_new_numbers": True}, {"summary": "Since 1870."}, True),
        ({"no_new_numbers": True}, {"summary": "Since 1.870."}, True),
        ({"no_new_numbers": True}, {"summary": "Since 1871."}, False),
        ({"no_new_numbers": True}, {"blocks": [{"type": "heading", "props": {"text": "Mill", "level": 2}}]}, True),
        ({"no_new_links": True}, {"html": '<a href="https://x.example">x</a>'}, False),
        ({"no_new_links": True}, {"html": '<a href="#top">x</a>'}, True),
        ({"no_new_links": True}, {"summary": "See www.example.org."}, False),
        ({"no_new_links": True}, {"blocks": [{"type": "button", "props": {"href": "/contact"}}]}, False),
        ({"block_types": ["heading"]}, {"blocks": [{"type": "heading"}]}, True),
        ({"block_types": ["heading"]}, {"blocks": [{"type": "columns", "children": [{"type": "quote"}]}]}, False),
        ({"needs_blocks": ["quote"]}, {"blocks": [{"type": "columns", "children": [{"type": "quote"}]}]}, True),
        ({"needs_blocks": ["quote"]}, {"blocks": []}, False),
    ],
)
def test_answers_are_judged_by_rules(checks: dict[str, Any], output: dict[str, Any], passed: bool) -> None:
    verdicts = judge(case(**checks), output)
    assert len(verdicts) == 1
    assert verdicts[0].passed is passed
    assert bool(verdicts[0].detail) is not passed


def test_languages_are_told_by_their_little_words() -> None:
    assert language_of("The mill is in the village and it grinds for all of us.") == "en"
    assert language_of("Le moulin est dans le village et il n'est pas vieux.") == "fr"
    assert language_of("Rye") == ""


# Carrying out


def test_a_case_is_metered_logged_and_judged(model: Model, actor: Actor) -> None:
    model({"summary": "The mill grinds rye."}, {"summary": "Invented in 1999."})
    cases = [case(contains=["rye"], no_new_numbers=True)]
    item = LibraryItem.objects.create(kind="voice", name="Plain", text="Speak plainly.")
    publish_item(item, actor=actor)
    found = evaluate(cases, actor=actor, repeat=2)
    first, second = found.results
    assert (first.passed, second.passed, found.rate) == (True, False, 0.5)
    assert [each.check for each in second.verdicts if not each.passed] == ["contains “rye”", "no new numbers"]
    assert (first.model, first.alias, first.calls) == ("m-1", "default", 1)
    log = AILog.objects.earliest("pk")
    assert (first.tokens_in, first.tokens_out) == (log.tokens_in, log.tokens_out)
    assert first.tokens_in > 50
    assert first.cost_micro is None
    assert LLMCall.objects.filter(target_label="ai_eval one", task="summarise").count() == 2
    assert first.library == [{"item": item.pk, "version": 1}]
    assert LibraryUse.objects.count() == 2
    report = as_json(found)
    assert report["tasks"]["summarise"]["pass_rate"] == 0.5
    assert report["tasks"]["summarise"]["prompts"] == [first.prompt]
    assert len(first.prompt["digest"]) == 12
    assert report["models"] == ["m-1"]
    text = as_text(found)
    assert "one (2)" in text
    assert "2 of 3 checks failed" in text
    assert "no new numbers: 1999" in text
    assert "50.0% of 2 planned" in text


def test_an_answer_that_is_not_valid_fails_its_case_alone(model: Model, actor: Actor) -> None:
    model("no JSON", "no JSON either", {"summary": "The mill grinds rye."})
    found = evaluate([case(contains=["rye"])], actor=actor, repeat=2)
    assert [result.error for result in found.results] == ["ai_invalid_output", ""]
    # The attempt to have it repaired is counted.
    assert found.results[0].calls == 2
    assert found.results[0].tokens_in > found.results[1].tokens_in > 0


def test_what_ends_all_calls_ends_the_evaluation(model: Model, actor: Actor) -> None:
    model().script(LLMUnavailable(reason="down", retryable=False), LLMCreditsExhausted())
    found = evaluate([case()], actor=actor, repeat=3)
    assert [result.error for result in found.results] == ["ai_unavailable"]
    assert found.stopped
    assert found.rate == 0


def test_a_server_is_asked_as_in_earnest(actor: Actor, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("openai", reason="the extra openai is not installed")
    monkeypatch.setattr(real_calls, "allowed", True)

    def script(body: dict[str, Any]) -> list[Any]:
        text = {"good": "The mill grinds rye.", "bad": "Founded in 1999."}[body["model"]]
        return [delta(json.dumps({"summary": text})), finish(), usage(200, 30), DONE]

    with scripted(script) as (url, seen):
        options = {"api_key": "k", "base_url": url}
        backend = "ai_cms.llm.backends.openai_compatible.OpenAICompatibleBackend"
        settings.AI_CMS = {
            "LLM": {"large": {"BACKEND": backend, "MODEL": "bad", "OPTIONS": options}},
            "LLM_PRICES": {"good": {"input": 2_000_000, "output": 10_000_000}},
            "LLM_CREDITS": False,
        }
        cases = [case(contains=["rye"], no_new_numbers=True)]
        good = evaluate(cases, actor=actor, alias="large", model="good").results[0]
        bad = evaluate(cases, actor=actor, alias="large").results[0]
    assert (good.passed, bad.passed) == (True, False)
    assert (good.alias, good.tokens_in, good.tokens_out) == ("large", 200, 30)
    # 200 tokens at 2 dollars a million, 30 at 10; of the other no price is known.
    assert (good.cost_micro, bad.cost_micro) == (700, None)
    assert [body["model"] for body in seen] == ["good", "bad"]
    assert seen[0]["messages"][0]["role"] == "system"


# The command


def test_the_command_reports_and_ends_by_the_rate(model: Model, tmp_path: Path) -> None:
    path = written(tmp_path, {**SUMMARY, "checks": {"contains": ["rye"]}}, {**SUMMARY, "id": "two"})
    model({"summary": "Rye."}, {"summary": "Mill."})
    report = tmp_path / "report.json"
    assert "100.0% of 2 planned" in run(path, "--json", report, "--fail-under", "100")
    assert json.loads(report.read_text("utf-8"))["total"]["passed"] == 2
    model({"summary": "Mill."}, {"summary": "Mill."})
    with pytest.raises(CommandError, match=r"50.0% passed, fewer than 60%\.") as refused:
        run(path, "--fail-under", "60")
    assert refused.value.returncode == 1
    model({"summary": "Mill."})
    assert json.loads(run(path, "--case", "two", "--json", "-"))["pass_rate"] == 1


def test_the_command_asks_the_model_that_is_named(model: Model, settings: Any, tmp_path: Path) -> None:
    path = written(tmp_path, SUMMARY)
    backend = model({"summary": "Rye."})
    run(path, "--alias", "default", "--model", "other-7b")
    assert backend.requests[0].model == "other-7b"
    assert AILog.objects.get().model_asked == "other-7b"


def test_a_command_line_that_cannot_be_used_is_told_apart(model: Model, tmp_path: Path) -> None:
    path = written(tmp_path, SUMMARY)
    for arguments in (
        (tmp_path / "missing.json",),
        (path, "--alias", "nobody"),
        (path, "--task", "seo"),
        (path, "--repeat", "0"),
        (path, "--fail-under", "101"),
    ):
        with pytest.raises(CommandError) as refused:
            run(*arguments)
        assert refused.value.returncode == 2
    assert not LLMCall.objects.exists()


def test_a_host_adds_its_own_cases_and_whoever_is_named_pays(
    local: None, settings: Any, tmp_path: Path, member: Any
) -> None:
    settings.AI_CMS = {**settings.AI_CMS, "ASSIST_GOLDEN_SETS": [str(written(tmp_path, SUMMARY))]}
    text = run("--task", "summarise", "--user", member.get_username())
    assert "summary-orchard" in text
    assert "one  " in text
    assert set(LLMCall.objects.values_list("user_id", flat=True)) == {member.pk}


def test_rules_without_a_model_pass_what_rules_can_do(local: None) -> None:
    report = json.loads(run("--json", "-"))
    passed = {case["id"] for case in report["cases"] if case["passed"]}
    assert {"page-bakery", "page-werkstatt", "excerpt-observatory", "seo-hostel", "rewrite-links"} <= passed
    refused = {case["id"]: case["error"] for case in report["cases"] if case["error"]}
    assert refused == {"translate-german": "ai_unsupported", "continue-story": "ai_unsupported"}
