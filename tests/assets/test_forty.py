"""A page with forty pictures: one query, no storage, the right sizes, few bytes, and nothing that moves."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import override_settings
from PIL import Image, ImageFilter

from ai_cms.core.permissions import Actor
from ai_cms.pages import services
from tests.pages.browser.conftest import Watched, chromium, watch

from .conftest import uploaded
from .pictures import encoded
from .test_pages import silent_storage

__all__ = ["chromium", "silent_storage", "watch"]

pytestmark = [pytest.mark.worker, pytest.mark.browser, pytest.mark.stress, pytest.mark.django_db(transaction=True)]

#: The whole of what moved, as browsers count it (https://web.dev/articles/cls); shifts within half a second of a key or click
#: are the user's own, and there are none here.
SHIFTS = """() => new Promise((resolve) => {
  let total = 0;
  new PerformanceObserver((list) => { for (const entry of list.getEntries()) total += entry.value; })
    .observe({ type: "layout-shift", buffered: true });
  setTimeout(() => resolve(total), 200);
})"""
#: With widths in ``srcset`` a picture's natural width is the one that ``sizes`` gave its place.
PLACES = """() => [...document.querySelectorAll("main img")].map((image) => ({
  place: image.naturalWidth, width: image.getBoundingClientRect().width, source: image.currentSrc, set: image.srcset }))"""


def photographs(count: int, width: int = 2400, height: int = 1600) -> list[bytes]:
    """Return pictures with the detail and the grain of photographs; no two are alike."""
    coarse = Image.merge("RGB", [Image.effect_noise((60, 40), 90 + 10 * band) for band in range(3)])
    ground = coarse.resize((width + count, height + count), Image.Resampling.BICUBIC)
    grain = Image.effect_noise((width + count, height + count), 24).filter(ImageFilter.GaussianBlur(0.7)).convert("RGB")
    whole = Image.blend(ground, grain, 0.25)
    return [
        encoded(whole.crop((number, number, number + width, number + height)), "JPEG", quality=88)
        for number in range(count)
    ]


def test_forty_pictures_load_fast_and_keep_their_places(
    media: Path, live_server: Any, superuser: Any, watch: Callable[..., Watched], client: Any, silent_storage: Any,
    django_assert_num_queries: Any,
) -> None:  # fmt: skip
    originals = photographs(40)
    assets = [uploaded(superuser, data, f"loaf-{number}.jpg") for number, data in enumerate(originals)]
    assert len({asset.sha256 for asset in assets}) == 40
    site = services.create_site(hostname="testserver", name="Test site", title="Home")
    images = [{"src": asset.reference, "alt": f"Loaf {number}"} for number, asset in enumerate(assets)]
    content = [
        *({"type": "image", "props": {**image, "caption": "A loaf"}} for image in images[:24]),
        {"type": "gallery", "props": {"images": images[24:]}},
    ]
    made = services.create_page(title="Bread", parent=site.root, actor=Actor.system("tests"), content=content)
    services.publish_page(made, actor=Actor.system("tests"))
    client.get(made.path)
    silent_storage()
    with django_assert_num_queries(1):
        html = client.get(made.path).content.decode()
    tags = re.findall(r"<img [^>]*>", html)
    assert len(tags) == 40
    for tag in tags:
        assert 'width="2400" height="1600"' in tag
        assert [int(width) for width in re.findall(r" (\d+)w", tag)] == [480, 960, 1600]
    total = sum(map(len, originals))
    for width, height, density in ((390, 844, 1), (390, 844, 3), (1440, 900, 1)):
        with override_settings(MEDIA_ROOT=str(media / "public")):
            watched = watch(superuser, viewport={"width": width, "height": height}, device_scale_factor=density)
            page, loaded = watched.page, dict[str, int]()

            def note(answer: Any, loaded: dict[str, int] = loaded) -> None:
                if "/media/" in answer.url and answer.ok:
                    loaded[answer.url] = len(answer.body())

            page.on("response", note)
            watched.visit(made.path)
            # As somebody reads: a screen at a time, each picture loaded before the next is looked for.
            for picture in page.locator("main img").all():
                picture.scroll_into_view_if_needed()
                page.wait_for_function(
                    "(image) => image.complete && image.naturalWidth > 0", arg=picture.element_handle()
                )
            shifted = page.evaluate(SHIFTS)
            places = page.evaluate(PLACES)
            page.context.close()
        share = sum(loaded.values()) / total
        print(f"{width} px x {density}: {share:.1%} of {total} bytes, shifted {shifted}")
        assert shifted <= 0.01
        assert len(loaded) == len(places) == 40
        for found in places:
            # What ``sizes`` promised is what the layout gives, so that the browser's choice is the right one.
            assert found["place"] == pytest.approx(found["width"], abs=1), (width, density)
            offered = {int(wide): address for address, wide in re.findall(r"(\S+) (\d+)w", found["set"])}
            chosen = next(wide for wide, address in offered.items() if found["source"].endswith(address))
            needed = found["place"] * density
            assert chosen == min((wide for wide in offered if wide >= needed), default=1600), (needed, offered)
        if width == 390:
            assert share <= 0.4
        assert watched.problems == []
