"""From bytes to numbers: everything that is measured of one picture, in one decoding; what it means is `judge`'s."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

import numpy as np

from bot.photos.decode import read_gray
from bot.photos.fingerprint import fingerprint
from bot.photos.sharpness import LONGEST, sharpness
from bot.photos.tones import tones
from bot.ports import Inspected


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What one picture measures; `tones` by the names of `tones.tones`, lumas 0..255 and shares 0..1."""

    inspected: Inspected
    sharpness: float  # 0..1, below 0.5 = blurred
    tones: Mapping[str, float]
    fingerprint: str
    sha256: str


def measure(content: bytes) -> Measured:
    """Decode and measure; raises NotAPicture."""
    gray = read_gray(content, longest=LONGEST)
    luma = np.asarray(gray.luma)
    return Measured(
        inspected=gray.inspected,
        sharpness=sharpness(luma),
        tones=tones(luma),
        fingerprint=fingerprint(gray.luma),
        sha256=sha256(content).hexdigest(),
    )
