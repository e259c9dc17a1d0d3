"""Addresses that were written without ``https://`` or ``mailto:``, in fields and in HTML alike."""

from __future__ import annotations

import re

__all__ = ["whole_address"]

# What nobody means as a path of this site: a host, or a mail address, whose scheme was left out. The editor's form knows the
# same ones (widget-text.js), so that an address is kept alike wherever it is written.
_HOST = re.compile(
    r"(?:www\.[^\s/?#.]+|(?:[a-z0-9-]+\.)+(?:com|org|net|edu|gov|info|biz|eu|io|dev|app|tv|be|de|fr|uk|us|ch|at|nl|it|es"
    r"|pl|se|no|dk|fi|pt|ie|cz|ca|au|nz|jp|in|br|co|me))(?:[./?#:]\S*)?",
    re.IGNORECASE,
)
_MAIL = re.compile(r"[^\s@/:?#]+@[^\s@/:?#]+\.[a-z]{2,}", re.IGNORECASE)


def whole_address(value: str, *, mail: bool = True) -> str:
    """Return an address with the scheme that was left out, or the address as it is.

    ``mail``: it may be a mail address; a picture's is none.
    """
    address = value.strip()
    if mail and _MAIL.fullmatch(address):
        return f"mailto:{address}"
    return f"https://{address}" if _HOST.fullmatch(address) else value
