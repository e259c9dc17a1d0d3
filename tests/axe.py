"""Accessibility by axe-core, which `make axe` installs beside the virtualenv's packages."""

from __future__ import annotations

import sys
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

__all__ = ["check"]

AXE = Path(sys.prefix) / "axe" / "node_modules" / "axe-core" / "axe.min.js"
RUN = """async (rules) => {
  const only = rules.length ? { type: "rule", values: rules }
    : { type: "tag", values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] };
  const { violations } = await axe.run(document, { runOnly: only, iframes: false, resultTypes: ["violations"] });
  return violations.flatMap((found) => found.nodes.map((node) => `${found.impact} ${found.id}: ${node.target} ${node.html.slice(0, 160)}`));
}"""


@lru_cache(maxsize=1)
def _source() -> str:
    if not AXE.exists():
        pytest.skip("axe-core is not installed: make axe")
    return AXE.read_text("utf-8")


def check(page: Any, *rules: str) -> list[str]:
    """Return what is wrong on a Playwright page by WCAG 2.2 AA, frames apart; ``rules``: only these.

    The script is evaluated, not added to the page: that a content security policy does not forbid.
    """
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(_source())
    found: list[str] = page.evaluate(RUN, list(rules))
    return found
