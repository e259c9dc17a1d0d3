"""How a call of OpenAIBackend is stopped, by its caller or its deadline, and what many at once do to each other."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest

from ai_cms.llm.exceptions import (
    LLMCancelled,
    LLMInputTooLong,
    LLMTimeout,
)
from ai_cms.llm.messages import (
    CancelToken,
    Deadlines,
    TextDelta,
)

from .fault_server import FaultServer
from .fault_wire import TEXT
from .provider import _provider, ask, backend_for, provider

__all__ = ["_provider", "provider"]


def test_closing_the_stream_closes_the_connection(provider: FaultServer) -> None:
    provider.pause = 0.02
    try:
        stream = backend_for(provider).stream(ask())
        next(stream)
        stream.close()
        left = wait_until_left(provider)
    finally:
        provider.pause = 0.0
    assert left < 2


@pytest.mark.parametrize("fault", ["hang", "hang-mid-stream", "keepalive", "slow-headers", "infinite-slow"])
def test_another_thread_can_stop_a_call(provider: FaultServer, fault: str) -> None:
    token = CancelToken()
    request = ask(fault, cancel=token, deadlines=Deadlines(20, 20, 20, 20))
    cancelled_at: list[float] = []

    def cancel() -> None:
        # Once the server has the call, and has had the time for what the fault lets it send.
        while not provider.calls:
            time.sleep(0.01)
        time.sleep(0.5)
        cancelled_at.append(time.monotonic())
        token.cancel()

    threading.Thread(target=cancel, daemon=True).start()
    with pytest.raises(LLMCancelled) as caught:
        backend_for(provider).generate(request)
    assert time.monotonic() - cancelled_at[0] < 2
    assert not caught.value.retryable
    assert bool(caught.value.partial) is (fault in ("hang-mid-stream", "infinite-slow"))
    if fault != "hang-mid-stream":
        assert wait_until_left(provider) < 3


def test_a_call_cancelled_before_it_starts_sends_nothing(provider: FaultServer) -> None:
    token = CancelToken()
    token.cancel()
    started = time.monotonic()
    with pytest.raises(LLMCancelled):
        backend_for(provider).generate(ask("hang", cancel=token, deadlines=Deadlines(20, 20, 20, 20)))
    assert time.monotonic() - started < 2
    assert provider.calls == []


def test_leaving_an_async_stream_stops_the_call(provider: FaultServer) -> None:
    async def leave() -> None:
        request = ask("infinite-slow", deadlines=Deadlines(20, 20, 20, 20))
        async for event in backend_for(provider).astream(request):
            if isinstance(event, TextDelta):
                break

    asyncio.run(leave())
    assert wait_until_left(provider) < 2


def test_cancelling_an_async_call_stops_it(provider: FaultServer) -> None:
    async def cancelled() -> None:
        request = ask("hang", deadlines=Deadlines(20, 20, 20, 20))
        task = asyncio.create_task(backend_for(provider).agenerate(request))
        # Cancelled sooner, it would send nothing, and there would be no client to leave.
        while not provider.calls:
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancelled())
    assert wait_until_left(provider) < 2


def wait_until_left(provider: FaultServer) -> float:
    """Return the seconds until the server saw its client leave."""
    started = time.monotonic()
    while time.monotonic() - started < 5:
        if provider.last.client_left is not None:
            return time.monotonic() - started
        time.sleep(0.01)
    return 5.0


def test_a_reader_who_takes_his_time_is_not_the_providers_silence(provider: FaultServer) -> None:
    text = ""
    for event in backend_for(provider).stream(ask(deadlines=Deadlines(5, 1.0, 20))):
        if isinstance(event, TextDelta):
            if not text:
                time.sleep(1.5)
            text += event.text
    assert text == TEXT


def test_fifty_hanging_calls_neither_stop_others_nor_outlive_their_deadline(provider: FaultServer) -> None:
    backend = backend_for(provider)
    outcomes: list[type[Exception]] = []

    def hang() -> None:
        try:
            backend.generate(ask("hang", deadlines=Deadlines(1.0, 1.0, 1.0)))
        except LLMTimeout as error:
            outcomes.append(type(error))

    threads = [threading.Thread(target=hang) for _ in range(50)]
    started = time.monotonic()
    for thread in threads:
        thread.start()
    assert backend.generate(ask("ok", deadlines=Deadlines(20, 20, 20))).text == TEXT
    for thread in threads:
        thread.join(10)
    assert outcomes == [LLMTimeout] * 50
    assert time.monotonic() - started < 6


def test_the_ledger_of_many_calls_at_once_is_the_providers(provider: FaultServer) -> None:
    backend = backend_for(provider, deadlines={"first_byte": 20, "gap": 20, "total": 30})
    spent: list[tuple[int, int]] = []

    def work(number: int) -> None:
        for step in range(10):
            usage = backend.generate(ask(f"say:answer {number} of {step}", text=f"Question {step}?")).usage
            spent.append((usage.input_tokens, usage.output_tokens))

    threads = [threading.Thread(target=work, args=[number]) for number in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(spent) == 100
    assert (sum(pair[0] for pair in spent), sum(pair[1] for pair in spent)) == provider.billed()


def test_an_input_far_beyond_the_context_is_not_sent(provider: FaultServer) -> None:
    with pytest.raises(LLMInputTooLong):
        backend_for(provider, context_window=100).generate(ask(text="word " * 1000))
    assert provider.calls == []


def test_a_server_that_reads_only_a_part_of_the_input_is_noticed(
    provider: FaultServer, caplog: pytest.LogCaptureFixture
) -> None:
    # This provider counts a long word as one token, which looks just like it.
    backend_for(provider).generate(ask(text="supercalifragilistic" * 3 + " " + "wordwordwordwordword " * 500))
    assert "its context may be too small" in caplog.text
