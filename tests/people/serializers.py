"""The host's user over REST."""

from __future__ import annotations

from ai_cms.accounts.api.serializers import UserSerializer


class PersonSerializer(UserSerializer):
    class Meta(UserSerializer.Meta):
        fields = (*UserSerializer.Meta.fields, "favourite_plant")
