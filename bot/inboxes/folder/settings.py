"""The folder inbox's block of configuration."""

from pathlib import Path

from pydantic import BaseModel, ConfigDict, field_validator


class FolderSettings(BaseModel):
    """Where bundles are put: one directory for each case."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: Path

    @field_validator("path")
    @classmethod
    def _written_out(cls, path: Path) -> Path:
        if path.parts[:1] and path.parts[0].startswith("~"):
            raise ValueError("only a shell knows what ~ is: write the folder out")
        return path
