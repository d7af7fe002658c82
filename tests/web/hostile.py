"""Every string of the sample data's hostile texts, as a browser, a chat or a form could send it."""

import json
from pathlib import Path


def hostile_words(sample_data: Path) -> list[str]:
    """Read all of them, each once, in order; what is no text in UTF-8 is replaced as a form would."""
    folder = sample_data / "hostile-text"
    found: list[str] = []
    for file in sorted(folder.iterdir()):
        text = file.read_text(encoding="utf-8", errors="replace")
        if file.suffix == ".json":
            found += [one for one in json.loads(text) if isinstance(one, str)]
        elif file.suffix == ".jsonl":
            entries = [json.loads(line) for line in text.splitlines() if line.strip()]
            found += [value for entry in entries for value in entry.values() if isinstance(value, str)]
        elif file.suffix == ".txt":
            found += text.splitlines()
    return list(dict.fromkeys(one.encode("utf-8", "replace").decode() for one in found if one.strip()))
