"""Social log-in by django-allauth beside the accounts, as docs/how-to/social-login.md says."""

from __future__ import annotations

import os

from tests.projects.common import REST, project

SMOKE = {"/api/users/me/": 401, "/accounts/login/": 200}

_settings = project(
    "social",
    "ai_cms.core",
    "ai_cms.accounts",
    "allauth",
    "allauth.account",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    *REST,
    AUTH_USER_MODEL="ai_cms_accounts.User",
    AUTHENTICATION_BACKENDS=["ai_cms.accounts.backends.EmailBackend"],
    LOGIN_REDIRECT_URL="/accounts/profile/",
    SOCIALACCOUNT_ONLY=True,
    SOCIALACCOUNT_ADAPTER="tests.projects.social.adapter.SocialAdapter",
    SOCIALACCOUNT_EMAIL_AUTHENTICATION=True,
    SOCIALACCOUNT_LOGIN_ON_GET=False,
    ACCOUNT_EMAIL_VERIFICATION="none",
    ACCOUNT_LOGIN_METHODS={"email"},
    ACCOUNT_SIGNUP_FIELDS=["email*"],
    ACCOUNT_USER_MODEL_USERNAME_FIELD=None,
    SOCIALACCOUNT_PROVIDERS={
        "openid_connect": {
            "APPS": [
                {
                    "provider_id": "garden",
                    "name": "Garden",
                    "client_id": "client",
                    "secret": "secret",
                    "settings": {"server_url": os.environ.get("OIDC_SERVER", "http://127.0.0.1:1")},
                }
            ]
        }
    },
)
_settings["MIDDLEWARE"] = [*_settings["MIDDLEWARE"], "allauth.account.middleware.AccountMiddleware"]
globals().update(_settings)
