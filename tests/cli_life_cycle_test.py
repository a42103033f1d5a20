"""Training further from a model, and layers that keep their weights, through the command."""

import json
import unittest

from cli_support import CliTest, text_of


def table(count=40, label="ab", shift=0.0):
    """Two numbers, a code that looks like one, a text, a number to learn and a class."""
    lines = ["x0,code,where,x1,number,label"]
    for row in range(count):
        x0, x1 = (row * 7 % 23) / 11 - 1, (row * 5 % 17) / 8 - 1
        lines.append(f"{x0:.4f},{row % 4 + 100},{'north' if row % 3 else 'south'},{x1:.4f},{2 * x0 - x1 + shift:.4f},"
                     f"{label[int(x0 + x1 > 0)]}")
    return text_of(lines)


SMALL = ["--hidden", "6 tanh,5 tanh", "--epochs", "2", "--threads", "1"]


class LifeCycle(CliTest):
    def setUp(self):
        super().setUp()
        self.write("old.csv", table())
        self.write("new.csv", table(30, shift=1.0))

    def first(self, target, *flags):
        other = "label" if target == "number" else "number"
        self.assert_ok(self.gradus("train", "old.csv", "--target", target, "--ignore", other, "--categorical", "code",
                                   "-o", "old.safetensors", *SMALL, *flags))
        return other

    def more(self, other, *flags, data="new.csv"):
        return ["train", data, "--init-model", "old.safetensors", "--ignore", other, "--epochs", "3", "--threads", "1",
                "-o", "new.safetensors", *flags]

    def inspect(self, model):
        return json.loads(self.assert_ok(self.gradus("inspect", model, "--json")).out)

    def test_a_model_is_trained_further(self):
        for target in ("number", "label"):
            for flags in ((), ("--stream",), ("--shards", "2"), ("--precision", "float64")):
                with self.subTest(target=target, flags=flags):
                    given = flags if "--precision" in flags else ()
                    other = self.first(target, *given)
                    out = self.assert_ok(self.gradus(*self.more(other, *flags))).out
                    self.assertIn("as in the model that training starts from", out)
                    old, new = self.inspect("old.safetensors"), self.inspect("new.safetensors")
                    for same in ("task", "targets", "classes", "network"):
                        self.assertEqual(new[same], old[same])
                    # Kinds and encodings too: code is text, though its cells are numbers.
                    self.assertEqual(new["columns"], old["columns"])
                    self.assertEqual(new["training"]["options"]["init_model"], old["training"]["fingerprint"])
                    self.assert_ok(self.gradus("evaluate", "new.safetensors", "new.csv"))

    def test_in_memory_streamed_and_on_any_threads_the_same_bits(self):
        other = self.first("number")
        models = set()
        for flags in (("--threads", "1"), ("--threads", "3"), ("--stream",)):
            self.assert_ok(self.gradus(*self.more(other, "--freeze", "2", *flags)))
            models.add((self.dir / "new.safetensors").read_bytes())
        self.assertEqual(len(models), 1)

    def test_frozen_layers_are_kept_and_said(self):
        other = self.first("number")
        out = self.assert_ok(self.gradus(*self.more(other, "--freeze", "1,3"))).out
        self.assertIn("layers 1, 3 frozen", out)
        self.assertEqual(self.inspect("new.safetensors")["training"]["options"]["freeze"], "1,3")
        old, new = (self.tensors(name) for name in ("old.safetensors", "new.safetensors"))
        for layer, same in ((0, True), (1, False), (2, True)):
            self.assertEqual(new[f"layers.{layer}.weight"] == old[f"layers.{layer}.weight"], same)

    def tensors(self, name):
        """The bytes of each tensor of a safetensors file."""
        data = (self.dir / name).read_bytes()
        size = int.from_bytes(data[:8], "little")
        return {tensor: data[8 + size + at["data_offsets"][0]:8 + size + at["data_offsets"][1]]
                for tensor, at in json.loads(data[8:8 + size]).items() if tensor != "__metadata__"}

    def test_from_a_pipe_and_a_config(self):
        other = self.first("label")
        self.write("more.toml", 'init_model = "old.safetensors"\nfreeze = "1"\nepochs = 2\n')
        self.assert_ok(self.gradus("train", "-", "--config", "more.toml", "--ignore", other, "-o", "new.safetensors",
                                   stdin=(self.dir / "new.csv").read_bytes()))
        self.assertEqual(self.inspect("new.safetensors")["training"]["options"]["freeze"], "1")

    def test_what_does_not_fit_the_model_is_refused(self):
        other = self.first("label")
        self.write("other.csv", table(30, label="az"))
        self.write("named.csv", table(30).replace("where", "place"))
        refuse = lambda code, pattern, *flags, **more: self.assert_refused(code, self.more(other, *flags, **more), pattern)
        refuse(65, r'^other\.csv: target "label": found the class "z" in row \d+, expected one of the 2 classes of '
                   r'--init-model', data="other.csv")
        refuse(65, r'^named\.csv: found no "where", but "place", expected the columns of --init-model', data="named.csv")
        refuse(64, r"^--hidden: found 9 tanh, expected 6 tanh, 5 tanh, as the model", "--hidden", "9 tanh")
        refuse(64, r"^--loss: found focal, expected softmax_cross_entropy, as the model", "--loss", "focal")
        refuse(64, r"^--precision: found float64, expected float32, as the model", "--precision", "float64")
        refuse(64, r"^--categorical: found with --init-model, whose kinds", "--categorical", "code")
        refuse(64, r"^--init: found with --init-model", "--init", "he_normal")
        refuse(64, r"^--freeze: found layer 4, expected layers from 1 to 3", "--freeze", "4")
        refuse(64, r"^--freeze: found all 3 layers, expected one left", "--freeze", "1,2,3")
        refuse(64, r"^--freeze: found with solver lbfgs", "--freeze", "1", "--solver", "lbfgs")
        for text in ("0", "-1", "1.5", "x", "1,,2", "nan", "1e30"):
            refuse(64, r'^--freeze: found ".*", expected layers counted from 1', "--freeze", text)
        refuse(64, "old.safetensors", "-o", "old.safetensors")
        refuse(66, "none.safetensors", "--init-model", "none.safetensors")
        self.write("none.safetensors", "x" * 100)
        refuse(65, "none.safetensors", "--init-model", "none.safetensors")

    def test_scalings_of_targets(self):
        self.assert_ok(self.gradus("train", "old.csv", "--target", "number,x1", "--task", "regression", "--ignore",
                                   "label", "--target-scaling", "none,unit", "-o", "m.safetensors", *SMALL))
        model = self.inspect("m.safetensors")
        self.assertEqual(model["training"]["options"]["target_scaling"], "none,unit")
        first, second = model["targets"]
        self.assertEqual((first["mean"], first["scale"]), (0.0, 1.0))
        self.assertEqual(second["mean"], second["minimum"])
        refuse = lambda pattern, *flags: self.assert_refused(
            64, ["train", "old.csv", "-o", "n.safetensors", *flags], pattern)
        refuse(r'^--target-scaling: found "normal", expected auto or standard, unit, mean, none', "--target", "number",
               "--target-scaling", "normal")
        refuse(r"^--target-scaling: found 2, expected one for all", "--target", "number", "--target-scaling", "none,unit")
        refuse(r"^--target-scaling: found with a classification target", "--target", "label", "--target-scaling", "none")


if __name__ == "__main__":
    unittest.main()
