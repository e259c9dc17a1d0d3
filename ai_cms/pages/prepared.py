"""Queries whose SQL is made once.

For a row found by an index the ORM takes longer to write the question than the database to answer it. A
:class:`PreparedQuery` is an ordinary queryset with markers where values differ from run to run; its SQL, the place of
each value and the converters of its columns are kept, and only the values are put in.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connections, router

__all__ = ["Markers", "PreparedQuery"]

_LIMIT, _OFFSET = 987_654_321, 876_543_211
_FIRST_UUID = 0xA1C35_0000_4000_8000_0000_0000_0000
_SLICE = f"LIMIT {_LIMIT} OFFSET {_OFFSET}"


class Markers:
    """Stand-ins for the values of one query; each kind looks like the values of its columns."""

    #: Slices a queryset where ``limit`` and ``offset`` are given at each run.
    window = slice(_OFFSET, _OFFSET + _LIMIT)

    def __init__(self) -> None:
        self.by_name: dict[str, Any] = {}

    def text(self, name: str) -> str:
        """Return a marker for a text."""
        return str(self.by_name.setdefault(name, f"\ue000marker of {name}"))

    def number(self, name: str) -> int:
        """Return a marker for an integer."""
        return int(self.by_name.setdefault(name, 1_900_000_000 + len(self.by_name)))

    def uuid(self, name: str) -> UUID:
        """Return a marker for a UUID."""
        found: UUID = self.by_name.setdefault(name, UUID(int=_FIRST_UUID + len(self.by_name)))
        return found

    def like(self, name: str, kind: type) -> Any:
        """Return a marker for values of ``kind``: integers, UUIDs or texts, as keys are. Raises TypeError."""
        for known, marker in ((int, self.number), (UUID, self.uuid), (str, self.text)):
            if issubclass(kind, known):
                return marker(name)
        raise TypeError(f"There is no marker for {kind.__name__}.")

    def moment(self, name: str) -> datetime:
        """Return a marker for a time."""
        zone = UTC if settings.USE_TZ else None
        found: datetime = self.by_name.setdefault(
            name, datetime(1903, 1, 2, 3, 4, 5, 678_900 + len(self.by_name), zone)
        )
        return found


class PreparedQuery:
    """A query made by ``make(markers)``, which returns a ``values_list`` queryset.

    ``count``: ask how many rows it has instead of for the rows.
    """

    def __init__(self, make: Callable[[Markers], Any], *, count: bool = False) -> None:
        self.make = make
        self.count = count
        self.alias = ""
        self._model: Any = None

    def rows(self, *, limit: int = 0, offset: int = 0, **values: Any) -> list[Any]:
        """Run the query with ``values`` for its markers and return the rows."""
        if self._model is None:
            self._model = self.make(Markers()).model
        # Asked each time, as every queryset asks: a router may send what was just written to the database that has it.
        self.alias = alias = router.db_for_read(self._model)
        connection = connections[alias]
        # Kept with the connection: converters belong to one, and so do threads.
        kept = connection.__dict__.get("_ai_cms_prepared", {}).get(self) or self._compile(alias)
        sql, names, constants, adapt, converters, compiler = kept
        parameters = [
            constants[index] if name is None else adapt(values[name], name) for index, name in enumerate(names)
        ]
        if limit:
            sql = sql.replace(_SLICE, f"LIMIT {int(limit)} OFFSET {int(offset)}")
        with connection.cursor() as cursor:
            cursor.execute(sql, parameters)
            found = cursor.fetchall()
        return list(compiler.apply_converters(found, converters)) if converters else found

    def _compile(self, alias: str) -> tuple[Any, ...]:
        markers = Markers()
        queryset = self.make(markers)
        connection = connections[alias]
        compiler = queryset.query.get_compiler(using=alias)
        sql, parameters = compiler.as_sql()
        if self.count:
            sql = f"SELECT COUNT(*) FROM ({sql}) AS counted"  # noqa: S608 - around SQL that the ORM made

        def adapt(value: Any, name: str) -> Any:
            if isinstance(markers.by_name[name], datetime):
                return connection.ops.adapt_datetimefield_value(value)
            if isinstance(markers.by_name[name], UUID) and not connection.features.has_native_uuid_field:
                # As UUIDField writes them.
                return value.hex
            return value

        by_value = {adapt(marker, name): name for name, marker in markers.by_name.items()}
        names = [
            by_value.get(value) if isinstance(value, str | int | datetime | UUID) else None for value in parameters
        ]
        converters = {} if self.count else compiler.get_converters([column[0] for column in compiler.select])
        kept = (sql, names, parameters, adapt, converters, compiler)
        connection.__dict__.setdefault("_ai_cms_prepared", {})[self] = kept
        return kept
