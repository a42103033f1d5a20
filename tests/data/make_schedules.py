#!/usr/bin/python3
"""Writes schedules.json: learning rates of PyTorch's (Debian's python3-torch) and scikit-learn's (python3-sklearn) own schedules.

usage: make_schedules.py OUT_DIR
Each case holds the rate of every step, `steps` to an epoch, or of every epoch where `steps` is 1; plateau and adaptive hold the losses
that they were told, one after each epoch, and adaptive how many epochs scikit-learn trained before it gave up.
"""
import json, sys, warnings
import numpy as np
import torch
from sklearn.neural_network import MLPRegressor
from sklearn.neural_network._stochastic_optimizers import SGDOptimizer
from torch.optim import lr_scheduler as lr

warnings.simplefilter("ignore")
cases = {}


def optimizer(rate):
    return torch.optim.SGD([torch.zeros(1, dtype=torch.float64, requires_grad=True)], lr=rate)


def rates(steps, count, rate, make, advance=lambda scheduler, step: scheduler.step()):
    """The rate at each of `count` steps."""
    sgd = optimizer(rate)
    scheduler = make(sgd)
    found = []
    for step in range(count):
        found.append(sgd.param_groups[0]["lr"])
        sgd.step()
        advance(scheduler, step + 1)
    return dict(steps=steps, rate=rate, rates=found)


cases["step"] = rates(1, 9, 0.5, lambda o: lr.StepLR(o, 3, 0.1))
cases["exponential"] = rates(1, 12, 0.5, lambda o: lr.ExponentialLR(o, 0.9))
cases["cosine"] = rates(4, 32, 0.5, lambda o: lr.CosineAnnealingLR(o, 32))
cases["restarts"] = rates(4, 60, 0.5, lambda o: lr.CosineAnnealingWarmRestarts(o, 2, 2), lambda s, step: s.step(step / 4))
cases["even_restarts"] = rates(4, 36, 0.5, lambda o: lr.CosineAnnealingWarmRestarts(o, 3, 1), lambda s, step: s.step(step / 4))
cases["one_cycle"] = rates(5, 40, 0.5, lambda o: lr.OneCycleLR(o, 0.5, total_steps=40, cycle_momentum=False))
cases["one_cycle_rise_of_2_epochs"] = rates(
    5, 40, 0.5, lambda o: lr.OneCycleLR(o, 0.5, total_steps=40, pct_start=0.25, cycle_momentum=False))
WARMUP = 6  # steps, 1.5 epochs
cases["warmup_then_cosine"] = rates(4, 32, 0.5, lambda o: lr.SequentialLR(
    o, [lr.LinearLR(o, 1 / (WARMUP + 1), 1.0, WARMUP), lr.CosineAnnealingLR(o, 32 - WARMUP)], [WARMUP]))

losses = [1.0, 0.9, 0.95, 0.9, 0.91, 0.92, 0.93, 0.94, 0.8, 0.81, 0.82, 0.83, 0.84, 0.85, 0.7, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9]
sgd = optimizer(0.5)
plateau = lr.ReduceLROnPlateau(sgd, factor=0.5, patience=4, threshold=0.0, threshold_mode="abs")
cases["plateau"] = dict(steps=1, rate=0.5, losses=losses, rates=[])
for loss in losses:
    cases["plateau"]["rates"].append(sgd.param_groups[0]["lr"])
    plateau.step(loss)

sgd = SGDOptimizer([], learning_rate_init=0.5, lr_schedule="invscaling", power_t=0.3)
cases["invscaling"] = dict(steps=1, rate=0.5, rows=150, power=0.3, rates=[])
for epoch in range(8):
    cases["invscaling"]["rates"].append(sgd.learning_rate)
    sgd.iteration_ends(150 * (epoch + 1))


class Watched(MLPRegressor):
    """Notes the rate that each epoch had."""

    def _update_no_improvement_count(self, early_stopping, x, y):
        cases["adaptive"]["rates"].append(self._optimizer.learning_rate)
        super()._update_no_improvement_count(early_stopping, x, y)


random = np.random.RandomState(3)
x = random.randn(40, 2)
cases["adaptive"] = dict(steps=1, rate=0.002, patience=2, tolerance=1e-3, rates=[])
model = Watched((4,), activation="tanh", solver="sgd", learning_rate="adaptive", learning_rate_init=0.002, batch_size=8, tol=1e-3,
                n_iter_no_change=2, max_iter=2000, random_state=1).fit(x, np.sin(x[:, 0]) + 0.1 * random.randn(40))
cases["adaptive"]["losses"] = model.loss_curve_

json.dump(cases, open(f"{sys.argv[1]}/schedules.json", "w"))
