"""Models of every task, head, activation and kind of column, for the tests of what they are exported to."""

import csv
import random

from cli_support import DATA, text_of

TEXTS = ["red", "green", "blue \"deep\"", "größe", "x|y", "a,b", "??/", "", "NA"]
ACTIVATIONS = [["identity", "sigmoid", "tanh", "relu", "leaky_relu"], ["elu", "selu", "gelu", "silu"],
               ["mish", "softplus", "softsign", "hard_sigmoid"]]
TARGETS = ["number", "second", "count", "class", "first", "other"]


def quoted(cell):
    return '"' + cell.replace('"', '""') + '"' if any(c in cell for c in ',"') else cell


def table(count, seed, unseen=False):
    """Numbers, a time that float32 can't hold, a colour, cells missing; six targets that follow them noisily."""
    draws = random.Random(seed)
    lines = ["x0,x1,time,colour,switch," + ",".join(TARGETS)]
    for _ in range(count):
        x0, x1, time = draws.uniform(-2, 2), draws.gauss(0, 30), 1_600_000_000 + draws.randrange(100_000)
        colour = draws.choice(TEXTS + (["unseen", "reddish", "re", "zzz"] if unseen else []))
        switch = draws.choice(["on", "off"] + (["broken", ""] if unseen else []))
        z = 2 * x0 + x1 / 30 + (1 if colour == "red" else 0) + (time - 1_600_050_000) / 50_000
        noise = [draws.gauss(0, 0.3) for _ in range(5)]
        cells = [f"{x0:.4f}" if draws.random() > 0.1 else "", f"{x1:.6g}" if draws.random() > 0.05 or not unseen else "NA",
                 str(time), quoted(colour), switch, f"{z + noise[0]:.4f}", f"{1000 + 100 * (x0 * x0 + noise[1]):.3f}",
                 str(max(0, int(2 + z + noise[2]))), "low" if z + noise[2] < -1 else "mid" if z + noise[3] < 1.5 else "high",
                 str(int(z + noise[4] > 0)), str(int(x0 + noise[1] > 0.5))]
        lines.append(",".join(cells))
    return text_of(lines)


def learn(target, *flags, task="regression"):
    others = ",".join(name for name in TARGETS if name not in target.split(","))
    return ("t.csv", ["--target", target, "--task", task, "--ignore", others, "--threads", "1", "--epochs", "12",
                      "--learning-rate", "0.02", *flags])


def classes(*flags):
    return learn("class", *flags, task="classification")


def odd_table(count, seed, unseen=False):
    """Columns that say nothing or hardly anything, each in its way, one of numbers beyond float32, and classes of fractions."""
    draws = random.Random(seed)
    lines = ["id,constant,empty,same,huge,tiny,mixed name (%),class"]
    for row in range(count):
        huge = draws.choice(["1e30", "-2e30", "3e38"] + (["1e300", "-1e300", "inf"] if unseen else []))
        x = draws.uniform(-1, 1)
        lines.append(f"name{row}{'' if not unseen else 'x'},7,,only,{huge},{draws.uniform(1, 2) * 1e-40:.6g},{x:.3f},"
                     f"{0.5 if x > 0 else -1.25}")
    return text_of(lines)


# Name -> (data, flags of training). `t.csv` is table(400, 1), odd.csv odd_table; other data are the repository's.
MODELS = {
    "credit": (str(DATA / "credit_sample.csv"), ["--target", "Status", "--epochs", "15", "--coverage", "0.8"]),
    "digits": (str(DATA / "digits.csv"), ["--target", "digit", "--epochs", "3", "--hidden", "32,32", "--normalization",
                                          "batch", "--residual"]),
    "iris": (str(DATA / "iris.csv"), ["--target", "species", "--preset", "classic", "--hidden", "5", "--epochs", "30"]),
    "odd": ("odd.csv", ["--target", "class", "--epochs", "12", "--hidden", "8 tanh", "--threads", "1"]),
    "odd_double": ("odd.csv", ["--target", "class", "--epochs", "12", "--hidden", "8 tanh", "--threads", "1", "--precision",
                               "float64"]),
    "one_number": learn("number", "--hidden", "64 silu,32 silu"),
    "no_hidden": learn("number", "--hidden", "none"),
    "two_numbers": learn("number,second", "--hidden", "24 gelu", "--loss", "huber", "--target-scaling",
                         "standard,mean"),
    "interval": learn("second", "--hidden", "16 tanh", "--coverage", "0.8"),
    "quantiles": learn("number,second", "--hidden", "16 elu,16 elu", "--loss", "quantile:0.1,0.5,0.9", "--coverage",
                       "0.7", "--residual"),
    "monotone": learn("number", "--hidden", "16 relu,16 relu", "--monotone", "x0=+1,x1=+1"),
    "count": learn("count", "--hidden", "16 softplus", "--loss", "poisson"),
    "bounded": learn("number", "--hidden", "16", "--output-activation", "softsign"),
    "layer_norm": learn("number", "--hidden", "20 mish,20 mish,20 mish", "--normalization", "layer", "--residual"),
    "batch_norm": classes("--hidden", "20 selu,20 selu", "--normalization", "batch", "--residual", "--dropout", "0.1"),
    "embedded": learn("number", "--hidden", "16 mish,16 mish", "--numeric-scaling", "robust", "--numeric-embedding", "periodic",
                      "--one-hot-limit", "2", "--learned-scale", "--parametric-activation", "--embedding-frequency", "0.5"),
    "ensemble": classes("--preset", "best", "--members", "3", "--hidden", "16,16"),
    "ensemble_double": learn("number,second", "--preset", "best", "--members", "2", "--hidden", "8", "--precision", "float64",
                             "--one-hot-limit", "2"),
    "focal": classes("--hidden", "16", "--loss", "focal"),
    "classes_squared": classes("--hidden", "16 sigmoid", "--loss", "squared_error", "--coverage", "0.8"),
    "labels": learn("first,other", "--hidden", "16", "--coverage", "0.8", "--calibrate", task="multilabel"),
    "labels_hinge": learn("first,other", "--hidden", "16", "--loss", "hinge", task="multilabel"),
    "double": learn("number,second", "--precision", "float64", "--hidden", "16 gelu,16 softplus"),
    "double_classes": classes("--precision", "float64", "--hidden", "16 tanh,8 mish"),
    **{f"{names[0]}_and_others": learn("number", "--hidden", ",".join(f"16 {name}" for name in names))
       for names in ACTIVATIONS},
}


def train(test, name):
    """Trains MODELS[name] in the test's folder into NAME.safetensors and writes new rows, some of them odd, to rows.csv."""
    data, flags = MODELS[name]
    if data == "t.csv":
        test.write("t.csv", table(400, 1))
        test.write("rows.csv", table(1000, 2, unseen=True))
    elif data == "odd.csv":
        test.write("odd.csv", odd_table(400, 1))
        test.write("rows.csv", odd_table(1000, 2, unseen=True))
    else:
        test.write("rows.csv", spoilt(data))
    test.assert_ok(test.gradus("train", data, *flags, "--seed", "3", "--quiet", "-o", f"{name}.safetensors"))


def spoilt(path):
    """1,000 rows made of the cells of a file's columns, one cell in twelve missing or of a text never seen."""
    draws = random.Random(4)
    with open(path, newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    lines = [",".join(header)]
    for _ in range(1000):
        cells = []
        for column in range(len(header)):
            cell = draws.choice(rows)[column]
            if draws.random() < 1 / 12:
                cell = "" if draws.random() < 0.5 or cell.replace(".", "").isdigit() or cell == "" else "never seen"
            cells.append(quoted(cell))
        lines.append(",".join(cells))
    return text_of(lines)
