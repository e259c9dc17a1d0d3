"""The page on which staff write a task's prompt: its text, what differs from the shipped one, and its versions.

Plain forms: everything is reached and done by keyboard, and nothing needs JavaScript.
"""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache

from ai_cms.assist.models import LibraryItem, LibraryKind
from ai_cms.assist.own_prompts import own_prompt, publish_prompt, revert_prompt, save_prompt, use_shipped
from ai_cms.assist.prompting import digest_of, editable, shipped
from ai_cms.assist.registry import WritingTask, tasks
from ai_cms.core.admin import ClearAdmin
from ai_cms.core.exceptions import NotFound, PermissionRefused, RequestRefused
from ai_cms.core.permissions import Actor, get_policy
from ai_cms.pages.changes import text_difference

__all__ = ["PromptPages"]

PROMPT_LENGTH = 4_000


class PromptForm(forms.Form):
    text = forms.CharField(
        label=gettext_lazy("Instructions"),
        max_length=PROMPT_LENGTH,
        widget=forms.Textarea(attrs={"rows": 14, "spellcheck": "true", "aria-describedby": "prompt-help"}),
    )
    #: By what the draft that is edited is known.
    seen = forms.CharField(required=False, widget=forms.HiddenInput)


class PromptPages(ClearAdmin):
    """An admin of the library with a page for the prompt of each task."""

    def get_urls(self) -> list[URLPattern]:
        view: Any = self.admin_site.admin_view(never_cache(self.prompt_view))
        name = f"{self.opts.app_label}_{self.opts.model_name}_prompt"
        return [path("prompt/<str:name>/", view, name=name), *super().get_urls()]

    def prompt_view(self, request: HttpRequest, name: str) -> HttpResponse:
        """Show a task's prompt, and do what a form of the page asks for."""
        task = tasks.get(name)
        if task is None:
            raise Http404
        actor = Actor.from_request(request)
        item = own_prompt(task)
        if not get_policy(LibraryItem).can(actor, "view", item):
            raise PermissionDenied
        form = PromptForm(
            initial={"text": self._text(task, item), "seen": digest_of(item.text) if item is not None else ""}
        )
        if request.method == "POST":
            form = PromptForm(request.POST)
            try:
                words = self._act(request, task, item, form, actor)
            except PermissionRefused as error:
                raise PermissionDenied from error
            except NotFound as error:
                raise Http404 from error
            except RequestRefused as error:
                told = [text for texts in (error.errors or {}).values() for text in texts] or [str(error.detail)]
                for text in told:
                    form.add_error("text", str(text))
                item = own_prompt(task)
            else:
                if words:
                    self.message_user(request, words, messages.SUCCESS)
                    return HttpResponseRedirect(request.path)
        return self._shown(request, task, item, form, actor)

    def _act(
        self, request: HttpRequest, task: WritingTask, item: LibraryItem | None, form: PromptForm, actor: Actor
    ) -> str:
        """Do what was asked and return it in words; "" where the form has to be corrected."""
        act = request.POST.get("act")
        if act in ("save", "publish"):
            if not form.is_valid():
                return ""
            saved = save_prompt(task, form.cleaned_data["text"], actor=actor, seen=form.cleaned_data["seen"])
            if act == "save":
                return _("The draft is saved; models get it once it is published.")
            version = publish_prompt(saved, task, actor=actor)
            return _("Models are instructed by version %(number)d from now on.") % {"number": version.number}
        if item is None:
            raise NotFound
        if act == "shipped":
            use_shipped(item, actor=actor)
            return _("Models are instructed by the shipped prompt again.")
        number = request.POST.get("number", "")
        if act != "revert" or not (number.isascii() and number.isdecimal() and len(number) < 9):
            raise NotFound
        version = revert_prompt(item, int(number), task, actor=actor)
        return _("Models are instructed by version %(number)d from now on.") % {"number": version.number}

    def _text(self, task: WritingTask, item: LibraryItem | None) -> str:
        return item.text if item is not None else editable(shipped(task.template_name))

    def _shown(
        self, request: HttpRequest, task: WritingTask, item: LibraryItem | None, form: PromptForm, actor: Actor
    ) -> HttpResponse:
        policy = get_policy(LibraryItem)
        original = editable(shipped(task.template_name))
        draft = str(form["text"].value() or "").replace("\r\n", "\n").strip()
        published = item.published if item is not None else None
        narrower = LibraryItem.objects.filter(kind=LibraryKind.PROMPT, task=task.name)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Prompt: %(task)s") % {"task": task.label},
            "opts": self.opts,
            "media": self.media,
            "task": task,
            "form": form,
            "item": item,
            "published": published if published is not None and published.kind == LibraryKind.PROMPT else None,
            "unpublished": published is not None and item is not None and published.text != item.text.strip(),
            "options": sorted(task.options()),
            "difference": text_difference(original, draft),
            "versions": list(item.versions.select_related("published_by")) if item is not None else [],
            "narrower": narrower.exclude(pk=item.pk if item is not None else 0),
            "may_edit": policy.can(actor, "add" if item is None else "change", item),
            "may_publish": policy.can(actor, "publish", item or LibraryItem(kind=LibraryKind.PROMPT)),
            "back": reverse(f"{self.admin_site.name}:ai_cms_assist_writingrun_prompts"),
        }
        request.current_app = self.admin_site.name
        response = TemplateResponse(request, "admin/ai_cms_assist/libraryitem/prompt.html", context)
        if form.errors:
            response.status_code = 422 if form.is_bound else 200
        return response

    @property
    def media(self) -> Any:
        styles = ["ai_cms/pages/admin/admin.css", "ai_cms/assist/writing.css"]
        return super().media + forms.Media(css={"all": styles})
