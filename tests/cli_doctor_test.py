"""gradus doctor: faults planted one at a time in real tables are found in their column; clean tables are left in peace."""

import csv
import io
import json
import unittest

from cli_support import DATA, CliTest

TARGETS = {"iris": "species", "credit_sample": "Status", "digits": "digit"}


class Sheet:
    """A table of data/ whose cells may be changed."""

    def __init__(self, name):
        with open(DATA / f"{name}.csv", newline="", encoding="utf-8") as file:
            self.names, *self.rows = list(csv.reader(file))
        self.target = TARGETS[name]

    def column(self, name):
        place = self.names.index(name)
        return [row[place] for row in self.rows]

    def add(self, name, cells):
        self.names.append(name)
        for row, cell in zip(self.rows, cells, strict=True):
            row.append(str(cell))

    def change(self, name, rows, cell):
        place = self.names.index(name)
        for row in rows:
            self.rows[row][place] = cell(self.rows[row][place]) if callable(cell) else cell

    def text(self):
        out = io.StringIO()
        csv.writer(out, lineterminator="\n").writerows([self.names, *self.rows])
        return out.getvalue()


def scrambled(row, below):
    return (row * 7919 + 104729) % 100003 % below


class Doctor(CliTest):
    def findings(self, content, target, *flags):
        self.write("t.csv", content)
        result = self.assert_ok(self.gradus("doctor", "t.csv", "--target", target, "--json", *flags))
        return json.loads(result.out)

    def assert_found(self, sheet, kind, column, severity, advice=".", evidence=".", flags=()):
        report = self.findings(sheet.text(), sheet.target, *flags)
        kinds = [(f["kind"], f["column"]) for f in report["findings"]]
        found = [f for f in report["findings"] if (f["kind"], f["column"]) == (kind, column)]
        self.assertEqual(len(found), 1, kinds)
        self.assertEqual(found[0]["severity"], severity, found[0])
        self.assertRegex(found[0]["advice"], advice)
        self.assertRegex(found[0]["evidence"], evidence)
        return found[0]

    # Nothing planted: what is said is true of the table, as looked up by hand.

    def test_clean_tables(self):
        known = {
            "iris": {("repeated_rows", None), ("row_order", None)},  # rows 102 and 143; sorted by species
            "credit_sample": {("heavy_tail", "Assets")},
            "digits": {("constant", "p0"), ("constant", "p32"), ("constant", "p39")},
        }
        for name, expected in known.items():
            with self.subTest(table=name):
                report = self.findings((DATA / f"{name}.csv").read_bytes(), TARGETS[name])
                self.assertEqual({(f["kind"], f["column"]) for f in report["findings"]}, expected)
                self.assertEqual(report["errors"], 0)

    # Columns.

    def test_constant(self):
        sheet = Sheet("iris")
        sheet.add("unit", ["cm"] * 150)
        self.assert_found(sheet, "constant", "unit", "warning", "--ignore unit", '"cm" in every row')

    def test_constant_but_for_missing(self):
        sheet = Sheet("credit_sample")
        sheet.add("flag", ["1" if row % 3 else "" for row in range(256)])
        self.assert_found(sheet, "constant", "flag", "warning", "--ignore flag", "where it is not missing")

    def test_all_missing(self):
        sheet = Sheet("credit_sample")
        sheet.add("notes", [""] * 256)
        self.assert_found(sheet, "constant", "notes", "warning", "--ignore notes", "no value in any row")

    def test_duplicate(self):
        sheet = Sheet("credit_sample")
        sheet.add("Income2", sheet.column("Income"))
        self.assert_found(sheet, "duplicate", "Income2", "warning", "--ignore Income2", '"Income" again, cell for cell')

    def test_duplicate_in_another_scale(self):
        sheet = Sheet("iris")
        sheet.add("inches", [f"{float(cell) / 2.54:.3f}" for cell in sheet.column(sheet.names[0])])
        self.assert_found(sheet, "duplicate", "inches", "warning", "--ignore inches", "in another scale")

    def test_duplicate_under_other_names(self):
        sheet = Sheet("credit_sample")
        codes = {"": "", "married": "7", "single": "2", "separated": "5", "widow": "1", "divorced": "9"}
        sheet.add("marital_code", [codes[cell] for cell in sheet.column("Marital")])
        self.assert_found(sheet, "duplicate", "marital_code", "warning", "--ignore marital_code", "under other names")

    def test_ids_of_text(self):
        sheet = Sheet("credit_sample")
        sheet.add("applicant", [f"A{scrambled(row, 90001):05d}" for row in range(256)])
        self.assert_found(sheet, "id", "applicant", "warning", "--ignore applicant")

    def test_row_number(self):
        sheet = Sheet("credit_sample")
        sheet.add("no", range(1, 257))
        self.assert_found(sheet, "id", "no", "warning", "--ignore no", "counts the rows")

    def test_ids_of_numbers(self):
        sheet = Sheet("credit_sample")
        sheet.add("client", [200000 + scrambled(row, 100003) for row in range(256)])
        self.assert_found(sheet, "id", "client", "warning", "--ignore client", "no two alike")

    def test_mostly_missing(self):
        sheet = Sheet("credit_sample")
        sheet.add("bonus", [row % 13 if scrambled(row, 10) < 2 else "" for row in range(256)])
        self.assert_found(sheet, "mostly_missing", "bonus", "warning", "--ignore bonus", r"of 256 rows")

    def test_missing_that_tells_the_target(self):
        sheet = Sheet("credit_sample")
        status = sheet.column("Status")
        sheet.add("last_payment", [40 + row % 17 if status[row] == "good" else "" for row in range(256)])
        self.assert_found(sheet, "missing_tells", "last_payment", "warning", "--ignore last_payment", '"Status"')

    def test_a_few_words_among_numbers(self):
        sheet = Sheet("digits")
        sheet.change("p20", [100, 900], "faint")
        found = self.assert_found(sheet, "mixed_types", "p20", "error", "--missing '.*faint'.*--categorical p20", '"faint"')
        self.assertEqual(found["numbers"], {"numbers": 1795, "others": 2})
        self.assert_refused(65, ["train", "t.csv", "--target", "digit", "-o", "m"], "faint")  # it is as said
        self.assertNotIn("p20", [f["column"] for f in self.findings(
            sheet.text(), "digit", "--missing", "NA,faint")["findings"]])  # and what to do helps

    def test_many_words_among_numbers(self):
        sheet = Sheet("credit_sample")
        sheet.change("Price", range(0, 256, 20), "unknown")
        self.assert_found(sheet, "mixed_types", "Price", "warning", "--missing '.*unknown'", "13 cells")

    def test_numbers_with_units(self):
        sheet = Sheet("iris")
        sheet.change(sheet.names[0], range(150), lambda cell: cell + " cm")
        self.assert_found(sheet, "numbers_as_text", sheet.names[0], "warning", "plain numbers", '5.1 cm')

    def test_thousands_separators(self):
        sheet = Sheet("credit_sample")
        sheet.change("Price", range(256), lambda cell: f"{int(cell):,}")
        self.assert_found(sheet, "numbers_as_text", "Price", "warning", "thousands separators")

    def test_decimal_commas(self):
        sheet = Sheet("iris")
        sheet.change(sheet.names[0], range(150), lambda cell: cell.replace(".", ","))
        self.assert_found(sheet, "numbers_as_text", sheet.names[0], "warning", "^--decimal-comma$")

    def test_spellings(self):
        sheet = Sheet("credit_sample")
        sheet.change("Home", range(0, 256, 9), lambda cell: cell.capitalize() + " ")
        self.assert_found(sheet, "spellings", "Home", "warning", "in the file", r'"owner" \(\d+\) and "Owner " \(\d+\)')

    def test_dates(self):
        sheet = Sheet("credit_sample")
        sheet.add("applied", [f"199{scrambled(row, 9)}-{row % 12 + 1:02d}-{row % 28 + 1:02d}" for row in range(256)])
        self.assert_found(sheet, "dates", "applied", "note", "--time applied")

    def test_thousands_of_levels(self):
        sheet = Sheet("digits")
        sheet.add("writer", [f"w{row * 7919 % 1200}" for row in range(1797)])
        self.assert_found(sheet, "many_levels", "writer", "note", "--ignore writer", r"different texts")

    def test_sentinel(self):
        sheet = Sheet("credit_sample")
        sheet.change("Age", range(3, 256, 25), "-999")
        self.assert_found(sheet, "sentinel", "Age", "warning", "--missing '.*,-999'", "11 of 256 rows")

    def test_sentinel_at_the_top(self):
        sheet = Sheet("iris")
        sheet.change(sheet.names[1], [4, 90], "9999")
        self.assert_found(sheet, "sentinel", sheet.names[1], "warning", "--missing '.*,9999'", "2 of 150 rows")

    def test_zeros_for_missing(self):
        sheet = Sheet("iris")
        sheet.change(sheet.names[0], [4, 60, 90, 130], "0")
        self.assert_found(sheet, "zero_as_missing", sheet.names[0], "note", "--missing")

    def test_outlier(self):
        sheet = Sheet("iris")
        sheet.change(sheet.names[2], [77], "470")
        self.assert_found(sheet, "outliers", sheet.names[2], "warning", "--missing '.*,470'", "far from all others: 470")

    def test_codes(self):
        sheet = Sheet("digits")
        shuffled = "5273819046"  # a code that is not in the order of the digits
        noise = [scrambled(row, 4) == 0 for row in range(1797)]
        sheet.add("code", [row % 10 if noise[row] else shuffled.index(digit) for row, digit in enumerate(sheet.column("digit"))])
        self.assert_found(sheet, "codes", "code", "note", "--categorical code")

    # Leaks.

    def test_copy_of_the_target(self):
        sheet = Sheet("credit_sample")
        sheet.add("outcome", [{"good": 0, "bad": 1}[cell] for cell in sheet.column("Status")])
        self.assert_found(sheet, "leaking", "outcome", "error", "--ignore outcome", "by other names")

    def test_nearly_the_target(self):
        sheet = Sheet("credit_sample")
        status = sheet.column("Status")
        sheet.add("reminders", [(row % 3 if status[row] == "good" else 3 + row % 4) if row != 77 else 1 for row in range(256)])
        self.assert_found(sheet, "leaking", "reminders", ("warning" if status[77] == "bad" else "error"), "--ignore reminders")

    def test_scaled_copy_of_a_number(self):
        sheet = Sheet("credit_sample")
        sheet.target = "Price"
        sheet.add("price_eur", [f"{int(cell) * 0.006 + 2:.4f}" for cell in sheet.column("Price")])
        self.assert_found(sheet, "leaking", "price_eur", "error", "--ignore price_eur", "up to scale and shift")

    # The target.

    def test_label_spellings(self):
        sheet = Sheet("credit_sample")
        sheet.change("Status", [5, 17, 40], lambda cell: cell.upper() + " ")
        self.assert_found(sheet, "label_spellings", "Status", "error", "in the file")

    def test_imbalance_and_small_classes(self):
        sheet = Sheet("credit_sample")
        bad = [row for row, cell in enumerate(sheet.column("Status")) if cell == "bad"]
        sheet.rows = [row for number, row in enumerate(sheet.rows) if number not in bad[4:]]
        self.assert_found(sheet, "imbalance", "Status", "warning", "--class-weights balanced", "45 to 1")
        self.assert_found(sheet, "small_classes", "Status", "warning", "--metric balanced_accuracy", r'"bad" \(4\)')

    def test_class_of_one_row(self):
        sheet = Sheet("iris")
        sheet.change("species", [30], "iris-unknown")
        self.assert_found(sheet, "class_of_one_row", "species", "error", ".", '"iris-unknown"')

    def test_missing_target(self):
        sheet = Sheet("credit_sample")
        sheet.change("Status", range(0, 256, 8), "")
        self.assert_found(sheet, "target_missing", "Status", "note", ".", "32 of 256 rows")

    def test_one_class(self):
        sheet = Sheet("credit_sample")
        sheet.change("Status", range(256), "good")
        self.assert_found(sheet, "one_class", "Status", "error", "--target")

    def test_few_values_of_a_numeric_target(self):
        sheet = Sheet("credit_sample")
        sheet.target = "Expenses"
        sheet.change("Expenses", range(256), lambda cell: str(int(cell) // 10 * 2.5))
        self.assert_found(sheet, "target_few_values", "Expenses", "note", "--task classification")

    # Rows.

    def test_contradicting_labels(self):
        sheet = Sheet("credit_sample")
        copies = [list(row) for row in sheet.rows[:12]]
        for row in copies:
            row[-1] = "bad" if row[-1] == "good" else "good"
        sheet.rows += copies
        found = self.assert_found(sheet, "contradicting_rows", "Status", "warning", ".", "24 rows in 12 sets")
        self.assertAlmostEqual(found["numbers"]["least_error"], 12 / 268)

    def test_repeated_rows(self):
        sheet = Sheet("credit_sample")
        sheet.rows += [list(row) for row in sheet.rows[50:90]]
        self.assert_found(sheet, "repeated_rows", None, "warning", ".", "40 of 296 rows")

    def test_validation_rows_among_training_rows(self):
        sheet = Sheet("credit_sample")
        held = Sheet("credit_sample")
        held.rows = [list(row) for row in held.rows[200:]]
        sheet.rows = sheet.rows[:220]
        self.write("v.csv", held.text())
        self.assert_found(sheet, "validation_overlap", None, "error", ".", "20 of 56 validation rows", ["--validation", "v.csv"])

    def test_groups(self):
        sheet = Sheet("digits")
        writers = [scrambled(row, 43) for row in range(1797)]
        sheet.add("writer", writers)
        sheet.add("age", [20 + writer * 7 % 31 for writer in writers])
        sheet.add("hand", ["left" if writer % 3 == 0 else "right" for writer in writers])
        self.assert_found(sheet, "group", "writer", "warning", "--group writer", '"age", "hand" never change')
        report = self.findings(sheet.text(), "digit", "--group", "writer")
        self.assertNotIn("group", [f["kind"] for f in report["findings"]])

    def test_drift_along_a_date(self):
        sheet = Sheet("credit_sample")
        good = [row for row in sheet.rows if row[-1] == "good"]
        bad = [row for row in sheet.rows if row[-1] == "bad"]
        sheet.rows = good[:120] + [row for pair in zip(good[120:], bad) for row in pair] + bad[59:]
        sheet.add("day", [f"1998-{row // 28 + 1:02d}-{row % 28 + 1:02d}" for row in range(len(sheet.rows))])
        self.assert_found(sheet, "drift", "day", "warning", "--time day", "rises along the file")
        self.assert_found(sheet, "drift", "day", "warning", ".", "changes the target as it goes", ["--time", "day"])
        self.assert_found(sheet, "drift", None, "warning", ".", "along the file", ["--in-order"])

    # The command.

    def test_text_and_strictness(self):
        sheet = Sheet("credit_sample")
        sheet.add("my outcome", sheet.column("Status"))
        self.write("t.csv", sheet.text())
        result = self.assert_ok(self.gradus("doctor", "t.csv", "--target", "Status"))
        self.assertIn("-> --ignore 'my outcome'", result.out)
        self.assertTrue(result.out.endswith("1 error, 0 warnings, 1 note\n"), result.out)
        self.assertLessEqual(max(map(len, result.out.splitlines())), 100)
        strict = self.gradus("doctor", "t.csv", "--target", "Status", "--strict")
        self.assertEqual(strict.code, 65)
        self.assertRegex(strict.err, "t.csv: found 1 error and 0 warnings, expected none because of --strict")
        self.assertEqual(strict.out, result.out)
        self.assertEqual(self.gradus("doctor", "t.csv", "--target", "Status", "--quiet").out, "")
        self.assert_ok(self.gradus("doctor", "t.csv", "--target", "Status", "--ignore", "my outcome", "--strict"))

    def test_the_same_whatever_the_way(self):
        first = self.assert_ok(self.gradus("doctor", DATA / "digits.csv", "--target", "digit", "--json")).out
        self.assertEqual(self.gradus("doctor", DATA / "digits.csv", "--target", "digit", "--json", "--stream", "--threads", "2").out, first)

    def test_refusals(self):
        self.write("t.csv", (DATA / "iris.csv").read_text())
        self.assert_refused(64, ["doctor", "t.csv"], "--target: found none")
        self.assert_refused(64, ["doctor", "t.csv", "--target", "specie"], "did you mean .species.")
        self.assert_refused(64, ["doctor", "t.csv", "--target", "species", "--group", "species"], "--group: found .species.")
        self.assert_refused(64, ["doctor", "t.csv", "--target", "species", "--validation", "-"], "--validation: found")
        self.assert_refused(66, ["doctor", "absent.csv", "--target", "species"], "absent.csv")
        self.write("v.csv", "a,species\n1,setosa\n2,virginica\n")
        self.assert_refused(65, ["doctor", "t.csv", "--target", "species", "--validation", "v.csv"], "v.csv: found no column")
        self.assert_ok(self.gradus("train", "t.csv", "--target", "species", "-o", "m.safetensors", "--epochs", "2"))
        self.assert_refused(65, ["doctor", "m.safetensors", "--target", "species"], "m.safetensors")


if __name__ == "__main__":
    unittest.main()
