from pathlib import Path

import pytest

from tests.baselines.folders import write_classification, write_matching


@pytest.fixture(scope="session")
def classification(tmp_path_factory) -> Path:
    """A public folder next to its private folder. Tests only read it."""
    return write_classification(tmp_path_factory.mktemp("things"))


@pytest.fixture(scope="session")
def matching(tmp_path_factory) -> Path:
    """A public folder of pairs next to its private folder. Tests only read it."""
    return write_matching(tmp_path_factory.mktemp("products"))
