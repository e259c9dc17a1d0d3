"""System checks of the settings.

=================  ======================================================================
``ai_cms_core.E001``  ``AI_CMS`` is not a dict
``ai_cms_core.E002``  a setting has the wrong type or value
``ai_cms_core.E003``  a swapped model setting is not of the form ``"app_label.Model"``
``ai_cms_core.E004``  a swapped model setting names a model that is not installed
``ai_cms_core.E005``  a class in ``API_AUTHENTICATION_CLASSES`` cannot be imported
``ai_cms_core.E006``  ``TASK_BACKEND`` is no alias in ``TASKS``
``ai_cms_core.E007``  the REST interface is mounted without ``rest_framework`` among the apps
``ai_cms_core.W001``  a key of ``AI_CMS`` is unknown
``ai_cms_core.W002``  a setting ``AI_CMS_…`` is unknown
``ai_cms_core.W003``  MaintenanceMiddleware stands before AuthenticationMiddleware
``ai_cms_core.W004``  ``JSON_MAX_BYTES`` is over Django's ``DATA_UPLOAD_MAX_MEMORY_SIZE``
``ai_cms_core.W010``  (deploy) ``X-Forwarded-For`` is ignored behind a proxy that sets ``X-Forwarded-Proto``
``ai_cms_core.W011``  (deploy) a SQLite database whose transactions do not begin ``IMMEDIATE``
``ai_cms_core.W012``  (deploy) pages of the admin say nothing of caches: PrivateResponseMiddleware is missing
=================  ======================================================================
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from django.apps import AppConfig, apps
from django.conf import settings
from django.core import checks
from django.core.exceptions import ImproperlyConfigured
from django.urls import NoReverseMatch, reverse
from django.utils.module_loading import import_string

from .conf import core_settings, declared_settings
from .swapping import swappable_settings

__all__ = [
    "TAG",
    "check_deployment",
    "check_private_answers",
    "check_references",
    "check_settings",
    "check_swapped_models",
    "register",
]

TAG = "ai_cms"
_MIDDLEWARE = "ai_cms.core.middleware.MaintenanceMiddleware"
_AUTHENTICATION = "django.contrib.auth.middleware.AuthenticationMiddleware"
_SESSIONS = "django.contrib.sessions.middleware.SessionMiddleware"
_PRIVATE = "ai_cms.core.middleware.PrivateResponseMiddleware"


def register() -> None:
    """Register the checks; called once, by the app's configuration."""
    for check in (check_settings, check_swapped_models, check_references):
        checks.register(check, TAG)
    for check in (check_deployment, check_private_answers):
        checks.register(check, TAG, deploy=True)


def check_settings(app_configs: Sequence[AppConfig] | None = None, **kwargs: object) -> list[checks.CheckMessage]:
    """Compare ``AI_CMS`` with what the installed apps declare."""
    configured = getattr(settings, "AI_CMS", {})
    if not isinstance(configured, Mapping):
        return [
            checks.Error(
                f"AI_CMS must be a dict, not {type(configured).__name__}.",
                hint='For example AI_CMS = {"MAINTENANCE": False}.',
                id="ai_cms_core.E001",
            )
        ]
    declared = declared_settings()
    found: list[checks.CheckMessage] = []
    for key, value in configured.items():
        if key not in declared:
            found.append(
                checks.Warning(
                    f"AI_CMS[{key!r}] is not a setting of the installed apps.",
                    hint=_closest(str(key), list(declared)) or "See docs/reference/settings.md for the settings.",
                    id="ai_cms_core.W001",
                )
            )
        elif problem := declared[key].problem(value):
            found.append(
                checks.Error(
                    f"AI_CMS[{key!r}] {problem}.",
                    hint=f"{declared[key].help} Default: {declared[key].default!r}.",
                    id="ai_cms_core.E002",
                )
            )
    return found


def check_swapped_models(app_configs: Sequence[AppConfig] | None = None, **kwargs: object) -> list[checks.CheckMessage]:
    """Look at every ``AI_CMS_<X>_MODEL`` of the project."""
    known = swappable_settings()
    found: list[checks.CheckMessage] = []
    for name in sorted(dir(settings)):
        if not name.startswith("AI_CMS_"):
            continue
        if name not in known:
            # A key of the dict is one, however near its name comes to that of a model.
            misplaced = name.removeprefix("AI_CMS_") in declared_settings()
            hint = "" if misplaced else _closest(name, known)
            hint = hint or "Everything but the models to swap belongs into the dict AI_CMS."
            found.append(
                checks.Warning(f"{name} is not a setting of the installed apps.", hint=hint, id="ai_cms_core.W002")
            )
            continue
        value = getattr(settings, name)
        if not isinstance(value, str) or value.count(".") != 1:
            found.append(
                checks.Error(
                    f"{name} must be of the form 'app_label.Model', not {value!r}.",
                    hint="Name the app's label, not its dotted path.",
                    id="ai_cms_core.E003",
                )
            )
            continue
        try:
            apps.get_model(value, require_ready=False)
        except LookupError:
            found.append(
                checks.Error(
                    f"{name} refers to model {value!r} that has not been installed.",
                    hint="Add its app to INSTALLED_APPS.",
                    id="ai_cms_core.E004",
                )
            )
    return found


def check_references(app_configs: Sequence[AppConfig] | None = None, **kwargs: object) -> list[checks.CheckMessage]:
    """Follow what the settings of core name: classes, a task backend, the middleware."""
    return [*_authentication_classes(), *_task_backend(), *_middleware_order(), *_body_limits(), *_rest_framework()]


def check_deployment(app_configs: Sequence[AppConfig] | None = None, **kwargs: object) -> list[checks.CheckMessage]:
    """Look for what only matters in production."""
    return [*_proxies(), *_sqlite()]


def check_private_answers(
    app_configs: Sequence[AppConfig] | None = None, **kwargs: object
) -> list[checks.CheckMessage]:
    """Look whether what the admin shows of one person may get into a cache that others are served from."""
    order = list(settings.MIDDLEWARE)
    if not apps.is_installed("django.contrib.admin") or _SESSIONS not in order:
        return []
    if _PRIVATE in order and order.index(_PRIVATE) > order.index(_SESSIONS):
        return []
    return [
        checks.Warning(
            "The admin's pages for changing a password say nothing of caches, so that a proxy may keep them.",
            hint=f"Put {_PRIVATE!r} below {_SESSIONS!r} in MIDDLEWARE.",
            id="ai_cms_core.W012",
        )
    ]


def _proxies() -> Iterator[checks.CheckMessage]:
    if getattr(settings, "SECURE_PROXY_SSL_HEADER", None) and not core_settings.TRUSTED_PROXY_COUNT:
        yield checks.Warning(
            "SECURE_PROXY_SSL_HEADER says that a proxy stands in front, but AI_CMS['TRUSTED_PROXY_COUNT'] is 0: "
            "all clients have the proxy's address and share its rate limits.",
            hint="Set AI_CMS['TRUSTED_PROXY_COUNT'] to the number of proxies that append to X-Forwarded-For.",
            id="ai_cms_core.W010",
        )


def _sqlite() -> Iterator[checks.CheckMessage]:
    databases: dict[str, Any] = settings.DATABASES
    for alias, database in databases.items():
        if database.get("ENGINE") != "django.db.backends.sqlite3":
            continue
        if str(database.get("OPTIONS", {}).get("transaction_mode", "")).upper() != "IMMEDIATE":
            yield checks.Warning(
                f"The SQLite database {alias!r} begins transactions without the right to write: of two requests that "
                "write at once one fails at once instead of waiting.",
                hint=f"Set DATABASES[{alias!r}]['OPTIONS']['transaction_mode'] = 'IMMEDIATE'.",
                id="ai_cms_core.W011",
            )


def _authentication_classes() -> Iterator[checks.CheckMessage]:
    paths = core_settings.API_AUTHENTICATION_CLASSES
    for dotted in paths if isinstance(paths, list | tuple) else ():
        try:
            import_string(dotted)
        except ImportError as error:
            yield checks.Error(
                f"AI_CMS['API_AUTHENTICATION_CLASSES']: could not import {dotted!r}: {error}",
                hint="Give the dotted path of a REST framework authentication class.",
                id="ai_cms_core.E005",
            )


def _task_backend() -> Iterator[checks.CheckMessage]:
    alias = core_settings.TASK_BACKEND
    aliases = list(getattr(settings, "TASKS", None) or {"default": {}})
    if alias not in aliases:
        yield checks.Error(
            f"AI_CMS['TASK_BACKEND'] is {alias!r}, which is no alias in TASKS.",
            hint=f"Aliases there: {', '.join(aliases)}.",
            id="ai_cms_core.E006",
        )


def _middleware_order() -> Iterator[checks.CheckMessage]:
    order = list(settings.MIDDLEWARE)
    if _MIDDLEWARE in order and _AUTHENTICATION in order and order.index(_MIDDLEWARE) < order.index(_AUTHENTICATION):
        yield checks.Warning(
            "MaintenanceMiddleware stands before AuthenticationMiddleware and cannot let staff in.",
            hint=f"Move {_MIDDLEWARE!r} below {_AUTHENTICATION!r} in MIDDLEWARE.",
            id="ai_cms_core.W003",
        )


def _body_limits() -> Iterator[checks.CheckMessage]:
    most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    wanted = core_settings.JSON_MAX_BYTES
    if most is not None and isinstance(wanted, int) and wanted > most:
        yield checks.Warning(
            f"AI_CMS['JSON_MAX_BYTES'] is {wanted}, but Django refuses bodies over {most} bytes.",
            hint="Raise DATA_UPLOAD_MAX_MEMORY_SIZE as well.",
            id="ai_cms_core.W004",
        )


def _rest_framework() -> Iterator[checks.CheckMessage]:
    if apps.is_installed("rest_framework") or not getattr(settings, "ROOT_URLCONF", None):
        return
    try:
        reverse("ai_cms_api:schema")
    except (NoReverseMatch, ImproperlyConfigured, ImportError):
        return
    yield checks.Error(
        "The REST interface is mounted, but a browser that asks it gets an error: it lacks its templates.",
        hint="Add 'rest_framework' to INSTALLED_APPS.",
        id="ai_cms_core.E007",
    )


def _closest(name: str, known: list[str]) -> str:
    match = get_close_matches(name, known, n=1)
    return f"Did you mean {match[0]!r}?" if match else ""
