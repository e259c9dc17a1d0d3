"""One's own posts as somebody without scripts writes them."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from ai_cms.assets import get_image_model
from ai_cms.posts import get_post_model
from ai_cms.posts.services import update_post
from ai_cms.posts.web.texts import HTML, MARKDOWN, text_as_html, text_of
from tests.conftest import make_user

pytestmark = pytest.mark.django_db
Make = Callable[..., Any]


def png(colour: str = "#336699") -> SimpleUploadedFile:
    file = BytesIO()
    Image.new("RGB", (640, 400), colour).save(file, "PNG")
    return SimpleUploadedFile("wall.png", file.getvalue(), "image/png")


@pytest.fixture
def ada(db: None) -> Any:
    return make_user("ada")


@pytest.fixture
def walker(client: Any, ada: Any, site: Any) -> Any:
    client.force_login(ada)
    return client


def write(walker: Any, **data: Any) -> Any:
    return walker.post("/write/new/", {"title": "A wall", "body": "", "alt": "", "excerpt": "", "tags": "", **data})


def form_of(post: Any, **data: Any) -> dict[str, Any]:
    """Return what the form of a post sends when nothing was touched."""
    text = text_of(post.content_json.blocks)[1]
    tags = ", ".join(tag.name for tag in post.public_facts().tags)
    shown = {"version": post.version, "title": post.title, "body": text, "alt": "", "excerpt": post.excerpt}
    return {**shown, "tags": tags, **data}


def test_from_nothing_to_a_published_post_with_a_picture(walker: Any, make_category: Make) -> None:
    walls = make_category("Walls")
    assert b"You have written none yet" in walker.get("/write/").content
    form = walker.get("/write/new/")
    assert b"Walls" in form.content and {"private", "no-store"} <= set(form["Cache-Control"].split(", "))
    made = write(
        walker,
        body="A **cliff**\r\nwith a gate.\r\n\r\n## Ferns\r\n",
        thumbnail=png(),
        alt="A blue wall",
        categories=[walls.pk],
        tags="walls, ferns",
        publish="1",
    )
    post = get_post_model().objects.get()
    assert made["Location"] == f"/write/{post.pk}/"
    assert post.is_published and post.author.pk == post.owner.pk and post.path.startswith("/blog/a-wall-")
    assert post.thumbnail.alt == "A blue wall"
    page = walker.get(post.get_absolute_url()).content.decode()
    assert "<strong>cliff</strong>" in page and 'alt="A blue wall"' in page and 'href="/category/walls/"' in page
    again = walker.get(f"/write/{post.pk}/").content.decode()
    assert "Everybody can see it" in again and "A **cliff**" in again and 'value="A blue wall"' in again
    assert "Published" in walker.get("/write/").content.decode()


def test_a_draft_is_changed_published_taken_off_and_deleted(walker: Any) -> None:
    write(walker, body="First.", save="1")
    post = get_post_model().objects.get()
    here = f"/write/{post.pk}/"
    assert not post.is_published and b"Nobody but you sees it yet" in walker.get(here).content
    walker.post(here, form_of(post, title="Another wall", publish="1"))
    post = get_post_model().objects.get()
    assert post.is_published and post.title == "Another wall"
    walker.post(here, form_of(post, body="Second.", save="1"))
    assert b"What you have saved since is not published yet" in walker.get(here).content
    assert b"Changed since" in walker.get("/write/").content
    post = get_post_model().objects.get()
    walker.post(here, form_of(post, unpublish="1"))
    assert not get_post_model().objects.get().is_published
    assert b"Another wall" in walker.get(f"{here}delete/").content
    assert walker.post(f"{here}delete/")["Location"] == "/write/"
    assert not get_post_model().objects.exists() and get_post_model().all_objects.get().is_deleted


def test_what_is_not_touched_stays_block_by_block(walker: Any) -> None:
    write(walker, body="One.\n\n> Two.\n\nThree.", save="1")
    post = get_post_model().objects.get()
    before = {block["id"]: block["type"] for block in post.content_json.to_json()}
    walker.post(f"/write/{post.pk}/", form_of(post, title="Renamed", save="1"))
    post = get_post_model().objects.get()
    assert {block["id"]: block["type"] for block in post.content_json.to_json()} == before
    text = text_of(post.content_json.blocks)[1]
    walker.post(f"/write/{post.pk}/", form_of(post, body=text.replace("Three.", "Four."), save="1"))
    after = get_post_model().objects.get().content_json.to_json()
    quote = next(block for block in after if block["type"] == "quote")
    assert before.get(quote["id"]) == "quote" and "Four." in str(after)


def test_a_picture_is_replaced_named_anew_and_taken_away(walker: Any) -> None:
    write(walker, thumbnail=png(), alt="Blue", save="1")
    post = get_post_model().objects.get()
    here = f"/write/{post.pk}/"
    assert b"Take the picture away" in walker.get(here).content
    walker.post(here, form_of(post, alt="Very blue", save="1"))
    post = get_post_model().objects.get()
    assert post.thumbnail.alt == "Very blue"
    walker.post(here, form_of(post, thumbnail=png("#aa3311"), alt="Red", save="1"))
    post = get_post_model().objects.get()
    assert post.thumbnail.alt == "Red" and get_image_model().objects.count() == 2
    walker.post(here, form_of(post, without_picture="on", save="1"))
    assert get_post_model().objects.get().thumbnail is None


def test_a_refusal_shows_the_form_again_with_what_was_typed(walker: Any) -> None:
    refused = write(walker, title="", body="Words.", publish="1")
    assert refused.status_code == 200 and b"pw-errors" in refused.content and b"Words." in refused.content
    assert b"<title>Error:" in refused.content
    broken = SimpleUploadedFile("note.png", b"no picture at all", "image/png")
    refused = write(walker, body="Words.", thumbnail=broken, publish="1")
    assert refused.status_code == 200 and b"pw-errors" in refused.content
    assert not get_post_model().objects.exists() and not get_image_model().objects.exists()
    refused = write(walker, tags=", ".join(f"tag{number}" for number in range(60)))
    assert refused.status_code == 200 and b"At most 50 tags" in refused.content


def test_what_was_written_for_an_older_version_is_not_lost(walker: Any, ada: Any) -> None:
    write(walker, body="First.", save="1")
    post = get_post_model().objects.get()
    update_post(post, actor=ada, title="Changed elsewhere")
    refused = walker.post(f"/write/{post.pk}/", form_of(post, body="My words.", save="1"))
    text = refused.content.decode()
    assert refused.status_code == 200 and "was changed elsewhere" in text and "My words." in text
    assert get_post_model().objects.get().title == "Changed elsewhere"


def test_others_find_nothing_and_further_authors_may_change_the_draft(
    walker: Any, client: Any, make_post: Make, ada: Any
) -> None:
    bob = make_user("bob")
    theirs = make_post("Theirs", author=bob, is_published=True)
    for path in ("", "delete/"):
        assert walker.get(f"/write/{theirs.pk}/{path}").status_code == 404
        assert walker.post(f"/write/{theirs.pk}/{path}", {}).status_code == 404
    assert b"Theirs" not in walker.get("/write/").content
    shared = make_post("Shared", author=bob, fields={"coauthors": [ada.pk]})
    page = walker.get(f"/write/{shared.pk}/").content.decode()
    assert "Shared" in page and 'name="publish"' not in page and "Delete this post" not in page
    assert walker.post(f"/write/{shared.pk}/", form_of(shared, body="Mine too.", save="1")).status_code == 302
    assert walker.post(f"/write/{shared.pk}/delete/", {}).status_code == 403
    assert (
        walker.post(
            f"/write/{shared.pk}/", form_of(get_post_model().objects.get(pk=shared.pk), publish="1")
        ).status_code
        == 403
    )
    client.logout()
    for path in ("", "new/", f"{shared.pk}/", f"{shared.pk}/delete/"):
        away = client.get(f"/write/{path}")
        assert away.status_code == 302 and "login" in away["Location"]


def test_a_text_that_markdown_has_no_words_for_is_edited_as_html(walker: Any, make_post: Make, ada: Any) -> None:
    plain = [{"type": "rich_text", "props": {"html": "<p>A <strong>cliff</strong>.</p>"}}]
    written, text = text_of(plain)
    assert (written, text.strip()) == (MARKDOWN, "A **cliff**.")
    assert text_as_html(text, MARKDOWN) == "<p>A <strong>cliff</strong>.</p>"
    table = [{"type": "table", "props": {"caption": "Tides", "rows": [["day", "hour"], ["Monday", "six"]]}}]
    post = make_post("Tides", author=ada, content=table)
    text = text_of(post.content_json.blocks)[1]
    assert text_of(post.content_json.blocks)[0] == HTML and "<caption>Tides</caption>" in text
    assert b"As HTML, because" in walker.get(f"/write/{post.pk}/").content
    walker.post(f"/write/{post.pk}/", form_of(post, body=text.replace("six", "seven"), save="1"))
    assert get_post_model().objects.get().content_json.to_json()[0]["props"]["rows"][1] == ["Monday", "seven"]
