"""Writing in the admin: forms of tasks, runs and their pages, prompts, rights."""

from __future__ import annotations

import json
import re
from typing import Any, Literal

import pytest
from django.template import Context, Template
from django.test import Client, RequestFactory
from django.urls import reverse
from pydantic import Field

from ai_cms.assist.admin.forms import PayloadForm
from ai_cms.assist.models import HANDLER, WritingRun
from ai_cms.assist.registry import Payload, WritingTask, tasks
from ai_cms.assist.tasks.common import Output
from ai_cms.llm.models import Run
from ai_cms.llm.runs.services import start_run
from ai_cms.pages import get_page_model
from ai_cms.pages.models import Proposal

Page: Any = get_page_model()
pytestmark = pytest.mark.django_db(transaction=True)

CONTENT = [
    {"id": "h1", "type": "heading", "props": {"text": "Our  bread ."}},
    {
        "id": "s1",
        "type": "section",
        "props": {"title": "Steps"},
        "children": [{"id": "t1", "type": "rich_text", "props": {"html": "<p>Knead  it <b>well</b></p>"}}],
    },
    {"id": "k1", "type": "heading", "props": {"text": "Fixed"}, "meta": {"locked": True}},
    {"id": "d1", "type": "divider", "props": {}},
]


def url(name: str, *args: Any) -> str:
    return reverse(f"admin:ai_cms_assist_writingrun_{name}", args=args)


def filled(html: str) -> dict[str, Any]:
    """Return the hidden fields of a form's page."""
    return dict(re.findall(r'<input type="hidden" name="(key)" value="([^"]*)"', html))


@pytest.fixture
def page(transactional_db: None, page_factory: Any) -> Any:
    return page_factory("Bread", content=CONTENT)


@pytest.fixture
def staff(superuser: Any) -> Client:
    client = Client()
    client.force_login(superuser)
    return client


def write(client: Client, page: Any, task: str, *, view: str = "page", **fields: Any) -> Any:
    """Fill in the form of a task as a browser does and follow to the run's page."""
    address = f"{url(view, page.pk) if page is not None else url('add')}?task={task}"
    form = client.get(address)
    assert form.status_code == 200, form.content
    initial = dict(form.context["form"].initial)
    for bound in form.context["form"].visible_fields():
        if bound.field.initial not in (None, "", False) and bound.name != "blocks":
            initial.setdefault(bound.name, bound.field.initial)
    return client.post(address, {**initial, **filled(form.content.decode()), **fields}, follow=True)


def test_every_task_has_a_form(local: None, staff: Client, page: Any) -> None:
    chosen = staff.get(url("page", page.pk)).content.decode()
    for name in tasks:
        assert (f"?task={name}" in chosen) is tasks[name].takes_page
        if not tasks[name].takes_page:
            continue
        answer = staff.get(f"{url('page', page.pk)}?task={name}")
        assert answer.status_code == 200
        html = answer.content.decode()
        assert "LocalBackend" in html
        for found in re.findall(r'<label for="([^"]+)"', html):
            assert f'id="{found}"' in html
    without = staff.get(url("add")).content.decode()
    assert "?task=translate_page" not in without
    assert "?task=page_draft" in without


def test_the_outline_offers_what_has_text(local: None, staff: Client, page: Any) -> None:
    html = staff.get(f"{url('page', page.pk)}?task=rewrite").content.decode()
    assert re.findall(r'name="blocks" value="(\w+)"', html) == ["h1", "s1", "t1"]
    assert "Knead it well" in html
    assert '<li class="ai-depth-1">' in html


def test_a_rewrite_of_chosen_blocks_ends_at_a_proposal(local: None, staff: Client, page: Any) -> None:
    shown = write(staff, page, "proofread", blocks=["s1"])
    assert shown.status_code == 200
    proposal = Proposal.objects.get()
    assert [operation["id"] for operation in proposal.operations] == ["t1"]
    assert reverse("admin:ai_cms_pages_proposal_change", args=[proposal.pk]) in shown.content.decode()
    assert "http-equiv" not in shown.content.decode()


def test_the_same_form_sent_twice_is_one_run(local: None, staff: Client, page: Any) -> None:
    address = f"{url('page', page.pk)}?task=seo"
    data = filled(staff.get(address).content.decode())
    first, second = staff.post(address, data), staff.post(address, data)
    assert first["Location"] == second["Location"]
    assert (Run.objects.count(), Proposal.objects.count()) == (1, 1)
    assert "another request" in staff.post(f"{url('page', page.pk)}?task=excerpt", data).content.decode()


def test_errors_stand_at_their_fields(local: None, staff: Client, page: Any) -> None:
    shown = write(staff, page, "page_draft", brief="", tone="loud")
    errors = shown.context["form"].errors
    assert set(errors) == {"brief", "tone"}
    shown = write(staff, page, "translate_page", language="not a tag!")
    assert set(shown.context["form"].errors) == {"language"}
    shown = write(staff, page, "translate_page", language="en")
    assert shown.context["form"].errors["language"] == ["The page is in this language already."]
    shown = write(staff, page, "rewrite", blocks=["nonsense"])
    assert set(shown.context["form"].errors) == {"blocks"}
    assert Run.objects.count() == 0


def test_what_a_model_could_not_do_is_said_on_the_run(local: None, staff: Client, page: Any) -> None:
    shown = write(staff, page, "translate_page", language="de")
    assert "cannot translate" in shown.content.decode()
    assert Run.objects.get().status == "error"
    again = re.search(r'href="([^"]+again=[^"]+)"', shown.content.decode())
    assert again is not None
    assert 'value="de"' in staff.get(again[1].replace("&amp;", "&")).content.decode()


def test_without_a_page_the_texts_are_shown(local: None, staff: Client, root: Any) -> None:
    shown = write(
        staff, None, "headlines", text="<script>alert(1)</script> Bread is good. Rye is better.", title="Bread"
    )
    html = shown.content.decode()
    assert "Headlines" in html
    assert "<script>alert" not in html
    assert Proposal.objects.count() == 0


def test_a_running_run_shows_its_progress_without_a_script(staff: Client, superuser: Any, page: Any) -> None:
    run = Run.objects.create(
        handler=HANDLER,
        user=superuser,
        status="running",
        payload={"task": "page_draft", "payload": {}, "page": page.pk},
    )
    from ai_cms.llm.runs.events import append_event

    block = {"type": "heading", "props": {"text": "<b>Hi</b>"}}
    append_event(Run.objects.filter(pk=run.pk), run.pk, "operation", {"op": "insert", "block": block})
    html = staff.get(url("change", run.pk)).content.decode()
    assert '<noscript><meta http-equiv="refresh"' in html
    assert f'data-events="{url("events", run.pk)}"' in html
    assert 'role="status"' in html
    assert re.search(r"<li><b>Heading</b>\s+Hi</li>", html)
    state = staff.get(url("state", run.pk), {"after": "0"}).json()
    assert (state["finished"], state["events"][0]["event"]) == (False, "operation")
    assert staff.get(url("state", run.pk), {"after": "1"}).json()["events"] == []
    assert staff.get(url("state", run.pk), {"after": "x"}).status_code == 200
    assert staff.get(url("cancel", run.pk)).status_code == 405
    assert staff.post(url("cancel", run.pk), follow=True).status_code == 200
    run.refresh_from_db()
    assert run.status == "cancelling"


def test_the_stream_of_a_finished_run(local: None, staff: Client, page: Any) -> None:
    write(staff, page, "page_draft", brief="Bread\nIs good.")
    answer = staff.get(url("events", Run.objects.get().pk))
    assert answer["Content-Type"].startswith("text/event-stream")
    text = b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]
    assert "event: operation" in text
    assert "event: done" in text


def test_nothing_stands_inline(local: None, staff: Client, page: Any) -> None:
    write(staff, page, "page_draft", brief="Bread\nIs good.")
    run = Run.objects.get()
    pages = (
        url("changelist"), url("add"), url("prompts"), url("page", page.pk), f"{url('page', page.pk)}?task=rewrite",
        url("change", run.pk),
    )  # fmt: skip
    for address in pages:
        html = staff.get(address).content.decode()
        assert " style=" not in html, address
        assert not re.search(r"\son\w+=", html), address
        for attributes in re.findall(r"<script([^>]*)>", html):
            assert "src=" in attributes or "application/json" in attributes, address
        assert "ai_cms/assist/writing.js" in html or address == url("changelist")


def test_prompts_are_shown_with_their_file(staff: Client, settings: Any, tmp_path: Any) -> None:
    html = staff.get(url("prompts")).content.decode()
    assert "ai_cms/assist/templates/ai_cms/prompts/page_draft.md" in html
    assert "You draft web pages out of blocks" in html
    assert str(tmp_path.home()) not in html
    folder = tmp_path / "templates" / "ai_cms" / "prompts"
    folder.mkdir(parents=True)
    (folder / "seo.md").write_text("Our own words.")
    settings.BASE_DIR = tmp_path
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [tmp_path / "templates"]}]
    html = staff.get(url("prompts")).content.decode()
    assert "Our own words." in html
    assert "<code>templates/ai_cms/prompts/seo.md</code>" in html


def test_only_who_may_change_a_page_may_write_for_it(
    local: None, editor: Any, member: Any, superuser: Any, page: Any, page_factory: Any, grant: Any
) -> None:
    client = Client()
    address = url("page", page.pk)
    assert client.get(address).status_code == 302
    client.force_login(member)
    assert client.get(address).status_code == 302
    client.force_login(editor)
    assert client.get(address).status_code == 404
    given = grant(page, "publish")
    assert client.get(address).status_code == 403
    given.can_change = True
    given.save()
    assert client.get(address).status_code == 200
    assert client.get(url("page", 2**70)).status_code == 404
    other = start_run(HANDLER, {"task": "seo", "payload": {"text": "secret words"}, "page": None}, actor=superuser)
    for name in ("change", "events", "state"):
        assert client.get(url(name, other.pk)).status_code == 404
    assert client.post(url("cancel", other.pk)).status_code == 404
    assert "secret" not in client.get(url("changelist")).content.decode()


def test_the_list_is_of_writing_runs(local: None, staff: Client, superuser: Any, page: Any) -> None:
    Run.objects.create(handler="something_else", user=superuser, payload=[])
    write(staff, page, "seo")
    answer = staff.get(url("changelist"))
    assert answer.context["cl"].result_count == 1
    assert "Search engine title and description" in answer.content.decode()
    Run.objects.filter(handler=HANDLER).update(payload=["odd"], result="odd")
    assert staff.get(url("changelist")).status_code == 200
    run = WritingRun.objects.get()
    assert staff.get(url("change", run.pk)).status_code == 200
    assert run.proposal_id() == Proposal.objects.get().pk


def test_pages_link_to_it(local: None, staff: Client, superuser: Any, member: Any, page: Any) -> None:
    meta = Page._meta
    html = staff.get(reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[page.pk])).content.decode()
    assert url("page", page.pk) in html
    request = RequestFactory().get("/")
    for user, seen in ((superuser, True), (member, False)):
        request.user = user
        text = Template("{% load ai_cms_assist %}{% assist_links page %}").render(
            Context({"request": request, "page": page})
        )
        assert (url("page", page.pk) in text) is seen


class OddPayload(Payload):
    words: list[str]
    share: float = Field(0.5, ge=0, le=1)
    loud: bool = False
    kind: Literal["a"] = "a"
    extra: dict[str, int] = {}


class OddTask(WritingTask):
    name = "odd"
    label = "Odd"
    payload_model = OddPayload
    output_model = Output
    labels = {"words": "Words to use"}


def test_a_task_of_ones_own_has_a_form(superuser: Any) -> None:
    from ai_cms.core.permissions import Actor

    task = OddTask()
    data = {"key": "k", "words": "one\ntwo\n", "share": "0.25", "loud": "on", "kind": "a", "extra": '{"n": 1}'}
    form = PayloadForm(data, task=task, actor=Actor.of(superuser))
    assert form.is_valid(), form.errors
    assert form.payload() == {"words": ["one", "two"], "share": 0.25, "loud": True, "kind": "a", "extra": {"n": 1}}
    assert form.fields["words"].label == "Words to use"
    form = PayloadForm({**data, "extra": '{"n": "x"}'}, task=task, actor=Actor.of(superuser))
    assert not form.is_valid()
    assert "extra" in form.errors
    assert json.dumps(form.payload())
