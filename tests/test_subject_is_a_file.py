"""A subject is only a file: dropped into the folder it is answered, offered and checked, with no change of code."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from skill.adapters.local import LocalSkill
from skill.current import build_path
from skill.knowledge.check import check_sources, notices
from skill.knowledge.load import read_folder
from skill.places import KNOWLEDGE
from tests.conftest import SUBJECT


@pytest.fixture(scope="module")
def with_elbow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalSkill]:
    """The whole knowledge, and one file more."""
    folder = tmp_path_factory.mktemp("copy") / "knowledge"
    shutil.copytree(KNOWLEDGE, folder)
    (folder / "elbow-humming.yaml").write_text(SUBJECT, encoding="utf-8")
    yield LocalSkill(folder)
    build_path(folder).unlink()


@pytest.mark.parametrize(
    ("said", "answer_id"),
    [
        ("what is elbow humming", "elbow-humming/overview"),
        ("tell me about elbow humming please", "elbow-humming/overview"),
        ("what are the symptoms of elbow humming", "elbow-humming/signs"),
        ("is there a cure for elbow humming", "elbow-humming/treatment"),
        ("why is my lip twitching", "lip-twitching/causes"),
    ],
)
def test_a_new_subject_is_answered_beside_the_others(with_elbow: LocalSkill, said: str, answer_id: str) -> None:
    assert with_elbow.say(with_elbow.device(), said).answer_id == answer_id


def test_a_new_symptom_is_offered_in_help(with_elbow: LocalSkill) -> None:
    heard = with_elbow.say(with_elbow.device(), "help").heard
    assert "elbow humming" in heard.speech


def test_follow_ups_reach_a_new_subject(with_elbow: LocalSkill) -> None:
    assert with_elbow.ask_all(["what is elbow humming", "how is that treated"])[-1].id == "elbow-humming/treatment"


def test_a_new_subject_is_checked(small_folder: Path) -> None:
    (small_folder / "elbow-humming.yaml").write_text(SUBJECT.replace("next: signs", "next: sings"), encoding="utf-8")
    sources, _ = read_folder(small_folder)
    [problem] = check_sources(sources, "knowledge")
    assert problem.message == '"sings" is no answer; did you mean "signs"?'


def test_a_new_subject_is_told_to_have_few_questions(small_folder: Path) -> None:
    sources, _ = read_folder(small_folder)
    told = [notice.message for notice in notices(sources) if "elbow" in notice.path]
    assert told.count("3 ways to ask; write 12 or more, so that it is found") == 3
    assert "no clinician has reviewed this file yet" in told
