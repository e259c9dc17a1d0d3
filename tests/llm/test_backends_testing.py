"""The doubles that projects test with, and the plugin that forbids real calls."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import date
from enum import Enum
from typing import Annotated, Any, Literal
from uuid import UUID

import pytest
from pydantic import BaseModel, Field

from ai_cms.llm.backends.examples import example_of
from ai_cms.llm.backends.function import FunctionBackend
from ai_cms.llm.backends.images import checked_image
from ai_cms.llm.backends.testing import Fault, TestingBackend
from ai_cms.llm.exceptions import (
    InvalidLLMBackend,
    LLMBusy,
    LLMCancelled,
    LLMEmptyOutput,
    LLMInterrupted,
    LLMUnavailable,
    LLMUnsupported,
)
from ai_cms.llm.messages import (
    CancelToken,
    Finish,
    ImagePart,
    ImageRequest,
    LLMRequest,
    LLMResponse,
    Message,
    TextDelta,
    ToolCall,
    ToolDefinition,
    Usage,
)


class Kind(Enum):
    A = "a"


class Leaf(BaseModel):
    type: Literal["leaf"] = "leaf"
    text: str = Field(min_length=3, max_length=20)
    day: date
    identity: UUID


class Tree(BaseModel):
    type: Literal["tree"]
    children: list[Annotated[Leaf | Tree, Field(discriminator="type")]] = Field(min_length=2)


class Everything(BaseModel):
    kind: Kind
    tree: Tree
    maybe: Tree | None
    count: int = Field(ge=3, le=9)
    low: float = Field(gt=1.5)
    high: int = Field(lt=0)
    pair: tuple[int, str]
    flag: bool
    names: dict[str, str]
    code: str = Field(pattern="^[A-Z]{2}$", examples=["AB"])


class Endless(BaseModel):
    next: Endless


OFFERED = ToolDefinition("f", "A tool.", {"type": "object", "properties": {}})


def ask(text: str = "Hello", **options: Any) -> LLMRequest:
    return LLMRequest([Message.user(text)], **options)


@pytest.fixture
def backend() -> TestingBackend:
    return TestingBackend(alias="test", model="double")


def test_unscripted_answers_fit_what_was_asked_for(backend: TestingBackend) -> None:
    assert backend.generate(ask()).text == "A test answer."
    parsed = backend.generate(ask(response_model=Everything)).parsed
    assert isinstance(parsed, Everything)
    assert parsed.count == 3
    assert len(parsed.tree.children) == 2
    assert backend.generate(
        ask(response_schema={"type": "object", "properties": {"a": {"type": "string"}}})
    ).json() == {"a": "text"}


def test_a_schema_that_nothing_satisfies_is_an_error() -> None:
    with pytest.raises(ValueError, match="without an end"):
        example_of(Endless.model_json_schema())


def test_requests_are_remembered(backend: TestingBackend) -> None:
    backend.generate(ask("one"))
    list(backend.stream(ask("two")))
    assert [request.messages[0].text for request in backend.requests] == ["one", "two"]
    backend.clear()
    assert backend.requests == []


def test_scripted_answers_come_in_order(backend: TestingBackend) -> None:
    whole = LLMResponse("whole", usage=Usage(5, 6), model="other")
    backend.script("text", {"a": 1}, ToolCall("1", "f"), [ToolCall("2", "g")], whole, lambda request: request.task)
    answers = [backend.generate(ask(task="the task", tools=[OFFERED, replace(OFFERED, name="g")])) for _ in range(7)]
    assert [answer.text for answer in answers] == ["text", '{"a": 1}', "", "", "whole", "the task", "A test answer."]
    assert answers[2].tool_calls == (ToolCall("1", "f"),)
    assert answers[3].finish_reason == "tool_calls"
    assert (answers[4].usage, answers[4].model) == (Usage(5, 6), "other")
    assert answers[0].usage.reported
    assert answers[0].model == "double"


def test_scripted_faults_break_off_where_they_are_told_to(backend: TestingBackend) -> None:
    backend.script(LLMBusy(retry_after=3), Fault(LLMInterrupted(), "Some words"), Fault(LLMUnavailable()), "")
    with pytest.raises(LLMBusy) as busy:
        backend.generate(ask())
    assert busy.value.retry_after == 3
    pieces: list[str] = []
    with pytest.raises(LLMInterrupted) as broken:
        pieces.extend(event.text for event in backend.stream(ask()) if isinstance(event, TextDelta))
    assert broken.value.partial == "Some words"
    assert broken.value.received
    with pytest.raises(LLMUnavailable) as down:
        backend.generate(ask())
    assert down.value.retryable
    with pytest.raises(LLMEmptyOutput):
        backend.generate(ask())


def test_it_streams_words_and_can_be_cancelled(backend: TestingBackend) -> None:
    backend.script("one two  three")
    events = list(backend.stream(ask()))
    assert [event.text for event in events if isinstance(event, TextDelta)] == ["one ", "two  ", "three"]
    token = CancelToken()
    stream = backend.stream(ask(cancel=token))
    next(stream)
    token.cancel()
    with pytest.raises(LLMCancelled) as caught:
        next(stream)
    assert caught.value.partial == "A "


def test_the_asynchronous_twins(backend: TestingBackend) -> None:
    async def all_of_them() -> None:
        assert (await backend.agenerate(ask())).text == "A test answer."
        events = [event async for event in backend.astream(ask())]
        assert isinstance(events[-1], Finish)
        assert (await backend.aembed(["a"])).dimensions == 8
        assert (await backend.agenerate_image(ImageRequest("a"))).mime == "image/png"
        backend.script(LLMBusy())
        with pytest.raises(LLMBusy):
            await backend.agenerate(ask())
        backend.script(LLMBusy())
        with pytest.raises(LLMBusy):
            _ = [event async for event in backend.astream(ask())]

    asyncio.run(all_of_them())


def test_embeddings_depend_on_the_text_alone_and_images_are_images(backend: TestingBackend) -> None:
    first = backend.embed(["a", "b"])
    assert first.vectors == backend.embed(["a", "b"]).vectors
    assert first.vectors[0] != first.vectors[1]
    assert sum(value * value for value in first.vectors[0]) == pytest.approx(1)
    assert len(backend.embed(["a"], dimensions=3).vectors[0]) == 3
    assert checked_image(backend.generate_image(ImageRequest("A fox")).data) == "image/png"
    assert backend.image_requests[0].prompt == "A fox"
    backend.script(b"bytes")
    assert backend.generate_image(ImageRequest("A fox")).data == b"bytes"


def answer(request: LLMRequest) -> str:
    return f"You said {request.messages[-1].text}"


def test_a_function_is_a_backend() -> None:
    by_path = FunctionBackend(alias="f", function=f"{__name__}.answer")
    assert by_path.generate(ask("hi")).text == "You said hi"
    assert [type(event) for event in by_path.stream(ask())] == [TextDelta, Finish]
    as_json = FunctionBackend(alias="f", function=lambda request: {"text": "abc", "day": "2026-01-02", "identity": 1})
    assert as_json.generate(ask()).json()["text"] == "abc"
    whole = FunctionBackend(alias="f", function=lambda request: LLMResponse("x", (ToolCall("1", "f"),)))
    assert next(iter(whole.generate(ask(tools=[OFFERED])).tool_calls)).name == "f"
    with pytest.raises(InvalidLLMBackend, match=r"\['function'\]"):
        FunctionBackend(alias="f", function="no.such.function")
    assert FunctionBackend(alias="f", function=answer, real_calls=True).makes_real_calls


def test_what_a_backend_cannot_do_is_refused_before_anything_happens() -> None:
    from ai_cms.llm.backends.base import BaseLLMBackend

    class Plain(BaseLLMBackend):
        makes_real_calls = False

        def _generate(self, request: LLMRequest) -> LLMResponse:
            return LLMResponse("plain")

    plain = Plain(alias="plain")
    assert plain.generate(ask()).text == "plain"
    for request in (
        ask(response_model=Leaf),
        LLMRequest([Message.user([ImagePart(b"x")])]),
    ):
        with pytest.raises(LLMUnsupported):
            plain.generate(request)
    with pytest.raises(LLMUnsupported, match="embeddings"):
        plain.embed(["x"])
    with pytest.raises(LLMUnsupported, match="images"):
        plain.generate_image(ImageRequest("x"))
    with pytest.raises(NotImplementedError, match="neither _generate"):
        type("Empty", (BaseLLMBackend,), {"makes_real_calls": False})(alias="e").generate(ask())


def test_a_stream_that_just_ends_has_failed() -> None:
    from ai_cms.llm.backends.base import BaseLLMBackend

    class Careless(BaseLLMBackend):
        makes_real_calls = False

        def _stream(self, request: LLMRequest) -> Any:
            yield TextDelta("half")

    with pytest.raises(LLMInterrupted):
        Careless(alias="c").generate(ask())
