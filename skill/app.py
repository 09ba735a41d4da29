"""The one way in: every door loads an App and asks it for a reply."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from skill.dialog import Dialog
from skill.errors import Problem
from skill.knowledge.compiled import Compiled
from skill.knowledge.model import Knowledge
from skill.turns import Reply, Session, Turn
from skill.understanding.reading import Reader

if TYPE_CHECKING:
    from pathlib import Path


class App:
    """The knowledge, ready to answer."""

    def __init__(self, knowledge: Knowledge, reader: Reader, problems: Sequence[Problem] = ()) -> None:
        self._dialog = Dialog(knowledge, reader)
        self.knowledge = knowledge
        self.reader = reader
        self.problems = problems
        """what keeps the newest files from being served, if anything"""

    @classmethod
    def load(cls, folder: Path | None = None, told: Callable[[str], None] = lambda said: None) -> App:
        """Open the build of `folder` (of the product's own, when none is named), made anew when a file changed.

        Raises KnowledgeError when there is none to serve.
        """
        # Imported here: a Lambda, which has a build and no files, starts without it.
        from skill.current import open_current

        current = open_current(folder, told)
        return cls.of(current.compiled, current.problems)

    @classmethod
    def of(cls, compiled: Compiled, problems: Sequence[Problem] = ()) -> App:
        """Serve one build."""
        return cls(compiled.knowledge(), Reader.open(compiled), problems)

    def apology(self, locale: str) -> Reply:
        """What is said when a reply failed."""
        return self._dialog.apology(locale)

    def can_answer(self, turn: Turn) -> str:
        """Whether the skill would answer a question: `yes`, `maybe` or `no`. Nothing is said or remembered."""
        return self._dialog.can_answer(turn)

    def reply(self, turn: Turn, session: Session) -> tuple[Reply, Session]:
        return self._dialog.reply(turn, session)
