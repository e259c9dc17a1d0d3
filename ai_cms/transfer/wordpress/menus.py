"""The menus of a WordPress export: which pages they show, and in which order."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping

from ..base import Notices
from .wxr import WxrItem

__all__ = ["Menus"]


class Menus:
    """Collect menu entries; the menu with the most pages gives the order."""

    def __init__(self) -> None:
        self._entries: list[tuple[str, str, int, int]] = []  # menu, key, order, line
        self._foreign: list[tuple[str, str, str, int]] = []  # menu, title, address, line
        self._shown: set[str] = set()
        self._positions: dict[str, int] = {}

    def add(self, raw: WxrItem) -> None:
        """Take in one ``nav_menu_item``."""
        if raw.status != "publish":
            return
        menu = next((nicename for domain, nicename, _name in raw.categories if domain == "nav_menu"), "")
        order = int(raw.menu_order) if raw.menu_order.isascii() and raw.menu_order.isdigit() else 0
        kind, what, number = (raw.get(f"_menu_item_{name}") for name in ("type", "object", "object_id"))
        if kind == "post_type" and number:
            self._entries.append((menu, f"{what}:{number.strip()}", order, raw.line))
        else:
            self._foreign.append((menu, raw.title.strip(), raw.get("_menu_item_url") or what, raw.line))

    def settle(self, keys: Collection[str], names: Mapping[str, str], notices: Notices) -> None:
        """Find the order of the pages among ``keys``; what menus show besides becomes a warning."""
        menus: dict[str, list[tuple[int, str]]] = defaultdict(list)
        for menu, key, order, line in self._entries:
            if key in keys:
                self._shown.add(key)
                menus[menu].append((order, key))
            else:
                notices.add(
                    f"The menu “{names.get(menu, menu)}” shows {key}, which was not imported.", item="menu", line=line
                )
        for menu, title, address, line in self._foreign:
            notices.add(
                f"The menu “{names.get(menu, menu)}” shows {title or address or 'something'!r} ({address[:200]}), which is "
                "no page; menus are made of pages here.",
                item="menu",
                line=line,
            )
        sizes = Counter({menu: len({key for _order, key in entries}) for menu, entries in menus.items()})
        for menu, _size in sizes.most_common(1):
            for position, (_order, key) in enumerate(sorted(menus[menu], key=lambda entry: entry[0])):
                self._positions.setdefault(key, position)

    def position(self, key: str) -> int | None:
        """Return the place of an item in the leading menu, from 0, or ``None``."""
        return self._positions.get(key)

    def __contains__(self, key: object) -> bool:
        return key in self._shown
