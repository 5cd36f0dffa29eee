"""Charts as plain marks in the coordinates of an SVG, which the template writes down.

They are a few hundred marks each. A plotting library would bring megabytes of script into every
report, or pictures whose colours cannot follow the reader's light or dark screen.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

#: Room around the plot for the labels: left, top, right, bottom.
MARGIN = (64, 14, 18, 44)


@dataclass(frozen=True)
class Axis:
    """From values to places.

    Members
    -------
    low, high
        Values at the ends.
    start, end
        Places of the ends.
    logarithmic
        Whether equal ratios are equally long.
    """

    low: float
    high: float
    start: float
    end: float
    logarithmic: bool = False

    def __call__(self, value: float) -> float:
        """Return the place of a value."""
        low, high = self.low, self.high
        if self.logarithmic:
            low, high, value = math.log(low), math.log(high), math.log(max(value, self.low))
        share = (value - low) / (high - low) if high > low else 0.5
        return round(self.start + share * (self.end - self.start), 1)

    def ticks(self, most: int = 7) -> list[tuple[float, str]]:
        """Return places and labels of round values."""
        return [(self(value), label(value)) for value in self._round(most)]

    def _round(self, most: int) -> list[float]:
        if self.logarithmic and self.high > 15 * self.low:
            first = math.floor(math.log10(self.low))
            last = math.ceil(math.log10(self.high))
            for digits in ((1, 2, 5), (1, 3), (1,)):
                found = [d * 10.0**e for e in range(first, last + 1) for d in digits]
                inside = [value for value in found if self.low <= value <= self.high]
                if len(inside) <= most:
                    break
            return inside
        step = 10.0 ** math.floor(math.log10(max((self.high - self.low) / most, 1e-9)))
        while (self.high - self.low) / step > most:
            step *= 2 if round(step / 10 ** math.floor(math.log10(step) + 1e-9)) != 2 else 2.5
        count = math.floor(self.high / step + 1e-9)
        return [step * i for i in range(math.ceil(self.low / step - 1e-9), count + 1)]


@dataclass
class Chart:
    """A chart: axes and marks.

    Members
    -------
    width, height
        Of the whole.
    x_label, y_label
        What the axes show.
    x_ticks, y_ticks
        Places and labels.
    marks
        Dictionaries of what an SVG element needs: `kind`, `css` (its class), `title` (shown where
        the pointer is), and numbers by the names of the element's attributes.
    """

    width: int
    height: int
    x_label: str = ""
    y_label: str = ""
    x_ticks: list[tuple[float, str]] = field(default_factory=list)
    y_ticks: list[tuple[float, str]] = field(default_factory=list)
    marks: list[dict[str, object]] = field(default_factory=list)
    left: int = MARGIN[0]

    @property
    def top(self) -> int:
        """Upper end of the plot."""
        return MARGIN[1]

    @property
    def right(self) -> int:
        """Its right end."""
        return self.width - MARGIN[2]

    @property
    def bottom(self) -> int:
        """Its lower end."""
        return self.height - MARGIN[3]

    def x_axis(self, low: float, high: float, *, logarithmic: bool = False) -> Axis:
        """Make the horizontal axis."""
        return Axis(low, high, self.left, self.right, logarithmic)

    def y_axis(self, low: float, high: float, *, logarithmic: bool = False) -> Axis:
        """Make the vertical axis."""
        return Axis(low, high, self.bottom, self.top, logarithmic)

    def circle(self, x: float, y: float, radius: float, css: str, title: str) -> None:
        """Add a disc."""
        self.marks.append(
            {"kind": "circle", "cx": x, "cy": y, "r": round(radius, 1), "css": css, "title": title}
        )

    def box(self, x: float, y: float, x_end: float, y_end: float, css: str, title: str) -> None:
        """Add a rectangle between two corners."""
        self.marks.append(
            {
                "kind": "rect",
                "x": round(min(x, x_end), 1),
                "y": round(min(y, y_end), 1),
                "width": round(max(abs(x_end - x), 0.5), 1),
                "height": round(max(abs(y_end - y), 0.5), 1),
                "css": css,
                "title": title,
            }
        )

    def path(self, places: list[tuple[float, float]], css: str, title: str = "") -> None:
        """Add a line through places."""
        d = "M" + " L".join(f"{x:g},{y:g}" for x, y in places)
        self.marks.append({"kind": "path", "d": d, "css": css, "title": title})

    def text(self, x: float, y: float, text: str, css: str = "", title: str = "") -> None:
        """Add a text that begins, or by its class ends, at a place."""
        self.marks.append(
            {"kind": "text", "x": round(x, 1), "y": round(y, 1), "text": text, "css": css}
            | {"title": title}
        )


def label(value: float) -> str:
    """Return a number as it stands at an axis."""
    for unit, name in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= unit:
            return f"{value / unit:.3g}{name}"
    return f"{value:.3g}"


def shortened(text: str, most: int) -> str:
    """Return a text that is no longer than so many characters."""
    return text if len(text) <= most else text[: most - 1] + "\N{HORIZONTAL ELLIPSIS}"
