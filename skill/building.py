"""Builds the compiled knowledge: reads and checks the files, learns from their examples, writes one file."""

from __future__ import annotations

import hashlib
import json
from array import array
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from skill.knowledge.compiled import Compiled, CompiledError, write_compiled
from skill.knowledge.load import load_knowledge
from skill.knowledge.model import Knowledge, Lesson
from skill.places import PROJECT
from skill.understanding.lexicon import Entries, Lexicon, lexicon_entries
from skill.understanding.linear import Weights
from skill.understanding.train import learn
from skill.understanding.vectors import WordVectors

LEARNING = (
    "normalize.py",
    *(
        f"understanding/{name}.py"
        for name in ("features", "lanes", "lexicon", "linear", "machines", "noise", "sounds", "train", "vectors")
    ),
    "understanding/vectors.bin",
    "understanding/words.txt",
)
"""What decides what is learned from the same examples; a test holds it against what `train` imports."""


def build(folder: Path, path: Path, fingerprint: str, told: Callable[[str], None] = lambda said: None) -> None:
    """Compile `folder` to `path`. Raises KnowledgeError and leaves `path` alone when a file is broken.

    Learning takes nearly all the time. Where only what is said has changed, what the last build learned is kept.
    """
    taught = load_knowledge(folder)
    entries = entries_of(taught.knowledge)
    learned_from = _learned_from(taught.lessons, entries)
    learned = _learned_before(path, learned_from)
    if learned is None:
        told(f"Learning from {len(taught.lessons):,} examples ...")
        vectors = WordVectors()
        model = learn(taught.lessons, Lexicon(entries, vectors), vectors)
        learned = {"labels": model.labels, **model.weights}
    sections = {"learned_from": learned_from, "lexicon": entries, **learned}
    write_compiled(path, fingerprint, taught.knowledge, sections)


def entries_of(knowledge: Knowledge) -> Entries:
    """The lexicon of `knowledge`; names that differ by locale are listed as the unknown locale says them."""
    return lexicon_entries(knowledge.subjects, knowledge.vocabulary, knowledge.locales["unknown"].words)


def _learned_from(lessons: Sequence[Lesson], entries: Entries) -> str:
    found = hashlib.sha256(json.dumps([entries, [(lesson.text, lesson.label) for lesson in lessons]]).encode())
    for name in LEARNING:
        found.update((PROJECT / "skill" / name).read_bytes())
    return found.hexdigest()


def _learned_before(path: Path, learned_from: str) -> dict[str, Any] | None:
    """The sections that the build at `path` learned, if it did so from the same."""
    try:
        built = Compiled(path)
        if built.json("learned_from") != learned_from:
            return None
        weights = {name: built.array(name) for name in Weights._fields}
        return {"labels": built.json("labels"), **{name: array(part.format, part.tobytes()) for name, part in weights.items()}}
    except (CompiledError, LookupError, TypeError, ValueError):
        # Of another version, or damaged.
        return None
