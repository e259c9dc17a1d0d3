from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.apps import apps
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from ai_cms.blocks.types.registry import blocks
from ai_cms.core.agents import create_agent, create_agent_token
from ai_cms.core.exceptions import InvalidInput
from ai_cms.core.management.commands.create_token import find_user
from ai_cms.core.permissions import SCOPES
from ai_cms.pages import get_page_model

from ...budgets import set_credits


class Command(BaseCommand):
    help = "Make an agent that acts for a user, and print the secret of its token, which cannot be shown again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("user", help="for whom it acts: a login name or e-mail address")
        parser.add_argument("name", help="how histories name it")
        parser.add_argument(
            "--scope",
            choices=[scope for scope in SCOPES if scope != "admin"],
            default="propose",
            help="what it may do at most, with all that is less (default: propose)",
        )
        parser.add_argument(
            "--below",
            type=int,
            action="append",
            metavar="PAGE",
            help="keep it to this page and what is below (repeatable)",
        )
        parser.add_argument(
            "--block", action="append", metavar="TYPE", help="the types of blocks it may write (repeatable)"
        )
        parser.add_argument("--rate", type=int, default=120, metavar="N", help="requests a minute (default: 120)")
        parser.add_argument("--calls", type=int, metavar="N", help="requests altogether (default: no end)")
        parser.add_argument(
            "--credits", type=int, metavar="N", help="text credits a month (default: what its owner has)"
        )
        parser.add_argument("--expires", type=int, metavar="DAYS", help="days until it ends (default: never)")

    def handle(self, *args: Any, **options: Any) -> None:
        days = options["expires"]
        if days is not None and not 0 < days <= 36_500:
            raise CommandError("--expires takes a number of days between 1 and 36500.")
        user = find_user(options["user"])
        if not user.is_active:
            raise CommandError(f"{user.get_username()} is not active; the agent would be refused.")
        if options["credits"] is not None and not apps.is_installed("ai_cms.llm"):
            raise CommandError("--credits needs ai_cms.llm among the apps.")
        below, types = set(options["below"] or ()), set(options["block"] or ())
        if missing := below - set(get_page_model().objects.filter(pk__in=below).values_list("pk", flat=True)):
            raise CommandError(f"There is no page {min(missing)}.")
        if unknown := sorted(types - set(blocks)):
            raise CommandError(f"There is no block type {unknown[0]!r}.")
        try:
            agent = create_agent(
                user,
                name=options["name"],
                scope=options["scope"],
                subtrees=below,
                block_types=types,
                rate_per_minute=options["rate"],
                max_calls=options["calls"],
                expires_at=None if days is None else timezone.now() + timedelta(days=days),
            )
        except InvalidInput as error:
            texts = [text for found in (error.errors or {}).values() for text in found]
            raise CommandError(" ".join(map(str, texts or [error.detail]))) from error
        if options["credits"] is not None:
            set_credits(agent, options["credits"])
        _token, secret = create_agent_token(agent)
        # The secret alone on stdout, so that a script can take it.
        self.stderr.write("This is the only time the secret is shown:")
        self.stdout.write(secret)
