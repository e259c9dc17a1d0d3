"""From what a provider does to the one error it means.

Nothing else in ai_cms looks at status codes or at a client library's exceptions.
"""

from __future__ import annotations

import json
import logging
import math
import re
import ssl
import time
from collections.abc import Iterator, Mapping
from email.utils import parsedate_to_datetime
from typing import Any

from ai_cms.llm.exceptions import (
    LLMBackendMisconfigured,
    LLMBusy,
    LLMCancelled,
    LLMEmptyOutput,
    LLMError,
    LLMInputTooLong,
    LLMInterrupted,
    LLMOutputLimit,
    LLMRefused,
    LLMTimeout,
    LLMUnavailable,
    LLMUnsupported,
)

from .connection import Exchange, ProviderStatus, TooManyBytes, UnreadableEncoding

__all__ = ["error_for_exception", "error_for_status", "retry_after"]

logger = logging.getLogger("ai_cms.llm")

_NETWORK = ("openai", "httpx", "httpcore", "ssl", "h11", "ai_cms.")
# Below, a key is none that anybody keeps secret ("x", "none").
_SECRET_LENGTH = 8
_TOO_LONG_CODES = {
    "context_length_exceeded",
    "exceed_context_size_error",
    "request_too_large",
    "string_above_max_length",
}
_TOO_LONG_TEXT = re.compile(
    r"context (length|window|size)|maximum context|too many (input )?tokens"
    r"|(prompt|input|request) (is )?too (long|large)"
    r"|exceeds? (the )?(available |maximum )?(context|token|number of tokens)|token (count|limit).*exceed",
    re.IGNORECASE,
)
_QUOTA_CODES = {
    "insufficient_quota",
    "insufficient_balance",
    "insufficient_funds",
    "insufficient_credits",
    "billing_hard_limit_reached",
    "billing_not_active",
    "quota_exceeded",
    "access_terminated",
}
_QUOTA_TEXT = re.compile(
    r"insufficient (quota|balance|funds|credits?)|exceeded your current quota|billing|out of credits|PerDay",
    re.IGNORECASE,
)
_UNSUPPORTED_TEXT = re.compile(r"not.{0,20}(?:supported|implemented)|unsupported|does not support", re.IGNORECASE)
_REFUSED_CODES = {"content_filter", "content_policy_violation", "moderation_blocked", "safety"}


def _without_key(reason: str, secret: str) -> str:
    """Return ``reason`` without the key. One of a few letters, as servers of one's own take, is no part of other words."""
    if not secret:
        return reason
    if len(secret) >= _SECRET_LENGTH:
        return reason.replace(secret, "[key]")
    return re.sub(rf"(?<![A-Za-z0-9]){re.escape(secret)}(?![A-Za-z0-9])", "[key]", reason)


def error_for_status(
    status: int, body: bytes, headers: Mapping[str, str], *, secret: str = "", **facts: Any
) -> LLMError:
    """Return the error for an answer with ``status``; ``secret`` (the key) is blotted out of the reason."""
    code, kind, message = _described(body)
    reason = f"HTTP {status} {code or kind}: {message}".replace(" :", ":")
    reason = _without_key(reason, secret)
    wait = retry_after(headers)
    if wait is None:
        wait = _delay_in_body(body)
    facts = {"reason": reason, "provider_status": status, **facts}
    facts["request_id"] = facts.get("request_id") or headers.get("x-request-id", "")
    names = {code.lower(), kind.lower()}
    if names & _REFUSED_CODES and status in (400, 403, 422):
        return LLMRefused(refusal=message, **facts)
    if status == 413 or names & _TOO_LONG_CODES or (status in (400, 422, 500) and _TOO_LONG_TEXT.search(message)):
        return LLMInputTooLong(**facts)
    if status == 429:
        # A limit that says when it ends is a rate; Google calls both kinds a quota.
        if names & _QUOTA_CODES or (wait is None and _QUOTA_TEXT.search(message)):
            return LLMBackendMisconfigured(**facts)
        return LLMBusy(retry_after=wait, **facts)
    if status in (401, 402, 403, 404) or 300 <= status < 400:
        return LLMBackendMisconfigured(**facts)
    if status in (405, 501) or (status == 500 and _UNSUPPORTED_TEXT.search(message)):
        # It will never do this; that says nothing about what else it does.
        return LLMUnsupported(**facts)
    if status in (408, 409, 425) or status >= 500:
        return LLMUnavailable(retry_after=wait, **facts)
    # The provider does not take a parameter, a schema or an image: this request fails, the next may not.
    return LLMBackendMisconfigured(opens_circuit=False, **facts)


def error_for_exception(error: BaseException, exchange: Exchange, *, secret: str = "", **facts: Any) -> LLMError:
    """Return the error for an exception that ended ``exchange``."""
    facts = {"received": exchange.received > 0, **facts}
    if exchange.reason == "cancelled":
        return LLMCancelled(reason="cancelled by the caller", sent=exchange.phase != "connect", **facts)
    if exchange.reason is not None:
        return LLMTimeout(phase=exchange.reason, reason=f"deadline passed: {exchange.reason}", **facts)
    causes = list(_causes(error))
    for cause in causes:
        if isinstance(cause, ProviderStatus):
            facts.pop("received")
            return error_for_status(cause.status, cause.body, cause.headers, secret=secret, **facts)
        if isinstance(cause, TooManyBytes):
            return LLMOutputLimit(reason=str(cause), **facts)
        if isinstance(cause, ssl.SSLCertVerificationError):
            return LLMBackendMisconfigured(reason=f"certificate: {cause.verify_message}", opens_circuit=False, **facts)
    reason = "; ".join(f"{type(cause).__name__}: {cause}" for cause in causes)[:500]
    reason = _without_key(reason, secret)
    if not any(isinstance(cause, OSError) or type(cause).__module__.startswith(_NETWORK) for cause in causes):
        # Not the network's doing but a fault of this code or of the library; the caller's answer is the same.
        logger.error("Unexpected error in a call to a provider", exc_info=error)
    names = {kind.__name__ for cause in causes for kind in type(cause).__mro__}
    if facts["received"]:
        return LLMInterrupted(reason=reason, **facts)
    if any(isinstance(cause, UnreadableEncoding) for cause in causes):
        return LLMEmptyOutput(reason=reason, **facts)
    if names & {"ReadTimeout", "WriteTimeout"}:
        return LLMTimeout(phase=exchange.phase, reason=reason, **facts)
    return LLMUnavailable(reason=reason, **facts)


def retry_after(headers: Mapping[str, str]) -> int | None:
    """Return the whole seconds that a Retry-After header asks for, as a number or a date; ``None`` without one."""
    exact = _number(headers.get("retry-after-ms"))
    if exact is not None:
        return math.ceil(exact / 1000)
    value = headers.get("retry-after")
    seconds = _number(value)
    if seconds is not None:
        return math.ceil(seconds)
    if not value:
        return None
    try:
        return max(0, math.ceil(parsedate_to_datetime(value).timestamp() - time.time()))
    except (ValueError, OverflowError):
        return None


def _number(value: str | None) -> float | None:
    try:
        number = float(value) if value else None
    except ValueError:
        return None
    return number if number is not None and 0 <= number < 1e9 else None


def _delay_in_body(body: bytes) -> int | None:
    """Return the seconds of Google's RetryInfo, which stands in the body."""
    found = re.search(rb'"retryDelay"\s*:\s*"(\d+(?:\.\d+)?)s"', body)
    return math.ceil(float(found.group(1))) if found else None


def _causes(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        current = current.__cause__ or current.__context__


def _described(body: bytes) -> tuple[str, str, str]:
    """Return code, type and message of an error body of whatever shape."""
    text = body.decode("utf-8", "replace").strip()
    try:
        data: Any = json.loads(text)
    except (ValueError, RecursionError):
        return "", "", " ".join(text.split())[:300]
    if isinstance(data, list) and data:
        data = data[0]
    found = data.get("error", data) if isinstance(data, dict) else data
    if not isinstance(found, dict):
        return "", "", str(found)[:500]
    kind = found.get("type") or found.get("status") or ""
    message = found.get("message") or found.get("detail") or ""
    return str(found.get("code") or ""), str(kind), str(message)[:500]
