"""What tables ask for, through the command: the recipe `best` and its parts, learned, kept in one model and exported; the same
bits from memory, disk and threads; what doesn't go together is refused."""

import json
import signal
import subprocess
import time
import unittest

from cli_support import GRADUS, CliTest, text_of

EMBEDDED = ["--numeric-scaling", "robust", "--numeric-embedding", "periodic", "--embedding-frequency", "0.3", "--one-hot-limit",
            "4", "--learned-scale", "--parametric-activation", "--parametrization", "ntk", "--rate-factors",
            "scale=6,bias=0.1,embedding=0.1,activation=0.1", "--decay-factors", "bias=0", "--strength-schedule", "flat_cosine",
            "--schedule", "log_cosine", "--learning-rate", "0.05", "--hidden", "16 mish,16 mish", "--dropout", "0.1"]


def table(count=240, seed=1):
    lines = ["x,y,city,ok,kind,value"]
    for row in range(count):
        x, y = (row * 7 * seed % 23) / 11 - 1, (row * 5 % 17) / 8 - 1
        city = f"c{row * 11 % 7}"
        kind = "a" if x + y > 0 else "b" if x > 0 else "c"
        cell = "" if row % 29 == 0 else f"{x:.4f}"
        lines.append(f"{cell},{y:.4f},{city},{'yes' if row % 2 else 'no'},{kind},{3 * x - y * y + row % 3 / 10:.4f}")
    return text_of(lines)


class Tables(CliTest):
    def setUp(self):
        super().setUp()
        self.write("t.csv", table())

    def json_of(self, *arguments):
        return json.loads(self.assert_ok(self.gradus(*arguments, "--json")).out)

    def files(self):
        return [path.name for path in self.dir.iterdir()]

    def learn(self, *flags, target="kind", out="m.safetensors", epochs=8):
        ignored = "value" if target == "kind" else "kind"
        return self.gradus("train", "t.csv", "--target", target, "--ignore", ignored, "-o", out, "--epochs", epochs, *flags)

    def bytes_of(self, *flags, **options):
        self.assert_ok(self.learn(*flags, **options))
        return (self.dir / "m.safetensors").read_bytes()

    def test_best_is_one_model_of_eight_networks(self):
        done = self.assert_ok(self.learn("--preset", "best", "--hidden", "16"))
        self.assertIn("8 networks", done.out)
        model = self.json_of("inspect", "m.safetensors")
        self.assertEqual(model["network"]["members"], 8)
        self.assertIn("parameters in 8 such networks", self.assert_ok(self.gradus("inspect", "m.safetensors")).out)
        self.assertEqual(model["training"]["options"]["members"], "8")
        self.assertEqual([op["op"] for op in model["network"]["ops"]], ["embed", "affine", "activation", "affine"])
        self.assertEqual(len(model["training"]["history"]), 8 * 8)
        found = self.json_of("evaluate", "m.safetensors", "t.csv")
        self.assertGreater(found["accuracy"], 0.7)
        self.assert_ok(self.gradus("predict", "m.safetensors", "t.csv", "-o", "p.csv"))
        self.assert_ok(self.gradus("export", "m.safetensors", "--to", "c", "-o", "m.c"))
        self.assertIn("member_7", (self.dir / "m.c").read_text())
        self.assert_ok(self.gradus("export", "m.safetensors", "--to", "onnx", "-o", "m.onnx"))

    def test_members_differ_and_their_mean_predicts(self):
        self.bytes_of("--members", "3", *EMBEDDED, target="value")
        whole = self.json_of("evaluate", "m.safetensors", "t.csv")["r2"]
        self.bytes_of(*EMBEDDED, target="value")
        self.assertNotEqual(whole, self.json_of("evaluate", "m.safetensors", "t.csv")["r2"])

    def test_the_same_bits_from_memory_disk_and_threads(self):
        for flags in (EMBEDDED, [*EMBEDDED, "--members", "3"], ["--preset", "best", "--hidden", "8"]):
            with self.subTest(flags=flags):
                first = self.bytes_of(*flags, "--threads", "1")
                for more in (["--threads", "2"], ["--threads", "3"], ["--stream"], ["--simd", "portable"]):
                    self.assertEqual(self.bytes_of(*flags, *more), first, more)

    def test_columns_become_what_was_asked_for(self):
        self.bytes_of(*EMBEDDED)
        columns = {column["name"]: column for column in self.json_of("inspect", "m.safetensors")["columns"]}
        self.assertTrue(columns["x"]["smooth_clip"])
        self.assertEqual(columns["city"]["form"], "index")
        self.assertEqual(columns["city"]["width"], 1)
        network = self.json_of("inspect", "m.safetensors")["network"]
        self.assertEqual(network["ops"][0]["columns"][0], {"periodic": [16, 4]})
        self.assertIn({"category": [8, 8]}, network["ops"][0]["columns"])
        self.assertEqual([op["op"] for op in network["ops"]][1:4], ["scale", "affine", "activation"])
        self.bytes_of("--preset", "best", "--members", "1")
        columns = {column["name"]: column for column in self.json_of("inspect", "m.safetensors")["columns"]}
        self.assertEqual(columns["ok"]["form"], "sign")

    def test_levels_never_seen_and_missing_cells_are_answered(self):
        self.bytes_of("--preset", "best", "--members", "2", "--one-hot-limit", "2")
        self.write("new.csv", "x,y,city,ok\n,,never,maybe\n1e30,-1e30,,\n")
        self.assert_ok(self.gradus("predict", "m.safetensors", "new.csv", "-o", "p.csv"))
        self.assertEqual(len((self.dir / "p.csv").read_text().splitlines()), 3)
        self.assertNotIn("nan", (self.dir / "p.csv").read_text().lower())

    def test_interrupted_it_keeps_the_networks_that_are_done(self):
        command = [GRADUS, "train", "t.csv", "--target", "value", "--ignore", "kind", "-o", "m.safetensors", "--members", "1000",
                   "--hidden", "32,32", "--epochs", "300"]
        run = subprocess.Popen(command, cwd=self.dir, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for line in run.stderr:
            if line.startswith("epoch 1"):
                break
        time.sleep(0.3)
        run.send_signal(signal.SIGINT)
        out, _ = run.communicate(timeout=300)
        self.assertEqual(run.returncode, 130)
        members = self.json_of("inspect", "m.safetensors")["network"].get("members", 1)
        self.assertLess(members, 1000)
        self.assertGreaterEqual(members, 1)
        self.assertIn(f"interrupted, {members} networks" if members > 1 else "interrupted", out)
        self.assert_ok(self.gradus("predict", "m.safetensors", "t.csv", "-o", "p.csv"))

    def test_groups_stay_together_and_rare_classes_are_no_fault(self):
        self.write("rare.csv", table().replace(",a,", ",a,", 1) + "0,0,c1,yes,rare,1\n0.1,0,c1,no,rare,1\n")
        for flags in ([], ["--group", "city"], ["--in-order"]):
            with self.subTest(flags=flags):
                self.assert_ok(self.gradus("train", "rare.csv", "--target", "kind", "--ignore", "value", "--preset", "best",
                                           "--members", "5", "--epochs", "2", "--hidden", "8", "-o", "m.safetensors", *flags))

    def test_what_does_not_go_together_is_refused(self):
        self.bytes_of()
        self.assert_ok(self.learn("--members", "2", out="two.safetensors"))
        cases = [
            (["--members", "0"], "--members: found \"0\""),
            (["--preset", "best", "--checkpoint", "c"], "--members: found 8 with --checkpoint"),
            (["--preset", "best", "--solver", "auto"], "--solver: found auto with --preset best"),
            (["--members", "2", "--init-model", "m.safetensors"], "--members: found 2 with --init-model"),
            (["--init-model", "two.safetensors"], "--init-model: found an ensemble of 2 networks"),
            (["--monotone", "y=+1", "--numeric-embedding", "periodic"], "--numeric-embedding: found with --monotone"),
            (["--rate-factors", "bias"], "--rate-factors: found \"bias\""),
            (["--rate-factors", "bias=-1"], "--rate-factors: found \"bias=-1\""),
            (["--decay-factors", "biases=1"], "--decay-factors: found \"biases=1\""),
            (["--parametrization", "ntk", "--solver", "momentum"], "solver: found momentum with factors"),
            (["--one-hot-limit", "1"], "--one-hot-limit: found \"1\""),
            (["--numeric-embedding", "cosine"], "--numeric-embedding"),
        ]
        for flag in (["--numeric-embedding", "periodic"], ["--learned-scale"], ["--parametric-activation"]):
            done = self.learn("--solver", "lm", "--hidden", "4", *flag, target="value", out="never.safetensors")
            self.assertEqual(done.code, 64, flag)
            self.assertIn("solver: found lm with embeddings", done.err)
        before = sorted(self.files())
        for flags, message in cases:
            with self.subTest(flags=flags):
                done = self.learn(*flags, out="never.safetensors")
                self.assertEqual(done.code, 64, done.err)
                self.assertRegex(done.err.strip().splitlines()[-1], message)
        self.assertEqual(sorted(self.files()), before)
        done = self.gradus("trace", "two.safetensors", "t.csv", "--row", "1")
        self.assertEqual(done.code, 64)
        self.assertIn("2 networks", done.err)

    def test_a_config_reproduces_the_recipe(self):
        straight = self.bytes_of("--preset", "best", "--hidden", "8", "--members", "2")
        self.write("best.toml", 'preset = "best"\nhidden = "8"\nmembers = 2\n')
        self.assertEqual(self.bytes_of("--config", "best.toml"), straight)

    def test_gradcheck_of_embeddings(self):
        flags = EMBEDDED[:EMBEDDED.index("--parametrization")]
        found = self.json_of("gradcheck", "t.csv", "--target", "kind", "--ignore", "value", "--hidden", "16 mish,16 mish", *flags)
        self.assertLess(found["largest_relative_difference"], 1e-5)


if __name__ == "__main__":
    unittest.main()
