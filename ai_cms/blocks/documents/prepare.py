"""Making stored documents of what clients send: ids, versions, provenance, sanitising, and every structural rule."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from ai_cms.core.permissions import Actor

from ...core.jsontypes import JsonMapping, JsonObject
from ...core.permissions import ActorLike
from ..conf import blocks_settings
from ..exceptions import BlockError, InvalidDocument
from ..types.base import Block
from ..types.registry import BlockRegistry, blocks
from .document import Document, is_block_id, new_block_id, same_json
from .provenance import provenance_after_edit, provenance_of
from .structure import Allowed, limit_errors, nesting_error, too_many_children, value_error
from .upgrade import is_known, upgrade_block
from .validation import clean_props

__all__ = ["RAW_HTML_PERMISSION", "Preparer", "is_locked", "permission_error", "prepare_document"]

#: Blocks that need this permission also need the setting ``RAW_HTML``.
RAW_HTML_PERMISSION = "ai_cms_blocks.use_raw_html"
MAX_PLACEHOLDER_LENGTH = 500

_KEYS = frozenset({"id", "type", "v", "props", "children", "meta"})
_EMPTY = Document.empty()


def prepare_document(
    raw: object,
    *,
    previous: Document | None = None,
    allowed: Iterable[str] | None = None,
    provenance: JsonMapping | None = None,
    actor: ActorLike = None,
    allow_unknown: bool = False,
    allow_locked: bool = False,
    trust_meta: bool = False,
) -> Document:
    """Return the document to store for ``raw``, a whole document as somebody wrote it.

    Fills in ids and versions, sanitises, upgrades older blocks, and writes provenance: blocks that ``previous`` has
    with the same props keep theirs, others get ``provenance``. Blocks that did not change are the objects of
    ``previous``. ``allowed``: types that are admitted. ``actor``: whose permission blocks such as raw HTML need;
    without one they are refused. ``allow_unknown``: take unknown types that ``previous`` does not have.
    ``allow_locked``: let locked blocks change. ``trust_meta``: keep the provenance in ``raw``, for our own exports.

    Raises InvalidDocument with every structural error. Field errors stay; see :meth:`Document.validate`.
    """
    if isinstance(raw, Document):
        raw = raw.blocks
    preparer = Preparer(
        previous=previous,
        allowed=allowed,
        provenance=provenance,
        actor=actor,
        allow_unknown=allow_unknown,
        allow_locked=allow_locked,
        trust_meta=trust_meta,
    )
    if not isinstance(raw, list):
        raise InvalidDocument(BlockError([], "list_type", _("A document is a list of blocks.")))
    prepared = preparer.siblings(raw, None, "", (), 0)
    preparer.check_locked()
    if preparer.errors:
        raise InvalidDocument(preparer.errors)
    document = Document(prepared)
    errors = limit_errors(document)
    if errors:
        raise InvalidDocument(errors)
    return document


def is_locked(block: JsonMapping) -> bool:
    """Return whether a block refuses to be changed, moved or removed."""
    meta = block.get("meta")
    return isinstance(meta, Mapping) and meta.get("locked") is True


def permission_error(block_class: type[Block], actor: ActorLike, loc: Iterable[str]) -> BlockError | None:
    """Return why ``actor`` may not write blocks of a class, or ``None``."""
    label = block_class.block_meta.label
    agent = None if actor is None else Actor.of(actor).agent
    if agent is not None and agent.block_types is not None and block_class.block_meta.type not in agent.block_types:
        return BlockError(
            list(loc), "type_of_agent", _("This agent may not write “%(label)s” blocks.") % {"label": label}
        )
    needed = block_class.block_meta.permission
    if needed is None:
        return None
    if needed == RAW_HTML_PERMISSION and not blocks_settings.RAW_HTML:
        return BlockError(
            list(loc), "type_disabled", _("“%(label)s” blocks are switched off on this site.") % {"label": label}
        )
    if actor is None or not Actor.of(actor).has_perm(needed):
        return BlockError(
            list(loc), "type_permission", _("You may not add or change “%(label)s” blocks.") % {"label": label}
        )
    return None


class Preparer:
    """Prepare blocks one subtree at a time; what is wrong collects in ``errors``.

    ``taken``: ids that are in use elsewhere in the document.
    """

    def __init__(
        self,
        *,
        previous: Document | None = None,
        allowed: Iterable[str] | Allowed | None = None,
        provenance: JsonMapping | None = None,
        actor: ActorLike = None,
        allow_unknown: bool = False,
        allow_locked: bool = False,
        trust_meta: bool = False,
        taken: Collection[str] = (),
        registry: BlockRegistry = blocks,
    ) -> None:
        self.previous = previous or _EMPTY
        self.allowed = Allowed(allowed, registry)
        self.provenance = provenance
        self.actor = actor
        self.allow_unknown = allow_unknown
        self.allow_locked = allow_locked
        self.trust_meta = trust_meta
        self.taken = taken
        self.registry = registry
        self.errors: list[BlockError] = []
        self.seen: set[str] = set()
        self._max_depth = blocks_settings.DOCUMENT_MAX_DEPTH
        self._room = blocks_settings.DOCUMENT_MAX_BLOCKS

    def siblings(
        self, raw: list[Any], parent_id: str | None, parent_type: str, loc: tuple[str, ...], depth: int
    ) -> list[JsonObject]:
        """Return a list of blocks prepared; those with errors are left out."""
        if depth >= self._max_depth:
            self._refuse(loc, "too_deep", _("Blocks can be nested at most %(most)s deep.") % {"most": self._max_depth})
            return []
        if parent_type and (error := too_many_children(parent_type, len(raw), loc, self.registry)):
            self.errors.append(error)
        result = []
        for index, item in enumerate(raw):
            if self._room <= 0:
                most = blocks_settings.DOCUMENT_MAX_BLOCKS
                self._refuse((), "too_many_blocks", _("A document can have at most %(most)s blocks.") % {"most": most})
                break
            self._room -= 1
            block = self.block(item, parent_id, parent_type, (*loc, str(index)), depth)
            if block is not None:
                result.append(block)
        return result

    def block(
        self, raw: object, parent_id: str | None, parent_type: str, loc: tuple[str, ...], depth: int
    ) -> JsonObject | None:
        """Return one block prepared with all that is inside it, or ``None`` after an error."""
        if not isinstance(raw, dict):
            self._refuse(loc, "dict_type", _("A block is an object."))
            return None
        block_type = raw.get("type")
        if not isinstance(block_type, str) or not block_type:
            self._refuse((*loc, "type"), "missing", _("A block needs a type."))
            return None
        version = raw.get("v")
        if version is not None and (not isinstance(version, int) or isinstance(version, bool) or version < 1):
            self._refuse((*loc, "v"), "bad_version", _("The version of a block is a whole number from 1."))
            return None
        block_id = self._id(raw.get("id"), block_type, loc)
        if block_id is None:
            return None
        block_class = self.registry.get(block_type)
        before = self.previous.find(block_id)
        if before is not None and before.get("type") != block_type:
            if is_locked(before):
                self._locked(block_id, loc)
            before = None
        if block_class is None or (version is not None and version > block_class.block_meta.version):
            return self._unknown(raw, block_id, before, loc)
        if block_type not in self.allowed:
            self._refuse(
                (*loc, "type"),
                "type_forbidden",
                _("“%(label)s” is not allowed here.") % {"label": block_class.block_meta.label},
            )
            return None
        if (error := nesting_error(block_type, parent_type, loc, self.registry)) is not None:
            self.errors.append(error)
            return None
        if version is not None and version < block_class.block_meta.version:
            raw = upgrade_block({**raw, "children": []}, self.registry) | {"children": raw.get("children")}
            if raw["v"] == version:
                msg = _("The block could not be upgraded from version %(version)s.") % {"version": version}
                self._refuse((*loc, "v"), "upgrade_failed", msg)
                return None
        return self._known(raw, block_class, block_id, before, parent_id, loc, depth)

    def check_locked(self) -> None:
        """Report the locked blocks of ``previous`` that are gone."""
        if self.allow_locked:
            return
        for walked in self.previous.walk():
            if is_locked(walked.block) and walked.block.get("id") not in self.seen:
                self._locked(str(walked.block.get("id")), ())

    def _known(
        self,
        raw: JsonObject,
        block_class: type[Block],
        block_id: str,
        before: JsonObject | None,
        parent_id: str | None,
        loc: tuple[str, ...],
        depth: int,
    ) -> JsonObject | None:
        for key in raw:
            if key not in _KEYS:
                self._refuse((*loc, str(key)[:64]), "extra_forbidden", _("A block has no such key."))
                return None
        props = {} if raw.get("props") is None else raw["props"]
        if not isinstance(props, dict):
            self._refuse((*loc, "props"), "dict_type", _("The props of a block are an object."))
            return None
        if (error := value_error(props, (*loc, "props"))) is not None:
            self.errors.append(error)
            return None
        props, _errors = clean_props(block_class, props)
        unchanged = before is not None and same_json(props, before.get("props"))
        if not unchanged and (error := permission_error(block_class, self.actor, loc)) is not None:
            self.errors.append(error)
            return None
        meta = self._meta(raw.get("meta"), before, unchanged, loc)
        if before is not None and is_locked(before) and not self.allow_locked:
            around = self.previous.parent_of(block_id)
            if not unchanged or not meta.get("locked") or (around.get("id") if around else None) != parent_id:
                self._locked(block_id, loc)
        block: JsonObject = {
            "id": block_id,
            "type": raw["type"],
            "v": block_class.block_meta.version,
            "props": props,
        }
        children = raw.get("children")
        if children is not None and not isinstance(children, list):
            self._refuse((*loc, "children"), "list_type", _("The children of a block are a list."))
            return None
        if children or (children is not None and block_class.block_meta.is_container):
            block["children"] = self.siblings(children, block_id, raw["type"], (*loc, "children"), depth + 1)
        if meta:
            block["meta"] = meta
        return before if before is not None and _is_same(block, before) else block

    def _unknown(
        self, raw: JsonObject, block_id: str, before: JsonObject | None, loc: tuple[str, ...]
    ) -> JsonObject | None:
        """Keep a block whose type or version this site does not know exactly as it was."""
        block: JsonObject | None = None
        if before is not None and not is_known(before, self.registry) and same_json(_bare(raw), _bare(before)):
            block = before
        elif self.allow_unknown:
            if (error := value_error(raw, loc)) is not None:
                self.errors.append(error)
                return None
            block = {**raw, "id": block_id}
            if not self.trust_meta and provenance_of(block) is not None:
                block["meta"] = {key: value for key, value in raw["meta"].items() if key != "provenance"}
        if block is None:
            if raw.get("type") in self.registry:
                self._refuse((*loc, "v"), "unknown_version", _("The block is of a newer version than this site knows."))
                return None
            self._refuse(
                (*loc, "type"), "unknown_type", _("There is no block type “%(type)s”.") % {"type": raw["type"][:64]}
            )
            return None
        for inner in Document(block.get("children")).walk():
            inner_id = inner.block.get("id")
            if isinstance(inner_id, str):
                self._claim(inner_id, (*loc, "children", *inner.loc))
            self._room -= 1
        return block

    def _id(self, value: Any, block_type: str, loc: tuple[str, ...]) -> str | None:
        if value is None or value == "":
            value = new_block_id(block_type)
        if not is_block_id(value):
            self._refuse((*loc, "id"), "bad_id", _("An id is 1 to 64 of a-z, 0-9 and -, without --."))
            return None
        return value if self._claim(value, loc) else None

    def _claim(self, block_id: str, loc: tuple[str, ...]) -> bool:
        if block_id in self.seen or block_id in self.taken:
            self._refuse((*loc, "id"), "duplicate_id", _("The id %(id)s occurs twice.") % {"id": block_id[:64]})
            return False
        self.seen.add(block_id)
        return True

    def _meta(self, raw: object, before: JsonObject | None, unchanged: bool, loc: tuple[str, ...]) -> JsonObject:
        meta = self.client_meta(raw, (*loc, "meta"))
        record: JsonMapping | None
        if self.trust_meta:
            record = provenance_of({"meta": raw}) or self.provenance
        elif before is None:
            record = self.provenance
        elif unchanged:
            record = provenance_of(before)
        else:
            record = provenance_after_edit(provenance_of(before), self.provenance)
        return {**meta, "provenance": dict(record)} if record else meta

    def client_meta(self, raw: object, loc: tuple[str, ...]) -> JsonObject:
        """Return what a client may say in ``meta``."""
        if raw is None:
            return {}
        if not isinstance(raw, dict):
            self._refuse(loc, "dict_type", _("The meta of a block is an object."))
            return {}
        for key, value in raw.items():
            if key == "locked":
                if not isinstance(value, bool):
                    self._refuse((*loc, key), "bool_type", _("This is true or false."))
            elif key == "placeholder":
                if not isinstance(value, str) or len(value) > MAX_PLACEHOLDER_LENGTH:
                    self._refuse(
                        (*loc, key),
                        "string_type",
                        _("This is text of at most %(most)s characters.") % {"most": MAX_PLACEHOLDER_LENGTH},
                    )
                elif (error := value_error(value, (*loc, key))) is not None:
                    self.errors.append(error)
            elif key != "provenance":
                self._refuse((*loc, str(key)[:64]), "extra_forbidden", _("The meta of a block has no such key."))
        return {key: value for key, value in raw.items() if key != "provenance"}

    def _locked(self, block_id: str, loc: tuple[str, ...]) -> None:
        if not self.allow_locked:
            self._refuse(loc, "locked", _("The block %(id)s is locked.") % {"id": block_id})

    def _refuse(self, loc: Iterable[str], kind: str, msg: str) -> None:
        self.errors.append(BlockError(list(loc), kind, msg))


def _bare(block: JsonMapping) -> JsonObject:
    """Return a block without what the server writes, for comparing."""
    meta = block.get("meta")
    bare = {key: value for key, value in block.items() if key not in ("meta", "id")}
    if isinstance(meta, Mapping) and (rest := {key: value for key, value in meta.items() if key != "provenance"}):
        bare["meta"] = rest
    return bare


def _is_same(block: JsonObject, before: JsonObject) -> bool:
    """Return whether a prepared block is what was stored; its children are shared already where they are the same."""
    if block.keys() != before.keys():
        return False
    children, old_children = block.get("children", []), before.get("children", [])
    if len(children) != len(old_children) or any(a is not b for a, b in zip(children, old_children, strict=True)):
        return False
    return all(same_json(block[key], before[key]) for key in ("v", "props", "meta") if key in block)
