"""Damaged files: each loads as what it was, or ends in one sentence."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from isomac.errors import IsomacError
from isomac.fuzz.generator.graphs import Choices, random_graph
from isomac.graph.file import load, save
from isomac.graph.graph import Graph
from tests.sw.graph_files import edit, members_of, write

Victim = tuple[Path, bytes, Graph]


def load_or_sentence(path: Path) -> Graph | None:
    """Return the graph or None; any other exception than the user's error fails the test."""
    try:
        return load(path)
    except IsomacError as error:
        sentence = str(error)
    assert "\n" not in sentence
    assert len(sentence) < 1000
    return None


@pytest.fixture(scope="module")
def victim(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bytes, Graph]:
    """A path to write to, the bytes of a file with several operations, and what is in it."""
    path = tmp_path_factory.mktemp("victim") / "graph.isomac"
    choices = Choices(steps=(4, 4), max_channels=4, max_size=4)
    case = random_graph(np.random.default_rng(7), choices)
    save(case, path)
    return path, path.read_bytes(), case


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_truncated_files(victim: Victim, data: st.DataObject) -> None:
    path, intact, _ = victim
    path.write_bytes(intact[: data.draw(st.integers(0, len(intact) - 1))])
    assert load_or_sentence(path) is None


@settings(max_examples=600, deadline=None)
@given(st.data())
def test_flipped_bits(victim: Victim, data: st.DataObject) -> None:
    path, intact, original = victim
    damaged = bytearray(intact)
    for _ in range(data.draw(st.integers(1, 4))):
        position = data.draw(st.integers(0, 8 * len(intact) - 1))
        damaged[position // 8] ^= 1 << position % 8
    path.write_bytes(damaged)
    assert load_or_sentence(path) in (None, original)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_damage_behind_intact_checksums(victim: Victim, data: st.DataObject) -> None:
    """The zip is well-formed: what protects is the reading of JSON and arrays."""
    path, intact, original = victim
    path.write_bytes(intact)
    members = members_of(path)
    name = data.draw(st.sampled_from(list(members)))
    damaged = bytearray(members[name])
    position = data.draw(st.integers(0, len(damaged) - 1))
    damaged[position] = data.draw(st.integers(0, 255))
    kept = slice(0, data.draw(st.sampled_from([len(damaged), position])))
    write(path, {**members, name: bytes(damaged[kept])})
    assert load_or_sentence(path) in (None, original)


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_swapped_members(victim: Victim, data: st.DataObject) -> None:
    path, intact, original = victim
    path.write_bytes(intact)
    members = members_of(path)
    names = st.sampled_from(list(members))
    first, second = data.draw(names), data.draw(names)
    swapped = {**members, first: members[second], second: members[first]}
    write(path, swapped)
    assert load_or_sentence(path) == (original if swapped == members else None)


JSON_VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**30), 10**30),
    st.floats(),
    st.text(max_size=5),
    st.just([]),
    st.just({}),
    st.lists(st.integers(-300, 300), max_size=5),
)


@settings(max_examples=600, deadline=None)
@given(st.data())
def test_other_values_in_the_description(victim: Victim, data: st.DataObject) -> None:
    path, intact, original = victim
    path.write_bytes(intact)

    def change(node: Any) -> None:
        while True:
            keys = list(node) if isinstance(node, dict) else list(range(len(node)))
            key = data.draw(st.sampled_from(keys))
            child = node[key]
            if (
                not isinstance(child, (dict, list))
                or not child
                or data.draw(st.integers(0, 4)) == 0
            ):
                break
            node = child
        node[key] = data.draw(JSON_VALUES)

    edit(path, change)
    assert load_or_sentence(path) in (None, original)
