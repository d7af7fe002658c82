"""What else tells blurred photos from sharp ones, on the same files: OpenCV and scikit-image (extra `bench`)."""

import time
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.photos.curves import auc, curve, suggested
from bot.photos.metrics import measure
from tests.bench.labelled import Labelled

Floats = NDArray[np.float64]
Judge = Callable[[bytes], float]

LAPLACIAN_THRESHOLD = 100.0
"""The one that most guides name (Rosebrock, "Blur detection with OpenCV", 2015)."""


def variance_of_laplacian(content: bytes) -> float:
    """Decode and measure with OpenCV; more is sharper."""
    import cv2  # noqa: PLC0415 - an extra

    gray = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_GRAYSCALE)
    return float(cv2.Laplacian(gray, cv2.CV_64F).var())


def no_blur_effect(content: bytes) -> float:
    """Decode with OpenCV, measure with scikit-image; more is sharper."""
    import cv2  # noqa: PLC0415 - an extra
    from skimage.measure import blur_effect  # noqa: PLC0415 - an extra

    gray = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_GRAYSCALE)
    return 1.0 - float(blur_effect(gray))


def run(photos: list[Labelled]) -> dict[str, Any]:
    """Judge every photo with every peer, one after the other; `answers` holds what they said."""
    if find_spec("cv2") is None or find_spec("skimage") is None:
        return {"missing": "pip install -e '.[bench]'"}
    import cv2  # noqa: PLC0415 - an extra

    cv2.setNumThreads(1)
    judges: dict[str, Judge] = {
        "OpenCV variance of Laplacian": variance_of_laplacian,
        "scikit-image blur_effect": no_blur_effect,
    }
    contents = [photo.path.read_bytes() for photo in photos]
    sharp, real = np.array([p.sharp for p in photos]), np.array([p.real for p in photos])
    ours = _timed(lambda content: measure(content).sharpness, contents)[1]
    found: dict[str, Any] = {}
    answers: dict[str, Floats] = {}
    for name, judge in judges.items():
        answers[name], spent = _timed(judge, contents)
        best = suggested(curve(sharp, answers[name]))
        found[name] = {
            "auc": round(auc(sharp, answers[name]), 4),
            "auc_real": round(auc(sharp[real], answers[name][real]), 4),
            "blur_caught_at_4_percent_rejected": round(best.caught, 4),
            "time_over_ours": round(float(np.median(spent / ours)), 2),
        }
    below = answers["OpenCV variance of Laplacian"] < LAPLACIAN_THRESHOLD
    found["OpenCV variance of Laplacian"]["at_its_threshold"] = {
        "blur_caught": round(float(below[~sharp].mean()), 4),
        "sharp_rejected": round(float(below[sharp].mean()), 4),
    }
    return found | {"answers": answers}


def _timed(judge: Judge, contents: list[bytes]) -> tuple[Floats, Floats]:
    """Answers, and the seconds that each took."""
    answers, spent = [], []
    for content in contents:
        begun = time.perf_counter()
        answers.append(judge(content))
        spent.append(time.perf_counter() - begun)
    return np.array(answers), np.array(spent)
