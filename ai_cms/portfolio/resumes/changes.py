"""Changes of a résumé that a model may suggest, by paths of the JSON Resume: which there are, and what comes of them.

A change is ``{"id", "op", "path", …}``. ``replace`` and ``add`` put a text in its place (``value``, with the ``claims`` it is
made of), ``order`` puts a list in another order (``order``: each old index once). Nothing is taken away, no entry added. All
paths are those of the résumé the changes were made for, so that any of them can be applied without the others.
"""

from __future__ import annotations

import copy
import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ai_cms.core.jsontypes import JsonMapping, JsonObject
from ai_cms.core.strictjson import is_clean_text

from .claims import unsupported
from .sources import Source

__all__ = [
    "Judged",
    "apply_changes",
    "content_digest",
    "judge",
    "list_places",
    "support_problems",
    "text_places",
    "value_at",
]

Change = JsonObject

_TEXT = re.compile(
    r"/basics/summary|/(?P<section>work|volunteer|projects)/(?P<number>0|[1-9][0-9]{0,5})"
    r"/(?:(?P<field>summary|description)|highlights/(?:0|[1-9][0-9]{0,5}))"
)
_LISTS = ("skills", "projects", "certificates", "publications", "interests", "languages")
_INNER_LISTS = {"work": "highlights", "volunteer": "highlights", "projects": "highlights", "skills": "keywords"}
#: The field of an entry that holds its text.
_FIELD = {"work": "summary", "volunteer": "summary", "projects": "description"}
LONGEST = 5_000


@dataclass(frozen=True)
class Judged:
    """The changes that hold, and those that do not, each with ``code``, ``reason`` and the ``words`` it is about."""

    changes: list[Change]
    refused: list[JsonObject]


def content_digest(content: object) -> str:
    """Return a digest of a résumé: the same for the same content, in whatever order its keys are kept."""
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def value_at(content: object, path: str) -> Any:
    """Return what stands at a path; ``None`` where nothing does."""
    found = content
    for step in path.split("/")[1:]:
        if isinstance(found, dict):
            found = found.get(step)
        elif isinstance(found, list) and step.isdecimal() and int(step) < len(found):
            found = found[int(step)]
        else:
            return None
    return found


def text_places(content: JsonMapping) -> dict[str, str]:
    """Return the texts that may be written anew, by path; "" for one that is not there yet."""
    found = {"/basics/summary": value_at(content, "/basics/summary") or ""}
    for section, field in _FIELD.items():
        for number, entry in _entries(content, section):
            found[f"/{section}/{number}/{field}"] = entry.get(field) or ""
            for place, text in enumerate(entry.get("highlights") or ()):
                found[f"/{section}/{number}/highlights/{place}"] = text
    return {path: text for path, text in found.items() if isinstance(text, str)}


def list_places(content: JsonMapping) -> dict[str, list[Any]]:
    """Return the lists of two or more that may be put in another order, by path. Work and education stay by date."""
    found: JsonObject = {f"/{section}": content.get(section) for section in _LISTS}
    for section, field in _INNER_LISTS.items():
        for number, entry in _entries(content, section):
            found[f"/{section}/{number}/{field}"] = entry.get(field)
    return {path: items for path, items in found.items() if isinstance(items, list) and len(items) > 1}


def judge(
    content: JsonMapping,
    sources: Mapping[str, Source],
    texts: Iterable[JsonMapping],
    orders: Iterable[JsonMapping] = (),
) -> Judged:
    """Return which suggestions hold: each claim in its sources, each path a place of this résumé, each order complete.

    ``texts``: ``{"path", "claims": [{"text", "sources": [id]}]}``; ``orders``: ``{"path", "order": [index]}``. What says what
    is there already is left out without a word.
    """
    judged = Judged([], [])
    places, lists = text_places(content), list_places(content)
    seen: set[str] = set()
    for suggestion in texts:
        path, claims = str(suggestion["path"]), [dict(claim) for claim in suggestion["claims"]]
        value = joined_claims(claims)
        if value and value == places.get(path):
            continue
        problem = _text_problem(path, value, places, seen) or next(
            iter(support_problems(path, claims, content, sources)), None
        )
        seen.add(path)
        told = {"path": path, "before": places.get(path, ""), "value": value, "claims": claims}
        if problem is not None:
            judged.refused.append({"op": "replace", **told, **problem})
        else:
            op = "replace" if value_at(content, path) is not None else "add"
            judged.changes.append({"id": f"c{len(judged.changes) + 1}", "op": op, **told})
    for suggestion in orders:
        path, order = str(suggestion["path"]), list(suggestion["order"])
        if path in lists and order == list(range(len(lists[path]))):
            continue
        problem = _order_problem(path, order, lists, seen)
        seen.add(path)
        if problem is not None:
            judged.refused.append({"op": "order", "path": path, "order": order, **problem})
        else:
            judged.changes.append({"id": f"c{len(judged.changes) + 1}", "op": "order", "path": path, "order": order})
    return judged


def support_problems(
    path: str, claims: Sequence[JsonMapping], content: JsonMapping, sources: Mapping[str, Source]
) -> Iterator[JsonObject]:
    """Yield what is wrong with the claims of a text, as ``{"code", "words"}``."""
    whose = _entry_of(path)
    allowed = None if whose is None else _own_sources(whose, content, sources)
    everything: list[str] = []
    for claim in claims:
        named = [str(key) for key in claim["sources"]]
        if not str(claim["text"]).strip():
            continue
        if not named:
            yield {"code": "no_source", "words": [str(claim["text"])[:200]]}
            return
        unknown = [key for key in named if key not in sources]
        if unknown:
            yield {"code": "unknown_source", "words": unknown}
            return
        foreign = [key for key in named if allowed is not None and key not in allowed]
        if foreign:
            yield {"code": "other_entry", "words": foreign}
            return
        invented = unsupported(str(claim["text"]), [sources[key].text for key in named])
        if invented:
            yield {"code": "invented", "words": invented}
            return
        everything += [sources[key].text for key in named]
    # What is true claim by claim may say something else when it is read in one.
    joined = unsupported(joined_claims(claims), everything)
    if joined:
        yield {"code": "invented", "words": joined}


def joined_claims(claims: Iterable[JsonMapping]) -> str:
    """Return the text that claims make."""
    return " ".join(filter(None, (str(claim["text"]).strip() for claim in claims)))


def apply_changes(content: JsonMapping, changes: Iterable[Change]) -> JsonObject:
    """Return the résumé with these changes; the one given stays as it is."""
    made: JsonObject = copy.deepcopy(dict(content))
    chosen = list(changes)
    for change in chosen:
        if change["op"] != "order":
            *above, last = change["path"].split("/")[1:]
            holder: Any = made
            for step in above:
                holder = holder[int(step)] if isinstance(holder, list) else holder.setdefault(step, {})
            holder[int(last) if isinstance(holder, list) else last] = change["value"]
    # Inner lists first: their paths name the places of the outer ones.
    orders = [change for change in chosen if change["op"] == "order"]
    for change in sorted(orders, key=lambda change: -change["path"].count("/")):
        items = value_at(made, change["path"])
        items[:] = [items[index] for index in change["order"]]
    return made


def _entries(content: JsonMapping, section: str) -> list[tuple[int, JsonObject]]:
    items = content.get(section)
    return [(number, item) for number, item in enumerate(items or ()) if isinstance(item, dict)]


def _text_problem(path: str, value: str, places: Mapping[str, str], seen: set[str]) -> JsonObject | None:
    if path not in places:
        return {"code": "unknown_place", "words": [path[:200]]}
    if path in seen:
        return {"code": "twice", "words": [path]}
    if not value or len(value) > LONGEST or not is_clean_text(value):
        return {"code": "not_a_text", "words": []}
    return None


def _order_problem(path: str, order: list[Any], lists: Mapping[str, list[Any]], seen: set[str]) -> JsonObject | None:
    if path not in lists:
        return {"code": "unknown_place", "words": [path[:200]]}
    if path in seen:
        return {"code": "twice", "words": [path]}
    if sorted(order) != list(range(len(lists[path]))):
        return {"code": "not_an_order", "words": []}
    return None


def _entry_of(path: str) -> str | None:
    """Return the id of the entry that a path lies in; ``None`` for the summary, which may draw on everything."""
    match = _TEXT.fullmatch(path)
    return f"{match['section']}/{match['number']}" if match and match["section"] else None


def _own_sources(entry: str, content: JsonMapping, sources: Mapping[str, Source]) -> set[str]:
    """Return what the text of an entry may draw on: the entry, and the project of the library that has its name.

    What was done at one employer is never told of another.
    """
    found = {entry}
    if entry.startswith("projects/"):
        name = value_at(content, f"/{entry}/name")
        if isinstance(name, str) and name.strip():
            named = name.strip().casefold()
            found |= {
                key
                for key, source in sources.items()
                if key.startswith("project:") and source.label.strip().casefold() == named
            }
    return found
