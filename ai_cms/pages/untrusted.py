"""What a model has written may load nothing from elsewhere: an address could carry off what the model had read.

A preview of a proposal would fetch a remote picture before anybody has accepted anything, with the page's text in its query.
Links are left: following one is a person's decision.
"""

from __future__ import annotations

import json
import re
from typing import Any

from ai_cms.blocks.documents.document import Document
from ai_cms.blocks.documents.provenance import provenance_of
from ai_cms.blocks.html.richtext import sanitize_html
from ai_cms.blocks.types.registry import blocks
from ai_cms.core.permissions import Actor

__all__ = ["from_outside", "of_agent", "remote_sources", "without_remote_sources"]

_IMAGE = re.compile(r"<img\b[^>]*>", re.IGNORECASE)
_SOURCE = re.compile(r"""\bsrc\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+))""", re.IGNORECASE)
_REMOTE = re.compile(r"\s*(?:[a-z][a-z0-9+.-]*:|[/\\]{2})", re.IGNORECASE)
#: Names that browsers load by themselves wherever they stand; to them come the ``ImageRef`` fields of all blocks.
_LOADED = frozenset({"src", "poster", "image", "background", "thumbnail", "srcset"})


def of_agent(actor: Actor, value: object, document: Document | None) -> Any:
    """Return what ``actor`` writes, of an agent without what is loaded from elsewhere and is not in ``document`` already."""
    if actor.agent is None:
        return value
    return without_remote_sources(value, frozenset() if document is None else remote_sources(document))


def from_outside(document: Document) -> bool:
    """Return whether a document has text that an importer brought, which may hold what was meant for whoever reads it."""
    records = (provenance_of(walked.block) or {} for walked in document.walk())
    return any(record.get("source") == "import" for record in records)


def remote_sources(document: Document) -> frozenset[str]:
    """Return the remote addresses that a document loads already."""
    found: set[str] = set()
    loaded = _loaded_names()

    def collect(value: object) -> None:
        if isinstance(value, dict):
            for key, inner in value.items():
                if key in loaded:
                    found.update(
                        each for each in (inner if isinstance(inner, list) else [inner]) if isinstance(each, str)
                    )
                collect(inner)
        elif isinstance(value, list):
            for inner in value:
                collect(inner)
        elif isinstance(value, str) and "<img" in value.lower():
            found.update(_source_of(tag) for tag in _IMAGE.findall(value))

    collect(document.blocks)
    return frozenset(address for address in found if _REMOTE.match(address))


def without_remote_sources(value: object, known: frozenset[str] = frozenset()) -> Any:
    """Return ``value`` (HTML, props, blocks or operations) without what is loaded from elsewhere, save ``known`` addresses."""
    if isinstance(value, dict):
        if value.get("type") == "code":
            return value
        loaded = _loaded_names()
        return {
            key: _own_only(inner, known) if key in loaded else without_remote_sources(inner, known)
            for key, inner in value.items()
            if not (key in loaded and isinstance(inner, str) and _is_foreign(inner, known))
        }
    if isinstance(value, list):
        return [without_remote_sources(inner, known) for inner in value]
    if isinstance(value, str) and "<img" in value.lower():
        # Cleaned first: then a tag has one form, and no trick hides its address.
        return _IMAGE.sub(
            lambda match: "" if _is_foreign(_source_of(match[0]), known) else match[0], sanitize_html(value)
        )
    return value


def _own_only(value: object, known: frozenset[str]) -> Any:
    """Return the value of a property that is loaded, a list of addresses without the foreign ones."""
    if isinstance(value, list):
        value = [inner for inner in value if not (isinstance(inner, str) and _is_foreign(inner, known))]
    return without_remote_sources(value, known)


def _loaded_names() -> frozenset[str]:
    # By name alone: an operation on a block does not say of which type it is.
    found: frozenset[str] = blocks.derived("loaded names", _find_loaded_names)
    return found


def _find_loaded_names() -> frozenset[str]:
    found = set(_LOADED)
    pending: list[Any] = [block_class.model_json_schema() for _name, block_class in blocks.items()]
    while pending:
        schema = pending.pop()
        if isinstance(schema, list):
            pending += schema
        elif isinstance(schema, dict):
            properties = schema.get("properties")
            if isinstance(properties, dict):
                found |= {
                    name for name, described in properties.items() if '"x-widget": "asset"' in json.dumps(described)
                }
            pending += schema.values()
    return frozenset(found)


def _is_foreign(address: str, known: frozenset[str]) -> bool:
    return bool(_REMOTE.match(address)) and address not in known


def _source_of(tag: str) -> str:
    match = _SOURCE.search(tag)
    return next((part for part in match.groups() if part is not None), "").replace("&amp;", "&") if match else ""
