"""Hold a text to its sources: what it says and they do not is invented.

The rule is closed, so that it cannot be got round by a name nobody thought of. Every word and number of a text must occur in
its sources, compared after NFKC and case folding, or be one of the words that state nothing (``plain_words``). Two facts put
together must be together in a source: a number and what it counts (``5 years``, ``40 %``), and two names in a row (``Harbour
University``). What the rule cannot see is a true word put in a false place, or a negation left out: a person decides that.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from .plain_words import PLAIN_WORDS

__all__ = ["unsupported", "words_of"]

_NUMBER = re.compile(r"[0-9]+(?:[.,'\u2019][0-9]+)*")
_GROUPED = re.compile(r"[0-9]{1,3}(?:([.,'\u2019])[0-9]{3})(?:\1[0-9]{3})*")
#: What parts two words so that they do not stand together; a full stop begins a sentence.
_ENDS = frozenset(".!?…:。")
_PARTS = frozenset(',;()[]{}\n\r\t\u2013—•·|/"“”„«»') | _ENDS
#: Signs of no letter that say something: 5 % is not 5.
_SIGNS = frozenset("%‰#")


@dataclass(frozen=True)
class Word:
    """A word, number or sign. ``key``: as it is compared. ``apart``: whether something parts it from what stands before."""

    text: str
    key: str
    apart: bool
    first: bool

    @property
    def is_number(self) -> bool:
        return any(character.isdigit() for character in self.key)

    @property
    def is_sign(self) -> bool:
        return not any(character.isalnum() for character in self.key)

    @property
    def is_capital(self) -> bool:
        return self.text != self.text.lower()

    @property
    def is_plain(self) -> bool:
        """Whether it states nothing: a plain word, written in small letters or as the first of a sentence is."""
        capital = self.text[:1] + self.text[1:].lower() if self.first else self.text.lower()
        return self.key in PLAIN_WORDS and self.text in (self.text.lower(), capital, "I")


def words_of(text: str) -> Iterator[Word]:
    """Yield the words of a text, its numbers with one spelling: ``1,000`` as ``1000``, ``6,5`` as ``6.5``."""
    text = _digits(unicodedata.normalize("NFKC", text))
    place, apart, first = 0, True, True
    while place < len(text):
        character = text[place]
        number = _NUMBER.match(text, place)
        end = number.end() if number else place
        while end < len(text) and _in_word(text[end]):
            end += 1
        if end > place:
            # C++ and C# are not C.
            while end < len(text) and text[end] in "+#":
                end += 1
            found = text[place:end]
            yield Word(found, _key(found, number.group() if number else ""), apart, first)
            place, apart, first = end, False, False
        else:
            if character in _SIGNS or (unicodedata.category(character)[0] == "S" and character != "|"):
                yield Word(character, character, apart, first)
                apart = False
            elif character in _PARTS:
                apart = True
                first = first or character in _ENDS or character in "\n•"
            place += 1


def unsupported(text: str, sources: Iterable[str]) -> list[str]:
    """Return what ``text`` states and no source does: words, and pairs of them that stand together nowhere; in order, once."""
    known: set[str] = set()
    small: set[str] = set()
    pairs: set[tuple[str, str]] = set()
    for source in sources:
        before = ""
        for word in words_of(source):
            known.add(word.key)
            if not word.is_capital:
                small.add(word.key)
            if not word.apart:
                pairs.add((before, word.key))
            before = word.key
    found: dict[str, None] = {}
    last: Word | None = None
    for word in words_of(text):
        if word.key not in known and not word.is_plain:
            found[word.text] = None
            last = None
            continue
        if last is not None and not word.apart and _belong(last, word, small) and (last.key, word.key) not in pairs:
            found[f"{last.text} {word.text}"] = None
        last = word
    return list(found)


def _belong(one: Word, other: Word, small: set[str]) -> bool:
    """Return whether two words in a row are one fact: a number with what it counts, a sign with its number, a name of two."""
    if one.is_plain or other.is_plain:
        return False
    if one.is_number or one.is_sign or other.is_sign:
        return True
    # The first word of a sentence has a capital whatever it is; where a source writes it small it is no name.
    begins = one.first and one.key in small
    return one.is_capital and other.is_capital and not begins and not other.is_number


def _in_word(character: str) -> bool:
    return unicodedata.category(character)[0] in "LMN"


def _digits(text: str) -> str:
    """Return a text with the digits of all scripts as 0 to 9."""
    if text.isascii():
        return text
    return "".join(str(unicodedata.decimal(each, each)) for each in text)


def _key(text: str, number: str) -> str:
    if number:
        grouped = _GROUPED.fullmatch(number)
        spelt = re.sub(r"[.,'\u2019]", "", number) if grouped else number.replace(",", ".")
        text = spelt + text[len(number) :]
    return unicodedata.normalize("NFKC", text.casefold())
