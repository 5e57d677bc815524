"""Certificates: after the reveal, for the person's own rank and part, checkable by their code."""

import re
from collections.abc import Callable

import pytest
from django.test import Client

from podium.accounts.models import User
from podium.audit.models import Event
from podium.audit.verbs import Verb
from podium.challenges.models import Challenge
from podium.refusals import Refused
from podium.teams.actions import disqualify
from podium.teams.signals import account_deleted
from podium.winners import actions
from podium.winners.certificates import issue, offers, pdf_of
from podium.winners.models import Certificate
from podium.winners.pdf import Facts, font_of, render
from tests.site import factories
from tests.site.winners.test_winners import over, played, publish, team

__all__ = ["over", "played"]

AsUser = Callable[[User | None], Client]
LIST = "/c/cup/certificates/"
FACTS = Facts("Cup", "Matching", "Jane", "A", "Rank 1 of 4 ranked teams", "1 May", "X", "https://a")


def member(name: str) -> User:
    return User.objects.get(email=f"of-{name}@example.org")


def kinds(challenge: Challenge, name: str) -> list[tuple[str, int | None, int]]:
    return [(each.kind, each.rank, each.ranked) for each in offers(member(name), challenge)]


def test_there_is_none_before_the_reveal(played: Challenge, as_user: AsUser) -> None:
    assert offers(member("a"), played) == []
    assert "No certificates for you yet" in as_user(member("a")).get(LIST).content.decode()
    with pytest.raises(Refused):
        issue(challenge=played, track="matching", kind="part", by=member("a"))


def test_those_of_ranks_come_with_the_published_winners(over: Challenge, olga: User) -> None:
    assert kinds(over, "d") == [("part", None, 4)]
    publish(over, olga)
    assert kinds(over, "d") == [("rank", 4, 4), ("part", None, 4)]
    assert offers(olga, over) == []
    disqualify(team=team("D"), reason="x", by=olga)
    assert offers(member("d"), over) == []


def test_a_member_downloads_it_and_anybody_checks_it(
    over: Challenge, olga: User, as_user: AsUser, client: Client
) -> None:
    publish(over, olga)
    mine = as_user(member("a"))
    sent = {"track": "matching", "kind": "rank"}
    url = mine.post(LIST, sent).headers["Location"]
    assert mine.post(LIST, sent).headers["Location"] == url
    answer = mine.get(url)
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF-")
    made = Certificate.objects.get()
    assert pdf_of(made) == answer.content
    assert Event.objects.filter(verb=Verb.ISSUED_CERTIFICATE).count() == 1
    assert as_user(member("b")).get(url).status_code == 404
    page = client.get(f"/certificates/{made.code}/").content.decode()
    for said in ("Rank 1 of 4 ranked teams", "Of-A", made.code, over.title):
        assert said in page
    assert "no longer valid" not in page
    actions.take_back(challenge=over, reason="Wrong", by=olga)
    assert "no longer valid" in client.get(f"/certificates/{made.code}/").content.decode()
    assert mine.get(url).status_code == 404


@pytest.mark.parametrize("sent", [{}, {"track": "matching", "kind": "rank"}, {"track": "x"}])
def test_what_is_not_offered_is_not_made(
    over: Challenge, as_user: AsUser, sent: dict[str, str]
) -> None:
    assert as_user(member("a")).post(LIST, sent).headers["Location"] == LIST
    assert not Certificate.objects.exists()


def test_it_goes_with_the_account(over: Challenge) -> None:
    made = issue(challenge=over, track="matching", kind="part", by=member("a"))
    for listener in account_deleted:
        listener(made.user)
    assert not Certificate.objects.exists()


@pytest.mark.parametrize(
    ("name", "font"),
    [
        ("Jürgen Größe", "Inter"),
        ("Łukasz Ωmega Кот", "Inter"),
        ("王小明", "STSong-Light"),
        ("김민수", "HYSMyeongJo-Medium"),
        ("שלום", ""),
        ("A very long name " * 5, "Inter"),
    ],
)
def test_names_of_many_scripts_are_written_the_same_each_time(name: str, font: str) -> None:
    assert font_of(name) == font
    facts = Facts(**{**FACTS.__dict__, "person": name, "team": name[:60]})
    made = render(facts)
    assert made == render(facts)
    assert len(re.findall(rb"/Type /Page\b", made)) == 1
    assert made != render(FACTS)


def test_an_unknown_code_leads_nowhere(client: Client, db: None) -> None:
    factories.make_challenge()
    assert client.get("/certificates/NOTHING/").status_code == 404
