"""`baton compare`: described fleets and recorded runs, priced otherwise, to the picodollar."""

import csv
import io
import json
import pathlib
import unittest
from decimal import Decimal

from harness import DONE, USAGE, BatonTest, finding, plan, planned, works

FLEETS = pathlib.Path(__file__).parents[2] / "fleets"
DAY = ("--on", "2026-11-20")

ONE = """title = "One"
[[agent]]
name = "a"
model = "fast"
role = "worker"
input = 1_000
"""


class CompareTest(BatonTest):
    def compare(self, *options):
        done = self.baton("compare", "--format", "json", *options)
        self.assertEqual((done.code, done.err), (DONE, ""))
        return json.loads(done.out)

    def rows(self, *options):
        return {row["name"]: row for row in self.compare(*options)["rows"]}

    def costs(self, *options):
        return {name: row.get("cost_usd") for name, row in self.rows(*options).items()}

    def fleet(self, text):
        path = self.folder / "fleet.toml"
        path.write_text(text)
        return path


class OfFleets(CompareTest):
    def test_the_well_known_sprints_cost_what_is_published(self):
        def cost(name):
            return self.costs("--fleet", FLEETS / f"{name}.toml", *DAY)["as described"]
        self.assertEqual(cost("sprint-all-deep"), "25.00")
        self.assertEqual(cost("sprint-fast-workers"), "9.00")
        self.assertEqual(cost("sprint-balanced-workers"), "17.00")
        self.assertEqual(cost("sprint-two-deep"), "13.00")

    def test_thirty_sprints_a_month_save_480_dollars(self):
        rows = self.rows("--fleet", FLEETS / "sprint-all-deep.toml", "--same-tokens", "--runs-per-month", "30", *DAY)
        self.assertEqual((rows["as described"]["monthly_usd"], rows["fast workers"]["monthly_usd"]), ("750.00", "270.00"))
        self.assertEqual(rows["fast workers"]["difference_usd"], "-16.00")
        self.assertEqual(rows["fast workers"]["difference_percent"], -64)
        self.assertEqual(rows["balanced workers"]["cost_usd"], "17.00")

    def test_shared_context_without_a_cache_staggered_and_all_at_once(self):
        costs = self.costs("--fleet", FLEETS / "shared-context.toml", *DAY)
        self.assertEqual((costs["as described"], costs["no cache"], costs["cache, staggered"], costs["cache, all at once"]),
                         ("0.41", "0.65", "0.41", "0.8125"))

    def test_the_tool_loop_with_and_without_a_cache(self):
        costs = self.costs("--fleet", FLEETS / "sprint-tool-loop.toml", *DAY)
        self.assertEqual((costs["all deep"], costs["no cache"]), ("9.01625", "30.25"))

    def test_tokens_of_another_tokenizer_are_counted_anew_and_said(self):
        report = self.compare("--fleet", FLEETS / "sprint-fast-workers.toml", *DAY)
        self.assertEqual([row["cost_usd"] for row in report["rows"] if row["name"] == "all deep"], ["31.00"])
        self.assertIn("token counts do not transfer: 100 tokens of claude-haiku-4-5 are taken as 130 of "
                      "claude-opus-4-7", report["notes"])

    def test_chosen_models_are_a_row(self):
        costs = self.costs("--fleet", FLEETS / "sprint-two-deep.toml", "--fast", "claude-haiku-4-5-20251001",
                           "--deep", "claude-sonnet-4-6", "--same-tokens", *DAY)
        self.assertEqual((costs["chosen models"], costs["all deep"]), ("9.00", "15.00"))

    def test_all_forms_tell_the_same(self):
        where = ("--fleet", FLEETS / "shared-context.toml", *DAY)
        rows = self.rows(*where)
        table = self.baton("compare", "--format", "csv", *where).out
        read = {row["name"]: row for row in csv.DictReader(io.StringIO(table))}
        self.assertEqual(list(read), list(rows))
        for name, row in rows.items():
            for column in ("cost_usd", "difference_usd", "daily_usd", "monthly_usd"):
                self.assertEqual(read[name][column], row[column])
        for form in ("text", "md"):
            out = self.baton("compare", "--format", form, *where).out
            for words in (*rows, "$0.4100", "$0.8125", "+98.2%", "$24.38"):
                self.assertIn(words, out)

    def test_a_fleet_that_is_wrong_is_refused_with_its_place(self):
        for change, words in ((("role", "rôle"), ("fleet.toml, line 5",)),
                              (('"worker"', '"chief"'), ("line 5", "orchestrator, worker")),
                              (("1_000", "-1"), ("line 6", "'input'")),
                              (('"fast"', '"claude-nine"'), ("no model 'claude-nine'",)),
                              (('"fast"', '"claude-mythos-5-2"'), ("no price on 2026-11-20",))):
            done = self.baton("compare", "--fleet", self.fleet(ONE.replace(*change)), *DAY)
            self.assert_one_message(done, USAGE, *words)
        self.assert_one_message(self.baton("compare", "--fleet", self.folder / "none.toml"), USAGE, "none.toml")

    def test_more_money_than_can_be_counted_is_refused(self):
        much = ONE.replace("1_000", "100_000_000") + "count = 10_000\nturns = 1000\nprefix = 100_000_000\n"
        self.assert_one_message(self.baton("compare", "--fleet", self.fleet(much), *DAY), USAGE, "more than can be counted")
        done = self.baton("compare", "--fleet", FLEETS / "sprint-all-deep.toml", "--runs-per-month", "1000000", *DAY)
        self.assert_one_message(done, USAGE, "--runs-per-month")

    def test_a_title_does_nothing_to_a_terminal_or_a_page(self):
        path = self.fleet(ONE.replace('"One"', r'"\u001b[2J<script>x</script>\n# one"'))
        for form in ("text", "md"):
            out = self.baton("compare", "--format", form, "--fleet", path, *DAY).out
            self.assertNotIn("\x1b", out)
            self.assertNotIn("\n# one", out)
        self.assertNotIn("<script>", out)


class OfRuns(CompareTest):
    def recorded(self):
        script = [plan(planned(1, "naming_convention_check", "src/disk.cc")),
                  works(finding("src/disk.cc", 5, "Says too little.", "low"))]
        return self.review(repository=self.small_change(), mock=self.mock(script=script))["run_id"]

    def test_the_latest_run_costs_what_the_ledger_says_and_each_row_what_its_prices_say(self):
        run = self.recorded()
        report = self.compare("--same-tokens")
        rows = {row["name"]: row for row in report["rows"]}
        self.assertEqual(report["what"], f"run {run}")
        cost = self.cost("--run", run)
        self.assertEqual(Decimal(rows["as recorded"]["cost_usd"]), Decimal(cost["total_usd"]))
        self.assertEqual(Decimal(rows["all deep"]["cost_usd"]), Decimal(cost["all_deep_usd"]))
        self.assertLess(Decimal(rows["workers in batches"]["cost_usd"]), Decimal(cost["total_usd"]))

        prompt = {"claude-opus-4-7": (5, 25), "claude-sonnet-4-6": (3, 15), "claude-haiku-4-5": (1, 5)}
        plain = Decimal(0)
        for model, line in cost["by_model"].items():
            tokens, (read, write) = line["tokens"], prompt[model]
            everything = sum(count for name, count in tokens.items() if name != "output")
            plain += (Decimal(everything) * read + Decimal(tokens["output"]) * write) / 1_000_000
        self.assertEqual(Decimal(rows["no cache"]["cost_usd"]), plain)

    def test_on_other_models_the_tokens_are_counted_anew(self):
        run = self.recorded()
        exact, scaled = self.costs("--run", run, "--same-tokens"), self.costs("--run", run)
        self.assertGreater(Decimal(scaled["all deep"]), Decimal(exact["all deep"]))
        self.assertEqual(scaled["no cache"], exact["no cache"])

    def test_a_run_that_is_not_there_is_refused(self):
        self.assert_one_message(self.baton("compare"), USAGE, "there are no runs")
        self.assertFalse(self.state.exists())
        self.recorded()
        self.assert_one_message(self.baton("compare", "--run", "r-nothing"), USAGE, "r-nothing")

    def test_a_fleet_and_a_run_are_not_compared_at_once(self):
        self.assertEqual(self.baton("compare", "--run", "r-x", "--fleet", "f.toml").code, USAGE)


if __name__ == "__main__":
    unittest.main()
