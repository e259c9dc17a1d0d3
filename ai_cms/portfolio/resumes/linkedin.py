"""LinkedIn's export of one's own data (a ZIP of CSV files) as a JSON Resume.

Nothing is unpacked: the few files that are known are read in memory, each up to a limit, whatever the archive says of their size.
What an export holds and a JSON Resume has no place for goes to ``meta.linkedin``.
"""

from __future__ import annotations

import csv
import io
import re
import zipfile
import zlib
from collections.abc import Callable, Iterable, Mapping
from typing import IO

from django.utils.translation import gettext as _

from ai_cms.core.jsontypes import JsonObject
from ai_cms.core.strictjson import is_clean_text

from ..exceptions import ImportRefused
from .schema import SCHEMA_URL, VERSION

__all__ = ["is_archive", "read_export"]

MOST_MEMBERS = 2_000
MOST_BYTES_A_FILE = 2_000_000
MOST_ROWS = 1_000
MOST_TEXT = 20_000

Row = Mapping[str, str]

_MONTHS = {
    name: number for number, name in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), start=1)
}
#: The files that are read, each by a column that its heading must have; LinkedIn puts notes above some of them.
_FILES = {
    "profile": "First Name",
    "positions": "Company Name",
    "education": "School Name",
    "skills": "Name",
    "languages": "Name",
    "certifications": "Name",
    "projects": "Title",
    "honors": "Title",
    "publications": "Name",
    "volunteering": "Company Name",
    "courses": "Name",
    "email addresses": "Email Address",
    "recommendations_received": "Text",
}


def is_archive(file: IO[bytes]) -> bool:
    """Return whether a file begins as ZIP archives do; it is left at its beginning."""
    file.seek(0)
    head = file.read(4)
    file.seek(0)
    return head == b"PK\x03\x04"


def read_export(file: IO[bytes]) -> JsonObject:
    """Return the JSON Resume that an export makes. Raises ImportRefused for what is no export, or one that is broken."""
    tables = _tables(file)
    if not tables.keys() & {"profile", "positions", "education"}:
        raise ImportRefused(
            _("This archive is no export of LinkedIn: it holds no Profile.csv, Positions.csv or Education.csv.")
        )
    resume: JsonObject = {"$schema": SCHEMA_URL}
    basics = _basics(tables)
    if basics:
        resume["basics"] = basics
    for name, source, make in _PARTS:
        entries = [entry for row in tables.get(source, ()) if (entry := make(row))]
        if entries:
            resume[name] = entries
    resume["meta"] = {"version": VERSION, **_more(tables)}
    return resume


def _tables(file: IO[bytes]) -> dict[str, list[Row]]:
    try:
        with zipfile.ZipFile(file) as archive:
            members = archive.infolist()
            if len(members) > MOST_MEMBERS:
                raise ImportRefused(_("This archive holds more files than an export does."))
            found: dict[str, list[Row]] = {}
            for member in members:
                # Whatever folder they are in: some archivers put one around them.
                name = member.filename.rsplit("/", 1)[-1].lower().removesuffix(".csv")
                if name not in _FILES or not member.filename.lower().endswith(".csv") or name in found:
                    continue
                if member.flag_bits & 0x1:
                    raise ImportRefused(_("This archive is locked with a password."))
                with archive.open(member) as opened:
                    raw = opened.read(MOST_BYTES_A_FILE + 1)
                if len(raw) > MOST_BYTES_A_FILE:
                    raise ImportRefused(_("%(name)s is too large.") % {"name": member.filename[-100:]})
                found[name] = _rows(raw, _FILES[name])
            return found
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError, ValueError) as error:
        raise ImportRefused(_("This archive cannot be read.")) from error


def _rows(raw: bytes, column: str) -> list[Row]:
    """Return the rows of a CSV below the line that names ``column``."""
    text = raw.decode("utf-8-sig", errors="replace").replace("\x00", "")
    heading: list[str] | None = None
    rows: list[Row] = []
    try:
        for cells in csv.reader(io.StringIO(text, newline="")):
            if heading is None:
                if column in cells:
                    heading = cells
                continue
            row = {name: _clean(cell) for name, cell in zip(heading, cells, strict=False)}
            if any(row.values()):
                rows.append(row)
            if len(rows) >= MOST_ROWS:
                break
    except csv.Error as error:
        raise ImportRefused(_("A table of this archive cannot be read.")) from error
    return rows


def _clean(text: str) -> str:
    kept = text.strip()[:MOST_TEXT]
    return kept if is_clean_text(kept) else re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]", "", kept)


def _date(text: str) -> str:
    """Return ``Jan 2020``, ``January 5, 2020``, ``2020`` or ``2020/01/05`` as JSON Resume writes it; "" for anything else."""
    if match := re.fullmatch(r"([12][0-9]{3})(?:[-/.](\d{1,2}))?(?:[-/.](\d{1,2}))?.*", text, re.ASCII):
        year, month, day = match.groups()
        return _joined(year, int(month or 0), int(day or 0))
    words = re.findall(r"[A-Za-z]+|[0-9]+", text)
    year = next((word for word in words if re.fullmatch(r"[12][0-9]{3}", word)), "")
    month = next((_MONTHS[word[:3].lower()] for word in words if word[:3].lower() in _MONTHS), 0)
    day = next((int(word) for word in words if word.isdigit() and len(word) <= 2), 0)
    return _joined(year, month, day) if year else ""


def _joined(year: str, month: int, day: int) -> str:
    if not 1 <= month <= 12:
        return year
    return f"{year}-{month:02}" if not 1 <= day <= 31 else f"{year}-{month:02}-{day:02}"


def _entry(**values: object) -> JsonObject:
    """Return the values that are there: an empty text is no address and no date."""
    return {name: value for name, value in values.items() if value}


def _url(text: str) -> str:
    """Return an address, with its scheme; "" for what is none."""
    first = text.split(",")[0].strip()
    # LinkedIn writes "[PORTFOLIO:https://example.org]".
    if match := re.fullmatch(r"\[[A-Z_ ]+:(.*?)\]?", first):
        first = match[1]
    if not first or re.search(r"\s", first):
        return ""
    return first if re.match(r"https?://", first) else f"https://{first}" if "." in first and ":" not in first else ""


def _points(text: str) -> tuple[str, list[str]]:
    """Return a description as a summary, and as highlights where it is a list of points."""
    lines = [line.strip() for line in re.split(r"[\r\n]+| {2,}(?=[-•*])", text) if line.strip()]
    points = [line.lstrip("-•*· ").strip() for line in lines if line[0] in "-•*·"]
    rest = [line for line in lines if line[0] not in "-•*·"]
    return "\n".join(rest), [point for point in points if point]


def _position(row: Row) -> JsonObject:
    summary, highlights = _points(row.get("Description", ""))
    return _entry(
        name=row.get("Company Name"),
        position=row.get("Title"),
        location=row.get("Location"),
        startDate=_date(row.get("Started On", "")),
        endDate=_date(row.get("Finished On", "")),
        summary=summary,
        highlights=highlights,
    )


def _volunteering(row: Row) -> JsonObject:
    return _entry(
        organization=row.get("Company Name"),
        position=row.get("Role"),
        startDate=_date(row.get("Started On", "")),
        endDate=_date(row.get("Finished On", "")),
        summary=row.get("Description"),
    )


def _school(row: Row) -> JsonObject:
    return _entry(
        institution=row.get("School Name"),
        studyType=row.get("Degree Name"),
        startDate=_date(row.get("Start Date", "")),
        endDate=_date(row.get("End Date", "")),
        notes=row.get("Notes"),
        activities=row.get("Activities"),
    )


def _project(row: Row) -> JsonObject:
    return _entry(
        name=row.get("Title"),
        description=row.get("Description"),
        url=_url(row.get("Url", "")),
        startDate=_date(row.get("Started On", "")),
        endDate=_date(row.get("Finished On", "")),
    )


def _certificate(row: Row) -> JsonObject:
    return _entry(
        name=row.get("Name"),
        issuer=row.get("Authority"),
        url=_url(row.get("Url", "")),
        date=_date(row.get("Started On", "")),
        endDate=_date(row.get("Finished On", "")),
        licenseNumber=row.get("License Number"),
    )


def _publication(row: Row) -> JsonObject:
    return _entry(
        name=row.get("Name"),
        publisher=row.get("Publisher"),
        releaseDate=_date(row.get("Published On", "")),
        url=_url(row.get("Url", "")),
        summary=row.get("Description"),
    )


def _reference(row: Row) -> JsonObject:
    name = " ".join(filter(None, (row.get("First Name"), row.get("Last Name"))))
    place = ", ".join(filter(None, (row.get("Job Title"), row.get("Company"))))
    return _entry(name=f"{name} ({place})" if place else name, reference=row.get("Text"))


_PARTS: tuple[tuple[str, str, Callable[[Row], JsonObject]], ...] = (
    ("work", "positions", _position),
    ("volunteer", "volunteering", _volunteering),
    ("education", "education", _school),
    (
        "awards",
        "honors",
        lambda row: _entry(
            title=row.get("Title"), date=_date(row.get("Issued On", "")), summary=row.get("Description")
        ),
    ),
    ("certificates", "certifications", _certificate),
    ("publications", "publications", _publication),
    ("skills", "skills", lambda row: _entry(name=row.get("Name"))),
    ("languages", "languages", lambda row: _entry(language=row.get("Name"), fluency=row.get("Proficiency"))),
    ("references", "recommendations_received", _reference),
    ("projects", "projects", _project),
)


def _basics(tables: Mapping[str, list[Row]]) -> JsonObject:
    row = next(iter(tables.get("profile", ())), {})
    name = " ".join(filter(None, (row.get("First Name"), row.get("Last Name"))))
    place = _entry(city=row.get("Geo Location"), address=row.get("Address"), postalCode=row.get("Zip Code"))
    return _entry(
        name=name,
        label=row.get("Headline"),
        summary=row.get("Summary"),
        email=_email(tables.get("email addresses", ())),
        url=_url(row.get("Websites", "")),
        location=place,
        profiles=[
            {"network": "Twitter", "username": handle}
            for handle in re.findall(r"[A-Za-z0-9_]{1,30}", row.get("Twitter Handles", ""))
        ],
    )


def _email(rows: Iterable[Row]) -> str:
    """Return the primary address that is written as mail servers take it."""
    good = [
        row for row in rows if re.fullmatch(r"[\w.+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,}", row["Email Address"], re.ASCII)
    ]
    primary = [row for row in good if row.get("Primary", "").lower() == "yes"]
    found = next(iter(primary or good), None)
    return found["Email Address"] if found is not None else ""


def _more(tables: Mapping[str, list[Row]]) -> JsonObject:
    profile = next(iter(tables.get("profile", ())), {})
    more = _entry(
        industry=profile.get("Industry"),
        courses=[row["Name"] for row in tables.get("courses", ()) if row.get("Name")],
    )
    return {"linkedin": more} if more else {}
