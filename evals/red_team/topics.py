"""Honest items: short texts of six topics, made of words, and digits on a large canvas."""

from __future__ import annotations

import io
import random

import numpy as np
from PIL import Image

from errata.demo.digits import SIDE, demo_half
from errata.types import F32

TOPICS = {
    "sport": "goal match team league coach striker season stadium referee penalty tournament sprint defender "
    "champion score cup final injury transfer goalkeeper marathon wrestler racket relay",
    "trade": "shares market bank investor merger dollar tariff export retailer quarterly revenue bond inflation "
    "stock lender factory payroll dividend auction supplier invoice currency broker deficit profit",
    "space": "orbit rocket satellite astronaut telescope comet lunar launch galaxy probe asteroid crater planet "
    "capsule spacecraft mars nebula shuttle observatory booster payload eclipse gravity starlight module",
    "health": "doctor vaccine hospital patient virus surgery nurse clinic therapy infection disease tablet fever "
    "symptom dose diagnosis allergy ward epidemic antibody muscle kidney asthma bandage pharmacy",
    "music": "guitar album singer concert melody orchestra drummer chorus violin lyrics band tour piano rhythm opera "
    "choir vinyl composer festival trumpet duet ballad encore soprano quartet",
    "food": "recipe oven garlic flour chef soup butter pepper dessert kitchen bakery salad noodle spice cheese roast "
    "vinegar cake tomato broth dough sauce grill onion platter",
}
FILLER = """
the a of on with from after before during their this new old early late city week year people local again while
many most near across under long short reported expected quiet busy second major small around despite
"""
TRICKY = (
    "The answer came late, and nobody ignored it.",
    "Critics said the label had chosen well.",
    "In a class of its own, officials replied.",
    "Please keep the receipt, the note says.",
    "You are never too old to select a favorite.",
    "The system: two shifts, one manager.",
)
"""Honest sentences that use words common in instructions."""

DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
CANVAS = 320
SCALE = 16
CORNER = (CANVAS - SIDE * SCALE) // 2
"""The digit is in the middle of its canvas, each of its pixels drawn as a block of 16 x 16."""


def text_about(topic: str, seed: int) -> str:
    """About twenty words, half of them from the topic."""
    rng = random.Random(f"{topic}-{seed}")
    words = rng.sample(TOPICS[topic].split(), 10) + rng.sample(FILLER.split(), 10)
    rng.shuffle(words)
    tricky = f" {rng.choice(TRICKY)}" if seed % 10 == 0 else ""
    return " ".join(words).capitalize() + "." + tricky


def topic_of(text: str) -> str | None:
    """An honest judge's answer about a text: the topic that most of its words belong to; None if none do."""
    words = {word.strip(".,:;!?\"'()[]{}").casefold() for word in text.split()}
    counts = {topic: len(words & set(listed.split())) for topic, listed in TOPICS.items()}
    best = max(counts, key=counts.__getitem__)
    return best if counts[best] else None


def digit(number: int) -> tuple[Image.Image, str]:
    """A canvas with one of the demo's digits, and the digit's name."""
    digits = demo_half()
    gray = 255 - np.asarray(digits.pixels[number] * (255 / 16), dtype=np.uint8)
    canvas = np.full((CANVAS, CANVAS), 255, dtype=np.uint8)
    side = SIDE * SCALE
    canvas[CORNER : CORNER + side, CORNER : CORNER + side] = gray.repeat(SCALE, axis=0).repeat(SCALE, axis=1)
    return Image.fromarray(canvas), DIGITS[int(digits.labels[number])]


def digit_of(image: Image.Image) -> str:
    """An honest judge's answer about a canvas: the name of the demo digit most like what is drawn in its middle."""
    gray: F32 = np.asarray(image.convert("L"), dtype=np.float32)
    middle = gray[
        CORNER + SCALE // 2 : CORNER + SIDE * SCALE : SCALE, CORNER + SCALE // 2 : CORNER + SIDE * SCALE : SCALE
    ]
    digits = demo_half()
    distances_N = np.abs(digits.pixels * (255 / 16) - (255 - middle)).sum(axis=(1, 2))
    return DIGITS[int(digits.labels[int(distances_N.argmin())])]


def png(image: Image.Image, **saved: object) -> bytes:
    out = io.BytesIO()
    image.save(out, format="PNG", **saved)
    return out.getvalue()
