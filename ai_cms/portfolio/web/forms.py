"""The forms of the portfolio pages. What is right and wrong is said by the services; a form shows it at the field."""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from ai_cms.core.web import PlainForm, VersionedForm
from ai_cms.portfolio.design.layouts import FONTS, layouts
from ai_cms.portfolio.models import Goal, SkillCategory

__all__ = [
    "ContentForm",
    "DesignForm",
    "GoalForm",
    "ImportForm",
    "NewForm",
    "ProjectForm",
    "PublishForm",
    "ResumeForm",
    "RoleForm",
    "SkillForm",
]

_DATE_HELP = _("As exact as you know it: 2024, 2024-06 or 2024-06-29.")
_AS_LAYOUT = ("", _("As the layout has it"))


class NewForm(PlainForm):
    title = forms.CharField(
        label=_("Title"), max_length=255, help_text=_("Your name, or that of your studio. You can change it later.")
    )


class GoalForm(VersionedForm):
    goal = forms.ChoiceField(label=_("What is it for?"), choices=Goal.choices, widget=forms.RadioSelect)


class RoleForm(VersionedForm):
    title = forms.CharField(label=_("Title"), max_length=255)
    role = forms.CharField(
        label=_("What do you do?"),
        max_length=100,
        help_text=_("Such as: Frontend engineer, Illustrator, Carpenter."),
        widget=forms.TextInput(attrs={"autocomplete": "organization-title"}),
    )


class RowsField(forms.MultipleChoiceField):
    """Some of one's own rows, in the order in which they are listed."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, widget=forms.CheckboxSelectMultiple, **kwargs)

    def clean(self, value: object) -> list[int]:
        return [int(key) for key in super().clean(value)]


class ContentForm(VersionedForm):
    heading = forms.CharField(label=_("Heading"), max_length=300, help_text=_("Often your name."))
    tagline = forms.CharField(
        label=_("One sentence below it"), max_length=1_000, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )
    about = forms.CharField(
        label=_("About you"),
        max_length=20_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 8}),
        help_text=_("An empty line begins a new paragraph."),
    )
    show_projects = forms.BooleanField(label=_("Show projects"), required=False)
    projects = RowsField(label=_("Which projects"), help_text=_("None ticked: all of them."))
    show_skills = forms.BooleanField(label=_("Show skills"), required=False)
    skills = RowsField(label=_("Which skills"), help_text=_("None ticked: all of them."))
    timeline = forms.BooleanField(label=_("Show a timeline of my résumé"), required=False)
    resume = forms.ChoiceField(label=_("Résumé"), required=False)
    email = forms.EmailField(
        label=_("E-mail address to write to"),
        required=False,
        help_text=_("Everybody sees it. Leave it empty to show none."),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )

    def __init__(self, *args: object, projects: Any, skills: Any, resumes: Any, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["projects"].choices = [(str(row.pk), row.title) for row in projects]
        fields["skills"].choices = [(str(row.pk), row.name) for row in skills]
        fields["resume"].choices = [("", _("The newest")), *((str(row.pk), row.title) for row in resumes)]
        for name, rows in (("projects", projects), ("skills", skills), ("resume", resumes)):
            if not rows:
                del fields[name]


def _colour(label: Any) -> forms.CharField:
    return forms.CharField(label=label, max_length=7, widget=forms.TextInput(attrs={"type": "color"}))


class DesignForm(VersionedForm):
    layout = forms.ChoiceField(label=_("Layout"), widget=forms.RadioSelect)
    primary = _colour(_("Colour of links and buttons"))
    background = _colour(_("Background"))
    text = _colour(_("Text"))
    dark_primary = _colour(_("Colour of links and buttons, in the dark"))
    heading_font = forms.ChoiceField(label=_("Font of headings"), required=False)
    body_font = forms.ChoiceField(label=_("Font of text"), required=False)
    radius = forms.TypedChoiceField(
        label=_("Corners"),
        required=False,
        coerce=int,
        empty_value=None,
        choices=[_AS_LAYOUT, (0, _("Sharp")), (4, _("A little round")), (8, _("Round")), (16, _("Very round"))],
    )
    spacing = forms.ChoiceField(
        label=_("Spacing"),
        required=False,
        choices=[_AS_LAYOUT, ("compact", _("Compact")), ("normal", _("Normal")), ("airy", _("Airy"))],
    )

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["layout"].choices = [(name, layout.label) for name, layout in layouts.items()]
        fonts = [_AS_LAYOUT, *((name, label) for name, (label, _stack) in FONTS.items())]
        fields["heading_font"].choices = fields["body_font"].choices = fonts


class PublishForm(VersionedForm):
    slug = forms.CharField(
        label=_("Address"),
        max_length=100,
        help_text=_("Letters, digits and hyphens. Links to the old one still lead here."),
    )


class ProjectForm(PlainForm):
    title = forms.CharField(label=_("Title"), max_length=200)
    description = forms.CharField(
        label=_("Description"), max_length=5_000, required=False, widget=forms.Textarea(attrs={"rows": 5})
    )
    link = forms.CharField(
        label=_("Link"), max_length=2_000, required=False, widget=forms.URLInput(attrs={"placeholder": "https://"})
    )
    technologies = forms.CharField(
        label=_("Technologies"), max_length=2_000, required=False, help_text=_("With commas between them.")
    )
    image_url = forms.CharField(
        label=_("Picture"),
        max_length=2_000,
        required=False,
        help_text=_("A web address, or asset: and the number of one of your pictures."),
    )
    image_alt = forms.CharField(
        label=_("What the picture shows"), max_length=500, required=False, help_text=_("For readers who cannot see it.")
    )
    start_date = forms.CharField(label=_("Begun"), max_length=10, required=False, help_text=_DATE_HELP)
    end_date = forms.CharField(
        label=_("Finished"), max_length=10, required=False, help_text=_("Empty if you are still at it.")
    )

    def clean_technologies(self) -> list[str]:
        return [word.strip() for word in self.cleaned_data["technologies"].split(",") if word.strip()]


class SkillForm(PlainForm):
    name = forms.CharField(label=_("Name"), max_length=100)
    category = forms.ChoiceField(label=_("Category"), choices=SkillCategory.choices)
    level = forms.TypedChoiceField(
        label=_("Level"),
        required=False,
        coerce=int,
        empty_value=None,
        choices=[
            ("", _("Do not say")),
            (1, _("1: begun")),
            (2, _("2: with help")),
            (3, _("3: on my own")),
            (4, _("4: for years")),
            (5, _("5: could teach it")),
        ],
    )
    years = forms.DecimalField(
        label=_("Years"), required=False, min_value=0, max_value=80, max_digits=3, decimal_places=1
    )


class IndentedField(forms.JSONField):
    """JSON as people can read it; no text is escaped."""

    def prepare_value(self, value: object) -> Any:
        if isinstance(value, str):
            return value
        return json.dumps(value if value is not None else {}, ensure_ascii=False, indent=2)


class ResumeForm(PlainForm):
    title = forms.CharField(label=_("Title"), max_length=200, help_text=_("For yourself; nobody else sees it."))
    content = IndentedField(
        label=_("JSON Resume"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 20, "spellcheck": "false", "class": "portfolio-code"}),
        help_text=_("The document itself. An import fills it in; see jsonresume.org/schema."),
    )


class ImportForm(PlainForm):
    file = forms.FileField(
        label=_("File"), help_text=_("A JSON Resume (.json), or the archive that LinkedIn sends you (.zip).")
    )
    title = forms.CharField(
        label=_("Title"), max_length=200, required=False, help_text=_("Empty: the name and profession in it.")
    )
    rows = forms.BooleanField(label=_("Also add the projects and skills it names"), required=False, initial=True)
