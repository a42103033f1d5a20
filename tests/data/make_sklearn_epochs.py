#!/usr/bin/python3
"""Writes sklearn_epochs.json: the parameters after one epoch of scikit-learn's MLPRegressor (Debian's python3-sklearn) in float64.

usage: make_sklearn_epochs.py OUT_DIR
Rows in order, batches of 7 of 25 rows (the last is smaller), no L2, the same start for every solver.
Weights are (inputs x outputs), row-major nested lists.
"""
import json, sys, warnings
import numpy as np
from sklearn.neural_network import MLPRegressor

random = np.random.RandomState(7)
SIZES = [3, 5, 1]
W = [random.randn(a, b) / np.sqrt(a) for a, b in zip(SIZES, SIZES[1:])]
B = [0.3 * random.randn(b) for b in SIZES[1:]]
X = random.randn(25, 3)
Y = np.sin(X[:, 0]) + X[:, 1] * X[:, 2]


class Started(MLPRegressor):
    def _init_coef(self, fan_in, fan_out, dtype):
        layer = SIZES.index(fan_in)
        return W[layer].copy(), B[layer].copy()


CASES = {
    "sgd": dict(solver="sgd", momentum=0.0, nesterovs_momentum=False, learning_rate_init=0.05),
    "momentum": dict(solver="sgd", momentum=0.9, nesterovs_momentum=False, learning_rate_init=0.05),
    "nesterov": dict(solver="sgd", momentum=0.9, nesterovs_momentum=True, learning_rate_init=0.05),
    "adam": dict(solver="adam", learning_rate_init=0.05, epsilon=1e-3),
}

warnings.simplefilter("ignore")
out = dict(sizes=SIZES, X=X.tolist(), y=Y.tolist(), W=[w.tolist() for w in W], b=[b.tolist() for b in B], epochs={})
for name, options in CASES.items():
    model = Started((5,), activation="tanh", alpha=0.0, batch_size=7, shuffle=False, max_iter=1, **options).fit(X, Y)
    out["epochs"][name] = dict(W=[w.tolist() for w in model.coefs_], b=[b.tolist() for b in model.intercepts_])
json.dump(out, open(f"{sys.argv[1]}/sklearn_epochs.json", "w"))
