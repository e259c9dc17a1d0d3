"""Measure what a search for passages takes, by words and by meaning, and print one JSON object.

    python -m benchmarks.retrieval --passages 10000 --database sqlite

The model is in the process, so that what is left is our own work. ``meaning_*``: the exact comparison with every stored vector of
384 numbers, with numpy where it is installed and by the standard library; what the gateway does for the question's own is in it.
``publish_cpu_ms``: what cutting a page of 20 passages adds to publishing it.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import time
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

from .databases import fresh_database

DIMENSIONS = 384
PER_PAGE = 20
#: Milliseconds with 10,000 passages, for a machine of the kind the project is tested on.
GOALS = {"words_cpu_ms": 60.0, "meaning_cpu_ms": 250.0, "meaning_without_numpy_cpu_ms": 1_000.0, "publish_cpu_ms": 20.0}


def median(work: Callable[[], object], times: int) -> float:
    """Return the median milliseconds of CPU of ``work``, in this process."""
    took = []
    for _ in range(times):
        started = time.process_time()
        work()
        took.append((time.process_time() - started) * 1000)
    return round(statistics.median(took), 2)


def page(rng: random.Random, words: list[str]) -> list[dict[str, Any]]:
    """Return a document of headings, each with a text below it."""
    blocks: list[dict[str, Any]] = []
    for number in range(PER_PAGE):
        text = " ".join(rng.choices(words, k=60))
        blocks.append(
            {"id": f"h{number}", "type": "heading", "props": {"text": " ".join(rng.choices(words, k=3)), "level": 2}}
        )
        blocks.append({"id": f"t{number}", "type": "rich_text", "props": {"html": f"<p>{text}.</p>"}})
    return blocks


def measure(passages: int, times: int) -> dict[str, Any]:
    """Return all metrics; Django is set up and its database fresh."""
    from django.conf import settings
    from django.contrib.auth import get_user_model

    from ai_cms.core.permissions import Actor
    from ai_cms.pages import services
    from ai_cms.pages.models import Publication
    from ai_cms.pages.services.branches import PageSpec
    from ai_cms.retrieval import finding
    from ai_cms.retrieval.models import Passage
    from ai_cms.retrieval.search import numbers
    from ai_cms.retrieval.services.embedding import embed_missing
    from ai_cms.retrieval.services.indexing import index_publications

    rng = random.Random(2611)
    words = ["".join(rng.choices("abcdefghiklmnoprstuvw", k=rng.randint(4, 9))) for _ in range(4_000)]
    system = Actor.system("benchmark")
    site = services.create_site(hostname="localhost", title="Benchmark")
    specs = [PageSpec(title=f"Page {n}", content=page(rng, words), publish=True) for n in range(passages // PER_PAGE)]
    started = time.perf_counter()
    services.bulk_create_pages(specs, parent=site.root, actor=system)
    metrics: dict[str, Any] = {"import_s": round(time.perf_counter() - started, 2), "passages": Passage.objects.count()}
    user = get_user_model().objects.create_superuser("bench", "bench@example.com", None)
    queries = [" ".join(rng.choices(words, k=3)) for _ in range(20)]

    def search() -> None:
        finding.find_passages(rng.choice(queries), actor=user, site=site)

    key = Publication.objects.get(title="Page 0").pk

    def cut() -> None:
        Passage.objects.filter(publication_id=key).delete()
        index_publications([key])

    metrics["publish_cpu_ms"] = median(cut, times)
    metrics["words_cpu_ms"] = median(lambda: finding.find_passages(rng.choice(queries), actor=None, site=site), times)
    settings.AI_CMS = {**settings.AI_CMS, "RETRIEVAL_ALIAS": "default"}
    started = time.perf_counter()
    metrics["vectors"], _left = embed_missing(actor=system)
    metrics["embed_s"] = round(time.perf_counter() - started, 2)
    with_numpy = find_spec("numpy") is not None
    search()
    if with_numpy:
        metrics["meaning_cpu_ms"] = median(search, times)
    found = numbers.find_spec
    numbers.find_spec = lambda name: None  # type: ignore[assignment]
    metrics["meaning_without_numpy_cpu_ms"] = median(search, max(times // 3, 3))
    numbers.find_spec = found
    return metrics


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=("postgres", "sqlite"), default="sqlite")
    parser.add_argument("--passages", type=int, default=10_000)
    parser.add_argument("--times", type=int, default=15)
    options = parser.parse_args()
    os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.settings"
    with fresh_database(options.database):
        from django.conf import settings

        settings.INSTALLED_APPS = [*settings.INSTALLED_APPS, "ai_cms.retrieval"]
        testing = {"BACKEND": "ai_cms.llm.backends.testing.TestingBackend", "MODEL": "scripted"}
        settings.AI_CMS = {
            "LLM": {"default": {**testing, "OPTIONS": {"dimensions": DIMENSIONS}}},
            "LLM_ALLOWANCES": {"free": {"text": 10**6, "image": 0}},
            "RETRIEVAL_BATCH": 500,
            "RETRIEVAL_MIN_SIMILARITY": -1,
        }
        import django

        django.setup()
        from django.core.management import call_command
        from django.db import connections

        call_command("migrate", verbosity=0)
        metrics = measure(options.passages, options.times)
        connections.close_all()
    held = {name: metrics[name] <= goal for name, goal in GOALS.items() if name in metrics}
    print(json.dumps({"database": options.database, "metrics": metrics, "goals": GOALS, "held": held}, indent=2))


if __name__ == "__main__":
    main()
