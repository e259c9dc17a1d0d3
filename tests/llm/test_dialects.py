"""What servers that speak "the same" API really send and refuse."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import BaseModel, Field

from ai_cms.llm.backends.assembly import Assembler
from ai_cms.llm.backends.base import real_calls
from ai_cms.llm.backends.ollama import OllamaBackend
from ai_cms.llm.backends.openai import OpenAIBackend
from ai_cms.llm.backends.openai_compatible import OpenAICompatibleBackend
from ai_cms.llm.backends.thinking import ThoughtFilter, without_thinking
from ai_cms.llm.exceptions import LLMBackendMisconfigured, LLMInterrupted, LLMInvalidOutput, LLMRefused, LLMUnsupported
from ai_cms.llm.messages import Deadlines, Limits, LLMRequest, LLMResponse, Message, TextDelta, ToolDefinition, Usage

from .scripted_server import DONE, Script, delta, finish, scripted, usage

pytest.importorskip("openai", reason="the extra openai is not installed")

PATIENT = {"connect": 10.0, "first_byte": 20.0, "gap": 20.0, "total": 30.0}


class Seo(BaseModel):
    title: str = Field(min_length=1, max_length=60)
    description: str


@pytest.fixture(autouse=True)
def allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(real_calls, "allowed", True)


def ask(**options: Any) -> LLMRequest:
    return LLMRequest(
        [Message.user("Describe bread, please, in a sentence of a few words.")], max_tokens=4096, **options
    )


def answer(
    script: Script, kind: type[Any] = OpenAICompatibleBackend, model: str = "m", **options: Any
) -> tuple[LLMResponse, list[dict[str, Any]]]:
    """Return what ``kind`` makes of ``script`` and the requests that it sent."""
    backend_options = options.pop("backend", {})
    with scripted(script) as (url, seen):
        backend = kind(alias="x", model=model, base_url=url, deadlines=PATIENT, api_key="k", **backend_options)
        return backend.generate(ask(**options)), seen


def says(text: str, *more: Any) -> Script:
    return lambda body: [delta(text), finish(), *more, usage(20, 30), DONE]


# The model's thinking is not its answer

DRAFT = 'Perhaps {"title":"DRAFT","description":"draft idea"}? No, too weak.'
GOOD = '{"title":"Bread","description":"Slow bread."}'
THOUGHTS = [
    f"<think>\n{DRAFT}\n</think>\n\n{GOOD}",
    f"{DRAFT}\n</think>\n\n{GOOD}",
    f"<think>\nUse [keywords] here.\n</think>\n\n{GOOD}",
    f"◁think▷hmm {{x}}◁/think▷{GOOD}",
    f"[THINK]{DRAFT}[/THINK]{GOOD}",
    f'<|channel|>analysis<|message|>{{"a": 1}}<|end|><|start|>assistant<|channel|>final<|message|>{GOOD}<|return|>',
    f"<|channel|>final <|constrain|>json<|message|>{GOOD}",
    f"<think>one</think>\n<think>{DRAFT}</think>\n```json\n{GOOD}\n```",
    f"{DRAFT}\n\nSo:\n{GOOD}",
    f"Here is it, as asked [1]:\n{GOOD}\nI hope [2] it helps.",
]


@pytest.mark.parametrize("text", THOUGHTS)
def test_thinking_aloud_is_not_the_answer(text: str) -> None:
    response, seen = answer(says(text), response_model=Seo)
    assert response.parsed == Seo(title="Bread", description="Slow bread.")
    assert len(seen) == 1


FREE = [
    ("<think>\nThe user wants a sentence.\n</think>\n\nBread is good.", "Bread is good."),
    ("The user wants a sentence.\n</think>\n\nBread is good.", "Bread is good."),
    ("analysisThe user wants it short.assistantfinalBread is good.", "Bread is good."),
    ("<think>cut off in the mid", ""),
    ("<|start_think|>It is short.<|end_think|>Bread is good.", "Bread is good."),
    ("<unused94>thought\nIt is short.\n<unused95>Bread is good.", "Bread is good."),
    ("<|channel>thought\nIt is short.\n<channel|>Bread is good.", "Bread is good."),
    ("<|inner_prefix|>It is short.<|inner_suffix|>Bread is good.", "Bread is good."),
    # The prompt held the opening mark.
    ("It is short.<|end_think|>\nBread is good.", "Bread is good."),
    ("It is short.\n</think><p>Bread is good.</p>", "<p>Bread is good.</p>"),
    ("It is short.</think>```json\n{}\n```", "```json\n{}\n```"),
    # What comes after thinking may be named as well.
    *((f"<think>It is short.</think>\n<{name}>Bread is good.</{name}>", "Bread is good.")
      for name in ("answer", "response", "output", "Answer", "final_answer", "solution")),
    ("It is short.\n</think>\n\n<answer>\nBread is\n\n good.\n</answer>\n", "Bread is\n\n good."),
    ("It is short.\n</think><answer>Bread is good.</answer>", "Bread is good."),
    ("<|START_THINKING|>x<|END_THINKING|><|START_RESPONSE|>Bread is good.<|END_RESPONSE|>", "Bread is good."),
    ("<|START_THINKING|>x<|END_THINKING|><|START_RESPONSE|>Bread is good.", "Bread is good."),
    ("<|START_RESPONSE|>Bread is good.<|END_RESPONSE|><|END_OF_TURN_TOKEN|>", "Bread is good."),
    ("x<|END_THINKING|><|START_RESPONSE|>Bread is good.<|END_RESPONSE|>", "Bread is good."),
    ("<|begin_of_thought|>x<|end_of_thought|>\n<|begin_of_solution|>Bread is good.<|end_of_solution|>", "Bread is good."),
    ("<think>x</think><answer>Write <answer>a</answer>, always.</answer>", "Write <answer>a</answer>, always."),
    ("<think>x</think><answer>End with </answer> please.</answer>", "End with </answer> please."),
    ("<think>x</think><answer>Bread is</ans", "Bread is"),
    ("<think>x</think><answ", ""),
    # What only looks like thinking, or like a wrapper, is the answer's own.
    ("<answer>Bread is good.</answer>", "<answer>Bread is good.</answer>"),
    ("<think>x</think>Put it into <answer>…</answer>.", "Put it into <answer>…</answer>."),
    ("<think>x</think><answer>a</answer> or <answer>b</answer>", "<answer>a</answer> or <answer>b</answer>"),
    ("<think>x</think><answer>a</answer> is how it ends.", "<answer>a</answer> is how it ends."),
    ("<think>x</think>```xml\n<answer>a</answer>\n```", "```xml\n<answer>a</answer>\n```"),
    ("<think>x</think><answers>a</answers>", "<answers>a</answers>"),
    ("<think>x</think>1 <", "1 <"),
    ("The mark <|START_RESPONSE|> comes first.", "The mark <|START_RESPONSE|> comes first."),
    ("The mark <|end_think|> ends it.", "The mark <|end_think|> ends it."),
    ("The tag </think> ends it.", "The tag </think> ends it."),
    ("Write:\n<think>\nx\n</think>\nand go on.", "Write:\n<think>\nx\n</think>\nand go on."),
    ("analysis of bread", "analysis of bread"),
    ("analysisBread", "analysisBread"),
    ("  1 < 2 <", "  1 < 2 <"),
    ("<p>Bread</p>", "<p>Bread</p>"),
]  # fmt: skip


#: Of which all that may be said is made.
MARKS = ["<think>", "</think>", "<answer>", "</answer>", "<|START_RESPONSE|>", "<|END_RESPONSE|>", "<|end_think|>",
         "\n", " ", "a", "<", "b <b>x</b>", "analysis", "Assistant", "assistantfinal", "```", "<|channel|>", "<|message|>"]  # fmt: skip


def shown_of(pieces: list[str]) -> list[str]:
    """Return what a reader has before them after each step; the last is the answer."""
    parts, kept, steps = ThoughtFilter(), "", []
    for kind, piece in [*(found for part in pieces for found in parts.feed(part)), *parts.finish()]:
        kept = "" if kind == "void" else kept + piece if kind == "shown" else kept
        steps.append(kept)
    return steps or [""]


@pytest.mark.parametrize(("text", "wanted"), FREE)
def test_thinking_is_told_apart_in_pieces_of_any_size(text: str, wanted: str) -> None:
    assert without_thinking(text) == wanted
    for size in (1, 2, 3, 7, 1000):
        assert shown_of([text[start : start + size] for start in range(0, len(text), size)])[-1] == wanted
    for cut in range(len(text)):
        assert shown_of([text[:cut], text[cut:]])[-1] == wanted


@given(st.lists(st.sampled_from(MARKS), min_size=1, max_size=9).map("".join), st.data())
@example("<</think>```<|END_RESPONSE|>", None)
def test_where_a_stream_is_cut_changes_nothing(text: str, data: Any) -> None:
    cut = len(text) // 2 if data is None else data.draw(st.integers(0, len(text)))
    assert shown_of(list(text))[-1] == shown_of([text[:cut], text[cut:]])[-1] == without_thinking(text)


@pytest.mark.parametrize(
    "text",
    [
        "<think>It is short.</think>\n<answer>Bread is good.</answer>",
        "<|START_THINKING|>x<|END_THINKING|><|START_RESPONSE|>Bread is good.<|END_RESPONSE|>",
        "<|start_think|>x<|end_think|>\n<response>\nBread is good.\n</response>\n",
        "<unused94>thought\nx<unused95>Bread is good.",
    ],
)
def test_nobody_sees_a_part_of_a_tag(text: str) -> None:
    thinking = text.index("Bread") - 12
    for cut in range(len(text)):
        cut_off = shown_of(list(text[:cut])) if cut > thinking else []
        assert all("Bread is good.".startswith(step) for step in [*shown_of([text[:cut], text[cut:]]), *cut_off])
    # It is shown while it comes, not at the end.
    assert "Bread is" in shown_of(list(text))


def test_an_answer_is_unwrapped_where_the_thinking_came_beside_it() -> None:
    pieces = ["<ans", "wer>Bread", " is good.</", "answer>"]
    thinking, text = delta(reasoning_content="It is short."), [delta(piece) for piece in pieces]
    response, _ = answer(lambda body: [thinking, *text, finish(), DONE])
    assert response.text == "Bread is good."
    response, _ = answer(lambda body: [*text, finish(), DONE])
    assert response.text == "<answer>Bread is good.</answer>"
    response, _ = answer(lambda body: [thinking, *text, delta(" is XML."), finish(), DONE])
    assert response.text == "<answer>Bread is good.</answer> is XML."


def test_the_pieces_of_a_stream_hold_no_thinking() -> None:
    with scripted(
        lambda body: [delta("<th"), delta("ink>hm"), delta("</think>\n\nBre"), delta("ad."), finish(), DONE]
    ) as (url, _):
        backend = OllamaBackend(alias="x", model="m", base_url=url, deadlines=PATIENT)
        texts = [event.text for event in backend.stream(ask()) if isinstance(event, TextDelta)]
    assert "".join(texts) == "Bread."


# Usage

REPORTS: list[tuple[str, list[Any], tuple[int, int]]] = [
    ("inside", [usage(20, 695, completion_tokens_details={"reasoning_tokens": 690})], (20, 695)),
    ("apart", [usage(20, 5, total_tokens=715, completion_tokens_details={"reasoning_tokens": 690})], (20, 695)),
    ("total", [usage(20, 5, total_tokens=715)], (20, 695)),
    ("then empty", [usage(22, 7), {"choices": [], "usage": {}}], (22, 7)),
    ("then null", [usage(22, 7), {"choices": [], "usage": None}], (22, 7)),
    ("then zero", [usage(22, 7), usage(0, 0)], (22, 7)),
    ("groq", [{"choices": [], "x_groq": {"usage": {"prompt_tokens": 22, "completion_tokens": 7}}}], (22, 7)),
    ("moonshot", [{"choices": [{"index": 0, "delta": {}, "usage": {"prompt_tokens": 22, "completion_tokens": 7}}]}], (22, 7)),
    ("timings", [{"choices": [], "timings": {"prompt_n": 12, "cache_n": 10, "predicted_n": 7}}], (22, 7)),
    ("other names", [{"choices": [], "usage": {"input_tokens": 22, "output_tokens": 7}}], (22, 7)),
]  # fmt: skip


@pytest.mark.parametrize(
    ("events", "wanted"), [report[1:] for report in REPORTS], ids=[report[0] for report in REPORTS]
)
def test_usage_is_read_wherever_it_stands(events: list[Any], wanted: tuple[int, int]) -> None:
    response, _ = answer(lambda body: [delta("Bread is good."), finish(), *events, DONE])
    assert (response.usage.input_tokens, response.usage.output_tokens) == wanted
    assert response.usage.reported


@pytest.mark.parametrize("report", [(170, 40), (1200, 300), (20, 5000)])
def test_a_multiple_of_the_truth_is_not_believed(report: tuple[int, int]) -> None:
    response, _ = answer(lambda body: [delta("Bread."), finish(), usage(*report), DONE])
    assert not response.usage.reported
    assert response.usage.total_tokens < 40


REASONING = {"reasoning_tokens": 10**6}


@pytest.mark.parametrize(
    "report",
    [
        usage(20, 5, total_tokens=50_000),
        usage(20, 5, total_tokens=10**12),
        usage(20, 10**6, completion_tokens_details=REASONING),
        usage(20, 5, total_tokens=10**6 + 25, completion_tokens_details=REASONING),
    ],
)
@pytest.mark.parametrize("heard", [False, True])
def test_reasoning_does_not_justify_any_number(report: Any, heard: bool) -> None:
    thinking = [delta(reasoning="Let me think about it. ")] * 20 if heard else []
    response, _ = answer(lambda body: [*thinking, delta("Bread is good."), finish(), report, DONE])
    assert not response.usage.reported
    # What was heard of the thinking is in the estimate: 460 characters are a hundred tokens or more.
    low, high = (80, 200) if heard else (1, 20)
    assert low < response.usage.output_tokens < high


def test_thinking_beyond_the_ceiling_of_the_answer_is_believed_where_the_model_thought() -> None:
    script: Script = lambda body: [  # noqa: E731
        *[delta(reasoning="Let me think about it. ")] * 20, delta("Bread is good."), finish(), usage(20, 5000), DONE
    ]  # fmt: skip
    response, _ = answer(script)
    assert (response.usage.output_tokens, response.usage.reported) == (5000, True)


def test_an_answer_that_turned_out_to_be_thinking_is_in_the_estimate() -> None:
    pieces = [delta("Let me think about it. ")] * 20
    response, _ = answer(lambda body: [*pieces, delta("\n</think>\n\nBread is good."), finish(), DONE])
    assert response.text == "Bread is good."
    assert not response.usage.reported
    assert 80 < response.usage.output_tokens < 200


THINKING_DELTAS = [
    {"reasoning_content": "Let me think about it. " * 4},
    {"reasoning": "Let me think about it. " * 4},
    {"thinking": "Let me think about it. " * 4},
    {"reasoning_details": [{"type": "reasoning.text", "text": "Let me think about it. " * 4}]},
    {"content": [{"type": "thinking", "thinking": [{"type": "text", "text": "Let me think about it. " * 4}]}]},
]


@pytest.mark.parametrize("thought", THINKING_DELTAS, ids=lambda thought: str(next(iter(thought))))
def test_thinking_in_any_field_is_life_and_is_billed(thought: dict[str, Any]) -> None:
    chunk = delta(**thought)
    text = delta([{"type": "text", "text": "Bread is good."}])
    script: Script = lambda body: [*[chunk, 0.2] * 5, *[chunk] * 20, text, finish(), usage(20, 500), DONE]  # noqa: E731
    with scripted(script) as (url, _):
        backend = OpenAICompatibleBackend(alias="x", model="m", base_url=url)
        response = backend.generate(ask(deadlines=Deadlines(first_byte=0.7, gap=0.7, total=10)))
    assert response.text == "Bread is good."
    assert (response.usage.output_tokens, response.usage.reported) == (500, True)


# What a server refuses is left out, and stays left out


def refusing(status: int, message: str, *, when: Any) -> Script:
    def script(body: dict[str, Any]) -> Any:
        if when(body):
            return status, {"error": {"message": message, "type": "invalid_request_error", "code": None}}
        text = GOOD if "response_format" in body or "JSON Schema" in json.dumps(body["messages"]) else "Bread."
        return [delta(text), finish(), usage(20, 7), DONE]

    return script


REFUSALS: list[tuple[int, str, str, dict[str, Any], Any]] = [
    (400, "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
     "max_tokens", {}, lambda body: "max_tokens" in body),
    (400, "Unsupported value: 'temperature' does not support 0.2 with this model.",
     "temperature", {"temperature": 0.2}, lambda body: "temperature" in body),
    (400, "Unsupported parameter: 'stop' is not supported with this model.",
     "stop", {"stop": ["x"]}, lambda body: "stop" in body),
    (400, 'Bad request: json: unknown field "stream_options"\n',
     "stream_options", {}, lambda body: "stream_options" in body),
    (422, "extra_forbidden: body, stream_options: Extra inputs are not permitted",
     "stream_options", {}, lambda body: "stream_options" in body),
]  # fmt: skip


@pytest.mark.parametrize(("status", "message", "name", "options", "when"), REFUSALS)
def test_a_refused_parameter_is_left_out_from_then_on(
    status: int, message: str, name: str, options: dict[str, Any], when: Any
) -> None:
    with scripted(refusing(status, message, when=when)) as (url, seen):
        backend = OpenAICompatibleBackend(alias="x", model="m", base_url=url)
        for _time in range(2):
            assert backend.generate(ask(**options)).text == "Bread."
    assert [name in body for body in seen] == [True, False, False]
    if name == "max_tokens":
        assert seen[-1]["max_completion_tokens"] == 4096


@pytest.mark.parametrize("key", ["k", "x", "o", "token"])
def test_a_key_of_a_few_letters_hides_no_refusal(key: str) -> None:
    message = f"Unsupported parameter: 'max_tokens' with the key {key}. Use 'max_completion_tokens' instead."
    with scripted(refusing(400, message, when=lambda body: "max_tokens" in body)) as (url, seen):
        backend = OpenAICompatibleBackend(alias="x", model="m", base_url=url, api_key=key)
        assert backend.generate(ask()).text == "Bread."
    assert len(seen) == 2


@pytest.mark.parametrize("key", ["k", "sk-1234567890"])
def test_the_key_is_in_no_reason(key: str) -> None:
    with scripted(refusing(400, f"Wrong key {key}, not kept.", when=lambda body: True)) as (url, _):
        backend = OpenAICompatibleBackend(alias="x", model="m", base_url=url, api_key=key)
        with pytest.raises(LLMBackendMisconfigured, match=r"Wrong key \[key\], not kept"):
            backend.generate(ask())


def test_a_wrong_value_is_no_refused_parameter() -> None:
    message = "max_tokens is too large: 4096. This model allows at most 100 completion tokens."
    with pytest.raises(LLMBackendMisconfigured):
        answer(refusing(400, message, when=lambda body: True))


def _limited(body: dict[str, Any]) -> bool:
    return "maxLength" in json.dumps(body.get("response_format", {}))


def _json_schema(body: dict[str, Any]) -> bool:
    return bool(body.get("response_format", {}).get("type") == "json_schema")


SCHEMAS = [
    (400, "The provided JSON schema contains features not supported by xgrammar.", _limited, 2),
    (400, "JSON schema conversion failed: Unrecognized schema", _json_schema, 3),
    (400, "Structured outputs are not supported for this model", _json_schema, 2),
    (400, "'response_format' of type 'json_schema' is not supported", _json_schema, 2),
    (400, "Invalid schema for response_format 'Seo': 'maxLength' is not permitted.", _limited, 2),
    (500, "1 validation error: response_format.type", _json_schema, 2),
    (501, "response_format is not implemented", _json_schema, 2),
]


@pytest.mark.parametrize(("status", "message", "when", "requests"), SCHEMAS)
def test_a_refused_schema_is_asked_for_otherwise(status: int, message: str, when: Any, requests: int) -> None:
    response, seen = answer(refusing(status, message, when=when), response_model=Seo)
    assert response.parsed.title == "Bread"
    assert len(seen) == requests
    assert _limited(seen[0])


def test_what_the_settings_name_is_not_changed() -> None:
    script = refusing(400, "JSON schema: 'maxLength' is not supported", when=_limited)
    with pytest.raises(LLMBackendMisconfigured):
        answer(
            script, response_model=Seo, backend={"capabilities": {"schema_limits": True, "json_mode": "json_schema"}}
        )
    _response, seen = answer(script, response_model=Seo, backend={"capabilities": {"schema_limits": False}})
    assert len(seen) == 1


@pytest.mark.parametrize("model", ["gpt-5-mini", "openai/gpt-5-mini", "o3", "gpt-5.1"])
def test_models_known_to_think_are_asked_as_they_are_anywhere(model: str) -> None:
    _response, seen = answer(says("Bread."), OpenAIBackend, model, temperature=0.2, stop=["x"])
    assert seen[0]["max_completion_tokens"] == 4096
    assert not {"max_tokens", "temperature", "stop"} & set(seen[0])


def test_a_chat_model_keeps_its_temperature() -> None:
    _response, seen = answer(says("Bread."), OpenAIBackend, "gpt-5-chat-latest", temperature=0.2)
    assert seen[0]["temperature"] == 0.2


# Ends


def test_a_finish_reason_and_a_clean_end_are_an_end() -> None:
    response, _ = answer(lambda body: [delta("Bread is good."), finish(), usage(20, 5)])
    assert (response.text, response.usage.reported) == ("Bread is good.", True)
    with pytest.raises(LLMInterrupted):
        answer(lambda body: [delta("Bread is good.")])
    with pytest.raises(LLMInterrupted):
        answer(lambda body: [delta("Bread is good."), finish()], OpenAIBackend)


def test_usage_behind_a_finish_reason_is_an_end_even_where_the_marker_is_demanded() -> None:
    bills = [usage(20, 2), usage(20, 5)]  # the last one counts
    response, _ = answer(lambda body: [delta("Bread is good."), finish(), *bills], OpenAIBackend)
    assert (response.text, response.usage.output_tokens, response.usage.reported) == ("Bread is good.", 5, True)
    for cut in ([delta("Bread is"), usage(20, 2)], [usage(20, 2), delta("Bread is"), finish()]):
        with pytest.raises(LLMInterrupted):
            answer(lambda body, cut=cut: cut, OpenAIBackend)


CALL = {"index": 0, "id": "c", "type": "function", "function": {"name": "publish", "arguments": '{"page": 1}'}}


def test_a_tool_call_that_nobody_asked_for_is_no_answer() -> None:
    with pytest.raises(LLMInvalidOutput) as caught:
        answer(lambda body: [delta(tool_calls=[CALL]), finish("tool_calls"), DONE], response_model=Seo)
    assert caught.value.partial == 'publish({"page": 1})'
    assert caught.value.code == "ai_invalid_output"
    # Where there are words besides, they are the answer.
    response, _ = answer(lambda body: [delta(GOOD, tool_calls=[CALL]), finish("tool_calls"), DONE], response_model=Seo)
    assert (response.parsed.title, response.tool_calls) == ("Bread", ())
    tool = ToolDefinition("publish", "Publish.", {"type": "object", "properties": {}})
    response, _ = answer(lambda body: [delta(tool_calls=[CALL]), finish("tool_calls"), DONE], tools=[tool])
    assert [call.name for call in response.tool_calls] == ["publish"]


@pytest.mark.parametrize(("status", "message"), [(501, "nope"), (405, "nope"), (500, "image input is not supported")])
def test_what_a_server_cannot_do_is_no_failure_of_it(status: int, message: str) -> None:
    with pytest.raises(LLMUnsupported) as caught:
        answer(lambda body: (status, {"error": {"message": message}}))
    assert not caught.value.retryable
    assert not caught.value.counts_as_failure


def test_an_answer_that_was_cut_says_so() -> None:
    with pytest.raises(LLMInvalidOutput, match="not JSON") as caught:
        answer(lambda body: [delta(GOOD[:20]), finish("length"), usage(20, 9), DONE], response_model=Seo)
    assert "4096 tokens" in caught.value.detail
    assert caught.value.truncated


def test_a_refusal_that_stands_in_the_whole_response_alone_is_one() -> None:
    whole = {"object": "response", "status": "completed", "id": "r", "model": "m",
             "output": [{"type": "message", "content": [{"type": "refusal", "refusal": "No."}]}]}  # fmt: skip
    with pytest.raises(LLMRefused):
        answer(
            lambda body: [{"type": "response.completed", "response": whole}],
            OpenAIBackend,
            backend={"api": "responses"},
        )


def test_a_model_that_was_seen_to_think_gets_room_for_it() -> None:
    script: Script = lambda body: [delta(reasoning="hm"), delta("Bread."), finish(), usage(20, 30), DONE]  # noqa: E731
    with scripted(script) as (url, _):
        backend = OpenAICompatibleBackend(alias="x", model="m", base_url=url)
        assert backend.thinking_room("") == 0
        backend.generate(ask())
        assert backend.thinking_room("") == 4096
        assert backend.thinking_room("another") == 0
    assert OpenAIBackend(alias="x", model="gpt-5-mini").thinking_room("") == 4096
    assert OpenAIBackend(alias="x", model="gpt-5-mini", thinking_tokens=100).thinking_room("") == 100


# A report that is a multiple of the truth, where the schema of the answer may count


class Article(BaseModel):
    """A schema that is much longer than the question."""

    title: str = Field(description="What the article is about, in a few words that a reader of a list understands.")
    summary: str = Field(description="Two or three sentences that tell somebody in a hurry what the article says.")
    keywords: list[str] = Field(description="Words by which somebody who looks for the article would look for it.")
    language: str = Field(description="The language of the article, as a tag such as en or de-CH, never its name.")


def reported(tokens_in: int, tokens_out: int, *, hidden: int = 0, weight: float = 0.0) -> Usage | None:
    """Return what is believed of a report on a question of about 50 tokens and an answer of 43 tokens."""
    request = LLMRequest([Message.user("Write about bread. " * 10)], response_model=Article)
    assembler = Assembler(request, Limits(), schema_weight=weight)
    list(
        assembler.add_text(
            json.dumps({"title": "Bread", "summary": "Bread is good. " * 8, "keywords": ["a"], "language": "en"})
        )
    )
    assembler.hidden_bytes = hidden
    assembler.usage = Usage(tokens_in, tokens_out)
    return assembler.believed_usage()


def test_tenfold_usage_of_a_structured_answer_is_not_believed() -> None:
    assert reported(50, 43) == Usage(50, 43)
    assert reported(500, 430) is None
    assert reported(5_000, 4_300) is None
    # The schema counts as prompt for this server, and the model has thought without a word of it.
    assert reported(300, 1_000) == Usage(300, 1_000)
    assert reported(300, 43) == Usage(300, 43)
    # Where it counts for certain, the same report is no multiple.
    assert reported(500, 230, weight=1.0) == Usage(500, 230)
    # Thinking that was heard is no multiple either.
    assert reported(500, 430, hidden=2_000) == Usage(500, 430)
