"""The guided steps: goal, role, content, design, publish."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from ai_cms.core.mappings import CleanedData, TemplateContext
from ai_cms.core.web import preview_address
from ai_cms.portfolio import get_project_model, get_resume_model, get_skill_model
from ai_cms.portfolio.design.layouts import layouts
from ai_cms.portfolio.design.tokens import Design
from ai_cms.portfolio.models import OwnedRow
from ai_cms.portfolio.services import guide_of, update_portfolio
from ai_cms.portfolio.services.content import Content, read_content, write_content

from .base import MyFormView
from .forms import ContentForm, DesignForm, GoalForm, PublishForm, RoleForm

__all__ = ["ContentView", "DesignView", "GoalView", "PublishView", "RoleView"]


class StepView(MyFormView):
    """One step: a form about the portfolio, and the steps around it."""

    template_name = "ai_cms/portfolio/web/step.html"
    step = ""
    submit = _("Save and go on")

    def get_initial(self) -> CleanedData:
        return {"version": self.portfolio().version, **self.values()}

    def values(self) -> CleanedData:
        """Return what the form shows at first."""
        return {}

    def save(self, data: CleanedData, version: int) -> None:
        """Write what the form says. Raises RequestRefused."""
        raise NotImplementedError(f"{type(self).__name__} has no save().")

    def carry_out(self, data: CleanedData) -> HttpResponse:
        self.save(data, data.pop("version"))
        if "stay" in self.request.POST:
            self.notice(_("Saved."))
            return self.go(self.step, self.portfolio().pk)
        return self.go(guide_of(self.portfolio()).after(self.step), self.portfolio().pk)

    def get_context_data(self, **kwargs: object) -> TemplateContext:
        portfolio = self.portfolio()
        return super().get_context_data(
            portfolio=portfolio,
            guide=guide_of(portfolio),
            step=self.step,
            preview=preview_address(portfolio.pk) if portfolio.pages else "",
            **kwargs,
        )


class GoalView(StepView):
    """What it is for."""

    step = "goal"
    form_class = GoalForm
    title = _("What is your portfolio for?")
    intro = _("It decides what comes first, and you can change it later.")

    def values(self) -> CleanedData:
        return {"goal": self.portfolio().goal}

    def save(self, data: CleanedData, version: int) -> None:
        update_portfolio(self.portfolio(), actor=self.actor, expected_version=version, **data)


class RoleView(StepView):
    """What one does."""

    step = "role"
    form_class = RoleForm
    title = _("What do you do?")

    def values(self) -> CleanedData:
        return {"title": self.portfolio().title, "role": self.portfolio().role}

    def save(self, data: CleanedData, version: int) -> None:
        update_portfolio(self.portfolio(), actor=self.actor, expected_version=version, **data)


class ContentView(StepView):
    """What stands in it."""

    step = "content"
    form_class = ContentForm
    template_name = "ai_cms/portfolio/web/content.html"
    title = _("What do you want to show?")

    def get_form_kwargs(self) -> dict[str, Any]:
        owner = self.portfolio().owner_id
        rows: dict[str, type[OwnedRow]] = {
            "projects": get_project_model(),
            "skills": get_skill_model(),
            "resumes": get_resume_model(),
        }
        lists = {name: list(model.objects.of_owner(owner)) for name, model in rows.items()}
        return {**super().get_form_kwargs(), **lists}

    def values(self) -> CleanedData:
        content = read_content(self.portfolio())
        return {
            **asdict(content),
            "show_projects": content.projects is not None,
            "show_skills": content.skills is not None,
            "projects": [str(key) for key in content.projects or []],
            "skills": [str(key) for key in content.skills or []],
            "resume": str(content.resume or ""),
        }

    def save(self, data: CleanedData, version: int) -> None:
        content = Content(
            heading=data["heading"],
            tagline=data["tagline"],
            # Browsers send lines ended as Windows has them.
            about=data["about"].replace("\r\n", "\n"),
            projects=data.get("projects", []) if data["show_projects"] else None,
            skills=data.get("skills", []) if data["show_skills"] else None,
            resume=int(data["resume"]) if data.get("resume") else None,
            timeline=data["timeline"],
            email=data["email"],
        )
        write_content(self.portfolio(), content, actor=self.actor, expected_version=version)


#: The form's colours: where each stands in the tokens.
_COLOURS = {
    "primary": ("colors", "primary"),
    "background": ("colors", "background"),
    "text": ("colors", "text"),
    "dark_primary": ("dark", "primary"),
}


class DesignView(StepView):
    """How it looks."""

    step = "design"
    form_class = DesignForm
    template_name = "ai_cms/portfolio/web/design.html"
    title = _("How should it look?")
    intro = _("Colours are checked: what cannot be read is not saved.")

    def values(self) -> CleanedData:
        stored, design = self.portfolio().design, self.portfolio().tokens
        fonts = stored.get("fonts") or {}
        return {
            "layout": design.layout,
            **{name: getattr(getattr(design, scheme), colour) for name, (scheme, colour) in _COLOURS.items()},
            "heading_font": fonts.get("heading") or "",
            "body_font": fonts.get("body") or "",
            "radius": "" if stored.get("radius") is None else stored["radius"],
            "spacing": stored.get("spacing") or "",
        }

    def save(self, data: CleanedData, version: int) -> None:
        portfolio = self.portfolio()
        before, shown = portfolio.design, self.values()
        design: dict[str, Any] = {"layout": data["layout"]}
        same_layout = data["layout"] == portfolio.tokens.layout
        for scheme in ("colors", "dark"):
            # Colours set elsewhere stay; with another layout its own come.
            design[scheme] = dict(before.get(scheme) or {}) if same_layout else {}
        for name, (scheme, colour) in _COLOURS.items():
            # A colour field always has a value: only what was changed is meant.
            if data[name].lower() != shown[name]:
                design[scheme][colour] = data[name]
        design["fonts"] = {part: data[f"{part}_font"] for part in ("heading", "body") if data[f"{part}_font"]}
        for name in ("radius", "spacing"):
            if data[name] not in (None, ""):
                design[name] = data[name]
        tidy = {name: value for name, value in design.items() if value != {}}
        update_portfolio(portfolio, actor=self.actor, expected_version=version, design=tidy)

    def get_context_data(self, **kwargs: object) -> TemplateContext:
        shown = [(name, layout, Design.of({"layout": name})) for name, layout in layouts.items()]
        return super().get_context_data(layouts=shown, **kwargs)


class PublishView(StepView):
    """Show it to everybody, or take it off again."""

    step = "publish"
    form_class = PublishForm
    template_name = "ai_cms/portfolio/web/publish.html"
    title = _("Publish it")

    def values(self) -> CleanedData:
        return {"slug": self.portfolio().slug}

    def post(self, request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
        portfolio = self.portfolio()
        if "unpublish" in request.POST:
            update_portfolio(portfolio, actor=self.actor, is_published=False)
            self.notice(_("Nobody but you sees it now."))
            return self.go("publish", portfolio.pk)
        if "guided" in request.POST:
            update_portfolio(portfolio, actor=self.actor, is_guided=request.POST["guided"] == "1")
            return self.go("publish", portfolio.pk)
        return super().post(request, *args, **kwargs)

    def carry_out(self, data: CleanedData) -> HttpResponse:
        portfolio = self.portfolio()
        slug = data["slug"] if data["slug"] != portfolio.slug else None
        update_portfolio(portfolio, actor=self.actor, expected_version=data["version"], slug=slug, is_published=True)
        self.notice(_("It is published: everybody can see it."))
        return self.go("publish", portfolio.pk)
