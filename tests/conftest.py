"""What several tests share: the real skill, and a small folder of knowledge to change."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import yaml

from skill.adapters.local import LocalSkill
from skill.places import KNOWLEDGE

ENGINES = pytest.StashKey[list[str]]()

SHARED = ("sources", "locales", "phrases", "vocabulary", "wording")

SUBJECT = """\
# yaml-language-server: $schema=schema/subject.json
name: "elbow humming"
kind: symptom
also: ["humming elbow", "elbow hum"]
reviewed_on: 2026-11-22
clinician_review: "not yet"

answers:
  overview:
    label: "what elbow humming is"
    ask:
      - "what is elbow humming"
      - "why does my elbow hum"
      - "my elbow makes a humming noise"
    say: "Elbow humming is a made-up thing. It is here for a test."
    next: signs
    sources: [nhs-twitching]
  signs:
    label: "the signs of elbow humming"
    ask:
      - "what are the signs of elbow humming"
      - "how do i know my elbow hums"
      - "what else comes with a humming elbow"
    say: "The sign of elbow humming is a low note near the elbow."
    more: "Some elbows hum in tune with a fridge."
    sources: [nhs-twitching]
  treatment:
    label: "how to quiet it"
    ask:
      - "how do i stop my elbow humming"
      - "what helps against elbow humming"
      - "how is a humming elbow treated"
    say: "Elbow humming stops when the elbow rests."
    sources: [nhs-twitching]
"""


@pytest.fixture(scope="session")
def skill() -> LocalSkill:
    """The product: its own knowledge behind the handler that Lambda runs."""
    return LocalSkill()


@pytest.fixture
def small_folder(tmp_path: Path) -> Path:
    """A sound folder with one made-up subject, the product's shared files, and few examples to learn from."""
    return make_small_folder(tmp_path)


def make_small_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "knowledge"
    folder.mkdir()
    for name in SHARED:
        shutil.copy(KNOWLEDGE / f"{name}.yaml", folder)
    emergencies = yaml.safe_load((KNOWLEDGE / "emergencies.yaml").read_text(encoding="utf-8"))
    few = {
        **emergencies,
        "reviewed_on": str(emergencies["reviewed_on"]),
        "not_emergencies": {"none": ["i watched a film about a stroke"]},
    }
    few["signs"] = {name: {**sign, "heard": sign["heard"][:4]} for name, sign in emergencies["signs"].items()}
    (folder / "emergencies.yaml").write_text(yaml.safe_dump(few, allow_unicode=True, width=10_000), encoding="utf-8")
    outside = {"groups": {"far": {"about": "far away", "ask": ["what is the weather", "play a song", "who won the match"]}}}
    (folder / "outside.yaml").write_text(yaml.safe_dump(outside, width=10_000), encoding="utf-8")
    (folder / "elbow-humming.yaml").write_text(SUBJECT, encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def engines(pytestconfig: pytest.Config) -> list[str]:
    """What ran the built Lambda function, for the end of the report."""
    return pytestconfig.stash.setdefault(ENGINES, [])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    for engine in config.stash.get(ENGINES, []):
        terminalreporter.write_line(f"The built Lambda function ran in {engine}.")
