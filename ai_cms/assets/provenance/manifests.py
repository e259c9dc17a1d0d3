"""C2PA manifests: written into generated pictures where a key is set, read from what people bring."""

from __future__ import annotations

import json
import logging
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ai_cms import __version__
from ai_cms.core.jsontypes import JsonObject

from ..conf import assets_settings
from .origins import iptc_url

__all__ = ["can_sign", "read_manifest", "sign_file"]

logger = logging.getLogger(__name__)

_SIGNABLE = {"jpeg": "image/jpeg", "jpg": "image/jpeg", "png": "image/png", "webp": "image/webp", "avif": "image/avif"}
_NAMESPACE = "/digitalsourcetype/"
#: Ancestors of a picture that are looked at.
_MOST_MANIFESTS = 20


def can_sign() -> bool:
    """Return whether manifests are written: a key is set and c2pa-python is there."""
    return bool(assets_settings.ASSET_C2PA) and find_spec("c2pa") is not None


def sign_file(path: Path, suffix: str, *, title: str, source_type: str, model: str, converted: bool = False) -> bool:
    """Put a signed manifest into the file at ``path``; return whether that was done.

    ``converted``: the file is another size or format of what was generated. A file that cannot be signed stays as it is, with
    its mark in XMP; that is logged and is no reason to lose the picture.
    """
    mime = _SIGNABLE.get(suffix)
    if mime is None or not source_type or not can_sign():
        return False
    import c2pa

    actions: list[JsonObject] = [
        {
            "action": "c2pa.created",
            "digitalSourceType": iptc_url(source_type),
            "softwareAgent": {"name": model or "ai_cms"},
        }
    ]
    if converted:
        actions.append({"action": "c2pa.converted"})
    manifest = {
        "claim_generator_info": [{"name": "django-ai-cms", "version": __version__}],
        "title": title,
        "format": mime,
        "assertions": [{"label": "c2pa.actions.v2", "data": {"actions": actions}}],
    }
    signed = path.with_name(f"signed-{path.name}")
    try:
        # Without the thumbnail, which is most of a manifest's weight, and shows what the picture itself shows.
        settings = c2pa.Settings.from_dict({"builder": {"thumbnail": {"enabled": False}}})
        context = c2pa.Context(settings)
        with (
            _signer(c2pa) as signer,
            c2pa.Builder(json.dumps(manifest), context) as builder,
            path.open("rb") as source,
            signed.open("w+b") as target,
        ):
            builder.sign(signer, mime, source, target)
    except Exception as error:
        logger.error("A picture could not be signed.", exc_info=error)
        signed.unlink(missing_ok=True)
        return False
    signed.replace(path)
    return True


def read_manifest(path: Path, mime: str) -> JsonObject:
    """Return what a file's manifest says of its origin: {"state", "digital_source_type", "generator"}; {} without one.

    ``state``: "unchanged" since it was signed by whomever, "trusted" if the signer is known, "changed" if it was touched.
    """
    if find_spec("c2pa") is None:
        return {}
    import c2pa

    try:
        with path.open("rb") as file:
            reader = c2pa.Reader.try_create(mime, file)
            if reader is None:
                return {}
            with reader:
                store = json.loads(reader.json())
                state = str(reader.get_validation_state() or "")
    # It is anybody's bytes, read by another's parser.
    except Exception:
        return {"state": "unreadable"}
    words = {"Trusted": "trusted", "Valid": "unchanged"}
    active = store.get("manifests", {}).get(store.get("active_manifest"), {})
    info = active.get("claim_generator_info") or [{}]
    return {
        "state": words.get(state, "changed"),
        "digital_source_type": _source_type(store),
        "generator": str(info[0].get("name", ""))[:200],
    }


def _source_type(store: JsonObject) -> str:
    """Return the source type of the active manifest or of any ancestor: an edited picture's own manifest does not repeat it."""
    manifests = store.get("manifests", {})
    waiting: list[Any] = [store.get("active_manifest")]
    seen: set[Any] = set()
    while waiting and len(seen) < _MOST_MANIFESTS:
        label = waiting.pop(0)
        if label in seen or label not in manifests:
            continue
        seen.add(label)
        for assertion in manifests[label].get("assertions", []):
            if str(assertion.get("label", "")).startswith("c2pa.actions"):
                for action in assertion.get("data", {}).get("actions", []):
                    _before, found, name = str(action.get("digitalSourceType", "")).partition(_NAMESPACE)
                    if found and name.isalpha():
                        return name[:60]
        waiting += [ingredient.get("active_manifest") for ingredient in manifests[label].get("ingredients", [])]
    return ""


def _signer(c2pa: Any) -> Any:
    signing = assets_settings.ASSET_C2PA
    timestamps = str(signing.get("timestamp_url") or "")
    info = c2pa.C2paSignerInfo(
        alg=str(signing.get("algorithm", "es256")).encode(),
        sign_cert=_pem(signing["certificates"]),
        private_key=_pem(signing["private_key"]),
        ta_url=timestamps.encode() if timestamps else None,
    )
    return c2pa.Signer.from_info(info)


def _pem(value: str) -> bytes:
    return value.encode() if "-----BEGIN" in value else Path(value).read_bytes()
