"""``manage.py undo_run``: take back what a run, a call, a token or an agent did."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from ai_cms.core.exceptions import AICMSError
from ai_cms.core.permissions import Actor
from ai_cms.evidence.undo.outcome import Plan
from ai_cms.evidence.undo.selection import Selection
from ai_cms.evidence.undo.service import undo_acts


class Command(BaseCommand):
    """What cannot be taken back, and what people have worked on since, is listed and stays."""

    help = "Take back what a run, a logged call, an API token or an agent did, as far as people have not worked on it since."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--run", default="", help="Id of a run.")
        parser.add_argument("--call", default="", help="Id of a logged call of a model.")
        parser.add_argument("--token", default="", help="Id of an API token.")
        parser.add_argument("--agent", default="", help="Name of an agent.")
        parser.add_argument("--since", default="", help="Only what was done from then on, such as 2026-11-30T09:00.")
        parser.add_argument("--until", default="", help="Only what was done up to then.")
        parser.add_argument("--user", default="", help="Act with this user's rights, not with all.")
        parser.add_argument("--dry-run", action="store_true", help="Only tell what would be done.")
        parser.add_argument(
            "--expected", default="", help="The digest of the plan that was looked at; another one is refused."
        )
        parser.add_argument("--json", action="store_true", help="Write the plan as JSON.")

    def handle(self, *args: object, **options: Any) -> None:
        names = {name: options[name] for name in ("run", "call", "token", "agent")}
        since, until = (_moment(name, options[name]) for name in ("since", "until"))
        try:
            plan = undo_acts(
                Selection(**names, since=since, until=until),
                actor=_actor(options["user"]),
                dry_run=options["dry_run"],
                expected=options["expected"],
            )
        except AICMSError as error:
            raise CommandError(str(error)) from error
        if options["json"]:
            self.stdout.write(json.dumps(plan.to_json(), indent=2))
            return
        self._tell(plan, options["dry_run"])

    def _tell(self, plan: Plan, dry_run: bool) -> None:
        for item in plan.items:
            stays = f" ({', '.join([*item.blocks, *item.fields])})" if item.blocks or item.fields else ""
            reason = f": {item.reason}{stays}" if item.reason else ""
            self.stdout.write(f"{item.outcome:9} {item.act.get_kind_display()}: {item.act.title}{reason}")
        counts = plan.counts
        words = ", ".join(f"{number} {word}" for word, number in counts.items())
        self.stdout.write(f"{'Would be' if dry_run else 'Done'}: {words}. Digest {plan.digest}.")
        if plan.still_public:
            keys = ", ".join(map(str, plan.still_public))
            self.stdout.write(f"Still public until they are published: pages {keys}.")


def _actor(name: str) -> Actor:
    if not name:
        return Actor.system("undo_run")
    model = get_user_model()
    user = model._default_manager.filter(**{model.USERNAME_FIELD: name}).first()
    if user is None:
        raise CommandError(f"There is no user {name!r}.")
    return Actor(user=user, via="command", label="undo_run")


def _moment(name: str, text: str) -> datetime | None:
    if not text:
        return None
    try:
        found = parse_datetime(text)
    except ValueError:
        found = None
    if found is None:
        raise CommandError(f"--{name}: {text!r} is no time; write it as 2026-11-30T09:00.")
    return found if timezone.is_aware(found) else timezone.make_aware(found)
