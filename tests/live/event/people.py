"""The people who compete, by the requests that the task's page sends."""

import re
import urllib.request
from dataclasses import dataclass, field
from http.cookiejar import CookieJar
from urllib.error import HTTPError
from urllib.parse import urlencode

from tests.live.uploads import MARK, part
from tests.live.world import PASSWORD
from tools.scratch_site import Site


@dataclass
class Contestant:
    """Somebody who takes part; the first upload makes their team."""

    site: Site
    slug: str
    name: str
    jar: CookieJar = field(default_factory=CookieJar)

    def sign_in(self) -> None:
        token = self._token("/accounts/login/")
        form = {"login": f"{self.name}@example.org", "password": PASSWORD}
        status, page = self.ask(
            "/accounts/login/", urlencode({**form, "csrfmiddlewaretoken": token}).encode()
        )
        assert status == 200, page
        assert "Sign out" in page

    def test_rows(self, data: str) -> str:
        """Return the test.csv of a data set."""
        return self.ask(f"/datasets/{data}/1/files/test.csv")[1]

    def submit(self, task: str, content: bytes, name: str = "mine.csv") -> tuple[int, str]:
        """Upload a file by the form of the task's page; return the status and the next page."""
        path = f"/c/{self.slug}/tasks/{task}/"
        said = {"csrfmiddlewaretoken": self._token(path), "accept_rules": "on"}
        fields = "".join(
            f'--{MARK}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'
            for key, value in said.items()
        )
        body = fields.encode() + part("file", name) + content + f"\r\n--{MARK}--\r\n".encode()
        return self.ask(f"{path}submit/", body, f"multipart/form-data; boundary={MARK}")

    def write(self, text: str) -> tuple[int, str]:
        """Send the organizers a private message; return the status and the next page."""
        return self.send(f"/c/{self.slug}/team/messages/", body=text)

    def send(self, path: str, to: str = "", **fields: str) -> tuple[int, str]:
        """Send the form of a page, to itself or another path; return the status and next page."""
        form = {"csrfmiddlewaretoken": self._token(path), **fields}
        return self.ask(to or path, urlencode(form).encode())

    def accept_the_offer(self) -> None:
        """Accept the first offer to edit a data set, after reading what that means."""
        status, page = self.ask("/account/offers/1/")
        assert (status, "never compete on this data" in page) == (200, True)
        (read,) = re.findall(r'name="fingerprint" value="(\w+)"', page)
        status, page = self.send("/account/offers/1/", answer="accept", fingerprint=read)
        assert status == 200, page

    def ask(
        self, path: str, body: bytes | None = None, kind: str = "application/x-www-form-urlencoded"
    ) -> tuple[int, str]:
        """Return the status and the text of an answer, after its redirects."""
        headers = {"Content-Type": kind} if body is not None else {}
        request = urllib.request.Request(f"{self.site.url}{path}", body, headers)  # noqa: S310
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.jar))
        try:
            with opener.open(request, timeout=60) as reply:
                return reply.status, reply.read().decode()
        except HTTPError as error:
            return error.code, error.read().decode()

    def _token(self, path: str) -> str:
        status, page = self.ask(path)
        found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
        assert found, (path, status, page[:2000])
        return found[1]
