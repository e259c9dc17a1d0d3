"""The settings the test suite runs with: every app of ai_cms, SQLite."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def _file(name: str) -> str:
    """Return the path of a database that no other process uses."""
    return str(Path(tempfile.gettempdir()) / f"{name}_{os.getpid()}.sqlite3")


SECRET_KEY = "a-key-for-tests-only-that-is-long-enough-for-the-deploy-check"
DEBUG = False
ALLOWED_HOSTS = ["*"]
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
ROOT_URLCONF = "tests.urls"
STATIC_URL = "/static/"
MEDIA_URL = "/media/"
MEDIA_ROOT = str(Path(tempfile.gettempdir()) / f"ai_cms_media_{os.getpid()}" / "public")
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    "private_assets": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": str(Path(MEDIA_ROOT).parent / "private")},
    },
}

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "polymorphic",
    "mptt",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "tests.blocks.host",
    "tests.pages.kinds",
    *(
        f"ai_cms.{app}"
        for app in (
            *("core", "blocks", "assets", "llm", "pages", "chat", "portfolio", "transfer", "assist", "posts"),
            *("retrieval", "studio", "mcp", "evidence", "machines"),
        )
    ),
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        # Never made, but a file by its name: a live server that starts before the test database is set up would share one
        # connection among its threads if this were a database in memory.
        "NAME": os.environ.get("AI_CMS_TEST_SQLITE") or _file("ai_cms"),
        # As a site's, but for the disk: what a crash of the machine would lose is nothing to a test.
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF",
        },
        # A file, because threads that share a database in memory get "table is locked" at once, whatever the timeout.
        "TEST": {"NAME": _file("ai_cms_test")},
    }
}

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
#: Work on the tree is carried out where a test says so.
#: Bots are counted where a test says so.
AI_CMS: dict[str, object] = {"TREE_WORK_RUNNER": "none", "BOT_TRAFFIC_FLUSH_SECONDS": 0}
