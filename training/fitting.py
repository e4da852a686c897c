"""Fits the network's weights to samples: the only place that needs PyTorch.

It begins as the baseline, always telling the share of rises, and stops when what it learns no
longer helps on the latest part, which it does not learn from. The same samples and seed give the
same weights. Source of the optimiser: Loshchilov & Hutter, "Decoupled weight decay
regularization" (2019).
"""

import math
from typing import Final

import numpy as np
import torch
from torch import Tensor, nn
from typing_extensions import override

from strategy.predictors.features import NAMES, SEQUENCE, standardised
from strategy.predictors.network import HIDDEN, Network
from training.samples import Integers, Samples

MADE_WITH: Final = f"torch {torch.__version__}"
MAX_SAMPLES: Final = 30_000  # more are thinned out evenly, so that time is bounded
EPOCHS: Final = 15
PATIENCE: Final = 3
BATCH: Final = 256
RATE: Final = 3e-3
DECAY: Final = 1e-2
LATEST: Final = 0.15  # of the time, which tells when to stop
SMALLEST: Final = 1e-6


class _Gru(nn.Module):
    def __init__(self, share: float) -> None:
        super().__init__()
        self.gru = nn.GRU(len(NAMES), HIDDEN, batch_first=True)
        self.head = nn.Linear(HIDDEN, 1)
        nn.init.zeros_(self.head.weight)
        nn.init.constant_(self.head.bias, math.log(share / (1 - share)))

    @override
    def forward(self, windows: Tensor) -> Tensor:
        """Return the log odds of a rise."""
        _, last = self.gru(windows)
        odds: Tensor = self.head(last[0])[:, 0]
        return odds


class _Lesson:
    """The samples as tensors, and the steps to take."""

    def __init__(self, samples: Samples, chosen: Integers, seed: int) -> None:
        rows = samples.features[samples.ends[chosen]].astype(np.float64)
        self.mean, self.deviation = rows.mean(axis=0), rows.std(axis=0) + SMALLEST
        read = standardised(samples.features.astype(np.float64), self.mean, self.deviation)
        self._read = torch.from_numpy(read.astype(np.float32))
        self._ends = torch.from_numpy(samples.ends)
        self._rose = torch.from_numpy(samples.rose.astype(np.float32))
        self._steps = torch.arange(1 - SEQUENCE, 1)
        self._chance = torch.Generator().manual_seed(seed)
        self.loss = nn.BCEWithLogitsLoss()

    def batch(self, numbers: Tensor) -> tuple[Tensor, Tensor]:
        """Return windows and outcomes of the samples of these *numbers*."""
        places = self._ends[numbers][:, None] + self._steps
        return self._read[places], self._rose[numbers]

    def learn(self, net: _Gru, optimiser: torch.optim.Optimizer, numbers: Tensor) -> None:
        """Go once through the samples of these *numbers*, in an order of chance."""
        order = numbers[torch.randperm(len(numbers), generator=self._chance)]
        for some in torch.split(order, BATCH):
            windows, rose = self.batch(some)
            optimiser.zero_grad()
            self.loss(net(windows), rose).backward()
            nn.utils.clip_grad_norm_(net.parameters(), 1.0)
            optimiser.step()

    def test(self, net: _Gru, numbers: Tensor) -> float:
        """Return the mean loss on the samples of these *numbers*."""
        with torch.no_grad():
            total = 0.0
            for some in torch.split(numbers, 8 * BATCH):
                windows, rose = self.batch(some)
                total += float(self.loss(net(windows), rose)) * len(some)
        return total / len(numbers)


def fit(samples: Samples, chosen: Integers, seed: int) -> Network:
    """Return the network that *chosen* samples (by time, at least a few hundred) teach."""
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    cut = int(samples.at[chosen[int(len(chosen) * (1 - LATEST))]])
    learnt = _thinned(chosen[samples.at[chosen] + samples.horizon_ms <= cut], MAX_SAMPLES)
    held_back = _thinned(chosen[samples.at[chosen] >= cut], MAX_SAMPLES)
    lesson = _Lesson(samples, learnt, seed)
    share = min(max(float(samples.rose[learnt].mean()), 0.01), 0.99)
    net = _best(lesson, _Gru(share), torch.from_numpy(learnt), torch.from_numpy(held_back))
    return as_network(net, lesson.mean, lesson.deviation)


def _best(lesson: _Lesson, net: _Gru, learnt: Tensor, held_back: Tensor) -> _Gru:
    """Train *net* until what it learns no longer helps, and go back to its best."""
    optimiser = torch.optim.AdamW(net.parameters(), lr=RATE, weight_decay=DECAY)
    best, least, worse = _weights(net), lesson.test(net, held_back), 0
    for _ in range(EPOCHS):
        lesson.learn(net, optimiser, learnt)
        loss = lesson.test(net, held_back)
        if loss < least:
            best, least, worse = _weights(net), loss, 0
            continue
        worse += 1
        if worse >= PATIENCE:
            break
    net.load_state_dict(best)
    return net


def as_network(net: _Gru, mean: object, deviation: object) -> Network:
    """Return the weights of *net* as the engine uses them."""
    of = {name: value.numpy().astype(np.float64) for name, value in net.state_dict().items()}
    return Network({
        "mean": np.asarray(mean, dtype=np.float64),
        "deviation": np.asarray(deviation, dtype=np.float64),
        "input_weight": of["gru.weight_ih_l0"], "hidden_weight": of["gru.weight_hh_l0"],
        "input_bias": of["gru.bias_ih_l0"], "hidden_bias": of["gru.bias_hh_l0"],
        "head_weight": of["head.weight"][0], "head_bias": of["head.bias"][0],
    })  # fmt: skip


def _weights(net: _Gru) -> dict[str, Tensor]:
    return {name: value.detach().clone() for name, value in net.state_dict().items()}


def _thinned(numbers: Integers, most: int) -> Integers:
    """Return at most so many of *numbers*, evenly over time."""
    if len(numbers) <= most:
        return numbers
    return numbers[np.linspace(0, len(numbers) - 1, most).astype(np.int64)]
