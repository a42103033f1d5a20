#!/usr/bin/python3
"""Writes losses.json: each loss on a few rows of logits, by PyTorch's own functions where it has them, with the derivative
by autograd in float64.

usage: make_losses.py OUT_DIR

A case: loss and its parameters under Gradus's names, z (rows x outputs), y, losses (one a row), delta (dloss_i/dz_i).
Logits spread to about +-30, where a formula that forms a probability first has lost it.
Where scikit-learn has the loss (hinge, pinball, log loss), its figure is held against PyTorch's before anything is written.
"""
import json, sys
import numpy, torch
from sklearn import metrics
from torch.nn import functional as F

torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)
ROWS, OUTPUTS = 9, 6

def squared_error(z, y): return 0.5 * F.mse_loss(z, y, reduction="none").sum(1)
def absolute_error(z, y): return F.l1_loss(z, y, reduction="none").sum(1)
def huber(z, y, huber_delta): return F.huber_loss(z, y, delta=huber_delta, reduction="none").sum(1)
def log_cosh(z, y): return torch.cosh(z - y).log().sum(1)
def poisson(z, y): return F.poisson_nll_loss(z, y, log_input=True, full=False, reduction="none").sum(1)
def softmax_cross_entropy(z, y, label_smoothing=0.0):
    return F.cross_entropy(z, y, label_smoothing=label_smoothing, reduction="none")
def sigmoid_cross_entropy(z, y, label_smoothing=0.0):
    return F.binary_cross_entropy_with_logits(z, y * (1 - label_smoothing) + label_smoothing / 2, reduction="none").sum(1)
def focal(z, y, focal_gamma):
    log_p = torch.log_softmax(z, 1).gather(1, y[:, None])[:, 0]
    return -(-torch.expm1(log_p)) ** focal_gamma * log_p
def sigmoid_focal(z, y, focal_gamma):       # torchvision.ops.sigmoid_focal_loss without its alpha
    ce = F.binary_cross_entropy_with_logits(z, y, reduction="none")
    return (torch.sigmoid(z) * (1 - y) + torch.sigmoid(-z) * y).pow(focal_gamma).mul(ce).sum(1)
def hinge(z, y): return torch.clamp(1 - (2 * y - 1) * z, min=0).sum(1)
def outputs_of_quantiles(z, quantiles):
    steps = z.reshape(len(z), -1, len(quantiles))
    return torch.cat([steps[:, :, :1], F.softplus(steps[:, :, 1:])], 2).cumsum(2)
def quantile(z, y, quantiles):
    q, tau = outputs_of_quantiles(z, quantiles), torch.tensor(quantiles)
    error = y[:, :, None] - q
    return torch.maximum(tau * error, (tau - 1) * error).sum((1, 2))

def check_with_sklearn(loss, z, y, losses, parameters):
    z, y = z.detach().numpy(), y.numpy()
    if loss is hinge:
        for k in range(OUTPUTS): assert abs(metrics.hinge_loss(2 * y[:, k] - 1, z[:, k], labels=[-1, 1])
                                            - numpy.maximum(0, 1 - (2 * y[:, k] - 1) * z[:, k]).mean()) < 1e-12
    if loss is softmax_cross_entropy and not parameters:
        p = torch.softmax(torch.tensor(z), 1).numpy()
        assert abs(metrics.log_loss(y, p, labels=range(OUTPUTS), eps=1e-300) - losses.mean()) < 1e-9
    if loss is quantile:
        q = outputs_of_quantiles(torch.tensor(z), parameters["quantiles"]).numpy()
        total = sum(metrics.mean_pinball_loss(y[:, k], q[:, k, t], alpha=tau)
                    for k in range(y.shape[1]) for t, tau in enumerate(parameters["quantiles"]))
        assert abs(total - losses.mean()) < 1e-12

def case(generator, loss, **parameters):
    z = torch.randn(ROWS, OUTPUTS, generator=generator) * torch.tensor([0.3, 1, 3, 10] * 3)[:ROWS, None]
    if loss in (softmax_cross_entropy, focal): y = torch.randint(0, OUTPUTS, (ROWS,), generator=generator)
    elif loss in (sigmoid_cross_entropy, sigmoid_focal, hinge): y = torch.randint(0, 2, (ROWS, OUTPUTS), generator=generator).double()
    elif loss is poisson: y = torch.randint(0, 6, (ROWS, OUTPUTS), generator=generator).double()
    elif loss is quantile: y = 3 * torch.randn(ROWS, OUTPUTS // len(parameters["quantiles"]), generator=generator)
    else: y = torch.randn(ROWS, OUTPUTS, generator=generator)
    z.requires_grad_()
    losses = loss(z, y, **parameters)
    losses.sum().backward()
    losses = losses.detach().numpy()
    check_with_sklearn(loss, z, y, losses, parameters)
    assert numpy.isfinite(losses).all() and torch.isfinite(z.grad).all()
    return dict(loss=loss.__name__, **parameters, z=z.tolist(), y=y.tolist(), losses=losses.tolist(), delta=z.grad.tolist())

def cases():
    g = torch.Generator().manual_seed(20261124)
    yield case(g, squared_error)
    yield case(g, absolute_error)
    for delta in (0.25, 1.0, 3.0): yield case(g, huber, huber_delta=delta)
    yield case(g, log_cosh)
    yield case(g, poisson)
    yield case(g, softmax_cross_entropy)
    yield case(g, sigmoid_cross_entropy)
    for smoothing in (0.1, 0.5):
        yield case(g, softmax_cross_entropy, label_smoothing=smoothing)
        yield case(g, sigmoid_cross_entropy, label_smoothing=smoothing)
    for gamma in (0.0, 0.5, 2.0, 5.0):
        yield case(g, focal, focal_gamma=gamma)
        yield case(g, sigmoid_focal, focal_gamma=gamma)
    yield case(g, hinge)
    for taus in ([0.3], [0.1, 0.9], [0.1, 0.5, 0.9], [0.05, 0.25, 0.5, 0.5625, 0.75, 0.95]): yield case(g, quantile, quantiles=taus)

if __name__ == "__main__":
    json.dump(list(cases()), open(f"{sys.argv[1]}/losses.json", "w"))
