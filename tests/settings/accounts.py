"""The settings of the tests of ``ai_cms.accounts``: its user, mail sent by whoever queued it."""

from __future__ import annotations

import tempfile

import django

from .base import *  # noqa: F403
from .base import INSTALLED_APPS, MIDDLEWARE

AUTH_USER_MODEL = "ai_cms_accounts.User"
AUTHENTICATION_BACKENDS = ["ai_cms.accounts.backends.EmailBackend"]
INSTALLED_APPS = [*INSTALLED_APPS, "ai_cms.accounts"]
MIDDLEWARE = [*MIDDLEWARE, "ai_cms.accounts.middleware.LoginSessionMiddleware"]
MEDIA_ROOT = tempfile.mkdtemp(prefix="ai-cms-accounts-")
LOGIN_URL = "/accounts/login/"
DEFAULT_FROM_EMAIL = "garden@example.com"
if django.VERSION >= (6, 1):
    MAILERS = {"default": {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"}}
AI_CMS = {"MAIL_RUNNER": "inline", "ALLOW_REGISTRATION": True, "TREE_WORK_RUNNER": "none"}
