"""The XMP packet that says where a picture comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.sax.saxutils import quoteattr

from .origins import iptc_url

if TYPE_CHECKING:
    from ..models import AbstractAsset

__all__ = ["packet", "packet_for"]

_PACKET = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description rdf:about="" xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"'
    ' xmlns:photoshop="http://ns.adobe.com/photoshop/1.0/"{attributes}/>'
    '</rdf:RDF></x:xmpmeta><?xpacket end="r"?>'
)


def packet_for(asset: AbstractAsset) -> str:
    """Return the packet for everything made of ``asset``; "" where there is nothing to say.

    The prompt stays with us: it may hold what is nobody else's business.
    """
    return packet(
        asset.digital_source_type, model=str((asset.provenance or {}).get("model") or ""), credit=asset.credit
    )


def packet(source_type: str, *, model: str = "", credit: str = "") -> str:
    """Return a packet of IPTC's ``DigitalSourceType``, the model and the credit line."""
    attributes = {
        "Iptc4xmpExt:DigitalSourceType": iptc_url(source_type),
        "Iptc4xmpExt:AISystemUsed": model if source_type else "",
        "photoshop:Credit": credit,
    }
    said = "".join(f" {name}={quoteattr(_clean(value))}" for name, value in attributes.items() if value)
    return _PACKET.format(attributes=said) if said else ""


def _clean(text: str) -> str:
    return "".join(sign for sign in text if sign.isprintable())
