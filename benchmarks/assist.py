"""Measure what a writing task costs beside the provider's time, and print one JSON object.

    python -m benchmarks.assist

``page_draft_*``: a draft of 30 blocks from the request to the stored proposal, with a model that answers at once: what is left
is our own work. ``stream_*``: what a piece of a streamed draft costs before its client sees it, with everything that is done
for it: counting, reading half a document, validating blocks, numbering events.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import time
from collections.abc import Callable
from typing import Any

from .databases import fresh_database

BLOCKS = 30
#: Milliseconds, for the machine that the goals were set on.
GOALS = {"page_draft_cpu_ms": 50.0, "stream_added_per_chunk_ms": 2.0}

#: What 1,000 blocks took to load, check and dump there.
YARDSTICK_MS = 4.4


def draft(blocks: int = BLOCKS) -> str:
    """Return a model's answer: headings, texts, lists and quotes in turn."""
    made: list[dict[str, Any]] = []
    for number in range(blocks):
        text = f"Part {number}: bread needs time, and so do those who bake it. " * 3
        made.append(
            [
                {"type": "heading", "props": {"text": f"Part {number}", "level": 2}},
                {
                    "type": "rich_text",
                    "props": {"html": f"<p>{text}</p><p>See <a href='/bread/'>bread</a> <em>now</em>.</p>"},
                },
                {"type": "list", "props": {"style": "ul", "items": [f"Point {n} of {number}" for n in range(5)]}},
                {"type": "quote", "props": {"text": text[:150], "attribution": "A baker"}},
            ][number % 4]
        )
    return json.dumps({"title": "Bread", "seo_description": "How bread is made.", "blocks": made})


def measured(work: Any, times: int) -> tuple[float, float]:
    """Return the median milliseconds of ``work``: of CPU, and by the clock."""
    cpu, clock = [], []
    for _ in range(times):
        before, started = time.process_time(), time.perf_counter()
        work()
        cpu.append((time.process_time() - before) * 1000)
        clock.append((time.perf_counter() - started) * 1000)
    return round(statistics.median(cpu), 2), round(statistics.median(clock), 2)


def thousand_blocks() -> Callable[[], None]:
    """Return what loads, checks and dumps 1,000 blocks, by which machines are compared."""
    from ai_cms.blocks.documents.document import Document
    from ai_cms.blocks.documents.prepare import prepare_document

    from . import workload

    text = prepare_document(workload.block_value(1000)).dumps()

    def work() -> None:
        document = Document.loads(text)
        document.validate(strict=True)
        document.dumps()

    work()
    return work


class Bench:
    """A page, a user with credits, and a model that answers from a script."""

    def __init__(self, times: int) -> None:
        from django.contrib.auth import get_user_model

        from ai_cms.core.permissions import Actor
        from ai_cms.llm.handler import llms
        from ai_cms.pages import services

        self.times = times
        self.user = get_user_model().objects.create_superuser("bench", "bench@example.com", None)
        site = services.create_site(hostname="localhost", title="Benchmark")
        self.page = services.create_page(actor=Actor.system("benchmark"), parent=site.root, title="Bread")
        self.backend: Any = llms["default"]
        self.answer = draft()
        self.pieces: list[str] = []
        self.metrics: dict[str, Any] = {"page_draft_blocks": BLOCKS}

    def model_alone(self) -> None:
        """What the scripted model itself takes, to be taken off."""
        from ai_cms.llm.messages import LLMRequest, Message, TextDelta

        self.backend.script(self.answer)
        self.pieces = [
            event.text for event in self.backend.stream(LLMRequest([Message.user("x")])) if isinstance(event, TextDelta)
        ]

    def page_draft(self) -> None:
        from ai_cms.assist.services import generate_text

        def work() -> None:
            self.backend.script(self.answer)
            outcome = generate_text("page_draft", {"brief": "Bread"}, actor=self.user, page=self.page)
            assert outcome.proposal is not None
            assert len(outcome.proposal.operations) == BLOCKS

        work()
        own, _clock = measured(self.model_alone, self.times)
        yardstick = thousand_blocks()
        # In turn: what else the machine does meanwhile slows both alike.
        turns = [(measured(yardstick, 3)[0], *measured(work, 1)) for _ in range(self.times)]
        yards, cpus, clocks = zip(*turns, strict=True)
        # How much slower than that machine this one is, now; a faster one has no easier goals.
        self.metrics["machine"] = round(max(statistics.median(yards) / YARDSTICK_MS, 1.0), 2)
        self.metrics["page_draft_cpu_ms"] = round(statistics.median(cpus) - own, 2)
        self.metrics["page_draft_yardsticks"] = round(
            statistics.median((cpu - own) / yard for yard, cpu, _clock in turns), 2
        )
        self.metrics["page_draft_ms"] = round(statistics.median(clocks), 2)

    def streaming(self) -> None:
        from ai_cms.assist.runs import HANDLER
        from ai_cms.llm.models import Run
        from ai_cms.llm.runs.services import start_run

        def work() -> None:
            self.backend.script(self.answer)
            payload = {"task": "page_draft", "payload": {"brief": "Bread"}, "page": self.page.pk}
            run = start_run(HANDLER, payload, actor=self.user)
            assert run.status == "done", run.error_detail
            assert run.events.filter(type="operation").count() == BLOCKS

        work()
        _own, alone = measured(self.model_alone, self.times)
        _cpu, clock = measured(work, self.times)
        self.metrics["stream_chunks"] = len(self.pieces)
        # The proposal at the end is measured above; the rest is shared out among the pieces.
        added = clock - alone - self.metrics["page_draft_ms"]
        self.metrics["stream_added_per_chunk_ms"] = round(max(added, 0.0) / len(self.pieces), 4)
        self.metrics["stream_all_per_chunk_ms"] = round((clock - alone) / len(self.pieces), 4)
        Run.objects.all().delete()

    def longest_chunk(self) -> None:
        """What the slowest pieces cost the reader of blocks: those that end a block."""
        from ai_cms.assist.partial import BlockReader
        from ai_cms.assist.tasks.drafts import draft_types

        took = []
        for _ in range(self.times):
            reader = BlockReader(draft_types(None), self.user)
            for piece in self.pieces:
                started = time.perf_counter()
                reader.feed(piece)
                took.append((time.perf_counter() - started) * 1000)
            assert len(reader.operations) == BLOCKS
        took.sort()
        self.metrics["stream_reader_mean_ms"] = round(statistics.mean(took), 4)
        self.metrics["stream_reader_p99_ms"] = round(took[int(len(took) * 0.99)], 3)


def measure(times: int) -> dict[str, Any]:
    """Return all metrics; Django is set up and its database fresh."""
    bench = Bench(times)
    bench.page_draft()
    bench.streaming()
    bench.longest_chunk()
    return bench.metrics


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=("postgres", "sqlite"), default="sqlite")
    parser.add_argument("--times", type=int, default=30)
    options = parser.parse_args()
    os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.settings"
    with fresh_database(options.database):
        from django.conf import settings

        settings.AI_CMS = {
            "LLM": {"default": {"BACKEND": "ai_cms.llm.backends.testing.TestingBackend", "MODEL": "scripted"}},
            "LLM_ALLOWANCES": {"free": {"text": 10**6, "image": 0}},
            "RUNNER": "inline",
        }
        import django

        django.setup()
        from django.core.management import call_command
        from django.db import connections

        call_command("migrate", verbosity=0)
        metrics = measure(options.times)
        connections.close_all()
    held = {
        # By the machine that the goals were set on, or by this one where it is faster.
        "page_draft_cpu_ms": min(metrics["page_draft_cpu_ms"], metrics["page_draft_yardsticks"] * YARDSTICK_MS)
        <= GOALS["page_draft_cpu_ms"],
        "stream_added_per_chunk_ms": metrics["stream_added_per_chunk_ms"] / metrics["machine"]
        <= GOALS["stream_added_per_chunk_ms"],
    }
    print(json.dumps({"database": options.database, "metrics": metrics, "goals": GOALS, "held": held}, indent=2))


if __name__ == "__main__":
    main()
