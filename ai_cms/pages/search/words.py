"""Cut text into words, the same way for what is stored and for what is asked.

The databases' own parsers differ from each other, and on the two sides of a search: PostgreSQL makes one token of
``anna.b@bakery.example`` and the number ``-19`` of "COVID-19". So both are given words that are cut already: letters and
digits alone, in lower case, without accents. Runs of scripts that put no space between words (Chinese, Japanese, Korean, Thai,
Lao, Khmer, Burmese, Tibetan) become pairs of neighbouring characters, which finds any word in them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from itertools import pairwise

__all__ = ["MAX_WORD", "Group", "cut_query", "cut_text", "fold"]

#: Longer words are cut, on both sides.
MAX_WORD = 64
#: Words of a query that count: nobody types more, and every one costs.
MAX_QUERY_WORDS = 32

#: The ways one typed word may stand in a text; each way is words that must all be there.
Group = list[list[str]]

_UNSPACED = (
    "\u0e00-\u0fff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u1950-\u1aaf\u3005-\u3007\u3041-\u30ff\u3100-\u312f\u3131-\u318f"
    "\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\ua9e0-\ua9ff\uaa60-\uaa7f\uac00-\ud7ff\uf900-\ufaff"
    "\U0001b000-\U0001b16f\U00020000-\U0003ffff"
)
_RUNS = re.compile(f"[{_UNSPACED}]+|[^{_UNSPACED}]+")
_IS_UNSPACED = re.compile(f"[{_UNSPACED}]")
_SPACE_WITHIN = re.compile(f"(?<=[{_UNSPACED}])\u200b(?=[{_UNSPACED}])")

# Accents of Latin and Greek; stress marks and the dots of ё in Cyrillic, whose й is a letter of its own; the vowel signs of
# Arabic and Hebrew, and the hamza above or below a letter. Elsewhere a mark is as much as a letter.
_ACCENTS = re.compile(
    "(?<=[a-z\u00df-\u024f\u0250-\u02af\u0370-\u03ff])[\u0300-\u036f]+|(?<=[аеиоуыэюя])[\u0300\u0301]|(?<=е)\u0308"
    "|[\u0591-\u05bd\u05bf-\u05c7\u0610-\u061a\u0640\u064b-\u065f\u0670]"
)
_LETTERS = str.maketrans({"æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i", "ŋ": "n"})
_OTHER_DIGITS = re.compile(r"(?![0-9])\d")

_JOINERS = "-'’\u2010.,&+"
_JOINER = re.compile(f"[{_JOINERS}]+")
#: At the end of a word they join nothing: the full stop of each sentence.
_ENDS = re.compile(f"[{_JOINERS}]+(?= |\\Z)")
_LOOSE_JOINER = re.compile("[.,&+]+")
#: A number with its unit or letter: 5mm, v1, a101.
_MEASURE = re.compile("([a-z]{1,10})([0-9]{1,6})|([0-9]{1,6})([a-z]{1,10})")
_MAX_JOINED, _MAX_PARTS = 40, 4
#: An ISBN has five parts, other numbers of things more.
_MAX_NUMBER_PARTS = 8
#: A number in groups, as of a telephone or a bank account: people set spaces, hyphens and brackets as they like.
# It begins with a digit, so that a text is scanned for one; the letters before it are looked at where it stands.
_GROUPED = re.compile("[0-9]+(?:[ \u00a0\u202f()/.\u2010\u2013-]{1,3}[0-9]+)+(?![a-z0-9])")
_BEFORE_GROUPS = re.compile(r"(?<![a-z0-9])[a-z]{0,2}\Z")
_DIGITS = re.compile("[0-9]+")
_GROUP = re.compile("[a-z0-9]+")
_LEAST_GROUPED, _MOST_GROUPED, _MAX_GROUPS = 7, 34, 9


class _Separators(dict[int, str | None]):
    """Map what neither is part of a word nor joins two to a space, and what is invisible to nothing."""

    def __missing__(self, code: int) -> str | None:
        character = chr(code)
        kind = unicodedata.category(character)
        found: str | None = character if kind[0] in "LNM" or character in _JOINERS else " "
        if kind == "Cf" and code != 0x200B:
            found = None
        self[code] = found
        return found


_separators = _Separators()


def fold(text: str) -> str:
    """Return ``text`` in lower case, without accents, with plain digits and in one spelling."""
    if text.isascii():
        return text.lower()
    text = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    text = unicodedata.normalize("NFC", _ACCENTS.sub("", text)).translate(_LETTERS)
    return _OTHER_DIGITS.sub(lambda found: str(unicodedata.decimal(found[0])), text)


def cut_text(text: str) -> str:
    """Return the words of ``text`` for the index, with a space between them.

    What people write as one word or as several comes last in its other form: Wi-Fi, don't, 1,000, Node.js, AT&T, 5mm, an
    ISBN, 030 1234-567.
    """
    folded = fold(text)
    other_forms: dict[str, None] = {}
    # No expression looks at every word: most are plain, and publishing spends its time here.
    is_plain = str.isalpha if folded.isascii() else _is_plain
    words = [piece[:MAX_WORD] if is_plain(piece) else _cut(piece, other_forms) for piece in _pieces(folded)]
    odd = not "".join(words).isalpha()
    # To look for numbers in groups takes as long as all of the above.
    for start, end in _grouped(folded) if odd else ():
        if number := _number(folded[start:end]):
            other_forms[number] = None
    return " ".join([*words, *other_forms])


def _is_plain(piece: str) -> bool:
    return piece.isascii() and piece.isalpha()


def _cut(piece: str, other_forms: dict[str, None]) -> str:
    """Return the words of what is not letters alone, and add what else they are known as to ``other_forms``."""
    plain = piece.strip(_JOINERS)
    if _is_plain(plain):
        return plain[:MAX_WORD]
    words: list[str] = []
    for part in _parts(piece):
        for word in _words(part, tail=True):
            words.append(word)
            other_forms.update(dict.fromkeys(_measure(word)))
    # bakery-shop.com is also bakeryshop and bakeryshopcom.
    for compound in (piece, *_LOOSE_JOINER.split(piece)):
        if joined := _joined(_parts(compound)):
            other_forms[joined] = None
    return " ".join(words)


def cut_query(query: str) -> list[Group]:
    """Return the words of ``query``, each with the ways it may stand in a text.

    "wi-fi" is found in "Wi-Fi", "WiFi" and "wi fi": ``[[["wi", "fi"], ["wifi"]]]``.
    """
    groups: list[Group] = []
    folded = fold(query[:4000])
    position = 0
    for start, end in _grouped(folded):
        if number := _number(folded[start:end]):
            groups += _groups(folded[position:start])
            groups.append([_GROUP.findall(folded[start:end]), [number]])
            position = end
    groups += _groups(folded[position:])
    kept: list[Group] = []
    count = 0
    for group in groups:
        count += len(group[0])
        if count > MAX_QUERY_WORDS and kept:
            break
        kept.append(group)
    return kept


def _groups(folded: str) -> list[Group]:
    groups: list[Group] = []
    for piece in _pieces(folded):
        parts = _parts(piece)
        if joined := _joined(parts):
            groups.append([[word for part in parts for word in _words(part)], [joined]])
            continue
        for word in (word for part in parts for word in _words(part)):
            measure = _measure(word)
            groups.append([[word], measure] if measure else [[word]])
    return groups


def _grouped(folded: str) -> Iterator[tuple[int, int]]:
    """Yield where numbers in groups stand, with one or two letters before them."""
    position = 0
    while match := _GROUPED.search(folded, position):
        before = _BEFORE_GROUPS.search(folded, max(match.start() - 2, 0), match.start())
        if before is not None:
            yield before.start(), match.end()
            position = match.end()
        elif first := _DIGITS.match(folded, match.start()):
            position = first.end()


def _number(written: str) -> str:
    """Return a number in groups as one word; "" for one that is too short, or too long, to be a number of something."""
    groups = _GROUP.findall(written)
    joined = "".join(groups)
    return joined if len(groups) <= _MAX_GROUPS and _LEAST_GROUPED <= len(joined) <= _MOST_GROUPED else ""


def _pieces(folded: str) -> list[str]:
    """Return what stands between spaces and signs: words, and several of them with joiners in between."""
    text = (folded if folded.isascii() else _SPACE_WITHIN.sub("", folded)).translate(_separators)
    return _ENDS.sub("", text).split()


def _parts(piece: str) -> list[str]:
    return [part for part in _JOINER.split(piece) if part]


def _joined(parts: list[str]) -> str:
    """Return a compound as one word; "" where nobody writes it so."""
    joined = "".join(parts)
    most = _MAX_NUMBER_PARTS if any(map(str.isdigit, joined)) else _MAX_PARTS
    if not 2 <= len(parts) <= most or len(joined) > _MAX_JOINED or _IS_UNSPACED.search(joined):
        return ""
    return _safe(joined)


def _measure(word: str) -> list[str]:
    found = None if word.isalpha() or word.isdigit() else _MEASURE.fullmatch(word)
    return [part for part in found.groups() if part] if found else []


def _words(part: str, *, tail: bool = False) -> Iterator[str]:
    """Yield the words of a part; ``tail``: also the last character of a run of pairs, which a query may be for alone."""
    if part.isascii():
        yield part[:MAX_WORD]
        return
    for run in _RUNS.findall(part):
        if not _IS_UNSPACED.match(run):
            yield _safe(run[:MAX_WORD])
            continue
        for first, second in pairwise(run):
            yield _safe(first + second)
        if tail or len(run) == 1:
            yield _safe(run[-1])


def _safe(word: str) -> str:
    """Return a word that no parser cuts again: one with marks, or of a newer Unicode, in hexadecimal, which keeps prefixes."""
    if word.isascii() or (word.isalnum() and max(word) < "\U00010000"):
        return word
    return "x" + word.encode("utf-8", "replace").hex()
