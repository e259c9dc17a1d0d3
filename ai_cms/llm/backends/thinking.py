"""A model's thinking, told from its answer where a server sends both as one text.

Servers without a parser for a model's thinking hand its marks on: ``<think>…</think>`` and its kin, the channels of
harmony, a closing mark alone where the prompt held the opening one. Thinking stands before the answer; marks in the
middle of an answer are the answer's own words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from .wrapping import Unwrapper

__all__ = ["ThoughtFilter", "without_thinking"]

Kind = Literal["shown", "hidden", "void"]

_PAIRS = {
    "<think>": "</think>",
    "<thinking>": "</thinking>",
    "<thought>": "</thought>",
    "<reasoning>": "</reasoning>",
    "<seed:think>": "</seed:think>",
    "◁think▷": "◁/think▷",
    "[THINK]": "[/THINK]",
    "<longcat_think>": "</longcat_think>",
    "<|START_THINKING|>": "<|END_THINKING|>",
    "<|begin_of_thought|>": "<|end_of_thought|>",
    "<|start_think|>": "<|end_think|>",
    "<|inner_prefix|>": "<|inner_suffix|>",
    # Gemma and what was trained from it.
    "<unused94>": "<unused95>",
    "<|channel>": "<channel|>",
}
#: Harmony: anything before the channel "final" is none of the answer.
_HARMONY = ("<|channel|>", "<|start|>")
_FINAL = re.compile(r"\bfinal[^<]{0,40}(?:<\|constrain\|>[^<]{0,40})?<\|message\|>")
_HARMONY_ENDS = ("<|return|>", "<|end|>", "<|call|>")
#: Harmony whose marks a server took out: "analysisThe user wants …assistantfinalBread is good."
_BARE = re.compile(r"analysis(?=[A-Z])")
_BARE_FINAL = re.compile(r"assistantfinal")
#: Characters that the end of thinking may be spread over.
_LONGEST = 128
#: Closing marks without an opening one; they end a line, or JSON or a tag follows: an answer that quotes one goes on after it.
_LONE_MARKS = (
    "</think>",
    "</seed:think>",
    "◁/think▷",
    "[/THINK]",
    "<|END_THINKING|>",
    "<|end_of_thought|>",
    "<|end_think|>",
    "<unused95>",
)
_CLOSING = f"(?:{'|'.join(map(re.escape, _LONE_MARKS))})[ \\t]*"
_ALONE = re.compile(_CLOSING + r"(?=\n|\r|\{|\[|```|<[a-zA-Z|]|\Z)")
#: One of which nobody knows yet what follows.
_PENDING = re.compile(_CLOSING + r"(?:<|`{1,2})?\Z")
_STARTS = (*_PAIRS, *_HARMONY, "analysis")


class ThoughtFilter:
    """Take an answer's text as it comes and say of each piece what it is.

    "shown": part of the answer. "hidden": thinking. "void": all that was shown so far was thinking; with an empty piece,
    all that was shown is said again.
    """

    def __init__(self) -> None:
        self._held = ""
        self._end: re.Pattern[str] | None = None
        self._gives_back = False
        self._answering = False
        self._harmony = False
        self._over = False
        self._thought = False
        self._shown: list[str] = []
        self._unwrapper = Unwrapper()
        #: Thinking came beside the text.
        self.heard = False

    def feed(self, text: str) -> Iterator[tuple[Kind, str]]:
        """Take the next piece of text."""
        yield from self._unwrapped(self._feed(text))

    def finish(self) -> Iterator[tuple[Kind, str]]:
        """Give back what was held until it was clear what it is."""
        yield from self._unwrapped(self._finish())
        yield from self._unwrapper.finish(thought=self._thought or self.heard)

    def _unwrapped(self, parts: Iterator[tuple[Kind, str]]) -> Iterator[tuple[Kind, str]]:
        for kind, piece in parts:
            if kind == "shown":
                yield from self._unwrapper.feed(piece, thought=self._thought or self.heard)
                continue
            if kind == "void":
                self._unwrapper = Unwrapper()
            yield kind, piece

    def _feed(self, text: str) -> Iterator[tuple[Kind, str]]:
        self._held += text
        while self._held:
            before = (self._held, self._end)
            if self._end is not None:
                yield from self._inside(self._end)
            elif self._answering:
                yield from self._answer(last=False)
                return
            elif not self._begin(last=False):
                return
            if (self._held, self._end) == before and not self._answering:
                return

    def _finish(self) -> Iterator[tuple[Kind, str]]:
        if self._end is None and not self._answering and self._held:
            self._begin(last=True)
        held, self._held = self._held, ""
        if not held:
            return
        if self._end is not None:
            yield "shown" if self._gives_back else "hidden", held
        else:
            self._held = held
            self._answering = True
            yield from self._answer(last=True)

    def _begin(self, *, last: bool) -> bool:
        """Find out whether thinking begins here; return whether that is clear."""
        bare = self._held.lstrip()
        if not bare:
            # White space before the answer is the answer's, between thinking and answer it is nobody's.
            if self._thought:
                self._held = ""
            return False
        for mark, end in _PAIRS.items():
            if bare.startswith(mark):
                self._think(bare.removeprefix(mark), re.compile(re.escape(end)))
                return True
        if bare.startswith(_HARMONY):
            self._harmony = True
            self._think(bare, _FINAL)
            return True
        if _BARE.match(bare):
            self._gives_back = True
            self._think(bare, _BARE_FINAL)
            return True
        if not last and (any(mark.startswith(bare) for mark in _STARTS) or bare == "analysis"):
            return False
        if self._thought:
            self._held = bare
        self._answering = True
        return True

    def _think(self, rest: str, end: re.Pattern[str]) -> None:
        self._held, self._end, self._thought = rest, end, True

    def _inside(self, end: re.Pattern[str]) -> Iterator[tuple[Kind, str]]:
        found = end.search(self._held)
        if found is not None:
            hidden, self._held, self._end = self._held[: found.end()], self._held[found.end() :], None
            self._gives_back = False
        elif self._gives_back:
            # Perhaps no thinking at all: it is kept whole until its end comes.
            return
        else:
            hidden, self._held = self._held[:-_LONGEST], self._held[-_LONGEST:]
        if hidden:
            yield "hidden", hidden

    def _answer(self, *, last: bool) -> Iterator[tuple[Kind, str]]:
        text = self._held
        if self._over:
            self._held = ""
            return
        if self._harmony:
            ends = [at for at in (text.find(mark) for mark in _HARMONY_ENDS) if at >= 0]
            if ends:
                text, self._held, self._over = text[: min(ends)], "", True
                if text:
                    yield "shown", text
                return
        elif not self._thought:
            found = _ALONE.search(text)
            # At the end of a piece nobody knows yet what follows.
            if found is not None and (last or found.end() < len(text)) and not self._mentioned(text[: found.start()]):
                self._thought, self._answering = True, False
                self._shown.clear()
                yield "void", text[: found.end()]
                self._held = text[found.end() :].lstrip()
                if last:
                    self._answering = True
                    if self._held:
                        yield "shown", self._held
                    self._held = ""
                else:
                    yield from self._feed("")
                return
        keep = 0 if last else self._unclear(text)
        self._held = text[len(text) - keep :] if keep else ""
        text = text[: len(text) - keep] if keep else text
        if text:
            if not self._thought:
                self._shown.append(text)
            yield "shown", text

    def _mentioned(self, before: str) -> bool:
        """Return whether the answer itself speaks of the marks, so that a closing one closes nothing."""
        shown = "".join([*self._shown, before])
        return any(mark in shown for mark in _PAIRS)

    def _unclear(self, text: str) -> int:
        """Return how many characters at the end of ``text`` may be the beginning of a mark, or one with an open end."""
        marks = _HARMONY_ENDS if self._harmony else () if self._thought else _LONE_MARKS
        if not self._harmony and not self._thought:
            found = _PENDING.search(text)
            if found is not None:
                return len(text) - found.start()
        for size in range(min(len(text), max(map(len, marks), default=1) - 1), 0, -1):
            if any(mark.startswith(text[-size:]) for mark in marks):
                return size
        return 0


def without_thinking(text: str) -> str:
    """Return a whole answer without the thinking before it."""
    parts = ThoughtFilter()
    kept: list[str] = []
    for kind, piece in (*parts.feed(text), *parts.finish()):
        if kind == "void":
            kept.clear()
        elif kind == "shown":
            kept.append(piece)
    return "".join(kept)
