"""What the small site of these tests knows, and how it is told to break."""

import hashlib
import re
from dataclasses import dataclass, field
from typing import Any

TOKEN = "podium_" + "t" * 43
API = "/api/v1"
TASK = f"{API}/challenges/cup/tasks/pets"
ENDS = ("scored", "rejected", "failed", "valid", "invalid")
PROBLEM = "application/problem+json"


def sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@dataclass
class Fault:
    """What happens to the next requests of a kind, `times` of them.

    `status` answers in place of the site, with `body` and `headers`. `cut` sends this many bytes of
    the answer's body and breaks off; `lose` does what was asked and breaks off before the answer.
    """

    method: str
    path: str
    status: int = 0
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None
    lose: bool = False
    times: int = 1


@dataclass
class Seen:
    """A request as it came."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes


class Refusal(Exception):
    """A problem that is answered."""

    def __init__(self, status: int, code: str, detail: str, **more: Any) -> None:
        self.status = status
        self.body = {"title": "No", "status": status, "code": code, "detail": detail, **more}


class Site:
    """The state of the site: one challenge, one task, one team."""

    def __init__(self) -> None:
        self.url = ""
        self.files: dict[str, bytes] = {
            "train.csv": b"id,label\np1,NA\n" * 900,
            "test.csv": b"id\n",
        }
        self.facts = b'{"format": "podium-dataset/1"}'
        self.faults: list[Fault] = []
        self.seen: list[Seen] = []
        self.submissions: list[dict[str, Any]] = []
        self.keys: dict[str, dict[str, Any]] = {}
        self.uploads: dict[str, dict[str, Any]] = {}
        self.validations: dict[str, dict[str, Any]] = {}
        # The states that looks at a submission or a validation find, one after the other.
        self.course = ["queued", "scoring", "scored"]
        self.checks = ["queued", "valid"]
        self.looks: dict[object, int] = {}
        self.board = [row(n) for n in range(1, 4)]
        self.must_accept_licence = False
        self.chunk_bytes = 1000
        self.page = 200
        self.tasks = ["pets"]
        self.name = "Alice"
        self.accepted = ""
        self.team: dict[str, Any] | None = team("Alpha")
        self.merges: list[dict[str, Any]] = []
        self.questions: list[dict[str, Any]] = []
        self.answers: list[dict[str, Any]] = []
        self.notices: list[dict[str, Any]] = []
        self.mails = {"scored": "daily", "answer": "instant"}
        self.writeup: list[dict[str, Any]] = []
        self.pdfs: dict[str, bytes] = {}
        # What the plans of organizers have, other than usual, and how an archive stands.
        self.plan: dict[str, Any] = {}
        self.archive = "queued"

    def fail(self, method: str, path: str, **how: Any) -> None:
        """Have the next requests of this kind fail, before those that are to fail already."""
        self.faults.append(Fault(method, path, **how))

    def fault(self, method: str, path: str) -> Fault | None:
        for fault in self.faults:
            if fault.method == method and re.fullmatch(fault.path, path):
                fault.times -= 1
                if not fault.times:
                    self.faults.remove(fault)
                return fault
        return None

    def asked(self, method: str, path: str) -> list[Seen]:
        """Return the requests of a kind, in their order."""
        return [
            each for each in self.seen if each.method == method and re.fullmatch(path, each.path)
        ]


def team(name: str) -> dict[str, Any]:
    members = [
        {"id": 1, "name": "Alice", "is_captain": True},
        {"id": 2, "name": "Bob", "is_captain": False},
    ]
    return {
        "slug": name.lower(),
        "name": name,
        "members": members,
        "captain": members[0],
        "is_frozen": False,
        "disqualified": None,
        "research_use": "unsaid",
        "invitations": [],
        "url": f"/c/cup/teams/{name.lower()}/",
    }


def row(rank: int) -> dict[str, Any]:
    slug = ("alpha", "beta", "gamma")[(rank - 1) % 3]
    team = {"slug": slug, "name": slug.title(), "is_baseline": False, "disqualified": False}
    return {
        "rank": rank,
        "team": team,
        "score": 1 - rank / 10,
        "low": 0.5,
        "high": 0.95,
        "attempts": rank,
        "first_reached": "2026-11-20T12:00:00Z",
        "method": "forest",
        "is_mine": slug == "alpha",
    }
