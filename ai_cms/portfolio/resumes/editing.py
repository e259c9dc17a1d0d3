"""The parts of a JSON Resume that a short form asks for; everything else in the document stays as it is."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

from ai_cms.core.jsontypes import JsonMapping, JsonObject

__all__ = [
    "ENTRY_FIELDS",
    "basics_answers",
    "entry_answers",
    "with_basics",
    "with_entries",
    "with_words",
    "word_answers",
]

#: Keys of ``basics`` that are asked for; those below ``location`` with a dot.
BASICS = ("name", "label", "email", "phone", "url", "summary", "location.city", "location.countryCode")
#: Keys of the entries of a part; lists of texts are asked for as lines.
ENTRY_FIELDS = {
    "work": ("position", "name", "location", "startDate", "endDate", "summary", "highlights"),
    "education": ("studyType", "area", "institution", "startDate", "endDate"),
}
_LISTS = frozenset({"highlights"})


def basics_answers(content: JsonMapping) -> dict[str, str]:
    """Return what ``basics`` says, by the last part of the keys."""
    basics = content.get("basics") or {}
    return {key.rpartition(".")[2]: _shown(_at(basics, key)) for key in BASICS}


def with_basics(content: JsonMapping, answers: Mapping[str, str]) -> JsonObject:
    """Return the document with these answers in ``basics``; an empty one takes its key away."""
    made = copy.deepcopy(dict(content))
    before = basics_answers(made)
    for key in BASICS:
        name = key.rpartition(".")[2]
        if name in answers and answers[name] != before[name]:
            _put(made.setdefault("basics", {}), key, answers[name])
    return made


def entry_answers(content: JsonMapping, part: str) -> list[dict[str, str]]:
    """Return the entries of a part as texts, lists a line each."""
    fields = ENTRY_FIELDS[part]
    return [{name: _shown(entry.get(name)) for name in fields} for entry in content.get(part) or []]


def with_entries(
    content: JsonMapping, part: str, answers: Sequence[tuple[int | None, Mapping[str, str]]]
) -> JsonObject:
    """Return the document with these entries of a part, in this order.

    Each comes with the number of the entry it was, whose other keys stay; ``None`` for a new one. Those not named are gone.
    """
    made = copy.deepcopy(dict(content))
    before: list[JsonObject] = made.get(part) or []
    entries = []
    for number, values in answers:
        entry = before[number] if number is not None and 0 <= number < len(before) else {}
        for name in ENTRY_FIELDS[part]:
            text = values.get(name, "")
            if text != _shown(entry.get(name)):
                _put(entry, name, text)
        if entry:
            entries.append(entry)
    if entries or part in made:
        made[part] = entries
    return made


def word_answers(content: JsonMapping, part: str, key: str) -> list[str]:
    """Return the names of the entries of a part such as ``skills``."""
    return [_shown(entry.get(key)) for entry in content.get(part) or []]


def with_words(content: JsonMapping, part: str, key: str, words: Sequence[str]) -> JsonObject:
    """Return the document with entries of these names; those that were there keep their other keys."""
    made = copy.deepcopy(dict(content))
    known = {_shown(entry.get(key)): entry for entry in made.get(part) or []}
    if list(words) != word_answers(made, part, key):
        made[part] = [known.get(word, {key: word}) for word in dict.fromkeys(words)]
    return made


def _shown(value: object) -> str:
    if isinstance(value, list):
        return "\n".join(str(item) for item in value)
    return value if isinstance(value, str) else ""


def _at(basics: JsonMapping, key: str) -> Any:
    first, _dot, rest = key.partition(".")
    found = basics.get(first)
    return _at(found or {}, rest) if rest else found


def _put(target: JsonObject, key: str, text: str) -> None:
    first, _dot, rest = key.partition(".")
    if rest:
        _put(target.setdefault(first, {}), rest, text)
    elif not text:
        target.pop(first, None)
    elif first in _LISTS:
        target[first] = [line.strip() for line in text.splitlines() if line.strip()]
    else:
        target[first] = text
