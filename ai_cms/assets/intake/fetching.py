"""Fetch a file from an address that somebody names: from hosts on a list, without ever reaching inside.

The name is resolved once, every address it has must be a public one, and the connection goes to the very address that was looked
at: a name that answers otherwise a moment later changes nothing. No redirects, no proxies, no credentials, one deadline for all.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryFile
from typing import IO, Any
from urllib.parse import unquote, urlsplit

from django.utils.translation import gettext as _

from ai_cms.core.exceptions import Unavailable

from ..conf import assets_settings
from ..exceptions import AssetRefused, FileTooLarge

__all__ = ["fetched", "is_public_address"]

_PIECE = 65_536
_PORTS = {"https": 443, "http": 80}


@contextmanager
def fetched(url: str) -> Iterator[tuple[IO[bytes], str]]:
    """Fetch ``url`` and yield the open file and the name in its path. Raises AssetRefused, FileTooLarge, Unavailable."""
    scheme, host, target = _parts(url)
    deadline = time.monotonic() + assets_settings.ASSET_FETCH_SECONDS
    address = _resolved(host, _PORTS[scheme])
    with TemporaryFile() as file:
        try:
            _download(scheme, host, address, target, file, deadline)
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise Unavailable(_("The file could not be fetched."), code="fetch_failed", retry_after=30) from error
        file.seek(0)
        yield file, unquote(target.partition("?")[0].rsplit("/", 1)[-1]) or host


def is_public_address(text: str) -> bool:
    """Return whether an IP address is one that anybody may reach, looked at through every wrapping there is."""
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if inner is None and address in ipaddress.ip_network("64:ff9b::/96"):
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public_address(str(inner))
    return address.is_global and not address.is_multicast and not address.is_reserved


def _parts(url: str) -> tuple[str, str, str]:
    """Return scheme, host and path of an address that may be fetched."""
    try:
        parts = urlsplit(url)
        port = parts.port
        host = (parts.hostname or "").rstrip(".").encode("idna").decode().lower()
    except (ValueError, UnicodeError):
        raise _refused(_("This is not a valid address.")) from None
    if parts.scheme not in _PORTS or not host or any(sign.isspace() or not sign.isprintable() for sign in url):
        raise _refused(_("This is not a valid address."))
    if parts.username is not None or parts.password is not None or port not in (None, _PORTS[parts.scheme]):
        raise _refused(_("An address has neither a user nor a port of its own."))
    allowed = assets_settings.ASSET_FETCH_HOSTS
    if not any(host == name or (name.startswith(".") and host.endswith(name)) for name in allowed):
        raise _refused(_("Files are not fetched from this host."))
    path = parts.path or "/"
    target = f"{path}?{parts.query}" if parts.query else path
    if not target.isascii():
        raise _refused(_("This is not a valid address."))
    return parts.scheme, host, target


def _resolved(host: str, port: int) -> str:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise Unavailable(_("The file could not be fetched."), code="fetch_failed", retry_after=30) from error
    addresses = [str(entry[4][0]) for entry in found]
    # One private address among public ones is a trap, not a mistake.
    if not addresses or not all(is_public_address(address) for address in addresses):
        raise _refused(_("Files are not fetched from this host."))
    return addresses[0]


class _Connection(http.client.HTTPConnection):
    """A connection to an address that was looked at, whatever the name says by now."""

    def __init__(self, host: str, address: str, *, secure: bool, timeout: float) -> None:
        super().__init__(host, _PORTS["https" if secure else "http"], timeout=timeout)
        self._address = address
        self._secure = secure

    def connect(self) -> None:
        self.sock: Any = socket.create_connection((self._address, self.port), self.timeout)
        if self._secure:
            self.sock = ssl.create_default_context().wrap_socket(self.sock, server_hostname=self.host)
        # The library forgets its own once it knows that the host will close the connection.
        self.line = self.sock


def _download(scheme: str, host: str, address: str, target: str, file: IO[bytes], deadline: float) -> None:
    connection = _Connection(host, address, secure=scheme == "https", timeout=_left(deadline))
    try:
        connection.request("GET", target, headers={"Accept-Encoding": "identity", "User-Agent": "django-ai-cms"})
        response = connection.getresponse()
        if response.status != 200:
            raise _refused(_("The host answered %(status)s.") % {"status": response.status})
        most, size = assets_settings.ASSET_MAX_BYTES, 0
        # The length is the host's word; what comes is counted.
        # The library closes the line with the last piece that was announced.
        while not response.isclosed():
            connection.line.settimeout(_left(deadline))
            piece = response.read1(_PIECE)
            if not piece:
                break
            size += len(piece)
            if size > most:
                raise FileTooLarge(_("A file may have at most %(most)s MB.") % {"most": most // 1_000_000})
            file.write(piece)
        if response.length:
            raise http.client.IncompleteRead(b"", response.length)
    finally:
        connection.close()


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _refused(message: str) -> AssetRefused:
    return AssetRefused(message, code="url_refused", field="url")
