"""The command line and the configuration file: what is refused, and how it is said."""

import json
import os
import resource
import unittest

from cli_support import SANITIZED, CliTest, numeric_rows, text_of

TRAIN = ["train", "t.csv", "--target", "label", "-o", "m.safetensors"]
COMMANDS = ["train", "predict", "evaluate", "inspect", "trace", "gradcheck", "info"]


class CommandLineTest(CliTest):
    def setUp(self):
        super().setUp()
        self.write("t.csv", text_of(numeric_rows(40)))

    def refuse(self, *arguments, matching):
        self.assert_refused(64, [*TRAIN, *arguments], *([matching] if isinstance(matching, str) else matching))


class Help(CommandLineTest):
    def test_version(self):
        self.assertRegex(self.assert_ok(self.gradus("--version")).out, r"^gradus \d+\.\d+\.\d+\n$")

    def test_overview_names_every_command(self):
        out = self.assert_ok(self.gradus("--help")).out
        for command in COMMANDS:
            self.assertRegex(out, rf"\n  {command} ")

    def test_every_help_has_an_example(self):
        for command in COMMANDS:
            with self.subTest(command):
                out = self.assert_ok(self.gradus(command, "--help")).out
                self.assertRegex(out, rf"\nExample\n  gradus {command} ")
                self.assertEqual(out, self.assert_ok(self.gradus("help", command)).out)

    def test_no_command(self):
        result = self.gradus()
        self.assertEqual((result.code, result.out), (64, ""))
        self.assertIn("gradus COMMAND", result.err)

    def test_aliases_mean_the_same(self):
        canonical = self.trained("t.csv", "--learning-rate", "0.01", "--l2", "0.5", "--batch-size", "8")
        for aliases in (["--lr", "0.01", "--lambda", "0.5", "--batch", "8"],
                        ["--eta", "0.01", "--alpha", "0.5", "--batch-size=8"],
                        ["--learning-rate-init", "0.01", "--l2", "0.5", "--batch-size", "8"]):
            self.assertEqual(self.trained("t.csv", *aliases), canonical)

    def test_info(self):
        out = self.assert_ok(self.gradus("info")).out
        self.assertRegex(out, r"version +\d+\.\d+\.\d+\n")
        info = json.loads(self.assert_ok(self.gradus("info", "--json")).out)
        self.assertEqual(set(info), {"version", "build", "simd", "threads", "libraries"})
        self.assertIn("CLI11", info["libraries"])


class Unknown(CommandLineTest):
    def test_unknown_flag(self):
        """unknown flag: nearest suggested"""
        self.refuse("--epoch", "3", matching=[r"^--epoch: ", r"--epochs"])
        self.refuse("--hiden=3", matching=[r"^--hiden: ", r"--hidden"])
        self.refuse("--zzzzzz", matching=[r"^--zzzzzz: ", r"--help"])

    def test_an_empty_value_is_not_the_next_argument(self):
        self.refuse("--hidden=", "--epochs", "3", matching=r'^--hidden: found ""')
        self.trained("t.csv", "--missing=", "--epochs", "3")

    def test_files_after_two_dashes(self):
        self.write("-t.csv", text_of(numeric_rows(40)))
        self.assert_ok(self.gradus("train", "--target", "label", "-o", "m.safetensors", "--epochs", "1", "--", "-t.csv"))
        self.refuse("--", "u.csv", matching=r'^found the extra argument "u\.csv"')

    def test_target_among_the_ignored(self):
        self.refuse("--ignore", "x0,label", matching=r'^--ignore: found "label", which is a target')

    def test_unknown_command(self):
        """unknown command: nearest suggested"""
        self.assert_refused(64, ["trian", "t.csv"], r'"trian"', r"train")
        self.assert_refused(64, ["qqqqqq"], r"train, predict, evaluate, cv, tune, inspect, export, trace, gradcheck, doctor, info")

    def test_unknown_key(self):
        """unknown key: nearest suggested"""
        self.write("c.toml", "seed = 1\nepoch = 3\n")
        self.refuse("--config", "c.toml", matching=[r'^c\.toml:2:1: ', r'"epoch"', r"epochs"])

    def test_unknown_names(self):
        for flag, value, nearest in (("--activation", "rellu", "relu"), ("--solver", "adan", "adam"),
                                     ("--loss", "square_error", "squared_error"), ("--preset", "clasic", "classic"),
                                     ("--schedule", "cosin", "cosine"), ("--init", "he_norm", "he_normal"),
                                     ("--precision", "float16", "float32"), ("--task", "regresion", "regression"),
                                     ("--simd", "avx1024", "avx512")):
            with self.subTest(flag):
                self.refuse(flag, value, matching=[rf"^{flag}: ", f'"{value}"', nearest])

    def test_missing_value_and_extra_file(self):
        self.refuse("--epochs", matching=r"^--epochs: found no value")
        self.refuse("u.csv", matching=r'"u\.csv"')
        self.refuse("--quiet=1x", matching=r".")
        self.assert_refused(64, ["train"], r"DATA")
        self.assert_refused(64, ["train", "t.csv", "-o", "m.safetensors"], r"^--target: ")
        self.assert_refused(64, ["train", "t.csv", "--target", "label"], r"^--output: ")
        self.assert_refused(64, ["trace", "m", "t.csv"], r"^--row: ")


class Numbers(CommandLineTest):
    def test_learning_rate_nan(self):
        """`--learning-rate nan`"""
        self.refuse("--learning-rate", "nan", matching=r'^--learning-rate: found "nan", expected a number greater than 0')

    def test_learning_rate_negative(self):
        """`--learning-rate -1`"""
        self.refuse("--learning-rate", "-1", matching=r'^--learning-rate: found "-1", expected a number greater than 0')
        self.refuse("--learning-rate", "0", matching=r'^--learning-rate: found "0"')

    def test_learning_rate_comma(self):
        """`--learning-rate 0,1`"""
        self.refuse("--learning-rate", "0,1", matching=r'^--learning-rate: found "0,1", expected a number')

    def test_other_numbers(self):
        for flag, value in (("--l2", "-0.1"), ("--dropout", "1"), ("--momentum", "1.5"), ("--validation-fraction", "1"),
                            ("--tol", "inf"), ("--weight-decay", "1e999"), ("--max-expansion", "0"), ("--l2", ""),
                            ("--l2", "1 "), ("--l2", " 1"), ("--l2", "0x1p3"), ("--l2", "+1"), ("--seed", "-1"),
                            ("--seed", "18446744073709551616"), ("--patience", "0"), ("--batch-size", "0"),
                            ("--batch-size", "some")):
            with self.subTest(f"{flag} {value}"):
                self.refuse(flag, value, matching=rf"^{flag}: found \"{value.replace('+', '.')}\", expected ")

    def test_hidden_too_large(self):
        """`--hidden 1000000000000`: size computed and refused before allocating"""
        limit = None if SANITIZED else lambda: resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
        for hidden in ("1000000000000", "1000000,1000000", "99999999999999999999"):
            with self.subTest(hidden):
                self.assert_refused(64, [*TRAIN, "--hidden", hidden], r"\d", preexec_fn=limit)

    def test_hidden_malformed(self):
        for hidden in ("-3", "0", "8,,4", "8 rellu", "1e3", "08", "eight"):
            with self.subTest(hidden):
                self.refuse("--hidden", hidden, matching=r"hidden")

    def test_epochs_2_64(self):
        """`--epochs 2^64`"""
        for value in ("18446744073709551616", "18446744073709551617", "2^64"):
            self.refuse("--epochs", value, matching=r"^--epochs: found \"" + value.replace("^", r"\^"))

    def test_epochs_negative(self):
        """`--epochs -1`"""
        self.refuse("--epochs", "-1", matching=r'^--epochs: found "-1", expected a whole number from 1 to')

    def test_epochs_octal(self):
        """`--epochs 010`"""
        for value in ("010", "0x10", "1e3", "1_000", "3.0", "3x"):
            self.refuse("--epochs", value, matching=rf'^--epochs: found "{value}", expected a whole number from 1 to')

    def test_threads_0(self):
        """`--threads 0`"""
        self.refuse("--threads", "0", matching=r'^--threads: found "0", expected a whole number from 1 to')

    def test_delimiters(self):
        for value in ("", ";;", '"', "\n", "é"):
            with self.subTest(value):
                self.refuse("--delimiter", value, matching=r"^--delimiter: ")

    def test_contradictions(self):
        self.refuse("--early-stopping", "--no-early-stopping", matching=r"^--no-early-stopping: ")
        self.refuse("--validation", "t.csv", "--validation-fraction", "0.2", matching=r"^--validation-fraction: ")


class Config(CommandLineTest):
    def refuse_config(self, content, *patterns):
        self.write("c.toml", content)
        self.assert_refused(64, [*TRAIN, "--config", "c.toml"], *patterns)

    def test_duplicate_key(self):
        """duplicate key in the config"""
        self.refuse_config("epochs = 3\nseed = 2\nepochs = 4\n", r"^c\.toml:3:\d+: ", r"epochs")
        self.refuse_config("batch-size = 3\nbatch_size = 4\n", r"^c\.toml:[12]:1: ", r"batch-size", r"twice")

    def test_wrong_type(self):
        """wrong type in the config"""
        for line, expected in (('epochs = "many"', "a whole number"), ("epochs = 1.5", "a whole number"),
                               ("epochs = [1]", "a whole number"), ("quiet = 1", "true or false"),
                               ('learning-rate = "0.1"', "a number"), ("target = true", "a text or an array"),
                               ("solver = 3", "a text"), ("seed = 1979-05-27", "a whole number"),
                               ("[epochs]\nx = 1", "a whole number")):
            with self.subTest(line):
                self.refuse_config("# one\n" + line + "\n", r"^c\.toml:2:\d+: ", expected)

    def test_wrong_value(self):
        self.refuse_config("\nepochs = -1\n", r'^c\.toml:2:10: --epochs: found "-1"')
        self.refuse_config("learning-rate = nan\n", r'^c\.toml:1:17: --learning-rate: found "nan"')
        self.refuse_config('activation = "rellu"\n', r'^c\.toml:1:14: --activation: found "rellu"', r"relu")

    def test_not_toml(self):
        self.refuse_config("epochs 3\n", r"^c\.toml:1:\d+: ")
        self.refuse_config(b"\xff\xfe\x00", r"^c\.toml:")
        self.refuse_config("x" * (2 << 20), r"^c\.toml: ", r"1 MiB")
        self.refuse_config("[" * 100_000, r"^c\.toml:")

    def test_beyond_ascii(self):
        """in comments and quotes, wherever these end; elsewhere the TOML reader would do what nobody promises"""
        for content, line in (("é = 1\n", 1), ("seed = 1\n\u3001\n", 2), ("seed = \u00a0 1\n", 1),
                              ("# é\nseed = 1 ü\n", 2), ('preset = "é\nö = 1', 2), ("x = '''é\n''' ß", 2),
                              ('target = "\\"é" ñ\n', 1), ("\x01\ufefftarget = 1", 1)):
            with self.subTest(content):
                self.refuse_config(content, rf"^c\.toml:{line}: found a character beyond ASCII outside of quotes")
        self.write("t.csv", text_of(numeric_rows(20)).replace("label", "\u00e9tat"))
        self.write("c.toml", '\ufeff# été\ntarget = "\u00e9tat" # ü\nepochs = 1\nquiet = true\noutput = \'m.safetensors\'\n')
        self.assert_ok(self.gradus("train", "t.csv", "--config", "c.toml"))

    def test_unreadable(self):
        self.assert_refused(66, [*TRAIN, "--config", "none.toml"], r"^none\.toml: ")
        (self.dir / "folder").mkdir()
        self.assert_refused(66, [*TRAIN, "--config", "folder"], r"^folder: ")

    def test_config_gives_flags_and_flags_override(self):
        by_flags = self.trained("t.csv", "--lr", "0.02", "--batch-size", "all", "--hidden", "5,4", "--epochs", "3")
        self.write("c.toml", 'hidden = [5, 4]\nlr = 0.02\nbatch_size = "all"\nepochs = 7\ntarget = "label"\n'
                             'output = "c.safetensors"\nquiet = true\nseed = 1\n')
        result = self.assert_ok(self.gradus("train", "t.csv", "--config", "c.toml", "--epochs", "3"))
        self.assertEqual((result.out, result.err), ("", ""))
        self.assertEqual((self.dir / "c.safetensors").read_bytes(), by_flags)

    def test_opposite_flag_overrides(self):
        plain = self.trained("t.csv", "--early-stopping")
        self.write("c.toml", "no-early-stopping = true\n")
        self.assertEqual(self.trained("t.csv", "--early-stopping", "--config", "c.toml"), plain)
        self.refuse_config("early-stopping = true\nno-early-stopping = true\n", r"early-stopping")

    def test_config_in_a_config(self):
        self.refuse_config('config = "d.toml"\n', r'unknown key "config", expected a flag')


class Outputs(CommandLineTest):
    def test_output_equals_an_input(self):
        """output equals an input"""
        self.write("v.csv", text_of(numeric_rows(20)))
        self.write("c.toml", "seed = 1\n")
        os.link(self.dir / "t.csv", self.dir / "link.csv")
        base = ["train", "t.csv", "--target", "label"]
        self.assert_refused(64, [*base, "-o", "t.csv"], r"^--output: .*t\.csv")
        self.assert_refused(64, [*base, "-o", "./link.csv"], r"^--output: ")
        self.assert_refused(64, [*base, "-o", "v.csv", "--validation", "v.csv"], r"^--output: ")
        self.assert_refused(64, [*base, "-o", "c.toml", "--config", "c.toml"], r"^--output: ")
        self.assert_refused(64, [*base, "-o", "m.safetensors", "--log", "t.csv"], r"^--log: ")
        self.assert_refused(64, [*base, "-o", "new", "--log", "new"], r"^--log: ")
        self.trained("t.csv")
        self.assert_refused(64, ["predict", "m.safetensors", "t.csv", "-o", "t.csv"], r"^--output: ")
        self.assert_refused(64, ["predict", "m.safetensors", "t.csv", "-o", "m.safetensors"], r"^--output: ")

    def test_output_that_cannot_be_created(self):
        (self.dir / "folder").mkdir()
        for output in ("none/m.safetensors", "folder", "t.csv/m"):
            with self.subTest(output):
                self.assert_refused(73, ["train", "t.csv", "--target", "label", "-o", output], r"cannot create")
        self.assert_refused(73, [*TRAIN, "--log", "none/log.jsonl"], r"none/log\.jsonl: cannot create")

    def test_terminal_escapes_are_printed_escaped(self):
        self.write("e.csv", text_of(["x\x1b[31m,label"] + [f"{row % 7},{'a' if row % 2 else 'b'}" for row in range(30)]))
        result = self.assert_ok(self.train("e.csv"))
        shown = self.assert_ok(self.gradus("inspect", "m.safetensors"))
        refused = self.assert_refused(64, ["\x1b[31m"], r"\\x1b")
        for text in (result.out, result.err, shown.out, refused.err):
            self.assertNotIn("\x1b", text)
        self.assertIn(r"x\x1b[31m", shown.out)


if __name__ == "__main__":
    unittest.main()
