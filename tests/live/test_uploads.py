"""Uploads that break off, dawdle or lie about their length, against the real web server."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live.uploads import MARK, Member, answer_on, part, sign_in
from tools.scratch_site import Site, wait_for

pytestmark = pytest.mark.live

CSV = b"id,prediction\np120,cat\n"
SET_CLOSE = """
from datetime import timedelta
from django.utils import timezone
from podium.challenges.models import Challenge
close = timezone.now() + timedelta(seconds={seconds})
Challenge.objects.update(closes_at=close, team_freeze_at=close, reveal_at=close)
"""
SET_LIMIT = "from podium.challenges.models import Task; Task.objects.update(max_bytes={})"


@pytest.fixture(scope="module")
def member(site: Site) -> Member:
    return sign_in(site)


@pytest.fixture(autouse=True)
def _no_file_is_left(site: Site) -> Iterator[None]:
    """Every test must leave as many stored uploads as rows, and nothing among temporary files."""
    yield
    wait_for("the end of the temporary files", lambda: not list((site.var / "tmp").iterdir()), 10)
    uploads = site.var / "files" / "private" / "uploads"
    assert len([path for path in uploads.rglob("*") if path.is_file()]) == rows(site)


def rows(site: Site) -> int:
    return int(str(site.query("SELECT count(*) FROM submissions_submission")[0][0]))


def open_uploads(site: Site) -> int:
    """Return how many nameless temporary files the web server holds open."""
    found = 0
    for pid in site.tree(site.web):
        for descriptor in Path(f"/proc/{pid}/fd").iterdir():
            try:
                found += str(site.var / "tmp") in str(descriptor.readlink())
            except OSError:
                continue
    return found


def test_a_connection_that_breaks_in_the_middle_of_a_file_leaves_nothing(
    site: Site, member: Member
) -> None:
    before = rows(site)
    body = member.body(b"id,prediction\n" + 200_000 * b"p120,cat\n")
    with member.connect(f"Content-Length: {len(body)}") as connection:
        connection.sendall(body[:1_000_000])
        wait_for("the file to arrive", lambda: open_uploads(site) == 1, 10)
    wait_for("the file to be dropped", lambda: open_uploads(site) == 0, 10)
    assert rows(site) == before


def test_a_body_shorter_than_its_announced_length_is_not_taken_for_the_file(
    site: Site, member: Member
) -> None:
    before = rows(site)
    body = member.body(CSV)
    with member.connect(f"Content-Length: {len(body) + 100}") as connection:
        connection.sendall(body)
        connection.shutdown(1)  # no more data follows, but the response can
        status, _ = answer_on(connection)
    assert status in {0, 400, 403}
    assert rows(site) == before


def test_a_body_longer_than_its_announced_length_is_cut_and_refused(
    site: Site, member: Member
) -> None:
    before = rows(site)
    body = member.body(CSV)
    with member.connect("Content-Length: 40") as connection:
        connection.sendall(body)
        assert answer_on(connection)[0] in {0, 400, 403}
    assert rows(site) == before


def test_a_body_in_chunks_is_refused(site: Site, member: Member) -> None:
    before = rows(site)
    body = member.body(CSV)
    with member.connect("Transfer-Encoding: chunked") as connection:
        connection.sendall(f"{len(body):x}\r\n".encode() + body + b"\r\n0\r\n\r\n")
        status, _ = answer_on(connection)
    assert status == 403, "the body is not read without a length, so it holds no token"
    assert rows(site) == before


def test_the_limit_is_the_last_size_that_is_taken(site: Site, member: Member) -> None:
    site.python(SET_LIMIT.format(len(CSV)))
    try:
        before = rows(site)
        status, page = member.upload(member.body(CSV + b"x"))
        assert (status, "larger than" in page) == (422, True)
        assert rows(site) == before
        assert member.upload(member.body(CSV))[0] == 302
        assert rows(site) == before + 1
    finally:
        site.python(SET_LIMIT.format(200_000_000))


def test_of_two_files_in_one_form_one_is_taken_and_none_is_left(site: Site, member: Member) -> None:
    before = rows(site)
    body = member.head() + CSV + b"\r\n" + part("file", "second.csv") + CSV
    assert member.upload(body + f"\r\n--{MARK}--\r\n".encode())[0] == 302
    assert rows(site) == before + 1


def test_a_form_without_a_file_says_so(site: Site, member: Member) -> None:
    body = member.fields() + f"--{MARK}--\r\n".encode()
    status, page = member.upload(body)
    assert (status, "Choose a file first." in page) == (422, True)


def test_a_large_file_costs_the_web_server_no_memory(site: Site, member: Member) -> None:
    block = b"p120,cat\n" * 100_000
    count = 60_000_000 // len(block)
    head, tail = member.head(), f"\r\n--{MARK}--\r\n".encode()
    before = memory(site)
    peak = 0
    size = len(head) + count * len(block) + len(tail)
    with member.connect(f"Content-Length: {size}") as connection:
        connection.sendall(head)
        for _ in range(count):
            connection.sendall(block)
            peak = max(peak, memory(site))
        connection.sendall(tail)
        assert answer_on(connection)[0] == 302
    assert max(peak, memory(site)) - before < 15_000_000


def memory(site: Site) -> int:
    """Return the bytes that the web server's processes have in memory."""
    pages = [Path(f"/proc/{pid}/statm").read_text().split()[1] for pid in site.tree(site.web)]
    return sum(map(int, pages)) * os.sysconf("SC_PAGE_SIZE")


def test_a_file_begun_before_the_close_and_ended_after_it_is_in_time(
    site: Site, member: Member
) -> None:
    body = member.body(CSV)
    with member.connect(f"Content-Length: {len(body)}") as connection:
        connection.sendall(body[:50])
        time.sleep(0.5)
        site.python(SET_CLOSE.format(seconds=0))
        try:
            connection.sendall(body[50:])
            assert answer_on(connection)[0] == 302
            late = member.upload(body)
            assert (late[0], "The challenge closed at" in late[1]) == (422, True)
        finally:
            site.python(SET_CLOSE.format(seconds=86_400))
    times = """
        SELECT first_byte_at < (SELECT updated.closes_at FROM challenges_challenge updated),
               julianday(received_at) - julianday(first_byte_at) > 0.4 / 86400
        FROM submissions_submission ORDER BY id DESC LIMIT 1
    """
    assert site.query(times) == [(1, 1)]
