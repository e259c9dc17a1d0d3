"""Sign records with the site's key, and tell whether a record is one that was signed here and is unchanged."""

from __future__ import annotations

import hashlib
import json

from django.core.serializers.json import DjangoJSONEncoder
from django.core.signing import BadSignature, Signer

from ai_cms.core.jsontypes import JsonMapping, JsonObject

__all__ = ["is_sealed", "sealed"]

_SALT = "ai_cms.evidence.record"
_KEY = "seal"


def _digest(record: JsonMapping) -> str:
    bare = {key: value for key, value in record.items() if key != _KEY}
    text = json.dumps(bare, sort_keys=True, separators=(",", ":"), ensure_ascii=True, cls=DjangoJSONEncoder)
    return hashlib.sha256(text.encode()).hexdigest()


def sealed(record: JsonMapping) -> JsonObject:
    """Return a record with its digest (SHA-256 of its JSON, keys in order) and the signature of that by ``SECRET_KEY``."""
    plain: JsonObject = json.loads(json.dumps(record, cls=DjangoJSONEncoder))
    digest = _digest(plain)
    signature = Signer(salt=_SALT).signature(digest)
    return {**plain, _KEY: {"algorithm": "sha256+django.core.signing", "digest": digest, "signature": signature}}


def is_sealed(record: JsonMapping) -> bool:
    """Return whether a record was signed by this site, with its key or an earlier one (``SECRET_KEY_FALLBACKS``), and is as it
    was then."""
    seal = record.get(_KEY)
    if not isinstance(seal, dict) or not all(isinstance(seal.get(name), str) for name in ("digest", "signature")):
        return False
    try:
        signed = Signer(salt=_SALT).unsign(f"{seal['digest']}:{seal['signature']}")
        return bool(signed == seal["digest"] == _digest(record))
    except (BadSignature, TypeError, ValueError, RecursionError):
        return False
