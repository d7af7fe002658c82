"""From bytes to numbers: everything that is measured of one picture, in one decoding; what it means is `judge`'s."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

from PIL import Image

from bot.photos.decode import read_colour, read_gray
from bot.photos.fingerprint import fingerprint
from bot.photos.sharpness import DETAIL, ENOUGH, middle_of, sharpness
from bot.photos.tones import colourfulness, tones
from bot.ports import Inspected

PALE = 175.0  # mean luma from which it matters whether it is colours that faded, or white paper
SMALL = 160  # pixels: enough to see colours


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What one picture measures; tones by the names of `tones.tones` (lumas 0..255, shares 0..1).

    The tone `colour` is measured only where the picture is pale, else it is 0.
    """

    inspected: Inspected
    sharpness: float  # 0..1, below 0.5 = blurred
    tones: Mapping[str, float]
    fingerprint: str
    sha256: str


def measure(content: bytes) -> Measured:
    """Decode and measure; raises NotAPicture."""
    gray = read_gray(content, longest=DETAIL, enough=ENOUGH)
    middle = middle_of(gray.luma)
    return Measured(
        inspected=gray.inspected,
        sharpness=sharpness(gray.luma, middle),
        tones=_tones(middle, content),
        fingerprint=fingerprint(middle),
        sha256=sha256(content).hexdigest(),
    )


def _tones(luma: Image.Image, content: bytes) -> dict[str, float]:
    numbers = tones(luma)
    colour = colourfulness(read_colour(content, longest=SMALL)) if numbers["mean"] >= PALE else 0.0
    return numbers | {"colour": colour}
