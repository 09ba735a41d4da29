"""What measures is measured: peers are asked alike, and made-up knowledge is sound."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from skill.bench import peers, scale
from skill.evaluation import Case
from skill.knowledge.check import check_sources
from skill.knowledge.load import read_folder

HOW = ("i want", "please give me", "can i have", "could you get", "i would like", "how do i get")
TAUGHT = [(f"{how} {what}", what.split()[-1]) for what in ("the light", "some music", "a table") for how in HOW]
CASES = [Case(str(at), "plain", ((text, (label,)),)) for at, (text, label) in enumerate(TAUGHT)]


def _missing(texts: Sequence[str], labels: Sequence[str]) -> peers.Answer:
    raise peers.NotInstalledError("a-package")


def test_each_peer_learns_what_it_is_taught() -> None:
    (row,) = peers.compare({"tfidf": peers.tfidf}, TAUGHT, CASES)
    assert isinstance(row, peers.Row)
    assert [each.outcome for each in row.judged] == ["right"] * len(CASES)
    assert peers.as_table([row]).splitlines()[1].split()[:3] == ["tfidf", "100.0", "0.0"]


def test_what_is_not_installed_is_named_with_its_cure() -> None:
    assert list(peers.compare({"other": _missing}, TAUGHT, CASES)) == ["other: not installed; pip install a-package"]


def test_no_part_is_asked_of_what_was_taught_with_it() -> None:
    seen: list[set[str]] = []

    def taught(texts: Sequence[str], labels: Sequence[str]) -> peers.Answer:
        mine = set(texts)
        seen.append(mine)
        return lambda text: "again" if text in mine else "new"

    (row,) = peers.cross_validate({"memory": taught}, CASES)
    assert isinstance(row, peers.Row)
    assert len(seen) == peers.FOLDS
    assert {each.answer.id for each in row.judged} == {"new"}
    assert len(row.judged) == len(CASES)


@pytest.mark.parametrize(
    ("label", "counted"),
    [("emergency/stroke", "emergency"), ("command/stop", "none"), ("follow-up/signs", "none"), ("als/signs", "als/signs")],
)
def test_labels_count_as_answers_do(label: str, counted: str) -> None:
    assert peers.public(label) == counted


def test_made_up_knowledge_has_no_problem(tmp_path: Path) -> None:
    names = scale.make_knowledge(tmp_path / "knowledge", 12)
    sources, problems = read_folder(tmp_path / "knowledge")
    assert problems + check_sources(sources, "knowledge") == []
    assert len(names) == 12
    assert names.keys() <= sources.keys()


def test_the_plot_shows_each_size(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    rows = [scale.Row(size, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 90.0, 1.0) for size in (10, 100)]
    scale.plot(rows, tmp_path / "plot.svg")
    assert "<svg" in (tmp_path / "plot.svg").read_text(encoding="utf-8")
    assert [line.split()[0] for line in scale.as_table(rows).splitlines()] == ["subjects", "10", "100"]
