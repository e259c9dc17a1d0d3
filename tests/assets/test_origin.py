"""Where a generated picture comes from: the same in XMP, in its manifest, in the page and over REST."""

from __future__ import annotations

import io
import json
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from django.test import override_settings

from ai_cms.assets import get_image_model
from ai_cms.assets.services import accept_alt_text, crop_image, refuse_alt_text, replace_file, upload_asset
from ai_cms.assist.assets import suggest_alt_text
from ai_cms.core.permissions import Actor
from ai_cms.llm.handler import llms
from ai_cms.llm.messages import ImageResponse
from ai_cms.pages import services

from .conftest import uploaded
from .pictures import encoded, jpeg, picture, png, xmp_of

pytest.importorskip("c2pa", reason="needs the extra c2pa")
pytest.importorskip("cryptography", reason="makes the keys of the tests")
pytestmark = pytest.mark.django_db

GENERATED = "trainedAlgorithmicMedia"
TESTING = {"default": {"BACKEND": "ai_cms.llm.backends.testing.TestingBackend", "MODEL": "painter-1"}}


@pytest.fixture
def painter(settings: Any) -> Any:
    """Have a backend for tests make pictures; return it."""
    from .certificates import signing

    settings.AI_CMS = {"LLM": TESTING, "ASSET_C2PA": signing()}
    backend: Any = llms["default"]
    backend.script(ImageResponse(png(1200, 800), "image/png", 1, model="painter-1"))
    return backend


def manifest_of(path: Path, mime: str) -> dict[str, Any]:
    import c2pa

    with path.open("rb") as file, c2pa.Reader(mime, file) as reader:
        found: dict[str, Any] = json.loads(reader.json())
        assert str(reader.get_validation_state()) in ("Valid", "Trusted")
    return found


def actions_of(manifest: dict[str, Any]) -> list[dict[str, Any]]:
    active = manifest["manifests"][manifest["active_manifest"]]
    return [
        action
        for assertion in active["assertions"]
        if assertion["label"].startswith("c2pa.actions")
        for action in assertion["data"]["actions"]
    ]


def test_the_four_marks_of_a_generated_picture(
    painter: Any, superuser: Any, client_of: Any, client: Any, media: Path
) -> None:
    api = client_of(superuser)
    answer = api.post("/api/ai/generate-image/", {"prompt": "A round loaf", "alt": "A loaf"}, format="json")
    assert answer.status_code == 201, answer.content
    asset = get_image_model().objects.get(pk=answer.json()["asset"])
    # 1: REST
    data = api.get(f"/api/assets/{asset.pk}/").json()
    assert (data["prompt"], data["digital_source_type"], data["alt"]) == ("A round loaf", GENERATED, "A loaf")
    assert data["provenance"]["model"] == "painter-1"
    assert data["provenance"]["call"] == answer.json()["provenance"]["call"]
    # 2: XMP, in every rendition
    rows = list(asset.renditions.all())
    assert len(rows) == 5
    for row in rows:
        found = xmp_of((media / "public" / row.stored_name).read_bytes())
        assert found["DigitalSourceType"] == f"http://cv.iptc.org/newscodes/digitalsourcetype/{GENERATED}"
        assert "A round loaf" not in str(found)
    # 3: a manifest on the original and on large renditions; on the others it would outweigh the picture
    for path, mime in (
        (media / "private" / asset.stored_name, "image/png"),
        (media / "public" / asset.renditions.get(spec="large").stored_name, "image/webp"),
    ):
        [created, *_rest] = actions_of(manifest_of(path, mime))
        assert created["action"] == "c2pa.created"
        assert created["digitalSourceType"].endswith(f"/{GENERATED}")
    assert asset.size == (media / "private" / asset.stored_name).stat().st_size
    thumb = asset.renditions.get(spec="thumb")
    assert thumb.size < 10_000
    assert b"c2pa" not in (media / "public" / thumb.stored_name).read_bytes()
    # 4: the page
    actor = Actor.system("tests")
    site = services.create_site(hostname="testserver", name="Test site", title="Home")
    block = {"type": "image", "props": {"src": asset.reference, "alt": "A loaf"}}
    page = services.create_page(title="Bread", parent=site.root, actor=actor, content=[block])
    services.publish_page(page, actor=actor)
    html = client.get(page.path).content.decode()
    assert 'itemprop="digitalSourceType" content="https://schema.org/TrainedAlgorithmicMediaDigitalSource"' in html


class Microdata(HTMLParser):
    """Read the items of a page as search engines do: type and properties of each ``itemscope``."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.items: list[dict[str, str]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if "itemscope" in found:
            self.items.append({"type": found.get("itemtype") or ""})
        if "itemprop" in found:
            self.items[-1][found["itemprop"] or ""] = found.get("content") or found.get("href") or ""


def test_independent_readers_find_the_marks_in_every_format(
    painter: Any, superuser: Any, client_of: Any, client: Any, media: Path, settings: Any
) -> None:
    pyexiv2 = pytest.importorskip("pyexiv2", reason="reads XMP as Adobe's own library does (group media)")
    formats = ["webp", "avif", "jpeg", "png"]
    sizes = {
        "card": {"mode": "fill", "width": 160, "height": 100},
        "large": {"mode": "max", "width": 960, "srcset": True},
    }
    settings.AI_CMS = {**settings.AI_CMS, "ASSET_FORMATS": formats, "ASSET_SIZES": sizes, "ASSET_TASK_FORMATS": []}
    # Other settings, other backends.
    backend: Any = llms["default"]
    backend.script(ImageResponse(png(1200, 800), "image/png", 1, model="painter-1"))
    answer = client_of(superuser).post("/api/ai/generate-image/", {"prompt": "A loaf", "alt": "A loaf"}, format="json")
    asset = get_image_model().objects.get(pk=answer.json()["asset"])
    public = media / "public"
    rows = {(row.spec, row.format): public / row.stored_name for row in asset.renditions.all()}
    assert set(rows) == {(spec, format) for spec in sizes for format in formats}
    for (spec, format), path in rows.items():
        with pyexiv2.ImageData(path.read_bytes()) as image:
            found = image.read_xmp()
        assert found["Xmp.iptcExt.DigitalSourceType"].endswith(f"/digitalsourcetype/{GENERATED}"), (spec, format)
        assert found["Xmp.iptcExt.AISystemUsed"] == "painter-1"
        if spec == "large":
            [created, *_rest] = actions_of(manifest_of(path, f"image/{format}"))
            assert created["digitalSourceType"].endswith(f"/{GENERATED}"), format
        else:
            assert b"c2pa" not in path.read_bytes()
    listed = client_of(superuser).get("/api/assets/").json()["results"]
    assert [row["digital_source_type"] for row in listed] == [GENERATED]
    site = services.create_site(hostname="testserver", name="Test site", title="Home")
    block = {"type": "image", "props": {"src": asset.reference, "alt": "A loaf"}}
    page = services.create_page(title="Bread", parent=site.root, actor=Actor.system("tests"), content=[block])
    services.publish_page(page, actor=Actor.system("tests"))
    [item] = Microdata(client.get(page.path).content.decode()).items
    assert item["type"] == "https://schema.org/ImageObject"
    assert item["digitalSourceType"] == "https://schema.org/TrainedAlgorithmicMediaDigitalSource"
    assert item["contentUrl"] in {row.url for row in asset.renditions.all()}


def test_without_a_key_there_is_no_manifest_and_everything_else(
    painter: Any, superuser: Any, client_of: Any, media: Path, settings: Any
) -> None:
    settings.AI_CMS = {"LLM": TESTING}
    answer = client_of(superuser).post("/api/ai/generate-image/", {"prompt": "A loaf"}, format="json")
    asset = get_image_model().objects.get(pk=answer.json()["asset"])
    assert b"c2pa" not in (media / "private" / asset.stored_name).read_bytes()
    assert asset.digital_source_type == GENERATED


def test_nothing_is_spent_where_the_picture_could_not_be_kept(
    painter: Any, superuser: Any, member: Any, client_of: Any, settings: Any
) -> None:
    settings.AI_CMS = {**settings.AI_CMS, "ASSET_QUOTAS": {"free": 0}}
    answer = client_of(member).post("/api/ai/generate-image/", {"prompt": "A loaf"}, format="json")
    assert answer.status_code == 413
    assert painter.requests == []


def test_a_part_keeps_the_marks_and_another_file_does_not(
    painter: Any, superuser: Any, client_of: Any, media: Path
) -> None:
    answer = client_of(superuser).post("/api/ai/generate-image/", {"prompt": "A loaf"}, format="json")
    asset = get_image_model().objects.get(pk=answer.json()["asset"])
    part = crop_image(asset, actor=superuser, x=0, y=0, width=0.5, height=0.5).asset
    assert (part.digital_source_type, part.prompt) == (GENERATED, "A loaf")
    for row in part.renditions.all():
        assert xmp_of((media / "public" / row.stored_name).read_bytes())["DigitalSourceType"].endswith(GENERATED)
    for credit, written in (("", {}), ("Ann", {"Credit": "Ann"})):
        asset.credit = credit
        replace_file(asset, io.BytesIO(jpeg(1000 + len(credit), 500)), actor=superuser)
        asset.refresh_from_db()
        assert (asset.digital_source_type, asset.prompt, asset.provenance) == ("", "", {})
        found = xmp_of((media / "public" / asset.renditions.get(spec="large").stored_name).read_bytes())
        assert {name: found[name] for name in found if name != "about"} == written


def test_what_an_upload_says_of_its_origin_is_kept(member: Any, media: Path) -> None:
    from ai_cms.assets.provenance.xmp import packet

    data = encoded(picture(1000, 600), "JPEG", xmp=packet(GENERATED).encode())
    asset = uploaded(member, data)
    assert asset.digital_source_type == GENERATED
    # The sizes carry it on: they are made with the mark of the original, and anew with it.
    for row in asset.renditions.all():
        assert xmp_of((media / "public" / row.stored_name).read_bytes())["DigitalSourceType"].endswith(GENERATED)
    from ai_cms.assets.services import remake

    remake(asset)
    for row in asset.renditions.all():
        assert xmp_of((media / "public" / row.stored_name).read_bytes())["DigitalSourceType"].endswith(GENERATED)


def test_manifests_of_uploads_are_read_from_the_original(superuser: Any, media: Path) -> None:
    from .certificates import signing

    with override_settings(AI_CMS={"ASSET_C2PA": signing()}):
        first = upload_asset(
            io.BytesIO(jpeg(1000, 700)), actor=superuser, name="a.jpg", digital_source_type=GENERATED
        ).asset
    signed = (media / "private" / first.stored_name).read_bytes()
    first.delete()
    asset = uploaded(superuser, signed, "signed.jpg", allow_duplicate=True)
    assert asset.digital_source_type == GENERATED
    assert asset.provenance["file"]["state"] == "unchanged"
    touched = signed.replace(signed[-40:-30], bytes(10))
    asset = uploaded(superuser, touched, "touched.jpg")
    assert asset.provenance["file"]["state"] == "changed"


def test_an_edited_pictures_origin_stands_with_its_parent(superuser: Any, media: Path, tmp_path: Path) -> None:
    import c2pa

    from .certificates import signing

    with override_settings(AI_CMS={"ASSET_C2PA": signing()}):
        first = upload_asset(
            io.BytesIO(jpeg(1000, 700)), actor=superuser, name="a.jpg", digital_source_type=GENERATED
        ).asset
    parent = (media / "private" / first.stored_name).read_bytes()
    key = signing()
    info = c2pa.C2paSignerInfo(
        alg=b"es256", sign_cert=key["certificates"].encode(), private_key=key["private_key"].encode(), ta_url=None
    )
    # As an editor writes it: opened and cropped, and not a word of where the picture came from.
    opened = {"action": "c2pa.opened", "parameters": {"ingredientIds": ["xmp:iid:parent"]}}
    actions = {"actions": [opened, {"action": "c2pa.cropped"}]}
    manifest = {"format": "image/jpeg", "assertions": [{"label": "c2pa.actions", "data": actions}]}
    relation = {"title": "a.jpg", "relationship": "parentOf", "instance_id": "xmp:iid:parent"}
    out = io.BytesIO()
    with c2pa.Signer.from_info(info) as signer, c2pa.Builder(json.dumps(manifest)) as builder:
        builder.add_ingredient(json.dumps(relation), "image/jpeg", io.BytesIO(parent))
        builder.sign(signer, "image/jpeg", io.BytesIO(jpeg(500, 350)), out)
    path = tmp_path / "edited.jpg"
    path.write_bytes(out.getvalue())
    edited = manifest_of(path, "image/jpeg")
    assert [action.get("digitalSourceType") for action in actions_of(edited)] == [None, None]
    asset = uploaded(superuser, path.read_bytes(), "edited.jpg")
    assert (asset.digital_source_type, asset.provenance["file"]["state"]) == (GENERATED, "unchanged")
    # The sizes have a mark of their own, as the manifest is lost at every conversion.
    for row in asset.renditions.all():
        data = (media / "public" / row.stored_name).read_bytes()
        assert xmp_of(data)["DigitalSourceType"].endswith(GENERATED)


def test_a_model_that_sees_proposes_a_text_and_a_person_takes_it(member: Any, settings: Any) -> None:
    settings.AI_CMS = {"LLM": TESTING}
    asset = uploaded(member, jpeg(), "IMG_0042.jpg")
    backend: Any = llms["default"]
    backend.script('{"alt": "A round loaf on a board"}')
    suggest_alt_text(asset, actor=member)
    request = backend.requests[-1]
    assert [part.mime for part in request.messages[-1].images] == ["image/webp"]
    asset = get_image_model().objects.get(pk=asset.pk)
    assert asset.alt == ""
    assert asset.alt_suggestion["text"] == "A round loaf on a board"
    assert asset.alt_suggestion["model"]
    accept_alt_text(asset, actor=member)
    asset = get_image_model().objects.get(pk=asset.pk)
    assert (asset.alt, asset.alt_suggestion) == ("A round loaf on a board", {})
    other = uploaded(member, png())
    backend.script('{"alt": "Nonsense"}')
    suggest_alt_text(other, actor=member)
    refuse_alt_text(other, actor=member)
    other = get_image_model().objects.get(pk=other.pk)
    assert (other.alt, other.alt_suggestion) == ("", {"refused": "Nonsense"})
