"""The admin of categories and tags; posts and blogs are pages, and in the admin of pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.db.models import Count, Model, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext_lazy as _

from ai_cms.core.admin import ClearAdmin
from ai_cms.core.exceptions import RequestRefused
from ai_cms.core.mappings import TemplateContext
from ai_cms.core.permissions import Actor, get_policy
from ai_cms.core.slugs import make_slug

from . import get_category_model, get_post_model, get_tag_model
from .names import clean_names
from .services import create_category, delete_category, delete_tag, rename_tag, tags_named, update_category

if TYPE_CHECKING:
    from .taxonomy import AbstractCategory, AbstractTag

__all__ = ["CategoryAdmin", "TagAdmin"]


class TaxonomyAdmin(ClearAdmin):
    """Ask the policy, whatever Django's permissions say, and tell what a service refuses as a message."""

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: TemplateContext | None = None,
    ) -> HttpResponse:
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except RequestRefused as error:
            return self._told(request, error)

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: TemplateContext | None = None
    ) -> HttpResponse:
        try:
            return super().delete_view(request, object_id, extra_context)
        except RequestRefused as error:
            return self._told(request, error)

    def _told(self, request: HttpRequest, error: RequestRefused) -> HttpResponse:
        found = error.errors or {"": [error.detail]}
        messages.error(request, " ".join(str(text) for texts in found.values() for text in texts))
        return HttpResponseRedirect(request.get_full_path())

    def _can(self, request: HttpRequest, action: str) -> bool:
        return get_policy(self.model).can(Actor.from_request(request), action)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return Actor.from_request(request).is_staff

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return Actor.from_request(request).is_staff

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self._can(request, "add")

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self._can(request, "change")

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self._can(request, "delete")

    def counted(self, queryset: QuerySet[Model], name: str) -> QuerySet[Model]:
        """Return the rows with the number of posts that name them."""
        field: Any = get_post_model()._meta.get_field(name)
        own = field.m2m_reverse_field_name()
        rows = field.remote_field.through._base_manager.filter(**{own: OuterRef("pk")}).order_by()
        number = Subquery(rows.values(own).annotate(number=Count("pk")).values("number"))
        counted: QuerySet[Model] = queryset.annotate(number_of_posts=Coalesce(number, 0))
        return counted

    @admin.display(description=_("posts"), ordering="number_of_posts")
    def posts(self, obj: Any) -> int:
        return int(obj.number_of_posts)


class CategoryForm(forms.ModelForm):  # type: ignore[type-arg]
    """Refuse what the service would refuse, at the field it is about."""

    def clean_slug(self) -> str:
        slug: str = self.cleaned_data["slug"]
        if slug and make_slug(slug) != slug:
            raise forms.ValidationError(
                _("Use letters, digits, hyphens and underscores only, such as %(slug)s.")
                % {"slug": make_slug(slug, fallback="news")}
            )
        return slug

    def clean_parent(self) -> Any:
        parent = above = self.cleaned_data["parent"]
        while above is not None:
            if above.pk == self.instance.pk:
                raise forms.ValidationError(_("A category cannot stand below itself."))
            above = above.parent
        return parent


class CategoryAdmin(TaxonomyAdmin):
    """Make, change and delete categories; published posts follow."""

    form = CategoryForm
    list_display = ["name", "parent", "slug", "posts"]
    list_select_related = ["parent"]
    search_fields = ["name", "slug"]
    autocomplete_fields = ["parent"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Model]:
        return self.counted(super().get_queryset(request), "categories")

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        actor = Actor.from_request(request)
        values = {name: getattr(obj, name) for name in form.fields}
        made = update_category(obj, actor=actor, fields=values) if change else create_category(actor=actor, **values)
        obj.__dict__.update(made.__dict__)

    def delete_model(self, request: HttpRequest, obj: AbstractCategory) -> None:
        delete_category(obj, actor=Actor.from_request(request))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        for category in queryset:
            delete_category(category, actor=Actor.from_request(request))


class TagForm(forms.ModelForm):  # type: ignore[type-arg]
    """The name alone; what follows of it the service knows."""

    def clean_name(self) -> str:
        try:
            names = clean_names([self.cleaned_data["name"]])
        except RequestRefused as error:
            raise forms.ValidationError(str(error)) from None
        if not names:
            raise forms.ValidationError(_("A tag needs a letter or digit."))
        return names[0]

    def _post_clean(self) -> None:
        # Neither the model's validation, which knows no other spelling of a tag, nor a change of the row: renaming to a name
        # that is there joins the two.
        return None


class TagAdmin(TaxonomyAdmin):
    """Rename tags (to a name that is there: the two become one) and delete them; published posts follow."""

    form = TagForm
    list_display = ["name", "slug", "locale", "posts"]
    list_filter = ["locale"]
    search_fields = ["name", "key"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Model]:
        return self.counted(super().get_queryset(request), "tags")

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> Any:
        return ["name", "locale"] if obj is None else ["name"]

    def save_model(self, request: HttpRequest, obj: AbstractTag, form: Any, change: bool) -> None:
        name = form.cleaned_data["name"]
        if change:
            made = rename_tag(obj, name, actor=Actor.from_request(request))
        else:
            made = tags_named([name], locale=form.cleaned_data["locale"])[0]
        obj.__dict__.update(made.__dict__)

    def delete_model(self, request: HttpRequest, obj: AbstractTag) -> None:
        delete_tag(obj, actor=Actor.from_request(request))

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        for tag in queryset:
            delete_tag(tag, actor=Actor.from_request(request))


for model, model_admin in ((get_category_model(), CategoryAdmin), (get_tag_model(), TagAdmin)):
    # A host may have registered an admin of its own for the models it swaps.
    if not admin.site.is_registered(model):
        admin.site.register(model, model_admin)
