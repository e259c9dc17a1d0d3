"""What an import and an export hold in memory follows the batch, not the number of pages."""

from __future__ import annotations

import gc
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ai_cms.pages.models import Site
from ai_cms.retrieval.services import indexing
from ai_cms.transfer import plan, records
from ai_cms.transfer.sites import exporting, importing
from ai_cms.transfer.sites.exporting import export_site
from ai_cms.transfer.sites.importing import import_site

from .conftest import run
from .wxr_maker import many_items, write_wxr

# Far apart: when the collector comes by, a peak is 200 kB lower or higher.
SMALL, LARGE = 15, 105
SIZE = 10_000
#: Bytes that a page more may take: its place in the tree, its address, its line in the report; not its document.
A_PAGE = 8_000


def peak_of(work: Callable[[], Any]) -> int:
    """Return the bytes that ``work`` had at once at most, beside what was there before."""
    gc.collect()
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.stress
def test_memory_follows_the_batch(root: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for module in (plan, exporting, importing):
        monkeypatch.setattr(module, "CHUNK", 5)
    # What listens to an import has a batch too.
    monkeypatch.setattr(indexing, "_BATCH", 5)
    peaks: dict[str, list[int]] = {"import_wordpress": [], "export_site": [], "import_site": []}
    # The first run is not measured: it loads modules and fills caches.
    for number, count in enumerate((5, SMALL, LARGE)):
        path = write_wxr(
            tmp_path / f"export{number}.xml", many_items(count, size=SIZE), site=f"https://{number}.example"
        )
        folder = tmp_path / f"site{number}"
        peaks["import_wordpress"].append(peak_of(lambda path=path: run("import_wordpress", path)))
        site = Site.objects.get(pk=root.site_id)
        peaks["export_site"].append(peak_of(lambda folder=folder, site=site: export_site(site, folder)))
        again = f"again{number}.example"
        peaks["import_site"].append(peak_of(lambda folder=folder, name=again: import_site(folder, hostname=name)))
    growth = {name: (large - small) / (LARGE - SMALL) for name, (_first, small, large) in peaks.items()}
    assert all(bytes_a_page < A_PAGE for bytes_a_page in growth.values()), (growth, peaks)


@pytest.mark.stress
def test_many_posts_take_linear_time_and_a_batch_of_memory(
    root: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    # A batch is full in each of the files; else its filling counts as growth.
    monkeypatch.setattr(plan, "CHUNK", 25)
    monkeypatch.setattr(records, "_BATCH", 25)
    monkeypatch.setattr(indexing, "_BATCH", 25)
    peaks, seconds = [], []
    for number, count in enumerate((50, 100, 400)):
        path = write_wxr(tmp_path / f"{number}.xml", many_items(count, size=4_000), site=f"https://{number}.example")
        start = time.process_time()
        peaks.append(
            peak_of(lambda path=path, number=number: run("import_wordpress", path, posts_under=f"blog-{number}"))
        )
        seconds.append(time.process_time() - start)
    assert (peaks[2] - peaks[1]) / 300 < A_PAGE, peaks
    # Four times the posts; the rest is room for a busy machine.
    assert seconds[2] / seconds[1] < 6, seconds
