"""An S3-compatible store on this machine: moto's server, run from an environment of its own."""

import http.client
import itertools
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.mail_server import free_port

REQUIREMENTS = Path(__file__).parent / "outside_requirements.txt"
ACCESS = {
    "AWS_ACCESS_KEY_ID": "canary-access-key",
    "AWS_SECRET_ACCESS_KEY": "canary-secret-key",
    "AWS_REGION": "eu-central-1",
}
LOCATED = b"<CreateBucketConfiguration><LocationConstraint>eu-central-1</LocationConstraint></CreateBucketConfiguration>"
NUMBERS = itertools.count(1)


class ObjectStore:
    """A running store."""

    def __init__(self, port: int, *, pid: int) -> None:
        self.pid = pid
        self.environ = {**ACCESS, "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}"}
        self._port = port

    def bucket(self) -> str:
        """Make an empty bucket and tell its name."""
        name = f"photos{next(NUMBERS)}"
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=10)
        connection.request("PUT", f"/{name}", body=LOCATED)
        assert connection.getresponse().status == 200
        connection.close()
        return name


@contextmanager
def running(python: Path) -> Iterator[ObjectStore]:
    """Run one while the block lasts."""
    port = free_port()
    process = subprocess.Popen(
        [python, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        env={"PATH": os.environ["PATH"]}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        _until_it_answers(port, process)
        yield ObjectStore(port, pid=process.pid)
    finally:
        process.terminate()
        process.wait(10)


def _until_it_answers(port: int, process: "subprocess.Popen[bytes]") -> None:
    for _ in range(300):
        assert process.poll() is None, "the object store ended at once"
        with suppress(OSError):
            socket.create_connection(("127.0.0.1", port), timeout=5).close()
            return
        time.sleep(0.1)
    raise AssertionError("the object store does not answer")
