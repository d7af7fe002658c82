"""Render the example drawings of the shipped flows from SVG to PNG; needs `resvg_py` and Pillow."""

import io
from pathlib import Path

import resvg_py
from PIL import Image

EXAMPLES = Path(__file__).resolve().parents[1] / "flows" / "shipped" / "examples"
COLOURS = 64
"""Line drawings need no more, and the file gets small."""


def main() -> None:
    """Render every drawing beside its source."""
    for source in sorted(EXAMPLES.glob("*.svg")):
        drawn = bytes(resvg_py.svg_to_bytes(svg_string=source.read_text(encoding="utf-8"), width=960))
        picture = Image.open(io.BytesIO(drawn)).convert("RGBA")
        card = Image.new("RGB", picture.size, "white")
        card.paste(picture, mask=picture.getchannel("A"))
        card.quantize(COLOURS).save(source.with_suffix(".png"), optimize=True)


if __name__ == "__main__":
    main()
