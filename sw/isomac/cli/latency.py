"""A time as an option."""

import re

import click

_UNITS = {"s": 1000.0, "ms": 1.0, "us": 0.001}


class Latency(click.ParamType[float]):
    """A number with a unit, such as 5ms, 250us or 0.1s; becomes milliseconds."""

    name = "time"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Return milliseconds, above 0."""
        match = re.fullmatch(r"(\d{1,9}(?:\.\d{1,9})?)(s|ms|us)", str(value), re.ASCII)
        time = 0.0 if match is None else float(match[1]) * _UNITS[match[2]]
        if not time:
            self.fail(f"{value!r} must be a time above 0 with its unit: s, ms or us.", param, ctx)
        return time
