"""What every picture shares: its paper, its colours, its words, and how it becomes a file."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from domain.errors import KamsError, Refused
from domain.language.languages import Language, speaking, spoken

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SVG, PNG = "svg", "png"
FORMATS = {".svg": SVG, ".png": PNG}
INK, QUIET, LINE = "#6b7280", "#9ca3af", "#9ca3af"
BLUE, GREEN, RED = "#3b82f6", "#2f9e6e", "#d9603b"
"""Neither too light for white paper nor too dark for black; what they mean is said in words, too."""
CHINESE_FONTS = (
    "Noto Sans CJK SC",
    "Source Han Sans SC",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "Microsoft YaHei",
    "PingFang SC",
    "SimHei",
)
STYLE: dict[Any, Any] = {
    "svg.hashsalt": "kams",
    "svg.fonttype": "none",
    "font.size": 10.0,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": LINE,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.unicode_minus": False,
}


class PicturesMissing(KamsError):
    """Pictures need another package: pip install 'kams[pictures]'."""


class NothingToDraw(Refused):
    """There is nothing to draw: {reason}."""


@contextmanager
def paper(width: float, height: float) -> Iterator[tuple[Figure, Axes]]:
    """An empty picture of so many inches, in the spoken language where a font has its letters, else in English. Raises
    PicturesMissing."""
    try:
        from matplotlib import rc_context
        from matplotlib.figure import Figure
    except ImportError:
        raise PicturesMissing from None
    with rc_context({**STYLE, "font.family": ["DejaVu Sans", *_chinese_font()]}), speaking(language()):
        figure = Figure(figsize=(width, height), layout="constrained")
        figure.patch.set_alpha(0)
        axes = figure.add_subplot()
        axes.patch.set_alpha(0)
        yield figure, axes


def language() -> Language:
    """The language of a picture: the spoken one, or English where Chinese has no font."""
    return spoken() if spoken() is Language.ENGLISH or _fonts() else Language.ENGLISH


def falls_back() -> bool:
    """Whether Chinese was asked for and no font has it."""
    return language() is not spoken()


def _chinese_font() -> list[str]:
    return _fonts()[:1] if spoken() is Language.CHINESE else []


def _fonts() -> list[str]:
    from matplotlib.font_manager import fontManager

    there = {font.name for font in fontManager.ttflist}
    return [name for name in CHINESE_FONTS if name in there]


def titled(axes: Axes, title: str, about: str) -> None:
    """A title, and below it what the picture rests on."""
    weight = "bold" if spoken() is Language.ENGLISH else "normal"
    axes.set_title(f"{title}\n", loc="left", fontsize=13, fontweight=weight, color=INK)
    axes.text(0, 1.02, about, transform=axes.transAxes, fontsize=8.5, color=INK)


def file_of(figure: Figure, wanted: str, title: str, about: str) -> bytes:
    """The picture as a file; an SVG says what it shows to those who cannot see it."""
    written = io.BytesIO()
    metadata: dict[str, Any] = {"Date": None, "Creator": "KAMS"} if wanted == SVG else {"Software": "KAMS"}
    figure.savefig(written, format=wanted, metadata=metadata, dpi=144)
    if wanted != SVG:
        return written.getvalue()
    text = written.getvalue().decode()
    head, sign, rest = text.partition("<svg ")
    opened, end, content = rest.partition(">")
    said = f"\n <title>{escape(title)}</title>\n <desc>{escape(about)}</desc>"
    return f'{head}{sign}role="img" {opened}{end}{said}{content}'.encode()


def short(amount: float) -> str:
    """An amount as an axis says it."""
    for size, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(amount) >= size:
            return f"{amount / size:.3g}{unit}"
    return f"{amount:.3g}"


def exact(amount: Any) -> str:
    """An amount as a label says it."""
    return f"{amount:,.0f}"
