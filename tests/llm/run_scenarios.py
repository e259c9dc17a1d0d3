"""What happens to runs in processes of their own; started by :mod:`tests.llm.scenarios`."""

from __future__ import annotations

import os
import signal
import threading
from typing import Any

__all__ = ["die_in_run", "fork", "hang", "pool", "run_limit_race"]


def die_in_run(user_name: str) -> dict[str, Any]:
    """Start a run in the thread pool and be killed in its middle."""
    import time

    from django.contrib.auth import get_user_model

    from ai_cms.llm.runs.context import RunContext, run_handler
    from ai_cms.llm.runs.services import start_run

    @run_handler("deadly")
    def deadly(run: RunContext) -> None:
        run.text("some words")
        run.events.flush()
        os.kill(os.getpid(), signal.SIGKILL)

    start_run("deadly", {}, actor=get_user_model().objects.get_or_create(username=user_name)[0])
    time.sleep(30)
    return {"survived": True}


def pool(runs: int, threads: int) -> dict[str, Any]:
    """Start runs in the thread pool, cancel one that runs and one that waits; tell how they went."""
    import time

    from django.contrib.auth import get_user_model

    from ai_cms.core.permissions import Actor
    from ai_cms.llm.models import Run
    from ai_cms.llm.runs.context import RunContext, run_handler
    from ai_cms.llm.runs.services import cancel_run, start_run

    lock = threading.Lock()
    state = {"now": 0, "most": 0}

    @run_handler("work")
    def work(run: RunContext) -> int:
        with lock:
            state["now"] += 1
            state["most"] = max(state["most"], state["now"])
        try:
            for number in range(10):
                run.text(f"{number} ")
                time.sleep(0.02)
        finally:
            with lock:
                state["now"] -= 1
        return run.payload["number"] * 2  # type: ignore[no-any-return]

    @run_handler("endless")
    def endless(run: RunContext) -> None:
        while True:
            run.check()
            time.sleep(0.01)

    user = get_user_model().objects.create_user("runner")
    actor = Actor.of(user)
    stopped = start_run("endless", {}, actor=actor)
    started = [start_run("work", {"number": number}, actor=actor) for number in range(runs)]
    waiting = cancel_run(started[-1], actor=actor)
    time.sleep(0.3)
    patience = time.monotonic() + 30
    # On a busy machine the pool may take its time; only a run that is being carried out can be stopped.
    while Run.objects.get(pk=stopped.pk).status != "running" and time.monotonic() < patience:
        time.sleep(0.01)
    begun = time.monotonic()
    # As another process would: by the row alone.
    Run.objects.filter(pk=stopped.pk).update(status="cancelling", cancel_requested=True)
    while not Run.objects.get(pk=stopped.pk).is_finished and time.monotonic() - begun < 10:
        time.sleep(0.01)
    cancelled_after = time.monotonic() - begun
    while Run.objects.open().exists() and time.monotonic() - begun < 60:
        time.sleep(0.05)
    done = [Run.objects.get(pk=run.pk) for run in started[:-1]]
    numbers = [list(run.events.order_by("seq").values_list("seq", flat=True)) for run in done]
    return {
        "statuses": sorted({run.status for run in done}),
        "results": [run.result for run in done],
        "texts": sorted({run.text for run in done}),
        "gapless": all(seen == list(range(1, len(seen) + 1)) for seen in numbers),
        "deltas": max(run.events.filter(type="delta").count() for run in done),
        "most_at_once": state["most"],
        "waiting": waiting.status,
        "stopped": Run.objects.get(pk=stopped.pk).status,
        "cancelled_after": cancelled_after,
        "threads": threads,
    }


def run_limit_race(requests: int) -> dict[str, Any]:
    """Start runs at once against a limit of open runs, all of them by different keys, then all by the same."""
    from django.contrib.auth import get_user_model
    from django.db import connections

    from ai_cms.core.exceptions import LimitExceeded
    from ai_cms.llm.models import Run
    from ai_cms.llm.runs.context import RunContext, run_handler
    from ai_cms.llm.runs.executors import runner
    from ai_cms.llm.runs.executors.executor import Executor
    from ai_cms.llm.runs.services import start_run

    class Parked(Executor):
        def start(self, run_id: Any) -> None:
            pass

    @run_handler("parked")
    def parked(run: RunContext) -> None:
        pass

    runner._made["thread"] = Parked()
    found: dict[str, Any] = {"open": [], "same": [], "refused": 0, "errors": []}
    for keys in ("different", "same"):
        user = get_user_model().objects.create_user(keys)
        start = threading.Barrier(requests)
        ids: set[str] = set()

        def one(number: int, keys: str, user: Any, start: threading.Barrier, ids: set[str]) -> None:
            try:
                start.wait()
                ids.add(str(start_run("parked", {}, actor=user, idempotency_key=keys + str(number)).pk))
            except LimitExceeded:
                found["refused"] += 1
            except Exception as error:
                found["errors"].append(repr(error))
            finally:
                connections.close_all()

        threads = [
            threading.Thread(target=one, args=(number if keys == "different" else 0, keys, user, start, ids))
            for number in range(requests)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        found["open" if keys == "different" else "same"] = [Run.objects.filter(user=user).count(), len(ids)]
    return found


def fork() -> dict[str, Any]:
    """Use the threads of runs, fork while they wait for more, and use them in the child."""
    import asyncio
    import time

    from django.contrib.auth import get_user_model
    from django.db import connections

    from ai_cms.llm.models import Run
    from ai_cms.llm.runs.context import RunContext, run_handler
    from ai_cms.llm.runs.looking import watching
    from ai_cms.llm.runs.services import start_run

    @run_handler("quick")
    def quick(run: RunContext) -> str:
        run.text("hello")
        # Written by the thread for it, and not just at the end.
        patience = time.monotonic() + 10
        while not Run.objects.filter(pk=run.run_id, text="hello").exists() and time.monotonic() < patience:
            time.sleep(0.02)
        return Run.objects.get(pk=run.run_id).text

    async def watched(run: Run) -> bool:
        with watching(run.pk, 0) as watcher:
            return (await watcher.next(10)) is not None

    user = get_user_model().objects.create_user("forker")

    def work() -> bool:
        run = start_run("quick", {}, actor=user)
        patience = time.monotonic() + 10
        while Run.objects.get(pk=run.pk).status != "done" and time.monotonic() < patience:
            time.sleep(0.02)
        run = Run.objects.get(pk=run.pk)
        return (run.status, run.result) == ("done", "hello") and asyncio.run(watched(run))

    parent = work()
    # Time for the thread to find nothing more, and to wait.
    time.sleep(0.5)
    connections.close_all()
    child = os.fork()
    if child == 0:
        try:
            worked = work()
        except BaseException:
            worked = False
        os._exit(0 if worked else 1)
    _pid, status = os.waitpid(child, 0)
    return {"parent": parent, "child": os.waitstatus_to_exitcode(status) == 0}


def hang(calls: int, readers: int) -> dict[str, Any]:
    """Read while calls hang; tell how many hang at once, and how many reads were answered meanwhile."""
    import time

    from django.contrib.auth import get_user_model
    from django.db import connections

    from ai_cms.core.permissions import Actor
    from ai_cms.llm.messages import CancelToken
    from ai_cms.llm.models import AILog
    from ai_cms.llm.runs.context import RunContext, run_handler
    from ai_cms.llm.runs.services import start_run

    release = threading.Event()
    held: list[CancelToken] = []

    @run_handler("hanging")
    def hanging(run: RunContext) -> None:
        held.append(run.cancel)
        release.wait(60)

    def read() -> int:
        answered: list[bool] = []

        def one() -> None:
            for _ in range(20):
                list(AILog.objects.all()[:20])
                answered.append(not get_user_model().objects.filter(username="reader").exists())
            connections.close_all()

        threads = [threading.Thread(target=one) for _ in range(readers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return sum(answered)

    actor = Actor.of(get_user_model().objects.create_user("hanger"))
    for _ in range(calls):
        start_run("hanging", {}, actor=actor)
    patience = time.monotonic() + 30
    while len(held) < 4 and time.monotonic() < patience:
        time.sleep(0.01)
    # Time for one call too many to start, if the pool let it.
    time.sleep(0.5)
    found = {"running": len(held), "read": read()}
    release.set()
    return found
