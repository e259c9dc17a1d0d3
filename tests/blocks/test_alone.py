"""ai_cms.core and ai_cms.blocks are all a host needs: no pages, no admin, no REST framework among its apps."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]

PROJECT = """
import django
from django.conf import settings
from django.core.management import call_command

settings.configure(
    SECRET_KEY="for this test",
    INSTALLED_APPS=[
        "django.contrib.auth", "django.contrib.contenttypes", "ai_cms.core", "ai_cms.blocks", "tests.blocks.host",
    ],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}],
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    USE_TZ=True,
)
django.setup()
call_command("check", fail_level="WARNING")
call_command("migrate", run_syncdb=True, verbosity=0)

from ai_cms.blocks import render_blocks
from tests.blocks.host.models import Article

article = Article(body=[
    {"type": "heading", "props": {"text": "Bread"}},
    {"type": "host_notice", "props": {"text": "Closed"}},
])
article.full_clean()
article.save()
print(render_blocks(Article.objects.get().body))
call_command("check_blocks", fail=True)
call_command("upgrade_blocks")
"""


def test_a_project_with_blocks_alone() -> None:
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("DJANGO_", "AI_CMS"))}
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", PROJECT],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Bread" in done.stdout
    assert '<p class="notice">Closed</p>' in done.stdout
    assert "1 documents read, 0 problems found." in done.stdout
