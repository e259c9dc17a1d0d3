"""LinkedIn's export becomes a JSON Resume; what is no export, or a trap, is refused and unpacks nothing."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ai_cms.core.exceptions import TooLarge
from ai_cms.portfolio.exceptions import ImportRefused
from ai_cms.portfolio.resumes import linkedin
from ai_cms.portfolio.resumes.linkedin import read_export
from ai_cms.portfolio.resumes.schema import resume_problems
from ai_cms.portfolio.services.importing import read_resume

from .conftest import archive

EXPORT = {
    "Profile.csv": (
        "First Name,Last Name,Maiden Name,Address,Birth Date,Headline,Summary,Industry,Zip Code,Geo Location,Twitter Handles,Websites,Instant Messengers\n"
        'Ada,Marsh,,,,Engineer,"Boats,\nand tides.",Maritime,LS1,"Leeds, England",[adamarsh],[PORTFOLIO:https://example.org/ada],\n'
    ),
    "Positions.csv": (
        "Company Name,Title,Description,Location,Started On,Finished On\n"
        'Harbour Office,Lead,"Runs it.\n- Tides to the minute\n- No lost boats",Leeds,Apr 2021,\n'
        "Harbour Office,Engineer,,Leeds,2018,Mar 2021\n"
    ),
    "Education.csv": (
        "School Name,Start Date,End Date,Notes,Degree Name,Activities\nUniversity of Leeds,2014,2017,With honours,BSc Physics,Rowing\n"
    ),
    "Skills.csv": "Name\nPython\nSailing\n",
    "Languages.csv": "Name,Proficiency\nEnglish,Native or bilingual proficiency\n",
    "Certifications.csv": "Name,Url,Authority,Started On,Finished On,License Number\nRadio,www.example.org/r,RYA,Jun 2019,,12\n",
    "Projects.csv": "Title,Description,Url,Started On,Finished On\nTide tables,Maps,https://example.org/t,Jan 2020,\n",
    "Honors.csv": 'Title,Description,Issued On\nBest chart,,"May 5, 2022"\n',
    "Publications.csv": 'Name,Published On,Description,Publisher,Url\nOn tides,"Feb 3, 2020",,Sea Press,\n',
    "Volunteering.csv": "Company Name,Role,Cause,Started On,Finished On,Description\nLifeboat,Crew,,2016,,Pager at night\n",
    "Email Addresses.csv": "Email Address,Confirmed,Primary,Updated On\nold@example.org,Yes,No,\nada@example.org,Yes,Yes,\n",
    "Courses.csv": "Name,Number\nNavigation,N1\n",
    "Recommendations_Received.csv": "First Name,Last Name,Company,Job Title,Text,Creation Date,Status\nBob,Sands,Pier,Master,Calm in a storm.,,VISIBLE\n",
    "messages.csv": "FROM,TO\nsecret,secret\n",
}


def test_an_export_becomes_a_resume() -> None:
    resume = read_export(archive(EXPORT))
    assert resume_problems(resume) == []
    assert resume["basics"] == {
        "name": "Ada Marsh",
        "label": "Engineer",
        "summary": "Boats,\nand tides.",
        "email": "ada@example.org",
        "url": "https://example.org/ada",
        "location": {"city": "Leeds, England", "postalCode": "LS1"},
        "profiles": [{"network": "Twitter", "username": "adamarsh"}],
    }
    lead, engineer = resume["work"]
    assert lead == {
        "name": "Harbour Office",
        "position": "Lead",
        "location": "Leeds",
        "startDate": "2021-04",
        "summary": "Runs it.",
        "highlights": ["Tides to the minute", "No lost boats"],
    }
    assert (engineer["startDate"], engineer["endDate"]) == ("2018", "2021-03")
    assert resume["education"][0]["studyType"] == "BSc Physics" and resume["education"][0]["notes"] == "With honours"
    assert [item["name"] for item in resume["skills"]] == ["Python", "Sailing"]
    assert resume["certificates"][0]["url"] == "https://www.example.org/r"
    assert resume["awards"][0]["date"] == "2022-05-05" and resume["publications"][0]["releaseDate"] == "2020-02-03"
    assert resume["references"][0]["name"] == "Bob Sands (Master, Pier)"
    assert resume["meta"] == {"version": "v1.0.0", "linkedin": {"industry": "Maritime", "courses": ["Navigation"]}}
    assert "secret" not in str(resume)


def test_notes_above_a_table_folders_and_a_mark_at_the_beginning_do_no_harm() -> None:
    files = {
        "export/Positions.csv": '\ufeffNotes:\n"Some words, with commas"\n\nCompany Name,Title\nA,B\n'.encode(),
        "export/Skills.csv": "Name\n\nPython\n",
    }
    resume = read_export(archive(files))
    assert resume["work"] == [{"name": "A", "position": "B"}]
    assert resume["skills"] == [{"name": "Python"}]


def _locked() -> io.BytesIO:
    made = bytearray(archive({"Profile.csv": "First Name\nAda\n"}).getvalue())
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        made[made.index(mark) + place] |= 1
    return io.BytesIO(bytes(made))


def _cut() -> io.BytesIO:
    return io.BytesIO(archive(EXPORT).getvalue()[:-30])


def _spoilt() -> io.BytesIO:
    made = bytearray(archive({"Profile.csv": "First Name\n" + "Ada\n" * 500}).getvalue())
    made[60:70] = b"\xff" * 10
    return io.BytesIO(bytes(made))


@pytest.mark.parametrize(
    "make",
    [
        _locked,
        _cut,
        _spoilt,
        lambda: archive({"photo.jpg": b"x"}),
        lambda: archive({}),
        lambda: archive({"Profile.csv": "First Name\n" + "x" * (linkedin.MOST_BYTES_A_FILE + 10)}),
        lambda: archive({f"{number}.txt": "" for number in range(linkedin.MOST_MEMBERS + 1)}),
        lambda: archive({"Profile.csv": 'First Name\n"' + "x" * 200_000 + "\n"}),
    ],
    ids=["locked", "cut", "spoilt", "other", "empty", "bomb", "many", "long cell"],
)
def test_what_is_no_export_or_a_trap_is_refused(make: Any) -> None:
    with pytest.raises(ImportRefused) as refused:
        read_export(make())
    assert list(refused.value.errors or {}) == ["file"]


def test_a_bomb_is_not_unpacked() -> None:
    # Says of itself that it is small; what is read stops at the limit all the same.
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("Profile.csv", b"First Name\n" + b"\0" * 60_000_000)
    assert len(kept.getvalue()) < 100_000
    with pytest.raises(ImportRefused, match="too large"):
        read_export(io.BytesIO(kept.getvalue()))


def test_an_archive_over_the_limit_is_refused_unread(settings: Any) -> None:
    settings.AI_CMS = {"LINKEDIN_MAX_BYTES": 10}
    with pytest.raises(TooLarge):
        read_resume(archive(EXPORT))


@given(raw=st.binary(max_size=300))
def test_any_other_file_is_refused_in_words(raw: bytes) -> None:
    with pytest.raises((ImportRefused,)):
        read_resume(io.BytesIO(b"\xff" + raw))


CELLS = st.text(alphabet=st.characters(codec="utf-8"), max_size=12)


@given(rows=st.lists(st.lists(CELLS, min_size=1, max_size=6), max_size=5))
def test_whatever_stands_in_the_cells_the_result_is_a_resume(rows: list[list[str]]) -> None:
    lines = [",".join('"' + cell.replace('"', '""') + '"' for cell in row) for row in rows]
    heads = {
        "Positions.csv": "Company Name,Title,Description,Location,Started On,Finished On",
        "Certifications.csv": "Name,Url,Authority,Started On,Finished On,License Number",
        "Profile.csv": "First Name,Websites,Headline,Summary,Twitter Handles,Geo Location",
        "Email Addresses.csv": "Email Address,Primary",
    }
    files = {name: "\n".join([head, *lines]) for name, head in heads.items()}
    assert resume_problems(read_export(archive(files))) == []
