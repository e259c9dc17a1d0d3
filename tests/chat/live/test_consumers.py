"""Conversations and rooms by WebSocket: who may hear, what comes, and where one comes back."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest

from ai_cms.chat.models import Message
from ai_cms.chat.services import (
    create_conversation,
    delete_message,
    edit_message,
    send_message,
)

from .sockets import connected, in_thread, path_of, played, say, token_of

pytestmark = pytest.mark.django_db(transaction=True)


def test_what_is_said_reaches_the_members_in_order(room: Any, ann: Any, bob: Any) -> None:
    async def scene() -> list[str]:
        async with connected(path_of(room), token=await in_thread(token_of, bob)) as socket:
            ready = await socket.next("ready")
            assert (ready["user"], ready["change"], ready["takes_part"]) == (str(bob.pk), 0, True)
            for number in range(5):
                await in_thread(say, room, f"word {number}", ann)
            return [(await socket.next("message"))["message"]["content"] for _ in range(5)]

    assert played(scene) == [f"word {number}" for number in range(5)]


def test_whoever_comes_back_gets_what_was_missed_once(room: Any, ann: Any, bob: Any) -> None:
    async def scene() -> list[int]:
        token = await in_thread(token_of, bob)
        await in_thread(say, room, "before", ann)
        async with connected(path_of(room), token=token, after="0") as socket:
            first = await socket.next("message")
        for number in range(150):
            await in_thread(say, room, f"while away {number}", ann)
        async with connected(path_of(room), token=token, after=first["id"]) as socket:
            return [(await socket.next("message"))["message"]["number"] for _ in range(150)]

    # More than one page of the reader.
    assert played(scene) == list(range(2, 152))


def test_without_a_place_only_what_is_new_comes(room: Any, ann: Any, bob: Any) -> None:
    async def scene() -> str:
        await in_thread(say, room, "old", ann)
        async with connected(path_of(room), token=await in_thread(token_of, bob)) as socket:
            await socket.next("ready", change=1)
            await in_thread(say, room, "new", ann)
            return str((await socket.next("message"))["message"]["content"])

    assert played(scene) == "new"


def test_changes_and_deletions_of_messages_are_told(room: Any, ann: Any, bob: Any) -> None:
    message = say(room, "first", ann)

    async def scene() -> list[tuple[str, bool]]:
        found = []
        async with connected(path_of(room), token=await in_thread(token_of, bob)) as socket:
            await socket.next("ready")
            await in_thread(edit_message, message, "second", actor=ann)
            found.append((await socket.next("message"))["message"])
            await in_thread(delete_message, message, actor=ann)
            found.append((await socket.next("message"))["message"])
        return [(row["content"], row["is_deleted"]) for row in found]

    assert played(scene) == [("second", False), ("", True)]


def test_an_answer_comes_by_the_events_of_its_run(ann: Any, parked: Any) -> None:
    conversation = create_conversation(actor=ann)
    sent = send_message(conversation, "Count, please.", actor=ann)
    run = sent.answers[0].run

    async def scene() -> tuple[str, list[int]]:
        from ai_cms.llm.runs.execution import execute_run

        parked.answer, parked.delay = "one two three four five", 0.02
        async with connected(path_of(conversation), token=await in_thread(token_of, ann)) as socket:
            begun = (await socket.next("message"))["message"]
            assert (begun["status"], begun["content"]) == ("queued", "")
            work = asyncio.create_task(asyncio.to_thread(carried_out, execute_run, run.pk))
            await socket.next("message", timeout=30)
            while True:
                frame = await socket.frame()
                if frame["type"] == "run" and frame["event"]["event"] == "done":
                    break
            if not any(f["type"] == "message" and f["message"]["status"] == "complete" for f in socket.frames):
                await socket.next("message")
            await work
        text = ""
        for frame in socket.frames:
            if frame["type"] == "message" and frame["message"]["role"] == "assistant":
                # What a page does: a message is the text up to here, an event goes on from there.
                text = frame["message"]["content"]
            elif frame["type"] == "run" and frame["event"]["event"] == "delta":
                text += frame["event"]["data"]["text"]
            assert "one two three four five".startswith(text)
        numbers = [frame["event"]["id"] for frame in socket.frames if frame["type"] == "run"]
        return text, numbers

    text, numbers = played(scene)
    assert text == "one two three four five"
    # Each event once, in order, from the one after what the first frame showed.
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    row = Message.objects.get(pk=sent.answers[0].pk)
    assert row.run is not None and numbers[-1] == row.run.last_seq


def carried_out(work: Callable[..., Any], *args: Any) -> Any:
    from django.db import connections

    try:
        return work(*args)
    finally:
        connections.close_all()


def test_a_place_within_an_answer_goes_on_there(ann: Any, parked: Any) -> None:
    from ai_cms.llm.runs.execution import execute_run

    conversation = create_conversation(actor=ann)
    sent = send_message(conversation, "Count, please.", actor=ann)
    parked.answer = "one two three"
    run = sent.answers[0].run
    place = f"{sent.answers[0].change}~{run.pk.hex}:0"
    execute_run(run.pk)

    async def scene() -> list[int]:
        async with connected(path_of(conversation), token=await in_thread(token_of, ann), after=place) as socket:
            await socket.next("message", timeout=5)
            await socket.quiet(0.2)
            return [frame["event"]["id"] for frame in socket.frames if frame["type"] == "run"]

    numbers = played(scene)
    run.refresh_from_db()
    assert numbers == list(range(1, run.last_seq + 1))


@pytest.mark.stress
def test_thirty_watchers_who_are_cut_off_after_four_events_have_the_whole_text(ann: Any, parked: Any) -> None:
    from ai_cms.llm.runs.execution import execute_run

    conversation = create_conversation(actor=ann)
    answer = send_message(conversation, "Count, please.", actor=ann).answers[0]
    parked.answer, parked.delay = " ".join(f"word{number}" for number in range(60)), 0.03
    run = answer.run

    async def watch(token: str) -> tuple[str, list[int], int]:
        text, numbers, place, visits = "", [], "0", 0
        while True:
            visits += 1
            heard = 0
            async with connected(path_of(conversation), token=token, after=place) as socket:
                while visits > 1 or heard < 4:
                    frame = await socket.frame(timeout=60)
                    place = frame.get("id", place)
                    if frame["type"] == "message" and frame["message"]["id"] == str(answer.pk):
                        text = frame["message"]["content"]
                    elif frame["type"] == "run":
                        heard += 1
                        numbers.append(frame["event"]["id"])
                        if frame["event"]["event"] == "delta":
                            text += frame["event"]["data"]["text"]
                        elif frame["event"]["event"] == "done":
                            return text, numbers, visits

    async def scene() -> list[tuple[str, list[int], int]]:
        token = await in_thread(token_of, ann)
        watchers = [asyncio.create_task(watch(token)) for _ in range(30)]
        await asyncio.sleep(1)
        work = asyncio.create_task(asyncio.to_thread(carried_out, execute_run, run.pk))
        found = await asyncio.gather(*watchers)
        await work
        return found

    found = played(scene)
    answer.refresh_from_db()
    assert answer.content == parked.answer
    assert {text for text, _numbers, _visits in found} == {answer.content}
    for _text, numbers, visits in found:
        assert visits == 2
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))


def test_a_run_of_another_conversation_is_not_told(ann: Any, bob: Any, parked: Any) -> None:
    from ai_cms.llm.runs.execution import execute_run

    theirs = send_message(create_conversation(actor=bob), "Secret.", actor=bob)
    parked.answer = "the secret answer"
    execute_run(theirs.answers[0].run.pk)
    mine = create_conversation(actor=ann)

    async def scene() -> list[dict[str, Any]]:
        place = f"0~{theirs.answers[0].run.pk.hex}:0"
        async with connected(path_of(mine), token=await in_thread(token_of, ann), after=place) as socket:
            await socket.next("ready")
            await socket.quiet(0.3)
            return socket.frames

    assert "secret" not in json.dumps(played(scene))
