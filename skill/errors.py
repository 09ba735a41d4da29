"""What can go wrong, told to the person who can mend it."""

from collections.abc import Sequence
from typing import NamedTuple


class Problem(NamedTuple):
    """One thing wrong in a knowledge file: where it is, what it is and what cures it."""

    path: str
    line: int
    column: int
    message: str
    """`what is wrong; what cures it`"""

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}: {self.message}"


class SkillError(Exception):
    """Any failure with a sentence for the person at the keyboard."""


class UsageError(SkillError):
    """A command was called in a way that cannot work."""


class KnowledgeError(SkillError):
    """The knowledge cannot be used as it stands; `problems` says why."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))
