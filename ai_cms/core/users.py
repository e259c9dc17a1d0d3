"""What apps know about users, whichever model they are: shown with a user where one is shown to itself or to staff."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .registry import Registry

__all__ = ["user_facts"]

#: Name of a fact to a function of the user that returns a JSON value; it may ask the database once.
user_facts: Registry[Callable[[Any], Any]] = Registry("user fact")
