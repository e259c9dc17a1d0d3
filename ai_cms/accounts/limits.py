"""How often an account and an address may try: the account is counted first, the address second.

Scope, uses and seconds of each; ``AI_CMS["RATE_LIMITS"]`` replaces them by scope.
"""

from __future__ import annotations

from typing import NamedTuple

from django.http import HttpRequest

from ai_cms.core.limits import check_limit, client_address, reset_limit

from .emails import email_key

__all__ = ["CODE", "FACTOR", "LOGIN", "MAIL", "PASSWORD", "REFRESH", "REGISTER", "Limit", "count", "forget"]

HOUR = 3600
DAY = 24 * HOUR


class Limit(NamedTuple):
    """``account``, ``address``: lists of ``(scope, uses, seconds)``."""

    account: tuple[tuple[str, int, int], ...]
    address: tuple[tuple[str, int, int], ...]


#: Log-ins with a password.
LOGIN = Limit((("accounts-login", 10, 900),), (("accounts-login-address", 100, 900),))
#: Registrations from one address; what is sent to one account is counted by MAIL.
REGISTER = Limit((), (("accounts-register-address", 20, HOUR),))
#: Codes sent. Five a code may be guessed, so that ten a day leave fifty guesses of a million.
MAIL = Limit((("accounts-mail", 5, HOUR), ("accounts-mail-day", 10, DAY)), (("accounts-mail-address", 60, HOUR),))
#: Codes typed in.
CODE = Limit((("accounts-code", 30, HOUR),), (("accounts-code-address", 120, HOUR),))
#: The current password, asked for again.
PASSWORD = Limit((("accounts-password", 10, 900),), ())
#: Second factors; only whoever knows the password gets here, so that no stranger can lock the owner out.
FACTOR = Limit((("accounts-factor", 10, 900),), (("accounts-factor-address", 60, 900),))
#: Refreshes.
REFRESH = Limit((), (("accounts-refresh-address", 300, 300),))


def count(limit: Limit, account: str, request: HttpRequest | None) -> None:
    """Count one use by ``account`` (an address, an id) and by the client. Raises LimitExceeded.

    Call it outside a transaction, else a refusal undoes the count.
    """
    for scope, uses, seconds in limit.account:
        check_limit(scope, f"account:{email_key(account)}", uses, seconds)
    if request is not None:
        for scope, uses, seconds in limit.address:
            check_limit(scope, f"address:{client_address(request)}", uses, seconds)


def forget(limit: Limit, account: str) -> None:
    """Forget what ``account`` used, as after a successful log-in."""
    for scope, _uses, _seconds in limit.account:
        reset_limit(scope, f"account:{email_key(account)}")
