"""Keeps bots running: forks each from a process that has imported everything already, anew whenever one is killed.

`python -m tests.chaos.nursery PORT ...`. A line `PORT PID` on standard output for each birth. SIGTERM is passed on, and ends
it. A campaign of hundreds of kills would else spend its time on imports; what runs in a child is `clearshot run` as it is.
"""

import contextlib
import ctypes
import gc
import os
import signal
import sys
from collections.abc import Sequence
from types import FrameType

from bot.__main__ import main as clearshot

PR_SET_PDEATHSIG = 1


class Nursery:
    """Parent of one bot for each port."""

    def __init__(self, ports: Sequence[str]) -> None:
        self._ports = ports
        self._living: dict[int, str] = {}
        self._ending = False

    def run(self) -> int:
        """Bear and bury until told to end, or until one ends by itself; its exit status."""
        signal.signal(signal.SIGTERM, self._end)
        ctypes.CDLL(None).prctl(
            PR_SET_PDEATHSIG, signal.SIGTERM
        )  # nobody is left behind by a campaign that dies
        for port in self._ports:
            self._bear(port)
        worst = 0
        while self._living:
            pid, status = os.wait()
            port = self._living.pop(pid, "")
            if port and os.WIFSIGNALED(status) and not self._ending:
                self._bear(port)
            else:
                worst = worst or os.waitstatus_to_exitcode(status)
        return worst

    def _bear(self, port: str) -> None:
        child = os.fork()
        if child == 0:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            os.environ["CLEARSHOT_LISTEN"] = f"127.0.0.1:{port}"
            sys.argv = ["clearshot", "run"]
            clearshot()
            sys.exit(0)
        self._living[child] = port
        os.write(1, f"{port} {child}\n".encode())
        if self._ending:
            os.kill(child, signal.SIGTERM)

    def _end(self, _number: int, _frame: FrameType | None) -> None:
        self._ending = True
        for child in list(self._living):
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGTERM)


if __name__ == "__main__":
    import bot.application
    import bot.cli.root  # noqa: F401 - what the command loads when it is run

    gc.collect()
    gc.freeze()  # no child looks through what it was born with
    sys.exit(Nursery(sys.argv[1:]).run())
