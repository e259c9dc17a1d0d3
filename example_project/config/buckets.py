"""Storages in buckets: one that the public reads, one that nobody but the site does."""

from __future__ import annotations

from typing import Any

__all__ = ["buckets"]


def buckets(*, public: str, private: str = "", endpoint: str = "") -> dict[str, dict[str, Any]]:
    """Return the storages ``default`` and ``private_assets``; without a ``private`` bucket the latter stays on the disk.

    A bucket that hangs costs a request at most nine seconds, and one that is back is used after three: what was sent to it before
    is sent again then. Checksums are sent only where the service asks for them: many that speak S3 refuse boto3's.
    """
    from botocore.config import Config

    config = Config(
        connect_timeout=3,
        read_timeout=3,
        # boto3 counts the first attempt in this one, and does not in max_attempts.
        retries={"mode": "standard", "total_max_attempts": 2},
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
    )

    def storage(bucket: str, **options: Any) -> dict[str, Any]:
        shared = {"bucket_name": bucket, "endpoint_url": endpoint or None, "file_overwrite": False, "location": "media"}
        return {
            "BACKEND": "storages.backends.s3.S3Storage",
            "OPTIONS": {**shared, "client_config": config, "max_memory_size": 10_000_000, **options},
        }

    # Public addresses are kept in rows and pages: they must not expire.
    forever = {"CacheControl": "public, max-age=31536000, immutable"}
    found = {"default": storage(public, querystring_auth=False, object_parameters=forever)}
    if private:
        found["private_assets"] = storage(private)
    return found
