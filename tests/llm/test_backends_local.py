"""The backend without a model: by rules, from what is given, always the same."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from pydantic import BaseModel

from ai_cms.core.exceptions import AlreadyRegistered
from ai_cms.llm.backends.local import backend as local
from ai_cms.llm.backends.local import text as local_text
from ai_cms.llm.backends.local.backend import LocalBackend, rule, rules
from ai_cms.llm.exceptions import LLMEmptyOutput, LLMInvalidOutput, LLMUnsupported
from ai_cms.llm.messages import Finish, LLMRequest, Message, TextDelta

TEXT = (
    "Sourdough bread needs time. Dr. Miller says the dough rises slowly, e.g. overnight in the fridge. A slow rise "
    "gives the bread its taste and the crumb its holes. Bake the bread hot! Many bakers forget the salt."
)


BUILT_IN = ("summarise", "excerpt", "keywords", "seo", "headlines", "outline", "alt_text", "proofread")


class Seo(BaseModel):
    title: str
    description: str
    keywords: list[str]


def ask(task: str = "", text: str = "", **options: Any) -> LLMRequest:
    payload = options.pop("payload", {"text": text} if text else {})
    return LLMRequest([Message.user("Do it.")], task=task, payload=payload, **options)


@pytest.fixture
def backend(monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalBackend]:
    """Return a local backend on a machine without a network."""

    def refuse(*args: Any) -> None:
        raise AssertionError("the local backend must not use the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    with ExitStack() as stack:
        # Other apps put rules of their own in the place of these.
        for name in BUILT_IN:
            stack.enter_context(rules.temporarily(name, getattr(local, name)))
        yield LocalBackend(alias="local")


def test_it_says_where_its_results_come_from(backend: LocalBackend) -> None:
    assert backend.provenance == "rules"
    assert not backend.makes_real_calls
    assert backend.generate(ask("summarise", TEXT)).model == "rules"


def test_a_summary_consists_of_sentences_of_the_text(backend: LocalBackend) -> None:
    text = backend.generate(ask("summarise", payload={"text": TEXT, "sentences": 2})).text
    assert text != TEXT
    assert all(sentence in TEXT for sentence in local_text.sentences(text))
    assert text == backend.generate(ask("summarise", payload={"text": TEXT, "sentences": 2})).text


def test_structured_tasks_give_valid_objects(backend: LocalBackend) -> None:
    found = backend.generate(ask("seo", payload={"text": TEXT, "title": "Bread"}, response_model=Seo)).parsed
    assert found.title == "Bread"
    assert len(found.description) <= 155
    assert found.keywords[0] == "bread"


def test_a_task_without_a_rule_is_refused_and_not_faked(backend: LocalBackend) -> None:
    with pytest.raises(LLMUnsupported, match="no local rule for the task 'juggle'"):
        backend.generate(ask("juggle", TEXT, response_model=Seo))


def test_an_app_registers_rules_of_its_own(backend: LocalBackend) -> None:
    try:

        @rule("shout")
        def shout(request: LLMRequest) -> Seo:
            return Seo(title=request.payload["text"].upper(), description="", keywords=[])

        assert backend.generate(ask("shout", "hello", response_model=Seo)).parsed.title == "HELLO"
        with pytest.raises(AlreadyRegistered):
            rule("shout")(lambda request: "again")
        rule("shout", replace=True)(lambda request: {"title": 1})
        with pytest.raises(LLMInvalidOutput):
            backend.generate(ask("shout", "hello", response_model=Seo))
    finally:
        rules.unregister("shout")


def test_a_conversation_is_told_that_there_is_no_model_and_given_quotes(backend: LocalBackend) -> None:
    messages = [Message.system(TEXT), Message.user("Is salt forgotten?")]
    answer = backend.generate(LLMRequest(messages)).text
    assert answer.startswith("No AI model is set up on this site")
    assert "> Many bakers forget the salt." in answer
    assert "Sourdough" not in answer
    assert ">" not in backend.generate(LLMRequest([Message.user("Hello?")])).text


def test_it_streams_its_answer_in_one_piece_and_reports_estimates(backend: LocalBackend) -> None:
    events = list(backend.stream(ask("summarise", TEXT)))
    assert [type(event) for event in events] == [TextDelta, Finish]
    assert isinstance(events[-1], Finish)
    assert not events[-1].response.usage.reported


def test_max_tokens_count(backend: LocalBackend) -> None:
    response = backend.generate(ask("summarise", TEXT, max_tokens=5))
    assert response.truncated
    assert len(response.text) <= 20


def test_nothing_given_is_nothing_found(backend: LocalBackend) -> None:
    with pytest.raises(LLMEmptyOutput):
        backend.generate(ask("keywords", payload={"text": "the and of"}))


TEXTS = (TEXT, "x", "<p>Brot &amp; Salz</p>" * 30, "你好。世界\uff01" * 20, "\n\n# A\n- b\n", "a" * 5000)


@pytest.mark.parametrize("task", ["summarise", "excerpt", "keywords", "seo", "headlines", "outline", "proofread"])
@pytest.mark.parametrize("text", TEXTS)
def test_every_rule_survives_every_text(backend: LocalBackend, task: str, text: str) -> None:
    if task == "keywords" and not local_text.keywords(text):
        with pytest.raises(LLMEmptyOutput):
            backend.generate(ask(task, text))
    else:
        assert backend.generate(ask(task, text)).text


# The rules themselves


def test_sentences_end_where_they_end() -> None:
    assert local_text.sentences(TEXT)[1].startswith("Dr. Miller says the dough rises slowly, e.g. overnight")
    assert len(local_text.sentences(TEXT)) == 5
    assert local_text.sentences("你好。世界\uff01") == ["你好。", "世界\uff01"]
    assert local_text.sentences('He said "No." She left.') == ['He said "No."', "She left."]
    assert local_text.sentences("See No. 5 first. No. It is late.") == ["See No. 5 first.", "No.", "It is late."]
    assert local_text.sentences("") == []


@pytest.mark.parametrize(
    ("file_name", "alt"),
    [
        ("IMG_2034-rye-breadLoaf.jpg", "Rye bread Loaf"),
        ("uploads/2026/brown_fox@2x.png", "Brown fox"),
        ("DSC01234.JPG", ""),
        ("9f8e7d6c5b4a.webp", ""),
        ("C:\\Pictures\\Team photo 3.png", "Team"),
    ],
)
def test_alt_texts_from_file_names(file_name: str, alt: str) -> None:
    assert local_text.alt_text(file_name) == alt


def test_alt_text_without_a_speaking_name_comes_from_the_context() -> None:
    assert local_text.alt_text("IMG_1.jpg", "The team in Oslo. More.") == "The team in Oslo."


def test_an_outline_keeps_headings_and_what_follows() -> None:
    assert local_text.outline("# Bread\nIntro\n1. Flour: rye\n- Salt") == [
        ("Bread", ["Intro"]),
        ("Flour", ["rye"]),
        ("Salt", []),
    ]
    assert [texts for _, texts in local_text.outline("One thing. Another thing.")] == [
        ["One thing."],
        ["Another thing."],
    ]
    assert local_text.outline("Before.\n# After") == [("", ["Before."]), ("After", [])]


def test_proofreading_changes_spacing_and_marks_but_no_words() -> None:
    assert local_text.proofread("Hello ,world  the the end...  ok!!!!") == "Hello, world the end… ok!"
    assert local_text.proofread("had had 3.14 1,000 a.b http://x.y?a=1") == "had had 3.14 1,000 a.b http://x.y?a=1"


def test_shortening_cuts_between_words() -> None:
    assert local_text.shorten("one two three four", 12) == "one two…"
    assert len(local_text.shorten("x" * 100, 10)) == 10
    assert local_text.shorten("short", 10) == "short"


def test_headlines_are_different_and_short() -> None:
    found = local_text.headlines(TEXT, "Bread", 4)
    assert found[0] == "Bread"
    assert len(found) == len({line.lower() for line in found}) == 4
    assert max(map(len, found)) <= 90


# Scripts without spaces, headlines, slips

JAPANESE = "酵母パンは毎朝焼きます。小麦粉は北海道産です。酵母パンは人気です。"


def test_japanese_gets_no_spaces_and_its_keywords_are_words() -> None:
    assert " " not in local_text.summary(JAPANESE, 2)
    assert " " not in local_text.summary(JAPANESE, 9)
    words = local_text.keywords(JAPANESE, 5)
    assert "酵母" in words
    assert max(map(len, words)) <= 6


def test_keywords_are_what_a_text_is_about() -> None:
    text = "Since 1923 we bake sourdough every night. Sourdough rests without yeast, and every loaf within a day."
    assert local_text.keywords(text, 9)[0] == "sourdough"
    assert not {"since", "every", "without", "within"} & {word.lower() for word in local_text.keywords(text, 9)}


def test_headlines_are_no_cut_sentences() -> None:
    text = (
        "Our bakery in the old mill has been baking slow bread for the whole valley since the days of our great grandparents, "
        "and it still does. Bread needs time."
    )
    assert not any(line.endswith("…") for line in local_text.headlines(text))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (
            "Rye bread keeps for a week because its crumb holds more water than that of wheat.",
            "Rye bread keeps for a week",
        ),
        (
            "Roggenbrot bleibt eine Woche frisch, weil seine Krume mehr Wasser hält.",
            "Roggenbrot bleibt eine Woche frisch",
        ),
        (
            "Le pain de seigle se garde une semaine parce que sa mie retient plus d'eau.",
            "Le pain de seigle se garde une semaine",
        ),
        ("酵母パンは毎朝、店で焼きます。", "酵母パンは毎朝、店で焼きます。"),
    ],
)
def test_headlines_are_the_beginning_that_says_enough(text: str, found: str) -> None:
    assert local_text.headlines(text)[0] == found


def test_no_headline_is_words_put_side_by_side() -> None:
    text = "We bake bread on Saturdays. On Saturdays the oven is hot."
    assert local_text.headlines(text, count=5) == ["We bake bread on Saturdays", "On Saturdays the oven is hot"]


def test_no_headline_is_a_long_sentence() -> None:
    text = (
        "In spring, the flour of the new harvest takes up less water than the flour that has rested over winter in the mill. "
        "Every baker in the valley therefore mixes both kinds by hand before the first bread of the day goes in. "
        "Salt matters."
    )
    found = local_text.headlines(text, count=8)
    assert "Salt matters" in found
    assert not any(len(line.split()) > 9 or len(line) > 64 for line in found)
    assert not any(line.startswith("In spring") for line in found)


def test_slips_are_put_right_and_addresses_left_alone() -> None:
    assert local_text.proofread("Teh bread, TEH salt") == "The bread, THE salt"
    assert local_text.proofread("Teh teh bread of the The Hague") == "The bread of the The Hague"
    assert local_text.proofread("Vitamin A a day") == "Vitamin A a day"
    assert local_text.proofread("See https://example.com/teh and teh@example.com") == (
        "See https://example.com/teh and teh@example.com"
    )
