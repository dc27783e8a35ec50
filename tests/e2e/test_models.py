"""The price list as `baton models` shows it: every model, dated rows, whose they are, and when they hold."""

import csv
import io
import json
import unittest
from decimal import Decimal

from harness import DONE, USAGE, BatonTest

MINE = """
[[model]]
id = "claude-haiku-4-5"
[[model.price]]
valid_from = 2026-12-01
source = "our contract"
verified_on = 2026-11-20
batch_percent = 40
steps = [{ input = "0.90", cache_write_5m = "1.125", cache_write_1h = "1.80", cache_read = "0.09", output = "4.50" }]
"""


class ModelsTest(BatonTest):
    def models(self, *options):
        done = self.baton("models", *options)
        self.assertEqual((done.code, done.err), (DONE, ""))
        return done.out

    def as_json(self, *options):
        return {model["id"]: model for model in json.loads(self.models("--format", "json", *options))["models"]}

    def own_prices(self, text=MINE):
        path = self.folder / "own.toml"
        path.write_text(text)
        return path

    def test_every_model_has_its_limits_and_its_prices_with_source_and_date(self):
        models = self.as_json("--on", "2026-11-20")
        self.assertGreaterEqual(len(models), 18)
        self.assertEqual(models["claude-haiku-5-5"]["prices"], [{
            "valid_from": "2026-10-07", "valid_until": None, "state": "holds", "from_user_file": False,
            "batch_percent": 50, "source": "OV Haiku 5.5, CLAUDIT v1.9.2", "verified_on": "2026-11-20",
            "steps_per_million_tokens": [
                {"max_prompt": 100000, "input_usd": "0.10", "cache_write_5m_usd": "0.125",
                 "cache_write_1h_usd": "0.20", "cache_read_usd": "0.01", "output_usd": "0.50"},
                {"max_prompt": None, "input_usd": "0.50", "cache_write_5m_usd": "0.625",
                 "cache_write_1h_usd": "1.00", "cache_read_usd": "0.05", "output_usd": "2.50"}]}])
        self.assertEqual(models["claude-opus-4-7"]["context_window"], 1000000)
        self.assertEqual((models["claude-mythos-5-2"]["has_price"], models["claude-mythos-5-2"]["prices"]), (False, []))

    def test_a_row_that_starts_later_or_has_ended_is_marked(self):
        def states(day):
            return [row["state"] for row in self.as_json("--on", day)["claude-sonnet-5-5"]["prices"]]
        self.assertEqual(states("2026-09-27"), ["later", "later"])
        self.assertEqual(states("2026-10-06"), ["holds", "later"])
        self.assertEqual(states("2026-10-07"), ["ended", "holds"])
        text = self.models("--on", "2026-10-06")
        self.assertIn("from 2026-09-28, until 2026-10-07", text)
        self.assertIn("from 2026-10-07, NOT YET", text)
        self.assertIn("from 2026-09-28, ENDED on 2026-10-07", self.models("--on", "2026-10-07"))

    def test_the_users_rows_are_told_from_those_built_in(self):
        rows = self.as_json("--prices", self.own_prices(), "--on", "2026-11-20")["claude-haiku-4-5"]["prices"]
        self.assertEqual([(row["valid_from"], row["from_user_file"], row["state"], row["batch_percent"]) for row in rows],
                         [("2026-07-24", False, "holds", 50), ("2026-12-01", True, "later", 40)])
        self.assertIn("YOUR FILE; source: our contract", self.models("--prices", self.own_prices()))

    def test_the_file_in_the_configuration_folder_counts_too(self):
        folder = self.folder / "config" / "baton"
        folder.mkdir()
        (folder / "prices.toml").write_text(MINE)
        self.assertTrue(self.as_json()["claude-haiku-4-5"]["prices"][-1]["from_user_file"])

    def test_csv_has_a_line_for_each_step_and_its_amounts_are_those_of_the_json(self):
        rows = list(csv.DictReader(io.StringIO(self.models("--format", "csv", "--on", "2026-11-20"))))
        models = self.as_json("--on", "2026-11-20")
        steps = [(model["id"], price["valid_from"], step) for model in models.values()
                 for price in model["prices"] for step in price["steps_per_million_tokens"]]
        self.assertEqual([row["model"] for row in rows if row["state"] == "none"],
                         [name for name, model in models.items() if not model["prices"]])
        priced = [row for row in rows if row["state"] != "none"]
        self.assertEqual([(row["model"], row["valid_from"]) for row in priced],
                         [(model, since) for model, since, _ in steps])
        for row, (_, _, step) in zip(priced, steps):
            for column in ("input_usd", "cache_write_5m_usd", "cache_write_1h_usd", "cache_read_usd", "output_usd"):
                self.assertEqual(Decimal(row[column]), Decimal(step[column]))

    def test_what_a_file_says_does_nothing_to_a_terminal_or_a_spreadsheet(self):
        own = self.own_prices(MINE.replace("our contract", r"=cmd()\u001b[2J\u202e owned"))
        for form in ("text", "csv"):
            out = self.models("--prices", own, "--format", form)
            self.assertNotIn("\x1b", out)
            self.assertNotIn("\u202e", out)
        sources = [row["source"] for row in csv.DictReader(io.StringIO(out))]
        self.assertTrue(any(source.startswith("'=cmd()") for source in sources))
        self.assertFalse(any(source.startswith("=") for source in sources))

    def test_a_day_that_is_none_and_a_file_that_is_wrong_are_refused(self):
        self.assert_one_message(self.baton("models", "--on", "2026-02-30"), USAGE, "--on", "2026-02-30")
        wrong = self.own_prices(MINE.replace('"0.90"', '"-0.90"'))
        self.assert_one_message(self.baton("models", "--prices", wrong), USAGE, "own.toml, line 9", "negative")

    def test_output_goes_to_a_file(self):
        target = self.folder / "models.json"
        self.assertEqual(self.models("--format", "json", "--output", target), "")
        self.assertIn("claude-opus-4-7", target.read_text())


if __name__ == "__main__":
    unittest.main()
