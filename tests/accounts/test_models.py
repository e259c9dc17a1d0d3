"""The user model: addresses, slugs, managers, the command that makes a superuser."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from django.contrib.auth import authenticate, get_user_model
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from ai_cms.accounts.emails import clean_email, email_key
from tests.conftest import make_user

SPELLINGS = [
    ("ann@example.com", "ANN@EXAMPLE.COM"),
    ("ann@example.com", " ann@example.com "),
    ("ann@example.com", "ａｎｎ@example.com"),
    ("strasse@example.com", "straße@example.com"),
    ("user@münchen.example", "user@xn--mnchen-3ya.example"),
    ("user@MÜNCHEN.example", "user@münchen.example"),
]


@pytest.mark.parametrize(("one", "other"), SPELLINGS)
def test_spellings_of_an_address_have_one_key(one: str, other: str) -> None:
    assert email_key(one) == email_key(other)


@pytest.mark.parametrize(
    ("one", "other"), [("admin@x.com", "ádmin@x.com"), ("a@x.com", "b@x.com"), ("a.b@x.com", "ab@x.com")]
)
def test_other_addresses_have_other_keys(one: str, other: str) -> None:
    assert email_key(one) != email_key(other)


def test_domains_are_stored_in_ascii_by_idna_2008() -> None:
    assert clean_email("user@straße.example") == "user@xn--strae-oqa.example", "not strasse.example, which is another's"
    assert clean_email("Ann@Example.com") == "Ann@Example.com", "else as typed"


@pytest.mark.parametrize(
    "text", ["", "x", "@", "a@", "@b.c", "a b@c.de", "ü@example.com", "a@-x.com", "a\n@x.com", "a@x.com\nb"]
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        clean_email(text)


@given(st.text(max_size=300))
def test_every_text_has_a_key_that_stays_as_it_is(text: str) -> None:
    key = email_key(text)
    assert email_key(key) == key or "@" in text
    assert len(key) <= 254


@pytest.mark.django_db
class TestUser:
    def test_address_is_unique_over_its_spellings(self) -> None:
        make_user("ann")
        with pytest.raises(IntegrityError), transaction.atomic():
            get_user_model().objects.create_user("ANN@example.com")
        with pytest.raises(ValidationError, match="exists"):
            get_user_model()(email="Ann@Example.COM", password="x").full_clean()

    def test_address_of_a_deleted_user_stays_theirs(self) -> None:
        make_user("ann").delete()
        with pytest.raises(IntegrityError), transaction.atomic():
            get_user_model().objects.create_user("ann@example.com")

    def test_slug_is_the_name_and_eight_hex_digits_and_stays(self) -> None:
        user = get_user_model().objects.create_user("a@example.com", username="John Doe")
        assert re.fullmatch(r"john-doe-[0-9a-f]{8}", user.slug)
        slug, user.username = user.slug, "Other"
        user.save()
        assert user.slug == slug
        assert get_user_model().objects.create_user("secret.name@example.com").slug.startswith("user-")

    def test_logging_in_by_django_needs_a_proven_address(self) -> None:
        make_user("ann")
        make_user("bob", is_verified=False)
        assert authenticate(username="ANN@example.com", password="password") is not None
        assert authenticate(username="bob@example.com", password="password") is None

    def test_objects_hide_the_deleted_and_restore_brings_them_back(self) -> None:
        users = get_user_model()
        make_user("ann"), make_user("bob")
        assert users.objects.all().delete() == (2, {users._meta.label: 2})
        assert users.objects.count() == 0
        assert users.all_objects.count() == 2
        assert users.all_objects.all().restore() == 2
        assert users.objects.filter(is_active=True).count() == 2

    def test_createsuperuser_by_address(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "a-long-password")
        call_command("createsuperuser", "--noinput", "--email", "Root@Example.com", verbosity=0)
        user = get_user_model().objects.get_by_natural_key("root@example.com")
        assert user.is_superuser and user.is_staff and user.is_verified and user.can_log_in
        assert user.email == "Root@Example.com"

    def test_changepassword_command_ends_what_is_logged_in(self, monkeypatch: pytest.MonkeyPatch) -> None:
        from .conftest import bearer, log_in

        make_user("ann")
        access = log_in("ann@example.com")["access"]
        monkeypatch.setattr(
            "django.contrib.auth.management.commands.changepassword.getpass.getpass", lambda prompt: "another-pass-1"
        )
        call_command("changepassword", "ann@example.com", verbosity=0, stdout=io.StringIO())
        assert bearer(access).get("/api/users/me/").status_code == 401

    def test_a_newer_hasher_is_no_change_of_the_password(self, settings: Any) -> None:
        from ai_cms.core.models import ApiToken
        from ai_cms.core.tokens import create_token

        user = make_user("ann")
        create_token(user)
        settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.ScryptPasswordHasher", *settings.PASSWORD_HASHERS]
        assert user.check_password("password")
        assert user.password.startswith("scrypt")
        assert ApiToken.objects.filter(revoked_at=None).exists()

    def test_saving_something_else_ends_nothing(self) -> None:
        user = get_user_model().objects.get(pk=make_user("ann").pk)
        user.bio = "New"
        user.save()
        partly = get_user_model().objects.only("bio").get(pk=user.pk)
        partly.bio = "Newer"
        partly.save()
        user.refresh_from_db()
        assert (user.bio, user.token_version) == ("Newer", 0)
