#!/usr/bin/env bash
# django-allauth 65.22.1 does not find a user by an e-mail address that is stored with a capital letter, not even by the
# very same spelling: it lower-cases what it is asked for and compares with the column as it is. A row that Django's own
# create_user() wrote ("Ann@example.com": Django lower-cases the domain alone) is invisible to its log-in by a provider's
# verified address and to its password reset, and signing up makes a second account of the address.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check "Django==5.2.19" "django-allauth==65.22.1"
cd "$folder"
"$folder/venv/bin/python" - <<'PY'
import django
from django.conf import settings

settings.configure(
    SECRET_KEY="x",
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions", "allauth", "allauth.account"],
    MIDDLEWARE=["allauth.account.middleware.AccountMiddleware"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
    ACCOUNT_LOGIN_METHODS={"email"},
    ACCOUNT_SIGNUP_FIELDS=["email*"],
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
)
django.setup()
from allauth.account.utils import filter_users_by_email
from django.contrib.auth import get_user_model
from django.core.management import call_command

call_command("migrate", verbosity=0)
users = get_user_model().objects
users.create_user("walter", "Walter@Example.com", "secret")
users.create_user("petra", "petra@example.com", "secret")
stored = users.get(username="walter").email
found = {asked: [user.username for user in filter_users_by_email(asked)] for asked in (stored, stored.lower(), "PETRA@example.com")}
print("stored:", stored, "· found by", found)
assert stored == "Walter@example.com"
assert found == {"Walter@example.com": [], "walter@example.com": [], "PETRA@example.com": ["petra"]}, "this has changed"
print("django-allauth 65.22.1: an address stored with a capital letter is found by no spelling")
PY
