"""A CSV file of orders, read in a thread."""

import asyncio
from pathlib import Path

from bot.orders.csv_file.wire import ImportedOrder, LineFault, decoded, read

SAMPLE = Path(__file__).with_name("sample_orders.csv")
"""Orders of three shops for the demo."""


async def read_file(path: Path) -> tuple[list[ImportedOrder], list[LineFault]]:
    """Read a file; raises OSError when it cannot be opened."""
    content = await asyncio.to_thread(path.read_bytes)
    return await asyncio.to_thread(lambda: read(decoded(content)))
