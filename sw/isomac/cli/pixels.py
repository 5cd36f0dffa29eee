"""The pixel lanes as an option."""

import re

import click


class Pixels(click.ParamType[tuple[int, int]]):
    """`ROWSxCOLUMNS`, such as 2x4, or a number of lanes in one row; becomes (rows, columns)."""

    name = "pixels"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, int]:
        """Return (rows, columns), both at least 1."""
        match = re.fullmatch(r"(?:(\d{1,6})x)?(\d{1,6})", str(value), re.ASCII)
        tile = (0, 0) if match is None else (int(match[1] or 1), int(match[2]))
        if 0 in tile:
            self.fail(
                f"{value!r} must be ROWSxCOLUMNS, such as 2x4, or a number of lanes.", param, ctx
            )
        return tile
