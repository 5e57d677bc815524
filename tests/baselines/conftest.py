from pathlib import Path

import pytest

from tests.baselines.folders import write_classification, write_matching


@pytest.fixture(scope="session")
def classification(tmp_path_factory) -> Path:
    """A public folder; its private folder lies beside it. Tests only read it."""
    return write_classification(tmp_path_factory.mktemp("things"))


@pytest.fixture(scope="session")
def matching(tmp_path_factory) -> Path:
    """A public folder of pairs; its private folder lies beside it. Tests only read it."""
    return write_matching(tmp_path_factory.mktemp("products"))
