"""Every app there is, the accounts too."""

from __future__ import annotations

from tests.projects.common import REST, TREE, project

SMOKE = {
    "/health-check/": 200,
    "/api/schema/": 200,
    "/api/users/": 401,
    "/accounts/login/": 200,
    "/accounts/profile/": 302,
    "/": 200,
}

globals().update(
    project(
        "accounts",
        *(f"ai_cms.{app}" for app in ("core", "accounts", "blocks", "llm", "pages", "transfer", "assist")),
        *TREE,
        *REST,
        AUTH_USER_MODEL="ai_cms_accounts.User",
        AUTHENTICATION_BACKENDS=["ai_cms.accounts.backends.EmailBackend"],
    )
)
