"""The shapes of requests and answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib.auth import get_user_model
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from ai_cms.accounts.avatars import clean_avatar, replace_avatar
from ai_cms.accounts.conf import accounts_settings
from ai_cms.accounts.models import LoginSession, Passkey
from ai_cms.core.mappings import CleanedData
from ai_cms.core.users import user_facts

from ...core.jsontypes import JsonObject
from ..models.user import AbstractUser

__all__ = [
    "ChangeEmailSerializer",
    "ChangePasswordSerializer",
    "ConfirmEmailSerializer",
    "CredentialSerializer",
    "EmailSerializer",
    "LoginSerializer",
    "MessageSerializer",
    "OtpSerializer",
    "PairSerializer",
    "PasskeySerializer",
    "PasswordSerializer",
    "RefreshSerializer",
    "RegisterSerializer",
    "RegisteredSerializer",
    "ResendSerializer",
    "ResetSerializer",
    "SecondFactorSerializer",
    "SentSerializer",
    "SessionSerializer",
    "TokensSerializer",
    "TotpCodeSerializer",
    "TotpSerializer",
    "UserListSerializer",
    "UserSerializer",
    "VerifiedSerializer",
]


class Password(serializers.CharField):
    """A password, taken as it is typed."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(trim_whitespace=False, max_length=1000, write_only=True, **kwargs)


class Address(serializers.CharField):
    """An e-mail address; the services say what is wrong with one."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=320, **kwargs)


@extend_schema_field(OpenApiTypes.URI)
class AvatarUrlField(serializers.URLField):
    """A picture elsewhere; where there is none, the address of the uploaded one."""

    def get_attribute(self, instance: object) -> Any:
        return instance

    def to_representation(self, value: Any) -> str:
        return value.avatar_url or absolute_url(value, self.context) or ""


# That it may be null is said by the field itself.
@extend_schema_field({"type": "string", "format": "uri"})
class AvatarField(serializers.FileField):
    """An uploaded picture; ``null`` takes it away."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, allow_null=True, allow_empty_file=True, **kwargs)

    def get_attribute(self, instance: object) -> Any:
        return instance

    def to_representation(self, value: Any) -> str | None:
        return absolute_url(value, self.context)

    def to_internal_value(self, data: Any) -> Any:
        return clean_avatar(super().to_internal_value(data), self.field_name or "avatar")


def absolute_url(user: AbstractUser, context: Mapping[str, Any]) -> str | None:
    """Return the address of the uploaded avatar."""
    if not user.avatar:
        return None
    url = user.avatar.url
    request = context.get("request")
    return request.build_absolute_uri(url) if request is not None else str(url)


class UserListSerializer(serializers.ModelSerializer[Any]):
    """A user, without what costs a query each."""

    profile_pic = AvatarField(source="avatar")
    avatar = AvatarField()
    avatar_url = AvatarUrlField(required=False, allow_blank=True, max_length=500)
    created_at = serializers.DateTimeField(source="date_joined", read_only=True)

    class Meta:
        model = get_user_model()
        #: What people write of themselves.
        own = ("username", "name", "title", "bio", "address", "profile_pic", "avatar", "avatar_url")
        #: What staff who manage users write.
        managed = ("subscription_tier", "is_verified", "is_active")
        fields = (
            "id",
            "email",
            "slug",
            *own,
            *managed,
            "is_staff",
            "is_superuser",
            "date_joined",
            "created_at",
            "updated_at",
            "last_login",
        )
        read_only_fields = (
            "id",
            "email",
            "slug",
            "is_staff",
            "is_superuser",
            "date_joined",
            "updated_at",
            "last_login",
        )
        extra_kwargs = {
            name: {"allow_null": True, "allow_blank": True, "required": False}
            for name in ("username", "name", "title", "bio", "address")
        }

    def get_fields(self) -> dict[str, Any]:
        fields: dict[str, Any] = super().get_fields()
        for name in self.Meta.managed:
            if not self.context.get("manages"):
                fields[name].read_only = True
            fields[name].required = False
        return fields

    def validate_subscription_tier(self, value: str) -> str:
        if value not in accounts_settings.ACCOUNTS_TIERS:
            raise serializers.ValidationError(_("There is no such tier."), code="invalid_choice")
        return value

    def validate(self, attrs: CleanedData) -> CleanedData:
        return {name: "" if value is None and name != "avatar" else value for name, value in attrs.items()}

    def update(self, instance: Any, validated_data: CleanedData) -> Any:
        missing = object()
        avatar = validated_data.pop("avatar", missing)
        for name, value in validated_data.items():
            setattr(instance, name, value)
        instance.save(update_fields=[*validated_data, "updated_at"])
        if avatar is not missing:
            replace_avatar(instance, avatar)
        return instance


class UserSerializer(UserListSerializer):
    """A user with what other apps know about them, such as the credits left in the ledger."""

    def to_representation(self, instance: object) -> JsonObject:
        found: JsonObject = super().to_representation(instance)
        return {**found, **{name: fact(instance) for name, fact in user_facts.items()}}


class MessageSerializer(serializers.Serializer[object]):
    message = serializers.CharField(read_only=True)


class RegisterSerializer(serializers.Serializer[object]):
    email = Address()
    password = Password()
    username = serializers.CharField(max_length=150, required=False, allow_blank=True, default="")
    name = serializers.CharField(max_length=150, required=False, allow_blank=True, default="")


class RegisteredSerializer(serializers.Serializer[object]):
    id = serializers.UUIDField()
    email = serializers.CharField()
    username = serializers.CharField()
    name = serializers.CharField()
    slug = serializers.CharField()
    is_verified = serializers.BooleanField()
    message = serializers.CharField()
    request_id = serializers.UUIDField(help_text="Sent with the code, it holds for this registration alone.")


class OtpSerializer(serializers.Serializer[object]):
    email = Address()
    otp = serializers.CharField(max_length=40)
    request_id = serializers.UUIDField(required=False, allow_null=True, default=None)


class VerifiedUserSerializer(serializers.Serializer[object]):
    id = serializers.CharField()
    email = serializers.CharField()
    is_verified = serializers.BooleanField()


class VerifiedSerializer(MessageSerializer):
    user = VerifiedUserSerializer()


class EmailSerializer(serializers.Serializer[object]):
    email = Address()


class ResendSerializer(EmailSerializer):
    purpose = serializers.ChoiceField(["register", "reset"], default="register")


class SentSerializer(MessageSerializer):
    request_id = serializers.UUIDField()


class ResetSerializer(OtpSerializer):
    new_password = Password()


class LoginSerializer(serializers.Serializer[object]):
    email = Address()
    password = Password()


class SecondFactorSerializer(serializers.Serializer[object]):
    ticket = serializers.CharField(max_length=2000)
    method = serializers.ChoiceField(["totp", "recovery", "passkey"], default="totp")
    otp = serializers.CharField(max_length=60, required=False, allow_blank=True, default="")
    state = serializers.CharField(max_length=2000, required=False, allow_blank=True, default="")
    credential = serializers.DictField(required=False, default=dict)


class RefreshSerializer(serializers.Serializer[object]):
    refresh = serializers.CharField(max_length=4096, required=False)
    refresh_token = serializers.CharField(max_length=4096, required=False, help_text="Another name of `refresh`.")

    def validate(self, attrs: CleanedData) -> CleanedData:
        token = attrs.get("refresh") or attrs.get("refresh_token")
        if not token:
            raise serializers.ValidationError({"refresh": [_("This field is required.")]}, code="required")
        return {"refresh": token}


class PairSerializer(serializers.Serializer[object]):
    access = serializers.CharField()
    refresh = serializers.CharField()
    access_token = serializers.CharField(help_text="The same as `access`.")
    refresh_token = serializers.CharField(help_text="The same as `refresh`.")
    token_type = serializers.CharField()
    expires_in = serializers.IntegerField(help_text="Seconds the access token lives.")


class TokensSerializer(PairSerializer):
    user = UserSerializer()


class ChangePasswordSerializer(serializers.Serializer[object]):
    current_password = Password()
    new_password = Password()


class ChangeEmailSerializer(serializers.Serializer[object]):
    email = Address()
    password = Password()


class ConfirmEmailSerializer(OtpSerializer):
    pass


class PasswordSerializer(serializers.Serializer[object]):
    password = Password()


class SessionSerializer(serializers.ModelSerializer[LoginSession]):
    is_current = serializers.SerializerMethodField()

    class Meta:
        model = LoginSession
        fields = ("id", "kind", "device", "address", "created_at", "last_used_at", "expires_at", "is_current")
        read_only_fields = fields

    def get_is_current(self, session: LoginSession) -> bool:
        return str(session.pk) == self.context.get("current")


class PasskeySerializer(serializers.ModelSerializer[Passkey]):
    class Meta:
        model = Passkey
        fields = ("id", "name", "created_at", "last_used_at")
        read_only_fields = fields


class CredentialSerializer(serializers.Serializer[object]):
    state = serializers.CharField(max_length=2000)
    credential = serializers.DictField()
    name = serializers.CharField(max_length=100, required=False, allow_blank=True, default="")


class TotpSerializer(serializers.Serializer[object]):
    secret = serializers.CharField()
    uri = serializers.CharField()
    svg = serializers.CharField(help_text="The QR code of `uri`, an SVG element without style or script.")


class TotpCodeSerializer(serializers.Serializer[object]):
    otp = serializers.CharField(max_length=40)
