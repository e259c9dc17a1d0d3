"""A mail server that answers as told: takes mail, refuses it for now (451), hangs, or is not there."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress


class FaultyServer:
    """Listen on a port of this machine. ``mode``: "ok", "451" or "hang"; ``received``: the mails it took."""

    def __init__(self, mode: str = "ok") -> None:
        self.mode = mode
        self.received: list[str] = []
        self._stop = threading.Event()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._socket.settimeout(0.1)
        self.port = self._socket.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._stop.set()
        self._socket.close()

    def _serve(self) -> None:
        while not self._stop.is_set():
            try:
                connection, _address = self._socket.accept()
            except TimeoutError:
                continue
            except OSError:
                return
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        with suppress(OSError, ValueError), connection, connection.makefile("rwb") as stream:

            def say(text: str) -> None:
                stream.write(f"{text}\r\n".encode())
                stream.flush()

            if self.mode == "hang":
                self._stop.wait(60)
                return
            say("220 test")
            while line := stream.readline().decode().strip():
                verb = line.split(" ")[0].upper()
                if verb == "DATA":
                    say("354 go on")
                    lines = []
                    while (text := stream.readline().decode().rstrip("\r\n")) != ".":
                        lines.append(text)
                    self.received.append("\n".join(lines))
                    say("250 taken")
                elif verb == "MAIL" and self.mode == "451":
                    say("451 try again later")
                elif verb == "QUIT":
                    say("221 bye")
                    return
                else:
                    say("250 ok")
