"""The forms of evidence in the admin."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from ai_cms.core.web import PlainForm
from ai_cms.pages.models import Site

from ..authorship import ReportFilter
from ..undo.selection import Selection

__all__ = ["ReportForm", "SelectionForm"]


class _Moment(forms.DateTimeField):
    """A time, asked for with the browser's own picker."""

    def __init__(self, **options: Any) -> None:
        widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
        super().__init__(required=False, widget=widget, **options)


class SelectionForm(PlainForm):
    """Which acts are meant."""

    agent = forms.CharField(
        label=_("Agent"), required=False, max_length=200, help_text=_("Its name, as the list shows it.")
    )
    run = forms.CharField(label=_("Run"), required=False, max_length=64)
    call = forms.CharField(label=_("Call of a model"), required=False, max_length=64)
    token = forms.CharField(label=_("API token"), required=False, max_length=64, help_text=_("Its number."))
    since = _Moment(label=_("Since"), help_text=_("Leave it empty for everything."))
    until = _Moment(label=_("Up to"))

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        if not any(values.get(name) for name in ("agent", "run", "call", "token")):
            raise forms.ValidationError(_("Name an agent, a run, a call or a token."))
        return values

    @property
    def selection(self) -> Selection:
        """What was chosen, of a valid form."""
        return Selection(**self.cleaned_data)


class ReportForm(PlainForm):
    """The filters of the report."""

    site: Any = forms.ModelChoiceField(label=_("Site"), queryset=None, required=False, empty_label=_("All"))
    below = forms.IntegerField(
        label=_("Below the page"), required=False, min_value=1, max_value=2**63 - 1, help_text=_("Its number.")
    )
    model = forms.CharField(label=_("Model"), required=False, max_length=200)
    person = forms.CharField(label=_("Responsible"), required=False, max_length=64, help_text=_("The person's number."))
    since = _Moment(label=_("Written since"))
    unreviewed = forms.BooleanField(label=_("Only what nobody answers for"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["site"]
        field.queryset = Site.objects.order_by("name", "pk")

    @property
    def chosen(self) -> ReportFilter:
        """The filter, of a valid form."""
        values = dict(self.cleaned_data)
        site = values.pop("site")
        return ReportFilter(site=site.pk if site is not None else None, **values)
