"""A résumé on paper: the print view, and the same as a PDF."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from ai_cms.portfolio.exceptions import PdfUnavailable
from ai_cms.portfolio.printing.resumes import PAPERS, STYLES, page_context, pdf_file

from .library import KindPage

__all__ = ["PaperView"]


class PaperView(KindPage):
    """Show one's own résumé as it is printed; ``?format=pdf`` hands out the file. What the query says wrongly is left out."""

    def get(self, request: HttpRequest, pk: int) -> HttpResponse:
        resume = self.row()
        style, paper = _choice(request, "style", STYLES), _choice(request, "paper", PAPERS, "a4")
        context = page_context(resume, style, paper)
        if request.GET.get("format") != "pdf":
            return render(request, "ai_cms/portfolio/paper/page.html", context)
        try:
            return pdf_file(resume, style, paper)
        except PdfUnavailable as error:
            refused = render(
                request, "ai_cms/portfolio/paper/page.html", {**context, "refusal": error.detail}, status=503
            )
            refused["Retry-After"] = "60"
            return refused


def _choice(request: HttpRequest, name: str, known: Iterable[str], default: Any = "plain") -> str:
    value = request.GET.get(name, "")
    return value if value in list(known) else default
