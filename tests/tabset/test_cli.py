"""The command line: exit codes, findings by level, JSON for programs, never a traceback."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tabset import DatasetError
from tabset import draft as drafts
from tabset.__main__ import main
from tabset.console import Console
from tabset.findings import Finding, Level
from tabset.importers import IMPORTERS
from tests.tabset import staged

Captured = pytest.CaptureFixture[str]


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    """A raw CSV file of 200 rows."""
    cells = staged.row_cells()
    names = ("key", "number", "shop", "label")
    lines = [",".join(names)]
    lines += [",".join(str(cells[name][row]) for name in names) for row in range(200)]
    path = tmp_path / "offers.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def draft(raw: Path, capsys: Captured) -> Path:
    """The draft folder of the raw file."""
    out = raw.parent / "draft"
    assert main(imported(raw, out)) == 0
    capsys.readouterr()
    return out


def imported(raw: Path, out: Path) -> list[str]:
    """The command that imports the raw file."""
    return ["import", "table", str(raw), "--out", str(out), "--label", "label", "--id", "key"]


def built(draft: Path, *more: str) -> list[str]:
    """The command that builds the draft."""
    folders = [str(draft.parent / "public"), "--private", str(draft.parent / "private")]
    return ["build", str(draft), "--public", *folders, *more]


def edited(draft: Path, **changes: Any) -> None:
    """Changes keys of draft.json as an organizer does."""
    document = json.loads((draft / drafts.FILE).read_text(encoding="utf-8"))
    (draft / drafts.FILE).write_text(json.dumps(document | changes), encoding="utf-8")


def test_raw_files_become_a_verified_data_set(raw: Path, capsys: Captured) -> None:
    folder = raw.parent
    draft = folder / "draft"
    assert main(imported(raw, draft)) == 0
    assert f"python -m tabset check {draft}" in capsys.readouterr().out
    assert main(["check", str(draft)]) == 0
    assert main(built(draft, "--salt", "s")) == 0
    assert "150 train, 50 test rows" in capsys.readouterr().out
    assert main(["verify", str(folder / "public"), "--private", str(folder / "private")]) == 0
    assert capsys.readouterr().out.endswith("in order\n")
    assert main(["profile", str(folder / "public"), "--out", str(folder / "profile")]) == 0
    assert (folder / "profile" / "profile.json").is_file()
    assert json.loads((folder / "private" / "private.json").read_bytes())["salt"] == "s"


def test_a_salt_is_drawn_for_each_build(draft: Path) -> None:
    salts = set()
    for name in ("1", "2"):
        folders = [str(draft.parent / f"{kind}{name}") for kind in ("public", "private")]
        assert main(["build", str(draft), "--public", folders[0], "--private", folders[1]]) == 0
        salts.add(json.loads((Path(folders[1]) / "private.json").read_bytes())["salt"][:32])
    assert len(salts) == 2
    assert all(len(salt) == 32 for salt in salts)


def test_errors_block_check_and_build(draft: Path, capsys: Captured) -> None:
    edited(draft, name="Not a slug")
    assert main(["check", str(draft)]) == 1
    said = capsys.readouterr().out
    assert said.startswith("1 error\n  name: ")
    assert said.splitlines()[-1].startswith("1 error, ")
    assert main(built(draft)) == 1
    captured = capsys.readouterr()
    assert "  name: " in captured.out
    assert "is not built: 1 error" in captured.err
    assert not (draft.parent / "public").exists()


def test_findings_as_json(draft: Path, capsys: Captured) -> None:
    edited(draft, name="Not a slug")
    assert main(["check", str(draft), "--json"]) == 1
    found = [Finding.from_json(each) for each in json.loads(capsys.readouterr().out)["findings"]]
    assert found[0].level is Level.ERROR
    assert found[0].code == "name"


def test_programs_hear_progress_and_one_result(raw: Path, capsys: Captured) -> None:
    draft = raw.parent / "draft"
    commands = [imported(raw, draft), ["check", str(draft)], built(draft)]
    keys = ["draft", "findings", "content_hash"]
    for command, key in zip(commands, keys, strict=True):
        assert main([*command, "--json-progress"]) == 0
        captured = capsys.readouterr()
        lines = [json.loads(line) for line in captured.out.splitlines()]
        shares = [line["progress"] for line in lines[:-1]]
        assert shares == sorted(shares)
        assert shares[-1] == 1
        assert all(isinstance(line["message"], str) for line in lines[:-1])
        assert key in lines[-1]
        assert captured.err == ""


@pytest.mark.parametrize("name", IMPORTERS)
def test_the_help_lists_the_options_of_each_importer(name: str, capsys: Captured) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["import", name, "--help"])
    assert ended.value.code == 0
    said = " ".join(capsys.readouterr().out.split())
    assert IMPORTERS[name].summary in said
    for option in IMPORTERS[name].options:
        assert f"--{option.name.replace('_', '-')} VALUE" in said


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["import"],
        ["import", "unknown", "x", "--out", "y"],
        ["import", "table", "x", "--out", "y"],
        ["import", "table", "x", "--label", "l"],
        ["check"],
        ["check", "x", "--salty"],
        ["build", "x", "--public", "y"],
    ],
)
def test_wrong_usage_ends_with_2(arguments: list[str], capsys: Captured) -> None:
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert "usage: " in capsys.readouterr().err


def truncated(draft: Path) -> list[str]:
    staged_rows = draft / "rows.arrow"
    staged_rows.write_bytes(staged_rows.read_bytes()[:100])
    return ["check", str(draft)]


def not_json(draft: Path) -> list[str]:
    (draft / drafts.FILE).write_bytes(b"\xff{")
    return built(draft)


def unknown_key(draft: Path) -> list[str]:
    edited(draft, colour="red")
    return ["check", str(draft)]


def occupied(draft: Path) -> list[str]:
    (draft.parent / "private").mkdir()
    (draft.parent / "private" / "file").touch()
    return built(draft)


def a_file_for_a_folder(draft: Path) -> list[str]:
    (draft.parent / "public").touch()
    return built(draft)


def absent_raw_file(draft: Path) -> list[str]:
    return imported(draft / "absent.csv", draft / "new")


def no_label_column(draft: Path) -> list[str]:
    path = draft.parent / "odd.csv"
    path.write_bytes(b'key,kind\n1,"open\n' + b"\x00\xff\xfe" * 9)
    return imported(path, draft.parent / "new")


def vectors_that_are_none(draft: Path) -> list[str]:
    (draft.parent / "vectors").mkdir()
    (draft.parent / "vectors" / "v.json").write_bytes(b"\xff")
    return ["check-vectors", str(draft.parent / "vectors")]


@pytest.mark.parametrize(
    "spoil",
    [
        truncated,
        not_json,
        unknown_key,
        occupied,
        a_file_for_a_folder,
        absent_raw_file,
        no_label_column,
        vectors_that_are_none,
        lambda draft: ["check", str(draft.parent / "nowhere")],
        lambda draft: ["verify", str(draft)],
        lambda draft: ["profile", str(draft), "--out", str(draft.parent / "profile")],
        lambda draft: ["check-vectors", str(draft)],
    ],
)
def test_bad_input_gives_sentences_and_1(
    draft: Path, spoil: Callable[[Path], list[str]], capsys: Captured
) -> None:
    assert main(spoil(draft)) == 1
    captured = capsys.readouterr()
    said = captured.out + captured.err
    assert said.strip()
    assert "Traceback" not in said
    assert "fault of its own" not in said


def test_a_faulty_cell_is_named_with_row_and_column(draft: Path, capsys: Captured) -> None:
    document = json.loads((draft / drafts.FILE).read_text(encoding="utf-8"))
    for column in document["tables"]["rows"]:
        if column["name"] == "shop":
            column["type"] = "numeric"
    edited(draft, tables=document["tables"])
    assert main(built(draft)) == 1
    said = capsys.readouterr().out
    assert "'s0'" in said
    assert "(rows, column shop, rows 1, 2" in said


def test_a_fault_of_the_program_is_one_sentence(
    draft: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr("tabset.checks.check", broken)
    assert main(["check", str(draft)]) == 3
    captured = capsys.readouterr()
    assert captured.err.count("\n") == 1
    assert "RuntimeError: a bug" in captured.err
    assert "--traceback" in captured.err
    assert main(["check", str(draft), "--traceback"]) == 3
    assert "Traceback (most recent call last)" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (KeyboardInterrupt(), 130, "stopped"),
        (DatasetError("row 7 is odd"), 1, "row 7 is odd"),
        (OSError(28, "No space left on device", "x.csv"), 1, "x.csv: No space left on device"),
    ],
)
def test_what_ends_a_command_is_said(
    draft: Path,
    capsys: Captured,
    monkeypatch: pytest.MonkeyPatch,
    error: BaseException,
    code: int,
    said: str,
) -> None:
    def raising(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("tabset.checks.check", raising)
    assert main(["check", str(draft)]) == code
    assert capsys.readouterr().err == f"{said}\n"


def test_a_terminal_shows_a_bar_and_clears_it(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    console = Console(for_programs=False)
    console.progress(0.5, "halfway")
    console.say("done")
    captured = capsys.readouterr()
    assert "███████████████···" in captured.err
    assert "50%  halfway" in captured.err
    assert captured.err.endswith("\r\x1b[K")
    assert captured.out == "done\n"


def test_progress_is_told_at_most_ten_times_a_second(capsys: Captured) -> None:
    console = Console(for_programs=True)
    for step in range(1000):
        console.progress(step / 1000, "working")
    assert len(capsys.readouterr().out.splitlines()) < 100


def test_the_module_runs_as_a_program(tmp_path: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "tabset", "check", str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1
    assert ended.stderr == f"{tmp_path} has no draft.json; import the raw files first\n"
