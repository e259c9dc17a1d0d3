"""The command that prepares a host project."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from ai_cms.core.starting import (
    APPS,
    ON_REQUEST,
    StartRefused,
    prepare_entry,
    prepare_settings,
    prepare_urls,
    with_needed,
)

ALL = [app for app in APPS if app not in ON_REQUEST]


def namespace(source: str) -> dict[str, object]:
    values: dict[str, object] = {"BASE_DIR": Path("/srv")}
    exec(source, values)  # noqa: S102
    return values


@pytest.mark.parametrize(
    ("source", "kept"),
    [
        ('INSTALLED_APPS = ["shop"]', '"shop"'),
        ("INSTALLED_APPS = []", ""),
        ("INSTALLED_APPS = ['shop', 'news']", "'shop', 'news', 'ai_cms.core'"),
        (
            'INSTALLED_APPS = [\n    "shop",  # ours, first\n    "news",  # last\n]\n',
            '"news",  # last\n    "ai_cms.core",',
        ),
        ('INSTALLED_APPS = [\n    "shop",\n    "news"  # no comma\n]\n', "# no comma"),
        ('INSTALLED_APPS = (\n    "shop",\n)\n', '"shop",\n    "ai_cms.core",'),
        ('INSTALLED_APPS: list[str] = [\n  "shop",\n  *["news"],\n]\n', '*["news"],\n  "ai_cms.core",'),
        ('"""Käse."""\nINSTALLED_APPS = ["käse"]', '"käse"'),
    ],
)
def test_apps_are_added_as_a_person_would(source: str, kept: str) -> None:
    prepared = prepare_settings(source, ALL)
    assert kept in prepared.source
    apps = list(namespace(prepared.source)["INSTALLED_APPS"])  # type: ignore[call-overload]
    assert apps == [
        *namespace(source)["INSTALLED_APPS"],  # type: ignore[misc]
        *(f"ai_cms.{app}" for app in ALL),
        "rest_framework",
        "django_filters",
        "mptt",
        "polymorphic",
    ]
    assert prepare_settings(prepared.source, ALL).added == ()
    assert prepare_settings(prepared.source, ALL).source == prepared.source


def test_what_is_there_stays_where_it_is() -> None:
    source = 'INSTALLED_APPS = [\n    "ai_cms.pages",\n    "rest_framework",\n    "ai_cms.core",\n]\n'
    assert prepare_settings(source, ["core", "blocks", "pages"]).added == (
        "ai_cms.blocks",
        "django_filters",
        "mptt",
        "polymorphic",
    )


@pytest.mark.parametrize(
    ("databases", "added"),
    [
        ("{'default': {'ENGINE': 'django.db.backends.sqlite3', 'NAME': BASE_DIR / 'db.sqlite3'}}", True),
        ("{\n  'default': {\n    'ENGINE': 'django.db.backends.sqlite3',\n    'NAME': 'db',\n  },\n}", True),
        ("{'default': {'ENGINE': 'django.db.backends.sqlite3', 'OPTIONS': {'timeout': 5}}}", False),
        ("{'default': {'ENGINE': 'django.db.backends.postgresql'}}", False),
        ("dict(default={})", False),
    ],
)
def test_sqlite_gets_the_options_that_writers_need(databases: str, added: bool) -> None:
    prepared = prepare_settings(f"INSTALLED_APPS = []\nDATABASES = {databases}\n", ["core"])
    assert ('DATABASES["default"]["OPTIONS"]' in prepared.added) is added
    options = namespace(prepared.source)["DATABASES"]["default"].get("OPTIONS", {})  # type: ignore[index]
    assert (options.get("transaction_mode") == "IMMEDIATE") is added


_SESSIONS = "django.contrib.sessions.middleware.SessionMiddleware"
_PRIVATE = "ai_cms.core.middleware.PrivateResponseMiddleware"


@pytest.mark.parametrize(
    ("middleware", "wanted"),
    [
        (f'["a", "{_SESSIONS}", "b"]', ["a", _SESSIONS, _PRIVATE, "b"]),
        (f'[\n    "a",\n    "{_SESSIONS}",  # who\n    "b",\n]', ["a", _SESSIONS, _PRIVATE, "b"]),
        (f'[\n    "a",\n    "{_SESSIONS}"\n]', ["a", _SESSIONS, _PRIVATE]),
        (f'[\n    "a", "{_SESSIONS}", "b"\n]', ["a", _SESSIONS, _PRIVATE, "b"]),
        (f'[\n    "{_SESSIONS}"\n    , "b"\n]', [_SESSIONS, _PRIVATE, "b"]),
        (f"('{_SESSIONS}', 'b')", [_SESSIONS, _PRIVATE, "b"]),
        (f'["{_PRIVATE}", "{_SESSIONS}"]', [_PRIVATE, _SESSIONS]),
        ('["a"]', ["a"]),
    ],
)
@pytest.mark.parametrize("apps", [["core"], ["core", "accounts"]])
def test_answers_to_a_session_are_private(middleware: str, wanted: list[str], apps: list[str]) -> None:
    source = f"INSTALLED_APPS = []\nMIDDLEWARE = {middleware}\n"
    prepared = prepare_settings(source, apps)
    made = list(namespace(prepared.source)["MIDDLEWARE"])  # type: ignore[call-overload]
    assert [name for name in made if "accounts" not in name] == wanted
    assert (_PRIVATE in prepared.added) == (_PRIVATE in wanted and _PRIVATE not in middleware)
    assert prepare_settings(prepared.source, apps).source == prepared.source


def test_a_list_of_middleware_that_is_not_written_out_stays() -> None:
    source = f'INSTALLED_APPS = ["ai_cms.core"]\nMIDDLEWARE = ["a"] + ["{_SESSIONS}"]\n'
    assert _PRIVATE not in prepare_settings(source, ["core"]).added


@pytest.mark.parametrize(
    "source",
    [
        "from django.contrib import admin\nfrom django.urls import path\n\nurlpatterns = [\n    path('admin/', admin.site.urls),\n]\n",
        "from django.urls import include, path\nurlpatterns = [path('x/', include('shop.urls'))]\n",
        "from django.urls import (\n    path,\n)\n\nurlpatterns = []\n",
        '"""The addresses."""\n\nurlpatterns = []\n',
        "urlpatterns = []\n",
        "from django.urls import re_path as path\nfrom django import urls\nurlpatterns = []\n",
    ],
)
def test_addresses_are_added_the_pages_last(source: str) -> None:
    prepared = prepare_urls(source, ALL)
    compile(prepared.source, "urls.py", "exec")
    assert prepared.added == ("ai_cms.core.api.urls", "ai_cms.core.urls", "ai_cms.pages.urls")
    assert prepared.source.rindex("ai_cms.pages.urls") > prepared.source.index("ai_cms.core.urls")
    assert prepare_urls(prepared.source, ALL).source == prepared.source


def test_without_pages_their_addresses_are_not_mounted() -> None:
    assert prepare_urls("urlpatterns = []", ["core", "blocks"]).added == ("ai_cms.core.api.urls", "ai_cms.core.urls")


@pytest.mark.parametrize(
    ("prepare", "source", "said"),
    [
        (prepare_settings, "INSTALLED_APPS = make_apps()", "ai_cms.blocks"),
        (prepare_settings, "DEBUG = True", "INSTALLED_APPS is not a list"),
        (prepare_settings, "INSTALLED_APPS = [", "not valid Python (line 1)"),
        (prepare_urls, "urlpatterns = router.urls", 'path("", include("ai_cms.pages.urls"))'),
    ],
)
def test_what_cannot_be_changed_safely_is_refused_with_the_lines_to_write(prepare, source: str, said: str) -> None:
    with pytest.raises(StartRefused) as caught:
        prepare(source, ALL)
    assert said in str(caught.value)


def manage(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    environment.pop("DJANGO_SETTINGS_MODULE", None)
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Make what ``startproject`` makes, with ai_cms.core in it."""
    command = [sys.executable, "-m", "django", "startproject", "bakery", str(tmp_path)]
    subprocess.run(command, check=True, env={k: v for k, v in os.environ.items() if k != "DJANGO_SETTINGS_MODULE"})
    settings = tmp_path / "bakery" / "settings.py"
    settings.write_text(settings.read_text().replace("INSTALLED_APPS = [", "INSTALLED_APPS = [\n    'ai_cms.core',"))
    return tmp_path


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (folder / "bakery").iterdir() if path.is_file()}


def test_a_fresh_project_is_ready_after_one_command(project: Path) -> None:
    before = contents(project)
    tried = manage(project, "ai_cms_start", "--dry-run")
    assert "+++ bakery/settings.py" in tried.stdout and "ai_cms.pages.urls" in tried.stdout, tried.stderr
    assert "+    'ai_cms.core.middleware.PrivateResponseMiddleware'," in tried.stdout
    assert contents(project) == before

    done = manage(project, "ai_cms_start")
    assert done.returncode == 0, done.stderr
    assert "python manage.py migrate" in done.stdout
    assert manage(project, "ai_cms_start").stdout == "Nothing to do: the project has all of it.\n"
    checked = manage(project, "check", "--fail-level", "WARNING")
    assert checked.returncode == 0, checked.stderr
    assert manage(project, "migrate", "-v0").returncode == 0
    assert manage(project, "create_site", "localhost", "--name", "The bakery").returncode == 0
    asked = (
        "from django.test import Client; c = Client(headers={'host': 'localhost'});"
        "print(c.get('/api/content/').status_code, c.get('/health-check/').json()['status'])"
    )
    answered = manage(project, "shell", "--no-imports", "-c", asked)
    assert "200 healthy" in answered.stdout, answered.stderr


def test_a_project_with_accounts_posts_and_portfolios_is_ready_too(project: Path) -> None:
    urls = project / "bakery" / "urls.py"
    manage(project, "ai_cms_start", "--no-input")
    # Mounted before the pages, which are there by now.
    before = contents(project)
    tried = manage(project, "ai_cms_start", "--with", "posts,portfolio,accounts", "--dry-run")
    assert "+++ bakery/settings.py" in tried.stdout and "private_assets" in tried.stdout, tried.stderr
    assert contents(project) == before
    done = manage(project, "ai_cms_start", "--with", "posts,portfolio,accounts")
    assert done.returncode == 0, done.stderr
    assert 'pip install "django-ai-cms[accounts,assets,svg]"' in done.stdout and "user model" in done.stdout
    mounted = urls.read_text()
    assert mounted.rindex("ai_cms.pages.urls") > mounted.rindex("ai_cms.posts.urls") > mounted.index("ai_cms.core.urls")
    again = manage(project, "ai_cms_start", "--with", "posts,portfolio,accounts")
    assert again.stdout == "Nothing to do: the project has all of it.\n"
    checked = manage(project, "check", "--fail-level", "WARNING")
    # Whoever leaves out an extra that the command named is told so, and nothing else.
    told = set() if find_spec("py_svg_hush") else {"ai_cms_assets.W001"}
    assert set(re.findall(r"\((\w+\.\w+)\)", checked.stderr)) == told, checked.stderr
    assert manage(project, "migrate", "-v0").returncode == 0
    assert manage(project, "create_site", "localhost", "--name", "The bakery").returncode == 0
    asked = (
        "from django.test import Client; c = Client(headers={'host': 'localhost'});"
        "print([c.get(p).status_code for p in ('/accounts/login/', '/write/', '/portfolio/', '/posts/archive/', '/feed/')]);"
        "print(c.get('/write/')['Location'], c.get('/media/nothing.webp').status_code)"
    )
    answered = manage(project, "shell", "--no-imports", "-c", asked)
    assert "[200, 302, 302, 200, 200]" in answered.stdout, answered.stderr
    assert "/accounts/login/?next=/write/ 404" in answered.stdout


def test_a_project_with_the_studio_and_the_gate_is_ready_too(project: Path) -> None:
    names = "studio,mcp,chat,evidence,machines,accounts"
    done = manage(project, "ai_cms_start", "--no-input", "--with", names)
    assert done.returncode == 0, done.stderr
    assert manage(project, "ai_cms_start", "--with", names).stdout == "Nothing to do: the project has all of it.\n"
    mounted = (project / "bakery" / "urls.py").read_text()
    assert mounted.rindex("ai_cms.pages.urls") > mounted.rindex("ai_cms.machines.urls")
    checked = manage(project, "check", "--fail-level", "WARNING")
    told = set() if find_spec("py_svg_hush") else {"ai_cms_assets.W001"}
    assert set(re.findall(r"\((\w+\.\w+)\)", checked.stderr)) == told, checked.stderr
    assert manage(project, "migrate", "-v0").returncode == 0
    assert manage(project, "create_site", "localhost", "--name", "The bakery").returncode == 0
    asked = (
        "from django.test import Client; c = Client(headers={'host': 'localhost'});"
        "print([c.get(p).status_code for p in ('/studio/', '/mcp/', '/chat/', '/llms.txt', '/robots.txt', '/api/acts/')])"
    )
    answered = manage(project, "shell", "--no-imports", "-c", asked)
    assert "[302, 405, 302, 200, 200, 401]" in answered.stdout, answered.stdout + answered.stderr


def test_what_an_app_needs_comes_along() -> None:
    assert with_needed(["posts"]) == ["core", "blocks", "assets", "pages", "posts"]
    assert with_needed(["assist"]) == ["core", "blocks", "llm", "pages", "assist"]
    assert with_needed([]) == ["core"]


def test_storages_and_a_user_of_the_projects_own_stay() -> None:
    source = (
        "INSTALLED_APPS = []\nMIDDLEWARE = ['a']\nAUTH_USER_MODEL = 'shop.User'\nBASE_DIR = None\nMEDIA_ROOT = '/srv'\n"
        "STORAGES = {'default': {'BACKEND': 'x'}}\n"
    )
    prepared = prepare_settings(source, ["core", "assets", "accounts"])
    values = {}
    exec(prepared.source.replace("BASE_DIR = None", "from pathlib import Path; BASE_DIR = Path('/srv')"), values)  # noqa: S102
    assert values["AUTH_USER_MODEL"] == "shop.User" and values["MEDIA_ROOT"] == "/srv"
    assert values["STORAGES"].keys() == {"default", "private_assets"} and values["MIDDLEWARE"][0] == "a"
    assert len(values["MIDDLEWARE"]) == 2 and 'STORAGES["private_assets"]' in prepared.added
    assert prepare_settings(prepared.source, ["core", "assets", "accounts"]).added == ()


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("INSTALLED_APPS = []\nMIDDLEWARE = []\n", "There is no BASE_DIR"),
        ("INSTALLED_APPS = []\nBASE_DIR = 1\nSTORAGES = make()\n", "STORAGES is no dict"),
        ("INSTALLED_APPS = []\nBASE_DIR = 1\nMIDDLEWARE = make()\n", "MIDDLEWARE is not a list"),
    ],
)
def test_settings_that_cannot_be_completed_are_refused_with_what_to_write(source: str, said: str) -> None:
    with pytest.raises(StartRefused, match=said):
        prepare_settings(source, ["core", "assets", "accounts"])


def test_settings_in_a_package_and_windows_line_ends(project: Path) -> None:
    folder = project / "bakery" / "settings"
    folder.mkdir()
    text = (project / "bakery" / "settings.py").read_text().replace("parent.parent", "parent.parent.parent")
    (project / "bakery" / "settings.py").unlink()
    (folder / "base.py").write_bytes(text.replace("\n", "\r\n").encode())
    (folder / "__init__.py").write_text("from .base import *\n")
    done = manage(project, "ai_cms_start", "--apps", "assist")
    assert done.returncode == 0, done.stderr
    written = (folder / "base.py").read_bytes()
    assert b"'ai_cms.assist',\r\n" in written and b"transfer" not in written
    assert written.count(b"\n") == written.count(b"\r\n")
    assert (folder / "__init__.py").read_text() == "from .base import *\n"


def test_unknown_apps_and_settings_that_are_no_list(project: Path) -> None:
    refused = manage(project, "ai_cms_start", "--apps", "pages,shop")
    assert refused.returncode == 1 and "there is no app 'shop'" in refused.stderr
    settings = project / "bakery" / "settings.py"
    settings.write_text(settings.read_text() + "\nINSTALLED_APPS = INSTALLED_APPS + ['django.contrib.sites']\n")
    before = contents(project)
    refused = manage(project, "ai_cms_start")
    assert refused.returncode == 1 and "INSTALLED_APPS is not a list" in refused.stderr
    assert contents(project) == before


WSGI = """import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')

application = get_wsgi_application()
"""


@pytest.mark.parametrize("protocol", ["wsgi", "asgi"])
def test_an_entry_point_is_put_behind_the_lane_once(protocol: str) -> None:
    source = WSGI.replace("wsgi", protocol)
    prepared = prepare_entry(source, protocol)
    assert f"from ai_cms.core.lane.{protocol} import {protocol}_application\n" in prepared.source
    assert f"\napplication = {protocol}_application(get_{protocol}_application())\n" in prepared.source
    assert prepared.added == (f"ai_cms.core.lane.{protocol}",)
    assert prepare_entry(prepared.source, protocol).source == prepared.source


def test_an_entry_point_written_otherwise_stays_as_it_is() -> None:
    for line in ("application = Router(get_wsgi_application())", "app = get_wsgi_application()", ""):
        source = WSGI.replace("application = get_wsgi_application()", line)
        assert prepare_entry(source, "wsgi").source == source
