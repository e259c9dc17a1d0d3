"""Firefox by WebDriver BiDi, spoken to over its own WebSocket: Playwright cannot drive Debian's, and no other program is needed."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

__all__ = ["KEYS", "Firefox", "firefox_path"]

#: Keys that have no character, as WebDriver names them.
KEYS = {
    "Enter": "\ue007",
    "Tab": "\ue004",
    "Escape": "\ue00c",
    "ArrowDown": "\ue015",
    "Control": "\ue009",
    "Alt": "\ue00a",
}
_STARTED = re.compile(r"WebDriver BiDi listening on (ws://\S+)")
_WATCH = """() => addEventListener("securitypolicyviolation", (event) =>
  console.error(`policy: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`))"""


def firefox_path() -> str | None:
    """Return where this machine's Firefox is."""
    return shutil.which("firefox-esr") or shutil.which("firefox")


class Firefox:
    """One window of a headless Firefox with a profile of its own. ``problems``: what the console said of errors."""

    def __init__(self, path: str, profile: Path) -> None:
        self.problems: list[str] = []
        self._number = 0
        self._open = ExitStack()
        profile.mkdir(parents=True, exist_ok=True)
        (profile / "user.js").write_text(_preferences(), "utf-8")
        self._log = (profile / "log.txt").open("w", encoding="utf-8")
        arguments = ["--headless", "--no-remote", "--remote-debugging-port", "0", "--profile", str(profile)]
        self._process = subprocess.Popen([path, *arguments], stdout=self._log, stderr=subprocess.STDOUT)
        self._socket: ClientConnection | None = None
        try:
            address = f"{self._address(profile)}/session"
            self._socket = self._open.enter_context(connect(address, max_size=None, compression=None))
            self.send("session.new", capabilities={})
            self.context = self.send("browsingContext.getTree")["contexts"][0]["context"]
            self.send("session.subscribe", events=["log.entryAdded"])
            self.send("script.addPreloadScript", functionDeclaration=_WATCH)
        except BaseException:
            self.close()
            raise

    def _address(self, profile: Path) -> str:
        for _try in range(300):
            found = _STARTED.search((profile / "log.txt").read_text("utf-8", errors="replace"))
            if found:
                return found[1]
            if self._process.poll() is not None:
                break
            time.sleep(0.2)
        raise RuntimeError((profile / "log.txt").read_text("utf-8", errors="replace"))

    def send(self, method: str, **params: Any) -> Any:
        """Send a command and return its result. Raises RuntimeError for what Firefox refuses."""
        assert self._socket is not None
        self._number += 1
        self._socket.send(json.dumps({"id": self._number, "method": method, "params": params}))
        while True:
            told = json.loads(self._socket.recv(timeout=180))
            if told.get("type") == "event":
                self._note(told["params"])
            elif told.get("id") == self._number:
                if told["type"] == "error":
                    raise RuntimeError(f"{method}: {told['error']}: {told['message']}")
                return told["result"]

    def _note(self, entry: Any) -> None:
        address = str((entry.get("source") or {}).get("context", ""))
        if entry.get("level") in ("error", "warn"):
            self.problems.append(f"{entry.get('text')} {address}")

    def log_in(self, base: str, key: str) -> None:
        """Give the window the cookie of a session."""
        host = base.partition("://")[2].partition(":")[0]
        cookie = {"name": "sessionid", "value": {"type": "string", "value": key}, "domain": host}
        self.send("storage.setCookie", cookie=cookie)

    def size(self, width: int, height: int) -> None:
        self.send("browsingContext.setViewport", context=self.context, viewport={"width": width, "height": height})

    def visit(self, address: str) -> None:
        self.send("browsingContext.navigate", context=self.context, url=address, wait="complete")

    def ask(self, expression: str) -> Any:
        """Return the value of an expression in the page, by way of JSON."""
        found = self.send(
            "script.evaluate",
            expression=f"JSON.stringify({expression})",
            target={"context": self.context},
            awaitPromise=True,
        )
        if found["type"] == "exception":
            raise RuntimeError(found["exceptionDetails"]["text"])
        text = found["result"].get("value")
        return None if text is None else json.loads(text)

    def until(self, expression: str) -> None:
        """Wait until an expression holds in the page."""
        for _try in range(300):
            if self.ask(f"!!({expression})"):
                return
            time.sleep(0.1)
        raise AssertionError(f"{expression} did not come to hold; {self.problems}")

    def click(self, x: float, y: float) -> None:
        """Move the mouse to a point of the window and click there."""
        self._act(
            "pointer",
            {"type": "pointerMove", "x": round(x), "y": round(y)},
            {"type": "pointerDown", "button": 0},
            {"type": "pointerUp", "button": 0},
        )

    def drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        """Drag from one point of the window to another."""
        (x, y), (to_x, to_y) = start, end
        steps = [(x + (to_x - x) * part / 6, y + (to_y - y) * part / 6) for part in range(1, 7)]
        self._act(
            "pointer",
            {"type": "pointerMove", "x": round(x), "y": round(y)},
            {"type": "pointerDown", "button": 0},
            *({"type": "pointerMove", "x": round(at), "y": round(down), "duration": 40} for at, down in steps),
            {"type": "pointerUp", "button": 0},
        )

    def press(self, *keys: str) -> None:
        """Press keys together: what a name in :data:`KEYS` says, or one character."""
        codes = [KEYS.get(key, key) for key in keys]
        down = [{"type": "keyDown", "value": code} for code in codes]
        self._act("key", *down, *({"type": "keyUp", "value": code} for code in reversed(codes)))

    def type(self, text: str) -> None:
        for character in text:
            self.press(character)

    def _act(self, kind: str, *actions: Any) -> None:
        source = {"type": kind, "id": kind, "actions": list(actions)}
        self.send("input.performActions", context=self.context, actions=[source])

    def close(self) -> None:
        """End the browser that this object started."""
        self._open.close()
        self._process.terminate()
        try:
            self._process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._log.close()


def _preferences() -> str:
    """Return preferences by which a new profile asks nobody anything."""
    wanted = {
        "app.update.enabled": False,
        "browser.aboutwelcome.enabled": False,
        "browser.shell.checkDefaultBrowser": False,
        "browser.startup.page": 0,
        "datareporting.policy.dataSubmissionEnabled": False,
        "network.captive-portal-service.enabled": False,
        "network.connectivity-service.enabled": False,
        "remote.prefs.recommended": True,
        "toolkit.telemetry.reportingpolicy.firstRun": False,
    }
    return "".join(f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in wanted.items())
