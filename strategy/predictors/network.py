"""A gated recurrent network's answer, in NumPy: the engine needs nothing else to use a model.

r = σ(W_ir x + b_ir + W_hr h + b_hr), z likewise, n = tanh(W_in x + b_in + r ∘ (W_hn h + b_hn)),
h ← (1 - z) ∘ n + z ∘ h; the chance of a rise is σ(w h + b) of the last h. A test holds it to
PyTorch's own.
Sources: Cho et al., "Learning phrase representations using RNN encoder-decoder" (2014);
https://docs.pytorch.org/docs/stable/generated/torch.nn.GRU.html
"""

from collections.abc import Mapping
from typing import Final

import numpy as np
import numpy.typing as npt

from strategy.predictors.features import NAMES, standardised

Array = npt.NDArray[np.float64]

GATES: Final = 3
HIDDEN: Final = 16
SHAPES: Final[Mapping[str, tuple[int, ...]]] = {
    "mean": (len(NAMES),),
    "deviation": (len(NAMES),),
    "input_weight": (GATES * HIDDEN, len(NAMES)),
    "hidden_weight": (GATES * HIDDEN, HIDDEN),
    "input_bias": (GATES * HIDDEN,),
    "hidden_bias": (GATES * HIDDEN,),
    "head_weight": (HIDDEN,),
    "head_bias": (),
}


class Network:
    """Weights that have been learned, and how features were standardised for them.

    *arrays* have the names and shapes of `SHAPES`.
    """

    __slots__ = ("_arrays",)

    def __init__(self, arrays: Mapping[str, Array]) -> None:
        self._arrays = dict(arrays)

    @property
    def arrays(self) -> Mapping[str, Array]:
        """Return its numbers by name."""
        return self._arrays

    def chances(self, windows: Array) -> Array:
        """Return ``(n,)`` chances of a rise after each of *windows* ``(n, SEQUENCE, features)``."""
        of = self._arrays
        inputs = standardised(windows, of["mean"], of["deviation"])
        projected = inputs @ of["input_weight"].T + of["input_bias"]
        hidden_weight, hidden_bias = of["hidden_weight"].T, of["hidden_bias"]
        state = np.zeros((len(windows), HIDDEN))
        for step in range(windows.shape[1]):
            asked = projected[:, step]
            kept = state @ hidden_weight + hidden_bias
            gates = sigmoid(asked[:, : 2 * HIDDEN] + kept[:, : 2 * HIDDEN])
            reset, update = gates[:, :HIDDEN], gates[:, HIDDEN:]
            new = np.tanh(asked[:, 2 * HIDDEN :] + reset * kept[:, 2 * HIDDEN :])
            state = (1 - update) * new + update * state
        return sigmoid(state @ of["head_weight"] + of["head_bias"])

    def without(self, window: Array, columns: tuple[int, ...]) -> Array:
        """Return *window* with its features *columns* as if they were what they are on average."""
        blank = window.copy()
        blank[:, columns] = self._arrays["mean"][list(columns)]
        return blank


def sigmoid(x: Array) -> Array:
    """Return 1 ÷ (1 + e⁻ˣ) without an overflow."""
    return 0.5 * (1 + np.tanh(0.5 * x))
