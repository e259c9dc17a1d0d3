"""Résumés on paper: the HTML, the PDF and what a machine reads in it, and what happens without WeasyPrint or time."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from ai_cms.core.permissions import Actor
from ai_cms.portfolio import get_resume_model
from ai_cms.portfolio.exceptions import PdfUnavailable
from ai_cms.portfolio.printing import client as drawing
from ai_cms.portfolio.printing import resumes as paper
from ai_cms.portfolio.printing.job import BASE_URL, PdfFailed, PdfJob
from ai_cms.portfolio.services import create_row

RESUME: dict[str, Any] = {
    "basics": {
        "name": "Zoë Lindqvist",
        "label": "Art director",
        "email": "zoe@example.com",
        "phone": "+46 8 555",
        "url": "https://zoe.example.com/",
        "summary": "Twelve years of books.\n\nI read everything I set.",
        "location": {"city": "Gothenburg", "countryCode": "SE"},
    },
    "work": [
        {"name": "Norrsken", "position": "Senior designer", "startDate": "2019-04", "location": "Stockholm",
         "summary": "Led a redesign.", "highlights": ["Built a type system", "Taught eleven interns"]},
        {"name": "Norrsken", "position": "Designer", "startDate": "2017", "endDate": "2019-03"},
        {"name": "Atlas", "position": "Junior designer", "startDate": "2014", "endDate": "2017"},
    ],
    "education": [{"institution": "Konstfack", "area": "Design", "studyType": "MFA", "endDate": "2014"}],
    "skills": [{"name": "Typography", "level": "Expert", "keywords": ["Grids", "Čapek"]}],
    "languages": [{"language": "Swedish", "fluency": "Native"}],
    "awards": [{"title": "Most Beautiful Books", "awarder": "Leipzig", "date": "2023-03-12"}],
}  # fmt: skip
#: In the order in which a person reads it.
ORDER = [
    "Zoë Lindqvist", "Art director", "zoe@example.com", "Twelve years of books.", "I read everything I set.",
    "Work", "Norrsken", "Senior designer", "April 2019", "Led a redesign.", "Built a type system", "Taught eleven interns",
    "Designer", "2017", "Junior designer", "Atlas", "Education", "MFA, Design", "Konstfack", "Skills", "Typography", "Čapek",
    "Languages", "Swedish", "Awards", "Most Beautiful Books", "March 2023",
]  # fmt: skip


def in_order(text: str, wanted: list[str]) -> list[str]:
    """Return what of ``wanted`` does not follow the one before it."""
    at, lost = 0, []
    for words in wanted:
        found = text.find(words, at)
        lost += [words] if found < 0 else []
        at = max(at, found + len(words) if found >= 0 else at)
    return lost


def plain(html: str) -> str:
    body = re.sub(r"<head>.*?</head>|<nav.*?</nav>", " ", html, flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", body).replace("&amp;", "&").split())


def test_the_html_reads_in_order_and_names_an_employer_once() -> None:
    html = paper.resume_html(RESUME)
    assert in_order(plain(html), ORDER) == []
    assert html.count("Norrsken") == 1
    assert re.findall(r"<h(\d)", html) == ["1", "2", *"3443", "2", "3", "2", "2", "2", "3"]
    assert "http-equiv" not in html
    assert "<link" not in html
    assert "style=" not in html


def test_the_language_is_the_one_of_the_resume() -> None:
    german = paper.resume_html({**RESUME, "meta": {"language": "de"}})
    assert '<html lang="de">' in german
    assert "April 2019" in german
    assert 'dir="rtl"' in paper.resume_html({**RESUME, "meta": {"language": "ar"}})
    # What is no language is as if it were not there.
    for odd in ("../../etc", "xx-nothing", 7, None, {"a": 1}):
        assert '<html lang="en' in paper.resume_html({**RESUME, "meta": {"language": odd}})


@pytest.mark.parametrize("content", [{}, [], None, {"basics": None, "work": "x"}, {"work": [None, {}, {"name": 3}]}])
def test_what_is_hardly_a_resume_still_makes_a_page(content: Any) -> None:
    assert "<h1" in paper.resume_html(content, title="Main")


def test_what_a_resume_says_is_text() -> None:
    hostile = {"basics": {"name": "<script>alert(1)</script>", "url": "javascript:alert(1)", "summary": "<img src=x>"}}
    html = paper.resume_html(hostile)
    assert "<script" not in html
    assert "javascript" not in html
    assert "<img" not in html


@pytest.fixture
def needs_weasyprint() -> None:
    try:
        pytest.importorskip("weasyprint", reason="WeasyPrint is not installed (extra pdf)")
    except OSError:
        pytest.skip("Pango is not installed (Debian: libpango-1.0-0 libpangoft2-1.0-0)")


@pytest.mark.parametrize(("style", "size"), [("plain", "a4"), ("folio", "letter")])
def test_the_pdf_is_tagged_and_read_in_order(
    style: str, size: str, needs_weasyprint: None, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    pypdf = pytest.importorskip("pypdf")
    data = paper.resume_pdf(RESUME, style=style, paper=size)
    # WeasyPrint says in its log what it could not understand or load.
    assert caplog.messages == []
    pdf = pypdf.PdfReader(io.BytesIO(data))
    root: Any = pdf.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/StructTreeRoot"]
    assert root["/Lang"].startswith("en")
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert b"pdfuaid" in root["/Metadata"].get_data()
    assert pdf.metadata is not None
    assert (pdf.metadata.title, pdf.metadata.author) == ("Zoë Lindqvist · Art director", "Zoë Lindqvist")
    assert [item.title for item in pdf.outline if not isinstance(item, list)] == ["Zoë Lindqvist"]
    width, height = (round(float(side)) for side in pdf.pages[0].mediabox[2:])
    assert (width, height) == {"a4": (595, 842), "letter": (612, 792)}[size]
    fonts = {str(font.get_object()["/BaseFont"]) for font in pdf.pages[0]["/Resources"]["/Font"].values()}
    assert fonts
    family = {"plain": "Inter", "folio": "Newsreader"}[style]
    # Not one of the machine's: the text looks the same wherever it is drawn.
    assert all(f"+{family}" in font for font in fonts), fonts
    # Each subset has a name of its own: two of one name are drawn as one, with wrong letters.
    assert any(f"+{family}-Ext" in font for font in fonts), fonts
    assert in_order(" ".join(page.extract_text() for page in pdf.pages), ORDER) == []
    tool = shutil.which("pdftotext")
    if tool is None:
        pytest.skip("pdftotext is not on this machine; pypdf read the same text")
    file = tmp_path / "resume.pdf"
    file.write_bytes(data)
    text = subprocess.run([tool, str(file), "-"], capture_output=True, check=True, text=True).stdout
    assert in_order(text, ORDER) == []


def test_the_process_opens_what_came_with_the_job_and_nothing_else(
    needs_weasyprint: None, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    secret = tmp_path / "secret.svg"
    secret.write_text('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><text>secret</text></svg>')
    addresses = [secret.as_uri(), "http://127.0.0.1:9/x.png", "https://example.invalid/x.png", "data:image/svg+xml,<svg/>",
                 "other.png"]  # fmt: skip
    html = "<html lang=en><title>t</title>" + "".join(f'<img src="{url}" alt="x">' for url in addresses)
    html += f'<link rel=stylesheet href="{secret.as_uri()}"><link rel=attachment href="{secret.as_uri()}">'
    given = {f"{BASE_URL}other.png": ("image/png", b"not a picture")}
    data = drawing.draw_pdf(PdfJob(html, (f"@import url({secret.as_uri()});",), given))
    assert data.startswith(b"%PDF-")
    assert b"secret" not in data
    refused = [text for text in caplog.messages if "Only files that belong to the document" in text]
    assert len(refused) >= 6
    assert any("127.0.0.1:9" in text for text in refused)


def test_time_is_bounded(needs_weasyprint: None) -> None:
    endless = "<html lang=en><title>t</title>" + "<table><tr><td>x" * 400 + "<p>y</p>" * 20_000
    with pytest.raises(PdfFailed) as caught:
        drawing.draw_pdf(PdfJob(endless, seconds=1))
    assert caught.value.code == "too_slow"


def test_two_are_drawn_at_once_and_the_third_waits_its_time(needs_weasyprint: None) -> None:
    gate = drawing._gate
    assert gate.acquire() and gate.acquire()
    try:
        with pytest.raises(PdfFailed, match="busy"):
            drawing.draw_pdf(PdfJob("<p>x"), patience=0.01)
    finally:
        gate.release()
        gate.release()


@pytest.fixture
def resume(member: Any) -> Any:
    return create_row(get_resume_model(), actor=Actor.of(member), title="Main", content=RESUME)


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[PdfJob]:
    """Keep the jobs instead of drawing them."""
    jobs: list[PdfJob] = []

    def keep(job: PdfJob) -> bytes:
        jobs.append(job)
        return b"%PDF-"

    monkeypatch.setattr(paper, "draw_pdf", keep)
    monkeypatch.setattr(paper, "pdf_is_installed", lambda: True)
    return jobs


def test_rest_hands_out_html_and_pdf(api_client: Any, member: Any, resume: Any, drawn: list[PdfJob]) -> None:
    api_client.force_authenticate(member)
    path = reverse("ai_cms_api:resume-export", args=[resume.pk])
    answer = api_client.get(path, {"format": "pdf", "paper": "letter", "style": "console"})
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    assert answer["Content-Disposition"] == 'attachment; filename="main.pdf"'
    assert "size: letter" in drawn[0].sheets[-1]
    assert "resume--console" in drawn[0].html
    html = api_client.get(path, {"format": "html"})
    assert html["Content-Type"].startswith("text/html")
    assert "?format=pdf&amp;paper=a4&amp;style=plain" in html.content.decode()
    assert api_client.get(path).json() == RESUME
    for wrong in ({"format": "docx"}, {"paper": "a0"}, {"style": "<b>"}):
        refused = api_client.get(path, wrong)
        assert refused.status_code == 400
        assert list(refused.json()) == list(wrong)


def test_of_others_there_is_no_resume(api_client: Any, editor: Any, resume: Any, drawn: list[PdfJob]) -> None:
    path = reverse("ai_cms_api:resume-export", args=[resume.pk])
    assert api_client.get(path, {"format": "pdf"}).status_code == 401
    api_client.force_authenticate(editor)
    assert api_client.get(path, {"format": "pdf"}).status_code == 404
    assert drawn == []


@pytest.mark.parametrize("code", ["busy", "too_slow", "crashed"])
def test_what_fails_is_503_with_a_reason(
    code: str, api_client: Any, member: Any, resume: Any, drawn: list[PdfJob], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(job: PdfJob) -> bytes:
        raise PdfFailed(code, "why")

    monkeypatch.setattr(paper, "draw_pdf", fail)
    api_client.force_authenticate(member)
    answer = api_client.get(reverse("ai_cms_api:resume-export", args=[resume.pk]), {"format": "pdf"})
    assert answer.status_code == 503
    assert answer.json()["code"] == f"pdf_{code}"
    assert answer["Retry-After"] == "60"


def test_without_the_extra_it_is_said_by_the_api_and_no_page_leads_there(
    api_client: Any, member: Any, resume: Any, monkeypatch: pytest.MonkeyPatch, client: Client
) -> None:
    monkeypatch.setattr(paper, "find_spec", lambda name: None)
    with pytest.raises(PdfUnavailable, match="extra"):
        paper.resume_pdf(RESUME)
    api_client.force_authenticate(member)
    answer = api_client.get(reverse("ai_cms_api:resume-export", args=[resume.pk]), {"format": "pdf"})
    assert (answer.status_code, answer.json()["code"]) == (503, "pdf_not_installed")
    client.force_login(member)
    page = reverse("ai_cms_portfolio_web:paper", args=[resume.pk])
    assert "format=pdf" not in client.get(page).content.decode()
    refused = client.get(page, {"format": "pdf"})
    assert refused.status_code == 503
    assert "the extra is not installed" in refused.content.decode()


def test_the_print_view_of_ones_own(client: Client, member: Any, editor: Any, resume: Any, drawn: list[PdfJob]) -> None:
    page = reverse("ai_cms_portfolio_web:paper", args=[resume.pk])
    assert client.get(page).status_code == 302
    client.force_login(member)
    answer = client.get(page, {"style": "folio", "paper": "letter"})
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    text = answer.content.decode()
    assert "paper/letter.css" in text
    assert "resume--folio" in text
    # What the query says wrongly is left out.
    assert "resume--plain" in client.get(page, {"style": "x", "paper": "y", "format": "z"}).content.decode()
    file = client.get(page, {"format": "pdf"})
    assert file["Content-Type"] == "application/pdf"
    client.force_login(editor)
    assert client.get(page).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_no_connection_is_held_while_a_pdf_is_drawn(
    api_client: Any, member: Any, resume: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[bool] = []

    def look(job: PdfJob) -> bytes:
        # SQLite in memory is its connection: closing it would lose the data, so Django keeps it.
        seen.append(connection.connection is None or connection.is_in_memory_db())  # type: ignore[attr-defined]
        assert not connection.in_atomic_block
        return b"%PDF-"

    monkeypatch.setattr(paper, "draw_pdf", look)
    monkeypatch.setattr(paper, "pdf_is_installed", lambda: True)
    monkeypatch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", True)
    api_client.force_authenticate(member)
    answer = api_client.get(reverse("ai_cms_api:resume-export", args=[resume.pk]), {"format": "pdf"})
    assert answer.status_code == 200
    assert seen == [True]
