"""The base of all blocks: a Pydantic model of the props, and what surrounds them in ``Meta``.

::

    @blocks.register
    class QuoteBlock(Block):
        text: RichText
        attribution: InlineText = ""

        class Meta:
            label = _("Quote")
            group = "text"
            example = {"text": "<p>Bread is a promise.</p>", "attribution": "A baker"}
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar

from django.utils.functional import Promise
from pydantic import BaseModel, ConfigDict

from ai_cms.core.mappings import TemplateContext

from ...core.jsontypes import JsonMapping, JsonObject
from ..exceptions import InvalidBlockClass
from .context import RenderContext
from .text import ImageRef, InlineText, RequiredUrl, RichText, Text, Url

__all__ = [
    "Block",
    "BlockMeta",
    "BlockPart",
    "ImageRef",
    "InlineText",
    "RequiredUrl",
    "RichText",
    "Text",
    "Url",
]

#: No string in a block is longer than this many characters, unless its field sets a limit of its own.
MAX_STRING_LENGTH = 100_000

_TYPE = re.compile(r"[a-z][a-z0-9_]{0,63}")
_CONFIG = ConfigDict(
    extra="forbid",
    str_max_length=MAX_STRING_LENGTH,
    allow_inf_nan=False,
    # A block is a value: what changes it makes a new document.
    frozen=True,
    # The registry has a class built, and says which block and which field is wrong.
    defer_build=True,
)


@dataclass(frozen=True)
class BlockMeta:
    """What a block class says about itself in ``class Meta``; every attribute is optional there.

    ``type``: the name in documents; from the class name by default (``CallToActionBlock`` → ``call_to_action``).
    ``label``, ``icon``, ``group``: for the list of blocks in an editor. ``template``: rendered in place of
    ``ai_cms/blocks/<type>.html``. ``version``: of the props, from 1; a higher one needs ``upgrades``. ``oldest``: the
    oldest version that documents still hold; steps below it may be gone. ``allowed_children``: ``None`` for none,
    ``"*"`` for all, or a tuple of types. ``allowed_parents``: ``None`` for anywhere, or a tuple of types where ``""`` is
    the root of the document. ``min_children``: fewer are reported like a field error, so that drafts can be saved.
    ``max_children``: more are refused. ``example``: props that show the block at its best. ``permission``: who may write
    such blocks, as ``"app_label.codename"``; ``"ai_cms_blocks.use_raw_html"`` also needs the setting ``RAW_HTML``.
    ``as_root``: stands for a page of its own, so that what may only stand at the root may stand in it as well.
    ``drafts``: the props that a model which drafts a page writes, the required ones among them; ``True`` for all; ``False``
    where a model cannot fill the block in, as it needs a file, an address, or rows of a table.
    ``abstract``: the class only lends its fields to others.
    """

    type: str = ""
    label: str | Promise = ""
    icon: str = "square"
    group: str | Promise = "content"
    template: str | None = None
    version: int = 1
    oldest: int = 1
    allowed_children: str | tuple[str, ...] | None = None
    allowed_parents: tuple[str, ...] | None = None
    min_children: int | None = None
    max_children: int | None = None
    example: JsonMapping = field(default_factory=dict)
    permission: str | None = None
    as_root: bool = False
    drafts: bool | tuple[str, ...] = True
    abstract: bool = False

    @property
    def is_container(self) -> bool:
        """Whether blocks of this type may have children."""
        return self.allowed_children is not None


#: These belong to one class; a subclass starts from the default instead.
_NOT_INHERITED = {"type", "label", "abstract", "version", "oldest", "example", "drafts"}


class BlockPart(BaseModel):
    """Base of the structures inside a block's props, such as the items of a list; as strict as a block."""

    model_config = _CONFIG


class Block(BaseModel):
    """Base of all blocks; the fields of a subclass are the block's props.

    ``upgrades`` maps a version to a function that takes the props of that version and returns those of the next.
    """

    model_config = _CONFIG

    block_meta: ClassVar[BlockMeta] = BlockMeta(abstract=True)
    upgrades: ClassVar[Mapping[int, Callable[[JsonObject], JsonObject]]] = {}

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: object) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        cls.block_meta = _read_meta(cls)
        if not cls.block_meta.abstract:
            _check_upgrades(cls)

    @classmethod
    def upgrade(cls, props: JsonObject, version: int) -> JsonObject:
        """Return ``props`` of ``version`` as props of the current version. The argument is not changed.

        Raises LookupError for a version whose step is gone (below ``Meta.oldest``), and what the steps raise.
        """
        for step in range(version, cls.block_meta.version):
            props = cls.upgrades[step](dict(props))
        return props

    @classmethod
    def heading_of(cls, props: JsonMapping) -> tuple[int, str] | None:
        """Return (level, plain text) if the block opens a part of the page, for outlines and tables of contents.

        ``props`` may be those of a draft: missing or of the wrong type.
        """
        return None

    def get_context(self, context: RenderContext) -> TemplateContext:
        """Return what the block's template needs beside the block itself."""
        return {}


def _read_meta(cls: type[Block]) -> BlockMeta:
    """Combine the class's own ``Meta`` with the nearest base's, and check the result."""
    own = vars(cls).get("Meta")
    declared = {name: value for name, value in vars(own).items() if not name.startswith("__")} if own else {}
    # ``class Meta(HeadingBlock.Meta)`` is the same inheritance, spelled out.
    for base in own.__mro__[1:-1] if own else ():
        for name, value in vars(base).items():
            if not name.startswith("__") and name not in _NOT_INHERITED:
                declared.setdefault(name, value)
    known = [item.name for item in fields(BlockMeta)]
    for name in declared:
        if name not in known:
            raise _wrong(cls, name, f"is not known. Known: {', '.join(known)}")
    parents = [base for base in cls.__mro__[1:] if issubclass(base, Block)]
    inherited = parents[0].block_meta
    values: dict[str, Any] = {name: getattr(inherited, name) for name in known if name not in _NOT_INHERITED} | {
        name: list_to_tuple(value) for name, value in declared.items()
    }
    values["type"] = values.get("type") or _default_type(cls.__name__)
    label = values.get("label")
    # Not "or": the truth of a lazy translation is asked of the catalogues, which are not there yet at import.
    if label is None or (isinstance(label, str) and not label):
        values["label"] = values["type"].replace("_", " ").capitalize()
    if "version" not in declared and "upgrades" not in vars(cls):
        # A subclass that adds nothing to the history of its base has that history.
        values["version"] = inherited.version
        values.setdefault("oldest", inherited.oldest)
    meta = BlockMeta(**values)
    _check_meta(cls, meta)
    return meta


def list_to_tuple(value: object) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _default_type(name: str) -> str:
    name = name.removesuffix("Block") or name
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name)
    return words.lower().strip("_")


def _check_meta(cls: type[Block], meta: BlockMeta) -> None:
    if not isinstance(meta.type, str) or not _TYPE.fullmatch(meta.type):
        raise _wrong(cls, "type", f"must be lower-case letters, digits and _, at most 64, not {meta.type!r}")
    for name in ("label", "group"):
        if not isinstance(getattr(meta, name), str | Promise):
            raise _wrong(cls, name, f"must be text, not {getattr(meta, name)!r}")
    if not isinstance(meta.icon, str):
        raise _wrong(cls, "icon", f"must be the name of an icon, not {meta.icon!r}")
    if meta.template is not None and not isinstance(meta.template, str):
        raise _wrong(cls, "template", f"must be a template name or None, not {meta.template!r}")
    if not isinstance(meta.version, int) or isinstance(meta.version, bool) or meta.version < 1:
        raise _wrong(cls, "version", f"must be a whole number from 1, not {meta.version!r}")
    if not isinstance(meta.oldest, int) or isinstance(meta.oldest, bool) or not 1 <= meta.oldest <= meta.version:
        raise _wrong(cls, "oldest", f"must be a whole number from 1 to the version {meta.version}, not {meta.oldest!r}")
    if meta.allowed_children not in (None, "*"):
        _check_types(cls, "allowed_children", meta.allowed_children, 'None, "*" or a tuple of block types')
    if meta.allowed_parents is not None:
        _check_types(cls, "allowed_parents", meta.allowed_parents, "None or a tuple of block types")
    for name in ("min_children", "max_children"):
        count = getattr(meta, name)
        if count is None:
            continue
        if not isinstance(count, int) or isinstance(count, bool) or count < 0:
            raise _wrong(cls, name, f"must be a whole number or None, not {count!r}")
        if meta.allowed_children is None:
            raise _wrong(cls, name, "is set, but allowed_children allows none")
    if None not in (meta.min_children, meta.max_children) and meta.min_children > meta.max_children:  # type: ignore[operator]
        raise _wrong(cls, "min_children", "is above max_children")
    if not isinstance(meta.example, Mapping):
        raise _wrong(cls, "example", f"must be a dict of props, not {meta.example!r}")
    if meta.permission is not None and (not isinstance(meta.permission, str) or meta.permission.count(".") != 1):
        raise _wrong(cls, "permission", f"must be of the form 'app_label.codename', not {meta.permission!r}")
    if not isinstance(meta.drafts, bool):
        _check_props(cls, meta.drafts)
    for name in ("as_root", "abstract"):
        if not isinstance(getattr(meta, name), bool):
            raise _wrong(cls, name, f"must be True or False, not {getattr(meta, name)!r}")


def _check_props(cls: type[Block], drafts: object) -> None:
    if not isinstance(drafts, tuple) or not all(isinstance(name, str) for name in drafts):
        raise _wrong(cls, "drafts", f"must be True, False or a tuple of props, not {drafts!r}")
    if unknown := [name for name in drafts if name not in cls.model_fields]:
        raise _wrong(cls, "drafts", f"names {unknown[0]!r}, which is none of its props")
    if missing := [name for name, info in cls.model_fields.items() if info.is_required() and name not in drafts]:
        raise _wrong(cls, "drafts", f"lacks {missing[0]!r}, without which the block is not valid")


def _check_types(cls: type[Block], name: str, value: object, expected: str) -> None:
    if isinstance(value, str) or not isinstance(value, Iterable):
        hint = " (a tuple of one needs a comma)" if isinstance(value, str) else ""
        raise _wrong(cls, name, f"must be {expected}, not {value!r}{hint}")
    for item in value:
        if not isinstance(item, str) or not (_TYPE.fullmatch(item) or (item == "" and name == "allowed_parents")):
            raise _wrong(cls, name, f"names {item!r}, which cannot be a block type")


def _check_upgrades(cls: type[Block]) -> None:
    steps = range(cls.block_meta.oldest, cls.block_meta.version)
    missing = [str(step) for step in steps if not callable(cls.upgrades.get(step))]
    if missing:
        raise InvalidBlockClass(
            f"{cls.__module__}.{cls.__qualname__}.upgrades lacks a function for version {', '.join(missing)}; "
            f"Meta.version is {cls.block_meta.version}. Once `manage.py upgrade_blocks` has stored every block in a newer "
            "version, Meta.oldest may say which, and the steps below it may go."
        )


def _wrong(cls: type[Block], name: str, problem: str) -> InvalidBlockClass:
    return InvalidBlockClass(f"{cls.__module__}.{cls.__qualname__}.Meta.{name} {problem}.")
