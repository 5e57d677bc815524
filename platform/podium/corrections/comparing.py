"""What a worker does with a corrected solution: check it, compare it, and store it checked."""

import hashlib
import uuid
from contextlib import closing
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq
import structlog

from podium import files
from podium.catalog import tabset_program
from podium.catalog.actions.versions import public_counts
from podium.catalog.scratch import work_folder
from podium.corrections.models import Correction, CorrectionState
from podium.files import Json
from podium.refusals import Refused
from podium.uploads import compression

log = structlog.get_logger(__name__)
_BLOCK = 1 << 20
EQUAL = "Labels and parts are those of the present solution. Choose another file."


def compare(job: Correction) -> None:
    """Compare a claimed correction, and end it with the comparison or with what is wrong."""
    try:
        with job.renewing(), work_folder() as folder:
            comparison = _compared(job, folder)
            if not (comparison["changed"] or comparison["usages"] or comparison["columns"]):
                raise Refused("equal", EQUAL)
            facts = _stored(job, folder / "solution.parquet")
    except Refused as refused:
        _end(job, refused.message)
    except (OSError, tabset_program.Broken):
        reference = uuid.uuid4().hex[:12]
        log.exception("no comparison", correction=job.pk, reference=reference)
        fail(
            job,
            "Something went wrong on our side; your file is still here. Try again, and if it "
            f"happens again, give the operator the reference {reference}.",
            reference,
        )
    else:
        ended = job.finish(
            CorrectionState.COMPARED, comparison=comparison, facts=facts, upload="", problem=""
        )
        files.private().delete(job.upload if ended else facts["file"])


def fail(job: Correction, problem: str, reference: str = "") -> None:
    """End a claimed correction for a reason of ours; its file stays, to be tried again."""
    job.finish(CorrectionState.FAILED, problem=problem, reference=reference)


def _end(job: Correction, problem: str) -> None:
    """End a claimed correction whose file cannot be used."""
    if job.finish(CorrectionState.FAILED, problem=problem, upload=""):
        files.private().delete(job.upload)


def _compared(job: Correction, folder: Path) -> Json:
    """Return the comparison; the checked solution is in the folder then."""
    version = job.compared_with.dataset_version
    suffix = ".parquet" if job.name.lower().endswith(".parquet") else ".csv"
    sent, public = folder / f"corrected{suffix}", folder / "public"
    public.mkdir()
    stored = compression.as_sent(files.private().open(job.upload), job.upload)
    with closing(stored), sent.open("wb") as copy:
        while block := stored.read(_BLOCK):
            copy.write(block)
    files.fetch(files.private(), job.compared_with.file, folder / "present.parquet")
    files.fetch(files.public(), f"{version.folder}/dataset.json", public / "dataset.json")
    said = tabset_program.run(
        [
            *("correct", "public", "--file", sent.name),
            *("--solution", "present.parquet", "--out", "solution.parquet"),
        ],
        folder=folder,
        scratch=folder,
        tick=lambda *_: job.give_back_if_stopping(),
    )
    comparison: Json = said["comparison"]
    return comparison


def _stored(job: Correction, path: Path) -> Json:
    """Store the checked solution and return what its row will have."""
    version = job.compared_with.dataset_version
    name = str(version.solutions_folder / f"corrected-{job.pk}-{job.attempt}.parquet")
    usage = pc.value_counts(pq.read_table(path, columns=["usage"])["usage"]).to_pylist()
    rows = {count["values"]: count["counts"] for count in usage}
    with path.open("rb") as handle:
        sha256 = hashlib.file_digest(handle, "sha256").hexdigest()
    files.put(files.private(), name, path)
    return {
        "file": name,
        "sha256": sha256,
        "public_rows": rows.get("public", 0),
        "private_rows": rows.get("private", 0),
        "public_counts": public_counts(path),
    }
