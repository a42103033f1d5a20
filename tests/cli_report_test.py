"""gradus train --report: what the page says, that data can't break out of it, and what it looks like in Chromium.

Without Chromium (`scripts/install.sh browser`), or the charts library in the build (`scripts/bundle_charts.sh`), those tests are
skipped."""

import base64
import hashlib
import html
import html.parser
import json
import os
import re
import shutil
import signal
import subprocess
import time
import unittest

from cli_support import DATA, GRADUS, SANITIZED, SMALL, CliTest, numeric_rows, text_of

CHROMIUM = shutil.which("chromium")
HOSTILE = "</script><script>alert(1)</script>"


class Page(html.parser.HTMLParser):
    """The page as a parser sees it: its elements, its text outside scripts and styles, its block of data."""

    def __init__(self, source):
        super().__init__()
        self.source = source
        self.tags, self.text, self.scripts, self.open, self.policy = [], [], [], [], None
        self.feed(source)
        self.data = json.loads(next(body for attributes, body in self.scripts if attributes.get("id") == "report-data"))
        self.words = re.sub(r"\s+", " ", "".join(self.text))

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.tags.append((tag, attributes))
        if attributes.get("http-equiv") == "Content-Security-Policy":
            self.policy = attributes["content"]
        if tag in ("script", "style"):
            self.open.append(tag)
            if tag == "script":
                self.scripts.append((attributes, ""))

    def handle_endtag(self, tag):
        if self.open and self.open[-1] == tag:
            self.open.pop()

    def handle_data(self, data):
        if not self.open:
            self.text.append(data)
        elif self.open[-1] == "script":
            self.scripts[-1] = (self.scripts[-1][0], self.scripts[-1][1] + data)


def report_has_charts(path):
    return "Observable" in path.read_text()


class ReportTest(CliTest):
    def report(self, data, target, *flags, name="r.html", code=0, **options):
        result = self.gradus("train", data, "--target", target, "-o", "m.safetensors", "--report", name, "--threads", "1",
                             *flags, **options)
        self.assertEqual(result.code, code, result)
        return Page((self.dir / name).read_text())


class Content(ReportTest):
    def test_classes(self):
        """what a classification's page says, held against evaluate on the same validation rows"""
        rows = (DATA / "credit_sample.csv").read_text().splitlines()
        self.write("train.csv", text_of(rows[:180]))
        self.write("validation.csv", text_of(rows[:1] + rows[180:]))
        page = self.report("train.csv", "Status", "--validation", "validation.csv", "--epochs", "8", "--seed", "7")
        measured = json.loads(self.gradus("evaluate", "m.safetensors", "validation.csv", "--json").out)
        told = dict(page.data["measured"]["metrics"])
        for metric in ("accuracy", "log_loss", "auc", "ece", "brier"):
            self.assertAlmostEqual(told[metric], measured[metric], 12)
        bins = page.data["measured"]["reliability"]
        total = sum(b["rows"] for b in bins)
        self.assertEqual(total, len(rows) - 180)
        self.assertAlmostEqual(sum(b["rows"] * abs(b["probability"] - b["frequency"]) for b in bins) / total, measured["ece"], 9)
        counts = page.data["data"]["classes"]
        for each in counts:
            self.assertEqual(each["training"], sum(line.endswith("," + each["name"]) for line in rows[1:180]))
        self.assertEqual(sum(map(sum, page.data["measured"]["confusion"])), total)
        sha = hashlib.sha256((self.dir / "m.safetensors").read_bytes()).hexdigest()
        for text in ("Status", "classification into 2 classes", sha, "gradus train train.csv --target Status", "8 epochs",
                     "Expected calibration error", "Confusion matrix", "Seniority", "--validation", "adamw"):
            self.assertIn(text, page.words)
        self.assertEqual(page.data["recipe"]["seed"], 7)

    def test_worst_rows(self):
        """the ten rows of the largest loss, by predict's own probabilities"""
        shutil.copy(DATA / "credit_sample.csv", self.dir / "c.csv")
        page = self.report("c.csv", "Status", "--validation", "c.csv", "--epochs", "5")
        self.assert_ok(self.gradus("predict", "m.safetensors", "c.csv", "--keep", "Status", "-o", "p.csv"))
        lines = [line.split(",") for line in (self.dir / "p.csv").read_text().splitlines()]
        column = {name.removeprefix("probability:"): i for i, name in enumerate(lines[0])}
        chances = [float(line[column[line[0]]]) for line in lines[1:]]
        worst = sorted(range(len(chances)), key=lambda i: (chances[i], i))[:10]
        self.assertEqual([row["row"] for row in page.data["measured"]["worst"]["rows"]], [i + 1 for i in worst])
        header, *rows = [line.split(",") for line in (self.dir / "c.csv").read_text().splitlines()]
        named = dict(zip(page.data["measured"]["worst"]["columns"], page.data["measured"]["worst"]["rows"][0]["cells"]))
        self.assertEqual(named["Home"], rows[worst[0]][header.index("Home")] or None)
        self.assertEqual(len(named), 12)

    def test_numbers(self):
        """points and errors of a regression are predict's; a big table's are a fixed sample"""
        lines = ["a,b,y"] + [f"{i % 97},{(i * 7) % 31},{(i % 97) * 2 - (i * 7) % 31 + (i * 13) % 7}" for i in range(5000)]
        self.write("t.csv", text_of(lines))
        flags = ["--task", "regression", "--validation", "t.csv", "--epochs", "2"]
        page = self.report("t.csv", "y", *flags)
        target = page.data["measured"]["targets"][0]
        self.assertEqual(len(target["points"]), 2000)
        self.assertEqual(sum(target["errors"]["counts"]), 5000)
        self.assert_ok(self.gradus("predict", "m.safetensors", "t.csv", "-o", "p.csv"))
        predicted = (self.dir / "p.csv").read_text().split()[1:]
        for row, truth, value in target["points"][::97]:
            self.assertEqual(truth, float(lines[row].split(",")[2]))
            self.assertAlmostEqual(value, float(predicted[row - 1]), delta=1e-4 * max(1, abs(value)))
        self.assertIn("a fixed sample of 2,000 rows", page.words)
        once = (self.dir / "r.html").read_bytes()
        self.report("t.csv", "y", *flags)
        self.assertEqual((self.dir / "r.html").read_bytes(), once)

    def test_importance(self):
        """a column that decides comes first; one that says nothing of the target stands near 0"""
        lines = ["noise,decides,helps,y"] + [f"{i * 37 % 101},{i % 17},{i * 11 % 13},{(i % 17) * 3 + i * 11 % 13 * .5}" for i in range(600)]
        self.write("t.csv", text_of(lines))
        importance = self.report("t.csv", "y", "--epochs", "40", "--hidden", "32").data["measured"]["importance"]
        self.assertEqual([column["name"] for column in importance["columns"]], ["decides", "helps", "noise"])
        fall = {column["name"]: column["mean"] for column in importance["columns"]}
        # Shuffling a column that adds variance v to a target of variance V costs 2 v / V of R2.
        self.assertAlmostEqual(fall["decides"], 2 * 216 / (216 + 3.5), delta=0.35)
        self.assertAlmostEqual(fall["helps"], 2 * 3.5 / (216 + 3.5), delta=0.02)
        self.assertLess(abs(fall["noise"]), 0.005)

    def test_threads_do_not_show(self):
        pages = []
        shutil.copy(DATA / "iris.csv", self.dir / "iris.csv")
        for threads in ("1", "2"):
            page = self.report("iris.csv", "species", "--epochs", "4", "--threads", threads)
            for key in ("command", "recipe"):
                page.data[key] = None if key == "command" else {**page.data[key], "given": None}
            pages.append(page.data)
        self.assertEqual(pages[0], pages[1])

    def test_other_tasks(self):
        """several labels, several numbers, quantiles, weights, a coverage, no validation rows"""
        lines = ["x,z,w,l1,l2,n1,n2"] + [f"{i % 11},{i % 7},{1 + i % 3},{int(i % 11 > 4)},{int(i % 7 > 2)},{i % 11 + .5},{i % 7 - .5}"
                                         for i in range(200)]
        self.write("t.csv", text_of(lines))
        page = self.report("t.csv", "l1,l2", "--ignore", "n1,n2", "--weights", "w", *SMALL)
        self.assertEqual(page.data["data"]["task"], "multilabel")
        self.assertEqual([label["name"] for label in page.data["measured"]["labels"]], ["l1", "l2"])
        self.assertIn("Precision", page.words)
        page = self.report("t.csv", "n1,n2", "--ignore", "l1,l2", "--coverage", "0.8", *SMALL)
        self.assertEqual(len(page.data["measured"]["targets"]), 2)
        self.assertIn("Intervals hold 0.8 of new rows", page.words)
        page = self.report("t.csv", "n1", "--loss", "quantile:0.1,0.5,0.9", *SMALL)
        self.assertIn("coverage:0.1", dict(page.data["measured"]["metrics"]))
        page = self.report("t.csv", "l1", "--preset", "plain", *SMALL)
        self.assertEqual(page.data["measured"]["rows_are"], "training")
        self.assertIn("which flatters", page.words)

    def test_config(self):
        self.write("t.csv", text_of(numeric_rows(40)))
        self.write("c.toml", 'target = "label"\nepochs = 2\nreport = "r.html"\noutput = "m.safetensors"\n')
        self.assert_ok(self.gradus("train", "t.csv", "--config", "c.toml"))
        page = Page((self.dir / "r.html").read_text())
        self.assertIn(["--epochs", "2"], page.data["recipe"]["given"])


class Safety(ReportTest):
    def test_hostile_names(self):
        """markup in names of columns, in levels, classes, the file's name and the command stays text"""
        lines = [f'"{HOSTILE}",c,"<b>y"'] + [f'{i % 5},"{HOSTILE if i % 2 else "&amp;"}","{"<img src=x onerror=alert(2)>" if i % 5 > 1 else "{{data}}"}"'
                                             for i in range(60)]
        self.write("<i>.csv", text_of(lines))
        page = self.report("<i>.csv", "<b>y", *SMALL)
        self.assertEqual([tag for tag, _ in page.tags if tag in ("b", "i", "img", "iframe", "link")].count("img"), 0)
        self.assertEqual(len(page.scripts), 3)
        self.assertIn(HOSTILE, page.words)
        self.assertEqual(page.data["data"]["columns"][0]["name"], HOSTILE)
        self.assertNotIn("<b>y", re.sub(r'<b class="wrong">', "", page.source.split("report-data")[0]))
        self.assertIn("{{data}}", page.words)

    def test_policy(self):
        """no address is asked, and no script but the two whose sums the policy names can run"""
        self.write("t.csv", text_of(numeric_rows(40)))
        page = self.report("t.csv", "label", *SMALL)
        self.assertIn("default-src 'none'", page.policy)
        for attributes, body in page.scripts:
            self.assertNotIn("src", attributes)
            if attributes.get("type") != "application/json":
                digest = base64.b64encode(hashlib.sha256(body.encode()).digest()).decode()
                self.assertIn(f"'sha256-{digest}'", page.policy)
        self.assertEqual([tag for tag, attributes in page.tags if "src" in attributes or tag == "link"], [])

    def test_refused_before_training(self):
        self.write("t.csv", text_of(numeric_rows(40)))
        train = ["train", "t.csv", "--target", "label", "-o", "m.safetensors", *SMALL, "--report"]
        self.assert_refused(73, [*train, "no/such/folder/r.html"], r"cannot create")
        self.assert_refused(73, [*train, "."], r"folder")
        for name in ("t.csv", "m.safetensors", "-", ""):
            self.assert_refused(64, [*train, name], r"--report: found")
        self.assert_refused(64, ["train", "t.csv", "--target", "label", "--find-learning-rate", "--report", "r.html"], r"--report")

    def test_full_disk(self):
        """the model is kept, the report fails: 74"""
        self.write("t.csv", text_of(numeric_rows(40)))
        result = self.train("t.csv", "--report", "/dev/full")
        self.assertEqual(result.code, 74, result)
        self.assertTrue((self.dir / "m.safetensors").exists())

    def test_interrupted(self):
        """Ctrl-C: the report of the best model so far"""
        self.write("t.csv", text_of(numeric_rows(2000)))
        process = subprocess.Popen([GRADUS, "train", "t.csv", "--target", "label", "-o", "m.safetensors", "--report", "r.html",
                                    "--epochs", "1000000", "--no-early-stopping", "--log", "l.jsonl", "--threads", "1"],
                                   cwd=self.dir, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        log = self.dir / "l.jsonl"
        for _ in range(600):
            if log.exists() and log.read_bytes().count(b"\n") >= 2:
                break
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(timeout=60), 130)
        page = Page((self.dir / "r.html").read_text())
        self.assertEqual(page.data["training"]["stop_reason"], "interrupted")
        self.assertIn("Interrupted after", page.words)
        self.assertEqual(page.data["model_sha256"], hashlib.sha256((self.dir / "m.safetensors").read_bytes()).hexdigest())


@unittest.skipUnless(CHROMIUM, "Chromium is not there: scripts/install.sh browser")
@unittest.skipIf(SANITIZED, "looked at in the release build")
class Looks(ReportTest):
    # Put into the page as its first script, which its policy is told of; tells the frame around it what it sees.
    PROBE = """
      const errors = [];
      addEventListener("error", (event) => errors.push(event.message));
      addEventListener("securitypolicyviolation", (event) => errors.push(`${event.violatedDirective}: ${event.blockedURI}`));
      const warn = console.error; console.error = (...words) => { errors.push(words.join(" ")); warn(...words); };
      addEventListener("load", () => setTimeout(() => parent.postMessage({
        errors, width: innerWidth, overflow: document.documentElement.scrollWidth - innerWidth, text: document.body.innerText,
        dark: matchMedia("(prefers-color-scheme: dark)").matches,
        background: getComputedStyle(document.body).backgroundColor, ink: getComputedStyle(document.body).color,
        charts: [...document.querySelectorAll("figure.chart svg[role=img]")].map((svg) => ({
          name: svg.parentNode.dataset.chart, right: svg.getBoundingClientRect().right, height: svg.getBoundingClientRect().height,
          label: svg.getAttribute("aria-label"), marks: svg.querySelectorAll("path, circle, rect").length})),
      }, "*"), 200));"""
    FRAMES = """<!doctype html><meta charset="utf-8"><style>:root { color-scheme: light dark } iframe { border: 0; height: 5000px }</style>
      <script>const seen = {}; addEventListener("message", ({data}) => {
        seen[data.width] = data; document.body.dataset.seen = JSON.stringify(seen); })</script>
      <body><iframe src="probed.html" style="width:1280px"></iframe><iframe src="probed.html" style="width:390px"></iframe>"""

    def look(self, dark):
        """What r.html looks like 1280 and 390 wide, and the picture of both."""
        digest = base64.b64encode(hashlib.sha256(self.PROBE.encode()).digest()).decode()
        source = (self.dir / "r.html").read_text().replace("script-src ", f"script-src 'sha256-{digest}' ", 1)
        self.write("probed.html", source.replace("<title>", f"<script>{self.PROBE}</script><title>", 1))
        self.write("frames.html", self.FRAMES)
        done = subprocess.run(
            [CHROMIUM, "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run",
             f"--user-data-dir={self.dir}/profile", "--window-size=1700,5000", "--virtual-time-budget=3000",
             f"--blink-settings=preferredColorScheme={0 if dark else 1}", f"--screenshot={self.dir}/seen.png", "--dump-dom",
             (self.dir / "frames.html").as_uri()],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120)
        found = re.search(r'data-seen="([^"]*)"', done.stdout.decode())
        self.assertIsNotNone(found, done.stderr.decode()[-2000:])
        if folder := os.environ.get("GRADUS_SCREENSHOTS"):  # for people
            shutil.copy(self.dir / "seen.png", os.path.join(folder, f"{self.id()}-{'dark' if dark else 'light'}.png"))
        return json.loads(html.unescape(found[1]))

    def check_looks(self, charts, texts):
        for dark in (False, True):
            seen = self.look(dark)
            self.assertEqual(sorted(seen), ["1280", "390"])
            for width, page in seen.items():
                with self.subTest(dark=dark, width=width):
                    self.assertEqual(page["errors"], [])
                    self.assertEqual(page["overflow"], 0)
                    self.assertEqual(page["dark"], dark)
                    light = [sum(map(int, re.findall(r"\d+", page[key])[:3])) for key in ("background", "ink")]
                    self.assertEqual(light[0] < light[1], dark, page["background"] + page["ink"])
                    if report_has_charts(self.dir / "r.html"):
                        self.assertEqual([chart["name"] for chart in page["charts"]], charts)
                    for chart in page["charts"]:
                        self.assertGreaterEqual(chart["marks"], 1, chart)
                        self.assertGreater(chart["height"], 60, chart)
                        self.assertLess(chart["right"], int(width), chart)
                        self.assertTrue(chart["label"])
                    for text in texts:
                        self.assertIn(text, page["text"])

    def test_classes_with_hostile_names(self):
        lines = [f'"{HOSTILE}",x,kind'] + [f'{i % 5},{i * 7 % 13},"{"<img src=x onerror=alert(2)>" if i * 7 % 13 > 6 else "a very long name " * 6}"'
                                           for i in range(120)]
        self.write("t.csv", text_of(lines))
        self.report("t.csv", "kind", "--epochs", "12", "--seed", "1")
        self.check_looks(["loss", "metric", "rate", "reliability", "importance"],
                         ["Confusion matrix", HOSTILE, "Worst rows", "Best epoch", "Options as chosen", "<img src=x onerror=alert(2)>"])

    def test_numbers(self):
        self.write("t.csv", text_of(["a,b,y"] + [f"{i % 97},{i * 7 % 31},{(i % 97) * 2.5 - i * 7 % 31}" for i in range(600)]))
        self.report("t.csv", "y", "--epochs", "12")
        self.check_looks(["loss", "metric", "rate", "scatter", "errors", "importance"], ["Median absolute error", "Target", "R²"])

    def test_says_when_charts_are_missing(self):
        self.write("t.csv", text_of(numeric_rows(40)))
        result = self.assert_ok(self.train("t.csv", "--report", "r.html"))
        self.assertEqual("without charts" in result.out, not report_has_charts(self.dir / "r.html"))


if __name__ == "__main__":
    unittest.main()
