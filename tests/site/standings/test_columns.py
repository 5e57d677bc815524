"""The registry of board columns is what files, the API's schema, pages and docs have."""

from pathlib import Path

from podium.api.boards import BoardItem
from podium.boards.columns import COLUMNS, Column, file_columns, page_columns
from podium.challenges.models import Task
from podium.web.board.columns import columns

DOCS = Path(__file__).parents[3] / "docs" / "leaderboard.md"


def boards_of(column: Column) -> str:
    return {None: "all", True: "tracks", False: "tasks"}[column.on_tracks]


def test_the_docs_have_every_column() -> None:
    rows = [
        f"| `{column.name}` | {boards_of(column)} | {column.type} | {column.words} |"
        for column in COLUMNS
    ]
    head = "| column | boards | type | meaning |\n|---|---|---|---|\n"
    assert head + "\n".join(rows) + "\n" in DOCS.read_text(encoding="utf-8")


def test_the_api_has_every_column_with_its_words() -> None:
    fields = BoardItem.model_json_schema()["properties"]
    for column in COLUMNS:
        if column.api:
            assert fields[column.api]["description"] == column.words
    others = {"team", "tasks", "is_mine"}
    assert fields.keys() == {column.api for column in COLUMNS if column.api} | others


def test_files_and_pages_have_the_columns_of_their_boards(matching_task: Task) -> None:
    tasks = [matching_task]
    cells = {"score_matching-task", "skill_matching-task"}
    for subject, is_track in ((matching_task, False), (matching_task.track, True)):
        own = {column.name for column in COLUMNS if column.on_tracks in {None, is_track}}
        own -= {column.name for column in COLUMNS if column.setting}  # nobody asked for these
        expected = own - {column.name for column in COLUMNS if column.is_left_out}
        names = [column.name for column in file_columns(subject, [])]
        assert set(names) == expected | (cells if is_track else set())
        keys = [column.key for column in page_columns(subject, tasks)]
        assert [column.key for column in columns(subject, tasks)] == keys
        assert len(set(keys)) == len(keys)
        assert keys[:3] == ["rank", "team", "score"]
