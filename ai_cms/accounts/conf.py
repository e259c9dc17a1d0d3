"""The settings of ai_cms.accounts, keys of ``AI_CMS``."""

from __future__ import annotations

from collections.abc import Iterable

from ai_cms.core.conf import AppSettings, Setting, not_negative, positive

__all__ = ["MAIL_RUNNERS", "AccountsSettings", "accounts_settings"]

MAIL_RUNNERS = ("thread", "task", "inline", "none")


def long_key(value: str) -> str | None:
    """Validate a signing key; empty stands for one that is derived from SECRET_KEY."""
    return None if not value or len(value) >= 32 else "must have at least 32 characters, or be empty"


def long_keys(value: Iterable[object]) -> str | None:
    """Validate a list of signing keys."""
    return None if all(isinstance(key, str) and len(key) >= 32 for key in value) else "must hold texts of 32 or more"


def grace(value: float) -> str | None:
    """Validate the seconds of grace."""
    return None if 0 <= value <= 10 else "must be from 0 to 10"


def mail_runner(value: object) -> str | None:
    """Validate who sends mail."""
    return None if value in MAIL_RUNNERS else f"must be one of {', '.join(MAIL_RUNNERS)}"


class AccountsSettings(AppSettings):
    """Settings of ``ai_cms.accounts``."""

    ALLOW_REGISTRATION = Setting(False, bool, "Let strangers make accounts of their own.")
    ACCOUNTS_SITE_NAME = Setting("", str, "The name of the site in mails; the host of the request where it is empty.")
    ACCOUNTS_TIERS = Setting[list[str]](
        lambda: ["free", "pro"],
        (list, tuple),
        "The tiers a `subscription_tier` may name; the first is a new account's.",
    )
    OTP_LIFETIME = Setting(600, int, "Seconds a code lives after it was sent.", validate=positive)
    OTP_TRIES = Setting(5, int, "How many guesses of one code are looked at.", validate=positive)
    JWT_SECRET_KEY = Setting(
        "", str, "The key that signs tokens; derived from SECRET_KEY where it is empty.", validate=long_key
    )
    JWT_SECRET_KEY_FALLBACKS = Setting[list[str]](
        list, (list, tuple), "Former signing keys: what they signed stays valid until it expires.", validate=long_keys
    )
    JWT_ACCESS_MINUTES = Setting(60, int, "Minutes an access token lives.", validate=positive)
    JWT_REFRESH_DAYS = Setting(7, int, "Days a refresh token lives.", validate=positive)
    JWT_ISSUER = Setting("ai_cms", str, "The claim `iss`; tokens of another issuer are refused.")
    JWT_AUDIENCE = Setting("ai_cms", str, "The claim `aud`; tokens for another audience are refused.")
    JWT_REFRESH_GRACE = Setting(
        0,
        int,
        "Seconds, at most 10, in which a spent refresh token is taken once more: for tabs that refresh at once.",
        validate=grace,
    )
    REVOCATION_ENDS_API_TOKENS = Setting(
        True, bool, "End the user's API tokens too when a password or address changes or an account is disabled."
    )
    LOGIN_TICKET_LIFETIME = Setting(300, int, "Seconds between the two factors of a log-in.", validate=positive)
    AVATAR_MAX_BYTES = Setting(5_000_000, int, "The largest avatar file, in bytes.", validate=positive)
    AVATAR_MAX_PIXELS = Setting(40_000_000, int, "The most pixels of an uploaded avatar.", validate=positive)
    AVATAR_SIZE = Setting(512, int, "The longer side of a stored avatar, in pixels.", validate=positive)
    USER_SERIALIZER = Setting(
        "ai_cms.accounts.api.serializers.UserSerializer",
        str,
        "The REST framework serializer of a user: a subclass adds the fields of a user model of your own.",
    )
    MAIL_RUNNER = Setting(
        "thread",
        str,
        "Who sends queued mail after a commit: `thread`, `task` (Django's tasks), `inline`, or `none`, which leaves it to "
        "`send_account_mail`.",
        validate=mail_runner,
    )
    MAILER = Setting("default", str, "The alias in Django's MAILERS (6.1 and newer) that mail is sent by.")
    MAIL_RETRY_HOURS = Setting(24, int, "Hours after which mail that cannot be sent is given up.", validate=positive)
    MAIL_LEASE = Setting(120, int, "Seconds after which an attempt to send counts as dead.", validate=positive)
    ACCOUNTS_KEEP_DAYS = Setting(
        30, int, "Days that ended sessions and sent mail stay listed; codes go after a day.", validate=not_negative
    )
    ACCOUNTS_AFTER_LOGIN = Setting("", str, "Where people go after log-in: a URL or its name; the profile where empty.")
    PASSKEY_RP_ID = Setting("", str, "The domain passkeys are for; the host of the request where it is empty.")
    PASSKEY_ORIGINS = Setting[list[str]](
        list, (list, tuple), "Origins passkeys may be used on, without a slash at the end; the request's where empty."
    )


accounts_settings = AccountsSettings()
