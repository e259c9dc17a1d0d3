"""How names and arguments leave the public interface: a warning for two minor versions, then they are gone."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

__all__ = [
    "RemovedInAiCms03Warning",
    "RemovedInAiCms04Warning",
    "RemovedInNextVersionWarning",
    "moved_names",
    "warn_renamed_argument",
]


class RemovedInAiCms03Warning(DeprecationWarning):
    """What warns with it is gone in ai_cms 0.3."""


class RemovedInAiCms04Warning(PendingDeprecationWarning):
    """What warns with it is gone in ai_cms 0.4."""


#: The nearer of the two.
RemovedInNextVersionWarning = RemovedInAiCms03Warning


def moved_names(
    module: str, names: Mapping[str, str], *, category: type[Warning] = RemovedInNextVersionWarning
) -> Callable[[str], Any]:
    """Return a ``__getattr__`` for ``module`` under which old names go on working, with a warning.

    ``names``: old name to the new dotted path. Used as::

        __getattr__ = moved_names(__name__, {"old_name": "ai_cms.core.elsewhere.new_name"})
    """

    def get(name: str) -> Any:
        target = names.get(name)
        if target is None:
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        warnings.warn(f"{module}.{name} has moved to {target}.", category, stacklevel=2)
        path, _dot, attribute = target.rpartition(".")
        return getattr(import_module(path), attribute)

    return get


def warn_renamed_argument(old: str, new: str, *, category: type[Warning] = RemovedInNextVersionWarning) -> None:
    """Warn the caller of the calling function that its argument ``old`` is called ``new`` now."""
    function = sys._getframe(1).f_code.co_qualname
    warnings.warn(f"{function}(): the argument {old!r} is called {new!r} now.", category, stacklevel=3)
