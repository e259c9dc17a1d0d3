"""Tags for a post are chosen from those of the site."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ai_cms.assist.exceptions import InvalidPayload
from ai_cms.assist.services import generate_text
from ai_cms.core.permissions import Actor
from ai_cms.llm.handler import llms
from ai_cms.pages import services as pages
from ai_cms.pages.models import Proposal
from ai_cms.posts import get_tag_model
from ai_cms.posts.services import create_post, tags_named

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def model(settings: Any) -> Any:
    """Return a function that makes the default alias answer with these tags, one list a call."""
    settings.AI_CMS = {
        **settings.AI_CMS,
        "LLM": {"default": {"BACKEND": "ai_cms.llm.backends.testing.TestingBackend", "MODEL": "m-1"}},
        "LLM_CREDITS": False,
        "RUNNER": "inline",
    }

    def answers(*lists: list[str]) -> Any:
        backend: Any = llms["default"]
        backend.script(*[json.dumps({"tags": names}) for names in lists])
        return backend

    return answers


@pytest.fixture
def post(site: Any, superuser: Any) -> Any:
    blog = site.root
    tags_named(["Rye bread", "Sourdough", "Cakes"], locale=blog.locale)
    tags_named(["Roggen"], locale="xx")
    content = [{"type": "rich_text", "props": {"html": "<p>How our sourdough makes rye bread rise.</p>"}}]
    return create_post(actor=superuser, parent=blog, title="Rising", content=content, tags=["Cakes"])


def test_tags_are_those_of_the_site_in_its_spelling(model: Any, post: Any, superuser: Any) -> None:
    backend = model(["sourdough", "RYE BREAD", "Fermentation", "sourdough", "Cakes"])
    outcome = generate_text("post_tags", {}, actor=superuser, page=post)
    assert outcome.result.output == {"tags": ["Sourdough", "Rye bread", "Cakes"], "added": ["Sourdough", "Rye bread"]}
    data = backend.requests[0].messages[1].text
    assert "Roggen" not in data
    proposal = Proposal.objects.get()
    pages.accept_proposal(proposal, actor=superuser)
    post.refresh_from_db()
    assert {tag.name for tag in post.tags.all()} == {"Cakes", "Sourdough", "Rye bread"}
    assert get_tag_model().objects.filter(locale=post.locale).count() == 3


def test_as_many_new_ones_as_may_be(model: Any, post: Any, superuser: Any) -> None:
    model(["Fermentation", "Yeast", "Sourdough"])
    outcome = generate_text("post_tags", {"new": 1}, actor=superuser, page=post)
    assert outcome.result.output["tags"] == ["Fermentation", "Sourdough"]
    assert set(get_tag_model().objects.filter(name__in=["Fermentation", "Yeast"]).values_list("name", flat=True)) == {
        "Fermentation"
    }


def test_rules_choose_what_stands_in_the_text(settings: Any, post: Any, superuser: Any) -> None:
    settings.AI_CMS = {
        **settings.AI_CMS,
        "LLM": {"default": {"BACKEND": "ai_cms.llm.backends.local.LocalBackend"}},
    }
    outcome = generate_text("post_tags", {}, actor=superuser, page=post)
    assert outcome.result.output["tags"] == ["Rye bread", "Sourdough"]


def test_only_posts_have_tags(model: Any, site: Any, superuser: Any) -> None:
    with pytest.raises(InvalidPayload):
        generate_text("post_tags", {}, actor=Actor.of(superuser), page=site.root)
