"""An answer out of the wrapper that a model puts around all of it, such as ``<answer>…</answer>``.

Models that were trained to think in tags name the other part too. Tags are taken off only where they stand around all
that follows the thinking: whoever asks for text about ``<answer>`` gets it as it is. Without thinking before them only
marks are taken off that are tokens of a model and no text of anybody.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Literal

__all__ = ["Unwrapper"]

_TAGS = {
    f"<{name}>": f"</{name}>"
    for name in ("answer", "final_answer", "final", "response", "output", "result", "solution", "longcat_answer")
}
_TOKENS = {
    "<|start_response|>": "<|end_response|>",
    "<|begin_of_solution|>": "<|end_of_solution|>",
    "<|begin_of_answer|>": "<|end_of_answer|>",
}
#: What may stand behind the wrapper: the mark of a turn's end where a server leaves it in.
_ENDS = ("<|end_of_turn_token|>", "<|im_end|>", "<|eot_id|>", "<|endoftext|>")


Kind = Literal["shown", "void"]


class Unwrapper:
    """Take an answer's text as it comes, without thinking, and give it back without its wrapper.

    "void" comes where a wrapper turned out to be none: what was shown is said again, with the tags.
    """

    def __init__(self) -> None:
        self._held = ""
        self._begun = False
        self._shown = False
        #: The wrapper, and all that came behind its opening tag.
        self._opening = self._closing = ""
        self._inner: list[str] = []
        self._closed = False

    def feed(self, text: str, *, thought: bool) -> Iterator[tuple[Kind, str]]:
        """Take the next piece of text; ``thought``: the model has thought before it."""
        self._held += text
        if self._closing:
            self._inner.append(text)
        elif not self._begun:
            self._begin(thought=thought)
        if not self._begun or self._closed:
            return
        keep = self._unclear() if self._closing else 0
        shown, self._held = self._held[: len(self._held) - keep], self._held[len(self._held) - keep :]
        if shown:
            self._shown = True
            yield "shown", shown

    def finish(self, *, thought: bool) -> Iterator[tuple[Kind, str]]:
        """Give back what was held until it was clear what it is."""
        held, self._held = self._held, ""
        closing, self._closing = self._closing, ""
        begun, self._begun = self._begun, True
        inner = "".join(self._inner)
        if not self._closed:
            # An answer that was cut off within a tag ends before it; without its closing tag it is all inside.
            tags = [closing] if closing else _wrappers(thought=True) if thought and not begun else []
            held = "" if held.strip() and _may_begin(held.strip(), tags) else held
            held = held.rstrip() if closing else held
        elif _is_around(inner, self._opening, closing):
            held = held[: held.lower().rindex(closing)].rstrip()
        else:
            yield "void", ""
            held = self._opening + inner
        self._closed = False
        if held:
            yield "shown", held

    def _begin(self, *, thought: bool) -> None:
        """Find out whether a wrapper begins here."""
        bare = self._held.lstrip()
        wrappers = _wrappers(thought=thought)
        for opening, closing in wrappers.items():
            if bare[: len(opening)].lower() == opening:
                self._opening, self._closing = bare[: len(opening)], closing
                self._held = bare[len(opening) :]
                self._inner = [self._held]
        self._begun = bool(self._closing) or not (not bare or _may_begin(bare, wrappers))

    def _unclear(self) -> int:
        """Return how many characters at the end of what is held may belong to the end of the wrapper."""
        if not self._shown:
            self._held = self._held.lstrip()
        text = self._held.lower()
        end = text.find(self._closing)
        self._closed = end >= 0
        if end < 0:
            sizes = range(min(len(text), len(self._closing) - 1), 0, -1)
            end = len(text) - next((size for size in sizes if self._closing.startswith(text[-size:])), 0)
        return len(text) - len(text[:end].rstrip())


def _wrappers(*, thought: bool) -> dict[str, str]:
    return _TAGS | _TOKENS if thought else _TOKENS


def _may_begin(text: str, marks: Iterable[str]) -> bool:
    """Return whether ``text`` may be the beginning of a mark."""
    return any(mark.startswith(text.lower()) for mark in marks)


def _is_around(inner: str, opening: str, closing: str) -> bool:
    """Return whether the wrapper whose opening tag is in front of ``inner`` ends with it, and not before."""
    text, opening = inner.lower().rstrip(), opening.lower()
    for end in _ENDS:
        text = text.removesuffix(end).rstrip()
    if not text.endswith(closing):
        return False
    depth, closed = 1, False
    for part in re.findall(f"{re.escape(opening)}|{re.escape(closing)}", text):
        # One that opens after all were closed: two wrappers beside each other.
        if part == opening and closed:
            return False
        depth += 1 if part == opening else -1
        closed = closed or depth <= 0
    return True
