"""What happens in processes of their own: races of threads, and processes that are killed.

``python -m tests.llm.scenarios NAME JSON`` sets Django up from the environment, does one scenario and prints JSON. The
database is a SQLite file, or the PostgreSQL database the tests run on.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
from collections.abc import Callable
from typing import Any

from ..chat.run_scenarios import chat_report, die_in_chat
from .run_scenarios import die_in_run, fork, hang, pool, run_limit_race

#: What one call of the backend below reports; the same is held for it.
PROMPT, ANSWER = 40, 60


def race(requests: int, affordable: int, rounds: int) -> dict[str, Any]:
    """Send ``requests`` calls at once on credits for ``affordable``, ``rounds`` times."""
    from django.contrib.auth import get_user_model
    from django.db import connections

    from ai_cms.llm import gateway
    from ai_cms.llm.credits import ledger as credits
    from ai_cms.llm.exceptions import LLMCreditsExhausted
    from ai_cms.llm.messages import ImageRequest
    from ai_cms.llm.models import CreditEntry

    found: dict[str, Any] = {"served": [], "balances": [], "reserved": [], "errors": [], "calls": 0, "sums": []}
    for number in range(rounds):
        user = get_user_model().objects.create_user(f"racer-{number}")
        account = credits.account_for(user, "image")
        system = _system()
        if affordable != account.balance:
            credits.grant_credits(actor=system, user=user, kind="image", credits=affordable - account.balance)
        start = threading.Barrier(requests)
        served: list[int] = []

        def one(user: Any = user, start: threading.Barrier = start, served: list[int] = served) -> None:
            try:
                start.wait()
                gateway.generate_image(ImageRequest("x"), actor=user)
                served.append(1)
            except LLMCreditsExhausted:
                pass
            except Exception as error:
                found["errors"].append(repr(error))
            finally:
                connections.close_all()

        threads = [threading.Thread(target=one) for _ in range(requests)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        account.refresh_from_db()
        found["served"].append(len(served))
        found["balances"].append(account.balance)
        found["reserved"].append(account.reserved)
        found["sums"].append(sum(CreditEntry.objects.filter(account=account).values_list("amount", flat=True)))
    from ai_cms.llm.handler import llms

    found["calls"] = len(llms["default"].image_requests)  # type: ignore[attr-defined]
    return found


def wait_for_credits(requests: int) -> dict[str, Any]:
    """Send calls at once that hold more than they use, so that they have to wait for each other."""
    from django.contrib.auth import get_user_model
    from django.db import connections

    from ai_cms.llm import gateway
    from ai_cms.llm.credits import ledger as credits
    from ai_cms.llm.messages import LLMRequest, LLMResponse, Message, Usage

    backend = _backend()
    backend.script(*[LLMResponse("Yes.", usage=Usage(5, 5)) for _ in range(requests)])
    user = get_user_model().objects.create_user("waiter")
    account = credits.account_for(user, "text")
    credits.grant_credits(actor=_system(), user=user, kind="text", credits=1 - account.balance // 1000)
    errors: list[str] = []

    def one() -> None:
        try:
            gateway.call(LLMRequest([Message.user("Yes or no?")], max_tokens=600), actor=user)
        except Exception as error:
            errors.append(repr(error))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=one) for _ in range(requests)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    account.refresh_from_db()
    return {"errors": errors, "balance": account.balance, "reserved": account.reserved}


def allowance_race(requests: int) -> dict[str, Any]:
    """Ask for an account many times at once: the month's allowance is granted once."""
    from django.contrib.auth import get_user_model
    from django.db import connections

    from ai_cms.llm.credits import ledger as credits

    user = get_user_model().objects.create_user("new")
    start = threading.Barrier(requests)
    errors: list[str] = []

    def one() -> None:
        try:
            start.wait()
            credits.account_for(user, "text")
            credits.grant_credits(actor=_system(), user=user, kind="text", credits=2, idempotency_key="once")
        except Exception as error:
            errors.append(repr(error))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=one) for _ in range(requests)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    account = credits.account_for(user, "text")
    return {"balance": account.balance, "entries": account.entries.count(), "errors": errors}


def limit_race(requests: int, limit: int) -> dict[str, Any]:
    """Open calls at once against a limit of open calls, and hold them open."""
    from django.contrib.auth import get_user_model
    from django.db import connections

    from ai_cms.llm import gateway
    from ai_cms.llm.credits.limits import TooManyCalls
    from ai_cms.llm.messages import LLMRequest, Message

    user = get_user_model().objects.create_user("busy")
    start = threading.Barrier(requests)
    opened: list[Any] = []
    refused: list[int] = []
    errors: list[str] = []

    def one() -> None:
        try:
            start.wait()
            opened.append(gateway.stream(LLMRequest([Message.user("x")], max_tokens=50), actor=user))
        except TooManyCalls as error:
            refused.append(error.status_code)
        except Exception as error:
            errors.append(repr(error))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=one) for _ in range(requests)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for events in opened:
        events.close()
    again = gateway.call(LLMRequest([Message.user("x")], max_tokens=50), actor=user)
    return {"opened": len(opened), "refused": refused, "errors": errors, "after": again.log.status, "limit": limit}


#: Where a process can die: a function of the gateway, and whether before or after it.
KILL_POINTS: dict[str, tuple[str, str, str]] = {
    "before the reservation": ("ai_cms.llm.gateway.metering", "open_call", "before"),
    "inside the reservation": ("ai_cms.llm.credits.reservation", "_log", "before"),
    "after the reservation": ("ai_cms.llm.gateway.metering", "open_call", "after"),
    "before sending": ("ai_cms.llm.gateway.metering", "MeteredCall._mark_running", "before"),
    "when marked as sent": ("ai_cms.llm.gateway.metering", "MeteredCall._mark_running", "after"),
    "before the first byte": ("ai_cms.llm.backends.testing", "TestingBackend._stream", "before"),
    "while streaming": ("ai_cms.llm.gateway.metering", "MeteredCall._note", "after"),
    "after saving text": ("ai_cms.llm.gateway.metering", "MeteredCall._save", "after"),
    "before settling": ("ai_cms.llm.gateway.metering", "close_call", "before"),
    "inside settling": ("ai_cms.llm.credits.ledger", "spend", "before"),
    "at the end of settling": ("ai_cms.llm.credits.ledger", "spend", "after"),
    "after settling": ("ai_cms.llm.gateway.metering", "close_call", "after"),
}


def die(point: str, user_name: str) -> dict[str, Any]:
    """Make a call and be killed at ``point``."""
    from django.contrib.auth import get_user_model
    from django.utils.module_loading import import_module

    from ai_cms.llm import gateway
    from ai_cms.llm.gateway import metering
    from ai_cms.llm.messages import LLMRequest, LLMResponse, Message, Usage

    # Every piece of text is saved at once, so that there is something to find afterwards.
    metering.SAVE_SECONDS = 0.0
    module_name, path, when = KILL_POINTS[point]
    owner: Any = import_module(module_name)
    *outer, name = path.split(".")
    for step in outer:
        owner = getattr(owner, step)
    original: Callable[..., Any] = getattr(owner, name)

    def deadly(*args: Any, **kwargs: Any) -> Any:
        if when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        result = original(*args, **kwargs)
        os.kill(os.getpid(), signal.SIGKILL)
        return result

    setattr(owner, name, deadly)
    _backend().script(LLMResponse("one two three", usage=Usage(PROMPT, ANSWER)))
    user = get_user_model().objects.get_or_create(username=user_name)[0]
    gateway.call(LLMRequest([Message.user("Write.")], max_tokens=200), actor=user)
    return {"survived": True}


def kill(points: list[str], times: int) -> dict[str, Any]:
    """Have a child die at each of ``points``, ``times`` times, then let two sweepers loose; tell what is left."""
    from django.db import connections

    found: dict[str, Any] = {}
    for point in points:
        for number in range(times):
            name = f"{point} {number}"
            connections.close_all()
            child = os.fork()
            if child == 0:
                die(point, name)
                os._exit(1)
            _pid, status = os.waitpid(child, 0)
            sweepers = [threading.Thread(target=_settle_in_thread) for _ in range(2)]
            for sweeper in sweepers:
                sweeper.start()
            for sweeper in sweepers:
                sweeper.join()
            found[name] = {"killed": os.WIFSIGNALED(status), **report(name)}
    return found


def _settle_in_thread() -> None:
    from django.db import connections

    try:
        settle()
    finally:
        connections.close_all()


def settle() -> dict[str, Any]:
    """Run the sweeper as an operator would."""
    from io import StringIO

    from django.core.management import call_command

    out = StringIO()
    call_command("settle_llm_calls", "--json", stdout=out)
    found: dict[str, Any] = json.loads(out.getvalue())
    return found


def report(user_name: str) -> dict[str, Any]:
    """Tell what the database says about a user's calls, credits and runs."""
    from django.contrib.auth import get_user_model

    from ai_cms.llm.credits import ledger as credits
    from ai_cms.llm.models import AILog, LLMCall, Run

    user = get_user_model().objects.get_or_create(username=user_name)[0]
    account = credits.account_for(user, "text")
    return {
        "open": LLMCall.objects.open().count(),
        "balance": account.balance,
        "reserved": account.reserved,
        "sum": sum(account.entries.values_list("amount", flat=True)),
        "charges": list(account.entries.filter(kind="charge").values_list("amount", flat=True)),
        "calls": list(LLMCall.objects.filter(user=user).values_list("status", flat=True)),
        "logs": list(AILog.objects.filter(user=user).values("status", "charged", "output", "usage_source")),
        "runs": list(Run.objects.filter(user=user).values("status", "text", "error_code")),
    }


def _system() -> Any:
    from ai_cms.core.permissions import Actor

    return Actor.system("scenario")


def _backend() -> Any:
    from ai_cms.llm.handler import llms

    return llms["default"]


SCENARIOS: dict[str, Callable[..., dict[str, Any]]] = {
    function.__name__: function
    for function in (
        race,
        wait_for_credits,
        allowance_race,
        limit_race,
        kill,
        settle,
        die_in_run,
        pool,
        hang,
        report,
        fork,
        run_limit_race,
        die_in_chat,
        chat_report,
    )
}


def main() -> None:
    import django
    from django.conf import settings

    extra = json.loads(os.environ.get("AI_CMS_SCENARIO", "{}"))
    settings.AI_CMS = {
        "LLM": {"default": {"BACKEND": "ai_cms.llm.backends.testing.TestingBackend", "MODEL": "testing"}},
        "LLM_CALLS_PER_USER": 100,
        "LLM_ADMISSION_WAIT": 30,
        **extra,
    }
    django.setup()
    name, arguments = sys.argv[1], json.loads(sys.argv[2])
    print(json.dumps(SCENARIOS[name](**arguments)))


if __name__ == "__main__":
    main()
