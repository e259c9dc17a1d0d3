"""Make converted blocks fit to be published without losing a word, keep block ids over updates, rewrite links."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from difflib import SequenceMatcher
from html import escape, unescape
from typing import Any

from ai_cms.blocks.conf import blocks_settings
from ai_cms.blocks.documents.document import Document
from ai_cms.blocks.documents.structure import limit_errors, nesting_error
from ai_cms.blocks.documents.validation import clean_props
from ai_cms.blocks.exceptions import BlockError
from ai_cms.blocks.html.markup import parse_html, serialize, text_of
from ai_cms.blocks.html.richtext import clean_text, sanitize_html
from ai_cms.blocks.types.registry import blocks as registry
from ai_cms.core.jsontypes import JsonMapping, JsonObject

__all__ = ["fit_blocks", "is_title", "keep_ids", "plain_text", "rewrite_links"]

Blocks = list[JsonObject]

MAX_RICH_TEXT = 90_000
_URL = re.compile(r"(https?://|/|mailto:|tel:|#|\?)\S*\Z")
_HREF = re.compile(r"""(\bhref=)(["'])([^"'<>]*)\2""")
_LINK_PROPS = frozenset({"url", "link", "href", "cite", "link_url", "button_url", "second_url"})


def plain_text(html: str) -> str:
    """Return the text of ``html`` on one line, entities decoded: for titles and names."""
    text = text_of(parse_html(html)) if "<" in html else unescape(html)
    return " ".join(clean_text(text).split())


def is_title(block: JsonMapping, title: str) -> bool:
    """Return whether a block repeats the title of its page, which the page shows already."""
    props = block.get("props") or {}
    is_first = block.get("type") == "heading" and props.get("level") == 1
    return is_first and " ".join(str(props.get("text", "")).split()) == title


# Valid blocks


def fit_blocks(found: Blocks, *, allowed: Iterable[str] | None = None, warn: Callable[[str], None]) -> Blocks:
    """Return blocks that a publication may hold; what is not valid as it is becomes rich text with all of its words.

    ``allowed``: the types the page takes, ``None`` for all. ``warn``: called with a sentence for each change.
    """
    admitted = None if allowed is None else set(allowed)
    fitted = _fit_siblings(found, "", admitted, warn, 0)
    document = Document(fitted)
    if any(error.type == "too_deep" for error in limit_errors(document)):
        warn("The nesting is deeper than a document may be; the content was laid out flat.")
        fitted = [block for top in fitted for block in _flatten(top)]
    if len(Document(fitted)) > blocks_settings.DOCUMENT_MAX_BLOCKS:
        warn("There are more blocks than a document may have; neighbouring texts were put together.")
        fitted = _merge(fitted)
    return fitted


def _fit_siblings(
    found: Blocks, parent_type: str, admitted: set[str] | None, warn: Callable[[str], None], depth: int
) -> Blocks:
    result: Blocks = []
    for block in found:
        result.extend(_fit(block, parent_type, admitted, warn, depth))
    return result


def _fit(
    block: JsonObject, parent_type: str, admitted: set[str] | None, warn: Callable[[str], None], depth: int
) -> Blocks:
    block_type = str(block.get("type", ""))
    block_class = registry.get(block_type)
    problem: BlockError | str | None = None
    if block_class is None:
        problem = f"There is no block type “{block_type[:64]}”"
    elif admitted is not None and block_type not in admitted:
        problem = "The page does not take such blocks"
    elif block_class.block_meta.permission is not None:
        problem = "Such blocks need a permission"
    else:
        problem = nesting_error(block_type, parent_type, ())
    props: JsonObject = dict(block.get("props") or {})
    if problem is None and block_class is not None:
        props, errors = clean_props(block_class, props)
        problem = errors[0] if errors else None
    children = block.get("children") or []
    if problem is None and block_class is not None:
        meta = block_class.block_meta
        if not children and not meta.min_children:
            return [{**block, "props": props}]
        fitted = _fit_siblings(children, block_type, admitted, warn, depth + 1) if meta.is_container else []
        if len(fitted) < (meta.min_children or 0):
            problem = "too few blocks inside"
        elif (meta.max_children is not None and len(fitted) > meta.max_children) or (
            children and not meta.is_container
        ):
            problem = "too many blocks inside"
        elif any(nesting_error(str(child["type"]), block_type, ()) is not None for child in fitted):
            # A child that became rich text does not fit a container of cards or columns.
            problem = "blocks inside that do not belong there"
        else:
            return [{**block, "props": props, "children": fitted}]
    reason = problem.msg.rstrip(".") if isinstance(problem, BlockError) else str(problem)
    words = _as_rich_text(props)
    inner = [child for top in children for child in _fit(top, "", admitted, warn, depth + 1)]
    if words or inner:
        warn(f"A “{block_type[:64]}” block became plain text: {reason[:200]}.")
    if parent_type and nesting_error("rich_text", parent_type, ()) is not None and block_class is not None:
        # The caller sees that it does not fit and gives up the container too.
        return [*words, *inner] or [{"type": "rich_text", "props": {"html": ""}}]
    return [*words, *inner]


def _as_rich_text(props: JsonMapping) -> Blocks:
    """Return every word and every address in ``props`` as rich text blocks."""
    parts: list[str] = []
    _collect(props, parts)
    return [{"type": "rich_text", "props": {"html": html}} for html in split_html("".join(parts))]


def _collect(value: object, parts: list[str]) -> None:
    if isinstance(value, str):
        text = clean_text(value)
        if not text.strip():
            return
        if "<" in text and ">" in text:
            parts.append(sanitize_html(text))
        elif _URL.match(text):
            link = sanitize_html(f'<p><a href="{escape(text)}">{escape(text)}</a></p>')
            parts.append(link)
        else:
            parts.append("".join(f"<p>{escape(line, quote=False)}</p>" for line in text.split("\n") if line.strip()))
    elif isinstance(value, Mapping):
        for item in value.values():
            _collect(item, parts)
    elif isinstance(value, list):
        for item in value:
            _collect(item, parts)


def split_html(html: str, size: int = MAX_RICH_TEXT) -> list[str]:
    """Return ``html`` in pieces of at most about ``size`` characters, cut between elements or, in long texts, words."""
    if len(html) <= size:
        return [html] if html else []
    pieces: list[str] = []
    current = ""
    for node in parse_html(html).children:
        piece = serialize([node])
        if len(piece) > size:
            # One element that is too long keeps its words and loses its form.
            words = text_of([node])
            step = size // 6  # escaping makes at most six characters of one
            pieces.extend(filter(None, [current]))
            current = ""
            while words:
                cut = words.rfind(" ", 1, step) if len(words) > step else len(words)
                cut = cut if cut > 0 else step
                pieces.append(f"<p>{escape(words[:cut], quote=False)}</p>")
                words = words[cut:].lstrip(" ")
            continue
        if current and len(current) + len(piece) > size:
            pieces.append(current)
            current = ""
        current += piece
    return [*pieces, *filter(None, [current])]


def _flatten(block: JsonObject) -> Blocks:
    """Return a block's own words and all blocks inside it side by side."""
    result: Blocks = []
    pending = [block]
    while pending:
        current = pending.pop()
        block_class = registry.get(str(current.get("type", "")))
        alone = {key: value for key, value in current.items() if key != "children"}
        meta = block_class.block_meta if block_class else None
        if meta is not None and not meta.min_children and nesting_error(meta.type, "", ()) is None:
            result.append(alone)
        else:
            result.extend(_as_rich_text(current.get("props") or {}))
        pending.extend(reversed(current.get("children") or []))
    return result


def _merge(found: Blocks) -> Blocks:
    """Put neighbouring texts together until the document is small enough."""
    flat = [block for top in found for block in _flatten(top)]
    simple = {"rich_text", "heading", "list", "quote", "code", "divider", "table"}
    result: Blocks = []
    for block in flat:
        html = _simple_html(block) if block["type"] in simple else None
        last = result[-1] if result else None
        if html is None:
            result.append(block)
        elif (
            last is not None and last["type"] == "rich_text" and len(last["props"]["html"]) + len(html) < MAX_RICH_TEXT
        ):
            last["props"]["html"] += html
        else:
            result.append({"type": "rich_text", "props": {"html": html}})
    return result


def _simple_html(block: JsonObject) -> str:
    props = block["props"]
    if block["type"] == "rich_text":
        return str(props.get("html", ""))
    if block["type"] == "heading":
        level = props.get("level", 2)
        return f"<h{level}>{escape(str(props.get('text', '')), quote=False)}</h{level}>"
    if block["type"] == "list":
        tag = "ol" if props.get("style") == "ol" else "ul"
        return f"<{tag}>{''.join(f'<li>{item}</li>' for item in props.get('items', ()))}</{tag}>"
    if block["type"] == "divider":
        return "<hr>"
    parts: list[str] = []
    _collect(props, parts)
    return "".join(parts)


# Links


def rewrite_links(found: Blocks, target_of: Callable[[str], str | None]) -> Blocks:
    """Return blocks whose links lead where ``target_of`` says; ``None`` leaves a link as it is. The argument is not changed."""

    def in_html(match: re.Match[str]) -> str:
        target = target_of(unescape(match[3]))
        return match[0] if target is None else f"{match[1]}{match[2]}{escape(target)}{match[2]}"

    def change(value: object, name: str) -> Any:
        if isinstance(value, str):
            if name in _LINK_PROPS and value and "<" not in value:
                target = target_of(value)
                return value if target is None else target
            return _HREF.sub(in_html, value) if "href=" in value else value
        if isinstance(value, dict):
            return {key: change(item, key) for key, item in value.items()}
        if isinstance(value, list):
            return [change(item, name) for item in value]
        return value

    result: Blocks = []
    for block in found:
        changed = {**block, "props": change(block.get("props") or {}, "")}
        if block.get("type") in ("code", "raw_html"):
            changed["props"] = block.get("props") or {}
        if block.get("children"):
            changed["children"] = rewrite_links(block["children"], target_of)
        result.append(changed)
    return result


# Ids


def keep_ids(old: Blocks, new: Blocks, taken: set[str] | None = None) -> Blocks:
    """Return ``new`` with the ids of the blocks of ``old`` that they continue, so that an update touches what changed alone."""
    taken = set() if taken is None else taken
    before, after = [_fingerprint(block) for block in old], [_fingerprint(block) for block in new]
    result = [dict(block) for block in new]
    pairs: list[tuple[int, int]] = []
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "equal":
            pairs.extend(zip(range(i1, i2), range(j1, j2), strict=True))
        elif tag == "replace":
            # Changed in place: the first of the same type continues it.
            free = list(range(i1, i2))
            for j in range(j1, j2):
                match = next((i for i in free if old[i].get("type") == new[j].get("type")), None)
                if match is not None:
                    del free[: free.index(match) + 1]
                    pairs.append((match, j))
    for i, j in pairs:
        block_id = old[i].get("id")
        if isinstance(block_id, str) and block_id not in taken:
            result[j]["id"] = block_id
            taken.add(block_id)
        if result[j].get("children"):
            result[j]["children"] = keep_ids(old[i].get("children") or [], result[j]["children"], taken)
    return result


def _fingerprint(block: JsonMapping) -> str:
    inner = [_fingerprint(child) for child in block.get("children") or ()]
    return json.dumps([block.get("type"), block.get("props"), inner], sort_keys=True, ensure_ascii=False, default=str)
