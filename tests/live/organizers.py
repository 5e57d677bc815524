"""Somebody who brings data sets in the console, by the addresses that the pages use."""

import http.client
import random
import urllib.parse
from dataclasses import dataclass
from pathlib import Path

from tests.live.uploads import cookies_of
from tools.scratch_site import Site, wait_for

LOOK = """
    SELECT i.state, i.error, v.state,
           (SELECT count(*) FROM catalog_solution s WHERE s.dataset_version_id = v.id)
    FROM catalog_import i JOIN catalog_datasetversion v ON v.id = i.version_id WHERE v.name = ?
"""
FACTS = {
    "label": "kind",
    "licence": "CC0-1.0",
    "description": "Predict the kind of a pet.",
    "origin": "Made for tests.",
    "citation": "None.",
}


@dataclass
class Answer:
    """What the site answered."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes


@dataclass
class Organizer:
    """Somebody who is signed in."""

    site: Site
    cookies: dict[str, str]

    def ask(
        self, method: str, path: str, body: bytes | str | None = None, **headers: str
    ) -> Answer:
        """Send a request and return the answer. Headers are named with `_` for `-`."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        sent["X-CSRFToken"] = self.cookies["csrftoken"]
        address = urllib.parse.urlsplit(self.site.url).netloc
        connection = http.client.HTTPConnection(address, timeout=30)
        try:
            connection.request(method, path, body, sent)
            reply = connection.getresponse()
            return Answer(reply.status, reply.headers, reply.read())
        finally:
            connection.close()

    def post(self, path: str, **fields: str) -> Answer:
        """Send a form."""
        form = "application/x-www-form-urlencoded"
        return self.ask("POST", path, urllib.parse.urlencode(fields), Content_Type=form)

    def page(self, name: str) -> str:
        """Return the console's page of a data set's first version."""
        return self.ask("GET", f"/console/datasets/{name}/1/").body.decode()

    def press(self, name: str, verb: str) -> None:
        """Press a button of the console's page."""
        assert self.post(f"/console/datasets/{name}/1/do/{verb}/").status == 302

    def put(self, name: str, content: bytes, offset: int, end: int) -> Answer:
        """Send the bytes from `offset` to `end` as a piece of pets.csv."""
        headers = {"Upload_Offset": str(offset), "Upload_Length": str(len(content))}
        piece = content[offset:end]
        return self.ask("PUT", f"/datasets/{name}/1/raw/pets.csv", piece, **headers)

    def begin(self, name: str) -> None:
        """Begin a data set."""
        fields = {"name": name, "title": name.title(), "importer": "table", "access": "public"}
        said = self.post("/console/datasets/new/", **fields)
        assert said.status == 302, said.body.decode()

    def read(self, name: str) -> None:
        """Press the button that has the raw files read."""
        said = self.post(f"/console/datasets/{name}/1/files/", **FACTS, read="")
        assert said.status == 302, said.body.decode()

    def bring(self, name: str, content: bytes) -> None:
        """Begin a data set with this raw file and have it read."""
        self.begin(name)
        assert self.put(name, content, 0, len(content)).status == 200
        self.read(name)

    def look(self, name: str) -> tuple[object, ...]:
        """Return state, error, the version's state and how many solutions it has."""
        return self.site.query(LOOK, name)[0]

    def wait(self, name: str, state: str) -> None:
        """Wait until the import is in that state; an error that it has instead is shown."""
        ended = {state, "failed"}
        wait_for(f"state {state} of {name}", lambda: self.look(name)[0] in ended, 30)
        assert self.look(name)[0] == state, self.look(name)


def sign_in(site: Site, name: str) -> Organizer:
    """Sign an organizer in."""
    return Organizer(site, cookies_of(site, name))


def pets_csv(rows: int) -> bytes:
    """Return a table of pets with the columns name, weight and kind, of three kinds."""
    draw = random.Random(5)
    lines = ["name,weight,kind"]
    for _ in range(rows):
        kind = draw.choice(("cat", "dog", "owl"))
        weight = len(kind) + 9 * draw.random() + 4 * (kind == "dog")
        lines.append(f"pet {draw.randrange(10**9)},{weight:.3f},{kind}")
    return ("\n".join(lines) + "\n").encode()


def stored(site: Site, place: str) -> list[Path]:
    """Return the files below a folder of the site's state."""
    return sorted(path for path in (site.var / place).rglob("*") if path.is_file())
