"""The compiled knowledge: built on first use and after a change, never replaced by a broken one, never half written."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from skill import current
from skill.adapters.local import LocalSkill
from skill.app import App
from skill.building import LEARNING
from skill.current import build_path, fingerprint, open_current
from skill.errors import KnowledgeError
from skill.knowledge.compiled import Compiled, CompiledError
from tests.test_architecture import imports

BROKEN = "name: no\n"


@pytest.fixture
def folder(small_folder: Path) -> Iterator[Path]:
    yield small_folder
    build_path(small_folder).unlink(missing_ok=True)
    note_of(small_folder).unlink(missing_ok=True)


def note_of(folder: Path) -> Path:
    return build_path(folder).with_suffix(".seen")


def test_the_first_use_builds_and_the_second_does_not(folder: Path) -> None:
    told: list[str] = []
    open_current(folder, told.append)
    assert len(told) == 1
    written = build_path(folder).stat().st_mtime_ns
    open_current(folder, told.append)
    assert len(told) == 1
    assert build_path(folder).stat().st_mtime_ns == written


def test_files_are_read_anew_only_when_one_was_touched(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[Path] = []
    monkeypatch.setattr(current, "fingerprint", lambda folder: read.append(folder) or fingerprint(folder))
    monkeypatch.setattr(current, "SETTLED_NS", 0)
    first = open_current(folder).compiled
    assert open_current(folder).compiled.fingerprint == first.fingerprint
    assert len(read) == 1
    # As large as before, and as old: what a copy from an archive may be.
    file = folder / "elbow-humming.yaml"
    status, text = file.stat(), file.read_text(encoding="utf-8")
    file.write_text(text.replace("It is here for a test.", "It is here for a jest."), encoding="utf-8")
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
    changed = open_current(folder).compiled
    assert len(read) == 2
    assert "It is here for a jest." in changed.knowledge().answers["elbow-humming/overview"].say
    note_of(folder).write_bytes(b"\xff")
    assert open_current(folder).compiled.fingerprint == changed.fingerprint
    assert len(read) == 3


def test_what_was_touched_just_now_is_not_trusted_to_stay(folder: Path) -> None:
    (folder / "elbow-humming.yaml").touch()
    open_current(folder)
    assert not note_of(folder).exists()


def test_a_changed_file_is_heard_in_the_next_answer(folder: Path) -> None:
    LocalSkill(folder)
    file = folder / "elbow-humming.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("It is here for a test.", "It changed."), encoding="utf-8")
    skill = LocalSkill(folder)
    assert "It changed." in skill.say(skill.device(), "what is elbow humming").heard.speech


def test_what_is_learned_depends_on_all_that_learning_imports() -> None:
    waiting, found = ["skill.understanding.train"], set()
    while waiting:
        module = waiting.pop()
        found.add(module)
        waiting += [each.of for each in imports() if each.by == module and each.of.startswith("skill.") and each.of not in found]
    names = {f"{module.removeprefix('skill.').replace('.', '/')}.py" for module in found}
    # Plain data and errors: they hold nothing that could change a weight.
    assert names - {"knowledge/model.py", "errors.py", "speech.py"} == {name for name in LEARNING if name.endswith(".py")}


def test_a_changed_sentence_is_not_learned_from_again_and_a_changed_question_is(folder: Path) -> None:
    told: list[str] = []
    open_current(folder, told.append)
    file = folder / "elbow-humming.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("It is here for a test.", "It changed."), encoding="utf-8")
    built = open_current(folder, told.append).compiled
    assert len(told) == 1
    build_path(folder).unlink()
    anew = open_current(folder, told.append).compiled
    assert (len(told), anew.raw("labels"), anew.raw("keys")) == (2, built.raw("labels"), built.raw("keys"))
    file.write_text(file.read_text(encoding="utf-8").replace("what is elbow humming", "describe elbow humming"), encoding="utf-8")
    open_current(folder, told.append)
    assert len(told) == 3


def test_a_broken_file_leaves_the_last_good_build_answering(folder: Path) -> None:
    App.load(folder)
    before = build_path(folder).read_bytes()
    (folder / "elbow-humming.yaml").write_text(BROKEN, encoding="utf-8")
    skill = LocalSkill(folder)
    assert skill.say(skill.device(), "what is elbow humming").answer_id == "elbow-humming/overview"
    assert any(problem.path.endswith("elbow-humming.yaml") for problem in skill.app.problems)
    assert build_path(folder).read_bytes() == before


def test_broken_files_without_an_earlier_build_say_what_is_wrong(folder: Path) -> None:
    (folder / "elbow-humming.yaml").write_text(BROKEN, encoding="utf-8")
    with pytest.raises(KnowledgeError) as raised:
        App.load(folder)
    assert raised.value.problems
    assert not build_path(folder).exists()


def test_a_mended_file_is_built_again(folder: Path) -> None:
    App.load(folder)
    file = folder / "elbow-humming.yaml"
    sound = file.read_text(encoding="utf-8")
    file.write_text(BROKEN, encoding="utf-8")
    assert App.load(folder).problems
    file.write_text(sound.replace("It is here", "It stands here"), encoding="utf-8")
    assert not App.load(folder).problems


@pytest.mark.parametrize("damage", [b"", b"BODYSIG1", b"BODYSIG1\xff\xff\xff\xff", b"something else entirely"])
def test_a_damaged_build_is_made_anew(folder: Path, damage: bytes) -> None:
    App.load(folder)
    build_path(folder).write_bytes(damage)
    with pytest.raises(CompiledError):
        Compiled(build_path(folder))
    skill = LocalSkill(folder)
    assert skill.say(skill.device(), "what is elbow humming").answer_id == "elbow-humming/overview"


def test_the_same_files_build_the_same_bytes(folder: Path) -> None:
    App.load(folder)
    first = build_path(folder).read_bytes()
    build_path(folder).unlink()
    App.load(folder)
    assert build_path(folder).read_bytes() == first


def test_no_build_names_the_machine_it_was_made_on(skill: LocalSkill) -> None:
    places = [answer.place for answer in skill.app.knowledge.answers.values()]
    assert places
    assert all(place.startswith("knowledge/") for place in places)
