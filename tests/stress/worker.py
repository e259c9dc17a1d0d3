"""One process of a stress test: ``python -m tests.stress.worker VERB [NUMBER …]``."""

from __future__ import annotations

import json
import random
import sys
from collections import Counter
from typing import Any

import django

django.setup()

from django.core.management import call_command  # noqa: E402

from ai_cms.core.exceptions import RequestRefused  # noqa: E402
from ai_cms.core.permissions import Actor  # noqa: E402
from ai_cms.pages import get_page_model, services  # noqa: E402
from ai_cms.pages.models import Publication, Redirect, Revision  # noqa: E402
from tests.stress.validator import broken_invariants  # noqa: E402

ACTOR = Actor.system("stress")


def migrate() -> None:
    call_command("migrate", verbosity=0)
    sites = [services.create_site(hostname=f"site{number}.example", title=f"Site {number}") for number in range(2)]
    for site in sites:
        for number in range(5):
            section = services.create_page(actor=ACTOR, parent=site.root, title=f"Section {number}", publish=True)
            for inner in range(3):
                services.create_page(actor=ACTOR, parent=section, title=f"Page {inner}", publish=bool(inner % 2))


def _any_page(dice: random.Random, *, roots: bool) -> Any:
    rows = get_page_model().objects.order_by("?")
    return (rows if roots else rows.filter(parent__isnull=False)).first()


def _gone(*pages: Any) -> bool:
    """Say whether one of the pages is not there any more."""
    keys = {page.pk for page in pages}
    return get_page_model().objects.filter(pk__in=keys).count() < len(keys)


def edit(seed: int, count: int) -> None:
    """Do ``count`` edits: create 40 %, move 25, copy 10, reorder 10, publish 5, delete 10. Prints what became of them.

    ``gone``: refused with 404, and a page of the edit had indeed been deleted by another process meanwhile.
    """
    dice = random.Random(seed)
    outcome: Counter[str] = Counter()
    for number in range(count):
        chosen: list[Any] = []
        try:
            _edit_once(dice, f"{seed} {number}", chosen)
            outcome["done"] += 1
        except RequestRefused as error:
            gone = error.status_code == 404 and _gone(*chosen)
            outcome["gone" if gone else f"refused {error.status_code} {error.code}"] += 1
    print(json.dumps(outcome))


def _edit_once(dice: random.Random, name: str, chosen: list[Any]) -> None:
    """Do one edit; the pages it is about are added to ``chosen`` before."""

    def choose(page: Any) -> Any:
        chosen.append(page)
        return page

    roll = dice.random()
    if roll < 0.40:
        services.create_page(
            actor=ACTOR,
            parent=choose(_any_page(dice, roots=True)),
            title=f"P {name}",
            content=[{"type": "heading", "props": {"text": name}}],
            position=dice.choice(["first-child", "last-child"]),
            publish=dice.random() < 0.5,
        )
    elif roll < 0.65:
        page = choose(_any_page(dice, roots=False))
        # A place that makes sense as far as this process can see; the others may have changed it meanwhile.
        outside = get_page_model().objects.exclude(tree_id=page.tree_id, lft__gte=page.lft, rght__lte=page.rght)
        target = choose(outside.order_by("?").first())
        beside = [] if target.parent_id is None else ["before", "after"]
        services.move_page(page, target, actor=ACTOR, position=dice.choice(["first-child", "last-child", *beside]))
    elif roll < 0.75:
        services.copy_page(
            choose(_any_page(dice, roots=False)),
            choose(_any_page(dice, roots=True)),
            actor=ACTOR,
            recursive=dice.random() < 0.2,
        )
    elif roll < 0.85:
        parent = choose(_any_page(dice, roots=True))
        children = list(get_page_model().objects.filter(parent_id=parent.pk))
        dice.shuffle(children)
        services.reorder_pages(parent, [choose(child).pk for child in children[:5]], actor=ACTOR)
    elif roll < 0.90:
        services.publish_page(choose(_any_page(dice, roots=True)), actor=ACTOR)
    else:
        services.delete_page(choose(_any_page(dice, roots=False)), actor=ACTOR)


def acknowledge(seed: int) -> None:
    """Go through the verbs until killed; prints a line ending in a full stop after each edit that has returned."""
    dice = random.Random(seed)
    print("started.", flush=True)
    number = 0
    while True:
        number += 1
        title = f"Kept {seed} {number}"
        page = services.create_page(
            actor=ACTOR,
            parent=_any_page(dice, roots=True),
            title=title,
            content=[{"id": "h1", "type": "heading", "props": {"text": title}}],
            publish=True,
        )
        print(f"saved {title}.", flush=True)
        title = f"Changed {seed} {number}"
        services.update_page(
            page,
            actor=ACTOR,
            fields={"title": title},
            content=[{"id": "h1", "type": "heading", "props": {"text": title}}],
        )
        print(f"saved {title}.", flush=True)
        services.publish_page(page, actor=ACTOR)
        services.copy_page(page, _any_page(dice, roots=True), actor=ACTOR)
        outside = get_page_model().objects.exclude(tree_id=page.tree_id, lft__gte=page.lft, rght__lte=page.rght)
        services.move_page(page, outside.order_by("?").first(), actor=ACTOR)
        services.unpublish_page(page, actor=ACTOR)
        services.delete_page(page, actor=ACTOR)
        services.restore_page(page, actor=ACTOR)


def verify_kill() -> None:
    """Print broken invariants, every title in any revision, and pages whose rows do not agree with each other."""
    half = []
    for page in get_page_model().all_objects.all():
        blocks = {block["id"] for block in page.content_json.blocks}
        if blocks != set(page.elements.values_list("uid", flat=True)):
            half.append(f"{page.pk}: elements differ from the document")
        if page.revisions.count() != page.latest_revision:
            half.append(f"{page.pk}: {page.revisions.count()} revisions, latest {page.latest_revision}")
        if page.live != Publication.objects.filter(page=page).exists():
            half.append(f"{page.pk}: live={page.live} without its publication, or the other way round")
        head = page.content_json.find("h1")
        if head is not None and head["props"]["text"] != page.title:
            half.append(f"{page.pk}: title and document are of different writes")
    titles = list(Revision.objects.values_list("title", flat=True).distinct())
    print(json.dumps({"broken": broken_invariants(), "half": half, "titles": titles}))


def verify() -> None:
    print(
        json.dumps(
            {
                "broken": broken_invariants(),
                "pages": get_page_model().all_objects.count(),
                "publications": Publication.objects.count(),
                "redirects": Redirect.objects.count(),
            }
        )
    )


if __name__ == "__main__":
    name, *rest = sys.argv[1:]
    verbs = {
        "migrate": migrate,
        "edit": edit,
        "acknowledge": acknowledge,
        "verify": verify,
        "verify-kill": verify_kill,
    }
    verbs[name](*map(int, rest))
