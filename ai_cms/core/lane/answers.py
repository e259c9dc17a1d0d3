"""Answers as they are kept: finished by the host's whole middleware stack, compressed when somebody asks for it again."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from importlib import import_module
from typing import Any

from django.utils.http import parse_etags

__all__ = ["KEPT_STATUSES", "Header", "KeptAnswer", "Refused", "encodings", "vary_of"]

Header = tuple[str, str]

KEPT_STATUSES = frozenset((200, 301, 302, 308))
#: What an answer's 304 leaves out: it speaks of a body that is not sent.
_OF_THE_BODY = frozenset(("content-type", "content-length", "content-encoding", "content-language"))
#: Headers that are made for one request: an answer that has them is that request's.
_OF_ONE_REQUEST = frozenset(
    (
        *(
            "set-cookie",
            "date",
            "age",
            "server-timing",
            "x-request-id",
            "request-id",
            "x-correlation-id",
            "traceparent",
        ),
        *("x-runtime", "x-response-time", "x-csrftoken", "www-authenticate", "authorization", "content-range"),
    )
)
_NONCE_IN_TAG = re.compile(rb"<(?:script|style|link)\b[^>]*\bnonce\s*=", re.IGNORECASE)
_TEXT = re.compile(r"text/|application/(?:json|xml|javascript|[\w.-]+\+(?:json|xml))\b|image/svg\+xml")
#: Smaller bodies fit into one packet as they are.
_WORTH_COMPRESSING = 860
#: Bytes that an entry takes beside its texts: the objects that hold them.
_OVERHEAD = 1_500


class Refused(Exception):
    """The answer may not be kept; says why."""


def _gzip(body: bytes) -> bytes:
    return gzip.compress(body, compresslevel=6, mtime=0)


def _brotli(module: Any) -> Callable[[bytes], bytes]:
    return lambda body: bytes(module.compress(body, quality=5))


def _zstd(module: Any) -> Callable[[bytes], bytes]:
    if hasattr(module, "ZstdCompressor") and not hasattr(module, "compress"):
        return lambda body: bytes(module.ZstdCompressor(level=6).compress(body))
    return lambda body: bytes(module.compress(body, 6))


def _installed(names: Iterable[str]) -> Any:
    for name in names:
        try:
            return import_module(name)
        except ImportError:
            continue
    return None


@lru_cache(1)
def encodings() -> dict[str, Callable[[bytes], bytes]]:
    """Return the compressors of this process by their name in ``Accept-Encoding``, the best first."""
    found: dict[str, Callable[[bytes], bytes]] = {}
    if brotli := _installed(("brotli", "brotlicffi")):
        found["br"] = _brotli(brotli)
    if zstd := _installed(("compression.zstd", "zstandard", "backports.zstd")):
        found["zstd"] = _zstd(zstd)
    return found | {"gzip": _gzip}


@lru_cache(256)
def _chosen_encoding(raw: str) -> str:
    """Return the best encoding that an ``Accept-Encoding`` allows, "" for none."""
    weights: dict[str, float] = {}
    for part in raw.lower().split(","):
        name, _semicolon, parameters = part.partition(";")
        weight = re.fullmatch(r"\s*q\s*=\s*([01](?:\.\d{0,3})?)\s*", parameters)
        weights[name.strip()] = float(weight[1]) if weight else (0.0 if parameters.strip() else 1.0)
    everything = weights.get("*", 0.0)
    allowed = {name: weights.get(name, everything) for name in encodings()}
    best = max(allowed, key=lambda name: allowed[name])
    # Equal weights leave the order of the compressors.
    return best if allowed[best] > 0 and allowed[best] >= weights.get("identity", 0.0) else ""


def vary_of(headers: Sequence[Header]) -> set[str]:
    """Return the names in an answer's ``Vary``, in lower case."""
    return {
        name.strip().lower()
        for key, value in headers
        if key.lower() == "vary"
        for name in value.split(",")
        if name.strip()
    }


class KeptAnswer:
    """One answer. Raises Refused if it is not the same for everybody who sends what its key holds."""

    __slots__ = ("body", "coded", "etag", "generation", "headers", "names", "not_modified", "size", "status", "trial")

    def __init__(self, status: str, headers: Sequence[Header], body: bytes, generation: object) -> None:
        self.generation = generation
        #: Kept to be compared with the next one, and not served.
        self.trial = False
        self.status = status
        self.headers = list(headers)
        self.body = body
        by_name: dict[str, str] = {}
        for name, value in headers:
            low = name.lower()
            by_name[low] = f"{by_name[low]}, {value}" if low in by_name else value
        self.names = frozenset(by_name)
        self._refuse(by_name)
        if "content-length" not in by_name:
            self.headers.append(("Content-Length", str(len(body))))
        elif by_name["content-length"] != str(len(body)):
            raise Refused("Content-Length is not that of the body")
        self.etag = by_name.get("etag", "")
        self.coded: dict[str, tuple[list[Header], bytes]] = {}
        compressible = (
            len(body) >= _WORTH_COMPRESSING
            and status.startswith("200")
            and "content-encoding" not in by_name
            and "no-transform" not in by_name.get("cache-control", "")
            and _TEXT.match(by_name.get("content-type", "")) is not None
        )
        if compressible:
            self._vary_by_encoding(by_name)
            self.coded = {"": (self.headers, body)}
        self.not_modified = [pair for pair in self.headers if pair[0].lower() not in _OF_THE_BODY]
        self.size = len(body) + sum(len(name) + len(value) + 200 for name, value in self.headers) + _OVERHEAD

    def _refuse(self, headers: Mapping[str, str]) -> None:
        if own := self.names & _OF_ONE_REQUEST:
            raise Refused(f"it has the header {min(own)}")
        control = headers.get("cache-control", "").lower()
        if "private" in control or "no-store" in control:
            raise Refused(f"Cache-Control is {control}")
        if {"cookie", "authorization", "*"} & vary_of(self.headers):
            raise Refused(f"it varies: {headers['vary']}")
        if "content-encoding" in headers and "accept-encoding" not in vary_of(self.headers):
            raise Refused("it is compressed and does not say for whom")
        policies = (value for name, value in headers.items() if name.startswith("content-security-policy"))
        if any("'nonce-" in policy for policy in policies):
            raise Refused("its policy has a nonce")
        if "html" in headers.get("content-type", "") and _NONCE_IN_TAG.search(self.body):
            raise Refused("its HTML has a nonce")

    def _vary_by_encoding(self, headers: Mapping[str, str]) -> None:
        if "accept-encoding" in vary_of(self.headers):
            return
        vary = f"{headers['vary']}, Accept-Encoding" if headers.get("vary") else "Accept-Encoding"
        self.headers = [pair for pair in self.headers if pair[0].lower() != "vary"] + [("Vary", vary)]

    def same_as(self, other: KeptAnswer) -> bool:
        """Return whether both are the same answer to the last byte."""
        return (self.status, sorted(self.headers), self.body) == (other.status, sorted(other.headers), other.body)

    def respond(self, environ: Mapping[str, Any]) -> tuple[str, list[Header], bytes, int]:
        """Return status, headers and body for a request, and how many bytes the entry grew by."""
        wanted = environ.get("HTTP_IF_NONE_MATCH")
        if wanted is not None and self.etag and self.status[:3] == "200" and _matches(wanted, self.etag):
            return "304 Not Modified", self.not_modified.copy(), b"", 0
        grown = 0
        headers, body = self.headers, self.body
        if self.coded:
            name = _chosen_encoding(environ.get("HTTP_ACCEPT_ENCODING", ""))
            found = self.coded.get(name)
            if found is None:
                found = self.coded[name] = self._compressed(name)
                grown = len(found[1]) + _OVERHEAD
                self.size += grown
            headers, body = found
        return self.status, headers.copy(), body if environ["REQUEST_METHOD"] != "HEAD" else b"", grown

    def _compressed(self, name: str) -> tuple[list[Header], bytes]:
        body = encodings()[name](self.body)
        headers = [("Content-Encoding", name), ("Content-Length", str(len(body)))]
        for key, value in self.headers:
            low = key.lower()
            if low == "etag" and not value.startswith("W/"):
                # The same content in other bytes.
                headers.append((key, f"W/{value}"))
            elif low not in ("content-length", "accept-ranges"):
                headers.append((key, value))
        return headers, body


def _matches(wanted: str, etag: str) -> bool:
    if wanted == etag:
        return True
    plain = etag.removeprefix("W/")
    found = parse_etags(wanted)
    return "*" in found or any(one.removeprefix("W/") == plain for one in found)
