"""The pictures of the blog, drawn in flat colours: shapes alone, the same bytes each time."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from io import BytesIO

from PIL import Image, ImageDraw

__all__ = ["PICTURES", "draw"]

WIDTH, HEIGHT = 1200, 800
#: Drawn larger and made smaller, so that edges are smooth.
_SCALE = 2

Point = tuple[float, float]
Colour = str


class Canvas:
    """Shapes by the picture's own measures."""

    def __init__(self, top: Colour, bottom: Colour) -> None:
        self.image = Image.new("RGB", (WIDTH * _SCALE, HEIGHT * _SCALE), top)
        self.pen = ImageDraw.Draw(self.image, "RGBA")
        first, last = _rgb(top), _rgb(bottom)
        for y in range(HEIGHT * _SCALE):
            part = y / (HEIGHT * _SCALE - 1)
            mixed = tuple(round(a + (b - a) * part) for a, b in zip(first, last, strict=True))
            self.pen.line([(0, y), (WIDTH * _SCALE, y)], fill=mixed)

    def polygon(self, points: Sequence[Point], fill: Colour) -> None:
        self.pen.polygon([(x * _SCALE, y * _SCALE) for x, y in points], fill=fill)

    def line(self, points: Sequence[Point], fill: Colour, width: float) -> None:
        scaled = [(x * _SCALE, y * _SCALE) for x, y in points]
        self.pen.line(scaled, fill=fill, width=round(width * _SCALE), joint="curve")
        radius = width * _SCALE / 2
        for x, y in (scaled[0], scaled[-1]):
            self.pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=fill)

    def circle(self, x: float, y: float, radius: float, fill: Colour) -> None:
        self.oval(x - radius, y - radius, x + radius, y + radius, fill)

    def oval(self, left: float, top: float, right: float, bottom: float, fill: Colour) -> None:
        self.pen.ellipse((left * _SCALE, top * _SCALE, right * _SCALE, bottom * _SCALE), fill=fill)

    def box(self, left: float, top: float, right: float, bottom: float, fill: Colour, radius: float = 0) -> None:
        place = (left * _SCALE, top * _SCALE, right * _SCALE, bottom * _SCALE)
        self.pen.rounded_rectangle(place, radius * _SCALE, fill=fill)

    def arc(self, x: float, y: float, radius: float, start: float, end: float, fill: Colour, width: float) -> None:
        place = [(x - radius) * _SCALE, (y - radius) * _SCALE, (x + radius) * _SCALE, (y + radius) * _SCALE]
        self.pen.arc(place, start, end, fill=fill, width=round(width * _SCALE))

    def png(self) -> bytes:
        small = self.image.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)
        file = BytesIO()
        small.save(file, "PNG", optimize=False)
        return file.getvalue()


def _rgb(colour: Colour) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _leaf(canvas: Canvas, x: float, y: float, angle: float, length: float, width: float, fill: Colour) -> None:
    """Draw a leaf that begins at a point: two arcs that meet at its tip."""
    ahead, aside = (math.cos(angle), math.sin(angle)), (-math.sin(angle), math.cos(angle))
    edge = []
    for side in (1, -1):
        steps = [step / 12 for step in range(13)]
        for part in steps if side == 1 else reversed(steps):
            bulge = side * width / 2 * math.sin(math.pi * part) ** 0.8
            edge.append(
                (
                    x + ahead[0] * length * part + aside[0] * bulge,
                    y + ahead[1] * length * part + aside[1] * bulge,
                )
            )
    canvas.polygon(edge, fill)


def _frond(canvas: Canvas, x: float, y: float, angle: float, length: float, bend: float, fill: Colour) -> None:
    """Draw a fern's frond: a bent stem with pairs of leaves that get shorter."""
    steps = 18
    stem = [(x, y)]
    for step in range(steps):
        angle += bend / steps
        x, y = x + math.cos(angle) * length / steps, y + math.sin(angle) * length / steps
        stem.append((x, y))
        long = length * 0.23 * math.sin(math.pi * (step + 2.5) / (steps + 3)) ** 0.8
        for side in (1, -1):
            _leaf(canvas, x, y, angle + side * 1.05, long, max(7, long * 0.2), fill)
    canvas.line(stem, fill, max(2, length / 90))


def _fern_on_a_brick() -> Canvas:
    canvas = Canvas("#e9efe2", "#c9d8c2")
    canvas.circle(880, 230, 250, "#f6f3e6")
    canvas.polygon([(0, 620), (WIDTH, 585), (WIDTH, HEIGHT), (0, HEIGHT)], "#8a6f52")
    canvas.polygon([(0, 620), (WIDTH, 585), (WIDTH, 606), (0, 641)], "#a5876a")
    # A dish of rain water, a brick in it.
    canvas.oval(210, 590, 990, 760, "#5c7d86")
    canvas.oval(232, 590, 968, 738, "#8fb3b8")
    canvas.oval(300, 640, 900, 722, "#a9c8ca")
    canvas.polygon([(380, 470), (800, 450), (850, 520), (430, 545)], "#c98062")
    canvas.polygon([(430, 545), (850, 520), (850, 650), (430, 690)], "#a75a40")
    canvas.polygon([(380, 470), (430, 545), (430, 690), (380, 612)], "#8c4732")
    chance = random.Random(7)
    for _spot in range(90):
        x, y = chance.uniform(400, 820), chance.uniform(460, 535)
        if 455 < y - (x - 380) * -0.05 < 560:
            canvas.oval(x - 11, y - 5, x + 11, y + 5, chance.choice(["#5d8f55", "#7ea868", "#4c7d4b"]))
    for x, angle, length, bend in (
        (545, -2.3, 190, -0.7),
        (580, -1.95, 260, -0.5),
        (612, -1.55, 310, 0.25),
        (650, -1.15, 265, 0.55),
        (690, -0.8, 190, 0.7),
    ):
        _frond(canvas, x, 500, angle, length, bend, "#3f7a4f" if length > 200 else "#2f6650")
    # The jar over it.
    canvas.arc(615, 330, 235, 180, 360, "#ffffffb0", 9)
    canvas.line([(380, 330), (372, 560)], "#ffffffb0", 9)
    canvas.line([(850, 330), (858, 545)], "#ffffffb0", 9)
    canvas.line([(440, 250), (425, 470)], "#ffffff80", 14)
    canvas.box(575, 70, 655, 104, "#ffffffc0", 12)
    return canvas


def _frost() -> Canvas:
    canvas = Canvas("#2f4a66", "#e4b9a0")
    canvas.circle(850, 455, 92, "#f7e3c4")
    canvas.polygon(
        [(0, 470), (240, 400), (520, 465), (790, 420), (WIDTH, 480), (WIDTH, HEIGHT), (0, HEIGHT)], "#5d7386"
    )
    canvas.polygon([(0, 560), (380, 520), (820, 560), (WIDTH, 530), (WIDTH, HEIGHT), (0, HEIGHT)], "#dfe7ea")
    canvas.polygon([(0, 640), (500, 615), (WIDTH, 660), (WIDTH, HEIGHT), (0, HEIGHT)], "#f3f6f5")
    for x, base, size in ((170, 600, 1.25), (360, 590, 0.85), (1030, 620, 1.4), (905, 585, 0.75)):
        for step in range(6):
            half, top = (120 - step * 17) * size, base - (60 + step * 62) * size
            canvas.polygon([(x - half, top + 92 * size), (x, top - 30 * size), (x + half, top + 92 * size)], "#24473f")
            # The frost lies on the tips: what stands above covers the rest.
            foot = top + 92 * size
            for side in (-1, 1):
                tip, inner = x + side * half, x + side * half * 0.5
                canvas.polygon([(tip, foot), (inner, foot), (x + side * half * 0.74, foot - 34 * size)], "#eef4f3")
        canvas.box(x - 11 * size, base - 10 * size, x + 11 * size, base + 42 * size, "#4b3627")
    # A watering can in November.
    canvas.polygon([(520, 560), (700, 560), (720, 720), (500, 720)], "#b5533c")
    canvas.polygon([(520, 560), (560, 560), (548, 720), (500, 720)], "#9c4331")
    canvas.oval(512, 544, 708, 578, "#c96a50")
    canvas.polygon([(712, 690), (702, 640), (842, 520), (862, 540)], "#b5533c")
    canvas.polygon([(822, 500), (880, 548), (892, 532), (838, 484)], "#c96a50")
    canvas.arc(610, 545, 92, 180, 360, "#9c4331", 16)
    canvas.arc(505, 640, 74, 90, 270, "#9c4331", 16)
    chance = random.Random(3)
    for _flake in range(110):
        canvas.circle(chance.uniform(0, WIDTH), chance.uniform(0, 760), chance.uniform(1.5, 4), "#ffffffd0")
    return canvas


def _kettle() -> Canvas:
    canvas = Canvas("#3a2f33", "#6b4a3c")
    canvas.box(690, 80, 1090, 420, "#23303d", 10)
    for left, top in ((710, 100), (900, 100), (710, 270), (900, 270)):
        canvas.box(left, top, left + 170, top + 150, "#6f93a5", 4)
    chance = random.Random(5)
    for _drop in range(60):
        x, y = chance.uniform(715, 1065), chance.uniform(105, 410)
        canvas.line([(x, y), (x - 5, y + 18)], "#cfe2ea90", 2.5)
    canvas.polygon([(0, 600), (WIDTH, 600), (WIDTH, HEIGHT), (0, HEIGHT)], "#8f6240")
    canvas.polygon([(0, 600), (WIDTH, 600), (WIDTH, 628), (0, 628)], "#b07e53")
    # The kettle.
    canvas.arc(360, 330, 118, 190, 350, "#1f2426", 20)
    canvas.polygon([(520, 470), (500, 400), (598, 300), (640, 318), (566, 500)], "#c2703f")
    canvas.oval(190, 300, 540, 606, "#d9854c")
    canvas.polygon([(190, 470), (540, 470), (560, 612), (170, 612)], "#d9854c")
    canvas.polygon([(190, 470), (250, 420), (236, 612), (170, 612)], "#b96a3b")
    canvas.oval(262, 290, 468, 350, "#b96a3b")
    canvas.circle(365, 284, 22, "#1f2426")
    canvas.box(160, 596, 570, 622, "#7c4526", 12)
    for x, y, size in ((640, 250, 34), (676, 196, 46), (650, 130, 56), (700, 62, 64)):
        canvas.circle(x, y, size, "#f4ede455")
    # The ledger, open, with its lines.
    canvas.polygon([(640, 640), (870, 610), (872, 742), (620, 770)], "#f3ead6")
    canvas.polygon([(870, 610), (1110, 640), (1140, 770), (872, 742)], "#e6dabf")
    canvas.line([(870, 610), (872, 742)], "#b49c74", 4)
    for step in range(6):
        drop = 18 + step * 19
        canvas.line([(664 - step * 3, 640 + drop), (846, 616 + drop)], "#8a7a5f", 3)
        canvas.line([(896, 616 + drop), (1080 + step * 4, 640 + drop)], "#8a7a5f", 3)
    canvas.line([(960, 580), (1085, 690)], "#b5533c", 11)
    canvas.line([(1085, 690), (1098, 702)], "#f0d9b0", 7)
    return canvas


def _labels() -> Canvas:
    canvas = Canvas("#f3ead6", "#dfe3cd")
    canvas.circle(230, 190, 120, "#f3cf8e")
    canvas.polygon([(0, 430), (300, 380), (700, 425), (WIDTH, 370), (WIDTH, HEIGHT), (0, HEIGHT)], "#a9bd92")
    chance = random.Random(11)
    for _stone in range(26):
        x, y, size = chance.uniform(0, WIDTH), chance.uniform(430, 560), chance.uniform(26, 70)
        grey = chance.choice(["#b9b6aa", "#a3a195", "#cac7ba"])
        canvas.oval(x - size, y - size * 0.55, x + size, y + size * 0.55, grey)
    canvas.polygon([(0, 560), (WIDTH, 540), (WIDTH, HEIGHT), (0, HEIGHT)], "#5a4434")
    canvas.polygon([(0, 560), (WIDTH, 540), (WIDTH, 566), (0, 588)], "#745a45")
    for x, tilt, height, shade in ((250, -14, 330, "#9aa5a8"), (590, 6, 390, "#aab5b7"), (930, 18, 300, "#8f9a9d")):
        top = 640 - height
        canvas.polygon([(x - 14, 700), (x + 14, 700), (x + tilt + 12, top + 90), (x + tilt - 12, top + 90)], "#7e898c")
        left, right = x + tilt - 118, x + tilt + 118
        canvas.polygon(
            [(left, top + tilt), (right, top - tilt), (right + 4, top + 126 - tilt), (left + 4, top + 126 + tilt)],
            shade,
        )
        for step, share in enumerate((0.86, 0.6, 0.72)):
            y = top + 34 + step * 32
            canvas.line(
                [(left + 26, y + tilt * 0.8), (left + 26 + 184 * share, y + tilt * 0.8 - tilt * 1.5 * share)],
                "#3d474a",
                5 if step == 0 else 3.5,
            )
    for x, y, size in ((120, 640, 1.0), (420, 660, 1.2), (760, 650, 1.1), (1080, 665, 1.0)):
        for step in range(9):
            angle = math.pi * (1 + (step + 0.5) / 9)
            _leaf(canvas, x, y, angle, 105 * size, 34 * size, "#3f7a4f" if step % 2 else "#5d8f55")
        for step in range(5):
            angle = math.pi * (1.12 + step * 0.19)
            cx, cy = x + math.cos(angle) * 118 * size, y + math.sin(angle) * 118 * size
            canvas.circle(cx, cy, 17 * size, "#c9567a")
            canvas.circle(cx, cy, 6.5 * size, "#f6d674")
    return canvas


#: By the key of the post: what it shows, and how it is drawn.
PICTURES: dict[str, tuple[str, Callable[[], Canvas]]] = {
    "sowing-fern-spores": ("Young ferns on a brick in a dish of water, under a glass jar", _fern_on_a_brick),
    "what-frost-does": ("A red watering can in the snow, among evergreens with frost on them", _frost),
    "the-kettle-ledger": ("A copper kettle beside an open ledger, rain at the window", _kettle),
    "labels-that-last": ("Three zinc labels written in pencil, in a rock garden", _labels),
}


def draw(key: str) -> tuple[bytes, str]:
    """Return the PNG of a post's picture and what it shows."""
    alt, make = PICTURES[key]
    return make().png(), alt
