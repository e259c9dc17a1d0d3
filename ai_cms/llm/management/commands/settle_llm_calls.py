from __future__ import annotations

import json
from collections.abc import Callable

from django.core.management.base import BaseCommand, CommandParser
from django.utils.translation import ngettext

from ai_cms.llm.conf import run_settings
from ai_cms.llm.models import LLMCall, Run
from ai_cms.llm.retention import forget_texts

from ...credits.settlement import sweep
from ...runs.executors.runner import start_waiting_runs
from ...runs.executors.watch import execute_watched
from ...runs.sweeping import delete_old_runs, sweep_runs


class Command(BaseCommand):
    help = (
        "Settle what a killed process left: calls are charged for what was sent and delivered, their reservations are "
        "returned, runs are marked interrupted. Also clears texts and runs that are past their retention. Run it every "
        "minute or so; several at once do no harm."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="Print one JSON object.")
        parser.add_argument(
            "--work", action="store_true", help="Also carry out runs that wait, here, until none is left."
        )

    def handle(self, *args: object, **options: object) -> None:
        counts = {
            "calls": _until_none(sweep),
            "runs": _until_none(sweep_runs),
            "texts": forget_texts(),
            "deleted_runs": delete_old_runs(),
        }
        # The threads of the default runner live in the web processes; other runners are told again.
        if options["work"]:
            counts["worked"] = _work()
        elif run_settings.RUNNER in ("task", "celery"):
            counts["sent"] = start_waiting_runs()
        counts["open_calls"] = LLMCall.objects.open().count()
        counts["waiting_runs"] = Run.objects.queued().count()
        if options["json"]:
            self.stdout.write(json.dumps(counts))
            return
        self.stdout.write(
            ngettext("%(n)d call settled", "%(n)d calls settled", counts["calls"]) % {"n": counts["calls"]}
            + ", "
            + ngettext("%(n)d run interrupted", "%(n)d runs interrupted", counts["runs"]) % {"n": counts["runs"]}
            + f", {counts['open_calls']} open, {counts['waiting_runs']} waiting."
        )


def _until_none(work: Callable[..., int]) -> int:
    total = 0
    while done := work(limit=100):
        total += done
    return total


def _work() -> int:
    done = 0
    while waiting := list(Run.objects.queued().order_by("created_at").values_list("pk", flat=True)[:20]):
        done += sum(execute_watched(run_id) for run_id in waiting)
    return done
