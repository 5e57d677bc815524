"""The entry rule of a challenge.yaml."""

from typing import Any

import pytest
import yaml
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from pytest_django import Settings

from podium.challenges.actions import apply
from podium.challenges.definition import BadDefinition, parse
from podium.challenges.entry import admitting, entry_refusal
from podium.challenges.models import Challenge
from tests.site import factories
from tests.site.challenges.definitions import document

__all__ = ["document"]


def _apply(document: dict[str, Any], entry: Any) -> Challenge:
    document["challenge"]["entry"] = entry
    return apply(definition=parse(yaml.safe_dump(document)))


def _rule(challenge: Challenge) -> tuple[bool, list[str]]:
    challenge.refresh_from_db()
    return challenge.entry_single_sign_on, challenge.entry_addresses


def test_everybody_may_enter_a_challenge_that_says_nothing(document: dict[str, Any]) -> None:
    assert _rule(apply(definition=parse(yaml.safe_dump(document)))) == (False, [])


def test_the_rule_is_as_the_file_says_and_stays_when_it_says_nothing(
    document: dict[str, Any], settings: Settings
) -> None:
    settings.OIDC_URL = "https://login.example.org"
    addresses = ["@Uni.Example", "Jane@example.org", "jane@example.org"]
    challenge = _apply(document, {"single_sign_on": True, "addresses": addresses})
    closed = (True, ["@uni.example", "jane@example.org"])
    assert _rule(challenge) == closed
    assert _rule(_apply(document, None)) == closed
    del document["challenge"]["entry"]
    assert _rule(apply(definition=parse(yaml.safe_dump(document)))) == closed
    assert _rule(_apply(document, {"addresses": ["@uni.example"]})) == (False, ["@uni.example"])
    assert _rule(_apply(document, {})) == (False, [])


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        (["@uni.example"], "challenge.entry must be a mapping"),
        ("invitation", "challenge.entry must be a mapping"),
        ({"invited": []}, "challenge.entry (line 6) has an unknown key `invited`"),
        ({"addresses": "@uni.example"}, "addresses `@uni.example` is not a list"),
        ({"addresses": {"@uni.example": 1}}, "addresses `{'@uni.example': 1}` is not a list"),
        ({"addresses": None}, "addresses `None` is not a list"),
        ({"addresses": ["uni.example"]}, "“uni.example” is not an e-mail address. Write a domain"),
        ({"addresses": ["@"]}, "“@” is not an e-mail address"),
        ({"addresses": ["@uni"]}, "“@uni” is not an e-mail address"),
        ({"addresses": ["a@b@uni.example"]}, "is not an e-mail address"),
        ({"addresses": [""]}, "“” is not an e-mail address"),
        ({"addresses": [None]}, "“none” is not an e-mail address"),
        ({"addresses": [7]}, "“7” is not an e-mail address"),
        ({"single_sign_on": "maybe"}, "`maybe` is neither `true` nor `false`"),
        ({"single_sign_on": True}, "entry_single_sign_on: This site has no single sign-on"),
    ],
)
def test_anything_else_is_refused_and_changes_nothing(
    document: dict[str, Any], entry: Any, message: str
) -> None:
    before = _rule(_apply(document, {"addresses": ["@uni.example"]}))
    with pytest.raises(BadDefinition) as caught:
        _apply(document, entry)
    assert message in str(caught.value)
    assert _rule(Challenge.objects.get()) == before


def test_a_domain_without_quotes_is_no_yaml(document: dict[str, Any]) -> None:
    text = yaml.safe_dump(document) + "  entry:\n    addresses: [@uni.example]\n"
    with pytest.raises(BadDefinition, match="not YAML"):
        parse(text)


RULES: list[tuple[bool, list[str]]] = [
    (sign_on, addresses)
    for sign_on in (False, True)
    for addresses in (
        [],
        ["@uni.example"],
        ["jane@other.example"],
        ["@mail.uni.example", "jane_x@other.example"],
        ["jane%@other.example"],
    )
]


@pytest.mark.parametrize("connected", [False, True])
@pytest.mark.parametrize(
    ("email", "verified"),
    [
        ("jane@uni.example", True),
        ("jane@uni.example", False),
        ("JANE@Uni.Example", True),
        ("jane@mail.uni.example", True),
        ("jane@uni.example.org", True),
        ("jane@myuni.example", True),
        ("jane+two@other.example", True),
        ("janeyx@other.example", True),
        ("Jane@other.example", True),
        ("mary.jane@other.example", True),
    ],
)
def test_one_query_finds_the_challenges_that_let_somebody_in(
    db: None, email: str, verified: bool, connected: bool
) -> None:
    user = factories.make_user("somebody")
    EmailAddress.objects.create(user=user, email=email, verified=verified)
    if connected:
        SocialAccount.objects.create(user=user, provider="company", uid="7")
    for number, (sign_on, addresses) in enumerate(RULES):
        rule = {"entry_single_sign_on": sign_on, "entry_addresses": addresses}
        factories.make_challenge(f"rule{number}", **rule)
    found = set(Challenge.objects.filter(admitting(user)))
    assert found == {each for each in Challenge.objects.all() if not entry_refusal(user, each)}
