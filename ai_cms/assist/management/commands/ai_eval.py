from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ai_cms.assist.conf import assist_settings
from ai_cms.assist.evaluation.golden import SHIPPED, GoldenCase, read_sets
from ai_cms.assist.evaluation.reports import as_json, as_text
from ai_cms.assist.evaluation.running import CaseResult, evaluate
from ai_cms.assist.exceptions import InvalidGoldenSet
from ai_cms.core.management.commands.create_token import find_user
from ai_cms.core.permissions import Actor
from ai_cms.llm.exceptions import InvalidLLMBackend
from ai_cms.llm.handler import llms

#: What a command line that cannot be understood ends in, as argparse has it.
_MISUSED = 2


class Command(BaseCommand):
    help = (
        "Carry out golden cases of writing tasks with a model and judge the answers by rules: through the gateway, metered and "
        "logged. Exit status 1 where fewer pass than --fail-under, or the evaluation could not be finished."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "sets",
            nargs="*",
            type=Path,
            metavar="FILE",
            help="files of cases, JSON or YAML (default: those that come with ai_cms and ASSIST_GOLDEN_SETS)",
        )
        parser.add_argument("--alias", default="", help="the alias of AI_CMS['LLM'] to ask (default: each task's own)")
        parser.add_argument("--model", default="", help="another model than the alias's own")
        parser.add_argument("--task", action="append", default=[], help="only cases of this task; may be repeated")
        parser.add_argument("--case", action="append", default=[], help="only this case; may be repeated")
        parser.add_argument("--repeat", type=int, default=1, help="how often each case is carried out (default: 1)")
        parser.add_argument("--user", help="act with the rights and credits of this user (default: may do everything)")
        parser.add_argument("--fail-under", type=float, default=0.0, metavar="PERCENT", help="exit status 1 below it")
        parser.add_argument("--json", metavar="FILE", help='write the whole report there; "-" for the output')

    def handle(self, *args: Any, **options: Any) -> None:
        if not 0 <= options["fail_under"] <= 100 or options["repeat"] < 1:
            raise CommandError("--fail-under is a percentage, --repeat a number from 1.", returncode=_MISUSED)
        cases = self._cases(options)
        try:
            for alias in filter(None, [options["alias"]]):
                llms[alias]
        except InvalidLLMBackend as error:
            raise CommandError(str(error), returncode=_MISUSED) from error
        actor = Actor.system("ai_eval")
        if options["user"]:
            actor = Actor(user=find_user(options["user"]), via="command", label="ai_eval")
        found = evaluate(
            cases,
            actor=actor,
            alias=options["alias"],
            model=options["model"],
            repeat=options["repeat"],
            on_case=self._tell if options["verbosity"] and sys.stderr.isatty() else None,
        )
        text = json.dumps(as_json(found), ensure_ascii=False, indent=1)
        if options["json"] == "-":
            self.stdout.write(text)
        else:
            if options["json"]:
                Path(options["json"]).write_text(text + "\n", "utf-8")
            self.stdout.write(as_text(found))
        if found.stopped:
            raise CommandError(f"Not finished: {found.stopped}")
        if found.rate * 100 < options["fail_under"]:
            raise CommandError(f"{found.rate:.1%} passed, fewer than {options['fail_under']:g}%.")

    def _cases(self, options: dict[str, Any]) -> list[GoldenCase]:
        try:
            cases = read_sets(options["sets"] or [SHIPPED, *map(Path, assist_settings.ASSIST_GOLDEN_SETS)])
        except InvalidGoldenSet as error:
            raise CommandError(str(error.detail), returncode=_MISUSED) from error
        tasks, ids = set(options["task"]), set(options["case"])
        chosen = [case for case in cases if (not tasks or case.task in tasks) and (not ids or case.id in ids)]
        if not chosen:
            raise CommandError("No case is left by --task and --case.", returncode=_MISUSED)
        return chosen

    def _tell(self, result: CaseResult) -> None:
        self.stderr.write(f"{'+' if result.passed else '-'} {result.case.id}")
