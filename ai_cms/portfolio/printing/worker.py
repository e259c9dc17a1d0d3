"""The process that makes a PDF: a job from standard input, the file to standard output.

WeasyPrint 70: without a variant it writes no tags; "pdf/ua-1" writes them, with the language and the title of the document.
"""

from __future__ import annotations

import logging
import sys
from typing import Any

import weasyprint
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import URLFetcher, URLFetcherResponse

from .job import BASE_URL, PdfJob

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]

__all__ = ["GivenFiles", "draw", "main"]


class GivenFiles(URLFetcher):  # type: ignore[misc]
    """Open what came with the job, and nothing else: no network, no file, no ``data:`` address."""

    def __init__(self, files: Any) -> None:
        super().__init__(allowed_protocols=(), allow_redirects=False)
        self.files = files

    def fetch(self, url: str, headers: Any = None) -> Any:
        """Return a file of the job. Raises ValueError for any other address; the document then does without it."""
        if url not in self.files:
            raise ValueError("Only files that belong to the document are opened.")
        mime, data = self.files[url]
        return URLFetcherResponse(url, data, {"Content-Type": mime})


def draw(job: PdfJob) -> bytes:
    """Return the PDF of a job."""
    fetcher = GivenFiles(job.files)
    fonts = FontConfiguration()
    sheets = [
        weasyprint.CSS(string=sheet, base_url=BASE_URL, url_fetcher=fetcher, font_config=fonts, media_type="print")
        for sheet in job.sheets
    ]
    document = weasyprint.HTML(string=job.html, base_url=BASE_URL, url_fetcher=fetcher, media_type="print")
    result: bytes = document.write_pdf(stylesheets=sheets, font_config=fonts, pdf_variant="pdf/ua-1")
    return result


def main() -> None:
    """Carry out the one job."""
    # What WeasyPrint could not load or understand is said on standard error, which the tests read.
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(message)s")
    logging.getLogger("fontTools").setLevel(logging.ERROR)
    job = PdfJob.from_json(sys.stdin.buffer.read().decode())
    _limit(job)
    sys.stdout.buffer.write(draw(job))


def _limit(job: PdfJob) -> None:
    """Bound time and memory; Windows has neither limit, there the waiting process ends this one."""
    if resource is None:
        return
    resource.setrlimit(resource.RLIMIT_CPU, (job.seconds, job.seconds + 1))
    resource.setrlimit(resource.RLIMIT_DATA, (job.memory, job.memory))
    # It writes its answer to a pipe; no file may grow.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
