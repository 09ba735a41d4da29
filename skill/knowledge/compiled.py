"""The compiled knowledge: one file that a start maps into memory and reads almost nothing of.

Layout: eight bytes of magic, four of header length, a JSON header, then the sections it names, each aligned to eight
bytes. Weights stay arrays in the mapped file; answers are read one at a time.
"""

from __future__ import annotations

import json
import mmap
import os
from array import array
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from skill.errors import SkillError
from skill.knowledge.model import (
    Answer,
    Citation,
    Knowledge,
    Locale,
    Phrase,
    Phrases,
    Sign,
    Subject,
    Vocabulary,
)
from skill.speech import Pronunciation

if TYPE_CHECKING:
    from pathlib import Path

MAGIC = b"BODYSIG1"

KEPT_ANSWERS = 256


class CompiledError(SkillError):
    """The file is not a compiled knowledge that this version can read."""


class Compiled:
    """An open compiled file."""

    def __init__(self, path: str | Path) -> None:
        try:
            with open(path, "rb") as file:
                self._view = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
            if bytes(self._view[:8]) != MAGIC:
                raise CompiledError(f"{path} is no compiled knowledge of this version; delete it to build it anew")
            end = 12 + int.from_bytes(self._view[8:12], "little")
            header = json.loads(bytes(self._view[12:end]))
            self.fingerprint: str = header["fingerprint"]
            self._sections: dict[str, tuple[int, int, str]] = header["sections"]
            self._base = _aligned(end)
            whole = self._base + max(start + length for start, length, _ in self._sections.values())
        except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
            raise CompiledError(f"{path} cannot be read ({error}); delete it to build it anew") from None
        if len(self._view) < whole:
            raise CompiledError(f"{path} is cut short; delete it to build it anew")

    def json(self, name: str) -> Any:
        return json.loads(bytes(self.raw(name)))

    def raw(self, name: str) -> memoryview:
        start, length, _ = self._sections[name]
        return self._view[self._base + start : self._base + start + length]

    def array(self, name: str) -> Any:
        """A section of numbers, still in the mapped file: a memoryview of the type it was written with."""
        kind: Any = self._sections[name][2]
        return self.raw(name).cast(kind)

    def knowledge(self) -> Knowledge:
        parts = self.json("knowledge")
        phrases = Phrases(*parts["phrases"])
        return Knowledge(
            answers=_Answers(self, parts["answer_ids"]),
            subjects={name: Subject(*row) for name, row in parts["subjects"].items()},
            signs={name: Sign(*row) for name, row in parts["signs"].items()},
            phrases=phrases._replace(speech={name: Phrase(*row) for name, row in phrases.speech.items()}),
            locales={name: Locale(*row) for name, row in parts["locales"].items()},
            citations={name: Citation(*row) for name, row in parts["citations"].items()},
            pronunciations=tuple(Pronunciation(*row) for row in parts["pronunciations"]),
            vocabulary=Vocabulary(*parts["vocabulary"]),
            example=parts["example"],
            samples=_Samples(self),
        )


class _Answers(Mapping[str, Answer]):
    """The answers, each read when it is asked for; those asked for of late are kept."""

    def __init__(self, compiled: Compiled, ids: list[str]) -> None:
        self._rows = {name: row for row, name in enumerate(ids)}
        self._starts = compiled.array("answer_starts")
        self._texts = compiled.raw("answers")
        self._answer = lru_cache(maxsize=KEPT_ANSWERS)(self._read)

    def __getitem__(self, answer_id: str) -> Answer:
        return self._answer(self._rows[answer_id])

    def _read(self, row: int) -> Answer:
        return Answer(*json.loads(bytes(self._texts[self._starts[row] : self._starts[row + 1]])))

    def __contains__(self, answer_id: object) -> bool:
        return answer_id in self._rows

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)


class _Samples(Mapping[str, tuple[str, ...]]):
    """The samples, read when the first is asked for: only the interaction model needs them."""

    def __init__(self, compiled: Compiled) -> None:
        self._compiled = compiled
        self._read: dict[str, list[str]] | None = None

    def _all(self) -> dict[str, list[str]]:
        if self._read is None:
            self._read = self._compiled.json("samples")
        return self._read

    def __getitem__(self, label: str) -> tuple[str, ...]:
        return tuple(self._all()[label])

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())


def write_compiled(path: Path, fingerprint: str, knowledge: Knowledge, understanding: Mapping[str, Any]) -> None:
    """Write the file whole or not at all. `understanding` holds its sections: JSON data, or arrays of numbers."""
    # Imported here: they cost a start more than reading the knowledge does, and a Lambda writes none.
    import tempfile
    from pathlib import Path

    texts = [_dump(answer) for answer in knowledge.answers.values()]
    starts = array("I", [0])
    for text in texts:
        starts.append(starts[-1] + len(text))
    rest = {**knowledge._asdict(), "answers": None, "samples": None, "answer_ids": list(knowledge.answers)}
    sections = {
        "knowledge": rest,
        "samples": dict(knowledge.samples),
        "answers": b"".join(texts),
        "answer_starts": starts,
        **understanding,
    }
    header: dict[str, tuple[int, int, str]] = {}
    body = bytearray()
    for name, content in sections.items():
        kind = content.typecode if isinstance(content, array) else "B"
        raw = content.tobytes() if isinstance(content, array) else content if isinstance(content, bytes) else _dump(content)
        body += b"\0" * (_aligned(len(body)) - len(body))
        header[name] = (len(body), len(raw), kind)
        body += raw
    head = _dump({"fingerprint": fingerprint, "sections": header})
    start = MAGIC + len(head).to_bytes(4, "little") + head
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(start.ljust(_aligned(len(start)), b"\0") + body)
            # Or the name may be on the disk before the content when the power fails.
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _dump(data: Any) -> bytes:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()


def _aligned(offset: int) -> int:
    return (offset + 7) // 8 * 8
