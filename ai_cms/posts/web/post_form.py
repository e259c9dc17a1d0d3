"""The form of a post. What is right and wrong is said by the services; the form shows it at the field."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from ai_cms.core.web import VersionedForm
from ai_cms.posts import get_category_model

from ..forms import TagsFormField
from .texts import HTML

__all__ = ["PostForm"]

_MARKDOWN_HELP = _(
    "An empty line starts a new paragraph. **Bold**, *italic*, ## a heading and [a link](https://…) work."
)
_HTML_HELP = _("As HTML, because the text holds what plain text has no words for.")


class PostForm(VersionedForm):
    """``written``: how the text is typed. ``picture``: what is shown of the picture that the post has."""

    title = forms.CharField(label=_("Title"), max_length=255)
    body = forms.CharField(label=_("Text"), required=False, strip=False, widget=forms.Textarea(attrs={"rows": 16}))
    thumbnail = forms.FileField(
        label=_("Picture"),
        required=False,
        max_length=255,
        help_text=_("Stands above the text and in lists. JPEG, PNG, WebP …; where it was taken is not kept."),
        widget=forms.FileInput(attrs={"accept": "image/*"}),
    )
    alt = forms.CharField(
        label=_("What the picture shows"),
        max_length=500,
        required=False,
        help_text=_("For readers who cannot see it."),
    )
    without_picture = forms.BooleanField(label=_("Take the picture away"), required=False)
    excerpt = forms.CharField(
        label=_("Summary"),
        required=False,
        max_length=2_000,
        help_text=_("Empty for the first 40 words."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    categories = forms.MultipleChoiceField(label=_("Categories"), required=False, widget=forms.CheckboxSelectMultiple)
    tags = TagsFormField(
        label=_("Tags"), required=False, help_text=_("Words, with commas between them."), widget=forms.TextInput
    )

    def __init__(self, *args: Any, written: str, picture: object, is_new: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        fields: dict[str, Any] = self.fields
        fields["body"].help_text = _HTML_HELP if written == HTML else _MARKDOWN_HELP
        names = get_category_model()._base_manager.order_by("name").values_list("pk", "name")
        fields["categories"].choices = [(str(pk), name) for pk, name in names]
        if not fields["categories"].choices:
            del fields["categories"]
        if picture is None:
            del fields["without_picture"]
        if is_new:
            del fields["version"]
