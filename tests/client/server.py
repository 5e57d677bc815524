"""A small site on this machine that speaks the API, and breaks where a test wants it to."""

import json
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from tests.client import hosting, people, writings
from tests.client.state import (
    API,
    ENDS,
    PROBLEM,
    TASK,
    TOKEN,
    Refusal,
    Seen,
    Site,
    sha,
)


def submission(site: Site, number: int, **fields: Any) -> dict[str, Any]:
    """Add a submission and return it."""
    made = {
        "id": 100 + number,
        "number": number,
        "challenge": "cup",
        "task": "pets",
        "team": {"slug": "alpha", "name": "Alpha"},
        "state": "scored",
        "method": "",
        "note": "",
        "original_name": "mine.csv",
        "sha256": sha(b"id,prediction\n"),
        "bytes": 14,
        "received_at": "2026-11-20T12:00:00Z",
        "finished_at": None,
        "queue_position": None,
        "is_selected": False,
        "withdrawn_at": None,
        "problems": [],
        "notes": [],
        "scores": None,
        "feedback": {"mode": "rounded", "words": "Rounded to 0.01.", "told": True},
        "url": f"/submissions/{100 + number}/",
        **fields,
    }
    site.submissions.insert(0, made)
    return made


SCORES = [
    {
        "metric": "accuracy",
        "title": "Accuracy",
        "part": "public",
        "value": 0.75,
        "low": 0.7,
        "high": 0.8,
        "decimals": 2,
        "reason": "",
        "is_headline": True,
    }
]
PROBLEMS = [
    {"code": "duplicate_id", "message": "Id `p1` appears twice.", "rows": [2, 9], "count": 3}
]


class Handler(BaseHTTPRequestHandler):
    """Answers one request from the site's state."""

    protocol_version = "HTTP/1.1"
    site: Site

    def log_message(self, *values: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        self.handle_it("GET")

    def do_POST(self) -> None:
        self.handle_it("POST")

    def do_PATCH(self) -> None:
        self.handle_it("PATCH")

    def do_DELETE(self) -> None:
        self.handle_it("DELETE")

    def handle_it(self, method: str) -> None:
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        seen = Seen(method, parts.path, query, dict(self.headers), body)
        self.site.seen.append(seen)
        fault = self.site.fault(method, parts.path)
        if fault and fault.status:
            self.send(fault.status, fault.body, fault.headers)
            return
        if fault and fault.lose is False and fault.cut is None:
            self.break_off()  # before anything was done
            return
        try:
            if seen.headers.get("Authorization", f"Bearer {TOKEN}") != f"Bearer {TOKEN}":
                raise Refusal(401, "sign_in", "Send a token that is valid.")
            status, answer, headers = self.answer(seen)
        except Refusal as refusal:
            status, answer, headers = refusal.status, refusal.body, {"Content-Type": PROBLEM}
        if fault and fault.lose:
            self.break_off()
            return
        self.send(status, answer, headers, fault.cut if fault else None)

    def break_off(self) -> None:
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def send(
        self,
        status: int,
        answer: Any,
        headers: dict[str, str] | None = None,
        cut: int | None = None,
    ) -> None:
        content = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self.send_response(status)
        usual = {"Content-Type": "application/json", "Content-Length": str(len(content))}
        for name, value in {**usual, **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content if cut is None else content[:cut])
        if cut is not None:
            self.wfile.flush()
            self.break_off()

    def answer(self, seen: Seen) -> tuple[int, Any, dict[str, str]]:
        for method, pattern, function in ROUTES:
            found = re.fullmatch(pattern, seen.path)
            if method == seen.method and found:
                made = function(self.site, seen, *found.groups())
                return made if isinstance(made, tuple) else (200, made, {})
        raise Refusal(404, "not_found", "Nothing like this is here.")


def me(site: Site, seen: Seen) -> Any:
    if "Authorization" not in seen.headers:
        raise Refusal(401, "sign_in", "Send a token.")
    token = {"name": "laptop", "scopes": ["read", "submit"], "expires_at": "2027-02-01T00:00:00Z"}
    team = {"challenge": "cup", "slug": "alpha", "name": "Alpha", "is_captain": True}
    if seen.method == "PATCH":
        site.name = json.loads(seen.body)["name"]
    return {
        "id": 1,
        "name": site.name,
        "email": "alice@example.org",
        "token": token,
        "teams": [team],
    }


def paged(site: Site, seen: Seen, items: list[Any]) -> dict[str, Any]:
    offset = int(seen.query.get("offset", 0))
    limit = min(int(seen.query.get("limit", 50)), site.page)
    more = offset + limit < len(items)
    following = f"{seen.path}?limit={limit}&offset={offset + limit}" if more else None
    part = items[offset : offset + limit]
    return {"count": len(items), "next": following, "previous": None, "items": part}


def challenges(site: Site, seen: Seen) -> Any:
    times = dict.fromkeys(("opens_at", "team_freeze_at", "reveal_at"))
    one = {"slug": "cup", "title": "The cup", "phase": "open", "tracks": ["classification"]}
    closes = "2026-12-01T00:00:00Z"
    whole = {**one, **times, "closes_at": closes, "closed_at": closes, "teams": 3, "url": "/c/cup/"}
    if not seen.path.endswith("/cup"):
        return paged(site, seen, [whole])
    return {**whole, **people.rules(site)}


def summary(slug: str) -> dict[str, Any]:
    metric = {"name": "accuracy", "title": "Accuracy", "higher_is_better": True}
    kind = "classification"
    return {
        "challenge": "cup",
        "slug": slug,
        "title": slug.title(),
        "track": kind,
        "kind": kind,
        "metric": metric,
        "feedback": "rounded",
        "step": 0.01,
        "daily_limit": 5,
        "final_limit": 2,
        "url": f"/c/cup/tasks/{slug}/",
    }


def tasks(site: Site, seen: Seen) -> Any:
    return paged(site, seen, [summary(slug) for slug in site.tasks])


def task(site: Site, seen: Seen) -> Any:
    listed = [
        {"name": name, "bytes": len(body), "sha256": sha(body), "url": f"{TASK}/files/{name}"}
        for name, body in site.files.items()
    ]
    dataset = {
        "name": "pets",
        "number": 1,
        "content_hash": sha(site.facts),
        "licence": "CC0",
        "access": "public",
        "must_accept_licence": site.must_accept_licence,
    }
    return {
        **summary("pets"),
        "description": "",
        "dataset": dataset,
        "max_bytes": 100_000,
        "limits": None,
        "files": listed,
        "accepted_suffixes": [".csv", ".parquet"],
    }


def file(site: Site, seen: Seen, name: str) -> Any:
    if site.must_accept_licence:
        raise Refusal(403, "licence", "Accept the licence first.")
    if name == "dataset.json":
        return 200, site.facts, {}
    if name not in site.files:
        raise Refusal(404, "not_found", "No such file.")
    return ranged(site.files[name], seen)


def ranged(body: bytes, seen: Seen) -> Any:
    tag = f'"{sha(body)}"'
    asked = re.fullmatch(r"bytes=(\d+)-", seen.headers.get("Range", ""))
    if asked and seen.headers.get("If-Range") == tag:
        begin = int(asked[1])
        place = f"bytes {begin}-{len(body) - 1}/{len(body)}"
        return 206, body[begin:], {"ETag": tag, "Content-Range": place}
    return 200, body, {"ETag": tag}


def licence(site: Site, seen: Seen) -> Any:
    site.must_accept_licence = False
    return {"licence": "CC0", "hash": "c" * 64}


def sent_file(site: Site, seen: Seen) -> tuple[str, bytes, dict[str, str]]:
    """Return name and content of the file that came, in a form or in parts, and the fields."""
    if seen.headers["Content-Type"] == "application/json":
        fields = json.loads(seen.body)
        upload = site.uploads.get(fields.pop("upload"))
        if upload is None:
            raise Refusal(404, "not_found", "No such upload.")
        return upload["name"], upload["content"], fields
    head = f"Content-Type: {seen.headers['Content-Type']}\r\n\r\n".encode()
    form = BytesParser().parsebytes(head + seen.body)
    fields, name, content = {}, "", b""
    for part in form.get_payload():
        payload = part.get_payload(decode=True)
        if part.get_filename():
            name, content = part.get_filename(), payload
        else:
            fields[part.get_param("name", header="Content-Disposition")] = payload.decode()
    return name, content, fields


def submit(site: Site, seen: Seen) -> Any:
    key = seen.headers["Idempotency-Key"]
    if key in site.keys:
        return 200, site.keys[key], {"Idempotent-Replayed": "true"}
    name, content, fields = sent_file(site, seen)
    made = submission(
        site,
        len(site.submissions) + 1,
        **{"state": "queued", "queue_position": 2, "original_name": name, **fields},
        sha256=sha(content),
        bytes=len(content),
    )
    site.keys[key] = made
    return 201, made, {"Location": f"{API}/submissions/{made['id']}"}


def advance(site: Site, found: dict[str, Any], course: list[str]) -> None:
    """Let what is looked at go one step on."""
    if found["state"] not in ENDS:
        site.looks[found["id"]] = site.looks.get(found["id"], 0) + 1
        found["state"] = course[min(site.looks[found["id"]], len(course) - 1)]
    found["queue_position"] = 1 if found["state"] == "queued" else None
    found["scores"] = SCORES if found["state"] == "scored" else None
    found["problems"] = PROBLEMS if found["state"] in ("rejected", "invalid") else []


def look(site: Site, seen: Seen, number: str) -> Any:
    found = own(site, number)
    if found["state"] not in ENDS:
        advance(site, found, site.course)
    return found


def own(site: Site, number: str) -> dict[str, Any]:
    for found in site.submissions:
        if found["id"] == int(number):
            return found
    raise Refusal(404, "not_found", "No such submission.")


def submissions_to_birds(site: Site, seen: Seen) -> Any:
    """Return one submission to another task, received between the others."""
    one = {**site.submissions[0], "task": "birds", "id": 7, "received_at": "2026-11-20T13:00:00Z"}
    return paged(site, seen, [one])


def submissions(site: Site, seen: Seen) -> Any:
    state = seen.query.get("state")
    return paged(site, seen, [each for each in site.submissions if state in (None, each["state"])])


def describe(site: Site, seen: Seen, number: str) -> Any:
    return own(site, number) | json.loads(seen.body)


def change(site: Site, seen: Seen, number: str, verb: str) -> Any:
    found = own(site, number)
    match verb:
        case "select" | "unselect":
            found["is_selected"] = verb == "select"
        case "withdraw" | "restore":
            found["withdrawn_at"] = "2026-11-21T00:00:00Z" if verb == "withdraw" else None
    return found


def own_file(site: Site, seen: Seen, number: str) -> Any:
    own(site, number)
    return ranged(b"id,prediction\n", seen)


def own_compare(site: Site, seen: Seen, number: str, other: str) -> Any:
    earlier = next(each for each in site.submissions if each["number"] == int(other))
    return duel(site, own(site, number), earlier)


def duel(site: Site, a: dict[str, Any], b: dict[str, Any]) -> dict[str, Any]:
    """Return how two compare, on the first look without what takes a worker."""
    site.looks["duel"] = site.looks.get("duel", 0) + 1
    sides = {
        side: {"team": each["team"], "submission": each.get("id"), "score": score}
        for side, each, score in (("a", a, 0.8), ("b", b, 0.7))
    }
    known = site.looks["duel"] > 1
    rows = {"only_a_right": 0.2 if known else None, "only_b_right": 0.1 if known else None}
    about = {"task": "pets", "metric": "accuracy", "difference": 0.1, "low": None, "high": None}
    state = "ready" if known else "computing"
    return {**about, **sides, **rows, "leads": "a", "is_sure": False, "state": state, "message": ""}


def team_compare(site: Site, seen: Seen) -> Any:
    a, b = ({"slug": seen.query[side], "name": seen.query[side].title()} for side in "ab")
    items = [duel(site, {"team": a}, {"team": b})] if seen.query.get("task") != "none" else []
    return {"a": a, "b": b, "items": items, "apart": []}


def validate(site: Site, seen: Seen) -> Any:
    sent_file(site, seen)
    made = {"id": f"v{len(site.validations)}", "state": site.checks[0], "problems": [], "notes": []}
    site.validations[made["id"]] = made | {"url": ""}
    return 202, site.validations[made["id"]], {}


def validation(site: Site, seen: Seen, number: str) -> Any:
    advance(site, site.validations[number], site.checks)
    return site.validations[number]


def begin(site: Site, seen: Seen) -> Any:
    number = f"u{len(site.uploads)}"
    site.uploads[number] = {**json.loads(seen.body), "id": number, "content": b""}
    return 201, shown(site, number), {}


def shown(site: Site, number: str) -> dict[str, Any]:
    if number not in site.uploads:
        raise Refusal(404, "not_found", "No such upload.")
    upload = site.uploads[number]
    known = {name: upload[name] for name in ("id", "name", "bytes", "sha256")}
    return {**known, "offset": len(upload["content"]), "chunk_bytes": site.chunk_bytes}


def upload(site: Site, seen: Seen, number: str) -> Any:
    return shown(site, number)


def append(site: Site, seen: Seen, number: str) -> Any:
    there = shown(site, number)["offset"]
    if int(seen.headers["Upload-Offset"]) != there:
        raise Refusal(409, "offset", "Go on from elsewhere.", offset=there)
    assert len(seen.body) <= site.chunk_bytes
    site.uploads[number]["content"] += seen.body
    return {"offset": there + len(seen.body)}


def board(site: Site, seen: Seen) -> Any:
    about = {"title": "Pets", "metric": "accuracy", "part": seen.query.get("part", "public")}
    state = {"at": seen.query.get("at"), "revision": 7, "frozen_since": None, "decimals": 2}
    return {**about, **state, **paged(site, seen, site.board)}


def rules(site: Site, seen: Seen) -> Any:
    if json.loads(seen.body)["version"] != people.VERSION:
        raise Refusal(409, "rules_changed", "The rules changed while you read them.")
    site.accepted = people.VERSION
    return {"slug": "cup", "title": "The cup", **people.rules(site)}


def answers(site: Site, seen: Seen, number: str) -> Any:
    return paged(site, seen, people.answers(site, int(number)))


def listed(name: str) -> Any:
    """Return what gives a list of the site's, page by page."""
    return lambda site, seen: paged(site, seen, getattr(people, name)(site, seen))


ROUTES = [
    ("GET", f"{API}/me", me),
    ("PATCH", f"{API}/me", me),
    ("GET", f"{API}/me/rules", listed("accepted")),
    ("POST", f"{API}/challenges/cup/rules", rules),
    ("GET", f"{people.TEAM}/invitations", listed("invitations")),
    ("GET", f"{people.TEAM}/merges", listed("merges")),
    ("GET", f"{people.TEAM}/merges/candidates", listed("candidates")),
    ("GET", people.QUESTIONS, listed("questions")),
    ("GET", f"{people.QUESTIONS}/(\\d+)/answers", answers),
    ("GET", f"{API}/notices", lambda site, seen: paged(site, seen, writings.notices(site, seen))),
    (
        "GET",
        writings.WRITEUPS,
        lambda site, seen: paged(site, seen, writings.listed(site, seen)),
    ),
    *people.ROUTES,
    *writings.ROUTES,
    *hosting.ROUTES,
    ("GET", f"{API}/challenges", challenges),
    ("GET", f"{API}/challenges/cup", challenges),
    ("GET", f"{API}/challenges/cup/tasks", tasks),
    ("GET", TASK, task),
    ("GET", f"{TASK}/files/(.+)", file),
    ("POST", f"{TASK}/licence", licence),
    ("POST", f"{TASK}/submissions", submit),
    ("GET", f"{TASK}/submissions", submissions),
    ("GET", f"{API}/challenges/cup/tasks/birds/submissions", submissions_to_birds),
    ("POST", f"{TASK}/validations", validate),
    ("GET", f"{API}/validations/(.+)", validation),
    ("POST", f"{TASK}/uploads", begin),
    ("GET", f"{API}/uploads/(.+)", upload),
    ("PATCH", f"{API}/uploads/(.+)", append),
    ("GET", f"{API}/submissions/(\\d+)", look),
    ("PATCH", f"{API}/submissions/(\\d+)", describe),
    ("POST", f"{API}/submissions/(\\d+)/(\\w+)", change),
    ("GET", f"{API}/submissions/(\\d+)/file", own_file),
    ("GET", f"{API}/submissions/(\\d+)/compare/(\\d+)", own_compare),
    ("GET", f"{TASK}/board", board),
    ("GET", f"{API}/challenges/cup/tracks/classification/board", board),
    ("GET", f"{API}/challenges/cup/compare", team_compare),
]


@contextmanager
def serving() -> Iterator[Site]:
    """Run a site on a free port."""
    site = Site()
    handler = type("Handler", (Handler,), {"site": site})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        site.url = f"http://127.0.0.1:{server.server_address[1]}"
        try:
            yield site
        finally:
            server.shutdown()
            thread.join()
