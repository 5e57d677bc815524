"""Real imports: `tabset` runs in its own process, and its files go into the storages."""

import pytest

from podium import files
from podium.catalog import tasks
from podium.catalog.actions import publish_version, request_build, request_check, request_import
from podium.catalog.models import ImportPhase

from . import raw

pytestmark = pytest.mark.slow


def test_raw_files_become_a_published_version(db: None) -> None:
    source = raw.begin()
    request_import(source=source)
    source = raw.work(source)
    assert (source.phase, source.error) == (ImportPhase.DRAFTED, "")
    request_check(source=source)
    source = raw.work(source)
    print(source.findings)
    assert (source.phase, source.error) == (ImportPhase.DRAFTED, "")
    request_build(source=source)
    source = raw.work(source)
    assert (source.phase, source.error) == (ImportPhase.BUILT, "")
    version = source.version
    print(version.__dict__)
    publish_version(version=version)
    tasks.profile_version(version.pk)
    version.refresh_from_db()
    assert version.profiled_at
    print(files.public().listdir(str(version.figures)))
