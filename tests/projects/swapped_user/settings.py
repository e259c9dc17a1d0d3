"""Every app there is, with a user model of the host's own; `tests/accounts` runs with it too."""

from __future__ import annotations

from tests.projects.common import REST, TREE, project

SMOKE = {"/health-check/": 200, "/api/schema/": 200, "/api/users/": 401, "/accounts/login/": 200, "/": 200}

globals().update(
    project(
        "swapped_user",
        "tests.people",
        *(f"ai_cms.{app}" for app in ("core", "accounts", "blocks", "llm", "pages", "transfer", "assist")),
        *TREE,
        *REST,
        AUTH_USER_MODEL="people.Person",
        AUTHENTICATION_BACKENDS=["ai_cms.accounts.backends.EmailBackend"],
        AI_CMS={"USER_SERIALIZER": "tests.people.serializers.PersonSerializer"},
        ROOT_URLCONF="tests.projects.accounts.urls",
    )
)
