"""The library in the admin: drafts are edited, and published by whoever may."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from ai_cms.assist.library import publish_item, retire_item
from ai_cms.assist.models import LibraryItem, LibraryKind, LibraryVersion
from ai_cms.assist.prompting import check_prompt
from ai_cms.assist.registry import tasks
from ai_cms.core.exceptions import InvalidInput, RequestRefused
from ai_cms.core.permissions import Actor, get_policy
from ai_cms.pages.services import page_types

from .prompt_editing import PromptPages

__all__ = ["LibraryItemAdmin"]


class LibraryItemForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = LibraryItem
        fields = ["kind", "name", "text", "below", "page_type", "locale", "task"]

    def clean_task(self) -> str:
        return self._one_of("task", [*tasks, "chat"])

    def clean(self) -> Any:
        values = super().clean()
        # Cleaned by now, whatever the order of the fields.
        if self.cleaned_data.get("kind") == LibraryKind.PROMPT and "text" in self.cleaned_data:
            task = tasks.get(self.cleaned_data.get("task", ""))
            if task is None:
                self.add_error("task", _("Name the task that these are the instructions of."))
            else:
                try:
                    check_prompt(self.cleaned_data["text"], task.options())
                except InvalidInput as error:
                    self.add_error("text", [str(text) for text in (error.errors or {}).get("text", [])])
        return values

    def clean_page_type(self) -> str:
        self.cleaned_data["page_type"] = self.cleaned_data["page_type"].lower()
        return self._one_of("page_type", list(page_types()))

    def _one_of(self, name: str, known: list[str]) -> str:
        value: str = self.cleaned_data[name]
        if value and value not in known:
            raise forms.ValidationError(_("Choose one of: %(names)s."), params={"names": ", ".join(known)})
        return value


class VersionInline(admin.TabularInline):  # type: ignore[type-arg]
    model = LibraryVersion
    fk_name = "item"
    extra = 0
    can_delete = False
    fields = ("number", "text", "scope", "published_at", "published_by")
    readonly_fields = ("number", "text", "scope", "published_at", "published_by")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(LibraryItem)
class LibraryItemAdmin(PromptPages):
    """Models are told what is published, not what is being written."""

    form = LibraryItemForm
    list_display = ["name", "kind", "scope", "state", "updated_at"]
    list_filter = ["kind"]
    list_select_related = ["published", "below"]
    search_fields = ["name", "text"]
    raw_id_fields = ["below"]
    actions = ["publish", "retire"]
    inlines = [VersionInline]

    def has_publish_permission(self, request: HttpRequest) -> bool:
        actor, policy = Actor.from_request(request), get_policy(LibraryItem)
        return policy.can(actor, "publish") or policy.can(actor, "publish", LibraryItem(kind=LibraryKind.PROMPT))

    @admin.display(description=_("for"))
    def scope(self, item: LibraryItem) -> str:
        parts = [str(item.below or ""), item.page_type, item.locale, item.task]
        return ", ".join(filter(None, parts)) or str(_("everything"))

    @admin.display(description=_("state"))
    def state(self, item: LibraryItem) -> str:
        version = item.published
        if version is None:
            return str(_("Draft"))
        told = {"number": version.number}
        if version.text != item.text.strip() or version.name != item.name:
            return _("Version %(number)d, with unpublished changes") % told
        return _("Version %(number)d") % told

    @admin.action(description=_("Publish the selected items"), permissions=["publish"])
    def publish(self, request: HttpRequest, queryset: QuerySet[LibraryItem]) -> None:
        done = 0
        for item in queryset:
            try:
                publish_item(item, actor=Actor.from_request(request))
                done += 1
            except RequestRefused as error:
                self.message_user(request, f"{item}: {error.detail}", messages.ERROR)
        words = ngettext("%(count)d item is published.", "%(count)d items are published.", done)
        self.message_user(request, words % {"count": done}, messages.SUCCESS)

    @admin.action(description=_("Tell models no more of the selected items"), permissions=["publish"])
    def retire(self, request: HttpRequest, queryset: QuerySet[LibraryItem]) -> None:
        for item in queryset:
            try:
                retire_item(item, actor=Actor.from_request(request))
            except RequestRefused as error:
                self.message_user(request, f"{item}: {error.detail}", messages.ERROR)
                return
        self.message_user(request, _("Models are told no more of them; the versions stay."), messages.SUCCESS)
