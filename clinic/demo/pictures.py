"""Drawn faces for the demonstration: no photograph of anybody."""

import io
from math import cos, radians

from PIL import Image, ImageDraw

from patients.models import View

WIDTH, HEIGHT = 480, 600
TURN = {
    View.FRONT: 0,
    View.LEFT_45: -45,
    View.RIGHT_45: 45,
    View.LEFT_90: -90,
    View.RIGHT_90: 90,
    View.CLOSE_UP: 0,
}
SKINS = [(236, 200, 176), (224, 182, 150), (201, 155, 124), (243, 214, 194)]
HAIR = [(70, 48, 36), (120, 82, 48), (38, 34, 34), (166, 124, 82)]


def face(number: int, view: View) -> bytes:
    """A stylised head turned to the view; `number` decides colours, so that everybody differs."""
    picture = Image.new("RGB", (WIDTH, HEIGHT), (214 + number % 20, 226, 230))
    pen = ImageDraw.Draw(picture)
    skin, hair = SKINS[number % len(SKINS)], HAIR[number // 2 % len(HAIR)]
    width, shift = 150 + 20 * cos(radians(TURN[view])), TURN[view] * 0.9
    pen.ellipse((240 - width - 25, 70, 240 + width + 25, 480), fill=hair)
    pen.ellipse((240 - width, 110, 240 + width, 520), fill=skin)
    for side in (-1, 1):
        x = 240 + shift + side * 60
        if abs(x - 240) < width - 20:
            pen.ellipse((x - 20, 285, x + 20, 309), fill="white")
            pen.ellipse((x - 8, 288, x + 8, 306), fill=(60, 70 + number, 90))
            pen.arc((x - 28, 255, x + 28, 285), 200, 340, fill=hair, width=5)
    pen.line((240 + shift, 300, 240 + shift * 1.3, 370), fill=(150, 110, 90), width=5)
    pen.arc((240 + shift - 45, 390, 240 + shift + 45, 440), 20, 160, fill=(170, 80, 80), width=8)
    pen.text((12, HEIGHT - 24), f"drawn, not photographed: {number}, {view}", fill=(60, 70, 80))
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=80)
    return file.getvalue()
