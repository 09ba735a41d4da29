"""Keeps the compiled knowledge up to date with its files, and the last good build when they are broken."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from skill.errors import KnowledgeError, Problem
from skill.knowledge.compiled import Compiled, CompiledError
from skill.places import BUILDS, KNOWLEDGE, PROJECT, shown_path

SETTLED_NS = 2_000_000_000
"""What was touched longer ago shows it when it is touched again, even where a file system counts in seconds."""


class Current(NamedTuple):
    """The knowledge to serve, and what is wrong with its files when it is an older build."""

    compiled: Compiled
    problems: Sequence[Problem] = ()


def build_path(folder: Path) -> Path:
    """Where the build of `folder` lies: the product's own under a plain name, any other under one of its own."""
    if folder.resolve() == KNOWLEDGE:
        return BUILDS / "knowledge.bin"
    # Imported here, as below: most starts hash nothing, and are measured in milliseconds.
    import hashlib

    return BUILDS / f"knowledge-{hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:12]}.bin"


def open_current(folder: Path | None = None, told: Callable[[str], None] = lambda said: None) -> Current:
    """Open the build of `folder`, or of the product's own, building it first when a file changed.

    `told` hears that a build takes a while. Raises KnowledgeError when there is no such folder, or when its files are
    broken and nothing was ever built from them.
    """
    folder = folder or KNOWLEDGE
    path = build_path(folder)
    if not folder.is_dir():
        raise KnowledgeError([Problem(str(folder), 1, 1, "no such folder; name one with knowledge files")])
    wanted = _known_fingerprint(folder, path)
    built = _open(path)
    if built is not None and built.fingerprint == wanted:
        return Current(built)
    # Imported here: YAML, the checks and scikit-learn cost a second, and only a build needs them.
    from skill.building import build

    try:
        with _alone(folder, path):
            # Another process may have built it meanwhile.
            built = _open(path) or built
            if built is None or built.fingerprint != wanted:
                build(folder, path, wanted, told)
                built = Compiled(path)
        return Current(built)
    except KnowledgeError as error:
        problems = error.problems
    except OSError as error:
        cure = "make room for it, and let it be written"
        problems = (Problem(shown_path(path), 1, 1, f"the build cannot be written ({error.strerror}); {cure}"),)
    if built is None:
        raise KnowledgeError(problems)
    return Current(built, problems)


@contextmanager
def _alone(folder: Path, path: Path) -> Iterator[None]:
    """Let one process at a time build `folder`, and clear away what a build that was killed left behind.

    The lock is the kernel's and on the folder: it leaves no file, and ends with the process that holds it, however that ends.
    """
    import fcntl
    import os

    path.parent.mkdir(parents=True, exist_ok=True)
    lock = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for left in path.parent.glob(f".{path.name}.*"):
            left.unlink(missing_ok=True)
        yield
    finally:
        os.close(lock)


def _known_fingerprint(folder: Path, path: Path) -> str:
    """The fingerprint of `folder`, from a note beside the build at `path` where no file was touched since it was written.

    Reading all files takes longer than everything else that a start does.
    """
    note = path.with_suffix(".seen")
    touched = [_touched(file) for file in _sources(folder)]
    stamp = "\n".join(map(str, touched))
    try:
        known, _, seen = note.read_text(encoding="utf-8").partition("\n")
    except (OSError, ValueError):
        seen = ""
    if seen == stamp:
        return known
    found = fingerprint(folder)
    # What was touched just now may be touched again before the file system's clock ticks, and would look the same.
    if max(changed for *_, changed in touched) < time.time_ns() - SETTLED_NS:
        # A disk that is full or read-only: the next start reads all files again.
        with suppress(OSError):
            note.write_text(f"{found}\n{stamp}", encoding="utf-8")
    return found


def fingerprint(folder: Path) -> str:
    """A hash of everything a build depends on: the knowledge files, and the code that reads and learns from them."""
    import hashlib

    found = hashlib.sha256()
    for file in _sources(folder):
        try:
            content = file.read_bytes()
        except OSError:
            # A folder of that name, or a file that went away: the checks tell it.
            content = b""
        found.update(f"{file.name} {len(content)}\n".encode() + content)
    return found.hexdigest()


def _sources(folder: Path) -> list[Path]:
    skill = PROJECT / "skill"
    code = [skill / "building.py", skill / "normalize.py", skill / "speech.py"]
    code += [*(skill / "knowledge").glob("*.py"), *(skill / "understanding").glob("*.py")]
    code += [skill / "understanding" / name for name in ("vectors.bin", "words.txt")]
    return [*sorted(folder.glob("*.yaml")), *sorted(code)]


def _touched(file: Path) -> tuple[str, int, int, int, int]:
    """What tells that a file was touched, as git's index does: the time of its last change, in nanoseconds, stands last.

    That one no program can set: what is put back with an older date is noticed.
    """
    try:
        status = file.stat()
    except OSError:
        return str(file), 0, 0, 0, 0
    return str(file), status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def _open(path: Path) -> Compiled | None:
    try:
        return Compiled(path)
    except CompiledError:
        return None
