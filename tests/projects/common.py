"""What the settings of the projects have in common."""

from __future__ import annotations

from typing import Any

import django

CONTRIB = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
]
ADMIN = [
    "django.contrib.admin",
    "django.contrib.messages",
    "django.contrib.staticfiles",
]
# Django 6.1 describes mailers, and warns of mail without one.
MAIL = (
    {"MAILERS": {"default": {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"}}}
    if django.VERSION >= (6, 1)
    else {}
)
REST = ["rest_framework", "django_filters"]
TREE = ["mptt", "polymorphic"]
ASSET_STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    "private_assets": {"BACKEND": "django.core.files.storage.InMemoryStorage", "OPTIONS": {"base_url": "/private/"}},
}


def project(name: str, *apps: str, admin: bool = True, **settings: Any) -> dict[str, Any]:
    """Return the settings of the project ``name``: ``apps`` in front of Django's own, SQLite in memory."""
    middleware = [
        "django.middleware.security.SecurityMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
    ]
    processors = ["django.template.context_processors.request", "django.contrib.auth.context_processors.auth"]
    if admin:
        middleware.append("django.contrib.messages.middleware.MessageMiddleware")
        processors.append("django.contrib.messages.context_processors.messages")
    return {
        "SECRET_KEY": "a-key-for-tests-only",
        "ALLOWED_HOSTS": ["*"],
        "ROOT_URLCONF": f"tests.projects.{name}.urls",
        "STATIC_URL": "/static/",
        "USE_TZ": True,
        "INSTALLED_APPS": [*apps, *CONTRIB, *(ADMIN if admin else [])],
        "MIDDLEWARE": middleware,
        "TEMPLATES": [
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "APP_DIRS": True,
                "OPTIONS": {"context_processors": processors},
            }
        ],
        "DATABASES": {
            "default": {
                "ENGINE": "django.db.backends.sqlite3",
                "NAME": ":memory:",
                "OPTIONS": {"transaction_mode": "IMMEDIATE"},
            }
        },
        "DEFAULT_AUTO_FIELD": "django.db.models.BigAutoField",
        **MAIL,
        "PASSWORD_HASHERS": ["django.contrib.auth.hashers.MD5PasswordHasher"],
        **settings,
    }
