"""Assembles what Lambda unpacks: the modules that an answer needs, the compiled knowledge, the SDK, and byte code of all."""

from __future__ import annotations

import ast
import hashlib
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from skill.current import build_path, open_current
from skill.deploy.lazy import make_model_lazy
from skill.deploy.tools import FUNCTION_PYTHON, TOOLS, byte_code_python
from skill.errors import SkillError, UsageError
from skill.places import KNOWLEDGE, PROJECT, shown_path

ENTRY = "lambda.lambda_function"
"""The module that Lambda loads, by its name in a text: no import statement could hold a keyword."""

REQUIREMENTS = PROJECT / "lambda" / "requirements.txt"

DATA = ("skill/understanding/tuned.json", "skill/understanding/vectors.bin")

NEVER_REACHED = {"skill.current"}
"""Imported inside a function, where knowledge files lie beside the code: on a Lambda there are none."""

OURS = ("lambda", "skill")


class ArtifactError(SkillError):
    """The artifact cannot be made; the message says what cures it."""


def assemble(folder: Path, told: Callable[[str], None]) -> None:
    """Fill the empty `folder`. Raises KnowledgeError when the knowledge is broken: the last good build is not shipped."""
    if folder.exists() and any(folder.iterdir()):
        raise UsageError(f"{folder} is not empty; name a new folder")
    current = open_current(told=told)
    if current.problems:
        raise ArtifactError("The knowledge files have problems; run python -m skill check, and mend them first.")
    _install(folder)
    make_model_lazy(folder / "ask_sdk_model")
    for file in [*modules(ENTRY), *(PROJECT / name for name in DATA), build_path(KNOWLEDGE)]:
        target = folder / file.relative_to(PROJECT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)
    python = byte_code_python()
    if python is None:
        told(
            f"There is no Python {FUNCTION_PYTHON} here, so nothing is compiled: the function answers as well, and starts some "
            f"0.2 seconds later. Before you deploy, install Python {FUNCTION_PYTHON}, delete {shown_path(TOOLS)} and build again."
        )
    else:
        _compile(folder, python)


def modules(entry: str) -> list[Path]:
    """The files of `entry` and of all it may import of the project, in functions too."""
    found: dict[str, Path] = {}
    waiting = [entry]
    while waiting:
        name = waiting.pop()
        file = _file_of(name)
        if file is None or name in found or name in NEVER_REACHED:
            continue
        found[name] = file
        waiting += [name.rpartition(".")[0], *_imported(file)]
    return sorted(found.values())


def digest(folder: Path) -> str:
    """One hash of the names and contents of all files in `folder`."""
    found = hashlib.sha256()
    for file in sorted(each for each in folder.rglob("*") if each.is_file()):
        found.update(f"{file.relative_to(folder)} {file.stat().st_size}\n".encode() + file.read_bytes())
    return found.hexdigest()


def _file_of(module: str) -> Path | None:
    path = PROJECT.joinpath(*module.split("."))
    if path.name and (path / "__init__.py").is_file():
        return path / "__init__.py"
    return path.with_suffix(".py") if module.startswith(OURS) and path.with_suffix(".py").is_file() else None


def _imported(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            # `from skill import speech` imports a module, `from skill.speech import fill` a name of one.
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _install(folder: Path) -> None:
    """Install what lambda/requirements.txt lists, for the function's Python and processor whatever runs pip."""
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--root-user-action", "ignore"]
    pip += ["--target", str(folder), "--requirement", str(REQUIREMENTS), "--require-hashes", "--no-deps", "--no-compile"]
    pip += ["--only-binary", ":all:", "--implementation", "cp", "--python-version", FUNCTION_PYTHON]
    pip += ["--platform", "manylinux2014_x86_64", "--platform", "manylinux_2_28_x86_64"]
    if subprocess.run(pip, check=False).returncode:  # noqa: S603 (this very Python)
        raise ArtifactError(f"pip could not install {REQUIREMENTS.relative_to(PROJECT)}; its message is above.")
    for each in [folder / "bin", *folder.glob("*.dist-info")]:
        shutil.rmtree(each, ignore_errors=True)
    # Markers for type checkers, and a second table of time zones.
    for each in [*folder.rglob("py.typed"), *folder.rglob("*.tar.gz")]:
        each.unlink()


def _compile(folder: Path, python: Path) -> None:
    """Compile all, and leave the libraries' sources out: with both it would be twice as large.

    Byte code is marked to be taken as it is, never compared with its source: `sam deploy` dates every file 1980, and by
    time Python would take none of it for valid.
    """
    run = [str(python), "-W", "ignore", "-m", "compileall", "-q", "-j", "1", "--invalidation-mode", "unchecked-hash"]
    # Nothing of this machine's folders goes into the byte code, so that two builds are the same.
    run += ["-s", str(folder), "-p", "/var/task"]
    sdk, others = sorted(folder.glob("ask_sdk_*")), [folder / "dateutil", folder / "six.py"]
    # The SDK goes without its docstrings. It asserts nothing, which the same option would strip; dateutil does.
    for options, parts in (([], [folder / name for name in OURS]), (["-b", "-o", "2"], sdk), (["-b"], others)):
        if subprocess.run([*run, *options, *map(str, parts)], check=False).returncode:  # noqa: S603 (a Python, our folders)
            raise ArtifactError(f"{python} could not compile the artifact; its message is above.")
    for part in (*sdk, *others):
        for file in [part] if part.is_file() else part.rglob("*.py"):
            file.unlink()
