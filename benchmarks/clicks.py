"""Count what everyday jobs take in the studio's editor: clicks, keys that are commands, characters.

``python -m benchmarks.clicks``; needs Playwright and the machine's Chromium. The jobs are those of
``tests/studio/editor/counting.py``, done by mouse in a window of 1,440 by 900 pixels under a strict policy. Prints JSON;
``other_ways`` is what the form of the admin and Wagtail 8 took for the same jobs before this editor was built, and is not
counted here.
"""

from __future__ import annotations

import json

from benchmarks.studio_server import chromium_path, served

#: Clicks with the form of the admin, and with Wagtail 8; None is what could not be done.
OTHER_WAYS: dict[str, dict[str, int | None]] = {
    "write and publish ten blocks": {"form": 57, "wagtail": 44},
    "insert at position 2": {"form": 11, "wagtail": 2},
    "duplicate": {"form": None, "wagtail": 1},
    "a table of 2 by 2": {"form": 9, "wagtail": 5},
    "preview": {"form": 1, "wagtail": 1},
}


def main() -> None:
    with served() as bench:
        from django.conf import settings
        from playwright.sync_api import sync_playwright

        from tests.pages.browser.conftest import ARGUMENTS, Watched
        from tests.studio.editor.counting import GOALS, JOBS, count
        from tests.studio.editor.driving import Editing, block

        settings.MIDDLEWARE = ["tests.pages.browser.conftest.StrictPolicy", *settings.MIDDLEWARE]
        found = {}
        with sync_playwright() as session:
            browser = session.chromium.launch(executable_path=chromium_path(), args=ARGUMENTS)
            for job in JOBS:
                blocks = [block(f"b{n}", "rich_text", html=f"<p>Text {n}.</p>") for n in range(2)]
                page = bench.page(job, [] if job.startswith("write") else blocks)
                watched = Watched(browser, bench.base, bench.user, viewport={"width": 1440, "height": 900})
                editing = Editing(watched, page, bench.user)
                editing.open()
                figures = count(job, editing)
                found[job] = {
                    **figures,
                    "goal": GOALS[job],
                    "other_ways": OTHER_WAYS[job],
                    "problems": editing.problems,
                }
                watched.page.context.close()
            browser.close()
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
