"""The challenges of the browser's site, changed as an organizer changes them: by a file."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

from tools.scratch_site import Site

_FILE = """
challenge:
  slug: {slug}
  title: The {slug}
  summary: Who tells pets apart?
  rules: Be fair.
  timeline:
    {{opens_at: {opens}, team_freeze_at: {freeze}, closes_at: {closes}, reveal_at: {reveal}}}
  organizers: {{olga@example.org: owner}}
  tracks:
    - kind: classification
      title: Classification
      tasks:
        - {{slug: pets, title: Pets, dataset: pets, headline: accuracy, step: 0.01}}
"""


def apply(
    site: Site, folder: Path, slug: str, *, closes_in: float = 90, reveals_in: float = 97
) -> None:
    """Make a challenge on the pets, or change it; its times are in days from now."""
    days = {"opens": -30.0, "freeze": closes_in - 1, "closes": closes_in, "reveal": reveals_in}
    now = datetime.now(UTC)
    times = {name: (now + timedelta(days=each)).isoformat() for name, each in days.items()}
    file = folder / "challenge.yaml"
    file.write_text(_FILE.format(slug=slug, **times))
    site.manage("challenge", "apply", str(file), "--yes", "--title", f"The {slug}")
