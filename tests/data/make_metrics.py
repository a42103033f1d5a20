#!/usr/bin/python3
"""Writes metrics.json: every metric as scikit-learn (Debian's python3-sklearn) has it, and the two it lacks by numpy.

usage: make_metrics.py OUT_DIR
Rows with weight w stand w times in what scikit-learn is given. `brier` of several classes is the mean over rows of
sum_k (p_k - y_k)^2; `ece` has 15 equal bins (lo, hi] of the predicted class's probability.
"""
import json, sys
import numpy as np
from sklearn import metrics as sk

random = np.random.RandomState(3)


def ece(p, y):
    predicted, confidence = p.argmax(1), p.max(1)
    edges, total = np.linspace(0, 1, 16), 0.0
    for low, high in zip(edges, edges[1:]):
        inside = (confidence > low) & (confidence <= high)
        total += abs((predicted[inside] == y[inside]).sum() - confidence[inside].sum())
    return total / len(y)


def of_classes(p, y):
    classes, predicted = p.shape[1], p.argmax(1)
    one_hot = np.eye(classes)[y]
    auc = sk.roc_auc_score(y, p[:, 1]) if classes == 2 else np.mean(
        [sk.roc_auc_score(one_hot[:, k], p[:, k]) for k in range(classes)])
    return dict(accuracy=sk.accuracy_score(y, predicted), error=sk.zero_one_loss(y, predicted),
                balanced_accuracy=sk.balanced_accuracy_score(y, predicted),
                log_loss=sk.log_loss(y, p, labels=range(classes)), auc=auc,
                f1_macro=sk.f1_score(y, predicted, average="macro"),
                brier=sk.brier_score_loss(y, p[:, 1]) if classes == 2 else ((p - one_hot) ** 2).sum(1).mean(),
                ece=ece(p, y))


def of_numbers(predicted, y):
    return dict(rmse=sk.mean_squared_error(y, predicted, squared=False), mae=sk.mean_absolute_error(y, predicted),
                r2=sk.r2_score(y, predicted), median_absolute_error=sk.median_absolute_error(y, predicted))


out = dict(classes=[], numbers=[])
for classes in (2, 4):
    for most in (1, 3):
        y = random.randint(classes, size=60)
        z = random.randn(60, classes) + 1.2 * np.eye(classes)[y]
        p = np.round(np.exp(z) / np.exp(z).sum(1, keepdims=True), 2)  # rounded: some scores are equal
        p[:, 0] += 1 - p.sum(1)
        w = random.randint(1, most + 1, size=60)
        out["classes"].append(dict(p=p.tolist(), y=y.tolist(), w=w.tolist(),
                                   metrics=of_classes(p.repeat(w, 0), y.repeat(w))))
for most in (1, 3):
    y = 20 + 5 * random.randn(61)
    predicted = y + random.randn(61)
    w = random.randint(1, most + 1, size=61)
    out["numbers"].append(dict(predicted=predicted.tolist(), y=y.tolist(), w=w.tolist(),
                               metrics=of_numbers(predicted.repeat(w), y.repeat(w))))
json.dump(out, open(f"{sys.argv[1]}/metrics.json", "w"))
