"""How long a text takes to read."""

from __future__ import annotations

import math
import re

__all__ = ["reading_minutes"]

#: Characters of scripts that part no words; people read about two and a half of them in the time of one word.
_UNPARTED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]")
_UNPARTED_A_WORD = 2.5


def reading_minutes(text: str, *, words_a_minute: int) -> int:
    """Return the minutes a text takes, at least 1; characters of Chinese, Japanese, Thai and the like are counted one by one."""
    unparted = len(_UNPARTED.findall(text))
    words = len(_UNPARTED.sub(" ", text).split()) + unparted / _UNPARTED_A_WORD
    return max(1, math.ceil(words / words_a_minute))
