from __future__ import annotations

from typing import Any

import pytest

from ai_cms.core import deprecation
from ai_cms.core.deprecation import (
    RemovedInAiCms03Warning,
    RemovedInAiCms04Warning,
    RemovedInNextVersionWarning,
    moved_names,
    warn_renamed_argument,
)


def test_moved_names_go_on_working() -> None:
    get = moved_names("ai_cms.old", {"make": "ai_cms.core.slugs.make_slug"})
    with pytest.warns(RemovedInAiCms03Warning, match=r"ai_cms\.old\.make has moved to ai_cms\.core\.slugs\.make_slug"):
        assert get("make")("A b") == "a-b"
    with pytest.raises(AttributeError, match=r"module 'ai_cms\.old' has no attribute 'other'"):
        get("other")


def test_the_warning_can_be_the_later_one() -> None:
    get = moved_names("ai_cms.old", {"make": "ai_cms.core.slugs.make_slug"}, category=RemovedInAiCms04Warning)
    with pytest.warns(RemovedInAiCms04Warning):
        get("make")


def test_renamed_arguments() -> None:
    def function(**kwargs: Any) -> None:
        if "old" in kwargs:
            warn_renamed_argument("old", "new")

    with pytest.warns(RemovedInAiCms03Warning, match="the argument 'old' is called 'new' now") as caught:
        function(old=1)
    assert caught[0].filename == __file__


def test_the_kinds_of_warnings() -> None:
    assert issubclass(RemovedInAiCms03Warning, DeprecationWarning)
    assert issubclass(RemovedInAiCms04Warning, PendingDeprecationWarning)
    assert RemovedInNextVersionWarning is deprecation.RemovedInAiCms03Warning
