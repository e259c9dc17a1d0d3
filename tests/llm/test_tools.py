"""Tools: registered, offered, run with the user's rights, and within limits."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth import get_user_model
from pydantic import BaseModel, Field

from ai_cms.core.exceptions import AlreadyRegistered, InvalidInput, NotFound
from ai_cms.core.permissions import Actor
from ai_cms.llm.backends.testing import TestingBackend
from ai_cms.llm.exceptions import LLMToolLimit
from ai_cms.llm.messages import LLMRequest, LLMResponse, Message, ToolCall, Usage
from ai_cms.llm.tools.loop import run_tools
from ai_cms.llm.tools.registry import (
    MAX_RESULT,
    Risk,
    Tool,
    ToolContext,
    approval_key,
    as_tool,
    available_tools,
    execute_tool,
    make_tool,
    tool,
    tools,
)

SYSTEM = ToolContext(Actor.system())


class Arguments(BaseModel):
    text: str = Field(max_length=20)
    times: int = 1


def repeat(context: ToolContext, arguments: Arguments) -> str:
    """Repeat a text.

    Not for the model.
    """
    return arguments.text * arguments.times


def made(function: Any = repeat, **options: Any) -> Tool:
    return make_tool(function, **{"risk": "read", **options})


def offered(*items: Tool) -> dict[str, Tool]:
    return {item.name: item for item in items or (made(),)}


def run(name: str, arguments: str, *items: Tool, context: ToolContext = SYSTEM) -> Any:
    return execute_tool(name, arguments, context, offered=offered(*items))


def test_a_decorated_function_is_registered_and_stays_a_function() -> None:
    try:
        assert tool(name="repeat_it", risk="read")(repeat) is repeat
        definition = tools["repeat_it"].definition()
        assert definition.description == "Repeat a text."
        assert definition.parameters["required"] == ["text"]
        with pytest.raises(AlreadyRegistered):
            tool(name="repeat_it", risk="write")(repeat)
        assert "repeat_it" in [item.name for item in available_tools(Actor.system())]
        assert [item.name for item in available_tools(Actor.system(), ["repeat_it"])] == ["repeat_it"]
        assert execute_tool("repeat_it", '{"text": "a"}', SYSTEM).text == "a"
    finally:
        tools.unregister("repeat_it")


def test_a_tool_needs_arguments_words_and_a_known_risk() -> None:
    def nothing(context: ToolContext) -> None:
        """Do nothing."""

    def silent(context: ToolContext, arguments: Arguments) -> None: ...

    with pytest.raises(TypeError, match="Pydantic model"):
        made(nothing)
    with pytest.raises(TypeError, match="docstring"):
        made(silent)
    with pytest.raises(ValueError, match="'wild'"):
        tool(risk="wild")  # type: ignore[arg-type]
    assert made(silent, description="Say nothing.").description == "Say nothing."


def test_a_tool_runs_with_valid_arguments() -> None:
    result = run("repeat", '{"text": "ab", "times": 2}')
    assert (result.ok, result.text, result.value) == (True, "abab", "abab")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ('{"text": ', "not valid JSON"),
        ('{"times": 2}', "text: Field required"),
        ('{"text": "a", "times": "often"}', "times: Input should be a valid integer"),
        ('{"text": "' + "a" * 30 + '"}', "at most 20 characters"),
        ('["a"]', "not valid"),
        ("null", "not valid"),
        ("[" * 100_000, "not valid JSON"),
        ("", "text: Field required"),
    ],
)
def test_what_is_wrong_with_the_arguments_is_told_to_the_model(arguments: str, words: str) -> None:
    result = run("repeat", arguments)
    assert not result.ok
    assert words in result.text


def test_an_unknown_and_a_forbidden_tool_sound_the_same(db: None) -> None:
    user = get_user_model().objects.create_user("member")
    secret = made(name="secret", permission="auth.delete_user")
    context = ToolContext(Actor.of(user))
    forbidden = run("secret", "{}", made(), secret, context=context)
    assert forbidden.text == "There is no tool 'secret'. Tools: repeat, secret."
    assert run("other", "{}", made(), context=context).text == "There is no tool 'other'. Tools: repeat."
    assert not forbidden.ok


def test_rights_come_from_the_actor_and_are_narrowed_by_scopes(db: None) -> None:
    user = get_user_model().objects.create_superuser("root")
    write, read = made(risk="write", permission="auth.delete_user"), made()
    assert write.allowed(Actor.of(user))
    assert not write.allowed(Actor(user, scopes=frozenset({"read"})))
    assert read.allowed(Actor(user, scopes=frozenset({"read"})))
    assert not read.allowed(Actor(user, scopes=frozenset()))
    assert not made(permission=lambda actor: actor.is_staff).allowed(Actor.anonymous())


def raising(error: Exception) -> Tool:
    def fail(context: ToolContext, arguments: Arguments) -> None:
        """Fail."""
        raise error

    return made(fail)


def test_refusals_are_told_and_bugs_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    arguments = '{"text": "a"}'
    assert run("fail", arguments, raising(NotFound())).text == "Refused (not_found): Not found."
    invalid = run("fail", arguments, raising(InvalidInput(errors={"title": ["too long"]})))
    assert '{"title": ["too long"]}' in invalid.text
    result = run("fail", arguments, raising(RuntimeError("secret path /etc")))
    assert not result.ok
    assert "secret" not in result.text
    assert "secret path" in caplog.text


def test_a_failed_write_leaves_nothing_behind(db: None) -> None:
    def half(context: ToolContext, arguments: Arguments) -> None:
        """Write half."""
        get_user_model().objects.create_user("half")
        raise InvalidInput

    assert not run("half", '{"text": "a"}', made(half, risk="write")).ok
    assert not get_user_model().objects.filter(username="half").exists()


def test_long_results_are_cut_and_objects_become_json() -> None:
    def many(context: ToolContext, arguments: Arguments) -> dict[str, str]:
        """Say much."""
        return {"text": arguments.text * 10_000}

    def echo(context: ToolContext, arguments: Arguments) -> Arguments:
        """Say it again."""
        return arguments

    assert len(run("many", '{"text": "abc"}', made(many)).text) < MAX_RESULT + 60
    assert run("echo", '{"text": "a"}', made(echo)).text == '{"text": "a", "times": 1}'


@pytest.mark.parametrize("risk", ["destructive", "outward"])
def test_dangerous_calls_wait_for_a_person_who_saw_exactly_these_arguments(db: None, risk: Risk) -> None:
    item = made(risk=risk)
    waiting = run("repeat", '{"text": "a"}', item)
    assert waiting.needs_approval
    assert not waiting.ok
    approved = ToolContext(Actor.system(), approved=frozenset({approval_key("repeat", '{ "text":"a" }')}))
    assert run("repeat", '{"text": "a"}', item, context=approved).text == "a"
    assert run("repeat", '{"text": "b"}', item, context=approved).needs_approval
    assert approval_key("repeat", "{broken") != approval_key("other", "{broken")


# The loop


def loop(backend: TestingBackend, *items: Tool, **options: Any) -> Any:
    request = LLMRequest([Message.user("Do it")])
    return run_tools(backend.generate, request, SYSTEM, items or (made(),), **options)


def call(identity: str = "1", arguments: str = '{"text": "ab"}', name: str = "repeat") -> ToolCall:
    return ToolCall(identity, name, arguments)


def test_the_model_gets_the_results_and_answers() -> None:
    backend = TestingBackend(alias="x")
    backend.script([call("1"), call("2", '{"text": "c"}')], "Done.")
    seen: list[str] = []
    result = loop(backend, on_result=lambda item: seen.append(item.text))

    assert result.response.text == "Done."
    assert seen == ["ab", "c"]
    assert [message.role for message in result.messages] == ["assistant", "tool", "tool", "assistant"]
    assert [message.tool_call_id for message in backend.requests[1].messages[2:]] == ["1", "2"]
    assert result.rounds == 1
    first, second = (response for response in (backend.requests))
    assert [item.name for item in first.tools] == [item.name for item in second.tools] == ["repeat"]
    assert result.usage.input_tokens > 0


def test_calls_with_the_same_id_are_told_apart() -> None:
    backend = TestingBackend(alias="x")
    backend.script([call("1"), call("1")], call("1"), "Done.")
    result = loop(backend)

    identities = [item.call.id for item in result.results]
    assert identities == ["1", "1-2", "1-3"]
    assert [item.ok for item in result.results] == [True, False, True]
    assert "same id" in result.results[1].text


def test_wrong_calls_count_as_rounds_and_the_model_may_mend_them() -> None:
    backend = TestingBackend(alias="x")
    backend.script(call(name="nothing"), call(arguments="{"), "Sorry.")
    result = loop(backend)
    assert (result.rounds, [item.ok for item in result.results]) == (2, [False, False])


def test_a_model_that_never_stops_is_stopped() -> None:
    backend = TestingBackend(alias="x")
    backend.script(*[call(str(number)) for number in range(50)])
    with pytest.raises(LLMToolLimit) as caught:
        loop(backend)
    assert len(backend.requests) == 9
    assert caught.value.usage is not None
    assert caught.value.usage.input_tokens > 0


def test_many_calls_at_once_are_cut_at_the_limit() -> None:
    ran: list[int] = []

    def count(context: ToolContext, arguments: Arguments) -> str:
        """Count."""
        ran.append(1)
        return "ok"

    backend = TestingBackend(alias="x")
    backend.script([call(str(number), name="count") for number in range(40)])
    with pytest.raises(LLMToolLimit, match="16 calls"):
        loop(backend, made(count))
    assert len(ran) == 16


def test_the_text_before_the_limit_is_kept() -> None:
    def generate(request: LLMRequest) -> LLMResponse:
        return LLMResponse("thinking", (call(str(len(request.messages))),), Usage(5, 5))

    with pytest.raises(LLMToolLimit) as caught:
        run_tools(generate, LLMRequest([]), SYSTEM, [made()], max_rounds=2)
    assert caught.value.partial == "thinking\n\nthinking\n\nthinking"
    assert caught.value.usage == Usage(15, 15)


def test_what_waits_for_approval_is_listed() -> None:
    backend = TestingBackend(alias="x")
    backend.script(call(), "Please confirm.")
    result = loop(backend, made(risk="outward"))
    assert [item.name for item in result.pending] == ["repeat"]


def test_a_decorated_function_can_be_offered_as_it_is() -> None:
    try:
        decorated = tool(name="repeat_it", risk="read")(repeat)
        assert as_tool(decorated).name == "repeat_it"
        seen: list[Any] = []

        def generate(request: LLMRequest) -> LLMResponse:
            seen.append([definition.name for definition in request.tools])
            return LLMResponse("Done.")

        run_tools(generate, LLMRequest([Message.user("x")]), ToolContext(Actor.system("test")), [decorated])
        assert seen == [["repeat_it"]]
    finally:
        tools.unregister("repeat_it")
    with pytest.raises(TypeError, match="@tool"):
        as_tool(lambda context, arguments: None)
