"""The settings the test suite runs with: every app of ai_cms, SQLite."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

SECRET_KEY = "a-key-for-tests-only-that-is-long-enough-for-the-deploy-check"
DEBUG = False
ALLOWED_HOSTS = ["*"]
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en"
ROOT_URLCONF = "tests.urls"
STATIC_URL = "/static/"
MEDIA_URL = "/media/"

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
    *(f"ai_cms.{app}" for app in ("core", "blocks", "llm", "pages", "assist")),
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
        "NAME": os.environ.get("AI_CMS_TEST_SQLITE", ":memory:"),
        # As a site's, but for the disk: what a crash of the machine would lose is nothing to a test.
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF",
        },
        # A file, because threads that share a database in memory get "table is locked" at once, whatever the timeout.
        "TEST": {"NAME": str(Path(tempfile.gettempdir()) / f"ai_cms_test_{os.getpid()}.sqlite3")},
    }
}

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
AI_CMS: dict[str, object] = {}
