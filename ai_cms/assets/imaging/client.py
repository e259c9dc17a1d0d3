"""The web process's side of the worker: start it, wait for it, end it if it takes too long."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

from .job import Job, JobFailed, Outcome

__all__ = ["run_job"]

# The package by its own name, so that the worker loads neither Django nor the rest of the CMS.
_BOOT = "import sys; sys.path.insert(0, sys.argv[1]); from imaging.worker import main; main()"
_HOME = str(Path(__file__).resolve().parents[1])
_KEPT = ("PATH", "LD_LIBRARY_PATH", "SYSTEMROOT", "VIRTUAL_ENV", "LANG")
_gates: dict[int, threading.BoundedSemaphore] = {}


def run_job(job: Job, *, at_once: int = 2, patience: float = 20.0) -> Outcome:
    """Have the worker do ``job``.

    ``at_once``: how many workers this process runs at most; others wait up to ``patience`` seconds. Raises JobFailed: with
    the code "busy" where none gets free, "too_slow", "crashed", or what the worker says.
    """
    gate = _gates.setdefault(at_once, threading.BoundedSemaphore(at_once))
    if not gate.acquire(timeout=patience):
        raise JobFailed("busy", "Too many pictures are being worked on.")
    try:
        return _run(job)
    finally:
        gate.release()


def _run(job: Job) -> Outcome:
    environment = {name: os.environ[name] for name in _KEPT if name in os.environ}
    process = subprocess.Popen(  # noqa: S603 - our own interpreter, our own arguments
        [sys.executable, "-E", "-s", "-c", _BOOT, _HOME],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=job.folder,
        env=environment,
    )
    try:
        # Twice the CPU seconds: a busy machine may take longer for the same work.
        answer, _nothing = process.communicate(job.to_json().encode(), timeout=job.limits.seconds * 2)
    except subprocess.TimeoutExpired:
        raise JobFailed("too_slow", "The picture takes too long to be worked on.") from None
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()
    if process.returncode != 0 or not answer:
        code = "too_slow" if process.returncode in (-24, -9) else "crashed"
        raise JobFailed(code, "The picture cannot be worked on.")
    return Outcome.from_json(answer.decode())
