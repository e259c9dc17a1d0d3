"""Validating and cleaning the props of blocks, one by one or a whole document at once."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from functools import lru_cache
from hashlib import blake2b
from typing import Any, get_origin

from django.conf import settings
from django.utils.translation import gettext as _
from pydantic import BaseModel, ValidationError, create_model
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from ...core.jsontypes import JsonMapping, JsonObject
from ..exceptions import BlockError, InvalidDocument
from ..types.base import Block
from ..types.compiled import has_forbidden_characters, is_valid
from ..types.registry import BlockRegistry, blocks
from .structure import value_error
from .tree import BlockTree
from .upgrade import block_version

__all__ = ["clean_props", "lenient_block", "load_block", "props_errors", "validate_document"]


def load_block(block_class: type[Block], props: object) -> Block:
    """Return the block instance of raw props. Raises pydantic.ValidationError."""
    return block_class.__pydantic_validator__.validate_python({} if props is None else props)  # type: ignore[no-any-return]


def clean_props(block_class: type[Block], props: JsonMapping) -> tuple[JsonObject, list[BlockError]]:
    """Return props as they are stored, sanitised and in JSON types, and what is wrong with them.

    What was not given stays absent. Fields that fail keep the value as given: drafts may hold it, nothing renders it.
    """
    try:
        return dump_props(load_block(block_class, props)), []
    except ValidationError as error:
        errors = props_errors(error)
    failing = {item.loc[1] for item in errors if len(item.loc) > 1}
    partial = _partial(block_class, {key: value for key, value in props.items() if key not in failing})
    if partial is None:
        return dict(props), errors
    cleaned = dump_props(partial)
    return {key: cleaned.get(key, value) for key, value in props.items()}, errors


def dump_props(block: BaseModel) -> JsonObject:
    """Return a block's props as JSON values, those alone that were given."""
    computed = type(block).model_computed_fields
    return block.model_dump(mode="json", by_alias=True, exclude_unset=True, exclude=set(computed) or None)


def lenient_block(block_class: type[Block], props: object) -> tuple[Block | None, list[BlockError]]:
    """Return the block of props that may be invalid, for previews: failing fields hold their default or are blank.

    ``None`` when the rest makes no block either. No value that failed validation is ever in the instance.
    """
    props = props if isinstance(props, dict) else {}
    try:
        return load_block(block_class, props), []
    except ValidationError as error:
        errors = props_errors(error)
    failing = {item.loc[1] for item in errors if len(item.loc) > 1}
    return _partial(block_class, {key: value for key, value in props.items() if key not in failing}), errors


def props_errors(error: ValidationError, prefix: Iterable[str] = ("props",)) -> list[BlockError]:
    """Return Pydantic's errors with ``prefix`` before their paths."""
    return [
        BlockError([*prefix, *map(str, item["loc"])], item["type"], _words_of(item))
        for item in error.errors(include_url=False)
    ]


def _words_of(item: ErrorDetails) -> str:
    """Return the message of an error. Of a text that was tidied first Pydantic counts "items after validation"."""
    limits = item.get("ctx", {})
    if isinstance(item["input"], str) and item["type"] in ("too_short", "string_too_short"):
        least = limits.get("min_length", 1)
        return (
            _("This is empty; fill it in.") if least == 1 else _("At least %(n)s characters are needed.") % {"n": least}
        )
    if isinstance(item["input"], str) and item["type"] in ("too_long", "string_too_long"):
        return _("At most %(n)s characters are possible.") % {"n": limits.get("max_length")}
    return str(item["msg"])


def _partial(block_class: type[Block], props: JsonObject) -> Block | None:
    try:
        return load_block(_draft_class(block_class), props)
    except ValidationError:
        # A validator of the whole model needs a field that is missing.
        return None


@lru_cache(maxsize=512)
def _draft_class(block_class: type[Block]) -> type[Block]:
    """Return a subclass whose fields may all be absent, validators included."""
    overrides: JsonObject = {}
    for name, info in block_class.model_fields.items():
        if info.is_required():
            blank = FieldInfo.merge_field_infos(info, default=_blank(info.annotation))
            overrides[name] = (info.annotation, blank)
    draft = create_model(block_class.__name__, __base__=block_class, __module__=block_class.__module__, **overrides)
    draft.block_meta = block_class.block_meta
    return draft


def _blank(annotation: object) -> Any:
    kind = get_origin(annotation) or annotation
    if kind is str:
        return ""
    if kind in (list, tuple, dict):
        return kind()
    return None


class ValidTexts:
    """Remember the hashes of documents that were found valid with these block types and settings, the last ones of a process.

    What is saved as a draft, published and published again unchanged is validated once. Validators are asked of a block's
    props alone, so the same text is as valid as it was.
    """

    most = 4_096

    def __init__(self) -> None:
        self._hashes: dict[bytes, None] = {}
        self._settings: JsonObject | None = None

    def holds(self, text: str) -> bool:
        """Return whether this very text was found valid."""
        present = getattr(settings, "AI_CMS", {})
        if self._settings != present:
            # Such as the hosts that may be embedded.
            self._hashes, self._settings = {}, dict(present)
        return _hash(text) in self._hashes

    def add(self, text: str) -> None:
        """Remember that a text is valid. Asked for before, so that the settings are those of now."""
        self._hashes[_hash(text)] = None
        if len(self._hashes) > self.most:
            # Another thread may be at it as well.
            with suppress(RuntimeError, StopIteration):
                self._hashes.pop(next(iter(self._hashes)), None)


def _hash(text: str) -> bytes:
    return blake2b(text.encode(), digest_size=16).digest()


def validate_document(
    document: BlockTree, *, strict: bool = True, registry: BlockRegistry = blocks
) -> list[BlockError]:
    """Return the field errors of a document; see :meth:`Document.validate`."""
    text = _text_of(document)
    known: ValidTexts = registry.derived("valid texts", ValidTexts)
    if text is not None and known.holds(text):
        return []
    if text is not None and is_valid(document.blocks, registry) and not has_forbidden_characters(text):
        known.add(text)
        return []
    errors: list[BlockError] = []
    for walked in document.walk():
        block, loc = walked.block, walked.loc
        block_class = registry.get(str(block.get("type", "")))
        version = block_version(block)
        if block_class is None or version > block_class.block_meta.version:
            if strict:
                errors.append(_unknown(block, loc, block_class))
            continue
        if version < block_class.block_meta.version:
            msg = _("The block could not be upgraded from version %(version)s.") % {"version": version}
            errors.append(BlockError([*loc, "v"], "upgrade_failed", msg))
            continue
        props = block.get("props")
        try:
            load_block(block_class, props)
        except ValidationError as error:
            errors.extend(props_errors(error, [*loc, "props"]))
        if (found := value_error(props, [*loc, "props"])) is not None:
            errors.append(found)
        least = block_class.block_meta.min_children
        if least and len(block.get("children") or ()) < least:
            msg = _("At least %(least)s blocks are needed inside.") % {"least": least}
            errors.append(BlockError([*loc, "children"], "too_few_children", msg))
    return errors


def _text_of(document: BlockTree) -> str | None:
    try:
        return document.dumps()
    except InvalidDocument:
        return None


def _unknown(block: JsonMapping, loc: Iterable[str], block_class: type[Block] | None) -> BlockError:
    if block_class is None:
        msg = _("There is no block type “%(type)s”.") % {"type": str(block.get("type"))[:64]}
        return BlockError([*loc, "type"], "unknown_type", msg)
    msg = _("The block was written by version %(version)s of its type, which is newer than this site knows.") % {
        "version": block.get("v")
    }
    return BlockError([*loc, "v"], "unknown_version", msg)
