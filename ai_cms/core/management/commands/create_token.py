from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from ai_cms.core.permissions import SCOPES
from ai_cms.core.tokens import create_token


class Command(BaseCommand):
    help = (
        "Make an API token for a user and print its secret, which cannot be shown again. It outlives a change of the user's "
        "password unless `ai_cms.accounts` is installed."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("user", help="the user's login name or e-mail address")
        parser.add_argument(
            "--scope",
            action="append",
            choices=SCOPES,
            dest="scopes",
            help="what the token may do at most, with all that is narrower; of several the widest counts (default: read)",
        )
        parser.add_argument("--expires", type=int, metavar="DAYS", help="days until it ends (default: never)")
        parser.add_argument("--name", default="", help="what it is for")

    def handle(self, *args: Any, **options: Any) -> None:
        days = options["expires"]
        if days is not None and not 0 < days <= 36_500:
            raise CommandError("--expires takes a number of days between 1 and 36500.")
        user = find_user(options["user"])
        if not user.is_active:
            raise CommandError(f"{user.get_username()} is not active; the token would be refused.")
        _token, secret = create_token(
            user,
            scopes=options["scopes"] or ["read"],
            name=options["name"][:100],
            expires_at=None if days is None else timezone.now() + timedelta(days=days),
        )
        # The secret alone on stdout, so that a script can take it.
        self.stderr.write("This is the only time the secret is shown:")
        self.stdout.write(secret)


def find_user(name: str) -> Any:
    """Return the user of that login name or e-mail address. Raises CommandError if there is not exactly one."""
    model: Any = get_user_model()
    users = model._default_manager
    found = list(users.filter(**{model.USERNAME_FIELD: name})[:2])
    if not found and model.get_email_field_name() in {field.name for field in model._meta.get_fields()}:
        found = list(users.filter(**{f"{model.get_email_field_name()}__iexact": name})[:2])
    if not found:
        raise CommandError(f"There is no user {name!r}.")
    if len(found) > 1:
        raise CommandError(f"Several users have the e-mail address {name!r}; give the login name.")
    return found[0]
