"""Exporting a site and importing it again: equal folders, whatever is in the site."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ai_cms.core.exceptions import Conflict
from ai_cms.core.permissions import Actor
from ai_cms.pages import get_page_model, get_template_model, services
from ai_cms.pages.models import Element, PageGroupPermission, Proposal, Publication, Redirect, Revision, Site
from ai_cms.pages.revisions import document_at
from ai_cms.pages.services import delete_rows
from ai_cms.pages.treecheck import check_tree
from ai_cms.transfer.exceptions import ImportRefused
from ai_cms.transfer.sites.exporting import export_site
from ai_cms.transfer.sites.importing import import_site
from ai_cms.transfer.sites.site_files import folder_name

from .conftest import page_at, refused, run, state
from .wxr_maker import Item, page, write_wxr


def files(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): path.read_text("utf-8") for path in folder.rglob("*") if path.is_file()
    }


def empty() -> None:
    """Take everything away that an export holds."""
    for model in (Proposal, Redirect, PageGroupPermission, Publication, Revision, Element):
        model._base_manager.all().delete()
    Site.objects.update(root=None)
    pages = get_page_model().all_objects.non_polymorphic().order_by()
    delete_rows(pages, list(pages.order_by("-lft").values_list("pk", flat=True)), using="default")
    Site.objects.all().delete()
    get_template_model()._base_manager.all().delete()
    Group.objects.all().delete()


@pytest.fixture
def busy_site(root: Any, superuser: Any, tmp_path: Path) -> Site:
    """Return a site with something of everything."""
    actor = Actor.of(superuser)
    path = write_wxr(
        tmp_path / "export.xml",
        [
            page(1, "Breads", name="breads"),
            page(2, "Rye", name="rye", parent=1, content="<h2>Crust</h2><p>Dark.</p>"),
            page(3, "Spelt", name="spelt", parent=1, status="draft"),
            Item(4, "Post", name="post", categories=[("category", "c", "Grain")]),
        ],
    )
    run("import_wordpress", path, user=superuser.username)
    rye = page_at("/breads/rye/")
    services.update_page(rye, actor=actor, fields={"title": "Rye, edited"}, kind="autosave")
    # A second autosave overwrites the first, which stays reachable.
    more = [*rye.content_json.to_json(), {"type": "heading", "props": {"text": "Crumb", "level": 2}}]
    services.update_page(page_at("/breads/rye/"), actor=actor, content=more, kind="autosave")
    services.create_proposal(
        page_at("/breads/rye/"),
        actor=actor,
        title="Shorter",
        operations=[{"op": "remove", "id": rye.content_json.blocks[0]["id"]}],
    )
    services.move_page(page_at("/blog/post/"), page_at("/breads/"), actor=actor, position="first-child")
    for title in ("Old", "Old", "Older"):
        old = services.create_page(actor=actor, parent=page_at("/breads/"), title=title, publish=title == "Old")
        services.delete_page(old, actor=actor)
    unknown = {
        "id": "x1",
        "type": "from_the_future",
        "v": 7,
        "props": {"z": [1, 1.5, None], "a": {"ü": True}},
        "more": "kept",
    }
    services.create_page(
        actor=actor,
        parent=page_at("/"),
        title="Unknown",
        content=[unknown, {"type": "heading", "props": {"text": "Known"}}],
        allow_unknown=True,
    )
    services.make_template(page_at("/breads/rye/"), actor=actor, name="A/rye ../template")
    group = Group.objects.create(name="Bakers")
    PageGroupPermission.objects.create(group=group, page=page_at("/breads/"), can_add=True, can_publish=True)
    services.schedule_page(
        page_at("/breads/spelt/"),
        actor=actor,
        go_live_at=datetime(2035, 1, 1, tzinfo=UTC),
    )
    Redirect.objects.create(site_id=root.site_id, old_path="/shop/", target="https://shop.example/")
    return Site.objects.get()


@pytest.mark.parametrize("revisions", [True, False])
def test_export_import_export_is_equal(busy_site: Site, tmp_path: Path, client: Any, revisions: bool) -> None:
    export_site(busy_site, tmp_path / "a", revisions=revisions)
    first = files(tmp_path / "a")
    pages = {path: client.get(path).content for path in ("/breads/", "/breads/rye/", "/breads/post/")}
    empty()
    site, counts = import_site(tmp_path / "a")
    assert counts["pages"] == get_page_model().all_objects.count()
    export_site(site, tmp_path / "b", revisions=revisions)
    assert files(tmp_path / "b") == first
    rye = page_at("/breads/rye/")
    (kept,) = [row for row in rye.revisions.all() if row.overwritten]
    assert [version for version, _steps in kept.overwritten] == [rye.version - 1]
    found = document_at(rye.pk, rye.version - 1)
    assert found is not None and len(found.blocks) == len(rye.content_json.blocks) - 1
    assert not list(check_tree())
    assert site.is_default
    for path, content in pages.items():
        response = client.get(path)
        assert response.status_code == 200
        assert response.content == content
    assert client.get("/blog/post/").status_code in (301, 308)
    assert Element.objects.filter(page=page_at("/breads/rye/")).exists()
    assert page_at("/breads/rye/").title == "Rye, edited"
    unknown = page_at("/unknown/").content_json.blocks[0]
    assert unknown["props"] == {"z": [1, 1.5, None], "a": {"ü": True}}
    assert unknown["more"] == "kept"


def test_importing_twice_and_changing_between(busy_site: Site, tmp_path: Path, superuser: Any) -> None:
    folder = tmp_path / "a"
    first = export_site(busy_site, folder)
    assert first["written"] == first["files"]
    assert export_site(busy_site, folder)["written"] == 0
    (folder / "NOTES.txt").write_text("of people")
    (folder / ".git").mkdir()
    services.update_page(page_at("/unknown/"), actor=superuser, fields={"title": "Known"})
    services.delete_page(page_at("/blog/"), actor=superuser)
    counts = export_site(busy_site, folder)
    assert 0 < counts["written"] < 8
    assert counts["removed"] >= 1
    assert not (folder / "pages/blog").exists()
    assert (folder / "NOTES.txt").exists()
    assert (folder / ".git").is_dir()


def test_an_import_remembers_where_pages_came_from(busy_site: Site, tmp_path: Path) -> None:
    export_site(busy_site, tmp_path / "a")
    empty()
    import_site(tmp_path / "a")
    summary = run("import_wordpress", tmp_path / "export.xml")
    assert (summary["created"], summary["changed"], summary["unchanged"]) == (0, 0, 4)


def test_a_site_that_is_there_is_not_touched(busy_site: Site, tmp_path: Path) -> None:
    export_site(busy_site, tmp_path / "a")
    before = state()
    with pytest.raises(Conflict, match="--replace"):
        import_site(tmp_path / "a")
    assert "There is a site testserver already" in refused("import_site", tmp_path / "a")
    assert state() == before
    site, _counts = import_site(tmp_path / "a", hostname="Copy.example")
    assert (site.hostname, site.is_default) == ("copy.example", False)
    assert not list(check_tree())


def test_replacing_a_site_replaces_that_site_alone(busy_site: Site, tmp_path: Path) -> None:
    other = services.create_site(hostname="other.example", title="Other")
    export_site(busy_site, tmp_path / "a")
    first = files(tmp_path / "a")
    services.create_page(actor=Actor.system(), parent=page_at("/breads/"), title="New since then")
    site, _counts = import_site(tmp_path / "a", replace=True)
    assert site.pk != busy_site.pk
    assert not get_page_model().objects.filter(title="New since then").exists()
    assert Site.objects.filter(pk=other.pk).exists()
    export_site(site, tmp_path / "b")
    assert files(tmp_path / "b") == first


def test_people_who_are_not_here(busy_site: Site, tmp_path: Path, superuser: Any) -> None:
    export_site(busy_site, tmp_path / "a")
    for path in (tmp_path / "a").rglob("*.json"):
        path.write_text(path.read_text("utf-8").replace(f'"{superuser.get_username()}"', '"gone"'), "utf-8")
    summary = run("import_site", tmp_path / "a", replace=True)
    assert [warning["item"] for warning in summary["warnings"]] == ["gone"]
    assert page_at("/breads/rye/").owner is None


def _edit(folder: Path, name: str, change: Callable[[Any], Any]) -> None:
    path = folder / name
    value = json.loads(path.read_text("utf-8"))
    path.write_text(json.dumps(change(value) or value), "utf-8")


#: A file, what is done to it, what the refusal says.
BROKEN: list[tuple[str, Callable[[Any], Any], str]] = [
    ("site.json", lambda value: value.update(version=99), "format version"),
    ("site.json", lambda value: value.update(format="other"), "no exported site"),
    ("site.json", lambda value: value["site"].update(hostname="a b/c"), "host name"),
    ("pages/breads/index.json", lambda value: value.update(type="nothing.here"), "page type"),
    ("pages/breads/index.json", lambda value: value.update(slug="No Slug!"), "no slug"),
    ("pages/breads/index.json", lambda value: value.update(version="one"), "whole number"),
    ("pages/breads/index.json", lambda value: value.update(children=["../../x"]), "children"),
    ("pages/breads/index.json", lambda value: value.update(children=["gone"]), "no gone/index.json"),
    ("pages/breads/index.json", lambda value: value["children"].append(value["children"][0]), "twice"),
    ("pages/breads/index.json", lambda value: value.update(content=[{"type": "heading", "id": "--"}]), "document"),
    ("pages/breads/index.json", lambda value: value["fields"].update(title=5), "fields"),
    ("pages/breads/index.json", lambda value: value.update(created_at="yesterday"), "time"),
    ("pages/breads/index.json", lambda value: value.update(publication=None), "publication is missing"),
    ("pages/breads/index.json", lambda value: value["publication"].update(facets="x"), "facets"),
    ("pages/breads/index.json", lambda value: ["not an object"], "object"),
    ("pages/breads/rye/revisions.json", lambda value: value.append(dict(value[0])), "same|have the number"),
    ("pages/breads/rye/revisions.json", lambda value: value[0].update(kind="x"), "kind of revision"),
    ("pages/breads/rye/revisions.json", lambda value: value[0].update(overwritten=[1]), "overwritten"),
    ("redirects.json", lambda value: value[0].update(target="javascript:x", page=None), "web address"),
    ("redirects.json", lambda value: value.append(dict(value[0])), "twice"),
]


def test_what_was_broken_is_refused_with_the_file(busy_site: Site, tmp_path: Path, subtests: pytest.Subtests) -> None:
    export_site(busy_site, tmp_path / "whole")
    before = state()
    for number, (name, change, said) in enumerate(BROKEN):
        with subtests.test(said, name=name):
            folder = tmp_path / str(number)
            shutil.copytree(tmp_path / "whole", folder)
            _edit(folder, name, change)
            is_site = name == "site.json"
            with transaction.atomic(), pytest.raises(ImportRefused, match=said):
                import_site(folder, hostname="" if is_site else "copy.example", replace=is_site)
            assert state() == before


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"{", "line 1"),
        (b'{\n"a": \n}', "line 3"),
        (b"\xff", "UTF-8"),
        (b'{"a": NaN}', "NaN"),
        (b"[" * 100_000, "cannot be read"),
        (b'{"a": "\\u0000"}', "null character"),
        (b'{"a": "\\ud800"}', "surrogate"),
    ],
)
def test_files_that_are_no_json(busy_site: Site, tmp_path: Path, data: bytes, said: str) -> None:
    export_site(busy_site, tmp_path / "a")
    (tmp_path / "a/pages/breads/index.json").write_bytes(data)
    with pytest.raises(ImportRefused, match=said) as caught:
        import_site(tmp_path / "a", hostname="copy.example")
    assert caught.value.source == "pages/breads/index.json"


def test_links_out_of_the_folder_are_not_followed(busy_site: Site, tmp_path: Path) -> None:
    export_site(busy_site, tmp_path / "a")
    shutil.move(tmp_path / "a/pages/breads/index.json", tmp_path / "outside.json")
    (tmp_path / "a/pages/breads/index.json").symlink_to(tmp_path / "outside.json")
    with pytest.raises(ImportRefused, match="outside"):
        import_site(tmp_path / "a", hostname="copy.example")
    secret = tmp_path / "secret.json"
    secret.write_text("mine")
    (tmp_path / "a/redirects.json").unlink()
    (tmp_path / "a/redirects.json").symlink_to(secret)
    export_site(busy_site, tmp_path / "a")
    assert secret.read_text() == "mine"


def test_exports_go_nowhere_else(busy_site: Site, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full/thesis.doc").write_text("mine")
    assert "not empty" in refused("export_site", tmp_path / "full")
    (tmp_path / "file").write_text("mine")
    assert "no folder" in refused("export_site", tmp_path / "file")
    assert "no exported site" in refused("import_site", tmp_path / "nowhere")
    assert "no site" in refused("export_site", tmp_path / "b", site="nope.example")


def test_scripts_in_an_export_are_sanitised(busy_site: Site, tmp_path: Path, client: Any) -> None:
    export_site(busy_site, tmp_path / "a")
    evil = [{"id": "e1", "type": "rich_text", "v": 1, "props": {"html": "<p>ok</p><script>alert(1)</script>"}}]

    def change(value: Any) -> None:
        value["content"] = evil
        value["publication"]["content"] = evil

    _edit(tmp_path / "a", "pages/breads/index.json", change)
    import_site(tmp_path / "a", replace=True)
    assert "alert" not in page_at("/breads/").content_json.dumps()
    publication = Publication.objects.get(path="/breads/")
    assert "alert" not in json.dumps(publication.content) + publication.body
    assert "alert(1)" not in client.get("/breads/").content.decode()


def test_folder_names_fit_every_file_system() -> None:
    long = "漢" * 100
    name = folder_name(long)
    assert len(name.encode()) <= 100
    assert name != folder_name(long[:-1])
    assert folder_name("rye") == "rye"
    assert folder_name("rye", binned=2) == "~bin-2-rye"


TITLES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=30)
ACTIONS = st.tuples(
    st.sampled_from(["create", "publish", "update", "move", "delete", "unpublish", "rename", "template"]),
    st.integers(0, 10),
    st.integers(0, 10),
    TITLES,
)


@pytest.mark.django_db
@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(actions=st.lists(ACTIONS, min_size=1, max_size=14), revisions=st.booleans())
def test_whatever_happened_to_a_site_comes_back(
    tmp_path_factory: pytest.TempPathFactory, actions: list[tuple[str, int, int, str]], revisions: bool
) -> None:
    folder = tmp_path_factory.mktemp("site")
    with transaction.atomic():
        site = services.create_site(hostname="random.example", title="Random")
        actor = Actor.system("tests")
        for verb, one, two, title in actions:
            pages = list(get_page_model().objects.filter(site_id=site.pk).order_by("lft"))
            first, second = pages[one % len(pages)], pages[two % len(pages)]
            try:
                _act(verb, first, second, title, actor)
            except Exception as error:
                # Moves into themselves, roots that cannot be deleted, names that are taken: refused, and so nothing happened.
                if not hasattr(error, "status_code"):
                    raise
        export_site(site, folder / "a", revisions=revisions)
        expected = files(folder / "a")
        empty()
        assert not get_page_model().all_objects.exists()
        loaded, _counts = import_site(folder / "a")
        export_site(loaded, folder / "b", revisions=revisions)
        assert files(folder / "b") == expected
        assert not list(check_tree())
        transaction.set_rollback(True)
    assert connection.vendor


def _act(verb: str, first: Any, second: Any, title: str, actor: Actor) -> None:
    content = [
        {"type": "heading", "props": {"text": title}},
        {"type": "rich_text", "props": {"html": f"<p>{title}</p>"}},
    ]
    if verb == "create":
        services.create_page(
            actor=actor, parent=first, title=title, content=content, fields={"metadata": {"tags": [title]}}
        )
    elif verb == "publish":
        services.publish_page(first, actor=actor)
    elif verb == "update":
        services.update_page(first, actor=actor, fields={"title": title, "in_menus": True}, content=content)
    elif verb == "move":
        services.move_page(first, second, actor=actor)
    elif verb == "delete":
        services.delete_page(first, actor=actor)
    elif verb == "unpublish":
        services.unpublish_page(first, actor=actor)
    elif verb == "rename":
        services.update_page(first, actor=actor, slug=f"renamed-{first.pk}")
    else:
        services.make_template(first, actor=actor, name=title)
