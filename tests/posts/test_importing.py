"""Importers make posts where posts are installed: of WordPress exports, and of the folders that generators build sites from."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.core.management import call_command
from django.test import Client

from ai_cms.pages.models import Site
from ai_cms.posts import get_blog_model, get_category_model, get_post_model, get_tag_model
from tests.conftest import make_user

WXR = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:excerpt="http://wordpress.org/export/1.2/excerpt/" xmlns:content="http://purl.org/rss/1.0/modules/content/"
 xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:wp="http://wordpress.org/export/1.2/"><channel>
<title>Old bakery</title><link>https://old.example</link><wp:wxr_version>1.2</wp:wxr_version>
<wp:base_site_url>https://old.example</wp:base_site_url><wp:base_blog_url>https://old.example</wp:base_blog_url>
<wp:author><wp:author_login>ann</wp:author_login><wp:author_email>ann.old@example.org</wp:author_email>
<wp:author_display_name>Ann Miller</wp:author_display_name></wp:author>
<wp:category><wp:category_nicename>kitchen</wp:category_nicename><wp:category_parent></wp:category_parent><wp:cat_name>Kitchen</wp:cat_name>
<wp:category_description>All we bake.</wp:category_description></wp:category>
<wp:category><wp:category_nicename>bread</wp:category_nicename><wp:category_parent>kitchen</wp:category_parent><wp:cat_name>Bread &amp; Rolls</wp:cat_name></wp:category>
<item><title>Rye</title><link>https://old.example/2020/05/17/rye/</link><dc:creator>ann</dc:creator>
<content:encoded>&lt;p&gt;Flour.&lt;/p&gt;</content:encoded><excerpt:encoded>In short</excerpt:encoded><wp:post_id>1</wp:post_id>
<wp:post_date>2020-05-17 10:00:00</wp:post_date><wp:post_date_gmt>2020-05-17 08:00:00</wp:post_date_gmt><wp:post_name>rye</wp:post_name>
<wp:status>publish</wp:status><wp:post_type>post</wp:post_type><wp:is_sticky>1</wp:is_sticky>
<category domain="category" nicename="bread">Bread &amp; Rolls</category><category domain="post_tag" nicename="sour">Sour</category>
<category domain="post_tag" nicename="sour-2">sour</category></item>
<item><title>Later</title><link>https://old.example/?p=2</link><dc:creator>ann</dc:creator><content:encoded>x</content:encoded>
<wp:post_id>2</wp:post_id><wp:post_date_gmt>2999-05-17 08:00:00</wp:post_date_gmt><wp:post_name>later</wp:post_name>
<wp:status>future</wp:status><wp:post_type>post</wp:post_type></item>
</channel></rss>"""


@pytest.fixture(autouse=True)
def _empty_cache() -> None:
    cache.clear()


def run(command: str, source: Path, **options: Any) -> dict[str, Any]:
    out = io.StringIO()
    call_command(command, str(source), as_json=True, stdout=out, **options)
    found: dict[str, Any] = json.loads(out.getvalue())
    return found


@pytest.fixture
def wxr(tmp_path: Path) -> Path:
    path = tmp_path / "old.xml"
    path.write_text(WXR)
    return path


def test_posts_of_wordpress_are_posts(site: Site, wxr: Path, client: Client) -> None:
    summary = run("import_wordpress", wxr)
    assert (summary["created"], summary["posts"], summary["containers"]) == (2, 2, 1)
    rye = get_post_model().objects.get(slug="rye")
    assert rye.is_published and rye.sticky and rye.excerpt == "In short"
    assert f"{rye.posted_at:%Y-%m-%d %H:%M}" == "2020-05-17 08:00"
    assert [(row.name, row.slug, row.parent.name, row.parent.description) for row in rye.categories.all()] == [
        ("Bread & Rolls", "bread", "Kitchen", "All we bake.")
    ]
    # Two spellings of one word.
    assert [tag.name.casefold() for tag in rye.tags.all()] == ["sour"]
    assert not {"categories", "tags", "excerpt", "sticky"} & rye.metadata.keys()
    # Nobody logs in with the account of an author of old until somebody lets them.
    assert (rye.author.email, rye.author.is_active, rye.author.has_usable_password()) == (
        "ann.old@example.org",
        False,
        False,
    )
    assert isinstance(rye.parent, get_blog_model())
    later = get_post_model().objects.get(slug="later")
    assert (later.is_published, later.go_live_at.year) == (False, 2999)
    for old, new in {
        "/2020/05/17/rye/": "/blog/rye/",
        "/category/kitchen/bread/": "/category/bread/",
        "/2020/05/": "/posts/archive/2020/05/",
        "/2020/": "/posts/archive/2020/",
        "/tag/sour/feed/rss2/": "/tag/sour/feed/",
    }.items():
        answer = client.get(old)
        assert (answer.status_code, answer.get("Location")) == (301, new), old
        assert client.get(new).status_code == 200
    # The same addresses as WordPress's own need no redirect.
    for same in ("/tag/sour/", "/category/bread/", "/feed/", "/feed/atom/"):
        assert b"Rye" in client.get(same).content
    answer = client.get("/author/ann/")
    if answer.status_code == 301:
        answer = client.get(answer["Location"])
    assert answer.status_code == 200 and b"Rye" in answer.content


def test_a_second_run_changes_nothing_and_a_dry_one_makes_no_rows(site: Site, wxr: Path) -> None:
    run("import_wordpress", wxr, dry_run=True)
    models = (get_post_model(), get_category_model(), get_tag_model(), get_user_model())
    assert [model._base_manager.count() for model in models] == [0, 0, 0, 0]
    run("import_wordpress", wxr)
    before = [model._base_manager.count() for model in models]
    summary = run("import_wordpress", wxr)
    assert (summary["created"], summary["changed"], summary["unchanged"], summary["redirects"]) == (0, 0, 2, 0)
    assert [model._base_manager.count() for model in models] == before


def test_a_change_of_terms_reaches_the_post(site: Site, wxr: Path, client: Client) -> None:
    run("import_wordpress", wxr)
    wxr.write_text(
        WXR.replace('nicename="sour">Sour', 'nicename="dark">Dark').replace(
            'nicename="sour-2">sour', 'nicename="d">dark'
        )
    )
    assert run("import_wordpress", wxr)["changed"] == 1
    assert [tag.name.casefold() for tag in get_post_model().objects.get(slug="rye").tags.all()] == ["dark"]
    assert b"Rye" in client.get("/tag/dark/").content


def test_an_author_with_an_account_is_found(site: Site, wxr: Path) -> None:
    ann = make_user("someone")
    get_user_model().objects.filter(pk=ann.pk).update(email="Ann.Old@Example.org")
    run("import_wordpress", wxr)
    assert get_post_model().objects.get(slug="rye").author == ann


def test_who_may_not_make_accounts_makes_none(site: Site, wxr: Path, editor: Any, client: Client) -> None:
    from ai_cms.pages.models import PageGroupPermission

    PageGroupPermission.objects.create(
        group=editor.groups.get(), page=site.root, can_add=True, can_change=True, can_publish=True
    )
    run("import_wordpress", wxr, user=str(editor.pk))
    assert get_user_model().objects.count() == 1
    # The name is shown all the same.
    assert "Ann Miller" in client.get("/blog/rye/").content.decode()


def write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        path = folder / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def test_hexos_categories_are_one_line_and_its_lists_lead_on(site: Site, tmp_path: Path, client: Client) -> None:
    folder = tmp_path / "hexo"
    write(folder / "source" / "_posts")
    (folder / "source" / "_posts").mkdir(parents=True)
    (folder / "_config.yml").write_text("title: x\n")
    (folder / "source" / "_posts" / "Hello World.md").write_text(
        "---\ntitle: Hello\ndate: 2024-03-01 10:00:00\ntags: [Rye Bread, C++]\ncategories: [Kitchen, Deep Bread]\ndraft: true\n---\nx\n"
    )
    summary = run("import_markdown", folder)
    assert summary["published"] == 1
    assert any("Hexo knows nothing of" in warning["message"] for warning in summary["warnings"])
    post = get_post_model().objects.get()
    assert [(row.name, row.parent.name) for row in post.categories.all()] == [("Deep Bread", "Kitchen")]
    for old in (
        "/2024/03/01/Hello%20World/",
        "/categories/Kitchen/",
        "/categories/Kitchen/Deep-Bread/",
        "/tags/Rye-Bread/",
        "/tags/C/",
        "/archives/",
        "/archives/2024/03/",
        "/atom.xml",
    ):
        answer = client.get(old)
        assert answer.status_code == 301, old
        found = client.get(answer["Location"])
        assert found.status_code == 200 and b"Hello" in found.content, old


def test_hugos_embargo_series_and_terms(site: Site, tmp_path: Path, client: Client) -> None:
    folder = tmp_path / "hugo"
    posts = folder / "content" / "posts"
    posts.mkdir(parents=True)
    (folder / "hugo.toml").write_text("title = 'x'\n")
    (posts / "one.md").write_text("---\ntitle: One\ndate: 2024-03-01\ntags: [Rye]\nseries: [A course]\n---\nx\n")
    (posts / "two.md").write_text("---\ntitle: Two\ndate: 2024-03-02\npublishDate: 2999-01-01\n---\nx\n")
    run("import_markdown", folder)
    one, two = (get_post_model().objects.get(slug=slug) for slug in ("one", "two"))
    assert (one.series, one.is_published, two.is_published, two.go_live_at.year) == ("A course", True, False, 2999)
    for old in ("/tags/rye/", "/tags/rye/index.xml", "/tags/", "/index.xml", "/posts/index.xml", "/series/a-course/"):
        answer = client.get(old)
        assert answer.status_code == 301, old
        assert b"One" in client.get(answer["Location"]).content


@pytest.mark.parametrize(
    ("generator", "name", "front", "terms"),
    [
        ("jekyll", "_posts/2024-03-01-a.md", "categories: News Items", ["Items", "News"]),
        ("jekyll", "_posts/2024-03-01-a.md", "category: News Items", ["News Items"]),
        ("jekyll", "recipes/_posts/2024-03-01-a.md", "layout: post", ["recipes"]),
        ("pelican", "content/kitchen/a.md", "date: 2024-03-01", ["kitchen"]),
        ("pelican", "content/a.md", "date: 2024-03-01", ["misc"]),
        ("pelican", "content/a.md", "date: 2024-03-01\ncategory: Own", ["Own"]),
    ],
)
def test_categories_as_each_generator_reads_them(
    site: Site, tmp_path: Path, generator: str, name: str, front: str, terms: list[str]
) -> None:
    path = tmp_path / "d" / name
    path.parent.mkdir(parents=True)
    path.write_text(f"---\ntitle: A\n{front}\n---\nx\n")
    run("import_markdown", tmp_path / "d", generator=generator)
    assert sorted(row.name for row in get_post_model().objects.get().categories.all()) == terms
