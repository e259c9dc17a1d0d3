"""Hold the MCP server against the JavaScript clients and the inspector: ``python -m tests.mcp.clients.run``.

Needs npm and its registry, and the Python SDK for the server of ASGI; works in a temporary folder. Exits with 1 if a client is not
content, or if anything was published.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
#: Pinned: a new release of a client must not turn an unchanged tree red.
NPM = (
    *("@modelcontextprotocol/client@2.4.0", "@modelcontextprotocol/sdk@1.32.2"),
    # The inspector needs Node 22, which the package `node` brings.
    *("@modelcontextprotocol/inspector@2.12.0", "gpt-tokenizer@4.0.0", "node@22.22.0"),
)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--keep", type=Path, help="work in this folder, leave everything there and use what is installed"
    )
    options = parser.parse_args()
    if shutil.which("npm") is None:
        print("skipped: there is no npm on this machine")
        return 0
    sys.path.insert(0, str(ROOT))
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings.base"
    import django

    django.setup()
    folder = options.keep or Path(tempfile.mkdtemp(prefix="ai-cms-mcp-"))
    folder.mkdir(parents=True, exist_ok=True)
    try:
        if not (folder / "node_modules").exists():
            subprocess.run(["npm", "init", "--yes"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
            install = ["npm", "install", "--no-fund", "--no-audit", "--save-exact", "--silent", *NPM]
            subprocess.run(install, cwd=folder, check=True)
        shutil.copy(HERE / "clients.test.mjs", folder / "clients.test.mjs")
        return serve_and_run(folder)
    finally:
        if options.keep is None:
            shutil.rmtree(folder, ignore_errors=True)


def serve_and_run(folder: Path) -> int:
    from django.core.handlers.wsgi import WSGIHandler
    from django.test.testcases import LiveServerThread
    from django.test.utils import setup_databases, setup_test_environment, teardown_databases

    from ai_cms.core.agents import create_agent, create_agent_token
    from ai_cms.core.permissions import Actor
    from ai_cms.mcp.registry import available_tools
    from ai_cms.pages import services
    from ai_cms.pages.models import PageApproval, Proposal, Publication
    from tests.conftest import make_user
    from tests.mcp.serving import asgi_server

    class Plain:
        """What LiveServerThread wraps its application in: static files are not asked for here."""

        def __new__(cls, application: WSGIHandler) -> WSGIHandler:  # type: ignore[misc]
            return application

    setup_test_environment()
    databases = setup_databases(verbosity=0, interactive=False)
    wsgi = LiveServerThread("127.0.0.1", Plain)
    try:
        owner = make_user("owner", is_staff=True, is_superuser=True)
        home = services.create_site(hostname="127.0.0.1", name="Test", title="Home").root
        content = [{"type": "heading", "props": {"text": "Bread", "level": 2}}]
        page = services.create_page(actor=Actor.system("tests"), parent=home, title="Rye", content=content)
        _token, secret = create_agent_token(create_agent(owner, name="Scribe", scope="write", rate_per_minute=9_999))
        tools = json.dumps([item.described() for item in available_tools(Actor.of(owner))], separators=(",", ":"))
        wsgi.daemon = True
        wsgi.start()
        wsgi.is_ready.wait()
        with asgi_server() as asgi:
            environment = {
                "SERVERS": json.dumps({"WSGI": f"http://127.0.0.1:{wsgi.port}", "ASGI": asgi}),
                "SECRET": secret,
                "PAGE_KEY": str(page.pk),
                "BLOCK": page.content_json.blocks[0]["id"],
                "TOOLS": tools,
            }
            node = folder / "node_modules" / ".bin" / "node"
            command = [str(node), "--test", "--test-reporter=spec", "clients.test.mjs"]
            done = subprocess.run(command, cwd=folder, env={**os.environ, **environment})
        waiting = PageApproval.objects.filter(status="pending").count()
        print(f"proposals: {Proposal.objects.count()}, approvals waiting: {waiting}")
        if Publication.objects.exists():
            print("something was published")
            return 1
        return done.returncode
    finally:
        wsgi.terminate()
        teardown_databases(databases, verbosity=0)


if __name__ == "__main__":
    sys.exit(main())
