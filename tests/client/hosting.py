"""What the small site answers organizers."""

import json
from typing import Any

from tests.client.state import API, Refusal, Seen, Site, sha

NOW = "2026-11-20T12:00:00Z"
PLAN: dict[str, Any] = {
    "plan": "sealed",
    "expires_at": NOW,
    "act": "Disqualify",
    "lines": ["Alpha"],
    "skipped": ["Beta: It is disqualified already."],
    "teams": 1,
    "boards": [
        {
            "title": "Pets",
            "rows": 2,
            "changed": 1,
            "changes": [{"team": "Alpha", "before": {"rank": 1, "score": 0.8}, "after": None}],
        }
    ],
    "can_be_undone": True,
    "asks": [],
    "title": "",
}


def plan(site: Site, seen: Seen) -> Any:
    return {**PLAN, **site.plan}


def carry_out(site: Site, seen: Seen) -> Any:
    if json.loads(seen.body)["plan"] != "sealed":
        raise Refusal(409, "moved", "The challenge has changed since.")
    site.archive = "queued"
    return {"challenge": "cup", "act": "Disqualify", "lines": ["Alpha"]}


def challenges(site: Site, seen: Seen) -> Any:
    return {"items": [{"slug": "cup", "title": "The cup", "phase": "open", "role": "owner"}]}


def definition(site: Site, seen: Seen) -> Any:
    return {"yaml": "challenge:\n  slug: cup\n"}


def status(site: Site, seen: Seen) -> Any:
    counts = ("queued", "scoring", "failed", "today", "today_scored", "today_rejected")
    run = {"task": "pets", "method": "autogluon", "state": "running", "percent": 40}
    return {
        **dict.fromkeys(counts, 0),
        **challenges(site, seen)["items"][0],
        "today_teams": 0,
        "oldest_queued_at": None,
        "workers": 0,
        "disk_free": 0.5,
        "baselines": [run],
        "trouble": ["No scoring worker is alive."],
    }


def _page(item: dict[str, Any]) -> Any:
    return {"count": 1, "next": None, "previous": None, "items": [item]}


def submissions(site: Site, seen: Seen) -> Any:
    team = {"slug": "alpha", "name": "Alpha"}
    names = {"number": 1, "state": "failed", "received_at": NOW, "why": "No room."}
    return _page({"id": 7, "task": "pets", "team": team, **names})


def teams(site: Site, seen: Seen) -> Any:
    return _page({"slug": "alpha", "name": "Alpha", "members": 1, "submissions": 1})


def events(site: Site, seen: Seen) -> Any:
    event = {"at": NOW, "who": "Ada", "what": "disqualified team", "about": "team:1"}
    return _page({**event, "facts": {"why": "A copy."}})


def rescore(site: Site, seen: Seen) -> Any:
    return {"state": "ready", "total": 9, "left": 0, "unscored": 0, "solution": 2}


def archives(site: Site, seen: Seen) -> Any:
    found = {
        "id": 3,
        "edition": "public",
        "state": site.archive,
        "reason": "No room." if site.archive == "failed" else "",
        "filename": "cup-public.zip",
        "bytes": 2,
        "sha256": sha(b"PK"),
    }
    following = {"queued": "running", "running": "done"}
    site.archive = following.get(site.archive, site.archive)
    return {"items": [found]}


def archive(site: Site, seen: Seen) -> Any:
    return 200, b"PK", {"ETag": f'"{sha(b"PK")}"'}


def organizers(site: Site, seen: Seen) -> Any:
    return {"roles": {"ada@x.org": "owner", "bob@x.org": "viewer"}, "pending": ["bob@x.org"]}


def announcements(site: Site, seen: Seen) -> Any:
    return {"items": [{"title": "News", "body": "So.", "at": NOW, "audience": "some teams"}]}


def readiness(site: Site, seen: Seen) -> Any:
    check = {"title": "There are rules", "url": "/", "overruled": None}
    items = [
        {**check, "check": "rules", "is_open": True, "problem": "There are no rules."},
        {**check, "check": "rows", "is_open": False, "problem": "Few."},
        {**check, "check": "mail", "is_open": False, "problem": ""},
    ]
    return {"is_ready": False, "items": items}


CASE: dict[str, Any] = {
    "id": 7, "kind": "equal files", "task": "pets", "evidence": "2 equal files", "note": "",
    "teams": [{"slug": "alpha", "name": "Alpha"}], "state": "open", "decision": "warned",
}  # fmt: skip


def cases(site: Site, seen: Seen) -> Any:
    return _page(CASE)


def case(site: Site, seen: Seen) -> Any:
    side = {"team": CASE["teams"][0], "members": 2, "submissions": 3, "is_disqualified": False}
    sent = {"id": 1, "team": "alpha", "number": 1, "score": "0.8"}
    counts = [{"label": "Files", "value": "2"}]
    words = {"what": "Teams sent the same file.", "why_not": "A public notebook does that."}
    return {**CASE, **words, "counts": counts, "sides": [side], "submissions": [sent]}


def threads(site: Site, seen: Seen) -> Any:
    return _page({"team": "alpha", "messages": 2, "is_unanswered": True})


def thread(site: Site, seen: Seen) -> Any:
    return _page({"by": "Ada", "by_organizer": True, "at": NOW, "body": "Well\nsaid."})


def webhook(site: Site, seen: Seen) -> Any:
    post = {"what": "Test", "failure": "No answer."}
    return {"host": "hooks.example", "form": "slack", "problem": "Not allowed.", "posts": [post]}


LABELS = {"id": 4, "name": "labels.csv", "state": "compared", "problem": ""}
LABELS |= {"comparison": {"changed": 2, "rows": 120}}


def labels(site: Site, seen: Seen) -> Any:
    return {"items": [LABELS] if "/pets/" in seen.path else []}


def send_labels(site: Site, seen: Seen) -> Any:
    return 202, json.dumps({**LABELS, "state": "queued", "comparison": None}).encode(), {}


_CUP = f"{API}/host/challenges/cup"
ROUTES = [
    ("POST", rf"{_CUP}/(?:.+)/plan", plan),
    ("POST", f"{API}/host/definition/plan", plan),
    ("POST", f"{API}/host/carry_out", carry_out),
    ("GET", f"{API}/host/challenges", challenges),
    ("GET", f"{_CUP}/definition", definition),
    ("GET", f"{_CUP}/status", status),
    ("GET", f"{_CUP}/submissions", submissions),
    ("GET", f"{_CUP}/teams", teams),
    ("GET", f"{_CUP}/events", events),
    ("GET", f"{_CUP}/tasks/pets/rescore", rescore),
    ("GET", f"{_CUP}/archives", archives),
    ("GET", f"{_CUP}/organizers", organizers),
    ("GET", f"{_CUP}/announcements", announcements),
    ("GET", f"{_CUP}/readiness", readiness),
    ("GET", f"{_CUP}/cases", cases),
    ("GET", f"{_CUP}/cases/7", case),
    ("GET", f"{_CUP}/threads", threads),
    ("GET", f"{_CUP}/threads/alpha", thread),
    ("GET", f"{_CUP}/webhook", webhook),
    ("GET", rf"{_CUP}/tasks/\w+/labels", labels),
    ("POST", f"{_CUP}/tasks/pets/labels", send_labels),
    ("GET", f"{_CUP}/archives/3/file", archive),
]
