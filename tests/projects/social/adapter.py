"""Whom a provider vouches for, as docs/how-to/social-login.md has it."""

from __future__ import annotations

from typing import Any

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from django.contrib import messages
from django.contrib.auth import get_user_model
from django.http import HttpRequest
from django.shortcuts import redirect


class SocialAdapter(DefaultSocialAccountAdapter):
    """Let in only those whose address the provider has verified, and mark it as proven."""

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        verified = any(address.verified for address in sociallogin.email_addresses)
        if not sociallogin.is_existing and not verified:
            messages.error(request, "The provider has not verified your address.")
            raise ImmediateHttpResponse(redirect("ai_cms_accounts:login"))
        # An account that waits for its address has a password of whoever registered it.
        if sociallogin.is_existing and not sociallogin.user.can_log_in:
            messages.error(request, "This account cannot log in.")
            raise ImmediateHttpResponse(redirect("ai_cms_accounts:login"))

    def authenticate_by_email(self, sociallogin: Any) -> tuple[Any, str] | None:
        """Find the account of a verified address in whatever spelling; allauth's own looks for lower case alone."""
        for address in sociallogin.email_addresses:
            user = get_user_model().all_objects.with_email(address.email).first()
            if user is not None and address.verified:
                return user, address.email
        return None

    def save_user(self, request: HttpRequest, sociallogin: Any, form: Any = None) -> Any:
        sociallogin.user.is_verified = True
        sociallogin.user.name = sociallogin.account.extra_data.get("userinfo", {}).get("name", "")[:150]
        return super().save_user(request, sociallogin, form)
