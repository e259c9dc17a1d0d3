"""Lists of posts as one person sees them: what is published, and the drafts that the person may read.

Who may read a post's draft finds it by what the draft says; everybody else by what was published. The two never mix, so that
no filter and no search tells what a draft says. A page of a list is one query, which picks the newest of either half by that
half's own index: what it costs does not grow with the number of posts.
"""

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from django.db.models import BigIntegerField, BooleanField, Case, Count, F, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.functional import cached_property

from ai_cms.core.permissions import Actor, get_policy
from ai_cms.pages.addresses import host_names
from ai_cms.pages.counts import kept_counts
from ai_cms.pages.models import Publication, PublicationFacet
from ai_cms.pages.prepared import Markers, PreparedQuery
from ai_cms.pages.routing import key_of_site

from . import get_post_model
from .editors import edits_all_posts
from .querysets import PostFilter
from .reach import FEW, reach_of

__all__ = ["PostEntry", "PostList"]


class PostEntry(NamedTuple):
    """A post in a list; what was published of it, ``None`` for a draft that never was.

    ``is_draft``: whether the reader may read the draft, and it says something else than what was published.
    """

    pk: int
    posted_at: datetime
    publication_id: int
    path: str
    slug: str
    created_at: datetime
    title: str
    summary: str
    published_at: datetime | None
    is_draft: bool
    total: int


_PUBLISHED = ("page_id", "first_published_at", "pk", "path", "page__slug", "page__created_at")
_PUBLISHED_TEXT = ("title", "summary", "published_at")
#: Of a draft; what a publication adds is found through it.
_LED = ("-first_published_at", "-publication_id")
_DRAFT = ("pk", "posted_at", "tie", "path", "slug", "created_at")


class PostList:
    """The posts of a site that ``actor`` may read and ``wanted`` asks for, the newest first.

    ``site``: its key, or what returns a subquery for it. ``locale``: its language, of which only a search takes notice.
    ``window``: the part that will be asked for; then the number of posts comes with its entries. ``host``: of the request, if
    ``site`` is the one that it names: the lists that most readers ask for have their SQL ready.
    """

    def __init__(
        self,
        actor: Actor,
        site: Any,
        wanted: PostFilter,
        *,
        locale: str = "",
        window: slice | None = None,
        host: str = "",
    ) -> None:
        self.wanted = wanted
        self.locale = locale
        self._site = site
        self._host = host
        self._window = window
        self._entries: list[PostEntry] | None = None
        model = get_post_model()
        policy: Any = get_policy(model)
        own, self._state = reach_of(actor, host)
        self._reads_all = policy.reaches_everything(actor) or (not actor.is_confined and edits_all_posts(actor, model))
        self._reads_none = not actor.has_scope("read")
        #: The keys of the posts whose drafts the actor may read.
        self._own: Any = []
        if not (self._reads_none or self._reads_all):
            self._own = own
            if own is None:
                reached = self._all_drafts.filter(policy.reach(actor))
                self._own = _few_or_all(reached.values_list("pk", flat=True))

    @cached_property
    def site(self) -> Any:
        return self._site() if callable(self._site) else self._site

    @property
    def _all_drafts(self) -> Any:
        return get_post_model().objects.non_polymorphic().filter(site_id=self.site).order_by()

    @cached_property
    def _drafts(self) -> Any:
        """The drafts that the list is of."""
        drafts = self._all_drafts
        if self._reads_none or (self._own == [] and not self._reads_all):
            # Most readers have no draft at all: what they see is found without the half that is about drafts.
            return drafts.none()
        chosen = drafts.filter(self.wanted.of_drafts())
        return chosen if self._reads_all else drafts.filter(pk__in=self._own) & chosen

    @cached_property
    def _public(self) -> Any:
        """The publications that the list is of, those of the reader's own posts among them."""
        public: Any = _publications(self.site, timezone.now())
        return (
            public.none() if self._reads_none or self._reads_all else self.wanted.of_publications(public, self.locale)
        )

    def __len__(self) -> int:
        return self.count()

    def count(self) -> int:
        """Return how many posts there are."""
        if self._window is not None and (entries := self[self._window]):
            return entries[0].total
        if self._reads_all or self.wanted.is_published is False:
            return int(self._drafts.count())
        # What is published is counted with one's own, which is counted by its drafts.
        mine = self._public.filter(page_id__in=self._own)
        return int(self._drafts.count() + self._public.count() - mine.count())

    def __getitem__(self, window: slice) -> list[PostEntry]:
        """Return the entries of a page of the list."""
        if self._entries is not None and window.start == (self._window or window).start:
            return self._entries[: window.stop - window.start]
        rows = self._ready(window)
        if rows is None:
            rows = self._rows(window.stop)[window.start : window.stop]
        found = [PostEntry(*row) for row in rows]
        if window == self._window:
            self._entries = found
        return found

    def _ready(self, window: slice) -> Any:
        """Return a page of what is public, where nothing more is asked for than one facet; else ``None``."""
        facets = {name: values for name, values in self.wanted.facets().items() if values}
        plain = (
            not (self._reads_none or self._reads_all or self.wanted.search) and self.wanted.is_published is not False
        )
        if not self._host or self._own != [] or not plain or len(facets) > 1:
            return None
        facet, values = next(iter(facets.items()), ("", [""]))
        if len(set(values)) != 1:
            return None
        counts, key = kept_counts(), ("posts", self._host, self._state, facet, values[0], window.start, window.stop)
        if self._state is None:
            return self._ready_page(facet, values[0], window, counted=True)
        if (known := counts.get(key)) is not None:
            rows = self._ready_page(facet, values[0], window, counted=False)
            # The key does not tell everything apart: two databases, or one put back.
            if known[1] == _which(rows):
                return [(*row[:-1], known[0]) for row in rows]
        rows = self._ready_page(facet, values[0], window, counted=True)
        counts.put(key, (rows[0][-1] if rows else 0, _which(rows)))
        return rows

    def _ready_page(self, facet: str, value: str, window: slice, *, counted: bool) -> list[Any]:
        name, bare = host_names(self._host)
        marks = {"name": name, "bare": bare, "now": timezone.now(), "value": value}
        limit = window.stop - window.start
        return _ready_rows(facet, counted=counted).rows(limit=limit, offset=window.start, **marks)

    def _rows(self, end: int) -> Any:
        if self._reads_all:
            return self._draft_rows(self._drafts.order_by("-posted_at", "-pk")).order_by("-posted_at", "-pk")
        if self._own == [] and self.wanted.is_published is not False:
            return self._public_rows(end).order_by("-first_published_at", "-pk")
        tie = Coalesce("publication__pk", Value(0))
        newest = self._drafts.order_by("-posted_at", tie.desc(), "-pk").values("pk")[:end]
        drafts = self._draft_rows(get_post_model().objects.non_polymorphic().filter(pk__in=newest)).order_by()
        if self.wanted.is_published is False:
            return drafts.order_by("-posted_at", "-tie", "-pk")
        return self._public_rows(end).union(drafts, all=True).order_by("-first_published_at", "-pk", "-page_id")

    def _public_rows(self, end: int) -> Any:
        return _rows_of(self._newest_public(end), self._total())

    def _draft_rows(self, rows: Any) -> Any:
        same = When(published_version=F("version"), then=Value(False))
        return rows.annotate(
            tie=Coalesce("publication__pk", Value(0)),
            is_draft=Case(same, default=Value(True), output_field=BooleanField()),
            total=self._total(),
        ).values_list(*_DRAFT, *(f"publication__{name}" for name in _PUBLISHED_TEXT), "is_draft", "total")

    def _newest_public(self, end: int) -> Any:
        """Return a subquery for the newest publications that are not the reader's own, which are found by their drafts."""
        facets = self.wanted.facets()
        name, values = next(iter(facets.items())) if len(facets) == 1 else ("", [])
        if len(set(values)) != 1 or self.wanted.search:
            others = self._public.exclude(page_id__in=self._own) if self._own != [] else self._public
            return others.order_by("-first_published_at", "-pk").values("pk")[:end]
        led = _led_by(name, values[0], self.site, timezone.now()).exclude(publication__page_id__in=self._own)
        return led.order_by(*_LED).values("publication_id")[:end]

    def _total(self) -> Any:
        """Return what the database counts with the entries, once for each half that has any on the page."""
        if self._reads_all or self.wanted.is_published is False:
            return _counted(self._drafts)
        public = _counted(self._public)
        if self._own == []:
            return public
        return public + _counted(self._drafts) - _counted(self._public.filter(page_id__in=self._own))


def _which(rows: list[Any]) -> list[Any]:
    return [row[:3] for row in rows]


def _few_or_all(keys: Any) -> Any:
    """Return a few keys themselves, by which everything is found by its index; the subquery where they are many."""
    found = list(keys[: FEW + 1])
    return found if len(found) <= FEW else keys


def _publications(site: Any, moment: datetime) -> Any:
    kind = get_post_model().type_name()
    return Publication.objects.public(moment).filter(site_id=site, type=kind).order_by()


def _led_by(name: str, value: str, site: Any, moment: datetime) -> Any:
    """Return the facets of public posts that have one value: their index is in the order of a list."""
    return PublicationFacet.objects.filter(
        Q(publication__expire_at=None) | Q(publication__expire_at__gt=moment),
        name=name,
        value=value,
        publication__active=True,
        publication__site_id=site,
        publication__type=get_post_model().type_name(),
    )


def _rows_of(keys: Any, total: Any) -> Any:
    rows = Publication.objects.filter(pk__in=keys).order_by()
    rows = rows.annotate(is_draft=Value(False, BooleanField()), total=total)
    return rows.values_list(*_PUBLISHED, *_PUBLISHED_TEXT, "is_draft", "total")


@cache
def _ready_rows(facet: str, *, counted: bool) -> PreparedQuery:
    """Return the query for a page of the public posts of a host's site, those of one value of ``facet`` if that is given.

    ``counted``: with how many there are in all.
    """

    def make(mark: Markers) -> Any:
        site, now = key_of_site(mark.text("name"), mark.text("bare")), mark.moment("now")
        public = _publications(site, now)
        keys = public.order_by("-first_published_at", "-pk").values("pk")
        if facet:
            led = _led_by(facet, mark.text("value"), site, now)
            keys = led.order_by(*_LED).values("publication_id")
            has = PublicationFacet.objects.filter(name=facet, value=mark.text("value"))
            public = public.filter(pk__in=has.values("publication_id"))
        total = _counted(public) if counted else Value(0, BigIntegerField())
        return _rows_of(keys[mark.window], total).order_by("-first_published_at", "-pk")

    return PreparedQuery(make)


def _counted(rows: QuerySet[Any]) -> Any:
    one = rows.order_by().annotate(one=Value(1)).values("one").annotate(number=Count("*")).values("number")
    return Coalesce(Subquery(one, output_field=BigIntegerField()), 0)
