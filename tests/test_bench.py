"""What measures is measured: peers are asked alike, and made-up knowledge is sound."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from skill.adapters.commands.common import built
from skill.adapters.local import LocalSkill, now
from skill.bench import peers, scale, start, web
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


def test_a_ratio_is_taken_within_a_round() -> None:
    ours, other = start.Times("ours", [10.0, 30.0, 20.0]), start.Times("other", [20.0, 60.0, 80.0])
    assert [line.split()[-3:] for line in start.cold_table([ours, other]).splitlines()[1:]] == [
        ["20.0", "10.0", "1.00x"],
        ["60.0", "20.0", "0.50x"],
    ]


def test_memory_stands_for_its_share_of_a_processor() -> None:
    table = start.memory_table({256: [start.Times("ours", [4.0, 5.0, 9.0])], 1769: [start.Times("ours", [3.0])]})
    assert [line.split() for line in table.splitlines()[1:]] == [["256", "0.14", "5.0", "ms"], ["1769", "1.00", "3.0", "ms"]]


def test_the_built_function_is_timed_by_turns(skill: LocalSkill) -> None:
    launch = skill.device().launch(now())
    (times,) = start.measure_cold([start.Function("ours", built(), start.HANDLER, launch)], 2)
    assert len(times.rounds) == 2
    assert min(times.rounds) > 1


def test_answers_are_timed_in_the_built_function(skill: LocalSkill) -> None:
    device = skill.device()
    times = start.measure_warm(built(), [device.request(said, now()) for said in ("why is my lip twitching", "help")])
    assert [len(each.rounds) for each in times] == [2, 2]
    assert [line.split()[-5] for line in start.warm_table(times).splitlines()[1:]] == ["2", "2"]


def test_the_plot_shows_each_function(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    start.plot([start.Times("ours", [1.0, 2.0]), start.Times("other", [3.0, 4.0])], tmp_path / "plot.svg")
    assert "<svg" in (tmp_path / "plot.svg").read_text(encoding="utf-8")


def test_the_load_is_answered_by_both_and_shared_out() -> None:
    pytest.importorskip("waitress")
    rows = list(web.measure(rounds=1, requests=100))
    assert [(row.skill, row.workers, row.request) for row in rows] == [
        (skill, workers, request)
        for workers in web.WORKERS
        for request in ("launch", "question")
        for skill in (web.HELLO, web.OURS)
    ]
    assert {row.share for row in rows if row.skill == web.HELLO} == {1.0}
    assert all(row.per_second > 0 and 0 < row.p50 <= row.p99 for row in rows)
    assert len(web.as_table(rows).splitlines()) == 1 + len(rows)


def test_the_plot_shows_each_load(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    rows = [web.Row(skill, workers, "launch", 9.0, 1.0, 2.0, 1.0) for workers in web.WORKERS for skill in (web.HELLO, web.OURS)]
    web.plot(rows, tmp_path / "plot.svg")
    assert "<svg" in (tmp_path / "plot.svg").read_text(encoding="utf-8")


def test_a_soak_looks_at_both_doors() -> None:
    pytest.importorskip("waitress")
    looks = list(web.soak(100))
    assert [door for door, _ in looks] == ["web service"] * web.LOOKS + ["Lambda's handler"] * web.LOOKS
    assert all(look.megabytes > 10 and look.descriptors > 2 for _, look in looks)
    assert [look.requests for _, look in looks[:3]] == [10, 20, 30]
