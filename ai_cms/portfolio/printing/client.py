"""The web process's side: start the process that makes the PDF, wait for it, end it if it takes too long."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

from .job import PdfFailed, PdfJob

__all__ = ["draw_pdf"]

logger = logging.getLogger(__name__)

# The package by its own name, so that the process loads neither Django nor the rest of the CMS.
_BOOT = "import sys; sys.path.insert(0, sys.argv[1]); from printing.worker import main; main()"
_HOME = str(Path(__file__).resolve().parents[1])
# Where fonts and Pango are found; nothing secret of this process is handed on.
_KEPT = ("PATH", "HOME", "LANG", "LD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH", "SYSTEMROOT", "VIRTUAL_ENV",
         "FONTCONFIG_FILE", "FONTCONFIG_PATH", "XDG_CACHE_HOME", "XDG_DATA_DIRS")  # fmt: skip
_gate = threading.BoundedSemaphore(2)


def draw_pdf(job: PdfJob, *, patience: float = 20.0) -> bytes:
    """Return the PDF of ``job``. This process runs two at a time; others wait up to ``patience`` seconds.

    Call it outside transactions. Raises PdfFailed.
    """
    if not _gate.acquire(timeout=patience):
        raise PdfFailed("busy")
    try:
        return _run(job)
    finally:
        _gate.release()


def _run(job: PdfJob) -> bytes:
    environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
    process = subprocess.Popen(  # noqa: S603 - our own interpreter, our own arguments
        [sys.executable, "-E", "-s", "-c", _BOOT, _HOME],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
    )
    try:
        # Twice the CPU seconds: a busy machine may take longer for the same work.
        answer, said = process.communicate(job.to_json().encode(), timeout=job.seconds * 2)
    except subprocess.TimeoutExpired:
        raise PdfFailed("too_slow") from None
    finally:
        if process.poll() is None:
            process.kill()
        _close(process)
    if process.returncode in (-24, -9):
        raise PdfFailed("too_slow")
    if process.returncode != 0 or not answer.startswith(b"%PDF-"):
        # The end of a traceback names what failed; it has no text of the document.
        last = said.decode(errors="replace").strip().splitlines()[-1:]
        raise PdfFailed("crashed", last[0] if last else "")
    for line in said.decode(errors="replace").splitlines():
        logger.warning("WeasyPrint: %s", line)
    return answer


def _close(process: subprocess.Popen[bytes]) -> None:
    """Reap the process and close its pipes, whatever it left unread."""
    process.wait()
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe is not None:
            with suppress(OSError):
                pipe.close()
