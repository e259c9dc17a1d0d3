from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from ai_cms.core.exceptions import RequestRefused
from ai_cms.pages.services import create_site


class Command(BaseCommand):
    """Create a site and its home page."""

    help = "Create a site: a host name and the home page at the root of its tree."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("hostname", help="host name without scheme, such as www.example.com")
        parser.add_argument("--name", default="", help="name shown to visitors (default: the host name)")
        parser.add_argument("--title", default="", help="title of the home page (default: the name)")
        parser.add_argument("--locale", default="en", help="language code (default: en)")
        parser.add_argument("--page-type", default="", help="page type of the home page (default: the plain page)")
        parser.add_argument("--default", action="store_true", default=None, help="answer every host without a site")

    def handle(self, *args: object, **options: Any) -> None:
        try:
            site = create_site(
                hostname=options["hostname"],
                name=options["name"],
                title=options["title"],
                locale=options["locale"],
                page_type=options["page_type"] or None,
                is_default=options["default"],
            )
        except RequestRefused as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"Created site {site.hostname} with home page {site.root_id}. It is a draft until it is published."
        )
