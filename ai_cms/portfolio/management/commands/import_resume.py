from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError

from ai_cms.core.exceptions import RequestRefused
from ai_cms.core.jsontypes import JsonObject
from ai_cms.core.permissions import Actor
from ai_cms.portfolio.exceptions import ResumeInvalid
from ai_cms.portfolio.services.importing import import_resume, read_resume

__all__ = ["Command"]


class Command(BaseCommand):
    """Take a résumé in."""

    help = "Take a JSON Resume, or the archive that LinkedIn exports, in as somebody's résumé."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="a JSON Resume (.json) or LinkedIn's export (.zip)")
        parser.add_argument("--user", required=True, help="whose résumé it is: what they log in with")
        parser.add_argument("--title", default="", help="default: the name and profession in it")
        parser.add_argument("--rows", action="store_true", help="also make projects and skills of those it names")
        parser.add_argument("--dry-run", action="store_true", help="only look whether it can be taken in")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: object, **options: Any) -> None:
        users: Any = get_user_model()
        try:
            owner = users._default_manager.get_by_natural_key(options["user"])
        except users.DoesNotExist as error:
            raise CommandError(f"There is no user {options['user']!r}.") from error
        try:
            with Path(options["file"]).open("rb") as file:
                content = read_resume(file)
            if options["dry_run"]:
                self._report(options, {"resume": None, "projects": [], "skills": []}, "It can be taken in.")
                return
            made = import_resume(
                content,
                actor=Actor.system("import_resume"),
                owner=owner,
                title=options["title"],
                rows=options["rows"],
            )
        except OSError as error:
            raise CommandError(f"{options['file']} cannot be read: {error.strerror}.") from error
        except ResumeInvalid as error:
            lines = "\n".join(f"  {'.'.join(item['loc']) or '/'}: {item['msg']}" for item in error.problems)
            raise CommandError(f"{options['file']} is not a JSON Resume 1.0.0:\n{lines}") from error
        except RequestRefused as error:
            texts = [str(text) for found in (error.errors or {}).values() for text in found]
            raise CommandError(" ".join(texts) or str(error.detail)) from error
        keys = {
            "resume": made.resume.pk,
            "projects": [row.pk for row in made.projects],
            "skills": [row.pk for row in made.skills],
        }
        text = f"Résumé {made.resume.pk}, “{made.resume.title}”"
        more = f", with {len(made.projects)} projects and {len(made.skills)} skills" if options["rows"] else ""
        self._report(options, keys, f"{text}{more}.")

    def _report(self, options: dict[str, Any], found: JsonObject, text: str) -> None:
        self.stdout.write(json.dumps(found) if options["json"] else text)
