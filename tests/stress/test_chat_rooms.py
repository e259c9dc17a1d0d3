"""Rooms under a Redis that is started anew and clients that come and go; the full size is ``python -m tests.stress.chat_rooms``."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys

import pytest
from django.db import connection

from .database import ROOT, postgres_url

pytest.importorskip("channels", reason="the group live")

pytestmark = [
    pytest.mark.stress,
    pytest.mark.processes,
    pytest.mark.skipif(shutil.which("redis-server") is None, reason="there is no redis-server on this machine"),
]


@pytest.mark.parametrize("server", ["uvicorn", pytest.param("daphne", marks=pytest.mark.postgres)])
def test_nothing_is_lost_doubled_or_told_to_others(server: str) -> None:
    vendor = "postgresql" if connection.vendor == "postgresql" and postgres_url() else "sqlite"
    size = ["--clients", "30", "--rooms", "3", "--messages", "120", "--restarts", "2", "--pause", "0.02"]
    command = [sys.executable, "-m", "tests.stress.chat_rooms", "--server", server, "--database", vendor, *size]
    made = subprocess.run(command, cwd=ROOT, env={**os.environ}, capture_output=True, text=True, timeout=300)
    assert made.stdout, made.stderr[-4000:]
    found = json.loads(made.stdout.splitlines()[-1])
    told = argparse.Namespace(**found)
    nothing = ("lost", "doubled", "out_of_order", "foreign", "strangers_let_in", "put_out_but_still_in")
    assert {name: found[name] for name in nothing} == dict.fromkeys(nothing, 0), made.stderr[-4000:]
    # Sockets that hear nothing for seven seconds stay, and no restart of Redis was an error of ours.
    assert (told.cut_off_while_quiet, told.errors) == (0, 0), made.stderr[-4000:]
    assert (told.messages, told.redis_restarts, told.put_out) == (120, 2, 3)
    assert told.connections > told.clients
    assert made.returncode == 0
