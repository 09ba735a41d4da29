"""Builds the compiled knowledge: reads and checks the files, learns from their examples, writes one file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from skill.knowledge.compiled import write_compiled
from skill.knowledge.load import load_knowledge
from skill.knowledge.model import Knowledge
from skill.understanding.lexicon import Lexicon, lexicon_entries
from skill.understanding.train import learn
from skill.understanding.vectors import WordVectors


def build(folder: Path, path: Path, fingerprint: str, told: Callable[[str], None] = lambda said: None) -> None:
    """Compile `folder` to `path`. Raises KnowledgeError and leaves `path` alone when a file is broken."""
    taught = load_knowledge(folder)
    told(f"Learning from {len(taught.lessons):,} examples ...")
    entries = entries_of(taught.knowledge)
    model = learn(taught.lessons, Lexicon(entries), WordVectors())
    sections: dict[str, Any] = {"lexicon": entries, "labels": model.labels, **model.weights}
    write_compiled(path, fingerprint, taught.knowledge, sections)


def entries_of(knowledge: Knowledge) -> dict[str, dict[str, str]]:
    """The lexicon of `knowledge`; names that differ by locale are listed as the unknown locale says them."""
    return lexicon_entries(knowledge.subjects, knowledge.vocabulary, knowledge.locales["unknown"].words)
