"""Protected phrases stay to the letter; pictures of a page are shown to a model that sees."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ai_cms.assist.library import publish_item
from ai_cms.assist.models import LibraryItem
from ai_cms.assist.pictures import picture_views
from ai_cms.assist.services import generate_text
from ai_cms.core.permissions import Actor
from ai_cms.llm.exceptions import LLMInvalidOutput
from ai_cms.llm.messages import ImagePart

pytestmark = pytest.mark.django_db(transaction=True)
Model = Callable[..., Any]
SOURCE = "Bake with FloraMill 2000 at Mill & Sons, says Mill & Sons."


def answer(text: str) -> dict[str, Any]:
    return {"pieces": [{"key": "p1", "text": text}]}


@pytest.mark.parametrize("where", ["payload", "library"])
def test_a_phrase_that_is_lost_is_asked_for_again(model: Model, actor: Actor, where: str) -> None:
    good = "Use the FloraMill 2000 of Mill & Sons (Mill & Sons)."
    backend = model(answer("Use the FloraMill of Mill & Sons."), answer(good))
    payload: dict[str, Any] = {"text": SOURCE}
    phrases = ["FloraMill 2000", "Mill & Sons", "Not in the text"]
    if where == "payload":
        payload["protected"] = phrases
    else:
        item = LibraryItem.objects.create(kind="protected", name="Names", text="\n".join(phrases))
        publish_item(item, actor=actor)
    outcome = generate_text("improve", payload, actor=actor)
    assert outcome.result.output["text"] == good
    assert len(backend.requests) == 2
    assert "FloraMill 2000" in backend.requests[1].messages[-1].text
    told = backend.requests[0].messages[0].text if where == "library" else backend.requests[0].messages[1].text
    assert "Not in the text" in told


def test_a_phrase_is_kept_as_often_as_it_was_there_in_html_too(model: Model, actor: Actor) -> None:
    html = "<p>Mill &amp; Sons, by Mill &amp; Sons</p>"
    payload = {"text": html, "html": True, "protected": ["Mill & Sons"]}
    model(answer("<p>Mill &amp; Sons, twice</p>"), answer("<p>Once more: Mill &amp; Sons</p>"))
    with pytest.raises(LLMInvalidOutput):
        generate_text("improve", payload, actor=actor)
    model(answer("<p>Mill &amp; Sons and <b>Mill &amp; Sons</b></p>"))
    assert "and" in generate_text("improve", payload, actor=actor).result.output["text"]


def test_a_model_that_sees_is_shown_the_picture_of_the_page(model: Model, page_factory: Any, actor: Actor) -> None:
    image = {"id": "i1", "type": "image", "props": {"src": "/media/rye.jpg"}}
    page = page_factory("Bread", content=[image])
    backend = model({"alt": "A loaf."}, {"alt": "A loaf."})
    picture = ImagePart(b"\x89PNG", "image/png")
    asked: list[Any] = []

    def view(source: str, who: Actor) -> ImagePart | None:
        asked.append((source, who.user))
        return picture

    with picture_views.temporarily("mine", view):
        outcome = generate_text("alt_text", {}, actor=actor, page=page)
        assert outcome.result.operations == [{"op": "update", "id": "i1", "props": {"alt": "A loaf."}}]
        assert backend.requests[0].messages[-1].images == [picture]
        assert asked == [("/media/rye.jpg", actor.user)]
        assert '"title"' not in backend.requests[0].messages[0].text
    # One that nobody keeps is described by its name and what stands around it.
    generate_text("alt_text", {}, actor=actor, page=page)
    assert backend.requests[1].messages[-1].images == []
