"""Agents: one's own, held to what their AI service can do, exactly one of them the default."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rest_framework.test import APIClient

from ai_cms.chat import get_agent_model
from ai_cms.chat.exceptions import InvalidAgent, TooMany
from ai_cms.chat.services import create_agent, default_agent, delete_agent, update_agent
from ai_cms.core.exceptions import NotFound, PermissionRefused
from ai_cms.core.permissions import Actor
from ai_cms.llm.models import AgentBudget
from tests.conftest import make_user
from tests.core.parallel import at_once

pytestmark = pytest.mark.django_db
ClientOf = Callable[[Any], APIClient]


def defaults(user: Any) -> list[str]:
    return list(get_agent_model().objects.filter(owner=user, is_default=True).values_list("name", flat=True))


def test_the_first_agent_is_the_default_and_there_is_never_another(ann: Any, model: Any) -> None:
    first = create_agent(actor=ann, name="First")
    second = create_agent(actor=ann, name="Second")
    assert defaults(ann) == ["First"]
    update_agent(second, actor=ann, is_default=True)
    assert defaults(ann) == ["Second"]
    create_agent(actor=ann, name="Third", is_default=True)
    assert defaults(ann) == ["Third"]
    with pytest.raises(InvalidAgent):
        update_agent(get_agent_model().objects.get(name="Third"), actor=ann, is_default=False)
    delete_agent(get_agent_model().objects.get(name="Third"), actor=ann)
    assert defaults(ann) == ["First"]
    first.refresh_from_db()
    update_agent(first, actor=ann, is_active=False)
    assert defaults(ann) == ["Second"]
    with pytest.raises(InvalidAgent):
        update_agent(first, actor=ann, is_default=True)


def test_the_default_agent_is_made_when_it_is_asked_for(ann: Any, bob: Any, model: Any) -> None:
    made = default_agent(actor=ann)
    assert (made.name, made.is_default, default_agent(actor=ann)) == ("Assistant", True, made)
    assert default_agent(actor=bob) != made
    delete_agent(made, actor=ann)
    create_agent(actor=ann, name="Assistant", is_active=False)
    assert default_agent(actor=ann).name == "Assistant 2"
    with pytest.raises(PermissionRefused):
        default_agent(actor=Actor.anonymous())


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("what", ["ask", "make", "choose"])
def test_one_default_under_any_race(model: Any, what: str) -> None:
    user = make_user("racer")
    agents = [create_agent(actor=user, name=f"A{number}") for number in range(4)] if what == "choose" else []

    def race(index: int) -> None:
        if what == "ask":
            default_agent(actor=user)
        elif what == "make":
            create_agent(actor=user, name=f"N{index}", is_default=True)
        else:
            update_agent(agents[index], actor=user, is_default=True)

    at_once(4, race)
    assert len(defaults(user)) == 1
    assert get_agent_model().objects.filter(owner=user).count() == (1 if what == "ask" else 4)


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("llm_provider", {"llm_provider": "nowhere"}),
        ("temperature", {"temperature": 2.5}),
        ("temperature", {"temperature": -0.1}),
        ("max_tokens", {"max_tokens": 0}),
        ("tools", {"tools": ["no_such_tool"]}),
        ("tools", {"tools": "read_page"}),
        ("tools", {"llm_provider": "local", "tools": ["search_content"]}),
        ("name", {"name": ""}),
        ("name", {"name": "Taken"}),
        ("system_prompt", {"system_prompt": "x" * 20_001}),
        ("budget", {"budget": -1}),
    ],
)
def test_values_are_held_to_what_the_service_supports(ann: Any, model: Any, field: str, values: dict[str, Any]) -> None:
    create_agent(actor=ann, name="Taken")
    with pytest.raises(InvalidAgent) as refused:
        create_agent(actor=ann, **{"name": "New", **values})
    assert list(refused.value.errors or {}) == [field]


def test_the_window_bounds_the_answer(ann: Any, model: Any) -> None:
    model.context_window = 1000
    with pytest.raises(InvalidAgent):
        create_agent(actor=ann, name="Long", max_tokens=1000)
    create_agent(actor=ann, name="Short", max_tokens=999)


def test_a_budget_is_kept_for_the_gateway(ann: Any, model: Any) -> None:
    agent = create_agent(actor=ann, name="Thrifty", budget=5, budget_period="day")
    row = AgentBudget.objects.get(key=agent.budget_key)
    assert (row.limit, row.period) == (5000, "day")
    update_agent(agent, actor=ann, budget=None)
    assert not AgentBudget.objects.exists()


def test_names_are_taken_by_oneself_alone(ann: Any, bob: Any, model: Any) -> None:
    create_agent(actor=ann, name="Max")
    create_agent(actor=bob, name="Max")
    assert get_agent_model().objects.filter(name="Max").count() == 2


def test_no_more_agents_than_allowed(ann: Any, model: Any, settings: Any) -> None:
    settings.AI_CMS = {**settings.AI_CMS, "CHAT_MAX_AGENTS": 1}
    create_agent(actor=ann, name="One")
    with pytest.raises(TooMany):
        create_agent(actor=ann, name="Two")


def test_agents_over_rest(ann: Any, bob: Any, model: Any, client_of: ClientOf) -> None:
    api = client_of(ann)
    body = {
        "name": "Gardener",
        "description": "Knows plants",
        "llm_provider": "default",
        "model": "m-9",
        "temperature": 0.7,
        "max_tokens": 500,
        "system_prompt": "Be exact.",
        "tools": ["search_content"],
    }
    made = api.post("/api/agents/", body, format="json")
    assert made.status_code == 201, made.json()
    assert {key: made.json()[key] for key in body} == body
    assert made.json()["is_default"] is True
    path = f"/api/agents/{made.json()['id']}/"
    assert api.patch(path, {"temperature": 1.5}, format="json").json()["temperature"] == 1.5
    assert api.put(path, {**body, "name": "Keeper"}, format="json").json()["name"] == "Keeper"
    assert api.put(path, {"description": "no name"}, format="json").json() == {"name": ["This field is required."]}
    assert api.post("/api/agents/", {"name": "Keeper"}, format="json").status_code == 400
    listed = api.get("/api/agents/").json()
    assert (listed["count"], [row["name"] for row in listed["results"]]) == (1, ["Keeper"])
    assert {row["name"] for row in api.get("/api/agents/tools/").json()} >= {"search_content"}
    other = client_of(bob)
    assert other.get("/api/agents/").json()["count"] == 0
    for method in ("get", "patch", "put", "delete"):
        assert getattr(other, method)(path, {}, format="json").status_code == 404
    assert api.get("/api/agents/nonsense/").status_code == 404
    assert api.delete(path).status_code == 204
    assert APIClient().get("/api/agents/").status_code == 401


def test_a_read_token_makes_no_agent(ann: Any, model: Any) -> None:
    reader = Actor(user=ann, scopes=frozenset({"read"}), via="token")
    with pytest.raises(PermissionRefused):
        default_agent(actor=reader)
    agent = create_agent(actor=ann, name="Mine")
    assert default_agent(actor=reader) == agent
    with pytest.raises(PermissionRefused):
        update_agent(agent, actor=reader, name="Other")
    with pytest.raises(NotFound):
        update_agent(agent, actor=make_user("carl"), name="Other")
