"""The settings of ai_cms: one ``AI_CMS`` dict, read on every access.

Each app declares a subclass of :class:`AppSettings` with one :class:`Setting` a key::

    class PagesSettings(AppSettings):
        PREVIEW_LINK_MAX_AGE = Setting(86_400, int, "Seconds a signed preview link stays valid.")

    pages_settings = PagesSettings()

Nothing is cached, so ``override_settings(AI_CMS={...})`` works in tests as it does for Django's own settings.
The declared settings feed the system checks and ``docs/reference/settings.md``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, ClassVar, Generic, TypeVar, overload

from django.conf import settings

__all__ = [
    "AppSettings",
    "CoreSettings",
    "Setting",
    "core_settings",
    "declared_settings",
    "dotted_paths",
    "lane_place",
    "not_negative",
    "positive",
    "project_settings",
    "rate_limits",
    "url_paths",
]

T = TypeVar("T")


def project_settings() -> Mapping[str, Any]:
    """Return the project's ``AI_CMS`` dict, empty when it is missing or not a mapping (a check reports the latter)."""
    value = getattr(settings, "AI_CMS", {})
    return value if isinstance(value, Mapping) else {}


class Setting(Generic[T]):
    """Describe one key of ``AI_CMS`` and read it.

    ``default``: the value of an absent key; a callable is called for each read, so that mutable ones are never shared.
    ``types``: the type or types a project's value may have; the system check ``ai_cms_core.E002`` compares.
    ``help``: one sentence for the reference, with the unit where there is one.
    ``validate``: called with a project's value, returns an error text or ``None``.
    """

    name: str = ""

    def __init__(
        self,
        default: T | Callable[[], T],
        types: type | tuple[type, ...],
        help: str,
        *,
        validate: Callable[[Any], str | None] | None = None,
    ) -> None:
        self._default = default
        self.types = types if isinstance(types, tuple) else (types,)
        self.help = help
        self.validate = validate

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    @property
    def default(self) -> T:
        return self._default() if callable(self._default) else self._default

    @overload
    def __get__(self, instance: None, owner: type) -> Setting[T]: ...
    @overload
    def __get__(self, instance: object, owner: type) -> T: ...
    def __get__(self, instance: object | None, owner: type) -> Setting[T] | T:
        if instance is None:
            return self
        configured = project_settings()
        # Not get(name, default): a default may be made for each read.
        return configured[self.name] if self.name in configured else self.default  # noqa: SIM401

    def problem(self, value: object) -> str | None:
        """Say what is wrong with a project's ``value``, or return ``None``."""
        # bool is an int for isinstance(); MAX_DEPTH = True is a mistake nobody wants to debug.
        wrong_bool = isinstance(value, bool) and bool not in self.types and object not in self.types
        if wrong_bool or not isinstance(value, self.types):
            names = " or ".join(kind.__name__ for kind in self.types)
            return f"must be of type {names}, not {type(value).__name__}"
        return self.validate(value) if self.validate else None


class AppSettings:
    """Base of the settings of one app; subclasses register themselves by being declared."""

    groups: ClassVar[list[type[AppSettings]]] = []

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        AppSettings.groups.append(cls)

    @classmethod
    def declared(cls) -> Iterator[Setting[Any]]:
        """Yield the settings that this class declares, in source order."""
        yield from (value for value in vars(cls).values() if isinstance(value, Setting))


def declared_settings() -> dict[str, Setting[Any]]:
    """Return every declared setting of the installed apps by its key."""
    return {setting.name: setting for group in AppSettings.groups for setting in group.declared()}


def positive(value: float) -> str | None:
    """Validate that a number is above zero."""
    return None if value > 0 else "must be above zero"


def not_negative(value: float) -> str | None:
    """Validate that a number is zero or more."""
    return None if value >= 0 else "must not be negative"


def dotted_paths(value: Iterable[object]) -> str | None:
    """Validate a list of dotted import paths."""
    if all(isinstance(item, str) and item.count(".") >= 1 for item in value):
        return None
    return "must hold dotted paths such as 'package.module.Class'"


def url_paths(value: Iterable[object]) -> str | None:
    """Validate a list of URL paths."""
    return None if all(isinstance(item, str) and item.startswith("/") for item in value) else "must hold paths: '/…'"


def rate_limits(value: Mapping[str, Any]) -> str | None:
    """Validate a mapping of scope to ``(limit, seconds)`` or ``None``."""
    for scope, rate in value.items():
        if rate is None:
            continue
        pair = isinstance(rate, list | tuple) and len(rate) == 2
        if not pair or not all(type(number) is int and number >= 0 for number in rate) or rate[1] == 0:
            return f"has {rate!r} for {scope!r}; needs (requests, seconds), or None for no limit"
    return None


def _agent_scopes(value: Iterable[object]) -> str | None:
    known = ("read", "propose", "write", "publish")
    return None if all(scope in known for scope in value) else f"must hold scopes among {', '.join(known)}"


def lane_place(value: str) -> str | None:
    """Validate where the fast lane is."""
    return None if value in ("front", "middleware", "off") else "must be 'front', 'middleware' or 'off'"


class CoreSettings(AppSettings):
    """Settings of ``ai_cms.core``."""

    MAINTENANCE = Setting(False, bool, "Answer 503 to everyone but staff, whatever the runtime switch says.")
    MAINTENANCE_RETRY_AFTER = Setting(
        300, int, "Seconds after which clients are told to try again during maintenance.", validate=positive
    )
    MAINTENANCE_EXEMPT_PATHS = Setting[list[str]](
        list, (list, tuple), "Path prefixes that stay open during maintenance, beside the admin.", validate=url_paths
    )
    MAINTENANCE_API_PATHS = Setting[list[str]](
        lambda: ["/api/"],
        (list, tuple),
        "Path prefixes that answer JSON during maintenance; others do when the client does not accept HTML.",
        validate=url_paths,
    )
    API_AUTHENTICATION_CLASSES = Setting[list[str]](
        lambda: [
            "ai_cms.core.api.authentication.BearerAuthentication",
            "ai_cms.core.api.authentication.SessionAuthentication",
        ],
        (list, tuple),
        "How REST clients prove who they are: dotted paths of REST framework authentication classes, asked in order.",
        validate=dotted_paths,
    )
    API_DOCS_PUBLIC = Setting(True, bool, "Serve the OpenAPI schema and its documentation to people not logged in.")
    API_TITLE = Setting("ai_cms", str, "The title of the OpenAPI schema and of its documentation page.")
    JSON_MAX_BYTES = Setting(2_000_000, int, "The largest JSON body of a request, in bytes.", validate=positive)
    JSON_MAX_DEPTH = Setting(100, int, "How deep lists and objects of a JSON body may nest.", validate=positive)
    JSON_MAX_KEYS = Setting(100_000, int, "How many object keys a JSON body may hold in all.", validate=positive)
    JSON_MAX_STRING = Setting(
        1_000_000, int, "The longest string of a JSON body or form, in characters.", validate=positive
    )
    QUERY_MAX_STRING = Setting(2_000, int, "The longest value of a query parameter, in characters.", validate=positive)
    IDEMPOTENCY_TTL = Setting(
        86_400, int, "Seconds the answer to a request with an Idempotency-Key is kept.", validate=positive
    )
    IDEMPOTENCY_LEASE = Setting(
        60, int, "Seconds after which an unanswered request with an Idempotency-Key counts as dead.", validate=positive
    )
    TRUSTED_PROXY_COUNT = Setting(
        0, int, "Reverse proxies in front that append to X-Forwarded-For; 0 ignores the header.", validate=not_negative
    )
    RATE_LIMITS = Setting[dict[str, Any]](
        dict,
        dict,
        "Replaces rate limits: scope to (requests, seconds), or to None for no limit.",
        validate=rate_limits,
    )
    AGENT_SCOPES = Setting[list[str]](
        lambda: ["read", "propose", "write"],
        (list, tuple),
        "The scopes that agents of others may have at most, whatever their tokens and owners have; the widest counts.",
        validate=_agent_scopes,
    )
    AGENT_OUTSIDE_SECONDS = Setting(
        3_600,
        int,
        "Seconds after a program has read text from outside in which all that it writes is only proposed.",
        validate=positive,
    )
    FAST_LANE = Setting(
        "front",
        str,
        'Where answers to anonymous visitors are kept in memory: "front" of Django, "middleware", or "off".',
        validate=lane_place,
    )
    FAST_LANE_BYTES = Setting(
        32 * 1024 * 1024, int, "How many bytes of answers a process keeps in memory.", validate=positive
    )
    FAST_LANE_COOKIES = Setting[list[str]](
        lambda: ["_ga", "_ga_*", "_gid", "_gat*", "_pk_id*", "_pk_ses*", "_pk_ref*", "_fbp"],
        (list, tuple),
        "Names of cookies that change no answer, with * for anything; requests with others are not answered from memory.",
    )
    FAST_LANE_HEADERS = Setting[list[str]](
        list, (list, tuple), "Names of request headers with which a request is not answered from memory."
    )
    FAST_LANE_WATCH = Setting[list[str]](
        list,
        (list, tuple),
        "Models ('app.Model') that public pages show beside publications; a change of one ends what is kept. Run migrate.",
    )
    TASK_BACKEND = Setting("default", str, "The alias in Django's TASKS that background work is sent to.")


core_settings = CoreSettings()
