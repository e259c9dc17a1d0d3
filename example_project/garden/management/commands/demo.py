"""``manage.py demo``: everything between a fresh clone and a site to look at."""

from __future__ import annotations

import errno
import json
import socket
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db.migrations.exceptions import InconsistentMigrationHistory

from garden.accounts import DemoUser, grant_editors, make_demo_users
from garden.sample.loader import load_sample_site
from garden.sample.portfolios import load_sample_portfolios


def is_taken(host: str, port: int) -> bool:
    """Return whether another program listens there; a host that is none is for the server to report."""
    try:
        family, kind, protocol, _name, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except OSError:
        return False
    with socket.socket(family, kind, protocol) as probe:
        # As the server does: a connection that is being closed does not count.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError as error:
            return error.errno == errno.EADDRINUSE
    return False


class Command(BaseCommand):
    help = "Migrate, load the sample site, make the demo users, print their logins, and serve. Safe to run again."
    # The database may have no tables yet; runserver checks by itself.
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1", help="Address to serve on (127.0.0.1).")
        parser.add_argument("--port", type=int, default=8000, help="Port to serve on (8000).")
        parser.add_argument("--no-serve", action="store_true", help="Only set up.")
        parser.add_argument("--json", action="store_true", help="Print one JSON object; only with --no-serve.")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["json"] and not options["no_serve"]:
            raise CommandError("--json needs --no-serve: a server prints other lines too.")
        if not options["no_serve"] and not getattr(settings, "DEMO_SERVES", False):
            raise CommandError("The demo serves with config.settings.development alone; add --no-serve to set up only.")
        if not options["no_serve"] and is_taken(options["host"], options["port"]):
            raise CommandError(
                f"Port {options['port']} of {options['host']} is taken by another program. "
                f"Serve on another one: make demo PORT={options['port'] + 1}"
            )
        try:
            call_command("migrate", verbosity=0, interactive=False)
        except InconsistentMigrationHistory as error:
            raise CommandError(
                "This database was made before the site had its own user model, which cannot be changed afterwards. "
                "Remove it (example_project/db.sqlite3*) and start again."
            ) from error
        users = make_demo_users()
        pages = load_sample_site(users[0].user)
        grant_editors(pages["home"])
        portfolios = load_sample_portfolios(users[1].user, users[2].user)
        urls = self.urls(options["host"], options["port"])
        if options["json"]:
            self.stdout.write(json.dumps(self.report(urls, users, pages, portfolios)))
            return
        self.show(urls, users)
        if not options["no_serve"]:
            call_command("runserver", f"{options['host']}:{options['port']}", use_reloader=False, skip_checks=False)

    def urls(self, host: str, port: int) -> dict[str, str]:
        shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, host)  # noqa: S104
        base = f"http://{shown}:{port}/"
        return {
            "site": base,
            "studio": f"{base}studio/",
            "admin": f"{base}admin/",
            "login": f"{base}accounts/login/",
            "portfolios": f"{base}portfolio/",
            "api": f"{base}api/",
            "mcp": f"{base}mcp/",
            "docs": f"{base}api/docs/",
            "schema": f"{base}api/schema/",
            "health": f"{base}health-check/",
        }

    def report(
        self, urls: dict[str, str], users: list[DemoUser], pages: dict[str, int], portfolios: dict[str, int]
    ) -> dict[str, Any]:
        return {
            "url": urls["site"],
            "urls": urls,
            "users": [
                {
                    "id": str(user.user.pk),
                    "email": user.email,
                    "username": user.user.get_username(),
                    "password": user.password,
                    "token": user.token,
                    "scopes": list(user.scopes),
                }
                for user in users
            ],
            "pages": pages,
            "portfolios": portfolios,
        }

    def show(self, urls: dict[str, str], users: list[DemoUser]) -> None:
        write, bold = self.stdout.write, self.style.SUCCESS
        write("")
        write(bold("  Morrowfen Botanic Garden, the example site of ai_cms"))
        write("")
        for name in ("site", "login", "studio", "portfolios", "admin", "docs", "mcp"):
            write(f"  {name:<10} {urls[name]}")
        write("")
        write(f"  {'login':<20} {'password':<18} API token (Authorization: Bearer …)")
        for user in users:
            write(f"  {user.email:<20} {user.password:<18} {user.token}")
        write("")
        self.stdout.flush()
