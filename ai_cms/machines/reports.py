"""Figures of bots for people."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import QuerySet, Sum
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from ai_cms.llm.reports.charts import bar_chart

from .models import BotDay, BotKind

__all__ = ["DAYS", "traffic_report"]

DAYS = 31
TOP = 12


def traffic_report(rows: QuerySet[BotDay]) -> dict[str, Any]:
    """Return what came in the last days among ``rows``: totals by kind, a chart by day, the bots that came most."""
    since = timezone.localdate() - timedelta(days=DAYS - 1)
    recent: QuerySet[Any] = rows.filter(day__gte=since).order_by()
    sums = {name: Sum(name) for name in ("requests", "markdown", "refused")}
    by_kind = {row["kind"]: row for row in recent.values("kind").annotate(**sums)}
    by_day = {row["day"]: row["requests"] for row in recent.values("day").annotate(requests=Sum("requests"))}
    days = [since + timedelta(days=number) for number in range(DAYS)]
    bots = recent.values("bot", "kind").annotate(**sums).order_by("-requests", "bot")[:TOP]
    labels = dict(BotKind.choices)
    return {
        "total": sum(row["requests"] for row in by_kind.values()),
        "kinds": [
            {"label": label, "requests": by_kind[kind]["requests"] if kind in by_kind else 0}
            for kind, label in BotKind.choices
        ],
        "chart": bar_chart(
            [(date_format(day, "SHORT_DATE_FORMAT"), by_day.get(day, 0), str(by_day.get(day, 0))) for day in days]
        ),
        "bots": [
            {**row, "bot": row["bot"] or _("not named"), "label": labels.get(row["kind"], row["kind"])} for row in bots
        ],
    }
