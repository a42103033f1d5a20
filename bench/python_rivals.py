#!/usr/bin/python3
"""The rivals that live in Python, for bench: one JSON command a line in, one JSON answer a line out.

{"do": "about"}                                              -> {"PyTorch": "1.13.1, ...", ...}, those installed
{"do": "make", "rival": ..., "kind": ..., ...}               -> {"work": 3}, or {"work": null} where it has no such thing
{"do": "run", "work": 3, "repeats": 10}                      -> {"seconds": 0.012}
{"do": "drop", "work": 3}                                    -> {}
"""
import os

os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")

import json
import sys
import time
import warnings

warnings.filterwarnings("ignore")
LEARNING_RATE = {"step": 1e-7, "epoch": 1e-3}  # a batch learned by heart has gradients that underflow; see contender.h


def timed(function, repeats):
    start = time.perf_counter()
    for _ in range(repeats):
        function()
    return time.perf_counter() - start


class PyTorch:
    def __init__(self):
        import torch
        self.torch = torch
        torch.set_num_threads(1)

    def about(self):
        return f"{self.torch.__version__}, preloaded tensors; Adam: better of foreach and plain"

    def model(self, widths):
        nn = self.torch.nn
        self.torch.manual_seed(1)
        layers = []
        for i in range(len(widths) - 1):
            layers += ([nn.ReLU()] if i else []) + [nn.Linear(widths[i], widths[i + 1])]
        return nn.Sequential(*layers)

    def optimizer(self, model, solver, rate, foreach):
        optim = self.torch.optim
        return (optim.Adam if solver == "adam" else optim.SGD)(model.parameters(), lr=rate, foreach=foreach)

    def loss(self, widths):
        return self.torch.nn.CrossEntropyLoss() if widths[-1] > 1 else self.torch.nn.MSELoss()

    def stepper(self, widths, solver, rate, foreach):
        model, loss = self.model(widths), self.loss(widths)
        optimizer = self.optimizer(model, solver, rate, foreach)

        def step(x, y):
            optimizer.zero_grad(set_to_none=True)
            loss(model(x), y).backward()
            optimizer.step()

        return step

    def step(self, widths, batch, solver, **_):
        x = self.torch.rand(batch, widths[0])
        y = self.torch.randint(widths[-1], (batch,)) if widths[-1] > 1 else self.torch.rand(batch, 1)
        ways = [self.stepper(widths, solver, LEARNING_RATE["step"], foreach) for foreach in (False, True)]
        return lambda repeats: min(timed(lambda: way(x, y), repeats) for way in ways)

    def predict(self, widths, batch, **_):
        model, x = self.model(widths).eval(), self.torch.rand(batch, widths[0])
        last = self.torch.nn.Softmax(dim=1) if widths[-1] > 1 else self.torch.nn.Identity()

        def predict():
            with self.torch.inference_mode():
                last(model(x))

        return lambda repeats: timed(predict, repeats)

    def tensors(self, data):
        features, labels = data
        return self.torch.from_numpy(features), self.torch.from_numpy(labels.astype("int64"))

    def epoch(self, widths, batch, solver, data, **_):
        """Shuffled batches out of tensors in memory: the shortest loop there is."""
        x, y = self.tensors(data)
        step = self.stepper(widths, solver, LEARNING_RATE["epoch"], True)

        def epoch():
            for rows in self.torch.randperm(len(x)).split(batch):
                step(x[rows], y[rows])

        return lambda repeats: timed(epoch, repeats)


class PyTorchLoader(PyTorch):
    """The loop of its tutorials."""

    def about(self):
        return f"{self.torch.__version__}, DataLoader(TensorDataset, shuffle=True) in the same process"

    def step(self, **_):
        return None

    predict = step

    def epoch(self, widths, batch, solver, data, **_):
        utils = self.torch.utils.data
        loader = utils.DataLoader(utils.TensorDataset(*self.tensors(data)), batch_size=batch, shuffle=True)
        step = self.stepper(widths, solver, LEARNING_RATE["epoch"], True)

        def epoch():
            for x, y in loader:
                step(x, y)

        return lambda repeats: timed(epoch, repeats)


class ScikitLearn:
    def __init__(self):
        import numpy
        import sklearn
        import sklearn.neural_network
        self.numpy, self.sklearn = numpy, sklearn

    def about(self):
        return f"{self.sklearn.__version__}, fit in float32 for as many iterations as steps or epochs are timed"

    def fit(self, widths, batch, solver, rate, x, y):
        kind = "MLPClassifier" if widths[-1] > 1 else "MLPRegressor"
        make = getattr(self.sklearn.neural_network, kind)

        def fit(iterations):
            make(hidden_layer_sizes=widths[1:-1], solver=solver, batch_size=batch, learning_rate_init=rate, alpha=0.0,
                 momentum=0.0, max_iter=iterations, tol=0.0, n_iter_no_change=10**9).fit(x, y)

        return fit

    def step(self, widths, batch, solver, **_):
        """Steps of one batch an epoch; what an epoch costs besides is spread over 8 of them where the data is small."""
        batches = 8 if batch * widths[0] < 100000 else 1
        rows = max(batch * batches, widths[-1])
        x = self.numpy.random.default_rng(1).random((rows, widths[0]), dtype="float32")
        y = self.numpy.arange(rows) % widths[-1] if widths[-1] > 1 else x[:, 0]
        fit = self.fit(widths, batch, solver, LEARNING_RATE["step"], x, y)
        steps = -(-rows // batch)

        def run(repeats):
            epochs = -(-repeats // steps)
            return timed(lambda: fit(epochs), 1) * repeats / (epochs * steps)

        return run

    def predict(self, **_):
        return None

    def epoch(self, widths, batch, solver, data, **_):
        fit = self.fit(widths, batch, solver, LEARNING_RATE["epoch"], *data)
        return lambda repeats: timed(lambda: fit(repeats), 1)


def installed():
    found = {}
    for name, kind in (("PyTorch", PyTorch), ("PyTorch loader", PyTorchLoader), ("scikit-learn", ScikitLearn)):
        try:
            found[name] = kind()
        except ImportError:
            pass
    return found


def read_data(path, rows, inputs):
    """rows x inputs features and rows labels, float32."""
    import numpy
    values = numpy.fromfile(path, dtype="float32")
    return values[:rows * inputs].reshape(rows, inputs), values[rows * inputs:].astype("int32")


def make(rivals, command):
    if "file" in command:
        command["data"] = read_data(command["file"], command["rows"], command["widths"][0])
    return getattr(rivals[command["rival"]], command["kind"])(**command)


def main():
    rivals, works = installed(), {}
    for line in sys.stdin:
        command = json.loads(line)
        if command["do"] == "about":
            answer = {name: rival.about() for name, rival in rivals.items()}
        elif command["do"] == "make":
            work = make(rivals, command)
            answer = {"work": len(works) if work else None}
            works[len(works)] = work
        elif command["do"] == "run":
            answer = {"seconds": works[command["work"]](command["repeats"])}
        else:
            works[command["work"]] = None
            answer = {}
        print(json.dumps(answer), flush=True)


main()
