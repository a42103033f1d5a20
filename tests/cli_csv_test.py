"""Tables that are malformed or odd, each through the real command."""

import unittest

from cli_support import CliTest, numeric_rows, text_of


class Bytes(CliTest):
    def test_empty_file(self):
        """empty file"""
        self.refuse_training("", r"^t\.csv")

    def test_header_only(self):
        """header only"""
        self.refuse_training("x0,x1,label\n", r"^t\.csv", r"row")

    def test_byte_order_mark(self):
        """byte-order mark: accepted"""
        self.write("plain.csv", text_of(numeric_rows(40)))
        self.write("bom.csv", b"\xef\xbb\xbf" + text_of(numeric_rows(40)).encode())
        self.assertEqual(self.trained("bom.csv"), self.trained("plain.csv"))

    def test_utf16(self):
        """UTF-16: "convert to UTF-8\""""
        for encoding in ("utf-16", "utf-16-le", "utf-16-be"):
            with self.subTest(encoding):
                text = text_of(numeric_rows(40))
                content = text.encode(encoding) if encoding == "utf-16" else ("\ufeff" + text).encode(encoding)
                self.refuse_training(content, r"found UTF-16, expected UTF-8: convert it")

    def test_invalid_utf8(self):
        """invalid UTF-8: byte offset"""
        lines = numeric_rows(40)
        head = text_of(lines[:5])
        content = head.encode() + b"1,2,caf\xe9\n" + text_of(lines[5:]).encode()
        self.refuse_training(content, r"^t\.csv", r"UTF-8", rf"\b{len(head) + 7}\b")

    def test_nul_byte(self):
        """NUL byte"""
        self.refuse_training(b"x0,label\n1,a\n2\x00,b\n", r"^t\.csv:3", r"NUL|x00|zero")

    def test_crlf(self):
        """CRLF: same result as LF"""
        self.write("lf.csv", text_of(numeric_rows(40)))
        self.write("crlf.csv", text_of(numeric_rows(40), "\r\n"))
        self.assertEqual(self.trained("crlf.csv"), self.trained("lf.csv"))

    def test_lone_cr(self):
        """lone CR as line end: never one giant row"""
        self.write("cr.csv", text_of(numeric_rows(40), "\r"))
        self.write("lf.csv", text_of(numeric_rows(40)))
        self.assertEqual(self.trained("cr.csv"), self.trained("lf.csv"))

    def test_no_newline_at_the_end(self):
        """no newline at the end: accepted"""
        self.write("with.csv", text_of(numeric_rows(40)))
        self.write("without.csv", text_of(numeric_rows(40)).rstrip("\n"))
        self.assertEqual(self.trained("without.csv"), self.trained("with.csv"))


class Quotes(CliTest):
    def test_unterminated_quote(self):
        """unterminated quote: cites the opening line"""
        lines = numeric_rows(40)
        lines[7] = '1.0,"2.0,a'
        self.refuse_training(text_of(lines), r"^t\.csv:8(:\d+)?: ", r"quote")

    def test_quoted_newline(self):
        """quoted newline: accepted, later line numbers right"""
        good = ["name,x,label"] + [f'"n\n{row % 3}",{row % 7},{"a" if row % 2 else "b"}' for row in range(30)]
        self.write("good.csv", text_of(good))
        self.assert_ok(self.train("good.csv"))
        # 30 rows of two lines each after the header: the short row stands on line 62.
        self.refuse_training(text_of(good + ["only,two"]), r"^t\.csv:62")

    def test_text_after_quote(self):
        """`"a"b`"""
        lines = numeric_rows(40)
        lines[3] = '1.0,2.0,"a"b'
        self.refuse_training(text_of(lines), r"^t\.csv:4", r"quote")


class Shape(CliTest):
    def test_short_row(self):
        """short row"""
        lines = numeric_rows(40)
        lines[5] = "1.0,a"
        self.refuse_training(text_of(lines), r"^t\.csv:6", r"\b2\b", r"\b3\b")

    def test_long_row(self):
        """long row"""
        lines = numeric_rows(40)
        lines[5] = "1.0,2.0,a,extra"
        self.refuse_training(text_of(lines), r"^t\.csv:6", r"\b3\b")

    def test_trailing_comma(self):
        """trailing comma"""
        lines = numeric_rows(40)
        lines[9] += ","
        self.refuse_training(text_of(lines), r"^t\.csv:10", r"\b3\b")

    def test_blank_line(self):
        """blank line: skipped, counted"""
        lines = numeric_rows(40)
        self.write("plain.csv", text_of(lines))
        self.write("blank.csv", text_of(lines[:9] + ["", ""] + lines[9:] + [""]))
        result = self.assert_ok(self.train("blank.csv", output="blank.safetensors"))
        self.assertRegex(result.err, r"3 blank lines|3 empty lines|blank lines.*3")
        self.assertEqual((self.dir / "blank.safetensors").read_bytes(), self.trained("plain.csv"))

    def test_field_over_1_mib(self):
        """field over 1 MiB"""
        lines = numeric_rows(40)
        lines[4] = "1.0,2.0," + "a" * (1 << 20) + "b"
        self.refuse_training(text_of(lines), r"^t\.csv:5", r"1 MiB|1,?048,?576")

    def test_a_million_columns(self):
        """10^6 columns: cap 65,536"""
        header = ",".join(f"c{i}" for i in range(1_000_000))
        self.refuse_training(header + "\n", r"^t\.csv:1", r"65,?536")

    def test_duplicate_names(self):
        """duplicate column names: both positions"""
        lines = ["a,b,a,label"] + ["1,2,3,x", "2,3,4,y"] * 10
        self.refuse_training(text_of(lines), r"^t\.csv:1", r'"a"', r"\b1\b.*\b3\b|\b3\b.*\b1\b")

    def test_blank_name(self):
        """blank column name"""
        lines = ["a,,label"] + ["1,2,x", "2,3,y"] * 10
        self.refuse_training(text_of(lines), r"^t\.csv:1", r"name", r"\b2\b|:3:")

    def test_numbers_for_names(self):
        """numbers where names should be: asks for `--no-header`"""
        lines = ["1.5,2.5,3.5"] + ["1,2,3", "2,3,4"] * 10
        self.refuse_training(text_of(lines), r"^t\.csv:1", r"--no-header", target="3")
        self.write("n.csv", text_of(lines))
        self.assert_ok(self.train("n.csv", "--no-header", target="3"))

    def test_wrong_delimiter(self):
        """wrong delimiter: hint"""
        lines = [line.replace(",", ";") for line in numeric_rows(40)]
        self.refuse_training(text_of(lines), r"^t\.csv", r"--delimiter", r";")
        self.write("semicolons.csv", text_of(lines))
        self.assert_ok(self.train("semicolons.csv", "--delimiter", ";"))


class Numbers(CliTest):
    def column_with(self, cell, rows=300):
        lines = numeric_rows(rows)
        cells = lines[150].split(",")
        lines[150] = f"{cell},{cells[1]},{cells[2]}"
        return text_of(lines)

    def refuse_cell(self, cell, *patterns):
        return self.refuse_training(self.column_with(cell), r'^t\.csv:151:1: .*"x0"', *patterns)

    def test_1e400(self):
        """`1e400`"""
        self.refuse_cell("1e400", r"1e400")

    def test_1e_minus_400(self):
        """`1e-400`: 0 with a warning"""
        self.write("tiny.csv", self.column_with("1e-400"))
        self.write("zero.csv", self.column_with("0"))
        result = self.assert_ok(self.train("tiny.csv", output="tiny.safetensors"))
        self.assertRegex(result.err, r'warning: .*"x0".*"1e-400".*line 151.* 0\n')
        self.assertEqual((self.dir / "tiny.safetensors").read_bytes(), self.trained("zero.csv"))

    def test_hexadecimal(self):
        """`0x1F`"""
        self.refuse_cell("0x1F", r"expected a number", r"0x1F")

    def test_nan_and_na(self):
        """`nan`, `inf`, `NA`: the missing-value policy, said aloud"""
        for cell in ("nan", "NA", "NaN", "?", ""):
            with self.subTest(cell):
                self.write("t.csv", self.column_with(cell))
                result = self.assert_ok(self.train("t.csv"))
                self.assertRegex(result.out, r"x0: numeric, 1 missing")

    def test_inf(self):
        """`inf`: the missing-value policy, said aloud"""
        self.write("t.csv", self.column_with("inf"))
        result = self.assert_ok(self.train("t.csv"))
        self.assertRegex(result.err, r'warning: .*"x0".*"inf".*missing')
        self.assertRegex(result.out, r"x0: numeric, 1 missing")

    def test_decimal_comma_in_quotes(self):
        """`1,5` in quotes"""
        self.refuse_cell('"1,5"', r"1,5", r"--decimal-comma")
        lines = numeric_rows(40)
        self.write("points.csv", text_of(lines))
        commas = [lines[0].replace(",", ";")] + [line.replace(",", ";").replace(".", ",") for line in lines[1:]]
        self.write("commas.csv", text_of(commas))
        self.assertEqual(
            self.trained("commas.csv", "--decimal-comma", "--delimiter", ";"), self.trained("points.csv")
        )

    def test_german_locale(self):
        """LC_ALL=de_DE.UTF-8: same result"""
        self.write("t.csv", text_of(numeric_rows(40)))
        self.assertEqual(self.trained("t.csv", env={"LC_ALL": "de_DE.UTF-8"}), self.trained("t.csv"))

    def test_number_with_a_tail(self):
        """`12abc`"""
        self.refuse_cell("12abc", r"12abc", r"expected a number", r"--categorical", r"--missing")

    def test_underscore_and_currency(self):
        """`1_000`, `$5`"""
        self.refuse_cell("1_000", r"1_000")
        self.refuse_cell("$5", r"\$5")

    def test_text_in_row_900001(self):
        """text in a numeric column at row 900,001: cited, naming `--categorical` and `--missing`"""
        body = "1.5,a\n2.5,b\n" * 450_000
        self.refuse_training(
            "x,label\n" + body + "abc,a\n2.5,b\n",
            r'^t\.csv:900002:1: .*"x"',
            r'expected a number',
            r'"abc"',
            r"--categorical",
            r"--missing",
        )

    def test_integers_beyond_2_24(self):
        """integers beyond 2^24 that float32 can't hold apart: centred first, warned where that is not enough"""
        base = 20_000_000_000
        near = ["id,label"] + [f"{base + row},{'a' if row < 30 else 'b'}" for row in range(60)]
        self.write("near.csv", text_of(near))
        self.assert_ok(self.train("near.csv", "--epochs", "200", "--preset", "plain", "--lr", "0.05"))
        result = self.assert_ok(self.gradus("evaluate", "m.safetensors", "near.csv"))
        self.assertRegex(result.out, r"accuracy +(1\.0000|0\.9[5-9])")
        far = ["id,label"] + [f"{row if row % 2 else base + row},{'a' if row < 30 else 'b'}" for row in range(60)]
        self.write("far.csv", text_of(far))
        result = self.assert_ok(self.train("far.csv"))
        self.assertRegex(result.err, r'warning: .*"id".*(float32|apart|digits)')


if __name__ == "__main__":
    unittest.main()
