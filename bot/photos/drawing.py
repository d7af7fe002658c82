"""The drawn example of a sharp photo: a parcel's label, every line crisp."""

from PIL import Image, ImageDraw

from bot.photos.lettering import font

CARD, CARD_DARK, LABEL, INK, GRAY = "#c79a66", "#b58752", "#fbfaf7", "#20262a", "#8b9499"
BARS = (3, 1, 2, 2, 1, 3, 1, 1, 3, 2, 1, 2, 3, 1, 1, 2, 1, 3, 2, 1, 2, 1, 3, 1)
FINE = 2


def sharp_example(side: int) -> Image.Image:
    """Draw it `side` pixels square."""
    scale = side * FINE / 400
    picture = Image.new("RGB", (side * FINE, side * FINE), CARD)
    draw = ImageDraw.Draw(picture)

    def box(left: float, top: float, right: float, bottom: float) -> tuple[int, int, int, int]:
        return round(left * scale), round(top * scale), round(right * scale), round(bottom * scale)

    for row in range(12):
        draw.rectangle(box(0, row * 36, 400, row * 36 + 3), fill=CARD_DARK)
    draw.rectangle(box(48, 56, 360, 352), fill="#a87a47")
    draw.rectangle(box(40, 48, 352, 344), fill=LABEL)
    draw.text((60 * scale, 64 * scale), "A-17", font=font(round(58 * scale)), fill=INK)
    draw.text((232 * scale, 82 * scale), "1 kg", font=font(round(34 * scale)), fill=INK)
    draw.rectangle(box(60, 138, 332, 142), fill=INK)
    for row, width in enumerate((210, 250, 150)):
        draw.rectangle(box(60, 160 + row * 24, 60 + width, 170 + row * 24), fill=GRAY)
    left = 62.0
    for index, width in enumerate(BARS):
        if index % 2 == 0:
            draw.rectangle(box(left, 240, left + width * 6.2, 304), fill=INK)
        left += width * 6.2
    draw.text((62 * scale, 308 * scale), "0 123456 789012", font=font(round(24 * scale)), fill=INK)
    return picture.resize((side, side), Image.Resampling.LANCZOS)
