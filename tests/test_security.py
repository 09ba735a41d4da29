"""SECURITY.md: every promise names a test, and every test that it names exists."""

from __future__ import annotations

import ast
import re

from skill.places import PROJECT

PAGE = (PROJECT / "SECURITY.md").read_text(encoding="utf-8")

NAMED = re.compile(r"`(tests/test_\w+\.py)::(test_\w+)`")


def names_in(file: str) -> set[str]:
    tree = ast.parse((PROJECT / file).read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def promises() -> list[str]:
    rows = [line for line in PAGE.splitlines() if line.startswith("|")]
    return [row for row in rows if not row.startswith(("| Promise |", "| --- |"))]


def test_every_promise_names_a_test() -> None:
    assert len(promises()) > 20
    assert [row for row in promises() if not NAMED.search(row)] == []


def test_every_test_that_is_named_exists() -> None:
    named = NAMED.findall(PAGE)
    assert len(named) > 30
    assert PAGE.count("::test_") == len(named)
    assert [f"{file}::{name}" for file, name in named if name not in names_in(file)] == []


def test_the_body_limit_that_is_told_is_the_one_that_holds() -> None:
    from skill.adapters.web import MAX_BODY

    assert f"{MAX_BODY:,} bytes" in PAGE
