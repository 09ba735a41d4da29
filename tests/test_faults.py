"""What may go wrong around the knowledge while it is built and served: the last good build answers, and nothing is half done."""

from __future__ import annotations

import errno
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import SUBJECT
from signing import REQUESTS

from skill.adapters.reloading import LiveSkill
from skill.app import App
from skill.current import build_path, open_current
from skill.errors import KnowledgeError
from skill.knowledge.compiled import Compiled, CompiledError
from skill.places import PROJECT

KILLS = int(os.environ.get("KILLS", "10"))
"""How many builds are killed at a moment of chance."""

CHANGED = SUBJECT.replace("It is here for a test.", "It changed.")

BROKEN = "name: no\n"


@pytest.fixture
def folder(small_folder: Path) -> Iterator[Path]:
    yield small_folder
    build_path(small_folder).unlink(missing_ok=True)


def write(folder: Path, text: str) -> None:
    (folder / "elbow-humming.yaml").write_text(text, encoding="utf-8")


def answer(live: LiveSkill) -> str:
    event = json.loads((REQUESTS / "question.json").read_text(encoding="utf-8"))
    event["request"]["intent"]["slots"]["question"]["value"] = "what is elbow humming"
    event["session"]["attributes"] = {}
    return str(live(event, None)["response"]["outputSpeech"]["ssml"])


def python(*arguments: str | Path, **more: Any) -> subprocess.Popen[str]:
    return subprocess.Popen(  # noqa: S603 (this very Python)
        [sys.executable, *map(str, arguments)], cwd=PROJECT, stderr=subprocess.PIPE, text=True, **more
    )


# While it is served.


def test_files_that_change_break_and_go_away_never_stop_an_answer(folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    live = LiveSkill(folder)
    assert not live.refresh()
    write(folder, BROKEN)
    assert [live.refresh(), live.refresh()] == [False, False]
    assert "elbow-humming.yaml:1:7: " in caplog.text
    assert "It is here for a test." in answer(live)
    assert live.is_ready()
    # Told once, not every two seconds.
    caplog.clear()
    assert [live.refresh(), live.refresh()] == [False, False]
    assert caplog.text == ""
    write(folder, CHANGED)
    assert [live.refresh(), live.refresh()] == [False, True]
    assert "It changed." in answer(live)
    shutil.rmtree(folder)
    assert [live.refresh(), live.refresh()] == [False, False]
    assert "It changed." in answer(live)


def test_a_file_that_is_still_being_written_is_waited_for(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    live = LiveSkill(folder)
    monkeypatch.setattr(subprocess, "run", None)
    for end in range(100, 500, 100):
        write(folder, CHANGED[:end])
        assert not live.refresh()
    assert "It is here for a test." in answer(live)


def test_a_build_that_is_replaced_or_damaged_leaves_what_is_served(folder: Path) -> None:
    live = LiveSkill(folder)
    build_path(folder).unlink()
    assert "It is here for a test." in answer(live)
    build_path(folder).write_bytes(b"BODYSIG1 and then nothing")
    assert "It is here for a test." in answer(live)


def test_a_build_cut_short_anywhere_is_known_as_such(folder: Path, tmp_path: Path) -> None:
    whole = build_path(folder)
    App.load(folder)
    content = whole.read_bytes()
    cut = tmp_path / "cut.bin"
    chance = random.Random(1)  # noqa: S311 (not for secrets)
    for end in [*range(0, 64), *(chance.randrange(len(content)) for _ in range(200)), len(content) - 1]:
        cut.write_bytes(content[:end])
        with pytest.raises(CompiledError):
            Compiled(cut)


# While it is built.


def test_two_builds_at_once_are_one(folder: Path) -> None:
    builds = [python("-m", "skill", "build", "--knowledge", folder) for _ in range(3)]
    told = [build.communicate()[1] for build in builds]
    assert [build.returncode for build in builds] == [0, 0, 0]
    assert sum("Learning from" in each for each in told) == 1
    assert "It is here for a test." in answer(LiveSkill(folder))


FULL = """
import resource, sys
from pathlib import Path
import skill.building
from skill.adapters.cli import main
resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))
sys.exit(main(["build", "--knowledge", sys.argv[1]]))
"""


@pytest.mark.parametrize("is_built", [True, False])
def test_a_full_disk_is_told_and_the_last_good_build_answers(folder: Path, is_built: bool) -> None:
    if is_built:
        App.load(folder)
        write(folder, CHANGED)
    build = python("-c", FULL, folder)
    told = build.communicate()[1]
    assert build.returncode == 1
    assert "the build cannot be written (File too large); make room" in told
    assert "Traceback" not in told
    assert list(build_path(folder).parent.glob(f".{build_path(folder).name}.*")) == []
    assert build_path(folder).exists() == is_built
    if is_built:
        assert "It is here for a test." in App.of(Compiled(build_path(folder))).knowledge.answers["elbow-humming/overview"].say


@pytest.mark.parametrize("number", [errno.EROFS, errno.ENOSPC, errno.EACCES])
def test_a_disk_that_cannot_be_written_is_told_and_the_last_good_build_answers(
    folder: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    App.load(folder)
    write(folder, CHANGED)

    def refuse(*arguments: Any, **more: Any) -> Any:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr("tempfile.mkstemp", refuse)
    current = open_current(folder)
    assert os.strerror(number) in current.problems[0].message
    assert "It is here for a test." in current.compiled.knowledge().answers["elbow-humming/overview"].say
    build_path(folder).unlink()
    with pytest.raises(KnowledgeError, match=os.strerror(number)):
        open_current(folder)


def test_files_that_cannot_be_read_are_told(folder: Path) -> None:
    App.load(folder)
    (folder / "a-folder.yaml").mkdir()
    assert any("a-folder.yaml" in problem.path for problem in App.load(folder).problems)


KILLED_AT_A_LINE = """
import os, signal, sys
from pathlib import Path
from skill import current
from skill.knowledge import compiled

path, old = Path(sys.argv[1]), Path(sys.argv[2])
knowledge = compiled.Compiled(old).knowledge()
files = {current.__file__, compiled.__file__}

def kill_at(last):
    seen = 0
    def trace(frame, event, argument):
        nonlocal seen
        if frame.f_code.co_filename not in files:
            return None
        seen += event == "line"
        if seen == last:
            os.kill(os.getpid(), signal.SIGKILL)
        return trace
    sys.settrace(trace)

compiled.write_compiled(path, "old", knowledge, {})
for line in range(1, 10_000):
    child = os.fork()
    if not child:
        kill_at(line)
        with current._alone(path.parent, path):
            compiled.write_compiled(path, "new", knowledge, {})
        os._exit(0)
    ended = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    found = compiled.Compiled(path)
    assert found.fingerprint in ("old", "new"), found.fingerprint
    assert len(found.knowledge().answers) == len(knowledge.answers)
    assert len(list(path.parent.iterdir())) <= 2, list(path.parent.iterdir())
    if ended == 0:
        break
    assert ended == -signal.SIGKILL, ended
    compiled.write_compiled(path, "old", knowledge, {})
assert found.fingerprint == "new"
assert list(path.parent.iterdir()) == [path]
print(line - 1)
"""


def test_a_build_killed_at_any_line_of_its_writing_leaves_a_whole_file(folder: Path, tmp_path: Path) -> None:
    App.load(folder)
    path = tmp_path / "builds" / "knowledge.bin"
    run = python("-c", KILLED_AT_A_LINE, path, build_path(folder), stdout=subprocess.PIPE)
    out, err = run.communicate()
    assert (run.returncode, err) == (0, "")
    assert int(out) > 50


def _with_another_example(number: int) -> str:
    """Knowledge that must be learned anew."""
    return SUBJECT.replace("my elbow makes a humming noise", f"my elbow makes a {'very ' * (number % 20)}humming noise")


def test_a_build_with_a_damaged_inside_is_made_anew(folder: Path) -> None:
    App.load(folder)
    content = bytearray(build_path(folder).read_bytes())
    at = content.index(b'["', 2_000)
    content[at : at + 5_000] = b"\xff" * 5_000
    build_path(folder).write_bytes(content)
    write(folder, CHANGED)
    assert "It changed." in answer(LiveSkill(folder))


def test_a_build_killed_at_any_moment_leaves_the_last_good_one(folder: Path) -> None:
    App.load(folder)
    started = time.monotonic()
    write(folder, _with_another_example(0))
    build = python("-m", "skill", "build", "--knowledge", folder)
    build.communicate()
    took = time.monotonic() - started
    chance = random.Random(2)  # noqa: S311 (not for secrets)
    for number in range(KILLS):
        write(folder, _with_another_example(number + 1))
        before = build_path(folder).read_bytes()
        build = python("-m", "skill", "build", "--knowledge", folder, start_new_session=True)
        time.sleep(chance.uniform(0, took))
        os.killpg(build.pid, signal.SIGKILL)
        build.communicate()
        after = build_path(folder).read_bytes()
        assert after == before or Compiled(build_path(folder)).knowledge().answers["elbow-humming/overview"]
    current = open_current(folder)
    assert current.problems == ()
    assert list(build_path(folder).parent.glob(f".{build_path(folder).name}.*")) == []
