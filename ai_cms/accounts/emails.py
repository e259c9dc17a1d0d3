"""E-mail addresses: one key for all spellings of one address, and the form that mail is sent to."""

from __future__ import annotations

import unicodedata
from contextlib import suppress

import idna
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext_lazy as _

__all__ = ["LONGEST", "clean_email", "email_key"]

#: RFC 5321: the longest address that a mail server has to take.
LONGEST = 254


def clean_email(text: str) -> str:
    """Return the address as it is stored and sent to: trimmed, the domain in ASCII by IDNA 2008, the rest as typed.

    Raises ValidationError for what is no address.
    """
    address = unicodedata.normalize("NFC", text.strip())
    local, at, domain = address.rpartition("@")
    if at and domain and not domain.startswith("["):
        try:
            ascii_domain = domain if domain.isascii() else idna.encode(domain, uts46=True).decode("ascii")
        except (idna.IDNAError, UnicodeError):
            raise ValidationError(_("Enter a valid email address."), code="invalid") from None
        address = f"{local}@{ascii_domain}"
    validate_email(address)
    if len(address) > LONGEST:
        raise ValidationError(_("Enter a valid email address."), code="invalid")
    return address


def email_key(address: str) -> str:
    """Return what is unique about an address: equal for spellings that differ in case or compatibility characters.

    Accents stay: ``ádmin`` and ``admin`` are two people. Text that is no address has a key too, which nobody has.
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", address).casefold()).strip()
    local, at, domain = folded.rpartition("@")
    if at and domain and not domain.isascii():
        with suppress(idna.IDNAError, UnicodeError):
            domain = idna.encode(domain, uts46=True).decode("ascii")
        folded = f"{local}@{domain}"
    return folded[:LONGEST]
