"""Second factors: authenticator apps, recovery codes; passkeys as far as they go without a browser."""

from __future__ import annotations

from typing import Any

import pytest
from django.core import mail
from django.test import Client

from ai_cms.accounts.models import LoginSession, RecoveryCode, TotpDevice
from tests.conftest import make_user
from tests.core.parallel import at_once

from .conftest import bearer, log_in, post

pyotp = pytest.importorskip("pyotp", reason="the extra totp is not installed")
pytest.importorskip("cryptography", reason="the extra totp is not installed")

CREDENTIALS = {"email": "ann@example.com", "password": "password"}


def enrol(user: Any) -> tuple[str, list[str]]:
    """Turn the second factor on; return the app's secret and the recovery codes. The step in use is then free again."""
    client = bearer(log_in(user.email)["access"])
    secret = post("users/totp/", {"password": "password"}, client).json()["secret"]
    answer = post("users/totp/confirm/", {"otp": pyotp.TOTP(secret).now()}, client)
    assert answer.status_code == 200, answer.json()
    TotpDevice.objects.update(last_step=0)
    return secret, answer.json()["recovery_codes"]


def ticket() -> str:
    answer = post("users/login/", CREDENTIALS)
    assert (answer.status_code, answer.json()["code"]) == (401, "second_factor_required")
    return str(answer.json()["ticket"])


def second(otp: str, method: str = "totp", with_ticket: str | None = None) -> Any:
    return post("users/login/second-factor/", {"ticket": with_ticket or ticket(), "method": method, "otp": otp})


@pytest.mark.django_db
class TestTotp:
    def test_log_in_asks_for_the_code(self, ann: Any) -> None:
        secret, _codes = enrol(ann)
        assert second("000000").status_code == 400
        answer = second(pyotp.TOTP(secret).now())
        assert answer.status_code == 200
        assert bearer(answer.json()["access"]).get("/api/users/me/").status_code == 200
        assert "How you log in was changed" in [message.subject for message in mail.outbox]

    def test_secret_is_sealed(self, ann: Any) -> None:
        secret, codes = enrol(ann)
        assert secret not in TotpDevice.objects.get().secret
        stored = str(list(RecoveryCode.objects.values_list("code_hash", flat=True)))
        assert not [code for code in codes if code in stored or code.replace("-", "") in stored]

    def test_no_code_is_taken_twice_nor_an_older_one_after_it(self, ann: Any) -> None:
        secret, _codes = enrol(ann)
        code = pyotp.TOTP(secret).now()
        assert second(code).status_code == 200
        assert second(code).status_code == 400
        assert second(f"{code[:3]} {code[3:]}").status_code == 400
        step = TotpDevice.objects.get().last_step
        assert second(pyotp.TOTP(secret).generate_otp(step - 1)).status_code == 400

    def test_digits_of_other_scripts_are_none(self, ann: Any) -> None:
        secret, _codes = enrol(ann)
        assert second("".join(chr(0xFF10 + int(digit)) for digit in pyotp.TOTP(secret).now())).status_code == 400

    def test_enrolment_needs_the_password_and_a_code(self, ann: Any) -> None:
        client = bearer(log_in("ann@example.com")["access"])
        assert post("users/totp/", {"password": "wrong"}, client).status_code == 400
        post("users/totp/", {"password": "password"}, client)
        assert post("users/totp/confirm/", {"otp": "000000"}, client).status_code == 400
        assert log_in("ann@example.com")["access"], "not on before the app has shown a code"

    def test_enrolment_is_limited(self, ann: Any) -> None:
        client = bearer(log_in("ann@example.com")["access"])
        post("users/totp/", {"password": "password"}, client)
        statuses = [post("users/totp/confirm/", {"otp": "000000"}, client).status_code for _ in range(12)]
        assert statuses == [400] * 10 + [429] * 2

    def test_an_app_in_use_is_not_replaced_behind_its_owner(self, ann: Any) -> None:
        secret, _codes = enrol(ann)
        token = second(pyotp.TOTP(secret).now()).json()["access"]
        assert post("users/totp/", {"password": "password"}, bearer(token)).status_code == 400

    def test_turning_it_off_takes_the_codes_away(self, ann: Any) -> None:
        secret, codes = enrol(ann)
        client = bearer(second(pyotp.TOTP(secret).now()).json()["access"])
        assert post("users/totp/remove/", {"password": "wrong"}, client).status_code == 400
        assert post("users/totp/remove/", {"password": "password"}, client).status_code == 200
        assert log_in("ann@example.com")["access"]
        assert not RecoveryCode.objects.exists()
        assert codes


@pytest.mark.django_db
class TestRecovery:
    def test_each_code_is_good_once_in_any_spelling(self, ann: Any) -> None:
        _secret, codes = enrol(ann)
        assert len(set(codes)) == 10
        assert second(codes[0].lower().replace("-", " "), "recovery").status_code == 200
        assert second(codes[0], "recovery").status_code == 400
        assert second("", "recovery").status_code == 400

    def test_answers_with_codes_are_not_kept_anywhere(self, ann: Any) -> None:
        client = bearer(log_in("ann@example.com")["access"])
        secret = post("users/totp/", {"password": "password"}, client).json()["secret"]
        answer = post("users/totp/confirm/", {"otp": pyotp.TOTP(secret).now()}, client, HTTP_IDEMPOTENCY_KEY="one")
        assert answer["Cache-Control"] == "private, no-store"
        from ai_cms.core.models import IdempotencyRecord

        assert not IdempotencyRecord.objects.exists()

    def test_of_somebody_else_is_worthless(self, ann: Any) -> None:
        bob = make_user("bob")
        _secret, codes = enrol(bob)
        enrol(ann)
        assert second(codes[0], "recovery").status_code == 400


@pytest.mark.django_db
class TestTicket:
    def test_is_good_for_one_log_in(self, ann: Any) -> None:
        _secret, codes = enrol(ann)
        one = ticket()
        assert second(codes[0], "recovery", one).status_code == 200
        again = second(codes[1], "recovery", one)
        assert (again.status_code, again.json()["code"]) == (401, "invalid_ticket")
        assert second(codes[1], "recovery").status_code == 200, "and costs no code"

    @pytest.mark.parametrize("value", ["", "x", "a:b:c", None, [], {}])
    def test_made_up_ones_are_refused(self, value: Any) -> None:
        answer = post("users/login/second-factor/", {"ticket": value, "otp": "1"})
        assert answer.status_code in (400, 401)

    def test_dies_with_the_state_it_was_made_in(self, ann: Any) -> None:
        _secret, codes = enrol(ann)
        one = ticket()
        ann.refresh_from_db()
        ann.set_password("another-password-1")
        ann.save()
        assert second(codes[0], "recovery", one).status_code == 401

    def test_guesses_are_limited_and_nobody_without_the_password_can_use_them_up(self, ann: Any) -> None:
        secret, _codes = enrol(ann)
        one = ticket()
        assert [second("000000", with_ticket=one).status_code for _ in range(12)] == [400] * 10 + [429] * 2
        from ai_cms.accounts import limits

        limits.forget(limits.FACTOR, str(ann.pk))
        for _try in range(20):
            post("users/login/second-factor/", {"ticket": "x", "otp": "000000"})
        assert second(pyotp.TOTP(secret).now()).status_code == 200

    def test_pages_and_api_are_the_same_door(self, ann: Any) -> None:
        _secret, codes = enrol(ann)
        client = Client()
        assert client.post("/accounts/login/", CREDENTIALS).url == "/accounts/login/second-factor/"
        assert client.get("/accounts/profile/").status_code == 302
        assert client.post("/accounts/login/second-factor/", {"otp": "000000"}).status_code == 200
        assert client.post("/accounts/login/second-factor/", {"otp": codes[0]}).url == "/accounts/profile/"
        assert client.get("/accounts/profile/").status_code == 200

    def test_an_aborted_log_in_leaves_nothing_to_the_next(self, ann: Any) -> None:
        enrol(ann)
        make_user("bob")
        client = Client()
        client.post("/accounts/login/", CREDENTIALS)
        assert client.post("/accounts/login/", {"email": "bob@example.com", "password": "password"}).status_code == 302
        assert client.get("/accounts/login/second-factor/").url == "/accounts/login/"


@pytest.mark.django_db(transaction=True)
def test_one_code_at_once_is_one_log_in(ann: Any) -> None:
    _secret, codes = enrol(ann)
    one = ticket()
    body = {"ticket": one, "method": "recovery", "otp": codes[0]}
    before = LoginSession.objects.count()
    found = at_once(
        5,
        lambda index: (
            Client().post("/api/users/login/second-factor/", body, content_type="application/json").status_code
        ),
    )
    assert found.count(200) == 1
    assert LoginSession.objects.count() == before + 1


@pytest.mark.django_db
class TestPasskeys:
    @pytest.fixture(autouse=True)
    def _installed(self) -> None:
        pytest.importorskip("webauthn", reason="the extra passkeys is not installed")

    def test_options_ask_for_verification_and_name_nobody(self, ann: Any) -> None:
        answer = post("auth/login/passkey/options/", {}).json()
        assert answer["options"]["userVerification"] == "required"
        assert answer["options"].get("allowCredentials", []) == []

    def test_registration_asks_for_the_password(self, ann: Any) -> None:
        client = bearer(log_in("ann@example.com")["access"])
        assert post("users/passkeys/options/", {"password": "wrong"}, client).status_code == 400
        options = post("users/passkeys/options/", {"password": "password"}, client).json()["options"]
        assert options["authenticatorSelection"]["userVerification"] == "required"
        assert options["authenticatorSelection"]["residentKey"] == "required"

    @pytest.mark.parametrize(
        "credential",
        [
            {},
            {"id": "x"},
            {"id": 1, "response": 2},
            {"id": "eA", "rawId": "eA", "type": "public-key", "response": {"clientDataJSON": "e30"}},
            {"id": "x", "response": {"clientDataJSON": "////"}},
            {"id": "x", "response": {"clientDataJSON": "W10"}},
        ],
    )
    def test_nonsense_is_refused(self, ann: Any, credential: Any) -> None:
        state = post("auth/login/passkey/options/", {}).json()["state"]
        for sent in (state, "x"):
            answer = post("auth/login/passkey/", {"state": sent, "credential": credential})
            assert (answer.status_code, answer.json()["code"]) == (400, "invalid_passkey")
        client = bearer(log_in("ann@example.com")["access"])
        made = post("users/passkeys/", {"state": state, "credential": credential}, client)
        assert made.status_code == 400

    def test_tries_of_strangers_lock_nobody_out(self, ann: Any) -> None:
        state = post("auth/login/passkey/options/", {}).json()["state"]
        for _try in range(30):
            post("auth/login/passkey/", {"state": state, "credential": {"id": "x"}})
        assert log_in("ann@example.com")["access"]
