"""What calls cost, by day, user, task and model."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.auth import get_user_model
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ..models import AILog
from ..querysets import AILogQuerySet
from .charts import bar_chart

__all__ = ["usage_report"]

DAYS = 31
TOP = 8


def usage_report(
    logs: AILogQuerySet[AILog], *, by_agent: Callable[[list[str]], dict[str, str]] | None = None
) -> dict[str, Any]:
    """Return totals, a chart of the last days that had calls, and the dearest users, tasks and models.

    ``by_agent``: returns what agents are called by their keys; with it the dearest agents are told too.
    """
    days = logs.totals_by_day()[-DAYS:]
    priced = any(day["cost_micro"] for day in days)
    field = "cost_micro" if priced else "tokens"
    rows = [(date_format(day["day"], "SHORT_DATE_FORMAT"), day[field], _shown(field, day[field])) for day in days]
    users = logs.totals_by("user")[:TOP]
    names = get_user_model()._default_manager.in_bulk([row["user"] for row in users if row["user"] is not None])
    totals = logs.totals()
    return {
        "totals": {**totals, "cost": _shown("cost_micro", totals["cost_micro"])},
        "unpriced": logs.filter(cost_micro__isnull=True).finished().count(),
        "chart": bar_chart(rows),
        "chart_title": _("Cost by day") if priced else _("Tokens by day"),
        "groups": [
            *([(_("By agent"), _by_agent(logs, by_agent))] if by_agent is not None else []),
            (_("By user"), [_row(str(names.get(row["user"], _("nobody"))), row) for row in users]),
            (_("By task"), [_row(row["task"] or _("none"), row) for row in logs.totals_by("task")[:TOP]]),
            (
                _("By model"),
                [_row(row["model_answered"] or _("none"), row) for row in logs.totals_by("model_answered")[:TOP]],
            ),
        ],
    }


def _by_agent(logs: AILogQuerySet[AILog], names_of: Callable[[list[str]], dict[str, str]]) -> list[dict[str, Any]]:
    rows = logs.totals_by("agent")[:TOP]
    names = names_of([row["agent"] for row in rows])
    return [_row(names.get(row["agent"], _("deleted agent")), row) for row in rows]


def _row(label: str, sums: dict[str, Any]) -> dict[str, Any]:
    return {
        "label": label,
        "calls": sums["calls"],
        "tokens": sums["tokens"],
        "cost": _shown("cost_micro", sums["cost_micro"]),
    }


def _shown(field: str, value: int) -> str:
    if field == "cost_micro":
        return f"$ {value / 1_000_000:,.4f}"
    return ngettext("%(n)s token", "%(n)s tokens", value) % {"n": f"{value:,}"}
