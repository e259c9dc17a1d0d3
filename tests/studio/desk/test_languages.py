"""The studio in German, and in Arabic, which is written from right to left."""

from __future__ import annotations

import gettext
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client, override_settings

import ai_cms.studio
from ai_cms.studio.editor.words import WORDS

LOCALE = Path(ai_cms.studio.__file__).parent / "locale"
TEXT = re.compile(r'^(msgid|msgid_plural|msgstr(?:\[\d\])?) (".*"(?:\n".*")*)', re.MULTILINE)


def entries(language: str) -> list[list[tuple[str, str]]]:
    """Return the entries of a catalogue's source, each as its (keyword, text) pairs."""
    source = (LOCALE / language / "LC_MESSAGES" / "django.po").read_text("utf-8")
    found = [TEXT.findall(part) for part in source.split("\n\n")[1:]]
    return [[(name, "".join(re.findall(r'"(.*)"', text))) for name, text in part] for part in found if part]


@pytest.mark.parametrize("language", ["de", "ar"])
def test_a_catalogue_says_everything_and_keeps_what_is_filled_in(language: str) -> None:
    found = entries(language)
    assert len(found) > 300
    for entry in found:
        texts = dict(entry)
        said = [text for name, text in entry if name.startswith("msgstr")]
        assert all(said), texts["msgid"]
        wanted = set(re.findall(r"%\(\w+\)[sd]", texts.get("msgid_plural", texts["msgid"])))
        for text in said:
            # Some plurals name the number in words.
            assert set(re.findall(r"%\(\w+\)[sd]", text)) <= wanted
            assert "msgid_plural" in texts or set(re.findall(r"%\(\w+\)[sd]", text)) == wanted, text


@pytest.mark.parametrize("language", ["de", "ar"])
def test_the_compiled_catalogue_is_that_of_its_source(language: str) -> None:
    compiled = gettext.translation("django", LOCALE, languages=[language])
    for entry in entries(language):
        texts = {name: text.replace('\\"', '"').replace("\\n", "\n") for name, text in entry}
        if "msgid_plural" not in texts:
            assert compiled.gettext(texts["msgid"]) == texts["msgstr"]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("language", "direction", "words"),
    [
        ("de", "ltr", ["Neue Seite", "Meine Entwürfe", "Papierkorb"]),
        ("ar", "rtl", ["صفحة جديدة", "مسوداتي", "سلة المهملات"]),
    ],
)
def test_pages_are_in_the_language_and_its_direction(
    superuser: Any, tree: Any, url: Callable[..., str], language: str, direction: str, words: list[str]
) -> None:
    client = Client()
    client.force_login(superuser)
    with override_settings(LANGUAGE_CODE=language):
        text = client.get(url("home")).content.decode()
    assert f'<html lang="{language}" dir="{direction}">' in text
    for word in words:
        assert word in text


@pytest.mark.parametrize("language", ["de", "ar"])
def test_the_editor_says_everything_and_keeps_what_is_filled_in(language: str) -> None:
    found = {dict(entry)["msgid"]: dict(entry).get("msgstr", "") for entry in entries(language)}
    for text in WORDS:
        said = found.get(text.replace('"', '\\"'))
        assert said, f"{text}: translate it in locale/{language}"
        assert set(re.findall(r"\{\w+\}", said)) == set(re.findall(r"\{\w+\}", text)), said
