"""References in blocks to things that live elsewhere, such as ``asset:42``: who turns them into URLs, and who uses them.

The app that owns the things registers a resolver::

    @references.resolver("asset")
    def asset_url(key: str, request: HttpRequest | None) -> str: ...

An app that keeps documents registers a finder of uses, so that the owner can say where a thing is used::

    use_finders.register("pages", pages_that_use)

and a counter, for lists that tell of many things how often each is used::

    use_counters.register("pages", counts_in_pages)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from django.http import HttpRequest

from ai_cms.core.registry import Registry

__all__ = [
    "Resolver",
    "Use",
    "UseCounter",
    "UseFinder",
    "counts_of",
    "references",
    "resolve_reference",
    "use_counters",
    "use_finders",
    "uses_of",
]

Resolver = Callable[[str, Any], str]


class ReferenceRegistry(Registry[Resolver]):
    """Keep a resolver for each kind of reference."""

    def resolver(self, kind: str) -> Callable[[Resolver], Resolver]:
        """Register the decorated function for references that start with ``kind:``."""
        return lambda function: self.register(kind, function)


references = ReferenceRegistry("kind of reference")

#: These have a colon and are no references.
_URL_SCHEMES = frozenset({"http", "https", "mailto", "tel"})


def resolve_reference(value: str, request: HttpRequest | None = None) -> str:
    """Return the URL of a reference; a URL is returned as it is, a reference that nobody knows is empty."""
    kind, colon, key = value.partition(":")
    if not colon or kind.lower() in _URL_SCHEMES or not kind.isalpha():
        return value
    resolver = references.get(kind)
    return resolver(key, request) if resolver is not None else ""


@dataclass(frozen=True)
class Use:
    """One place that holds a reference. ``target``: the object with the document, such as a page; ``url``: where it is read."""

    kind: Literal["draft", "publication"]
    label: str
    target: Any
    url: str = ""


UseFinder = Callable[[str], Iterable[Use]]

use_finders: Registry[UseFinder] = Registry("finder of uses")


def uses_of(reference: str) -> Iterator[Use]:
    """Yield every place that holds ``reference``, drafts and publications apart."""
    for _name, finder in use_finders.items():
        yield from finder(reference)


#: Returns by reference how many drafts and publications hold it ({"draft", "publication"}), in a fixed number of queries.
UseCounter = Callable[[Collection[str]], Mapping[str, Mapping[str, int]]]

use_counters: Registry[UseCounter] = Registry("counter of uses")


def counts_of(references: Collection[str]) -> dict[str, Counter[str]]:
    """Return by reference how many drafts and publications hold it, for all that were asked for."""
    found = {reference: Counter[str]() for reference in references}
    for _name, counter in use_counters.items():
        for reference, counts in counter(references).items():
            found[reference].update(counts)
    return found
