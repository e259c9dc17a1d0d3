"""``{% load ai_cms_studio %}``: what the studio's templates draw again and again."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import template
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.timesince import timesince
from django.utils.translation import gettext as _

from ..icons import ICONS
from ..links import edit_url
from ..statuses import status_tone, status_word

register = template.Library()


@register.simple_tag
def icon(name: str, css: str = "") -> SafeString:
    """Draw one of the studio's icons, which screen readers skip; an unknown name draws a page."""
    path = ICONS.get(str(name), ICONS["page"])
    return format_html(
        '<svg class="st-icon {}" viewBox="0 0 20 20" width="20" height="20" aria-hidden="true" focusable="false">'
        '<path d="{}"/></svg>',
        css,
        path,
    )


@register.simple_tag
def status_badge(status: Any) -> SafeString:
    """Show a page's status: a dot and a word."""
    return format_html('<span class="st-badge st-{}">{}</span>', status_tone(status), status_word(status))


@register.simple_tag
def ago(moment: datetime | None) -> SafeString:
    """Show when something was, or will be: shortly, with the exact time to be read on it."""
    if moment is None:
        return mark_safe("")
    now = timezone.now()
    local = timezone.localtime(moment)
    exact = date_format(local, "DATETIME_FORMAT")
    seconds = (now - moment).total_seconds()
    if abs(seconds) < 60:
        words = _("just now") if seconds >= 0 else _("in a moment")
    elif seconds < 0:
        words = _("in %(time)s") % {"time": timesince(now, moment, depth=1)}
    else:
        words = _("%(time)s ago") % {"time": timesince(moment, now, depth=1)}
    return format_html('<time datetime="{}" title="{}">{}</time>', moment.isoformat(), exact, words)


@register.simple_tag
def edit_link(pk: object) -> str:
    """Return where a page is edited."""
    return edit_url(pk)


@register.simple_tag(takes_context=True)
def script_words(context: Any) -> dict[str, Any]:
    """Return the words and addresses that the studio's scripts need, for a ``json_script``."""
    return {
        "urls": {"switch": reverse("ai_cms_studio:switch"), "undo": reverse("ai_cms_studio:undo")},
        "words": {
            "undo": _("Undo"),
            "dismiss": _("Dismiss"),
            "cancel": _("Cancel"),
            "failed": _("That did not work: the server cannot be reached. Try again."),
            "loading": _("Loading…"),
            "nothing": _("Nothing found. Try fewer letters."),
            "found": _("%(count)s found"),
            "loaded": _("%(count)s pages"),
            "above": _("above"),
            "below": _("below"),
            "inside": _("inside"),
            "recent": _("Opened lately"),
            "uploading": _("Uploading…"),
            "uploaded": _("Uploaded"),
        },
    }
