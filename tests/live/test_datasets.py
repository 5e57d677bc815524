"""Data sets on a real site: brought through the console, and built once, whichever process dies
meanwhile."""

import contextlib
import hashlib
import json
import os
import signal
import socket
import subprocess
import time
import urllib.parse
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.live.organizers import Organizer, pets_csv, sign_in, stored
from tests.live.test_faults import LET_LEASES_RUN_OUT, is_gone, parent_of, processes_of
from tools.scratch_site import Site, kill_group, wait_for

pytestmark = pytest.mark.live

TABSET = b"-m\0tabset"
STAGED, BUILT = "../draft/rows.arrow", "public/train.csv"
# Large enough to be met in the middle of its work, small enough for a second or two a step.
ROWS = 100_000
SWEEP = "from podium.catalog.tasks import sweep; sweep()"
ASKED = "SELECT count(*) FROM audit_event WHERE verb = 'asked for build'"


@pytest.fixture(scope="module")
def olga(site: Site) -> Organizer:
    return sign_in(site, "olga")


@pytest.fixture(scope="module")
def many_pets() -> bytes:
    return pets_csv(ROWS)


@pytest.fixture(autouse=True)
def _nothing_is_left(site: Site) -> Iterator[None]:
    """Every test must leave no worker, no program, and among temporary files only drafts."""
    yield
    for worker in site.workers:
        worker.terminate()
    for worker in site.workers:
        worker.wait(timeout=60)
    left = [path.name for path in (site.var / "tmp").iterdir()]
    assert [name for name in left if not name.startswith("draft-")] == []


def start_worker(site: Site) -> subprocess.Popen[bytes]:
    return site.start_worker(queues="datasets")


def in_the_middle(worker: subprocess.Popen[bytes], written: str) -> int:
    """Return the id of a worker's program once it has written to this file, seen from its folder.

    So it is in the middle of its work, and not only beginning.
    """
    deadline = time.monotonic() + 60
    while True:
        for pid in processes_of(worker, TABSET):
            with contextlib.suppress(OSError):
                if (Path(f"/proc/{pid}/cwd").resolve() / written).stat().st_size:
                    return pid
        assert time.monotonic() < deadline, f"nobody writes {written}"
        time.sleep(0.005)


def take_over(site: Site) -> None:
    """Let half a minute pass: leases run out, and the sweep comes by."""
    site.query(LET_LEASES_RUN_OUT.format("catalog_import"))
    site.python(SWEEP)


def check_stored(site: Site, name: str) -> None:
    """Check that what is stored of a version is what was built, and nothing else."""
    folder = next(path for path in (site.var / "files" / "public").rglob(f"{name}/1/dataset.json"))
    facts = json.loads(folder.read_text())["files"]
    found = {
        path.relative_to(folder.parent).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.parent.rglob("*")
        if path.is_file() and path != folder
    }
    assert found == {name: fact["sha256"] for name, fact in facts.items()}
    assert len(stored(site, f"files/private/solutions/{name}")) == 1


def test_raw_files_become_a_page_and_downloads_with_one_build_for_two_organizers(
    site: Site, olga: Organizer
) -> None:
    start_worker(site)
    content = pets_csv(400)
    olga.begin("pieces")
    half = len(content) // 2
    assert olga.put("pieces", content, 0, half).status == 200
    _break_off(olga, content, half)
    there = olga.ask("HEAD", "/datasets/pieces/1/raw/pets.csv").headers["Upload-Offset"]
    assert int(there) == half
    assert olga.put("pieces", content, half - 1, len(content)).status == 409
    assert olga.put("pieces", content, half, len(content)).status == 200
    olga.read("pieces")
    olga.wait("pieces", "drafted")
    olga.press("pieces", "check")
    olga.wait("pieces", "drafted")
    before = int(str(site.query(ASKED)[0][0]))
    people = [olga, sign_in(site, "sam")]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda person: person.press("pieces", "build"), people))
    assert site.query(ASKED) == [(before + 1,)]
    olga.wait("pieces", "built")
    assert olga.look("pieces") == ("built", "", "checked", 1)
    check_stored(site, "pieces")
    assert olga.post("/console/datasets/pieces/1/publish/", access="public").status == 302
    assert stored(site, "files/private/raw") == []
    visitor = Organizer(site, {"csrftoken": ""})
    assert b"Predict the kind of a pet." in visitor.ask("GET", "/datasets/pieces/1/").body
    whole = visitor.ask("GET", "/datasets/pieces/1/files/train.csv")
    part = visitor.ask("GET", "/datasets/pieces/1/files/train.csv", Range="bytes=10-29")
    assert (whole.status, part.status, part.body) == (200, 206, whole.body[10:30])


def _break_off(olga: Organizer, content: bytes, offset: int) -> None:
    """Send a part of the second piece, then nothing more."""
    address = urllib.parse.urlsplit(olga.site.url)
    cookies = "; ".join(f"{name}={value}" for name, value in olga.cookies.items())
    head = (
        "PUT /datasets/pieces/1/raw/pets.csv HTTP/1.1",
        f"Host: {address.netloc}",
        f"Cookie: {cookies}",
        f"X-CSRFToken: {olga.cookies['csrftoken']}",
        f"Upload-Offset: {offset}",
        f"Upload-Length: {len(content)}",
        f"Content-Length: {len(content) - offset}",
    )
    with socket.create_connection((address.hostname or "", address.port or 0), 30) as connection:
        connection.sendall("\r\n".join([*head, "", ""]).encode() + content[offset : offset + 99])


@pytest.mark.slow
def test_a_build_is_one_whoever_dies_in_the_middle(
    site: Site, olga: Organizer, many_pets: bytes
) -> None:
    """The program, its pool process and the whole worker die, in the import and in the build."""
    worker = start_worker(site)
    olga.bring("mortal", many_pets)
    os.kill(in_the_middle(worker, STAGED), signal.SIGKILL)
    wait_for("the failure", lambda: olga.look("mortal")[0] == "failed", 10)
    assert "memory" in str(olga.look("mortal")[1])

    olga.press("mortal", "retry")
    program = in_the_middle(worker, STAGED)
    os.kill(parent_of(program), signal.SIGKILL)
    wait_for("the end of the orphan", is_gone(program), 5)
    assert olga.look("mortal")[0] == "running", "nobody but a new claim may go on"
    take_over(site)
    olga.wait("mortal", "drafted")

    olga.press("mortal", "build")
    program = in_the_middle(worker, BUILT)
    kill_group(worker)
    wait_for("the end of the orphan", is_gone(program), 5)
    assert stored(site, "files/public/datasets/mortal") == []
    worker = start_worker(site)
    with ThreadPoolExecutor(1) as pool:  # the build may be over before the sweep's process is
        swept = pool.submit(take_over, site)
        os.kill(in_the_middle(worker, BUILT), signal.SIGKILL)
        swept.result()
    wait_for("the failure", lambda: olga.look("mortal")[0] == "failed", 10)
    olga.press("mortal", "retry")
    olga.wait("mortal", "built")
    assert olga.look("mortal") == ("built", "", "checked", 1)
    check_stored(site, "mortal")


@pytest.mark.slow
def test_what_is_cancelled_or_given_back_stops_its_program(
    site: Site, olga: Organizer, many_pets: bytes
) -> None:
    worker = start_worker(site)
    olga.bring("cancelled", many_pets)
    program = in_the_middle(worker, STAGED)
    olga.press("cancelled", "cancel")
    wait_for("the end of the program", is_gone(program), 5)
    assert olga.look("cancelled")[:2] == ("uploading", "")

    olga.read("cancelled")
    program = in_the_middle(worker, STAGED)
    os.kill(program, signal.SIGSTOP)  # so that it is not done before the worker hears
    worker.terminate()
    worker.wait(timeout=60)
    assert is_gone(program)()
    assert olga.look("cancelled")[0] == "queued"
    site.query("DELETE FROM catalog_rawfile RETURNING id")
    site.query("DELETE FROM catalog_import WHERE state = 'queued' RETURNING id")


@pytest.mark.slow
def test_a_build_that_needs_too_much_memory_says_what_to_do(
    site: Site, olga: Organizer, many_pets: bytes
) -> None:
    start_worker(site)
    olga.bring("large", many_pets)
    olga.wait("large", "drafted")
    site.workers[-1].terminate()
    site.environment["PODIUM_DATASET_MEMORY_MB"] = "400"
    try:
        start_worker(site)
    finally:
        del site.environment["PODIUM_DATASET_MEMORY_MB"]
    olga.press("large", "build")
    wait_for("the failure", lambda: olga.look("large")[0] == "failed", 20)
    assert "400 MB of memory that it may take. Bring fewer columns" in olga.page("large")
    assert stored(site, "files/public/datasets/large") == []
