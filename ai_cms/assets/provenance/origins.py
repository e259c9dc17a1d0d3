"""The kinds of origin: IPTC's digital source types, and what schema.org calls them."""

from __future__ import annotations

from typing import Final

__all__ = ["COMPOSITE", "GENERATED", "iptc_url", "is_generated", "schema_org_url"]

#: Made by a model alone; and by a person with parts from a model.
GENERATED: Final = "trainedAlgorithmicMedia"
COMPOSITE: Final = "compositeWithTrainedAlgorithmicMedia"

_IPTC = "http://cv.iptc.org/newscodes/digitalsourcetype/"
_SCHEMA_ORG = {
    "algorithmicMedia": "AlgorithmicMedia",
    "algorithmicallyEnhanced": "AlgorithmicallyEnhanced",
    "compositeCapture": "CompositeCapture",
    "compositeSynthetic": "CompositeSynthetic",
    "compositeWithTrainedAlgorithmicMedia": "CompositeWithTrainedAlgorithmicMedia",
    "dataDrivenMedia": "DataDrivenMedia",
    "digitalCapture": "DigitalCapture",
    "digitalCreation": "DigitalArt",
    "digitalArt": "DigitalArt",
    "minorHumanEdits": "MinorHumanEdits",
    "negativeFilm": "NegativeFilm",
    "positiveFilm": "PositiveFilm",
    "print": "Print",
    "screenCapture": "ScreenCapture",
    "trainedAlgorithmicMedia": "TrainedAlgorithmicMedia",
    "virtualRecording": "VirtualRecording",
}


def iptc_url(source_type: str) -> str:
    """Return the address that stands for a type in XMP and C2PA; "" for none."""
    return f"{_IPTC}{source_type}" if source_type else ""


def schema_org_url(source_type: str) -> str:
    """Return schema.org's address for a type; "" where it has none."""
    name = _SCHEMA_ORG.get(source_type)
    return f"https://schema.org/{name}DigitalSource" if name else ""


def is_generated(source_type: str) -> bool:
    """Return whether a model made the picture or parts of it."""
    return source_type in (GENERATED, COMPOSITE)
