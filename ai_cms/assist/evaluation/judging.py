"""Judge an answer by the checks of its case: by rules that anybody can follow, never by another model."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape

from django.utils.html import strip_tags

from ai_cms.assist.evaluation.golden import Checks, GoldenCase
from ai_cms.core.jsontypes import JsonMapping
from ai_cms.llm.backends.local.stop_words import STOP_WORDS_OF

__all__ = ["Verdict", "judge", "language_of"]

#: Properties that are no text for readers.
_SILENT = frozenset(
    {"id", "type", "key", "format", "style", "level", "variant", "align", "left_out", "version", "ratio"}
)
_ADDRESSES = frozenset({"href", "url", "src", "link"})
_LINK = re.compile(r"""(?:href|src)\s*=\s*["']([^"']*)["']|((?:https?://|www\.)[^\s"'<>)\]]+|mailto:[^\s"'<>)]+)""")
_NUMBER = re.compile(r"\d+(?:[.,:'\u2019]\d+)*")
#: Where a line ends that tags alone have parted.
_ENDS = re.compile(r"</(?:p|li|h[1-6]|td|th|blockquote|div)>|<br")
_WORD = re.compile(r"\w+(?:['\u2019]\w+)*")
#: A language is told from so many of its little words at least.
_LEAST_WORDS = 2


@dataclass(frozen=True)
class Verdict:
    """What one check found. ``detail``: what is wrong, "" where nothing is."""

    check: str
    passed: bool
    detail: str = ""


def judge(case: GoldenCase, output: JsonMapping) -> list[Verdict]:
    """Return a verdict for each check of ``case``."""
    checks = case.checks
    text = "\n".join(_texts(output))
    found = [
        *_phrases(checks, text),
        *_lengths(checks, output, text),
        *_blocks(checks, output),
    ]
    given = json.dumps(case.payload, ensure_ascii=False)
    if checks.language:
        told = language_of(text)
        wrong = (
            ""
            if told == checks.language.partition("-")[0].lower()
            else f"reads as {told or 'no language in particular'}"
        )
        found.append(Verdict(f"language {checks.language}", not wrong, wrong))
    if checks.no_new_numbers:
        known = {_digits(each) for each in _NUMBER.findall(given)}
        made_up = [each for each in _NUMBER.findall(text) if _digits(each) not in known]
        found.append(Verdict("no new numbers", not made_up, ", ".join(made_up[:5])))
    if checks.no_new_links:
        new = [link for link in _links(output) if link not in given]
        found.append(Verdict("no new links", not new, ", ".join(new[:5])))
    return found


def _phrases(checks: Checks, text: str) -> Iterator[Verdict]:
    folded = text.casefold()
    for phrase in checks.contains:
        yield _verdict(f"contains “{phrase}”", phrase.casefold() in folded, "missing")
    for phrase in checks.excludes:
        yield _verdict(f"excludes “{phrase}”", phrase.casefold() not in folded, "there")
    for phrase in checks.keeps:
        yield _verdict(f"keeps “{phrase}”", phrase in text, "missing, or altered")


def _lengths(checks: Checks, output: JsonMapping, text: str) -> Iterator[Verdict]:
    if checks.words is not None:
        yield _within("words", len(_WORD.findall(text)), checks.words)
    for name, limits in checks.characters.items():
        yield _within(f"characters of {name}", len(strip_tags(str(output.get(name) or ""))), limits)
    for name, limits in checks.items.items():
        found = output.get(name)
        yield _within(f"items of {name}", len(found) if isinstance(found, list) else 0, limits)


def _blocks(checks: Checks, output: JsonMapping) -> Iterator[Verdict]:
    used = set(_types(output.get("blocks")))
    if checks.block_types:
        others = sorted(used - set(checks.block_types))
        yield Verdict("block types", not others, ", ".join(others))
    for name in checks.needs_blocks:
        yield _verdict(f"block {name}", name in used, "missing")


def _verdict(check: str, passed: bool, otherwise: str) -> Verdict:
    return Verdict(check, passed, "" if passed else otherwise)


def _within(check: str, count: int, limits: tuple[int, int]) -> Verdict:
    least, most = limits
    return _verdict(f"{check} {least} to {most}", least <= count <= most, str(count))


def language_of(text: str) -> str:
    """Return the tag of the language that most of a text's little words are of; "" where none stands out."""
    words = [word.casefold() for word in _WORD.findall(text)]
    counts = sorted(((sum(word in known for word in words), tag) for tag, known in STOP_WORDS_OF.items()), reverse=True)
    (best, tag), (second, _other) = counts[:2]
    return tag if best >= _LEAST_WORDS and best > second else ""


def _texts(value: object, name: str = "") -> Iterator[str]:
    """Yield the texts of an output that a reader gets to see."""
    if isinstance(value, str):
        if name not in _SILENT and name not in _ADDRESSES:
            yield unescape(strip_tags(_ENDS.sub(r"\n\g<0>", value)))
    elif isinstance(value, dict):
        for key, each in value.items():
            if key not in _SILENT:
                yield from _texts(each, key)
    elif isinstance(value, list):
        for each in value:
            yield from _texts(each, name)


def _links(value: object, name: str = "") -> Iterator[str]:
    if isinstance(value, str):
        if name in _ADDRESSES and value:
            yield value
        for attribute, bare in _LINK.findall(value):
            link = attribute or bare.rstrip(".,;:!?")
            if link and not link.startswith("#"):
                yield link
    elif isinstance(value, dict):
        for key, each in value.items():
            yield from _links(each, key)
    elif isinstance(value, list):
        for each in value:
            yield from _links(each, name)


def _types(blocks: object) -> Iterator[str]:
    for block in blocks if isinstance(blocks, list) else ():
        if isinstance(block, dict):
            yield str(block.get("type", ""))
            yield from _types(block.get("children"))


def _digits(number: str) -> str:
    return re.sub(r"\D", "", number)
