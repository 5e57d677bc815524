"""What the documents say is what the code does."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from podium.challenges.definition import (
    TIMES,
    ChallengeDefinition,
    TaskDefinition,
    TrackDefinition,
    parse,
)
from tabset.checks import CHECKS
from tabset.importers import IMPORTERS

ROOT = Path(__file__).resolve().parents[1]
CHALLENGE_YAML = (ROOT / "docs" / "challenge-yaml.md").read_text(encoding="utf-8")
DOCUMENTS = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("baselines/*/README.md")]


@pytest.mark.parametrize("kind", [ChallengeDefinition, TrackDefinition, TaskDefinition])
def test_every_key_of_challenge_yaml_is_described(kind: type) -> None:
    described = set(re.findall(r"`([a-z_]+)`", CHALLENGE_YAML))
    names = ({field.name for field in fields(kind)} | set(TIMES) | {"freeze_hours"}) - {"said"}
    assert names - described == set()


def test_the_example_of_challenge_yaml_is_a_valid_one_with_every_key() -> None:
    example = re.search(r"```yaml\n(.*?)```", CHALLENGE_YAML, re.DOTALL)
    assert example
    definition = parse(example[1])
    for part in (definition, definition.tracks[0], definition.tracks[0].tasks[0]):
        empty = [f.name for f in fields(part) if getattr(part, f.name) in ("", (), None, {})]
        assert empty == []


def test_every_importer_and_every_check_is_described() -> None:
    described = (ROOT / "docs" / "datasets.md").read_text(encoding="utf-8")
    for importer in IMPORTERS:
        assert f"| `{importer}` |" in described
    for check in CHECKS:
        assert f"| `{check.code}` | {check.doc.splitlines()[0]} |" in described


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_between_documents_lead_somewhere(document: Path) -> None:
    links = re.findall(r"\]\(([^)#\s]+)", document.read_text(encoding="utf-8"))
    files = [link for link in links if "://" not in link and not link.startswith("mailto:")]
    lost = [link for link in files if not (document.parent / link).exists()]
    assert lost == []
