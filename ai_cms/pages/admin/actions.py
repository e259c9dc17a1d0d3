"""Publish, unpublish, schedule a page, and save its layout as a template."""

from __future__ import annotations

import zoneinfo
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ai_cms.core.exceptions import NotFound, PermissionRefused, RequestRefused
from ai_cms.core.mappings import CleanedData
from ai_cms.core.permissions import Actor, get_policy

from .. import get_template_model
from ..exceptions import PageStale, PublishRefused
from ..rows import short
from ..services import make_template, publish_page, schedule_page, unpublish_page
from .base import PagesAdmin
from .forms import put_errors

if TYPE_CHECKING:
    from ..models import AbstractPage

__all__ = ["ActionViews"]


class LocalDateTimeField(forms.DateTimeField):
    """A point in time as clocks show it; the zone comes from another field."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"], **kwargs)

    def prepare_value(self, value: object) -> Any:
        return value

    def to_python(self, value: Any) -> Any:
        found = super().to_python(value)
        return None if found is None else found.replace(tzinfo=None)


class ScheduleForm(forms.Form):
    """When a page goes live and when it goes away again."""

    go_live_at = LocalDateTimeField(
        label=gettext_lazy("Publish at"), required=False, help_text=gettext_lazy("Empty: not by itself.")
    )
    expire_at = LocalDateTimeField(
        label=gettext_lazy("Take off the site at"), required=False, help_text=gettext_lazy("Empty: never.")
    )
    zone = forms.ChoiceField(label=gettext_lazy("Time zone"), help_text=gettext_lazy("Of the times above."))
    version = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, page: AbstractPage, data: Any = None) -> None:
        zone = timezone.get_current_timezone()
        initial: dict[str, Any] = {"zone": str(zone), "version": page.version}
        for name in ("go_live_at", "expire_at"):
            moment = getattr(page, name)
            initial[name] = None if moment is None else timezone.localtime(moment, zone).replace(tzinfo=None)
        super().__init__(data, initial=initial, label_suffix="")
        names = sorted({*zoneinfo.available_timezones(), str(zone)})
        choice: Any = self.fields["zone"]
        choice.choices = [(name, name.replace("_", " ")) for name in names]

    def clean(self) -> CleanedData:
        values = super().clean() or {}
        zone = zoneinfo.ZoneInfo(values.get("zone") or "UTC")
        for name in ("go_live_at", "expire_at"):
            moment: datetime | None = values.get(name)
            if moment is None:
                continue
            aware = moment.replace(tzinfo=zone)
            # An hour that the clocks skip in spring does not come back as it was from UTC.
            if aware.astimezone(zoneinfo.ZoneInfo("UTC")).astimezone(zone).replace(tzinfo=None) != moment:
                self.add_error(name, _("The clocks skip this hour in this time zone; choose another."))
            values[name] = aware
        go_live, expire, now = values.get("go_live_at"), values.get("expire_at"), timezone.now()
        if go_live is not None and go_live <= now and "go_live_at" in self.changed_data:
            self.add_error("go_live_at", _("This time has passed. To publish the page now, use “Save and publish”."))
        elif expire is not None and expire <= now:
            self.add_error("expire_at", _("This time has passed. To take the page off the site now, use “Unpublish”."))
        elif go_live is not None and expire is not None and expire <= go_live:
            self.add_error("expire_at", _("Choose a time after the one at “Publish at”."))
        return values


class TemplateNameForm(forms.Form):
    """What a template made from a page is called."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=100)
    description = forms.CharField(
        label=gettext_lazy("Description"),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("What it is good for."),
    )


class ActionViews(PagesAdmin):
    """The views that publish, and those with one small form."""

    def page_urls(self) -> list[URLPattern]:
        return [
            *super().page_urls(),
            self.route("<int:pk>/publish/", self.publish_view, "publish", "POST"),
            self.route("<int:pk>/unpublish/", self.unpublish_view, "unpublish", "GET", "POST"),
            self.route("<int:pk>/schedule/", self.schedule_view, "schedule", "GET", "POST"),
            self.route("<int:pk>/template/", self.template_view, "template", "GET", "POST"),
        ]

    def publish_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        page = self.find_page(request, pk, "publish")
        version = request.POST.get("version", "")
        try:
            publish_page(
                page,
                actor=Actor.from_request(request),
                expected_version=int(version) if version.isdecimal() and len(version) < 10 else None,
            )
        except PublishRefused:
            self.tell(request, _("The page was not published: see what is missing below."), 30)
            return HttpResponseRedirect(self.link("change", page.pk, check=1))
        except PageStale:
            self.tell(request, _("The page was changed meanwhile. Look at it again before you publish it."), 30)
        except (NotFound, PermissionRefused):
            raise
        except RequestRefused as error:
            self.tell_refusal(request, error)
        else:
            self.log_change(request, page, _("Published."))
            self.tell(request, _("“%(title)s” was published.") % {"title": short(page.title)})
        return HttpResponseRedirect(self.link("change", page.pk))

    def unpublish_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        page = self.find_page(request, pk, "publish")
        if request.method != "POST":
            return self.show_step(
                request,
                page,
                _("Unpublish"),
                None,
                _("Take it off the site"),
                _(
                    "Visitors will no longer find this page. The draft and the history stay, and so do the pages below it."
                ),
            )

        def work() -> None:
            unpublish_page(page, actor=Actor.from_request(request))
            self.log_change(request, page, _("Unpublished."))

        text = _("“%(title)s” was taken off the site.") % {"title": short(page.title)}
        return self.carry_out(request, work, done=text, then=self.link("change", page.pk))

    def schedule_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        page = self.find_page(request, pk, "publish")
        form = ScheduleForm(page, request.POST if request.method == "POST" else None)
        if form.is_valid():
            values = form.cleaned_data
            try:
                schedule_page(
                    page,
                    actor=Actor.from_request(request),
                    go_live_at=values["go_live_at"],
                    expire_at=values["expire_at"],
                    expected_version=values["version"],
                )
            except PublishRefused:
                self.tell(request, _("The draft cannot be published as it is, so it was not scheduled: see below."), 30)
                return HttpResponseRedirect(self.link("change", page.pk, check=1))
            except RequestRefused as error:
                put_errors(form, error)
            else:
                planned = values["go_live_at"] or values["expire_at"]
                self.tell(request, _("The schedule was saved.") if planned else _("Nothing is scheduled any more."))
                return HttpResponseRedirect(self.link("change", page.pk))
        return self.show_step(
            request,
            page,
            _("Schedule"),
            form,
            _("Save the schedule"),
            _("The draft as it is now is what goes live; later changes do not go with it."),
        )

    def template_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        page = self.find_page(request, pk)
        actor = Actor.from_request(request)
        model = get_template_model()
        get_policy(model).require(actor, "add", None)
        data = request.POST if request.method == "POST" else None
        form = TemplateNameForm(data, initial={"name": page.title[:100]}, label_suffix="")
        if form.is_valid():
            try:
                made = make_template(page, actor=actor, **form.cleaned_data)
            except RequestRefused as error:
                put_errors(form, error)
            else:
                self.tell(request, _("The template “%(name)s” was made.") % {"name": made.name})
                meta = model._meta
                name = f"{self.admin_site.name}:{meta.app_label}_{meta.model_name}_change"
                return HttpResponseRedirect(reverse(name, args=[made.pk]))
        return self.show_step(
            request,
            page,
            _("Save as template"),
            form,
            _("Make the template"),
            _("New pages can then start with these blocks."),
        )
