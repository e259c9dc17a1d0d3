"""Passkeys (WebAuthn): registered by whoever is logged in, then a log-in of their own or a second factor.

The challenge travels in a signed ``state``, which is good once: for a log-in because the challenge makes its id, for a
second factor because the ticket does. Needs the extra ``passkeys``.
"""

from __future__ import annotations

import json
import uuid
from typing import Any

from django.core import signing
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.utils import timezone

from ai_cms.accounts.conf import accounts_settings
from ai_cms.accounts.exceptions import InvalidPasskey, PackageMissing
from ai_cms.accounts.models import Passkey

from ...core.jsontypes import JsonObject
from ..models.user import AbstractUser

__all__ = ["begin_login", "begin_registration", "factor", "has_any", "is_available", "login", "register"]

_SALT = "ai_cms.accounts.passkey"
_SECONDS = 300
_NAMESPACE = uuid.UUID("6f1a4a54-3c7e-4f0e-9a3a-9a0f7f2d8e11")


class PasskeyFactor:
    def check(self, user: AbstractUser, answer: object, request: HttpRequest) -> None:
        """Take ``{"state", "credential"}``. Raises InvalidPasskey."""
        if not isinstance(answer, dict):
            raise InvalidPasskey
        passkey, _challenge = _verified(answer.get("state"), answer.get("credential"), request)
        if passkey.user_id != user.pk:
            raise InvalidPasskey


factor = PasskeyFactor()


def is_available() -> bool:
    """Return whether the package webauthn is installed."""
    try:
        _package()
    except PackageMissing:
        return False
    return True


def has_any(user: Any) -> bool:
    """Return whether ``user`` has a passkey that can be used."""
    return is_available() and Passkey.objects.filter(user=user).exists()


def begin_registration(user: Any, request: HttpRequest) -> JsonObject:
    """Return ``options`` for ``navigator.credentials.create()`` and the ``state`` to send back."""
    webauthn = _package()
    from webauthn.helpers import structs

    existing = [_descriptor(key) for key in Passkey.objects.filter(user=user)]
    options = webauthn.generate_registration_options(
        rp_id=_rp_id(request),
        rp_name=accounts_settings.ACCOUNTS_SITE_NAME or request.get_host(),
        user_id=user.pk.bytes if isinstance(user.pk, uuid.UUID) else str(user.pk).encode(),
        user_name=user.email,
        user_display_name=user.get_full_name(),
        exclude_credentials=existing,
        authenticator_selection=structs.AuthenticatorSelectionCriteria(
            resident_key=structs.ResidentKeyRequirement.REQUIRED,
            user_verification=structs.UserVerificationRequirement.REQUIRED,
        ),
    )
    return _with_state(webauthn, options, {"user": str(user.pk)})


def register(user: Any, state: Any, credential: Any, name: str, request: HttpRequest) -> Passkey:
    """Keep the passkey that answered. Raises InvalidPasskey."""
    webauthn = _package()
    claims = _claims(state)
    if claims.get("user") != str(user.pk):
        raise InvalidPasskey
    _refuse_cross_origin(webauthn, credential)
    try:
        found = webauthn.verify_registration_response(
            credential=credential,
            expected_challenge=webauthn.base64url_to_bytes(claims["challenge"]),
            expected_rp_id=_rp_id(request),
            expected_origin=_origins(request),
            require_user_verification=True,
        )
    except Exception as error:
        # Whatever a library of parsers raises for what a client made up.
        raise InvalidPasskey from error
    transports = credential.get("response", {}).get("transports") if isinstance(credential, dict) else None
    known = [item for item in transports or [] if isinstance(item, str)][:8]
    try:
        with transaction.atomic():
            return Passkey.objects.create(
                user=user,
                name=name[:100],
                credential_id=_text(found.credential_id),
                public_key=found.credential_public_key,
                sign_count=found.sign_count,
                transports=known,
            )
    except IntegrityError:
        raise InvalidPasskey from None


def begin_login(request: HttpRequest, user: Any = None) -> JsonObject:
    """Return ``options`` for ``navigator.credentials.get()`` and the ``state``.

    Without ``user`` the person chooses among the passkeys of the device, and nobody is told which accounts there are.
    """
    webauthn = _package()
    from webauthn.helpers import structs

    allowed = [] if user is None else [_descriptor(key) for key in Passkey.objects.filter(user=user)]
    options = webauthn.generate_authentication_options(
        rp_id=_rp_id(request),
        allow_credentials=allowed,
        user_verification=structs.UserVerificationRequirement.REQUIRED,
    )
    return _with_state(webauthn, options, {})


def login(state: object, credential: object, request: HttpRequest) -> tuple[Any, uuid.UUID]:
    """Return whose passkey answered, and the id of the log-in that this is good for. Raises InvalidPasskey."""
    passkey, challenge = _verified(state, credential, request)
    if not passkey.user.can_log_in:
        raise InvalidPasskey
    return passkey.user, uuid.uuid5(_NAMESPACE, challenge)


def _verified(state: object, credential: object, request: HttpRequest) -> tuple[Passkey, str]:
    webauthn = _package()
    claims = _claims(state)
    _refuse_cross_origin(webauthn, credential)
    credential_id = credential.get("id") if isinstance(credential, dict) else None
    if not isinstance(credential_id, str):
        raise InvalidPasskey
    passkey = Passkey.objects.select_related("user").filter(credential_id=credential_id.rstrip("=")).first()
    if passkey is None:
        raise InvalidPasskey
    try:
        found = webauthn.verify_authentication_response(
            credential=credential,
            expected_challenge=webauthn.base64url_to_bytes(claims["challenge"]),
            expected_rp_id=_rp_id(request),
            expected_origin=_origins(request),
            credential_public_key=bytes(passkey.public_key),
            credential_current_sign_count=passkey.sign_count,
            require_user_verification=True,
        )
    except Exception as error:
        raise InvalidPasskey from error
    # By compare-and-set: of two answers with the same count one is a copy.
    mine = Passkey.objects.filter(pk=passkey.pk, sign_count=passkey.sign_count)
    if not mine.update(sign_count=found.new_sign_count, last_used_at=timezone.now()):
        raise InvalidPasskey
    return passkey, claims["challenge"]


def _with_state(webauthn: Any, options: Any, claims: dict[str, str]) -> dict[str, Any]:
    state = signing.dumps({**claims, "challenge": _text(options.challenge)}, salt=_SALT)
    return {"options": json.loads(webauthn.options_to_json(options)), "state": state}


def _claims(state: object) -> dict[str, str]:
    try:
        claims: dict[str, str] = signing.loads(str(state), salt=_SALT, max_age=_SECONDS)
    except signing.BadSignature:
        raise InvalidPasskey from None
    return claims


def _refuse_cross_origin(webauthn: Any, credential: Any) -> None:
    """Refuse what was made in a frame of another site; the library does not look."""
    try:
        raw = credential["response"]["clientDataJSON"]
        data = json.loads(webauthn.base64url_to_bytes(raw))
        crossed = data.get("crossOrigin", False)
    except (KeyError, TypeError, ValueError, AttributeError, UnicodeError):
        raise InvalidPasskey from None
    if crossed is not False:
        raise InvalidPasskey


def _rp_id(request: HttpRequest) -> str:
    return accounts_settings.PASSKEY_RP_ID or request.get_host().partition(":")[0]


def _origins(request: HttpRequest) -> list[str]:
    return [origin.rstrip("/") for origin in accounts_settings.PASSKEY_ORIGINS] or [
        f"{request.scheme}://{request.get_host()}"
    ]


def _descriptor(passkey: Passkey) -> Any:
    from webauthn.helpers import structs

    known = {item.value for item in structs.AuthenticatorTransport}
    transports = [structs.AuthenticatorTransport(item) for item in passkey.transports if item in known]
    return structs.PublicKeyCredentialDescriptor(
        id=_package().base64url_to_bytes(passkey.credential_id), transports=transports or None
    )


def _text(raw: bytes) -> str:
    from webauthn.helpers import bytes_to_base64url

    return str(bytes_to_base64url(raw))


def _package() -> Any:
    try:
        import webauthn
    except ImportError:
        raise PackageMissing("passkeys") from None
    return webauthn
