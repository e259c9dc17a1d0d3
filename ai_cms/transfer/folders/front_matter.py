"""Read the front matter of a text file: a small, strict part of YAML between ``---``, or TOML between ``+++``.

The YAML taken: ``key: value`` with plain, single and double quoted texts, numbers, ``true`` / ``false`` / ``null``, dates,
lists (``[a, b]`` and ``- a`` lines), and one level of ``key: value`` below a key. Everything else of YAML (anchors, tags,
block scalars, several documents …) is refused with the line, never guessed.
"""

from __future__ import annotations

import datetime
import re
import tomllib
from typing import Any

from ..exceptions import ImportRefused

__all__ = ["split_front_matter"]

MAX_LINES = 2_000

_KEY = re.compile(r"""(?P<key>[A-Za-z_][\w.-]*|"[^"\\]*"|'[^']*')[ \t]*:(?:[ \t]+(?P<value>.*))?\Z""")
_INTEGER = re.compile(r"[-+]?[0-9]{1,18}\Z")
_FLOAT = re.compile(r"[-+]?[0-9]{1,18}\.[0-9]{1,18}\Z")
_DATE = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?[ ]?(Z|[-+][0-9]{2}:?[0-9]{2})?)?\Z"
)
_WORDS = {"true": True, "false": False, "yes": True, "no": False, "null": None, "~": None}
_RESERVED = set("&*!|>%@`{")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "0": "\x00", '"': '"', "\\": "\\", "/": "/", "e": "\x1b", " ": " "}
_ESCAPE = re.compile(r"\\(x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|.)")


def split_front_matter(text: str, *, source: str = "") -> tuple[dict[str, Any], str, int]:
    """Return (values, rest of the text, line on which the rest begins).

    A text without front matter has no values. Raises ImportRefused with the line for what cannot be read.
    """
    text = text.removeprefix("\ufeff")
    lines = text.split("\n")
    mark = lines[0].rstrip("\r \t")
    if mark not in ("---", "+++"):
        return {}, text, 1
    ends = ("---", "...") if mark == "---" else ("+++",)
    end = next((index for index, line in enumerate(lines[1 : MAX_LINES + 2], 1) if line.rstrip("\r \t") in ends), None)
    if end is None:
        if mark == "---" and not _looks_like_values(lines[1:3]):
            # A line of its own at the top: a rule of Markdown.
            return {}, text, 1
        raise ImportRefused(f"The front matter has no closing {mark}.", source=source, line=1)
    head = [line.rstrip("\r") for line in lines[1:end]]
    rest = "\n".join(lines[end + 1 :])
    if mark == "---":
        return _Yaml(head, source).read(), rest, end + 2
    try:
        return tomllib.loads("\n".join([*head, ""])), rest, end + 2
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"line ([0-9]+)", str(error))
        raise ImportRefused(
            f"The TOML front matter cannot be read: {error}.", source=source, line=int(found[1]) + 1 if found else 1
        ) from None


def _looks_like_values(lines: list[str]) -> bool:
    return any(_KEY.match(line.rstrip("\r")) for line in lines)


class _Yaml:
    """Read the lines between the marks; line numbers are those of the file."""

    def __init__(self, lines: list[str], source: str) -> None:
        self.lines = lines
        self.source = source
        self.at = 0

    def refuse(self, reason: str) -> ImportRefused:
        return ImportRefused(f"The front matter cannot be read: {reason}", source=self.source, line=self.at + 2)

    def read(self) -> dict[str, Any]:
        return self.mapping("")

    def skip(self) -> str | None:
        """Go to the next line with something on it and return it."""
        while self.at < len(self.lines):
            line = self.lines[self.at]
            if line.strip() and not line.lstrip().startswith("#"):
                if "\t" in line[: len(line) - len(line.lstrip())]:
                    raise self.refuse("lines are indented with spaces, not with tabs.")
                return line
            self.at += 1
        return None

    def mapping(self, indent: str) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while (line := self.skip()) is not None:
            space = line[: len(line) - len(line.lstrip(" "))]
            if len(space) < len(indent):
                break
            if space != indent:
                raise self.refuse("this line is indented, but nothing above it asks for that.")
            match = _KEY.match(line[len(indent) :].rstrip())
            if match is None:
                raise self.refuse(f"expected “key: value”, found “{line.strip()[:80]}”.")
            key = match["key"].strip("\"'")
            if key in found:
                raise self.refuse(f"“{key}” is there twice.")
            value = _without_comment(match["value"] or "")
            if value:
                found[key] = self.value(value)
                self.at += 1
            else:
                self.at += 1
                found[key] = self.below(indent)
        return found

    def below(self, indent: str) -> Any:
        """Return the list or the mapping under a key without a value; ``None`` if there is neither."""
        line = self.skip()
        if line is None:
            return None
        space = line[: len(line) - len(line.lstrip(" "))]
        if line.lstrip().startswith(("- ", "-\t")) or line.strip() == "-":
            if len(space) < len(indent):
                return None
            return self.sequence(space)
        if len(space) <= len(indent):
            return None
        if indent:
            raise self.refuse("only one level of keys below a key can be read.")
        return self.mapping(space)

    def sequence(self, indent: str) -> list[Any]:
        found: list[Any] = []
        while (line := self.skip()) is not None:
            space = line[: len(line) - len(line.lstrip(" "))]
            body = line[len(space) :]
            if len(space) < len(indent) or (space == indent and not body.startswith("-")):
                break
            if space != indent or not (body.startswith("- ") or body.strip() == "-"):
                raise self.refuse("this line does not continue the list above it.")
            text = _without_comment(body[1:].strip())
            if _KEY.match(text) and not text.startswith(("'", '"')):
                raise self.refuse("lists of “key: value” cannot be read; quote the text if it is one.")
            found.append(self.value(text) if text else None)
            self.at += 1
        return found

    def value(self, text: str) -> Any:
        if text.startswith("["):
            return self.flow(text)
        if text[0] in ("'", '"'):
            value, rest = self.quoted(text)
            if rest.strip():
                raise self.refuse("something follows the closing quote.")
            return value
        return self.plain(text)

    def flow(self, text: str) -> list[Any]:
        if not text.endswith("]"):
            raise self.refuse("a list [ … ] has to end on its line.")
        body = text[1:-1].strip()
        found: list[Any] = []
        while body:
            if body[0] in ("'", '"'):
                value, body = self.quoted(body)
                found.append(value)
                body = body.strip()
                if body and not body.startswith(","):
                    raise self.refuse("something follows the closing quote.")
            else:
                plain, comma, body = body.partition(",")
                body = comma + body
                if any(sign in plain for sign in "[]{}"):
                    raise self.refuse("lists in lists cannot be read.")
                found.append(self.plain(plain.strip()) if plain.strip() else None)
            body = body.removeprefix(",").strip()
        return found

    def quoted(self, text: str) -> tuple[str, str]:
        """Return the quoted text at the beginning and what follows it."""
        if text[0] == "'":
            match = re.match(r"'((?:[^']|'')*)'", text)
            if match is None:
                raise self.refuse("the quote ' is not closed on its line.")
            return match[1].replace("''", "'"), text[match.end() :]
        match = re.match(r'"((?:[^"\\]|\\.)*)"', text)
        if match is None:
            raise self.refuse('the quote " is not closed on its line.')

        def decode(escape: re.Match[str]) -> str:
            code = escape[1]
            if code[0] in "xuU" and len(code) > 1:
                number = int(code[1:], 16)
                if number > 0x10FFFF or 0xD800 <= number <= 0xDFFF:
                    raise self.refuse(f"\\{code} is no character.")
                return chr(number)
            if code not in _ESCAPES:
                raise self.refuse(f"\\{code} is not known inside a double quoted text.")
            return _ESCAPES[code]

        return _ESCAPE.sub(decode, match[1]), text[match.end() :]

    def plain(self, text: str) -> Any:
        if text[0] in _RESERVED or text.startswith(("? ", "- ")):
            raise self.refuse(f"“{text[0]}” begins something that is not read here; put the text in quotes.")
        lower = text.lower()
        if lower in _WORDS:
            return _WORDS[lower]
        if _INTEGER.match(text):
            return int(text)
        if _FLOAT.match(text):
            return float(text)
        if _DATE.match(text):
            return self.date(text)
        if ": " in text or text.endswith(":"):
            raise self.refuse("a text with a colon has to be in quotes.")
        return text

    def date(self, text: str) -> datetime.date:
        try:
            if len(text) == 10:
                return datetime.date.fromisoformat(text)
            return datetime.datetime.fromisoformat(text.replace(" Z", "Z").replace(" +", "+").replace(" -", "-"))
        except ValueError:
            raise self.refuse(f"“{text}” is no date.") from None


def _without_comment(text: str) -> str:
    """Return a value without the comment behind it; a # inside quotes or inside a word is none."""
    text = text.strip()
    if "#" not in text:
        return text
    quote = ""
    index = 0
    while index < len(text):
        sign = text[index]
        if quote:
            if sign == "\\" and quote == '"':
                index += 1
            elif sign == quote:
                quote = ""
        elif sign in "'\"" and (index == 0 or text[index - 1] in " [,"):
            quote = sign
        elif sign == "#" and (index == 0 or text[index - 1] in " \t"):
            return text[:index].rstrip()
        index += 1
    return text
