"""Check, migrate and ask one project: ``python -m tests.projects.run NAME``.

A project's ``SMOKE`` maps paths to the status a stranger gets for them. Nothing is printed but what is wrong.
"""

from __future__ import annotations

import os
import sys

import django
from django.core.management import call_command


def main(name: str) -> list[str]:
    """Return what is wrong with the project."""
    os.environ["DJANGO_SETTINGS_MODULE"] = f"tests.projects.{name}.settings"
    django.setup()
    from django.conf import settings
    from django.contrib.auth import get_user_model
    from django.test import Client

    call_command("check", fail_level="WARNING")
    call_command("makemigrations", check=True, dry_run=True, verbosity=1)
    call_command("migrate", verbosity=0)
    # Of whichever model: Django's, or one that logs in by e-mail.
    by_email = get_user_model().USERNAME_FIELD == "email"
    names = ["root@example.com"] if by_email else ["root", "root@example.com"]
    get_user_model().objects.create_superuser(*names, "secret")
    problems = []
    for path, expected in settings.SMOKE.items():
        status = Client(raise_request_exception=True).get(path).status_code
        if status != expected:
            problems.append(f"{path} answered {status}, not {expected}")
    inside = Client(raise_request_exception=True)
    inside.login(username=names[0], password="secret")
    for path, expected in getattr(settings, "SMOKE_INSIDE", {}).items():
        status = inside.get(path).status_code
        if status != expected:
            problems.append(f"{path} answered {status} to a superuser, not {expected}")
    if "django.contrib.admin" in settings.INSTALLED_APPS:
        client = Client(raise_request_exception=True)
        client.login(username=names[0], password="secret")
        from django.contrib import admin
        from django.urls import reverse

        for model in admin.site._registry:
            path = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
            status = client.get(path, follow=True).status_code
            if status != 200:
                problems.append(f"{path} answered {status}")
    return problems


if __name__ == "__main__":
    found = main(sys.argv[1])
    print("\n".join(found))
    sys.exit(bool(found))
