"""What the small site answers about teams, merges, questions and rules."""

import json
from typing import Any

from tests.client.state import API, Refusal, Seen, Site, team

TEAM = f"{API}/challenges/cup/team"
QUESTIONS = f"{API}/challenges/cup/questions"
VERSION = "9f" * 32
CODE = "k3JqW2VhZ0mN8sT1yXbC4dEfGh5iJkLm"
NOW, THEN = "2026-11-20T12:00:00Z", "2026-12-04T12:00:00Z"


def body(seen: Seen) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(seen.body)
    return found


def gone() -> tuple[int, bytes, dict[str, str]]:
    return 204, b"", {}


# Rules -------------------------------------------------------------------------------------------


def rules(site: Site) -> dict[str, Any]:
    is_accepted = site.accepted == VERSION
    return {"rules": "Be fair.\n\n1. One team each.", "rules_version": VERSION,
            "rules_accepted": is_accepted}  # fmt: skip


def accepted(site: Site, seen: Seen) -> list[Any]:
    known = {"challenge": "cup", "version": site.accepted, "at": NOW, "is_current": True}
    return [known] if site.accepted else []


# Teams -------------------------------------------------------------------------------------------


def own(site: Site) -> dict[str, Any]:
    if site.team is None:
        raise Refusal(404, "not_found", "No team of yours in The cup is here.")
    return site.team


def shown(site: Site, seen: Seen) -> Any:
    return own(site)


def create(site: Site, seen: Seen) -> Any:
    if site.team is not None:
        raise Refusal(409, "other_team", "You are in another team of this challenge.")
    if not site.accepted:
        raise Refusal(403, "rules", "Accept the rules first.")
    site.team = team(body(seen)["name"])
    return 201, site.team, {}


def rename(site: Site, seen: Seen) -> Any:
    return own(site) | body(seen)


def invite(site: Site, seen: Seen) -> Any:
    made = {"id": len(own(site)["invitations"]) + 3, "email": body(seen)["email"],
            "created_at": NOW, "expires_at": THEN}  # fmt: skip
    own(site)["invitations"].append(made)
    return 201, {**made, "link": f"{site.url}/join/{CODE}/"}, {}


def invitations(site: Site, seen: Seen) -> list[Any]:
    return list(own(site)["invitations"])


def revoke(site: Site, seen: Seen, number: str) -> Any:
    own(site)["invitations"] = [e for e in own(site)["invitations"] if e["id"] != int(number)]
    return gone()


def join(site: Site, seen: Seen) -> Any:
    if body(seen)["token"] != CODE:
        raise Refusal(404, "unknown", "This link belongs to no invitation.")
    site.team = team("Beta")
    return site.team


def hand_over(site: Site, seen: Seen) -> Any:
    members = [
        {**each, "is_captain": each["id"] == body(seen)["user"]} for each in own(site)["members"]
    ]
    site.team = own(site) | {
        "members": members,
        "captain": next(each for each in members if each["is_captain"]),
    }
    return site.team


def remove(site: Site, seen: Seen, number: str) -> Any:
    own(site)["members"] = [each for each in own(site)["members"] if each["id"] != int(number)]
    return gone()


def leave(site: Site, seen: Seen) -> Any:
    own(site)
    site.team = None
    return gone()


def research(site: Site, seen: Seen) -> Any:
    own(site)["research_use"] = body(seen)["answer"]
    return own(site)


def add_merge(site: Site, *, is_mine: bool, why_not: str | None = None) -> dict[str, Any]:
    """Add a proposal of the user's team, or one to it, and return it."""
    ours, theirs = ({"slug": name.lower(), "name": name} for name in ("Alpha", "Beta"))
    made = {
        "id": len(site.merges) + 5,
        "surviving": ours if is_mine else theirs,
        "absorbed": theirs if is_mine else ours,
        "members": ["Alice", "Bob", "Dora"],
        "proposed_at": NOW,
        "expires_at": THEN,
        "outcome": "open",
        "is_open": True,
        "may_answer": not is_mine,
        "may_withdraw": is_mine,
        "why_not": why_not,
        "url": f"/c/cup/team/merges/{len(site.merges) + 5}/",
    }
    site.merges.append(made)
    return made


def merges(site: Site, seen: Seen) -> list[Any]:
    return [each for each in site.merges if each["is_open"]]


def candidates(site: Site, seen: Seen) -> list[Any]:
    return [{"slug": "beta", "name": "Beta"}]


def propose(site: Site, seen: Seen) -> Any:
    if body(seen)["team"] != "beta":
        raise Refusal(404, "not_found", "No such team.")
    return 201, add_merge(site, is_mine=True), {}


def merge(site: Site, seen: Seen, number: str) -> Any:
    for each in site.merges:
        if each["id"] == int(number):
            return each
    raise Refusal(404, "not_found", "No such proposal.")


def end_merge(site: Site, seen: Seen, number: str, verb: str) -> Any:
    ended = {"accept": "accepted", "decline": "declined", "withdraw": "withdrawn"}
    found = merge(site, seen, number)
    found.update(outcome=ended[verb], is_open=False, may_answer=False, may_withdraw=False)
    if verb == "accept":
        site.team = team("Beta")
        return site.team
    return found


# Questions ---------------------------------------------------------------------------------------


def add_question(site: Site, title: str = "May we?", **fields: Any) -> dict[str, Any]:
    """Add a question and return it."""
    number = len(site.questions) + 17
    made = {
        "id": number,
        "challenge": "cup",
        "task": None,
        "team": None,
        "title": title,
        "body": "Use *other* data.",
        "author": "Alice",
        "is_mine": True,
        "asked_at": NOW,
        "edited_at": None,
        "active_at": NOW,
        "is_faq": False,
        "is_hidden": False,
        "answers": 0,
        "organizer_answers": 0,
        "may_edit": True,
        "url": f"/c/cup/questions/{number}/",
        **fields,
    }
    site.questions.insert(0, made)
    return made


def add_answer(site: Site, question: int, body: str = "No.", **fields: Any) -> dict[str, Any]:
    """Add an answer and return it."""
    number = len(site.answers) + 31
    made = {
        "id": number,
        "question": question,
        "body": body,
        "author": "Olga",
        "by_organizer": True,
        "by_team": False,
        "is_mine": False,
        "answered_at": NOW,
        "edited_at": None,
        "is_hidden": False,
        "may_edit": False,
        "url": f"/c/cup/questions/{question}/#answer-{number}",
        **fields,
    }
    site.answers.append(made)
    return made


def questions(site: Site, seen: Seen) -> list[Any]:
    wanted = seen.query.get("task")
    faq = seen.query.get("faq")
    return [
        each
        for each in site.questions
        if wanted in (None, each["task"])
        and faq in (None, str(each["is_faq"]).lower())
        and ("mine" not in seen.query or each["is_mine"])
    ]


def question(site: Site, seen: Seen, number: str) -> Any:
    for each in site.questions:
        if each["id"] == int(number):
            return each
    raise Refusal(404, "not_found", "No such question is here, or it is not open to you.")


def answers(site: Site, number: int) -> list[Any]:
    return [each for each in site.answers if each["question"] == number]


def ask(site: Site, seen: Seen) -> Any:
    given = body(seen)
    for each in site.questions:
        if (each["title"], each["body"]) == (given["title"], given["body"]):
            return 200, each, {"Idempotent-Replayed": "true"}
    return 201, add_question(site, **given), {}


def change_question(site: Site, seen: Seen, number: str) -> Any:
    found = question(site, seen, number)
    found.update(body(seen))
    return found


def answer(site: Site, seen: Seen, number: str) -> Any:
    question(site, seen, number)
    return 201, add_answer(site, int(number), body(seen)["body"], is_mine=True), {}


def change_answer(site: Site, seen: Seen, number: str, which: str) -> Any:
    found = next(each for each in answers(site, int(number)) if each["id"] == int(which))
    found.update(body(seen))
    return found


ROUTES = [
    ("GET", TEAM, shown),
    ("POST", TEAM, create),
    ("PATCH", TEAM, rename),
    ("POST", f"{TEAM}/invitations", invite),
    ("DELETE", f"{TEAM}/invitations/(\\d+)", revoke),
    ("POST", f"{API}/teams/join", join),
    ("POST", f"{TEAM}/captain", hand_over),
    ("DELETE", f"{TEAM}/members/(\\d+)", remove),
    ("POST", f"{TEAM}/leave", leave),
    ("POST", f"{TEAM}/research", research),
    ("POST", f"{TEAM}/merges", propose),
    ("GET", f"{TEAM}/merges/(\\d+)", merge),
    ("POST", f"{TEAM}/merges/(\\d+)/(\\w+)", end_merge),
    ("POST", QUESTIONS, ask),
    ("GET", f"{QUESTIONS}/(\\d+)", question),
    ("PATCH", f"{QUESTIONS}/(\\d+)(?:/moderation)?", change_question),
    ("POST", f"{QUESTIONS}/(\\d+)/answers", answer),
    ("PATCH", f"{QUESTIONS}/(\\d+)/answers/(\\d+)(?:/moderation)?", change_answer),
]
