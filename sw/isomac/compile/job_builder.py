"""Jobs: work with its addresses, as the numbers that the sequencer reads."""

from dataclasses import dataclass

from isomac.compile.geometry import Geometry
from isomac.compile.shape import ArrayShape
from isomac.compile.work import ArrayWork, SoftmaxWork, View
from isomac_hw.input_store import Packing
from isomac_hw.job import Job, Kind
from isomac_hw.requantizer import Alignment


@dataclass(frozen=True)
class Placement:
    """Where a job finds its data: first words of buffers, weights and rows, and its table."""

    source: int
    destination: int
    second: int | None
    weight_base: int
    requant_base: int
    lookup_table: int | None = None


@dataclass(frozen=True)
class Loop:
    """One loop of the loader nest: its count, and what a step adds to address, y and x."""

    count: int
    address: int = 0
    y: int = 0
    x: int = 0


def array_job(
    work: ArrayWork,
    geometry: Geometry,
    shape: ArrayShape,
    strides: tuple[int, ...],
    placement: Placement,
    address_range: int,
    *,
    launch_delay: int = 0,
    ends_layer: bool = False,
) -> Job:
    """The array job of `work`.

    Addresses count modulo `address_range`; `strides` are those of the window, `launch_delay` is
    that of the next job, `ends_layer` as in `Job`.
    """
    layout = work.source.layout
    plane = layout.plane_words
    height, width = (1, plane) if geometry.linear else (layout.height, layout.width)
    stride_y, stride_x = work.stride
    kernel = geometry.segmentation
    column_step = kernel.taps if work.dilation[1] == 1 else work.dilation[1]
    kernel_row = Loop(kernel.kernel_rows, work.dilation[0] * width, work.dilation[0])
    if placement.second is not None:
        # The two "kernel rows" of an add are its operands.
        kernel_row = Loop(kernel.kernel_rows, placement.second - placement.source)
    elif geometry.lane_sum:
        # Those of a shared sum are the tiles of the line.
        kernel_row = Loop(kernel.kernel_rows, shape.pixel_lanes, 0, shape.pixel_lanes)
    tile_pixels = shape.pixel_lanes if geometry.linear else shape.tile_columns
    # In a linear job the rows of a tile continue each other in the one line that the map is.
    row = (
        Loop(shape.tile_rows, shape.tile_columns, 0, shape.tile_columns)
        if geometry.linear
        else Loop(shape.tile_rows, stride_y * width, stride_y)
    )
    loops = {
        "chunk": Loop(geometry.chunks, shape.banks, 0, shape.banks),
        "row": row,
        "block": Loop(work.blocks, plane),
        "column": Loop(kernel.columns, column_step, 0, column_step),
        "kernel_row": kernel_row,
        "channel_tile": Loop(work.channel_tiles, 0 if work.dense else plane),
        "tile_column": Loop(
            geometry.tile_columns, tile_pixels * stride_x, 0, tile_pixels * stride_x
        ),
        "tile_row": Loop(
            geometry.tile_rows,
            shape.tile_rows * stride_y * width,
            shape.tile_rows * stride_y,
        ),
    }
    steps = _steps(loops)
    output = work.destination.layout
    start_y = work.origin[0]
    start_x = work.origin[1]
    source = placement.source + work.source_plane * plane + start_y * width + start_x
    destination = (
        placement.destination
        + work.destination_plane * output.plane_words
        + work.output_origin[0] * output.width
        + work.output_origin[1]
    )
    return Job(
        kind=Kind.ARRAY,
        input_base=source % address_range,
        output_base=destination % address_range,
        start_y=start_y,
        start_x=start_x,
        chunks=geometry.chunks - 1,
        blocks=work.blocks - 1,
        columns=kernel.columns - 1,
        kernel_rows=kernel.kernel_rows - 1,
        channel_tiles=work.channel_tiles - 1,
        tile_columns=geometry.tile_columns - 1,
        tile_rows=geometry.tile_rows - 1,
        **{
            f"address_{name}": steps[name].address % address_range
            for name in loops
            if name != "chunk"
        },
        y_row=steps["row"].y,
        y_block=steps["block"].y,
        y_kernel_row=steps["kernel_row"].y,
        y_channel_tile=steps["channel_tile"].y,
        y_tile_row=steps["tile_row"].y,
        x_row=steps["row"].x,
        x_block=steps["block"].x,
        x_column=steps["column"].x,
        x_kernel_row=steps["kernel_row"].x,
        x_channel_tile=steps["channel_tile"].x,
        x_tile_column=steps["tile_column"].x,
        x_tile_row=steps["tile_row"].x,
        input_height=height,
        input_width=width,
        # Lanes beyond the line must not add to a shared sum.
        pad_value=0 if geometry.lane_sum else work.pad_value,
        dense=int(work.dense),
        reduce_max=int(work.reduce_max),
        add=int(work.second is not None and work.alignment is None),
        taps=kernel.taps - 1,
        taps_last=kernel.taps_last - 1,
        first_byte=work.first_byte,
        last_byte=work.last_byte,
        stride=strides.index(geometry.lane_stride),
        weight_base=placement.weight_base,
        weight_restart=int(work.weight_restart),
        output_row=shape.tile_columns if geometry.linear else output.width,
        output_plane=output.plane_words,
        output_tile_column=tile_pixels,
        output_tile_row=shape.tile_rows * output.width,
        linear=int(geometry.linear),
        lane_sum=int(geometry.lane_sum),
        rows_last=geometry.rows_last - 1,
        columns_last=geometry.columns_last - 1,
        steps_last=geometry.steps_last - 1,
        requant_base=placement.requant_base,
        zero_point=work.zero_point,
        quant_min=work.quant_min,
        quant_max=work.quant_max,
        double_rounding=int(work.double_rounding),
        zero_point_b=work.zero_point_b,
        multiplier_b=work.multiplier_b,
        lookup=int(work.table is not None),
        lookup_table=placement.lookup_table,
        launch_delay=launch_delay,
        ends_layer=int(ends_layer),
        **_aligned(work.alignment),
    )


def _aligned(alignment: Alignment | None) -> dict[str, int]:
    """The fields of an alignment; without one the rest of them is not read."""
    if alignment is None:
        return {"aligned": 0}
    return {
        "aligned": 1,
        "left_shift": alignment.left_shift,
        "align_shift": alignment.shift,
        "align_half": alignment.half,
        "align_half_negative": alignment.half_negative,
    }


def _steps(loops: dict[str, Loop]) -> dict[str, Loop]:
    """What a tracker gains when a loop advances and all loops inside it go back to their start."""
    steps = {}
    back = Loop(1)
    for name, loop in loops.items():
        steps[name] = Loop(
            loop.count, loop.address - back.address, loop.y - back.y, loop.x - back.x
        )
        turns = loop.count - 1
        back = Loop(
            1,
            back.address + turns * loop.address,
            back.y + turns * loop.y,
            back.x + turns * loop.x,
        )
    return steps


def softmax_job(work: SoftmaxWork, source: int, destination: int) -> Job:
    """The softmax job of `work`."""
    layout = work.source.layout
    return Job(
        kind=Kind.SOFTMAX,
        words=layout.plane_words - 1,
        input_base=source,
        output_base=destination,
        zero_point=work.zero_point,
        plane_stride=layout.plane_words,
        channels=layout.channels - 1,
    )


def input_job(view: View, base: int, packing: Packing, input_channels: tuple[int, ...]) -> Job:
    """The arrival of a tensor; `input_channels` are those that the hardware can unpack."""
    pixels = view.layout.words
    return Job(
        kind=Kind.INPUT,
        words=pixels - 1,
        stream_words=packing.stream_words(pixels) - 1,
        packing=input_channels.index(packing.channels),
        output_base=base,
    )


def output_job(view: View, base: int) -> Job:
    """The departure of a tensor."""
    return Job(kind=Kind.OUTPUT, words=view.layout.words - 1, input_base=base)
