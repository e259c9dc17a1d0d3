"""Random edits of one page lose no text; the same by the ten thousand: ``python -m tests.stress.many_edits``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from ai_cms.core.permissions import Actor
from ai_cms.pages import services

from .edits import Trial, accept_a_part, rebase


@pytest.mark.stress
@pytest.mark.django_db
@pytest.mark.parametrize("trial", [rebase, accept_a_part])
def test_random_edits_lose_no_text(trial: Callable[[Any, int], Trial]) -> None:
    site = services.create_site(hostname="testserver", title="Home")
    page = services.create_page(actor=Actor.system("tests"), parent=site.root, title="Edited")
    outcomes: Counter[str] = Counter()
    for seed in range(300):
        found = trial(page, seed)
        assert not found.lost, (seed, found)
        assert not found.misjudged, (seed, found)
        outcomes[found.outcome.split()[-1]] += 1
    assert len(outcomes) > 1, outcomes
