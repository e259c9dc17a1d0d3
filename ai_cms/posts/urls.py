"""Feeds and lists of posts; mounted before the pages, which answer for every path."""

from __future__ import annotations

from django.urls import path, register_converter

from . import views

app_name = "ai_cms_posts"


class YearConverter:
    """Years in four digits."""

    regex = "[0-9]{4}"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return str(value)


class MonthConverter(YearConverter):
    """Months in two digits."""

    regex = "(?:0[1-9]|1[0-2])"


class TermConverter(YearConverter):
    """What a list may be of."""

    regex = "category|tag|author|series"


class FeedTermConverter(YearConverter):
    """What a feed may be of."""

    regex = "category|tag|author"


register_converter(YearConverter, "posts_year")
register_converter(MonthConverter, "posts_month")
register_converter(TermConverter, "posts_term")
register_converter(FeedTermConverter, "posts_feed_term")

_FEEDS = (("feed/", "rss"), ("feed/atom/", "atom"), ("feed.json", "json"))

urlpatterns = [
    *(path(end, views.feed_view, {"format": format}, name=format) for end, format in _FEEDS),
    path("posts/archive/", views.archive_view, name="all"),
    path("posts/archive/<posts_year:year>/", views.archive_view, {"kind": "year"}, name="year"),
    path("posts/archive/<posts_year:year>/<posts_month:month>/", views.archive_view, {"kind": "month"}, name="month"),
    *(
        path(f"<posts_feed_term:kind>/<str:slug>/{end}", views.feed_view, {"format": format}, name=f"term-{format}")
        for end, format in _FEEDS
    ),
    path("<posts_term:kind>/<str:slug>/", views.archive_view, name="term"),
]
