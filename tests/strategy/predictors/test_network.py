"""The network's answer in NumPy is the one that PyTorch gives."""

import numpy as np
import torch

from strategy.predictors.features import FARTHEST, NAMES, SEQUENCE
from strategy.predictors.network import Network, sigmoid
from training.fitting import _Gru, as_network

ZEROS, ONES = np.zeros(len(NAMES)), np.ones(len(NAMES))


def torch_network(seed: int) -> _Gru:
    torch.manual_seed(seed)
    net = _Gru(0.5)
    torch.nn.init.normal_(net.head.weight)
    return net


def test_it_answers_as_pytorch_does() -> None:
    rng = np.random.default_rng(1)
    windows = rng.uniform(-FARTHEST, FARTHEST, (200, SEQUENCE, len(NAMES)))

    for seed in range(5):
        net = torch_network(seed)
        with torch.no_grad():
            theirs = torch.sigmoid(net(torch.from_numpy(windows.astype(np.float32)))).numpy()
        ours = as_network(net, ZEROS, ONES).chances(windows)

        assert theirs.min() < 0.3  # or there is little to compare
        assert theirs.max() > 0.7
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-5)


def test_it_standardises_what_it_reads() -> None:
    rng = np.random.default_rng(2)
    net, windows = torch_network(3), rng.standard_normal((20, SEQUENCE, len(NAMES)))
    mean, deviation = np.arange(7) / 10, np.arange(1, 8) / 5

    plain = as_network(net, ZEROS, ONES).chances(windows)
    moved = as_network(net, mean, deviation).chances(windows * deviation + mean)

    np.testing.assert_allclose(plain, moved, atol=1e-12)


def test_features_that_are_left_out_do_not_matter() -> None:
    rng = np.random.default_rng(3)
    network = as_network(torch_network(4), ONES, ONES)
    one, other = rng.standard_normal((2, SEQUENCE, len(NAMES)))
    other[:, 2:] = one[:, 2:]

    blanked = [network.without(window, (0, 1)) for window in (one, other)]

    np.testing.assert_array_equal(*network.chances(np.stack(blanked)))
    assert network.chances(one[np.newaxis]) != network.chances(other[np.newaxis])


def test_its_chances_are_chances_whatever_its_weights() -> None:
    network = as_network(torch_network(5), ZEROS, ONES)
    huge = Network({name: 1e6 * np.asarray(array) for name, array in network.arrays.items()})
    windows = np.random.default_rng(4).standard_normal((50, SEQUENCE, len(NAMES)))

    chances = huge.chances(windows)

    assert ((chances >= 0) & (chances <= 1)).all()
    assert sigmoid(np.array([-1e9, 0.0, 1e9])).tolist() == [0, 0.5, 1]
