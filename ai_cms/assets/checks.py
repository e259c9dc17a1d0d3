"""System checks of ``ai_cms.assets``.

======================  ================================================================
``ai_cms_assets.E001``  a swapped model is not of the right kind
``ai_cms_assets.E002``  ``STORAGES`` has no alias ``private_assets``
``ai_cms_assets.E003``  private files lie where the public reads
``ai_cms_assets.E004``  Pillow is missing or too old
``ai_cms_assets.E005``  addresses of the public storage expire
``ai_cms_assets.E006``  ``ASSET_C2PA`` is not complete
``ai_cms_assets.E007``  the addresses of assets are not mounted
``ai_cms_assets.W001``  SVG files are to be sanitised, but py-svg-hush is missing
``ai_cms_assets.W002``  an S3 storage without deadlines of its own
``ai_cms_assets.W003``  an S3 storage that reads whole files into memory
``ai_cms_assets.W004``  a storage that does not answer, or a bucket that is missing
======================  ================================================================
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.core.exceptions import ImproperlyConfigured
from django.urls import NoReverseMatch, reverse

from . import get_asset_model, get_file_model, get_folder_model, get_image_model
from .conf import assets_settings
from .exceptions import StorageUnavailable
from .models import AbstractAsset, AbstractFile, AbstractFolder, AbstractImage
from .storage import PRIVATE, PUBLIC, check_storages

__all__ = ["check_addresses", "check_answers", "check_assets"]

_OLDEST_PILLOW = 13


@register(deploy=True)
def check_answers(app_configs: object = None, **kwargs: object) -> list[CheckMessage]:
    """Warn of a storage that does not answer; before a deployment alone, as it is asked."""
    try:
        check_storages()
    except StorageUnavailable as error:
        return [
            Warning(
                "A storage of ai_cms.assets does not answer, or its bucket is missing.",
                hint=f"Make the bucket, or correct its name and keys. It says: {error.__cause__}",
                id="ai_cms_assets.W004",
            )
        ]
    except ImproperlyConfigured:
        # ai_cms_assets.E002 says it.
        return []
    return []


@register(Tags.urls)
def check_addresses(app_configs: object = None, **kwargs: object) -> list[CheckMessage]:
    """Check that the permanent addresses lead somewhere."""
    try:
        reverse("ai_cms_assets:file", args=[1])
    except NoReverseMatch:
        return [
            Error(
                "The addresses of assets are not in the URLconf.",
                hint='path("", include("ai_cms.assets.urls")), before ai_cms.pages.urls, which takes every path that is left.',
                id="ai_cms_assets.E007",
            )
        ]
    return []


@register(Tags.files)
def check_assets(app_configs: object = None, **kwargs: object) -> list[CheckMessage]:
    """Check the models in use, the storages and the packages."""
    return [*_models(), *_storages(), *_packages()]


def _models() -> Iterator[CheckMessage]:
    wanted: tuple[tuple[str, Any, tuple[type, ...]], ...] = (
        ("AI_CMS_FOLDER_MODEL", get_folder_model, (AbstractFolder,)),
        ("AI_CMS_ASSET_MODEL", get_asset_model, (AbstractAsset,)),
        ("AI_CMS_IMAGE_ASSET_MODEL", get_image_model, (AbstractImage,)),
        ("AI_CMS_FILE_ASSET_MODEL", get_file_model, (AbstractFile,)),
    )
    for setting, get, bases in wanted:
        try:
            model = get()
            base = get_asset_model() if bases[0] in (AbstractImage, AbstractFile) else None
        except ImproperlyConfigured as error:
            yield Error(str(error), hint=f"Correct {setting}, or remove it.", id="ai_cms_assets.E001")
            continue
        needed = (*bases, base) if base is not None else bases
        if not all(issubclass(model, kind) for kind in needed):
            names = " and ".join(kind.__name__ for kind in needed)
            yield Error(
                f"{setting} names {model._meta.label}, which is not a subclass of {names}.",
                hint="A host that swaps the base of assets swaps its picture and file models too.",
                obj=model,
                id="ai_cms_assets.E001",
            )


def _storages() -> Iterator[CheckMessage]:
    configured: dict[str, Any] = settings.STORAGES
    if PRIVATE not in configured:
        yield Error(
            f"STORAGES has no alias {PRIVATE!r}: originals and private files have no place.",
            hint=f"STORAGES[{PRIVATE!r}] = {{'BACKEND': 'django.core.files.storage.FileSystemStorage', "
            "'OPTIONS': {'location': …}} with a folder outside MEDIA_ROOT, or a bucket that nobody else reads.",
            id="ai_cms_assets.E002",
        )
    private, public = configured.get(PRIVATE), configured.get(PUBLIC) or configured.get("default")
    if private is not None and public is not None:
        yield from _apart(private, public)
    for alias in (PUBLIC, PRIVATE):
        yield from _s3(alias, configured.get(alias))


def _apart(private: dict[str, Any], public: dict[str, Any]) -> Iterator[CheckMessage]:
    if "FileSystemStorage" not in private.get("BACKEND", ""):
        same = private == public
    else:
        location = private.get("OPTIONS", {}).get("location") or settings.MEDIA_ROOT
        seen = public.get("OPTIONS", {}).get("location") or settings.MEDIA_ROOT
        folder, roots = (
            Path(str(location)).resolve(),
            {Path(str(settings.MEDIA_ROOT)).resolve(), Path(str(seen)).resolve()},
        )
        same = any(folder == root or root in folder.parents for root in roots)
    if same:
        yield Error(
            f"STORAGES[{PRIVATE!r}] lies where the public reads.",
            hint="Give it a location outside MEDIA_ROOT, or another bucket.",
            id="ai_cms_assets.E003",
        )


def _s3(alias: str, configured: dict[str, Any] | None) -> Iterator[CheckMessage]:
    if configured is None or not configured.get("BACKEND", "").startswith("storages.backends.s3"):
        return
    options = configured.get("OPTIONS", {})
    signed = options.get("querystring_auth", getattr(settings, "AWS_QUERYSTRING_AUTH", True))
    custom = options.get("custom_domain", getattr(settings, "AWS_S3_CUSTOM_DOMAIN", None))
    if alias == PUBLIC and signed and not custom:
        yield Error(
            f"STORAGES[{alias!r}] signs its addresses: they expire after an hour, and are kept in rows and pages.",
            hint=f"STORAGES[{alias!r}]['OPTIONS']['querystring_auth'] = False, or give it a custom_domain.",
            id="ai_cms_assets.E005",
        )
    if "client_config" not in options:
        yield Warning(
            f"STORAGES[{alias!r}] has no client_config: a bucket that hangs holds a request for minutes.",
            hint="OPTIONS['client_config'] = botocore.config.Config(connect_timeout=3, read_timeout=3, "
            "retries={'mode': 'standard', 'total_max_attempts': 2}, request_checksum_calculation='when_required', "
            "response_checksum_validation='when_required').",
            id="ai_cms_assets.W002",
        )
    if not options.get("max_memory_size", getattr(settings, "AWS_S3_MAX_MEMORY_SIZE", 0)):
        yield Warning(
            f"STORAGES[{alias!r}] has no max_memory_size: every file that is sent from it is read into memory first.",
            hint=f"STORAGES[{alias!r}]['OPTIONS']['max_memory_size'] = 10_000_000",
            id="ai_cms_assets.W003",
        )


def _packages() -> Iterator[CheckMessage]:
    try:
        installed = version("pillow")
        enough = int(installed.partition(".")[0]) >= _OLDEST_PILLOW
    except (PackageNotFoundError, ValueError):
        installed, enough = "none", False
    if not enough:
        yield Error(
            f"ai_cms.assets needs Pillow {_OLDEST_PILLOW} or newer, for the holes it closes; installed: {installed}.",
            hint="pip install 'django-ai-cms[assets]'",
            id="ai_cms_assets.E004",
        )
    wants_svg = assets_settings.ASSET_SVG == "sanitize" and "image/svg+xml" in assets_settings.ASSET_KINDS
    if wants_svg and find_spec("py_svg_hush") is None:
        yield Warning(
            "SVG files are refused until py-svg-hush is installed.",
            hint="pip install 'django-ai-cms[svg]', or AI_CMS['ASSET_SVG'] = 'refuse'.",
            id="ai_cms_assets.W001",
        )
    signing = assets_settings.ASSET_C2PA
    if signing and not {"certificates", "private_key"} <= set(signing):
        yield Error(
            "AI_CMS['ASSET_C2PA'] needs certificates and private_key.",
            hint="Both as PEM text or the path of a file.",
            id="ai_cms_assets.E006",
        )
