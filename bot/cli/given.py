"""What every command is given: the settings, and a way to run its coroutine."""

import asyncio
import os
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

import typer

from bot.settings import Settings, read_settings

T = TypeVar("T")


def settings_of(context: typer.Context) -> Settings:
    """Read the settings that the command line and the environment name; raises WrongSettings."""
    root = context.find_root()
    file = root.obj if isinstance(root.obj, Path) else None
    return read_settings(os.environ, file=file)


def awaited(work: Coroutine[Any, Any, T]) -> T:
    """Run a command's coroutine."""
    return asyncio.run(work)
