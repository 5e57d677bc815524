"""API tokens: made once, found by their hash, worthless once they end."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from podium.accounts import tokens
from podium.accounts.models import ApiToken, User
from podium.audit.models import Event
from podium.challenges.models import Challenge
from podium.refusals import Refused
from podium.web.account.tokens import TokenForm
from tests.site.factories import make_challenge

pytestmark = pytest.mark.dialect

AsUser = Callable[[User | None], Client]
READ = ["read"]


def test_a_token_is_known_by_its_text_and_stored_as_a_hash(alice: User) -> None:
    token, text = tokens.make(user=alice, name="  my   laptop ", scopes=["submit", "read"])
    assert re.fullmatch(r"podium_[\w-]{43}", text)
    assert tokens.by_text(text) == token
    assert (token.name, token.scopes, token.prefix) == ("my laptop", ["read", "submit"], text[:12])
    assert token.expires_at - token.created_at == timedelta(days=90)
    assert text not in repr(ApiToken.objects.values())


def test_making_and_revoking_are_told_without_the_token(alice: User) -> None:
    token, text = tokens.make(user=alice, name="laptop", scopes=READ, days=7)
    tokens.revoke(token=token, by=alice)
    tokens.revoke(token=token, by=alice)
    events = list(Event.objects.order_by("pk").values("verb", "actor_id", "subject", "facts"))
    of_token = {"actor_id": alice.pk, "subject": f"apitoken:{token.pk}"}
    assert events == [
        {"verb": "made API token", "facts": {"scopes": READ, "days": 7}, **of_token},
        {"verb": "revoked API token", "facts": {}, **of_token},
    ]
    assert text not in repr(events)


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        ({"name": " "}, "bad_name"),
        ({"name": "a\u202eb"}, "bad_name"),
        ({"name": "x" * 61}, "bad_name"),
        ({"scopes": []}, "bad_scopes"),
        ({"scopes": ["admin"]}, "bad_scopes"),
        ({"days": 0}, "bad_days"),
        ({"days": 366}, "bad_days"),
    ],
)
def test_a_bad_wish_makes_no_token(alice: User, wish: dict[str, object], code: str) -> None:
    with pytest.raises(Refused) as refused:
        tokens.make(user=alice, **{"name": "laptop", "scopes": READ, **wish})  # type: ignore[arg-type]
    assert refused.value.code == code
    assert not ApiToken.objects.exists()


def test_there_is_a_limit_to_tokens_that_work(alice: User) -> None:
    made = [tokens.make(user=alice, name="x", scopes=READ)[0] for _ in range(50)]
    with pytest.raises(Refused, match="Revoke one"):
        tokens.make(user=alice, name="x", scopes=READ)
    tokens.revoke(token=made[0], by=alice)
    tokens.make(user=alice, name="x", scopes=READ)


@pytest.mark.parametrize("text", ["", "podium_", "podium_" + "a" * 42, "podium_" + "ä" * 43, "\0"])
def test_what_is_no_token_is_called_so(db: None, text: str) -> None:
    with pytest.raises(Refused) as refused:
        tokens.by_text(text)
    assert refused.value.code == "malformed_token"


def test_a_token_that_ended_says_how(alice: User) -> None:
    codes = []
    revoked, by_hand = tokens.make(user=alice, name="x", scopes=READ)
    tokens.revoke(token=revoked, by=alice)
    _, short = tokens.make(user=alice, name="x", scopes=READ, days=1)
    with time_machine.travel(timezone.now() + timedelta(days=1, seconds=1)):
        for text in ("podium_" + "a" * 43, by_hand, short):
            with pytest.raises(Refused) as refused:
                tokens.by_text(text)
            codes.append(refused.value.code)
    assert codes == ["unknown_token", "token_revoked", "token_expired"]


def test_a_closed_account_has_no_working_token(alice: User) -> None:
    _, text = tokens.make(user=alice, name="x", scopes=READ)
    User.objects.filter(pk=alice.pk).update(is_active=False)
    with pytest.raises(Refused, match="closed"):
        tokens.by_text(text)


def test_a_use_is_kept_once_a_minute(alice: User) -> None:
    token, text = tokens.make(user=alice, name="x", scopes=READ)
    begin, seen = timezone.now(), []
    for seconds in (0, 59, 60):
        tokens.note_use(tokens.by_text(text), begin + timedelta(seconds=seconds))
        token.refresh_from_db()
        seen.append(token.last_used_at)
    assert seen == [begin, begin, begin + timedelta(minutes=1)]


def _make(client: Client, **form: object) -> str:
    form = {"name": "laptop", "scopes": READ, "days": 90, **form}
    return client.post(reverse("token-make"), form).content.decode()


def test_the_page_shows_a_token_once(alice: User, as_user: AsUser) -> None:
    client = as_user(alice)
    found = re.search(r"podium_[\w-]{43}", _make(client))
    assert found
    assert tokens.by_text(found[0]).user == alice
    html = client.get(reverse("tokens")).content.decode()
    assert "laptop" in html
    assert found[0] not in html
    assert found[0] not in repr(dict(client.session))


def test_a_new_token_comes_with_the_lines_to_paste(
    alice: User, as_user: AsUser, settings: Settings
) -> None:
    settings.BASE_URL = "https://podium.example.org"
    html = _make(as_user(alice))
    install, login, look = re.findall(r"<code>(pip [^<]+)</code>", html)[0].split("\n")
    assert re.fullmatch(
        r"pip install https://podium\.example\.org/help/client/podium_client-.+\.whl", install
    )
    assert login == "podium login https://podium.example.org"
    assert look == "podium challenges"
    make_challenge(slug="cup")
    assert "podium tasks cup</code>" in _make(as_user(alice))
    assert html.count("data-copy hidden") == 2  # the token, and the lines; the script shows them


def test_a_token_as_the_page_offers_it_accepts_rules(alice: User) -> None:
    make_challenge(slug="cup", rules="Be fair.")
    _, text = tokens.make(user=alice, name="laptop", scopes=TokenForm.base_fields["scopes"].initial)
    version = Challenge.objects.get().rules_hash
    answer = Client().post(
        "/api/v1/challenges/cup/rules",
        {"version": version},
        content_type="application/json",
        headers={"authorization": f"Bearer {text}"},
    )
    assert answer.status_code == 200
    assert answer.json()["rules_accepted"]


def test_the_page_keeps_what_was_typed_and_says_what_is_wrong(alice: User, as_user: AsUser) -> None:
    for wrong in ({"scopes": []}, {"days": 1000}, {"name": "\u202e", "scopes": READ}):
        html = _make(as_user(alice), **wrong)
        assert 'role="alert"' in html
    assert not ApiToken.objects.exists()


def test_the_page_revokes_ones_own_tokens_alone(alice: User, bob: User, as_user: AsUser) -> None:
    token, text = tokens.make(user=alice, name="laptop", scopes=READ)
    address = reverse("token-revoke", args=[token.pk])
    assert as_user(bob).post(address).status_code == 404
    assert tokens.by_text(text)
    assert "is revoked" in as_user(alice).post(address, follow=True).content.decode()
    with pytest.raises(Refused, match="revoked"):
        tokens.by_text(text)


def test_the_account_page_leads_to_the_tokens(alice: User, as_user: AsUser) -> None:
    assert f'href="{reverse("tokens")}"' in as_user(alice).get("/account/").content.decode()
