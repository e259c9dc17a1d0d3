"""``Idempotency-Key``: a repeated request is one request.

A request first claims its key in a row of its own, committed at once. The view then runs in one transaction with the
completion of that row, which holds only if the claim is still the same: an attempt that was taken over after its lease
undoes its work. Only answers of the 2xx kind are kept; any other releases the key.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import re
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import DatabaseError, router, transaction
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.encoding import force_bytes
from django.utils.translation import gettext as _
from rest_framework.request import Request
from rest_framework.response import Response

from ai_cms.core.conf import core_settings
from ai_cms.core.exceptions import Conflict, InvalidInput, Unprocessable
from ai_cms.core.limits import client_address
from ai_cms.core.models import ApiToken, IdempotencyRecord

from ..jsontypes import JsonObject
from .renderers import JSONRenderer

__all__ = ["HEADER", "REPLAYED_HEADER", "check_key", "hash_of", "principal_of", "run_keyed", "run_once"]

HEADER = "Idempotency-Key"
REPLAYED_HEADER = "Idempotency-Replayed"
logger = logging.getLogger(__name__)
_KEPT_HEADERS = ("ETag", "Location", "Content-Location")
_PRINTABLE = re.compile(r"[\x20-\x7e]{1,255}", re.ASCII)
_METHODS = {"POST", "PUT", "PATCH", "DELETE"}


def run_once(
    request: Request, handler: Callable[[], HttpResponseBase], *, atomic: bool = True, lease: int | None = None
) -> HttpResponseBase:
    """Return the answer of ``handler``, or the kept one if the request's key was used before.

    ``atomic``: run ``handler`` in one transaction with the record. Without it (long calls to other services) a crash
    between the two may repeat the effect after the lease. ``lease``: seconds until an unanswered claim counts as dead.
    Raises InvalidInput for a malformed key, Conflict while the first request runs, Unprocessable for another body.
    """
    key = request.META.get("HTTP_IDEMPOTENCY_KEY")
    if key is None or request.method not in _METHODS:
        return handler()
    check_key(key)
    answer = run_keyed(
        key, handler, principal=principal_of(request), request_hash=hash_of(request), atomic=atomic, lease=lease
    )
    return _replay(answer) if isinstance(answer, IdempotencyRecord) else answer


def check_key(key: str) -> None:
    """Raise InvalidInput for what is no key."""
    if not _PRINTABLE.fullmatch(key):
        raise InvalidInput(
            _("Idempotency-Key must be 1 to 255 printable ASCII characters."), code="invalid_idempotency_key"
        )


def run_keyed(
    key: str,
    handler: Callable[[], HttpResponseBase],
    *,
    principal: str,
    request_hash: str,
    atomic: bool = True,
    lease: int | None = None,
) -> HttpResponseBase | IdempotencyRecord:
    """Return the answer of ``handler``, or the record of the first one if ``principal`` has used the key before.

    ``request_hash``: of what is asked for; another with the same key is refused. The rest is as for :func:`run_once`.
    """
    claim = _Claim(principal, key, request_hash, lease or core_settings.IDEMPOTENCY_LEASE)
    kept = claim.take()
    if kept is not None:
        return kept
    try:
        return _run_atomic(claim, handler) if atomic else _run(claim, handler)
    except BaseException:
        claim.release()
        raise


def principal_of(request: Request) -> str:
    """Return whose keys these are: each token has its own, as its scopes may differ; anonymous visitors go by address."""
    user = request.user
    if isinstance(request.auth, ApiToken):
        return f"token:{request.auth.pk}"
    if user is not None and user.is_authenticated:
        return f"user:{user.pk}"
    return f"address:{client_address(request._request)}"


def hash_of(request: Request) -> str:
    """Return the hash of method, path and body. Multipart bodies count by their parts: boundaries differ each time.

    It is keyed: a body may hold a password, which must not be guessed from what is stored.
    """
    key = hashlib.sha256(b"ai_cms.core.idempotency:" + force_bytes(settings.SECRET_KEY)).digest()
    digest = hmac.new(key, f"{request.method} {request.get_full_path()}\n".encode(), hashlib.sha256)
    if request.content_type.startswith("multipart/"):
        fields = sorted((name, values) for name, values in request.POST.lists())
        digest.update(json.dumps(fields).encode())
        for name, files in sorted(request.FILES.lists()):
            for file in files:
                digest.update(f"\n{name}\n{file.name}\n{file.size}\n".encode(errors="surrogatepass"))
                for chunk in file.chunks():
                    digest.update(chunk)
                file.seek(0)
    else:
        digest.update(request._request.body)
    return digest.hexdigest()


class _Claim:
    """One attempt to run the request of a key."""

    def __init__(self, principal: str, key: str, request_hash: str, lease: int) -> None:
        self.id = uuid.uuid4()
        self.principal = principal
        self.key = key
        self.request_hash = request_hash
        self.lease = lease
        self.using = router.db_for_write(IdempotencyRecord)

    def take(self) -> IdempotencyRecord | None:
        """Claim the key; return the finished record instead if there is one."""
        for _attempt in range(3):
            record = self._insert_or_get()
            if record is None:
                # It was released between the insert and the look; the next round inserts.
                continue
            if record.claim == self.id:
                return None
            now = timezone.now()
            expired = record.expires_at <= now
            if not expired and record.request_hash != self.request_hash:
                raise Unprocessable(
                    _("This Idempotency-Key was used for another request."), code="idempotency_key_reused"
                )
            if not expired and record.is_done:
                return record
            if not expired and record.leased_until > now:
                break
            if self._take_over(record):
                return None
        raise Conflict(
            _("The first request with this Idempotency-Key is still running."),
            code="idempotency_in_flight",
            retry_after=1,
        )

    def complete(self, response: HttpResponseBase) -> None:
        """Keep the answer. Raises Conflict if another attempt took the key over meanwhile."""
        body, replayable = _body_of(response)
        kept = self._mine().update(
            status_code=response.status_code,
            headers={name: response[name] for name in _KEPT_HEADERS if response.has_header(name)},
            body=body,
            replayable=replayable,
        )
        if not kept:
            raise Conflict(
                _("The request took too long and another attempt replaced it."),
                code="idempotency_taken_over",
                retry_after=1,
            )

    def release(self) -> None:
        """Let the key be used again; if the database cannot, the end of the lease does."""
        try:
            with transaction.atomic(using=self.using):
                self._mine().delete()
        except DatabaseError:
            logger.warning("Could not release an idempotency key.", exc_info=True)

    def _insert_or_get(self) -> IdempotencyRecord | None:
        records = IdempotencyRecord.objects.using(self.using)
        records.bulk_create(
            [IdempotencyRecord(principal=self.principal, key=self.key, **self._fresh())], ignore_conflicts=True
        )
        return records.filter(principal=self.principal, key=self.key).first()

    def _take_over(self, record: IdempotencyRecord) -> bool:
        same = IdempotencyRecord.objects.using(self.using).filter(pk=record.pk, claim=record.claim)
        if not record.is_done:
            same = same.filter(status_code=None)
        return bool(same.update(status_code=None, headers={}, body="", replayable=True, **self._fresh()))

    def _fresh(self) -> JsonObject:
        now = timezone.now()
        return {
            "request_hash": self.request_hash,
            "claim": self.id,
            "leased_until": now + timedelta(seconds=self.lease),
            "expires_at": now + timedelta(seconds=core_settings.IDEMPOTENCY_TTL),
        }

    def _mine(self) -> Any:
        return IdempotencyRecord.objects.using(self.using).filter(
            principal=self.principal, key=self.key, claim=self.id, status_code=None
        )


def _run_atomic(claim: _Claim, handler: Callable[[], HttpResponseBase]) -> HttpResponseBase:
    refusal: Exception | None = None
    with transaction.atomic(using=claim.using):
        try:
            response = handler()
        except Exception as error:
            if not _keeps_writes(error):
                raise
            # What the view wrote for the refusal (the text of a stale write, kept as a revision) is to be committed.
            refusal = error
            claim.release()
        else:
            _settle(claim, response)
            if response.status_code >= 500:
                transaction.set_rollback(True, using=claim.using)
    if refusal is not None:
        raise refusal
    if response.status_code >= 500:
        claim.release()
    return response


def _run(claim: _Claim, handler: Callable[[], HttpResponseBase]) -> HttpResponseBase:
    response = handler()
    _settle(claim, response)
    return response


def _settle(claim: _Claim, response: HttpResponseBase) -> None:
    if 200 <= response.status_code < 300:
        claim.complete(response)
    else:
        claim.release()


def _keeps_writes(error: Exception) -> bool:
    return bool(getattr(error, "keeps_writes", False))


def _body_of(response: HttpResponseBase) -> tuple[str, bool]:
    """Return the body to keep, and whether it can be sent again; one that ``holds_secret`` is not kept."""
    if getattr(response, "holds_secret", False):
        return "", False
    if isinstance(response, Response):
        return ("" if response.data is None else JSONRenderer().render(response.data).decode()), True
    if isinstance(response, HttpResponse) and response.get("Content-Type", "").startswith("application/json"):
        return response.content.decode(), True
    return "", isinstance(response, HttpResponse) and not response.content


def _replay(record: IdempotencyRecord) -> HttpResponseBase:
    if not record.replayable:
        raise Conflict(
            _("The request was carried out before; its answer was a stream, a file or a secret and is not kept."),
            code="idempotency_done",
        )
    data = json.loads(record.body) if record.body else None
    headers = {**record.headers, REPLAYED_HEADER: "true"}
    return Response(data, status=record.status_code, headers=headers)
