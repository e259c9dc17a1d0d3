"""Where answers find what they quote: passages of the site as numbered sources, from whoever has registered a retriever.

::

    sources = Sources()
    retrieve("How long does rye rise?", actor=request.user, host=request.get_host(), into=sources)
    if not sources:                          # nothing was found: say so, no model need be asked
        ...
    prompt = sources.prompt()                # "[1] Rye bread > Rising\\n…"
    checked = check_citations(answer, sources)   # ai_cms.llm.citations

This app knows no pages; ``ai_cms.retrieval`` registers a retriever for them, and offers it as the tool ``search_passages``,
which numbers on in ``ToolContext.extra["sources"]`` where the caller has put a :class:`Sources` there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Protocol, TypeVar

from ai_cms.core.permissions import ActorLike
from ai_cms.core.registry import Registry

from ..core.jsontypes import JsonObject

__all__ = ["Retriever", "Source", "Sources", "current_sources", "register_retriever", "retrieve", "retrievers"]

#: Characters of one source that a model is shown.
MAX_SOURCE_TEXT = 4_000


@dataclass(frozen=True, slots=True)
class Source:
    """A passage that an answer may quote.

    ``key``: the same for the same passage of the same version. ``text``: as it is published. ``heading``: the headings above it,
    outermost first. ``anchor``: the id of the block that it begins in. ``url``: leads to it. ``retriever``: who found it.
    """

    key: str
    title: str
    url: str
    text: str
    page: int | None = None
    version: int | None = None
    anchor: str = ""
    heading: tuple[str, ...] = ()
    locale: str = ""
    retriever: str = ""

    @property
    def place(self) -> str:
        """Where it stands, for people and models: the title and the headings."""
        return " > ".join([self.title, *self.heading])

    def to_json(self, number: int) -> JsonObject:
        """Return what is stored with an answer that cites it as ``[number]``."""
        return {"number": number, **asdict(self), "heading": list(self.heading)}


class Sources:
    """Sources by their numbers, from 1; the same passage keeps its number however often it is found."""

    def __init__(self, found: Iterable[Source] = ()) -> None:
        self._numbers: dict[str, int] = {}
        self._items: list[Source] = []
        for source in found:
            self.add(source)

    def add(self, source: Source) -> int:
        """Return the number of ``source``, a new one if it has none yet."""
        number = self._numbers.get(source.key)
        if number is None:
            self._items.append(source)
            number = self._numbers[source.key] = len(self._items)
        return number

    def get(self, number: int) -> Source | None:
        """Return the source of a number, or ``None``."""
        return self._items[number - 1] if 1 <= number <= len(self._items) else None

    def __iter__(self) -> Iterator[Source]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def prompt(self) -> str:
        """Return the sources as a model reads them. They are data: put them into a message of their own, marked as such."""
        return "\n\n".join(
            f"[{number}] {source.place}\n{source.text[:MAX_SOURCE_TEXT]}"
            for number, source in enumerate(self._items, 1)
        )

    def to_json(self) -> list[JsonObject]:
        """Return what is stored with an answer."""
        return [source.to_json(number) for number, source in enumerate(self._items, 1)]


class Retriever(Protocol):
    """Find passages, and look again whether they may still be read."""

    def search(self, query: str, *, actor: ActorLike, host: str, limit: int) -> Sequence[Source]:
        """Return at most ``limit`` passages that ``actor`` may read on the site of ``host``, the best first."""
        ...

    def still_there(self, sources: Sequence[Source], *, actor: ActorLike) -> set[str]:
        """Return the keys of those that ``actor`` may still read, in the version that was found."""
        ...


R = TypeVar("R", bound=Retriever)
retrievers: Registry[Retriever] = Registry("retriever")


def register_retriever(name: str, retriever: R) -> R:
    """Register what finds passages, under the name that its sources carry in ``retriever``."""
    retrievers.register(name, retriever)
    return retriever


def retrieve(
    query: str, *, actor: ActorLike, host: str = "", limit: int = 8, into: Sources | None = None
) -> list[tuple[int, Source]]:
    """Return the passages that every retriever finds, with their numbers, the best first; empty where nothing is found.

    ``host``: of the site that is asked, as of ``request.get_host()``; empty for the default site. ``limit``: of each retriever.
    ``into``: numbers go on from there. Not to be called inside a transaction: a model may be asked for the query's vector.
    """
    sources = Sources() if into is None else into
    found = []
    for _name, retriever in retrievers.items():
        for source in retriever.search(query, actor=actor, host=host, limit=limit):
            found.append((sources.add(source), source))
    return found


def current_sources(sources: Sequence[Source], *, actor: ActorLike) -> list[Source]:
    """Return those of ``sources`` that ``actor`` may still read: a page may be taken off while an answer is written."""
    kept: set[tuple[str, str]] = set()
    for name, retriever in retrievers.items():
        own = [source for source in sources if source.retriever == name]
        if own:
            kept |= {(name, key) for key in retriever.still_there(own, actor=actor)}
    return [source for source in sources if (source.retriever, source.key) in kept]
