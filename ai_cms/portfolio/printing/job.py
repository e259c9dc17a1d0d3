"""What the process that makes a PDF is asked, and what it answers, as plain JSON."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["BASE_URL", "PdfFailed", "PdfJob"]

#: Where the document stands for the process; no host has this name, RFC 2606 keeps it free.
BASE_URL = "https://paper.ai-cms.invalid/"


class PdfFailed(Exception):
    """No PDF was made. ``code``: "busy", "too_slow" or "crashed"."""

    def __init__(self, code: str, detail: str = "") -> None:
        self.code = code
        super().__init__(f"{code}: {detail}" if detail else code)


@dataclass(frozen=True)
class PdfJob:
    """``html``: the document. ``sheets``: CSS for it, in order. ``files``: what it may load, by address below ``BASE_URL``.

    ``seconds``: of CPU. ``memory``: bytes.
    """

    html: str
    sheets: tuple[str, ...] = ()
    files: Mapping[str, tuple[str, bytes]] = field(default_factory=dict)
    seconds: int = 20
    memory: int = 1_073_741_824

    def to_json(self) -> str:
        files = {url: (mime, base64.b64encode(data).decode()) for url, (mime, data) in self.files.items()}
        return json.dumps(
            {
                "html": self.html,
                "sheets": self.sheets,
                "files": files,
                "seconds": self.seconds,
                "memory": self.memory,
            }
        )

    @classmethod
    def from_json(cls, text: str) -> PdfJob:
        data = json.loads(text)
        files = {url: (mime, base64.b64decode(encoded)) for url, (mime, encoded) in data["files"].items()}
        return cls(data["html"], tuple(data["sheets"]), files, data["seconds"], data["memory"])
