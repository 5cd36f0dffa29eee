"""The figures of other designs agree with each other."""

import pytest

from isomac.bench.peers import Peer, own_utilization, peers, weight_stationary_cycles
from isomac.bench.run import quantized
from tests.sw.small_graphs import convolution, graph

STATED = [peer for peer in peers() if peer.cycles is not None]


@pytest.mark.parametrize("peer", STATED, ids=lambda peer: f"{peer.network}-{peer.multipliers}")
def test_utilization_follows_from_the_cycles(peer: Peer) -> None:
    assert peer.network is not None
    assert peer.multipliers is not None
    assert peer.cycles is not None
    share = quantized(peer.network).macs / (peer.cycles * peer.multipliers)
    assert peer.utilization == pytest.approx((share, share), abs=0.002)
    own = own_utilization(peer)
    assert own is not None
    assert own > share


def test_those_without_a_network_of_ours_have_no_counterpart() -> None:
    others = [peer for peer in peers() if peer.network is None]
    assert others
    assert all(own_utilization(peer) is None for peer in others)
    assert all("published" in peer.how and "arXiv:" in peer.source for peer in others)


@pytest.mark.parametrize("key", ["dscnn", "autoencoder"])
def test_the_weight_stationary_array(key: str) -> None:
    (peer,) = (peer for peer in STATED if peer.network == key)
    assert weight_stationary_cycles(quantized(key), 16, 16) == peer.cycles


def test_a_weight_stationary_tile_by_hand() -> None:
    # 18 taps of 2 channels: 5 x 1 tiles of 4 x 3 weights, which load, see 16 pixels, and empty.
    assert weight_stationary_cycles(graph(convolution()), 4, 3) == 5 * (4 + 16 + 2)
