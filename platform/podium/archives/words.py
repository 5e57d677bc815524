"""The texts for people in an archive: README.md and CITATION.cff."""

import yaml
from django.conf import settings

from podium.catalog.models import DatasetVersion
from podium.challenges.models import Challenge
from podium.files import Json

_PARTS = """\
| part | what it is |
|---|---|
| `archive.json` | format, edition, and the SHA-256 and size of every other part |
| `tables/*.jsonl` | the rows of the event, one JSON object a line; ids count within this archive |
| `people.jsonl` | the people whom rows name by id |
| `datasets/` | the data set versions, as they could be downloaded |
| `solutions/` | the labels of the test rows, if this archive has them |
| `submissions/` | the files of teams, as they were sent |
| `rows/` | hits and influence values of each evaluation, for each test row (NumPy) |
| `boards/` | each board as CSV, and as a bundle from which anyone can recompute it |
| `attachments/` | the PDFs of write-ups |
"""


def readme(challenge: Challenge, manifest: Json) -> str:
    """Return what a reader should know of an archive."""
    count = sum(manifest["rows"].values())
    left_out = "".join(f"- {each}\n" for each in manifest["left_out"])
    solutions = "are in it" if manifest["has_solutions"] else "are not in it"
    return (
        f"# {challenge.title}\n\n{challenge.summary}\n\n"
        f"The {manifest['edition']} archive of this event ({manifest['format']}), made at "
        f"{manifest['made_at']}, with {count:,} rows. The labels of the test rows {solutions}.\n\n"
        f"{_PARTS}\n"
        "`manage.py import_archive FILE --owner EMAIL` shows the event on another Podium.\n\n"
        "## Data sets\n\n"
        f"{_datasets(challenge)}" + (f"\n## Not in it\n\n{left_out}" if left_out else "")
    )


def _datasets(challenge: Challenge) -> str:
    versions = DatasetVersion.objects.filter(task__challenge=challenge).distinct()
    lines = []
    for version in versions.order_by("name", "number"):
        licence = version.facts.get("licence", {}).get("name") or "no licence named"
        source = version.facts.get("citation") or version.facts.get("origin") or ""
        lines.append(f"- {version}: {version.title}; {licence}; {source}".rstrip("; ") + "\n")
    return "".join(lines)


def citation(challenge: Challenge) -> str:
    """Return how to cite the event (Citation File Format 1.2.0)."""
    document: Json = {
        "cff-version": "1.2.0",
        "message": "If you use this archive, please cite the event and its data sets.",
        "type": "dataset",
        "title": challenge.title,
        "authors": [{"name": f"Organizers of {challenge.title}"}],
        "url": f"{settings.BASE_URL}{challenge.get_absolute_url()}",
    }
    if challenge.revealed_at:
        document["date-released"] = challenge.revealed_at.date()
    if challenge.summary:
        document["abstract"] = challenge.summary
    return yaml.safe_dump(document, sort_keys=False, allow_unicode=True)
