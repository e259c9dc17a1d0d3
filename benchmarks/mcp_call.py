"""What one call over MCP costs beside the same over REST: ``python -m benchmarks.mcp_call``.

CPU time of the process, in turns, with the same token of the same agent, in SQLite in a temporary file. Prints the ratio of the
medians; the bound is 2.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
ROUNDS = int(sys.argv[1]) if len(sys.argv) > 1 else 150
META = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {},
}


def main() -> int:
    sys.path.insert(0, str(ROOT))
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings.base"
    import django

    django.setup()
    from django.test.utils import setup_databases, setup_test_environment, teardown_databases

    setup_test_environment()
    databases = setup_databases(verbosity=0, interactive=False)
    try:
        return compare()
    finally:
        teardown_databases(databases, verbosity=0)


def compare() -> int:
    from django.contrib.auth import get_user_model
    from django.test import Client

    from ai_cms.core.agents import create_agent, create_agent_token
    from ai_cms.core.permissions import Actor
    from ai_cms.pages import services

    system = Actor.system("benchmark")
    owner: Any = get_user_model().objects.create_superuser("owner", "o@example.com", "x")
    home = services.create_site(hostname="testserver", name="Test", title="Home").root
    content = [{"type": "heading", "props": {"text": f"Part {n}", "level": 2}} for n in range(30)]
    page = services.create_page(actor=system, parent=home, title="Rye", content=content)
    _token, secret = create_agent_token(create_agent(owner, name="Scribe", rate_per_minute=10**6))
    client = Client(headers={"Authorization": f"Bearer {secret}"})
    block = page.content_json.blocks[0]["id"]
    operations = [{"op": "update", "id": block, "props": {"text": "Better"}}]

    def rest(method: str, path: str, body: Any = None) -> Callable[[], Any]:
        raw = None if body is None else json.dumps(body)
        return lambda: getattr(client, method)(path, raw, content_type="application/json") if raw else client.get(path)

    def mcp(name: str, stateless: bool, **arguments: Any) -> Callable[[], Any]:
        params: dict[str, Any] = {"name": name, "arguments": arguments, **({"_meta": META} if stateless else {})}
        raw = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params})
        headers = {"Mcp-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/call", "Mcp-Name": name}
        sent = headers if stateless else {"Mcp-Protocol-Version": "2025-11-25"}
        return lambda: client.post("/mcp/", raw, content_type="application/json", headers=sent)

    pairs = {
        "read a page": (rest("get", f"/api/pages/{page.pk}/"), "read_page", {"page": page.pk}),
        "list pages": (rest("get", f"/api/pages/?parent={home.pk}"), "find_content", {"below": home.pk}),
        "propose": (
            rest("post", f"/api/pages/{page.pk}/proposals/", {"operations": operations}),
            "propose",
            {"page": page.pk, "base_version": 1, "operations": operations},
        ),
    }
    worst = 0.0
    for what, (by_rest, name, arguments) in pairs.items():
        ways = {"REST": by_rest, "stateless": mcp(name, True, **arguments), "handshake": mcp(name, False, **arguments)}
        spent: dict[str, list[float]] = {way: [] for way in ways}
        for round_number in range(ROUNDS + 5):
            for way, call in ways.items():
                begun = time.process_time()
                answer = call()
                if round_number >= 5:
                    spent[way].append(time.process_time() - begun)
                assert answer.status_code in (200, 201), answer.content
        base = statistics.median(spent["REST"])
        ratios = {way: statistics.median(times) / base for way, times in spent.items()}
        worst = max(worst, *ratios.values())
        told = ", ".join(f"{way} {ratio:.2f}" for way, ratio in ratios.items())
        print(f"{what}: REST {base * 1000:.2f} ms; {told}")
    print(f"worst ratio {worst:.2f} (bound 2)")
    return 0 if worst <= 2 else 1


if __name__ == "__main__":
    sys.exit(main())
