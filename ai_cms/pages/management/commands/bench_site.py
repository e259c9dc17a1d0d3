from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ai_cms.pages.benching import BenchRefused, SiteBench
from ai_cms.pages.current_site import default_site, site_for_host
from ai_cms.pages.models import Publication


class Command(BaseCommand):
    help = (
        "Measure published pages of this site beside a bare view of the same project, in this process, and name the blocks that "
        "are slow to render. Figures are processor time without that of the database; compare those of one run."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--pages", type=int, default=20, help="how many pages, spread over the site (default: 20)")
        parser.add_argument("--rounds", type=int, default=5, help="how often each is asked for (default: 5)")
        parser.add_argument("--host", default="", help="the host name to ask for (default: that of the default site)")
        parser.add_argument("--json", action="store_true", help="print JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["pages"] < 1 or options["rounds"] < 1:
            raise CommandError("--pages, --rounds: must be above zero.")
        site = site_for_host(options["host"]) if options["host"] else default_site()
        if site is None:
            raise CommandError("There is no such site. Make one with create_site, or name its host with --host.")
        keys = list(Publication.objects.public().filter(site=site).order_by("pk").values_list("pk", flat=True))
        if not keys:
            raise CommandError("Nothing is published on this site yet.")
        step = max(len(keys) // options["pages"], 1)
        rows = Publication.objects.filter(pk__in=keys[::step][: options["pages"]]).select_related("site").order_by("pk")
        bench = SiteBench(list(rows), host=options["host"] or site.hostname, rounds=options["rounds"])
        try:
            costs, blocks = bench.costs(), bench.blocks()
        except BenchRefused as error:
            raise CommandError(f"{error} Name a host that ALLOWED_HOSTS and the site know with --host.") from error
        if options["json"]:
            found = {
                "visits": {name: asdict(cost) for name, cost in costs.items()},
                "blocks": [asdict(one) for one in blocks],
            }
            self.stdout.write(json.dumps(found, indent=2))
            return
        floor = costs["bare view"].cpu_ms or 0.001
        self.stdout.write(f"{len(bench.publications)} of {len(keys)} pages\n")
        for name, cost in costs.items():
            self.stdout.write(
                f"{name:22} {cost.cpu_ms:8.3f} ms  {cost.queries:4.0f} queries  {cost.cpu_ms / floor:6.2f} x the bare view"
            )
        if "page, out of memory" not in costs:
            self.stdout.write("Nothing came out of memory: the health check says why under fast_lane.")
        self.stdout.write("\nBlocks, the dearest first: all of a type, the dearest one, queries, its page")
        for one in blocks[:10]:
            self.stdout.write(
                f"{one.type:22} {one.cpu_ms:8.3f} ms in {one.count:4}  {one.worst_ms:8.3f} ms  {one.queries:3}  {one.page}"
            )
