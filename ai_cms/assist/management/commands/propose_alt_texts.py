from __future__ import annotations

import json
import sys
from typing import Any

from django.apps import apps
from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser

from ai_cms.core.permissions import Actor

if apps.is_installed("ai_cms.assets"):
    from ...alt_texts import propose_alt_texts


class Command(BaseCommand):
    help = (
        "Have a model propose alternative texts for the pictures that lack one. Nothing is written but proposals, which people "
        "take over in the admin. Ends when credits do; run again, it goes on where it ended."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--user", help="Act with the rights and credits of this user; default: may do everything.")
        parser.add_argument("--limit", type=int, help="Ask about so many pictures at most.")
        parser.add_argument(
            "--again", action="store_true", help="Also where none was found, or a proposal was refused."
        )
        parser.add_argument("--json", action="store_true", help="Print one JSON object.")

    def handle(self, *args: Any, **options: Any) -> None:
        if not apps.is_installed("ai_cms.assets"):
            raise CommandError("Pictures are kept by ai_cms.assets: add it to INSTALLED_APPS.")
        if options["limit"] is not None and options["limit"] < 1:
            raise CommandError("--limit is a number from 1.")
        shown = options["verbosity"] and sys.stderr.isatty()

        def tell(report: Any, image: Any) -> None:
            if shown:
                self.stderr.write(f"\r{report.done}/{report.total}", ending="")

        report = propose_alt_texts(
            self.actor(options["user"]), limit=options["limit"], again=options["again"], on_picture=tell
        )
        if options["json"]:
            self.stdout.write(json.dumps(report.to_json()))
            return
        self.stdout.write(f"{report.proposed} texts proposed, {report.failed} without one, of {report.total}.")
        if report.stopped:
            self.stdout.write(self.style.WARNING(f"Stopped ({report.stopped}): {report.detail} Run it again to go on."))

    def actor(self, name: str | None) -> Actor:
        """Return who acts. Raises CommandError for an unknown or inactive user."""
        if name is None:
            return Actor.system("propose_alt_texts")
        model: Any = get_user_model()
        found = model._default_manager.filter(**{model.USERNAME_FIELD: name}).first()
        if found is None or not found.is_active:
            raise CommandError(f"There is no active user {name!r}.")
        return Actor(user=found, via="command", label="propose_alt_texts")
