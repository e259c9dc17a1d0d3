"""What every page of the admin must be, looked at in a browser: named, in sight, without barriers, in each light and width."""

from __future__ import annotations

from typing import Any

from tests import axe

__all__ = ["DOUBLE_IDS", "NAMELESS", "look_at"]

#: What has a role that people act on and no name that is read out to them.
NAMELESS = """() => [...document.querySelectorAll('#content-start a[href], #content-start button, ' +
  '#content-start input:not([type=hidden]), #content-start select, #content-start textarea, #content-start iframe')]
  .filter((node) => node.checkVisibility({ visibilityProperty: true }))
  .filter((node) => !((node.getAttribute('aria-label') || node.title || '').trim()
    || [...(node.labels || [])].some((label) => label.textContent.trim() || label.querySelector('img[alt]'))
    || (node.type === 'submit' && node.value)
    || (/^(A|BUTTON)$/.test(node.tagName) && node.textContent.trim()) || node.getAttribute('aria-labelledby')))
  .map((node) => node.outerHTML.slice(0, 160))"""
DOUBLE_IDS = """() => { const seen = new Set(); const twice = [];
  for (const node of document.querySelectorAll('[id]')) { if (seen.has(node.id)) twice.push(node.id); seen.add(node.id); }
  return twice; }"""
# Buttons of the tree beyond its edge, where nothing can be seen or scrolled to.
CUT_OFF = """() => [...document.querySelectorAll(".aicms-tree button, .aicms-tree a")].filter((item) => {
    const [mine, tree] = [item, item.closest(".aicms-tree")].map((it) => it.getBoundingClientRect());
    return mine.width && (mine.right > tree.right || mine.left < tree.left);
}).map((item) => item.outerHTML)"""
SMALL = """() => [...document.querySelectorAll('#content-main button, #content-main .aicms-tool, #content-main .aicms-button')]
  .filter((node) => node.checkVisibility()).map((node) => [node.getBoundingClientRect(), node.outerHTML.slice(0, 120)])
  .filter(([box]) => box.width < 24 || box.height < 24).map(([, html]) => html)"""
HEADINGS = "() => document.querySelectorAll('h1').length - document.querySelectorAll('#branding h1').length"
#: Of Django's own templates: the search of a list is named by a picture with an alternative text.
DJANGO = ("label-title-only: #searchbar",)
WIDTHS = (1440, 1100, 1024, 390, 360)


def look_at(page: Any, path: str) -> list[str]:
    """Return what is wrong with the page that is open, in each light and width, without loading it again."""
    found = [f"no name: {item}" for item in page.evaluate(NAMELESS)]
    found += [f"twice: {item}" for item in page.evaluate(DOUBLE_IDS)]
    headings = page.evaluate(HEADINGS)
    found += [] if headings == 1 else [f"{headings} headings of the first level"]
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 740})
        found += [f"cut off at {width}: {item}" for item in page.evaluate(CUT_OFF)]
        found += [f"too small at {width}: {item}" for item in page.evaluate(SMALL)]
        shown = page.evaluate("document.documentElement.scrollWidth")
        found += [f"{shown} pixels wide at {width}"] if shown > width else []
        if width in (1440, 390):
            _light(page, "light")
            found += [f"{width}: {item}" for item in axe.check(page)]
            # Colours alone differ in the dark.
            _light(page, "dark")
            found += [f"{width}, dark: {item}" for item in axe.check(page, "color-contrast")]
    _light(page, "light")
    page.set_viewport_size({"width": 1440, "height": 900})
    return [f"{path}: {item}" for item in found if not any(known in item for known in DJANGO)]


def _light(page: Any, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)
    # Colours that fade from one to the other would be measured on their way.
    page.evaluate("document.getAnimations().forEach((fading) => fading.finish())")
