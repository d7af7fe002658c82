"""The folder inbox's block of configuration."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict


class FolderSettings(BaseModel):
    """Where bundles are put: one directory for each case."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: Path
