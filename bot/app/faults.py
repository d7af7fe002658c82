"""Says where a fault happened without saying what data it happened on."""

from pathlib import Path


def where(fault: BaseException) -> str:
    """Name the file and line that raised."""
    trace = fault.__traceback__
    if trace is None:
        return "nowhere"
    while trace.tb_next is not None:
        trace = trace.tb_next
    return f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}"
