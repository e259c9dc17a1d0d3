"""Accessibility by axe-core, which `make axe` installs beside the packages of the project's virtualenv."""

from __future__ import annotations

import sys
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

__all__ = ["check"]

#: Of this virtualenv, or of the project's own where tox has made another.
PLACES = (Path(sys.prefix), Path(__file__).resolve().parents[1] / ".venv")
RUN = """async (rules) => {
  const only = rules.length ? { type: "rule", values: rules }
    : { type: "tag", values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] };
  const { violations } = await axe.run(document, { runOnly: only, iframes: false, resultTypes: ["violations"] });
  return violations.flatMap((found) => found.nodes.map((node) => `${found.impact} ${found.id}: ${node.target} ${node.html.slice(0, 160)}`));
}"""


@lru_cache(maxsize=1)
def _source() -> str:
    for place in PLACES:
        script = place / "axe" / "node_modules" / "axe-core" / "axe.min.js"
        if script.exists():
            return script.read_text("utf-8")
    pytest.skip("axe-core is not installed: make axe")


def check(page: Any, *rules: str) -> list[str]:
    """Return what is wrong on a Playwright page by WCAG 2.2 AA, frames apart; ``rules``: only these.

    The script is evaluated, not added to the page: that a content security policy does not forbid. A page that is still
    arriving is waited for, since half of one has no heading and no landmark.
    """
    page.wait_for_load_state("load")
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(_source())
    found: list[str] = page.evaluate(RUN, list(rules))
    return found
