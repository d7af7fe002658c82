"""Reads the text files that people write; one that cannot be read is a fault with its place."""

from pathlib import Path

from flows.yaml_source import Fault, Mark, SourceFault


def read_text(file: Path) -> str:
    """Read UTF-8; raises SourceFault, at the first sign that is none."""
    try:
        content = file.read_bytes()
    except OSError as fault:
        raise SourceFault(Fault(Mark(str(file), 1, 1), fault.strerror or "cannot be read")) from None
    try:
        return content.decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError as fault:
        before = content[: fault.start].decode("utf-8")
        mark = Mark(str(file), before.count("\n") + 1, len(before) - before.rfind("\n"))
        raise SourceFault(Fault(mark, "is no UTF-8 text: save it as UTF-8")) from None
