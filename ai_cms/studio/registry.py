"""What apps and hosts put into the studio: rooms of the menu, panels of the first page, finders of the quick switcher.

An app registers in ``ready()``, a host in a module ``cms_studio.py`` of one of its apps::

    from ai_cms.studio.registry import Line, Panel, Waiting, panels

    def orders(request, limit):
        rows = Order.objects.filter(shipped=None)
        lines = [Line(title=order.number, url=order.get_admin_url(), action="Pack") for order in rows[:limit]]
        return Waiting(lines, rows.count(), more_url="/orders/")

    panels.register("orders", Panel(title="Orders to pack", icon="briefcase", waiting=orders, empty="Nothing to pack."))
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest
from django_stubs_ext import StrOrPromise

from ai_cms.core.permissions import Actor
from ai_cms.core.registry import Autodiscovery, Registry

__all__ = [
    "Finder",
    "Found",
    "Line",
    "Panel",
    "Room",
    "Waiting",
    "discover",
    "finders",
    "panels",
    "rooms",
]


def _everybody(_actor: Actor) -> bool:
    return True


@dataclass(frozen=True)
class Line:
    """One thing that waits. ``url``: where the next step is done, ``action``: what it is called ("Review").

    ``tone``: "", "good", "warn", "bad" or "info", the colour of ``badge``. ``percent``: how far it is, 0 to 100.
    """

    title: str
    url: str = ""
    detail: str = ""
    badge: StrOrPromise = ""
    tone: str = ""
    action: StrOrPromise = ""
    when: datetime | None = None
    percent: int | None = None


@dataclass(frozen=True)
class Waiting:
    """What a panel shows. ``total``: how many there are in all. ``more_url``: where the others are."""

    lines: Sequence[Line] = ()
    total: int = 0
    more_url: str = ""


@dataclass(frozen=True)
class Panel:
    """A panel of the first page.

    ``waiting``: called with the request and how many lines there is room for; it asks the database a fixed number of times.
    ``empty``: a sentence for when nothing waits, that says what to do next; "" hides the panel then. ``empty_url`` and
    ``empty_action``: where that is done. ``wide``: over both columns.
    """

    title: StrOrPromise
    icon: str
    waiting: Callable[[HttpRequest, int], Waiting]
    empty: StrOrPromise = ""
    empty_url: Callable[[HttpRequest], str] | None = None
    empty_action: StrOrPromise = ""
    allowed: Callable[[Actor], bool] = _everybody
    counts: bool = True


@dataclass(frozen=True)
class Room:
    """An entry of the menu. ``url``: the name of a URL, or a path that begins with "/". ``icon``: one of the studio's."""

    title: StrOrPromise
    icon: str
    url: str
    allowed: Callable[[Actor], bool] = _everybody


@dataclass(frozen=True)
class Found:
    """What the quick switcher offers."""

    title: str
    url: str
    detail: str = ""
    icon: str = "page"


@dataclass(frozen=True)
class Finder:
    """A group of the quick switcher.

    ``find``: called with the request, the words ("" for what is offered at first) and a limit.
    """

    label: StrOrPromise
    find: Callable[[HttpRequest, str, int], Sequence[Found]]
    allowed: Callable[[Actor], bool] = _everybody


rooms: Registry[Room] = Registry("room of the studio")
panels: Registry[Panel] = Registry("panel of the studio")
finders: Registry[Finder] = Registry("finder of the studio")
#: Imports the modules ``cms_studio`` of all apps, once.
discover = Autodiscovery("cms_studio")
