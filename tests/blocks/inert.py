"""An independent judge of stored HTML: Python's own parser, and rules spelled out anew."""

from __future__ import annotations

import re
from html.parser import HTMLParser

__all__ = ["assert_inert"]

_DANGEROUS_TAGS = frozenset(
    "script style iframe object embed applet frame frameset base link meta form input button select textarea svg math "
    "template noscript video audio source track canvas portal marquee xmp plaintext title html head body".split()
)
_URL_ATTRIBUTES = frozenset("href src cite action formaction data poster background ping srcset longdesc".split())
_TASKS = {
    ("data-type", "taskList"),
    ("data-type", "taskItem"),
    ("data-checked", "true"),
    ("data-checked", "false"),
}
_SCHEMES = ("http://", "https://", "mailto:", "tel:")


class _Judge(HTMLParser):
    def __init__(self, tags: frozenset[str], classes: str) -> None:
        super().__init__(convert_charrefs=True)
        self.allowed = tags
        self.classes = classes
        self.problems: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in self.allowed:
            pass
        elif tag in _DANGEROUS_TAGS or not re.fullmatch("[a-z][a-z0-9]*", tag):
            self.problems.append(f"<{tag}>")
        names = [name for name, _ in attrs]
        for name, raw in attrs:
            value = raw or ""
            if (
                name.startswith("on")
                or name in ("style", "name", "srcset", "srcdoc", "ping")
                or ":" in name
                or ("-" in name and (name, value) not in _TASKS)
                # The target of a link, one word: nothing that closes a quote or is read as code.
                or (name == "id" and not re.fullmatch(r"[\w:.-]{1,100}", value))
                or (name == "class" and not re.fullmatch(self.classes, value))
            ):
                self.problems.append(f"{tag}.{name}")
            if name in _URL_ATTRIBUTES:
                seen = re.sub(r"[\x00-\x20\x7f-\xa0\ufeff]", "", value).lower()
                if re.match(r"[^/?#]*:", seen) and not seen.startswith(_SCHEMES):
                    self.problems.append(f"{tag}.{name}={value!r}")
                if name == "src" and seen.startswith(("mailto:", "tel:")):
                    self.problems.append(f"{tag}.{name}={value!r}")
            if name == "target" and (value != "_blank" or "noopener" not in dict(attrs).get("rel", "")):  # type: ignore[operator]
                self.problems.append(f"{tag}.target={value!r}")
        if len(names) != len(set(names)):
            self.problems.append(f"{tag}: an attribute twice")

    def handle_comment(self, data: str) -> None:
        self.problems.append(f"comment {data!r}")

    def handle_decl(self, decl: str) -> None:
        self.problems.append(f"declaration {decl!r}")

    def handle_pi(self, data: str) -> None:
        self.problems.append(f"instruction {data!r}")

    def unknown_decl(self, data: str) -> None:
        self.problems.append(f"declaration {data!r}")


#: What the rich text of people may carry; templates have classes of their own.
TEXT_CLASSES = r"align-(center|end|justify)|language-\S+"


def assert_inert(html: str, *, allowed: frozenset[str] = frozenset(), classes: str = TEXT_CLASSES) -> None:
    """Fail if anything in ``html`` could run, load from elsewhere unasked, or clobber the page.

    ``allowed``: tags to pass. ``classes``: a pattern of what a class attribute may hold.
    """
    judge = _Judge(allowed, classes)
    judge.feed(html)
    judge.close()
    assert not judge.problems, f"{judge.problems} in {html!r}"
