"""Which faults are a person's to mend, and what is said of them: one clear line each, never a traceback."""

import errno
from collections.abc import Callable

from bot.app.case_actions import NoSuchCase
from bot.bootstrap import Faulty
from bot.cli.refused import Refused
from bot.ports import PermanentFailure, TransientFailure
from bot.sellers import WrongSellers
from bot.settings import WrongSettings
from flows.yaml_source import SourceFault
from storage.ports import StorageFailure

MENDABLE = {
    errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOENT, errno.ENOSPC, errno.EADDRNOTAVAIL,
    errno.EISDIR, errno.ENOTDIR, errno.ENAMETOOLONG, errno.EEXIST,
}  # fmt: skip


def _system(fault: OSError) -> list[str] | None:
    """What the machine refuses; a fault without an operator's remedy keeps its traceback."""
    if fault.errno in MENDABLE:
        return [f"{fault.filename or 'this machine'}: {fault.strerror}"]
    return None


WORDS: dict[type[BaseException], Callable[..., list[str] | None]] = {
    Refused: lambda fault: [str(fault)],
    Faulty: lambda fault: list(fault.lines),
    WrongSettings: lambda fault: list(fault.lines),
    WrongSellers: lambda fault: [str(one) for one in fault.faults],
    NoSuchCase: lambda fault: [f"there is no case {fault}"],
    SourceFault: lambda fault: [str(fault)],
    StorageFailure: lambda fault: [f"database: {fault}"],
    PermanentFailure: lambda fault: [str(fault)],
    TransientFailure: lambda fault: [f"out of reach: {fault}"],
    OSError: _system,
}


def said(fault: BaseException) -> list[str] | None:
    """Say what is wrong, None when it is a fault of ours that deserves its traceback."""
    for kind, words in WORDS.items():
        if isinstance(fault, kind):
            return words(fault)
    return None
