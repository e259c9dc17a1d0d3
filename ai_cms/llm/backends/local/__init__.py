"""Answers without a model, by rules."""

from __future__ import annotations

from .backend import LocalBackend, Rule, rule, rules

__all__ = ["LocalBackend", "Rule", "rule", "rules"]
