"""From bytes to numbers: everything that is measured of one picture, in one decoding; what it means is `judge`'s."""

from collections.abc import Mapping
from dataclasses import dataclass

from PIL import Image

from bot.photos.decode import read_colour, read_detail
from bot.photos.fingerprint import fingerprint
from bot.photos.sharpness import can_tell, look, middle_of, sharpness
from bot.photos.tones import colourfulness, contrast, is_pale, tones
from bot.ports import Inspected

SMALL = 160  # pixels: enough to see colours


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What one picture measures; tones by the names of `tones.tones` (lumas 0..255, shares 0..1).

    The tone `colour` is measured only where the picture is pale, else it is 0.
    """

    inspected: Inspected
    sharpness: float  # 0..1, below 0.5 = blurred
    grid: float  # how high a screen's grid stands out, see `screens.grid_of`
    tones: Mapping[str, float]
    fingerprint: str
    sha256: str  # "" where it does not matter


def measure(content: bytes, *, sum_of_bytes: str = "") -> Measured:
    """Decode and measure; `sum_of_bytes` is the SHA-256 where somebody has it already. Raises NotAPicture."""
    gray = read_detail(content)
    middle = middle_of(gray.luma)
    numbers = _tones(middle, content)
    seen = look(gray.luma) if can_tell(gray.luma, contrast=contrast(numbers)) else ()
    return Measured(
        inspected=gray.inspected,
        sharpness=sharpness(seen),
        grid=seen[-1].grid if seen else 0.0,
        tones=numbers,
        fingerprint=fingerprint(middle),
        sha256=sum_of_bytes,
    )


def _tones(luma: Image.Image, content: bytes) -> dict[str, float]:
    numbers = tones(luma)
    colour = colourfulness(read_colour(content, longest=SMALL)) if is_pale(numbers) else 0.0
    return numbers | {"colour": colour}
