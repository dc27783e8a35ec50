"""What many runs cost adds up to the stand-in's own bill, however it is broken down and shown."""

import csv
import io
import json
import re
import sqlite3
import unittest
from decimal import Decimal

from harness import DONE, SYSTEM, USAGE, WORKING, BatonTest, plan, planned, works

GROUPINGS = ["run", "role", "model", "worker", "type", "day", "month"]
TITLE = '<script>alert(1)</script>, "=1+1"'


class ManyRuns(BatonTest):
    def three_runs(self, *options, script=None):
        """Three reviews, of two profiles; their reports and what the stand-in billed for all."""
        mock = self.mock(*options, script=script)
        repository = self.small_change()
        reports = [self.review(*profile, repository=repository, mock=mock)
                   for profile in ([], ["--profile", "5.5"], ["--parallel", "2"])]
        mock.settle()
        return reports, mock.bill()

    def ledger(self, *arguments):
        return self.cost("--all", *arguments)

    def test_every_breakdown_adds_up_to_the_bill_to_the_picodollar(self):
        reports, bill = self.three_runs()
        ledger = self.ledger()
        self.assertEqual(ledger["total"]["charged_usd"], bill["total_usd"])
        self.assertEqual(ledger["total"]["calls"], bill["requests"])
        self.assertEqual(set(ledger["by"]), set(GROUPINGS))
        for grouping, lines in ledger["by"].items():
            charged = sum(Decimal(line["charged_usd"]) for line in lines)
            self.assertEqual(charged, Decimal(bill["total_usd"]), grouping)
            self.assertEqual(sum(line["calls"] for line in lines), bill["requests"], grouping)
        self.assertEqual({line["name"]: line["charged_usd"] for line in ledger["by"]["model"]},
                         {name: model["total_usd"] for name, model in bill["by_model"].items()})
        self.assertEqual({run["name"]: run["charged_usd"] for run in ledger["by"]["run"]},
                         {report["run_id"]: report["cost"]["total_usd"] for report in reports})
        deep = sum(Decimal(report["cost"]["all_deep_usd"]) for report in reports)
        self.assertEqual(Decimal(ledger["total"]["all_deep_usd"]), deep)

    def test_csv_has_the_same_sums(self):
        _, bill = self.three_runs()
        done = self.baton("cost", "--all", "--format", "csv")
        self.assertEqual(done.code, DONE, done.err)
        rows = list(csv.DictReader(io.StringIO(done.out, newline="")))
        for grouping in GROUPINGS:
            charged = sum(Decimal(row["charged_usd"]) for row in rows if row["by"] == grouping)
            self.assertEqual(charged, Decimal(bill["total_usd"]), grouping)

    def test_what_an_attempt_that_was_not_accepted_cost_stands_apart(self):
        refuses = {"match": {"contains": WORKING}, "times": 1, "answer": {"text": "No.", "stop_reason": "refusal"}}
        tasks = [planned(1, "error_message_quality", "run.sh")]
        mock = self.mock(script=[refuses, plan(*tasks), works()])
        report = self.review(repository=self.small_change(), mock=mock)
        ends = self.journal(report["run_id"]).of("call_ended")
        accepted = sum(Decimal(end["charge"]) for end in ends if end["verdict"] == "accepted")
        ledger = self.ledger()
        self.assertGreater(Decimal(ledger["total"]["wasted_usd"]), 0)
        self.assertEqual(Decimal(ledger["total"]["wasted_usd"]),
                         Decimal(ledger["total"]["charged_usd"]) - accepted)
        self.assertEqual(ledger["total"]["wasted_usd"], report["cost"]["wasted_usd"])

    def test_one_run_is_broken_down_alone(self):
        reports, _ = self.three_runs()
        for report in reports:
            ledger = self.cost("--run", report["run_id"], "--by", "day,role")
            self.assertEqual(ledger["scope"], f"run {report['run_id']}")
            self.assertEqual(set(ledger["by"]), {"day", "role"})
            self.assertEqual(ledger["total"]["charged_usd"], report["cost"]["total_usd"])

    def test_a_period_without_runs_costs_nothing_and_meets_no_target(self):
        self.three_runs()
        ledger = self.ledger("--until", "2020-01-31")
        self.assertEqual(ledger["total"]["charged_usd"], "0.00")
        self.assertEqual(ledger["total"]["runs"], 0)
        self.assertEqual({target["state"] for target in ledger["targets"]}, {"not measurable"})
        today = self.ledger()["by"]["day"][0]["name"]
        self.assertEqual(self.ledger("--since", today, "--until", today)["total"]["runs"], 3)

    def test_targets_are_the_users_to_set(self):
        self.three_runs()
        folder = self.folder / "config" / "baton"
        folder.mkdir()
        (folder / "targets.toml").write_text(
            '[[target]]\nname = "orchestrator\'s share"\noff = true\n'
            '[[target]]\nname = "a run"\nmeasure = "cost_per_run"\nmax = "100"\n')
        targets = {target["name"]: target["state"] for target in self.ledger()["targets"]}
        self.assertEqual(targets["a run"], "met")
        self.assertNotIn("orchestrator's share", targets)
        (folder / "targets.toml").write_text("[[target]]\nname = 3\n")
        self.assert_one_message(self.baton("cost", "--all"), USAGE, "targets.toml, line 2")

    def test_a_damaged_run_is_named_and_left_out_and_the_rest_is_shown(self):
        reports, _ = self.three_runs()
        broken, *sound = [report["run_id"] for report in reports]
        with sqlite3.connect(self.state / "baton.db") as database:
            database.execute("UPDATE events SET body = replace(body, '\"at\":1', '\"at\":2') "
                             "WHERE run = ? AND seq = 3", (broken,))
        database.close()
        done = self.baton("cost", "--all", "--format", "json")
        self.assertEqual(done.code, DONE, done.err)
        self.assertIn("1 run that cannot be read is left out", done.err)
        ledger = json.loads(done.out)
        self.assertEqual([run["run_id"] for run in ledger["left_out"]], [broken])
        self.assertEqual({run["name"] for run in ledger["by"]["run"]}, set(sound))
        self.assert_one_message(self.baton("cost", "--run", broken, "--by", "day"), SYSTEM, broken)

    def test_the_page_asks_for_nothing_and_shows_a_hostile_title_as_text(self):
        self.three_runs()
        with sqlite3.connect(self.state / "baton.db") as database:
            database.execute("UPDATE runs SET title = ?", (TITLE,))
        database.close()
        page = self.folder / "cost.html"
        done = self.baton("cost", "--all", "--format", "html", "-o", page)
        self.assertEqual((done.code, done.out), (DONE, ""), done.err)
        html = page.read_text(encoding="utf-8")
        self.assertIn("default-src 'none'", html)
        self.assertNotIn("<script>alert", html)
        self.assertIn("&lt;script&gt;alert(1)&lt;/script&gt;", html)
        self.assertEqual(len(re.findall(r"<script[ >]", html)), 2)
        self.assertIsNone(re.search(r"<(link|img|iframe|object|base|form)\b", html))
        data = json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', html, re.S)[1])
        self.assertEqual(len(data["run"]), 3)

    def test_text_and_markdown_show_titles_harmlessly(self):
        self.three_runs()
        with sqlite3.connect(self.state / "baton.db") as database:
            database.execute("UPDATE runs SET title = ?", (TITLE + "\x1b[2J",))
        database.close()
        for form in ("text", "md"):
            done = self.baton("cost", "--by", "run", "--format", form)
            self.assertEqual(done.code, DONE, done.err)
            self.assertNotIn("\x1b", done.out)
            self.assertEqual(form == "md" and "<script" in done.out, False)

    def test_dates_that_are_none_are_refused(self):
        self.three_runs()
        for day in ("2026-02-30", "yesterday", "2026-1-1", "2026-11-20T00:00:00Z", "-001-01-01"):
            self.assert_one_message(self.baton("cost", f"--since={day}"), USAGE, "--since", "2026-11-20")
        self.assert_one_message(self.baton("cost", "--since", "2026-11-02", "--until", "2026-11-01"), USAGE,
                                "later than")


if __name__ == "__main__":
    unittest.main()
