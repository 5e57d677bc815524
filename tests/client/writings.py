"""What the small site answers about notices and write-ups."""

import json
from email.parser import BytesParser
from typing import Any

from tests.client.state import API, Refusal, Seen, Site, sha

WRITEUPS = f"{API}/challenges/cup/write-ups"
OWN = f"{WRITEUPS}/classification"
NOW = "2026-11-20T12:00:00Z"


def add_notice(site: Site, **fields: Any) -> dict[str, Any]:
    """Add a notice and return it."""
    made = {
        "id": 88 + len(site.notices),
        "kind": "scored",
        "challenge": "cup",
        "title": "Submission 1 to Pets is scored",
        "text": "Accuracy 0.75.",
        "at": NOW,
        "is_read": False,
        "url": "/submissions/101/",
        **fields,
    }
    site.notices.insert(0, made)
    return made


def notices(site: Site, seen: Seen) -> list[Any]:
    return [each for each in site.notices if "unread" not in seen.query or not each["is_read"]]


def mark_read(site: Site, seen: Seen) -> Any:
    ids = json.loads(seen.body)["ids"]
    marked = [e for e in site.notices if not e["is_read"] and (ids is None or e["id"] in ids)]
    for each in marked:
        each["is_read"] = True
    return {"marked": len(marked), "unread": len([e for e in site.notices if not e["is_read"]])}


def choices(site: Site, seen: Seen) -> Any:
    if seen.method == "PATCH":
        given = json.loads(seen.body)
        if given["kind"] not in site.mails:
            raise Refusal(422, "invalid", "`body.kind`: no such kind.")
        site.mails[given["kind"]] = given["how"]
    known = [{"kind": kind, "words": kind.title(), "how": how} for kind, how in site.mails.items()]
    return {"choices": known}


def read(site: Site, seen: Seen, team: str) -> Any:
    if not site.writeup:
        raise Refusal(404, "not_found", "No such write-up is here.")
    number = int(seen.query.get("version", len(site.writeup)))
    return shown(site, number, team)


def shown(site: Site, number: int, team: str = "alpha") -> dict[str, Any]:
    version = site.writeup[number - 1]
    published = next((n for n, e in enumerate(site.writeup, 1) if e["is_published"]), None)
    pdfs = {
        kind: version[kind]
        and {
            "name": f"my {kind}.pdf",
            "bytes": len(site.pdfs[version[kind]]),
            "sha256": version[kind],
            "url": f"{OWN}/{team}/versions/{number}/{kind}",
        }
        for kind in ("paper", "slides")
    }
    return {
        "challenge": "cup",
        "track": "classification",
        "team": {"slug": team, "name": team.title()},
        "title": version["title"],
        "number": number,
        "published": published,
        "published_at": NOW if published else None,
        "is_public": published is not None,
        "is_mine": team == "alpha",
        "body": version["body"],
        "links": version["links"],
        **pdfs,
        "at": NOW,
        "versions": [],
        "hidden": None,
        "why_not_written": None,
        "why_not_published": None,
        "url": f"/c/cup/write-ups/classification/{team}/",
    }


def listed(site: Site, seen: Seen) -> list[Any]:
    return [shown(site, len(site.writeup))] if site.writeup else []


def save(site: Site, seen: Seen) -> Any:
    document, pdfs = _form(seen)
    if document["based_on"] != len(site.writeup):
        raise Refusal(409, "newer", "Bob saved version 2 while you were writing.")
    before = site.writeup[-1] if site.writeup else {}
    kept = {
        kind: None if kind in document["remove"] else before.get(kind)
        for kind in ("paper", "slides")
    }
    for kind, content in pdfs.items():
        kept[kind] = sha(content)
        site.pdfs[sha(content)] = content
    words = {name: document[name] for name in ("title", "body", "links")}
    site.writeup.append({**words, **kept, "is_published": False})
    return 201, shown(site, len(site.writeup)), {}


def _form(seen: Seen) -> tuple[dict[str, Any], dict[str, bytes]]:
    if seen.headers["Content-Type"] == "application/json":
        return json.loads(seen.body), {}
    head = f"Content-Type: {seen.headers['Content-Type']}\r\n\r\n".encode()
    form: Any = BytesParser().parsebytes(head + seen.body)
    found: dict[str, Any] = {}
    for part in form.get_payload():
        name = part.get_param("name", header="Content-Disposition")
        found[name] = part.get_payload(decode=True)
    return json.loads(found.pop("document")), found


def publish(site: Site, seen: Seen, team: str) -> Any:
    number = json.loads(seen.body)["version"]
    for at, each in enumerate(site.writeup, 1):
        each["is_published"] = at == number
    return shown(site, len(site.writeup))


def take_back(site: Site, seen: Seen, team: str) -> Any:
    for each in site.writeup:
        each["is_published"] = False
    return shown(site, len(site.writeup))


def pdf(site: Site, seen: Seen, team: str, number: str, kind: str) -> Any:
    content = site.pdfs[site.writeup[int(number) - 1][kind]]
    return 200, content, {"ETag": f'"{sha(content)}"'}


ROUTES = [
    ("POST", f"{API}/notices/read", mark_read),
    ("GET", f"{API}/notices/choices", choices),
    ("PATCH", f"{API}/notices/choices", choices),
    ("POST", OWN, save),
    ("GET", f"{OWN}/(\\w+)", read),
    ("POST", f"{OWN}/(\\w+)/publish", publish),
    ("POST", f"{OWN}/(\\w+)/take-back", take_back),
    ("GET", f"{OWN}/(\\w+)/versions/(\\d+)/(\\w+)", pdf),
]
