"""One background thread that does jobs in order.

Widget callbacks run in the main thread or in a subshell's thread, sometimes while a cell runs; they
must not block. They hand their work to a worker and return.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any


class Worker:
    """Runs jobs one after another in a daemon thread, started with the first job.

    Unlike `ThreadPoolExecutor`, it does not hold up the end of the process.
    """

    def __init__(self, name: str) -> None:
        """`name` is what the thread is called."""
        self._name = name
        self._jobs: queue.SimpleQueue[tuple[Future, Callable[[], Any]]] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._is_busy = False

    @property
    def depth(self) -> int:
        """Number of jobs that wait or go on."""
        return self._jobs.qsize() + self._is_busy

    def submit(self, job: Callable[[], Any]) -> Future:
        """Queue a job; its result or exception comes with the returned future."""
        future: Future = Future()
        self._jobs.put((future, job))
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
                self._thread.start()
        return future

    def _run(self) -> None:
        while True:
            future, job = self._jobs.get()
            self._is_busy = True
            if not future.set_running_or_notify_cancel():
                self._is_busy = False
                continue
            try:
                result = job()
            except BaseException as error:  # the future carries it; the thread lives on
                future.set_exception(error)
            else:
                future.set_result(result)
            self._is_busy = False
            del future, job  # an idle worker must not keep the last job's tensors alive
