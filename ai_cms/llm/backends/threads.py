"""Blocking calls for asynchronous callers: one thread a call, because a call may hang for minutes.

The default executor of asyncio has a handful of threads that Django and the resolver need too; fifty hanging calls
would stop the site. How many calls run at once is the gateway's business.
"""

from __future__ import annotations

import asyncio
import contextvars
import threading
from collections.abc import AsyncGenerator, Callable, Iterator
from typing import Any, TypeVar

from ai_cms.llm.messages import CancelToken

__all__ = ["arun", "astream_of"]

T = TypeVar("T")


def _start(target: Callable[[], None]) -> None:
    context = contextvars.copy_context()
    threading.Thread(target=lambda: context.run(target), name="ai-cms-llm", daemon=True).start()


def _post(loop: asyncio.AbstractEventLoop, callback: Callable[..., object], *args: object) -> None:
    try:
        loop.call_soon_threadsafe(callback, *args)
    except RuntimeError:
        # The loop is gone, and with it whoever waited.
        if not loop.is_closed():
            raise


async def arun(call: Callable[[], T], cancel: CancelToken) -> T:
    """Run ``call`` in a thread of its own; cancelling the task cancels ``cancel``."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def settle(result: Any, error: BaseException | None) -> None:
        if done.done():
            return
        if error is None:
            done.set_result(result)
        else:
            done.set_exception(error)

    def work() -> None:
        try:
            result = call()
        except BaseException as error:
            _post(loop, settle, None, error)
        else:
            _post(loop, settle, result, None)

    _start(work)
    try:
        return await done
    except asyncio.CancelledError:
        cancel.cancel()
        raise


async def astream_of(start: Callable[[], Iterator[T]], cancel: CancelToken) -> AsyncGenerator[T, None]:
    """Yield what the iterator made by ``start`` yields in a thread; leaving early cancels ``cancel``."""
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[tuple[bool, Any]] = asyncio.Queue()
    # So far ahead of its reader may the provider be before the thread waits.
    room = threading.Semaphore(256)
    left = threading.Event()

    def work() -> None:
        try:
            for item in start():
                while not room.acquire(timeout=0.5):
                    if left.is_set():
                        return
                _post(loop, queue.put_nowait, (False, item))
        except BaseException as error:
            _post(loop, queue.put_nowait, (True, error))
        else:
            _post(loop, queue.put_nowait, (True, None))

    _start(work)
    finished = False
    try:
        while True:
            last, value = await queue.get()
            if last:
                finished = True
                if value is not None:
                    raise value
                return
            room.release()
            yield value
    finally:
        if not finished:
            left.set()
            cancel.cancel()
