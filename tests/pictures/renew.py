"""Draw the reviewed pictures again: look at every one that changed before it is committed."""

from __future__ import annotations

import io
from pathlib import Path

from label_facts import ISSUE, fact
from PIL import Image

from carbon.label.design import DESIGNS, load_design
from carbon.label.scale import STATES
from carbon.paper.pdf import png

FOLDER = Path(__file__).parent
LANGS = {"zh": ("zh",), "en": ("en",), "both": ("zh", "en")}
DPI = {"badge": 110, "label": 64, "sheet": 40, "overlay-portrait": 16, "overlay-landscape": 16}


def drawn(name: str, lang: str) -> Image.Image:
    """The states of a design beside each other, on grey."""
    design = load_design(name)
    pictures = []
    for state in STATES:
        told = fact(state=state)
        svg = design.svg(design.values(told, ISSUE.scale, LANGS[lang]))
        pictures.append(Image.open(io.BytesIO(png(svg, DPI[name]))).convert("RGBA"))
    width, height = pictures[0].size
    out = Image.new("RGB", ((width + 4) * len(pictures), height + 4), "#888888")
    for at, picture in enumerate(pictures):
        out.paste(picture, (at * (width + 4) + 2, 2), picture)
    return out


if __name__ == "__main__":
    for name in DESIGNS:
        for lang in LANGS:
            picture = drawn(name, lang).quantize(64, dither=Image.Dither.NONE)
            picture.save(FOLDER / f"{name}-{lang}.png", optimize=True)
