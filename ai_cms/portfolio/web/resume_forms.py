"""The forms of a résumé: who somebody is, and an entry each for work and education."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from ai_cms.core.web import PlainForm
from ai_cms.portfolio.validators import validate_date

__all__ = ["BasicsForm", "EducationFormSet", "WorkFormSet"]

_LINES = {"rows": 3}


def _text(label: Any, **options: Any) -> forms.CharField:
    return forms.CharField(**{"label": label, "required": False, "max_length": 500, **options})


def _date(label: Any, help_text: Any) -> forms.CharField:
    return forms.CharField(label=label, required=False, max_length=10, validators=[validate_date], help_text=help_text)


class BasicsForm(PlainForm):
    title = forms.CharField(label=_("Title"), max_length=200, help_text=_("For yourself; nobody else sees it."))
    name = _text(_("Name"), widget=forms.TextInput(attrs={"autocomplete": "name"}))
    label = _text(_("Profession"), widget=forms.TextInput(attrs={"autocomplete": "organization-title"}))
    email = forms.EmailField(
        label=_("E-mail address"), required=False, widget=forms.EmailInput(attrs={"autocomplete": "email"})
    )
    phone = _text(_("Telephone"), widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}))
    url = forms.URLField(label=_("Web site"), required=False, assume_scheme="https")
    city = _text(_("City"), widget=forms.TextInput(attrs={"autocomplete": "address-level2"}))
    countryCode = _text(_("Country"), max_length=2, help_text=_("Two letters, such as GB."))
    summary = _text(_("About you"), max_length=5_000, widget=forms.Textarea(attrs={"rows": 4}))
    skills = _text(_("Skills"), max_length=5_000, help_text=_("With commas between them."))
    languages = _text(_("Languages"), max_length=1_000, help_text=_("With commas between them."))


class EntryForm(PlainForm):
    """An entry; one that is left empty is none."""

    number = forms.IntegerField(required=False, widget=forms.HiddenInput, min_value=0)
    heading_field = ""

    @property
    def heading(self) -> str:
        """What the entry is called on the page; "" for a new one."""
        return str(self[self.heading_field].value() or "")


class WorkForm(EntryForm):
    heading_field = "position"
    position = _text(_("Position"))
    name = _text(_("Employer"))
    location = _text(_("Place"))
    startDate = _date(_("From"), _("2024, 2024-06 or 2024-06-29."))
    endDate = _date(_("To"), _("Empty if you are still there."))
    summary = _text(_("What you did"), max_length=5_000, widget=forms.Textarea(attrs=_LINES))
    highlights = _text(
        _("What came of it"), max_length=5_000, widget=forms.Textarea(attrs=_LINES), help_text=_("A line for each.")
    )


class EducationForm(EntryForm):
    heading_field = "institution"
    studyType = _text(_("Degree"))
    area = _text(_("Subject"))
    institution = _text(_("School"))
    startDate = _date(_("From"), _("2024, 2024-06 or 2024-06-29."))
    endDate = _date(_("To"), _("Empty if you are still there."))


_OPTIONS: dict[str, Any] = {"extra": 1, "can_delete": True, "max_num": 60, "absolute_max": 80}
WorkFormSet: Any = forms.formset_factory(WorkForm, **_OPTIONS)
EducationFormSet: Any = forms.formset_factory(EducationForm, **_OPTIONS)
