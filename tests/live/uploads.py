"""A member's connection to the site, byte by byte, as no HTTP library would send it."""

import http.client
import re
import socket
import urllib.parse
from dataclasses import dataclass

from tests.live.world import PASSWORD
from tools.scratch_site import Site

TASK = "/c/cup/tasks/pets/"
MARK = "----a-boundary"


LOOK = """
    SELECT state, attempt, (SELECT count(*) FROM submissions_evaluation WHERE submission_id = s.id)
    FROM submissions_submission s WHERE id = ?
"""


@dataclass
class Member:
    """Alice, signed in, with the token of the task's form."""

    site: Site
    cookies: dict[str, str]
    token: str

    def get(self, path: str) -> str:
        return send(self.site, "GET", path, self.cookies)[1]

    def body(self, content: bytes, name: str = "mine.csv") -> bytes:
        """Return the body of the task page's form with this file."""
        return self.head(name) + content + f"\r\n--{MARK}--\r\n".encode()

    def head(self, name: str = "mine.csv") -> bytes:
        return self.fields() + part("file", name)

    def fields(self) -> bytes:
        """Return the form's other fields: the token, and that a file may have come before."""
        return (
            f'--{MARK}\r\nContent-Disposition: form-data; name="again"\r\n\r\non\r\n'
            f'--{MARK}\r\nContent-Disposition: form-data; name="csrfmiddlewaretoken"\r\n\r\n'
            f"{self.token}\r\n"
        ).encode()

    def connect(self, *headers: str) -> socket.socket:
        """Return a connection on which the headers of an upload, but no body, were sent."""
        address = urllib.parse.urlsplit(self.site.url)
        connection = socket.create_connection((address.hostname or "", address.port or 0), 30)
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        lines = [
            f"POST {TASK}submit/ HTTP/1.1",
            f"Host: {address.netloc}",
            f"Cookie: {cookies}",
            f"Content-Type: multipart/form-data; boundary={MARK}",
            "Connection: close",
            *headers,
        ]
        connection.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        return connection

    def upload(self, body: bytes) -> tuple[int, str]:
        """Return status and page of an upload with this body."""
        with self.connect(f"Content-Length: {len(body)}") as connection:
            connection.sendall(body)
            return answer_on(connection)


def submit(member: Member) -> int:
    """Upload a good file and return the submission's id."""
    file = next(member.site.var.glob("upload-*/predictions.csv"))
    status, page = member.upload(member.body(file.read_bytes()))
    assert status == 302, page
    return int(str(member.site.query("SELECT max(id) FROM submissions_submission")[0][0]))


def look(site: Site, pk: int) -> tuple[object, ...]:
    """Return a submission's state, attempt and how many evaluations it has."""
    return site.query(LOOK, pk)[0]


def part(field: str, name: str) -> bytes:
    """Return the head of a file's part in a form."""
    return (
        f'--{MARK}\r\nContent-Disposition: form-data; name="{field}"; filename="{name}"\r\n'
        f"Content-Type: text/csv\r\n\r\n"
    ).encode()


def answer_on(connection: socket.socket) -> tuple[int, str]:
    """Return status and page of the answer; status 0 if there is none."""
    answer = b""
    try:
        while block := connection.recv(1 << 16):
            answer += block
    except ConnectionResetError:
        pass
    if not answer:
        return 0, ""
    head, _, page = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]), page.decode(errors="replace")


def sign_in(site: Site) -> Member:
    """Sign Alice in."""
    cookies = cookies_of(site, "alice")
    return Member(site, cookies, _token(send(site, "GET", TASK, cookies)[1]))


def cookies_of(site: Site, name: str) -> dict[str, str]:
    """Sign somebody in and return the cookies."""
    cookies: dict[str, str] = {}
    path = "/accounts/login/"
    token = _token(send(site, "GET", path, cookies)[1])
    form = {"login": f"{name}@example.org", "password": PASSWORD, "csrfmiddlewaretoken": token}
    status, _ = send(site, "POST", path, cookies, urllib.parse.urlencode(form))
    assert status == 302, "the sign-in was refused"
    return cookies


def _token(page: str) -> str:
    found = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
    assert found, page
    return found[1]


def send(
    site: Site, method: str, path: str, cookies: dict[str, str], body: str | None = None
) -> tuple[int, str]:
    """Return status and page, having kept the cookies that were set."""
    connection = http.client.HTTPConnection(urllib.parse.urlsplit(site.url).netloc, timeout=30)
    headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}
    if body is not None:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    connection.request(method, path, body, headers)
    reply = connection.getresponse()
    for line in reply.headers.get_all("Set-Cookie") or ():
        name, _, value = line.partition(";")[0].partition("=")
        cookies[name] = value
    page = reply.read().decode()
    connection.close()
    return reply.status, page
