"""`manage.py add_solution` takes a corrected solution of the same test rows, and no other file."""

from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from django.core.management import CommandError, call_command

from podium import files
from podium.challenges.models import Challenge, Task
from tests.site.pets import make_pets_task


@pytest.fixture
def pets(challenge: Challenge, tmp_path: Path) -> Task:
    return make_pets_task(challenge, tmp_path / "pets")


def changed(task: Task, folder: Path, change: Callable[[pa.Table], pa.Table]) -> Path:
    path = folder / "changed.parquet"
    pq.write_table(change(pq.read_table(files.local(files.private(), task.solution.file))), path)
    return path


def relabelled(table: pa.Table) -> pa.Table:
    place = table.schema.get_field_index("label")
    cats = pa.array(["cat"] * table.num_rows, pa.string())
    return table.set_column(place, "label", cats)


def renamed(table: pa.Table) -> pa.Table:
    place = table.schema.get_field_index("id")
    ids = pc.binary_join_element_wise("x", pc.cast(table["id"], pa.string()), "")
    return table.set_column(place, "id", ids)


def test_a_corrected_solution_is_added_and_counts_for_nothing_yet(
    pets: Task, tmp_path: Path
) -> None:
    call_command("add_solution", "pets@1", str(changed(pets, tmp_path, relabelled)))
    assert list(pets.dataset_version.solutions.values_list("number", flat=True)) == [2, 1]
    assert Task.objects.get().solution.number == 1


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (renamed, "has other ids than the test rows"),
        (lambda table: table.slice(3), "has other ids than the test rows"),
        (lambda table: table.drop_columns(["label"]), "cannot be used"),
    ],
    ids=["other ids", "too few rows", "no labels"],
)
def test_an_unfit_file_is_refused(
    pets: Task, tmp_path: Path, change: Callable[[pa.Table], pa.Table], said: str
) -> None:
    with pytest.raises(CommandError, match=said):
        call_command("add_solution", "pets@1", str(changed(pets, tmp_path, change)))
    assert pets.dataset_version.solutions.count() == 1


@pytest.mark.parametrize("reference", ["pets", "pets@7", "dogs@1", "pets@x"])
def test_an_unknown_version_is_told(pets: Task, tmp_path: Path, reference: str) -> None:
    with pytest.raises(CommandError, match="Write it as NAME@N"):
        call_command("add_solution", reference, str(changed(pets, tmp_path, relabelled)))


def test_a_file_that_is_not_there_is_told(pets: Task, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="cannot be used"):
        call_command("add_solution", "pets@1", str(tmp_path / "nowhere.parquet"))
