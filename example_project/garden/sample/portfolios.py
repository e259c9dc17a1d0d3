"""Two sample portfolios: an illustrator who looks for clients, a developer who looks for a job."""

from __future__ import annotations

from typing import Any

from django.templatetags.static import static

from ai_cms.core.permissions import Actor
from ai_cms.portfolio import get_portfolio_model, get_project_model, get_resume_model, get_skill_model
from ai_cms.portfolio.places import portfolio_path
from ai_cms.portfolio.services import create_portfolio, create_row

__all__ = ["load_sample_portfolios"]


def load_sample_portfolios(illustrator: Any, developer: Any) -> dict[str, int]:
    """Create what is not there yet; returns the portfolios' ids by their slug. A second run changes nothing."""
    made = {}
    for slug, owner, make in (
        ("nell-ashdown", illustrator, _illustrator),
        ("tomas-brandl", developer, _developer),
    ):
        kept = get_portfolio_model().all_objects.filter(path=portfolio_path(slug)).first()
        made[slug] = kept.pk if kept is not None else make(slug, Actor.of(owner)).pk
    return made


def _project(actor: Actor, title: str, text: str, picture: str, alt: str, words: str, start: str, end: str = "") -> int:
    row = create_row(
        get_project_model(),
        actor=actor,
        title=title,
        description=text,
        image_url=static(f"garden/img/{picture}.svg"),
        image_alt=alt,
        technologies=words.split(", "),
        start_date=start,
        end_date=end,
    )
    return int(row.pk)


def _skills(actor: Actor, *skills: tuple[str, str, int, float]) -> list[int]:
    return [
        int(create_row(get_skill_model(), actor=actor, name=name, category=category, level=level, years=years).pk)
        for name, category, level, years in skills
    ]


def _block(kind: str, **props: Any) -> dict[str, Any]:
    return {"type": kind, "props": props}


def _illustrator(slug: str, actor: Actor) -> Any:
    projects = [
        _project(
            actor,
            "A flora of the fen",
            "Forty-two plates for the garden's own flora, drawn from life over three summers.",
            "meadow",
            "A meadow in flower, drawn in flat colours",
            "Ink, Watercolour, Print",
            "2022-05",
            "2025-03",
        ),
        _project(
            actor,
            "Moths by night",
            "Signs for the moth trail: each glows a little under a torch.",
            "moths",
            "Moths around a lamp, drawn in flat colours",
            "Linocut, Signs",
            "2024",
            "2024",
        ),
        _project(
            actor,
            "Seed packets",
            "Sixty packets that say at a glance when to sow.",
            "seeds",
            "Seed heads in rows, drawn in flat colours",
            "Packaging, Type",
            "2021-11",
            "2022-02",
        ),
    ]
    skills = _skills(
        actor,
        ("Botanical drawing", "Design", 5, 14),
        ("Linocut", "Design", 4, 6),
        ("Lettering", "Design", 3, 5),
        ("Affinity Publisher", "Tool", 4, 7),
        ("Teaching", "Soft skill", 4, 4),
    )
    return create_portfolio(
        actor=actor,
        title="Nell Ashdown",
        slug=slug,
        goal="freelance",
        role="Botanical illustrator",
        design={"layout": "atelier", "spacing": "airy"},
        seo_description="Botanical illustrator: plates, signs and packets, drawn from life.",
        is_published=True,
        pages=[
            {
                "title": "Work",
                "slug": "work",
                "blocks": [
                    _block(
                        "hero",
                        heading="Plants, drawn from life",
                        text="I draw what grows: for books, for gardens, for the packets that seeds come in.",
                        level=1,
                    ),
                    _block("project_grid", title="Selected work", projects=projects),
                    _block("skill_chart", title="What I do", skills=skills, display="words"),
                    _block(
                        "call_to_action",
                        title="A commission?",
                        text="Tell me what grows there, and by when you need it.",
                        button_label="nell@example.com",
                        button_url="mailto:nell@example.com",
                    ),
                ],
            },
            {
                "title": "About",
                "slug": "about",
                "description": "Who draws, and how.",
                "blocks": [
                    _block(
                        "rich_text",
                        html="<p>I learnt to look in a potting shed and to draw in evening classes. Since 2011 I have worked for "
                        "gardens, publishers and one very patient beekeeper.</p><p>Everything begins outdoors with a pencil; "
                        "colour comes at the desk, while the leaf still keeps its shape.</p>",
                    ),
                ],
            },
        ],
    )


_RESUME: dict[str, Any] = {
    "basics": {
        "name": "Tomas Brandl",
        "label": "Backend developer",
        "email": "tomas@example.com",
        "url": "https://example.com/tomas",
        "summary": "I build the quiet part of web sites: data that stays right, pages that load at once.",
        "location": {"city": "Morrowfen", "countryCode": "GB"},
    },
    "work": [
        {
            "name": "Morrowfen Botanic Garden",
            "position": "Lead developer",
            "startDate": "2023-02",
            "summary": "The garden's web site, its collections and the ticket office.",
            "highlights": ["Moved 12,000 accession records without losing one", "Pages answered in one query"],
        },
        {
            "name": "Morrowfen Botanic Garden",
            "position": "Developer",
            "startDate": "2020-06",
            "endDate": "2023-01",
            "highlights": ["Brought the plant labels online"],
        },
        {
            "name": "Tidewater Press",
            "position": "Junior developer",
            "startDate": "2017",
            "endDate": "2020-05",
            "summary": "Print catalogues as web pages.",
        },
    ],
    "education": [
        {
            "institution": "University of the Marches",
            "studyType": "BSc",
            "area": "Computer science",
            "startDate": "2014",
            "endDate": "2017",
        }
    ],
    "skills": [{"name": "Python", "level": "Expert", "keywords": ["Django", "PostgreSQL"]}],
    "languages": [{"language": "English", "fluency": "Native"}, {"language": "Czech", "fluency": "Fluent"}],
}


def _developer(slug: str, actor: Actor) -> Any:
    resume = create_row(get_resume_model(), actor=actor, title="Tomas Brandl, developer", content=_RESUME)
    projects = [
        _project(
            actor,
            "Accession desk",
            "Where every plant in the garden came from, searchable by anybody.",
            "herbarium",
            "Pressed plants on paper, drawn in flat colours",
            "Python, Django, PostgreSQL",
            "2023-04",
        ),
        _project(
            actor,
            "Glasshouse watch",
            "Sensors that call before the frost does.",
            "glasshouse",
            "A glasshouse, drawn in flat colours",
            "MQTT, Python",
            "2021",
            "2022-10",
        ),
    ]
    skills = _skills(
        actor,
        ("Python", "Language", 5, 10),
        ("SQL", "Language", 4, 9),
        ("Django", "Framework", 5, 8.5),
        ("PostgreSQL", "Tool", 4, 8),
        ("Writing things down", "Soft skill", 4, 6),
    )
    return create_portfolio(
        actor=actor,
        title="Tomas Brandl",
        slug=slug,
        goal="job",
        role="Backend developer",
        design={"layout": "console"},
        seo_description="Backend developer: data that stays right, pages that load at once.",
        is_published=True,
        pages=[
            {
                "title": "Home",
                "slug": "home",
                "blocks": [
                    _block(
                        "hero",
                        heading="Tomas Brandl",
                        text="I build the quiet part of web sites: data that stays right, pages that load at once.",
                        level=1,
                    ),
                    _block("timeline", title="The way here", resume=resume.pk),
                    _block("skill_chart", title="Skills", skills=skills),
                    _block("project_grid", title="Selected work", projects=projects),
                    _block(
                        "call_to_action",
                        title="Looking for somebody like me?",
                        text="I can start in spring.",
                        button_label="tomas@example.com",
                        button_url="mailto:tomas@example.com",
                    ),
                ],
            },
            {
                "title": "Résumé",
                "slug": "resume",
                "blocks": [
                    _block(
                        "resume",
                        resume=resume.pk,
                        contact=True,
                        parts=["work", "education", "skills", "languages"],
                    )
                ],
            },
        ],
    )
