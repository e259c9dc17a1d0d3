from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from ai_cms.portfolio import get_resume_model
from ai_cms.portfolio.resumes.files import resume_text

__all__ = ["Command"]


class Command(BaseCommand):
    """Hand a résumé out."""

    help = "Write a résumé as a JSON Resume 1.0.0, with every key that came in."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("id", type=int, help="the résumé's number")
        parser.add_argument("--output", default="", help="file to write; default: print it")

    def handle(self, *args: object, **options: Any) -> None:
        resume = get_resume_model().objects.filter(pk=options["id"]).first()
        if resume is None:
            raise CommandError(f"There is no résumé {options['id']}.")
        text = resume_text(resume)
        if not options["output"]:
            self.stdout.write(text, ending="")
            return
        try:
            Path(options["output"]).write_text(text, encoding="utf-8")
        except OSError as error:
            raise CommandError(f"{options['output']} cannot be written: {error.strerror}.") from error
