"""What a fresh project shows at its root instead of a bare 404: what to do next, step by step."""

from __future__ import annotations

import shlex
from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth import get_user_model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from .current_site import site_of
from .models import Site

__all__ = ["welcome"]


@dataclass(frozen=True)
class Step:
    """One thing to do: a command to type, or a page of the admin to go to."""

    title: str | Promise
    text: str | Promise
    done: bool
    command: str = ""
    url: str = ""
    label: str | Promise = ""


def welcome(request: HttpRequest) -> HttpResponse | None:
    """Return the welcome page for a home page that is not there, or ``None`` where a 404 is right.

    It is shown where there is no site at all, and with ``DEBUG`` as long as the home page is not published.
    """
    site = site_of(request)
    if not settings.DEBUG and (site is not None or Site.objects.exists()):
        return None
    steps = [_site_step(request, site), _user_step(), _publish_step(site)]
    current = next((number for number, step in enumerate(steps) if not step.done), len(steps))
    links = [
        (url, label)
        for name, label in (("ai_cms_api:docs", _("The REST interface")), ("admin:index", _("The admin")))
        if (url := _url(name))
    ]
    context = {"steps": steps, "current": current, "links": links, "debug": settings.DEBUG}
    response = render(request, "ai_cms/pages/welcome.html", context)
    response["Cache-Control"] = "no-store"
    return response


def _site_step(request: HttpRequest, site: Site | None) -> Step:
    host = shlex.quote(request.get_host())
    return Step(
        title=_("Make a site"),
        text=_("A site is a host name and the home page at the root of its tree. The first one answers every host."),
        done=site is not None,
        command=f'python manage.py create_site {host} --name "My site"',
    )


def _user_step() -> Step:
    manager = get_user_model()._default_manager
    return Step(
        title=_("Make a user who may edit"),
        text=_(
            "There is no default user. This one may do everything; groups and their rights come later, in the admin."
        ),
        done=manager.filter(is_superuser=True).exists() if _has_field("is_superuser") else manager.exists(),
        command="python manage.py createsuperuser",
    )


def _publish_step(site: Site | None) -> Step:
    root = None if site is None else site.root
    # Polymorphic: the form of the home page's own type.
    name = "" if root is None else f"admin:{root._meta.app_label}_{root._meta.model_name}_change"
    url = "" if root is None else _url(name, root.pk)
    return Step(
        title=_("Write the home page and publish it"),
        text=_("It is a draft until then, which nobody but its editors can see. This page makes room for it."),
        done=False,
        url=url,
        label=_("Open the home page in the admin"),
    )


def _has_field(name: str) -> bool:
    return any(field.name == name for field in get_user_model()._meta.get_fields())


def _url(name: str, *values: object) -> str:
    try:
        return reverse(name, args=values)
    except NoReverseMatch:
        return ""
