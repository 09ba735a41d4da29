"""Runs a WSGI application on a listening socket: waitress in one process or several, and a stop that loses no answer."""

from __future__ import annotations

import logging
import os
import signal
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import waitress
from waitress import wasyncore

STOPS = (signal.SIGTERM, signal.SIGINT)

THREADS = 4
STOP_SECONDS = 8.0
"""How long answers under way may take after a stop; Alexa waits no longer for one."""
RESTART_SECONDS = 1.0

log = logging.getLogger(__name__)


def listen(host: str, port: int) -> socket.socket:
    return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET, backlog=1024)


def serve(web: Callable[..., Any], listener: socket.socket, max_body: int) -> None:
    """Answer until SIGTERM or SIGINT, then finish what was begun."""
    sockets: dict[int, Any] = {}
    server = waitress.create_server(
        web,
        map=sockets,
        sockets=[listener],
        threads=THREADS,
        ident=None,
        connection_limit=500,
        channel_timeout=30,
        cleanup_interval=10,
        max_request_header_size=16_384,
        # Over the application's own limit: what is far too long is not even read.
        max_request_body_size=2 * max_body,
        asyncore_use_poll=True,
    )
    stopping = False

    def stop(number: int, frame: Any) -> None:
        nonlocal stopping
        stopping = True
        server.pull_trigger()

    for each in STOPS:
        signal.signal(each, stop)
    while not stopping:
        wasyncore.loop(timeout=1, use_poll=True, map=sockets, count=1)
    # waitress itself would drop the answers that it has not sent yet.
    wasyncore.dispatcher.close(server)
    until = time.monotonic() + STOP_SECONDS
    while any(map(_is_busy, list(server.active_channels.values()))) and time.monotonic() < until:
        wasyncore.loop(timeout=0.1, use_poll=True, map=sockets, count=1)
    server.task_dispatcher.shutdown()


def _is_busy(channel: Any) -> bool:
    return bool(channel.request or channel.requests or channel.total_outbufs_len)


def supervise(work: Callable[[], None], workers: int) -> None:
    """Run `work` in as many processes, and each again that ends, until SIGTERM or SIGINT."""
    running: set[int] = set()
    stopping = False

    def stop(number: int, frame: Any) -> None:
        nonlocal stopping
        stopping = True
        for worker in running:
            with suppress(ProcessLookupError):
                os.kill(worker, signal.SIGTERM)

    for each in STOPS:
        signal.signal(each, stop)
    while True:
        while len(running) < workers and not stopping:
            # A stop that comes now waits until the worker is known.
            signal.pthread_sigmask(signal.SIG_BLOCK, STOPS)
            running.add(_fork(work))
            signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPS)
        if not running:
            break
        ended, status = os.wait()
        running.discard(ended)
        if not stopping:
            log.error("worker %d ended with %d; another one starts", ended, os.waitstatus_to_exitcode(status))
            time.sleep(RESTART_SECONDS)


def _fork(work: Callable[[], None]) -> int:
    worker = os.fork()
    if worker:
        return worker
    status = 1
    try:
        # The parent's handler would stop this one's siblings.
        for each in STOPS:
            signal.signal(each, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOPS)
        work()
        status = 0
    except BaseException as error:
        log.error("a worker failed: %s", type(error).__name__)
    finally:
        # Not sys.exit: the parent's way out is not this process's.
        os._exit(status)
