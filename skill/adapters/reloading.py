"""Serves the newest good build of the knowledge, and takes up changed files while it answers."""

from __future__ import annotations

import logging
import shutil
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from skill.adapters.alexa import build_handler
from skill.app import App
from skill.current import build_path
from skill.errors import KnowledgeError
from skill.knowledge.compiled import Compiled, CompiledError
from skill.places import PROJECT
from skill.turns import LAUNCH, Session, Turn

LOOK_SECONDS = 2.0

log = logging.getLogger(__name__)

Stamp = tuple[tuple[str, int, int], ...]


class LiveSkill:
    """The handler of the newest good build. Requests under way keep the build that they began with."""

    def __init__(self, folder: Path) -> None:
        """Load the knowledge of `folder`. Raises KnowledgeError when there is nothing to serve."""
        self._folder = folder
        self._seen = self._changing = _stamp(folder)
        self._serve(App.load(folder, log.info))
        if self._app.problems:
            log.error("%s", KnowledgeError(self._app.problems))

    def __call__(self, event: dict[str, Any], context: Any) -> dict[str, Any]:
        return self._handler(event, context)

    def is_ready(self) -> bool:
        """Whether a launch can be answered."""
        try:
            return bool(self._app.reply(Turn(LAUNCH, ""), Session())[0].ssml)
        except Exception:
            return False

    def watch(self) -> None:
        """Look for changed files from now on, in a thread of its own."""
        threading.Thread(target=self._watch, name="watch", daemon=True).start()

    def refresh(self) -> bool:
        """Take up changed files, once two looks in a row found them alike: an editor may still be writing.

        Returns whether another build answers now. Broken, deleted and unreadable files leave the last good one.
        """
        found = _stamp(self._folder)
        settled, self._changing = found == self._changing, found
        if not settled or found == self._seen or not found:
            return False
        self._seen = found
        # In another process: learning takes a minute of a processor, and answers would wait for it.
        gently = ["nice", "-n", "10"] if shutil.which("nice") else []
        run = subprocess.run(  # noqa: S603 (this very Python)
            [*gently, sys.executable, "-m", "skill", "build", "--knowledge", str(self._folder.resolve())],
            cwd=PROJECT,
            capture_output=True,
            text=True,
            check=False,
        )
        if run.returncode:
            log.error("the knowledge is served as it was:\n%s", run.stderr.strip())
            return False
        try:
            self._serve(App.of(Compiled(build_path(self._folder))))
        except (CompiledError, LookupError, TypeError, ValueError) as error:
            log.error("the knowledge is served as it was: %s", error)
            return False
        log.info("the knowledge changed, and is served as it is now")
        return True

    def _serve(self, app: App) -> None:
        handler = build_handler(app)
        self._app, self._handler = app, handler

    def _watch(self) -> None:
        pause = threading.Event()
        while not pause.wait(LOOK_SECONDS):
            try:
                self.refresh()
            except Exception as error:
                # Whatever happens to the files, the thread looks again.
                log.error("cannot look for changed knowledge: %s", type(error).__name__)


def _stamp(folder: Path) -> Stamp:
    """The names, sizes and times of the knowledge files; empty when there are none to be seen."""
    found = []
    for file in sorted(folder.glob("*.yaml")):
        try:
            status = file.stat()
        except OSError:
            continue
        found.append((file.name, status.st_size, status.st_mtime_ns))
    return tuple(found)
