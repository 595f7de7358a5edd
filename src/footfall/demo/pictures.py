"""The shop's pictures, painted by the program itself: soft light, simple things, and the grain that makes a photograph heavy."""

from __future__ import annotations

import io
import random
import re
from collections import Counter
from functools import cache
from itertools import pairwise

from PIL import Image, ImageChops, ImageDraw, ImageFilter

WIDTHS = (320, 640, 1280)
HERO_WIDTHS = (640, 1280, 1920)
MOTIFS = ("loaf", "jar", "bottle", "flower", "cup", "book", "chair", "lamp", "bike", "guitar")
_HUES = ((196, 120, 62), (120, 140, 84), (168, 78, 84), (76, 118, 140))
_painted: dict[tuple[str, int], bytes] = {}
asked: Counter[bool] = Counter()  # by whether it was painted already
_Colour = tuple[int, int, int]


def exists(name: str, width: int) -> bool:
    """Whether there is such a picture in that width."""
    if name == "hero":
        return width in HERO_WIDTHS
    return width in WIDTHS and re.fullmatch(rf"({'|'.join(MOTIFS)})[0-3]", name) is not None


def ready(name: str, width: int) -> bool:
    """Whether it is painted already."""
    asked[(name, width) in _painted] += 1
    return (name, width) in _painted


def paint(name: str, width: int) -> bytes:
    """A picture as JPEG, 4:3 (the hero 2:1); the same bytes every time."""
    if (name, width) not in _painted:
        height = width // 2 if name == "hero" else width * 3 // 4
        image = _hero(width, height) if name == "hero" else _still_life(name[:-1], _HUES[int(name[-1])], width, height)
        out = io.BytesIO()
        _grain(image).save(out, "JPEG", quality=82)
        _painted[name, width] = out.getvalue()
    return _painted[name, width]


@cache
def _noise() -> Image.Image:
    raw = random.Random(7).randbytes(512 * 512)  # noqa: S311 - film grain
    return Image.frombytes("L", (512, 512), raw).filter(ImageFilter.GaussianBlur(0.6)).point(lambda value: 118 + value * 20 // 255)


def _grain(image: Image.Image) -> Image.Image:
    tile, sheet = _noise(), Image.new("L", image.size)
    for left in range(0, image.width, 512):
        for top in range(0, image.height, 512):
            sheet.paste(tile, (left, top))
    return ImageChops.overlay(image, Image.merge("RGB", (sheet,) * 3))


def _mix(one: _Colour, other: _Colour, share: float) -> _Colour:
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


def _fade(top: _Colour, bottom: _Colour, width: int, height: int) -> Image.Image:
    strip = Image.new("RGB", (1, 64))
    strip.putdata([_mix(top, bottom, row / 63) for row in range(64)])
    return strip.resize((width, height), Image.Resampling.BICUBIC)


def _still_life(motif: str, hue: _Colour, width: int, height: int) -> Image.Image:
    light, dark = _mix(hue, (255, 250, 240), 0.78), _mix(hue, (40, 30, 30), 0.35)
    image = _fade(_mix(light, (255, 255, 255), 0.4), light, width, height)
    table = _fade(_mix(dark, light, 0.55), _mix(dark, light, 0.35), width, height // 3)
    image.paste(table, (0, height - height // 3))
    image.paste(_mix(dark, (0, 0, 0), 0.4), mask=_shadow().resize((width, height), Image.Resampling.BICUBIC))
    if motif == "loaf":  # bread is brown, whatever the light
        light, dark = _mix(_HUES[0], (255, 250, 240), 0.78), _mix(_HUES[0], (40, 30, 30), 0.35)
    for shape, box, share in _SHAPES[motif]:
        _draw(image, shape, _box(width, height, *box), _mix(dark, light, share) if share <= 1 else (250, 246, 236))
    return image


@cache
def _shadow() -> Image.Image:
    shadow = Image.new("L", (160, 120), 0)
    ImageDraw.Draw(shadow).ellipse(_box(160, 120, 0.24, 0.74, 0.84, 0.9), fill=120)
    return shadow.filter(ImageFilter.GaussianBlur(3.2))


def _box(width: int, height: int, *parts: float) -> tuple[int, int, int, int]:
    left, top, right, bottom = parts
    return round(left * width), round(top * height), round(right * width), round(bottom * height)


def _draw(image: Image.Image, shape: str, box: tuple[int, int, int, int], colour: _Colour) -> None:
    pen = ImageDraw.Draw(image)
    if shape == "round":
        pen.ellipse(box, fill=colour)
    else:
        radius = min(box[2] - box[0], box[3] - box[1]) * (0.25 if shape == "soft" else 0.04)
        pen.rounded_rectangle(box, radius, fill=colour)


# Each motif: shapes in the order they are painted, as shares of width and height; the last figure goes from
# the dark of the hue (0) to its light (1), 2 is paper white.
_SHAPES: dict[str, list[tuple[str, tuple[float, float, float, float], float]]] = {
    "loaf": [
        ("round", (0.22, 0.42, 0.78, 0.84), 0.25),
        ("round", (0.25, 0.42, 0.75, 0.76), 0.42),
        *[("round", (0.33 + step * 0.12, 0.46, 0.38 + step * 0.12, 0.66), 0.72) for step in range(4)],
    ],
    "jar": [
        ("soft", (0.34, 0.3, 0.66, 0.84), 0.35),
        ("soft", (0.36, 0.36, 0.64, 0.82), 0.18),
        ("flat", (0.35, 0.22, 0.65, 0.32), 0.85),
        ("flat", (0.38, 0.48, 0.62, 0.68), 2),
        ("flat", (0.42, 0.54, 0.58, 0.56), 0.3),
    ],
    "bottle": [
        ("soft", (0.4, 0.34, 0.6, 0.86), 0.22),
        ("flat", (0.465, 0.12, 0.535, 0.42), 0.22),
        ("flat", (0.46, 0.09, 0.54, 0.16), 0.8),
        ("flat", (0.41, 0.52, 0.59, 0.72), 2),
        ("round", (0.46, 0.56, 0.54, 0.67), 0.5),
    ],
    "flower": [
        ("flat", (0.495, 0.4, 0.505, 0.7), 0.1),
        ("soft", (0.4, 0.6, 0.6, 0.87), 0.8),
        *[("round", (x, y, x + 0.15, y + 0.2), 0.3) for x, y in ((0.33, 0.3), (0.52, 0.3), (0.36, 0.14), (0.5, 0.12), (0.43, 0.34))],
        *[("round", (x, y, x + 0.05, y + 0.067), 0.95) for x, y in ((0.38, 0.37), (0.57, 0.37), (0.41, 0.2), (0.55, 0.19), (0.48, 0.41))],
    ],
    "cup": [
        ("round", (0.58, 0.46, 0.76, 0.72), 0.45),
        ("round", (0.62, 0.52, 0.72, 0.66), 0.9),
        ("soft", (0.3, 0.38, 0.66, 0.84), 0.45),
        ("round", (0.3, 0.34, 0.66, 0.46), 0.6),
        ("round", (0.33, 0.36, 0.63, 0.44), 0.1),
    ],
    "book": [
        ("flat", (0.24, 0.72, 0.76, 0.84), 0.2),
        ("flat", (0.27, 0.74, 0.76, 0.82), 2),
        ("flat", (0.28, 0.6, 0.72, 0.72), 0.5),
        ("flat", (0.31, 0.62, 0.72, 0.7), 2),
        ("flat", (0.36, 0.2, 0.6, 0.6), 0.3),
        ("flat", (0.4, 0.28, 0.56, 0.36), 0.9),
    ],
    "chair": [
        *[("flat", (x, 0.6, x + 0.025, 0.88), 0.05) for x in (0.32, 0.655)],
        ("soft", (0.32, 0.18, 0.68, 0.66), 0.3),
        ("soft", (0.36, 0.24, 0.64, 0.6), 0.45),
        ("soft", (0.27, 0.58, 0.73, 0.74), 0.2),
        *[("soft", (x, 0.46, x + 0.08, 0.74), 0.12) for x in (0.25, 0.67)],
    ],
    "lamp": [
        ("round", (0.38, 0.8, 0.62, 0.88), 0.2),
        ("flat", (0.49, 0.4, 0.51, 0.84), 0.2),
        ("soft", (0.34, 0.16, 0.66, 0.46), 0.85),
        ("flat", (0.34, 0.4, 0.66, 0.46), 0.5),
    ],
    "bike": [
        *[("round", (x, 0.5, x + 0.27, 0.86), 0.05) for x in (0.18, 0.55)],
        *[("round", (x, 0.53, x + 0.225, 0.83), 0.75) for x in (0.2025, 0.5725)],
        ("flat", (0.31, 0.66, 0.69, 0.69), 0.25),
        ("flat", (0.37, 0.46, 0.64, 0.49), 0.25),
        ("flat", (0.39, 0.38, 0.41, 0.69), 0.25),
        ("flat", (0.62, 0.34, 0.64, 0.69), 0.25),
        ("soft", (0.345, 0.35, 0.455, 0.39), 0.02),
        ("soft", (0.59, 0.32, 0.71, 0.35), 0.02),
    ],
    "guitar": [
        ("round", (0.36, 0.54, 0.64, 0.88), 0.4),
        ("round", (0.39, 0.4, 0.61, 0.66), 0.4),
        ("flat", (0.485, 0.1, 0.515, 0.56), 0.05),
        ("flat", (0.47, 0.06, 0.53, 0.15), 0.2),
        ("round", (0.465, 0.5, 0.535, 0.593), 0.02),
        ("flat", (0.45, 0.74, 0.55, 0.765), 0.05),
    ],
}


@cache
def _street() -> list[tuple[float, float, _Colour]]:
    dice, left = random.Random(11), 0.0  # noqa: S311 - a street, always the same
    houses: list[tuple[float, float, _Colour]] = []
    colours: list[_Colour] = [(222, 196, 160), (176, 108, 84), (138, 152, 122), (206, 172, 120), (120, 132, 146), (190, 140, 120)]
    while left < 1:
        houses.append((left, 0.22 + dice.random() * 0.26, colours[len(houses) % len(colours)]))
        left += 0.1 + dice.random() * 0.07
    return houses


def _hero(width: int, height: int) -> Image.Image:
    """A street of small shops in the evening light."""
    image = _fade((250, 222, 178), (244, 190, 150), width, height)
    pen = ImageDraw.Draw(image)
    houses = [*_street(), (1.1, 0.0, (0, 0, 0))]
    for (left, top, colour), (right, _, _) in pairwise(houses):
        _house(pen, (left * width, top * height, right * width, 0.84 * height), colour)
    image.paste(_fade((142, 122, 108), (110, 94, 86), width, height - round(0.84 * height)), (0, round(0.84 * height)))
    return image


def _house(pen: ImageDraw.ImageDraw, box: tuple[float, float, float, float], colour: _Colour) -> None:
    left, top, right, bottom = box
    wide, tall = right - left, bottom - top
    pen.rectangle(box, fill=colour)
    pen.polygon(
        [(left - wide * 0.04, top), (left + wide / 2, top - tall * 0.22), (right + wide * 0.04, top)], fill=_mix(colour, (60, 40, 40), 0.45)
    )
    for row in range(2):
        for column in range(2):
            x, y = left + wide * (0.16 + column * 0.42), top + tall * (0.1 + row * 0.24)
            pen.rectangle(
                (x, y, x + wide * 0.26, y + tall * 0.15),
                fill=(255, 226, 158) if (row + column) % 2 else _mix(colour, (255, 255, 255), 0.45),
            )
    window_top = top + tall * 0.66
    pen.rectangle((left + wide * 0.1, window_top, right - wide * 0.34, bottom - tall * 0.04), fill=(255, 236, 190))
    pen.rectangle((right - wide * 0.28, window_top, right - wide * 0.08, bottom), fill=_mix(colour, (40, 30, 30), 0.55))
    stripes = 8
    for stripe in range(stripes):
        x = left + wide * stripe / stripes
        fill = (252, 246, 234) if stripe % 2 else (31, 91, 70)
        pen.rectangle((x, window_top - tall * 0.07, x + wide / stripes, window_top + tall * 0.03), fill=fill)
