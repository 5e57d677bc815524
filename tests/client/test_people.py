"""Teams, rules, questions and the user's name, from the command line and from Python."""

from pathlib import Path

import pytest

from podium_client import Client, NotAllowedError, NotFoundError, UsageError
from podium_client.cli import text
from tests.client.conftest import Podium, told
from tests.client.people import CODE, QUESTIONS, TEAM, VERSION, add_answer, add_merge, add_question
from tests.client.server import submission
from tests.client.state import API, Site


@pytest.fixture(autouse=True)
def _cup(signed_in: Site, podium: Podium) -> None:
    podium("config", "set", "challenge", "cup")


# Rules -------------------------------------------------------------------------------------------


def test_the_rules_are_shown_before_they_are_accepted(signed_in: Site, podium: Podium) -> None:
    shown = podium("rules")
    assert "1. One team each." in shown.stdout
    assert "You have not accepted them" in shown.stdout
    assert "podium rules cup --accept" in shown.stdout
    assert not signed_in.accepted
    accepted = podium("rules", "cup", "--accept")
    assert accepted.stdout.index("One team each") < accepted.stdout.index("You have accepted")
    assert signed_in.accepted == VERSION
    found = told(podium("rules", "-c", "cup/pets", "--json"))
    assert (found["rules_accepted"], found["rules_version"]) == (True, VERSION)


def test_other_rules_than_those_that_were_read_are_not_accepted(client: Client) -> None:
    with pytest.raises(NotAllowedError) as caught:
        client.accept_rules("cup", "0" * 64)
    assert caught.value.code == "rules_changed"
    assert client.accepted_rules() == []
    assert "podium rules" in "".join(text.error(caught.value))
    client.accept_rules("cup", client.rules("cup")["rules_version"])
    assert [each["challenge"] for each in client.accepted_rules()] == ["cup"]


def test_who_must_accept_the_rules_is_told_how(signed_in: Site, podium: Podium) -> None:
    signed_in.team = None
    result = podium("teams", "create", "Gamma")
    assert result.exit_code == 3
    assert "--accept" in result.stderr


# Teams -------------------------------------------------------------------------------------------


def test_a_team_is_made_shown_and_renamed(signed_in: Site, podium: Podium) -> None:
    signed_in.team, signed_in.accepted = None, VERSION
    assert podium("teams", "show").exit_code == 4
    assert told(podium("teams", "create", "Gamma", "--json"))["slug"] == "gamma"
    assert podium("teams", "create", "Gamma").exit_code == 3
    shown = podium("teams", "show").stdout
    assert f"Team Gamma: {signed_in.url}/c/cup/teams/gamma/" in shown
    assert "Bob" in shown
    assert told(podium("teams", "rename", "Delta", "-c", "cup", "--json"))["name"] == "Delta"


def test_an_invitation_is_made_listed_and_revoked(signed_in: Site, podium: Podium) -> None:
    made = podium("teams", "invite", "dora@example.org")
    assert made.stdout == f"{signed_in.url}/join/{CODE}/\n"
    assert "only once" in made.stderr
    assert "Invitation 3 for dora@example.org" in podium("teams", "show").stdout
    assert told(podium("teams", "invite", "--json"))["email"] == ""
    assert "for all who have the link" in podium("teams", "show").stdout
    for number in ("3", "4"):
        assert podium("teams", "revoke", number).exit_code == 0
    assert told(podium("teams", "show", "--json"))["invitations"] == []


@pytest.mark.parametrize("link", ["{url}/join/{code}/", "{url}/join/{code}", "{code}", " {code}\n"])
def test_a_team_is_entered_by_the_link_or_its_code(
    signed_in: Site, podium: Podium, link: str
) -> None:
    result = podium("teams", "join", link.format(url=signed_in.url, code=CODE), "--json")
    assert told(result)["slug"] == "beta"


@pytest.mark.parametrize(
    "link", ["https://other.example.org/join/abc/", "/join/abc", "", "a b", "{url}/join/"]
)
def test_what_is_no_link_of_the_site_is_not_sent(
    signed_in: Site, podium: Podium, link: str
) -> None:
    link = link.replace("{url}/join/", f"{signed_in.url}/join/ä/")
    assert podium("teams", "join", link).exit_code == 2
    assert signed_in.asked("POST", f"{API}/teams/join") == []


def test_members_are_named_by_id_or_name(signed_in: Site, podium: Podium, client: Client) -> None:
    assert told(podium("teams", "hand-over", "bob", "--json"))["captain"]["name"] == "Bob"  # type: ignore[index]
    assert told(podium("teams", "hand-over", "1", "--json"))["captain"]["name"] == "Alice"  # type: ignore[index]
    assert "Alice (1), Bob (2)" in podium("teams", "remove", "Carl").stderr
    assert "Bob is out of the team." in podium("teams", "remove", "Bob").stdout
    assert len(client.team("cup").facts["members"]) == 1
    signed_in.team["members"] *= 2  # type: ignore[index]
    with pytest.raises(UsageError, match="Several"):
        client.team("cup").member("Alice")
    with pytest.raises(NotFoundError):
        client.team("cup").remove("Bob")


def test_leaving_is_asked_back(signed_in: Site, podium: Podium) -> None:
    refused = podium("teams", "leave")
    assert refused.exit_code == 2
    assert "--yes" in refused.stderr
    assert signed_in.team is not None
    assert "left the team Alpha" in podium("teams", "leave", "--yes").stdout
    assert signed_in.team is None


def test_consent_is_given_and_taken_back(signed_in: Site, podium: Podium) -> None:
    for answer in ("yes", "no", "unsaid"):
        assert f"for research: {answer}" in podium("teams", "research", answer).stdout
    assert podium("teams", "research", "maybe").exit_code == 2


def test_a_disqualified_team_reads_why(signed_in: Site, podium: Podium) -> None:
    assert signed_in.team is not None
    signed_in.team.update(disqualified="Two accounts.", is_frozen=True)
    shown = podium("teams", "show").stdout
    assert "Disqualified: Two accounts." in shown
    assert "Teams are locked" in shown


def test_two_teams_become_one(signed_in: Site, podium: Podium) -> None:
    assert told(podium("teams", "candidates", "--json")) == [{"slug": "beta", "name": "Beta"}]
    assert podium("teams", "propose", "none").exit_code == 4
    made = podium("teams", "propose", "beta").stdout
    assert "Proposal 5: Beta becomes part of Alpha (open until 4 December 2026, 12:00 UTC)." in made
    assert "Proposal 5" in podium("teams", "show").stdout
    assert "(withdrawn)" in podium("teams", "withdraw", "5").stdout
    add_merge(signed_in, is_mine=False, why_not="Together you would be 6 members.")
    assert "cannot be accepted now: Together" in podium("teams", "show").stdout
    assert told(podium("teams", "decline", "6", "--json"))["outcome"] == "declined"
    add_merge(signed_in, is_mine=False)
    assert podium("teams", "accept", "7").exit_code == 2
    assert told(podium("teams", "accept", "7", "-y", "--json"))["name"] == "Beta"


# Questions ---------------------------------------------------------------------------------------


def test_questions_are_listed_and_read(signed_in: Site, podium: Podium) -> None:
    assert "No questions yet" in podium("questions").stderr
    add_question(signed_in, "First?", is_faq=True, is_mine=False)
    add_question(signed_in, "Second?", task="pets")

    def titles(*options: str) -> list[str]:
        return [each["title"] for each in told(podium("questions", *options, "--json"))]  # type: ignore[attr-defined]

    assert titles() == ["Second?", "First?"]
    assert titles("cup/pets") == ["Second?"]
    assert titles("-c", "cup", "--faq") == ["First?"]
    assert titles("--mine") == ["Second?"]
    lines = podium("questions", "--csv").stdout.splitlines()
    assert lines[0] == "id,title,task,author,answers,by organizers,faq,active"

    add_answer(signed_in, 17)
    thread = podium("questions", "--id", "17").stdout
    assert "First? (FAQ)" in thread
    assert "Answer 31, by Olga (organizer), 20 November 2026, 12:00 UTC\nNo." in thread
    assert "No answer yet." in podium("questions", "--id", "18").stdout
    assert told(podium("questions", "--id", "17", "--json"))["answers"][0]["id"] == 31  # type: ignore[index]
    assert podium("questions", "--id", "99").exit_code == 4


def test_a_question_is_asked_once_and_changed(signed_in: Site, podium: Podium) -> None:
    signed_in.fail("POST", QUESTIONS, lose=True)
    found = told(podium("ask", "May we?", "-m", "Use other data?", "-c", "cup/pets", "--json"))
    assert (found["id"], found["task"]) == (17, "pets")
    assert len(signed_in.questions) == 1
    Path("text.md").write_text("*More* data.")
    result = podium("ask", "May we really?", "-f", "text.md", "--edit", "17")
    assert result.stdout == f"Question 17: {signed_in.url}/c/cup/questions/17/\n"
    assert signed_in.questions[0]["body"] == "*More* data."
    assert podium("ask", "Another?", "-f", "-", stdin="From a pipe.").exit_code == 0
    assert signed_in.questions[0]["body"] == "From a pipe."


@pytest.mark.parametrize("given", [[], ["-m", "x", "-f", "text.md"], ["-f", "none.md"]])
def test_a_text_is_given_in_one_way(signed_in: Site, podium: Podium, given: list[str]) -> None:
    Path("text.md").write_bytes(b"x")
    assert podium("ask", "May we?", *given).exit_code == 2
    assert podium("answer", "17", *given).exit_code == 2
    Path("text.md").write_bytes(b"\xff")
    assert "UTF-8" in podium("ask", "May we?", "-f", "text.md").stderr


def test_a_question_is_answered(signed_in: Site, podium: Podium, client: Client) -> None:
    add_question(signed_in)
    assert "Answer 31" in podium("answer", "17", "-m", "We may.").stdout
    assert told(podium("answer", "17", "-m", "We might.", "--edit", "31", "--json"))["id"] == 31
    assert [each["body"] for each in signed_in.answers] == ["We might."]
    assert podium("answer", "99", "-m", "x").exit_code == 4
    talk = client.discussion("cup")
    assert talk.moderate(17, is_faq=True)["is_faq"]
    assert talk.moderate_answer(17, 31, is_hidden=True)["is_hidden"]
    assert "(organizer, hidden)" in podium("questions", "--id", "17").stdout


def test_texts_of_others_do_not_steer_the_terminal(signed_in: Site, podium: Podium) -> None:
    add_question(signed_in, "A\x1b[2Jtitle", body="one\x1b]0;x\x07\ntwo")
    shown = podium("questions", "--id", "17").stdout
    assert "\x1b" not in shown
    assert "\ntwo" in shown
    assert "\x1b" not in podium("questions").stdout


def test_the_configured_task_is_what_questions_are_about(client: Client) -> None:
    client.config.settings["task"] = "cup/pets"
    assert repr(client.discussion()) == "Discussion('cup/pets')"
    assert repr(client.discussion("cup")) == "Discussion('cup')"
    assert repr(client.team()) == "Team('cup')"


# Submissions and the user's name
# ----------------------------------------------------------------------


def test_a_submission_is_described(signed_in: Site, podium: Podium) -> None:
    submission(signed_in, 1)
    found = told(podium("describe", "101", "--method", "forest", "-m", "", "--json"))
    assert (found["method"], found["note"]) == ("forest", "")
    assert podium("describe", "101").exit_code == 2
    (seen,) = signed_in.asked("PATCH", f"{API}/submissions/101")
    assert seen.body == b'{"method":"forest","note":""}'


def test_one_takes_another_name(signed_in: Site, podium: Podium) -> None:
    assert told(podium("whoami", "--rename", "Ada", "--json"))["name"] == "Ada"
    assert signed_in.name == "Ada"


def test_what_changes_nothing_twice_is_sent_again(signed_in: Site, client: Client) -> None:
    for path in (f"{TEAM}/merges/5/decline", f"{API}/teams/join"):
        signed_in.fail("POST", path, lose=True)
    add_merge(signed_in, is_mine=False)
    assert client.team("cup").decline(5)["outcome"] == "declined"
    assert client.join(CODE)["slug"] == "beta"
    signed_in.fail("POST", f"{TEAM}/invitations", lose=True)
    with pytest.raises(Exception, match="broke off"):
        client.team("cup").invite()
    assert len(client.team("cup").invitations()) == 1
