"""Accounts for a site that has nothing else of the library."""

from __future__ import annotations

from tests.projects.common import REST, project

SMOKE = {"/health-check/": 200, "/api/schema/": 200, "/api/users/me/": 401, "/accounts/login/": 200}

globals().update(
    project(
        "accounts_only",
        "ai_cms.core",
        "ai_cms.accounts",
        *REST,
        AUTH_USER_MODEL="ai_cms_accounts.User",
        AUTHENTICATION_BACKENDS=["ai_cms.accounts.backends.EmailBackend"],
    )
)
