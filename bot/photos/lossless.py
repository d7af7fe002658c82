"""A JPEG without its metadata and with the very same pixels: segments are copied or left out, nothing is encoded again.

ITU-T T.81, Annex B: segments up to the end of the image; T.871: the JFIF header, written anew without its thumbnail.
It says that colours are YCbCr; a picture that says otherwise, in its Adobe segment or by the names of its components,
is left to be encoded again.
"""

START, END = b"\xff\xd8", 0xD9
SCAN = 0xDA
ADOBE, YCBCR = 0xEE, b"\x01"
FILL = 0xFF
JFIF_HEADER = b"\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"
FRAMES, RGB = (0xC0, 0xC2), b"RGB"  # the names of a frame's components, where no header tells of colours
KEPT = frozenset({*FRAMES, 0xC4, 0xDB, 0xDD, SCAN})
"""Baseline and progressive frames, which every decoder knows; their tables, restart intervals and scans."""
APPLICATION, COMMENT = range(0xE0, 0xF0), 0xFE
RESTARTS = range(0xD0, 0xD8)


def without_metadata(content: bytes) -> bytes | None:
    """Return the JPEG bare, None where something in it is not plainly known; whoever uses it decodes it once."""
    if not content.startswith(START):
        return None
    found, place = [START, JFIF_HEADER], 2
    while place + 4 <= len(content):
        if content[place] != FILL:
            return None
        marker = content[place + 1]
        if marker == FILL:
            place += 1
            continue
        if marker == END:
            return b"".join([*found, b"\xff\xd9"])
        end = place + 2 + int.from_bytes(content[place + 2 : place + 4], "big")
        kept = _kept(marker, content[place:end])
        if kept is None or end > len(content):
            return None
        found.append(kept)
        place = end
        if marker == SCAN:
            place = _scan_end(content, end)
            found.append(content[end:place])
    return b"".join([*found, b"\xff\xd9"]) if content[place : place + 2] == b"\xff\xd9" else None


def _kept(marker: int, segment: bytes) -> bytes | None:
    """What stays of a segment; None for one that is not known."""
    if marker in FRAMES and segment[10::3] == RGB:
        return None
    if marker in KEPT:
        return segment
    if marker == ADOBE and segment[4:9] == b"Adobe":
        return b"" if segment[15:16] == YCBCR else None
    return b"" if marker in APPLICATION or marker == COMMENT else None


def _scan_end(content: bytes, place: int) -> int:
    """Where the next marker stands: within a scan 0xFF is followed by nought or a restart."""
    while True:
        place = content.find(b"\xff", place)
        if place < 0 or place + 1 >= len(content):
            return len(content)
        follows = content[place + 1]
        if follows != 0 and follows not in RESTARTS:
            return place
        place += 2
