"""What tool loops cost: caps hold in the middle of them, faults are paid once, and neither journals nor prompts swell."""

import collections
import sqlite3
import unittest
from decimal import Decimal

from agents import (AgentTest, CODING, DOCUMENTING, converses, finishes, leads, task, uses)
from harness import BUDGET, DONE

NUMBERS = "".join(f"line {number}\n" for number in range(1, 401))


def reads(turns, path="numbers.txt", **more):
    """As many turns, each of them looking at another line."""
    return [{**uses("read", path=path, first_line=turn, last_line=turn), **more} for turn in range(1, turns + 1)]


def loop(title, turns, who=CODING, **more):
    """Looks around for some turns, writes one file and ends."""
    return converses(who, title, *reads(turns, **more),
                     {**uses("write", path=f"{title.lower()}.txt", text="seen\n"), **more},
                     {**finishes("Seen."), **more})


class Spending(AgentTest):
    def setUp(self):
        super().setUp()
        self.project = self.repository()
        self.project.commit("Begin", {"numbers.txt": NUMBERS})

    def feature(self, *arguments, mock, code=DONE):
        return self.agents("feature", "Look around", self.project, "--rounds", "0", *arguments, mock=mock, code=code)

    def calls_by_task(self, run):
        per_task = collections.defaultdict(list)
        for call in self.journal(run).calls():
            per_task[call.task].append(call)
        return per_task

    def assert_built(self, report, *paths):
        for path in paths:
            self.assertEqual(self.project.git("show", f"{report['branch']}:{path}"), b"seen\n")

    def assert_nothing_is_paid_twice(self, run):
        settled = [call.content_key for call in self.journal(run).calls() if call.bill == "settled"]
        self.assertEqual([key for key, times in collections.Counter(settled).items() if times > 1], [])


class ABudget(Spending):
    def test_that_ends_in_the_middle_of_a_tool_loop_can_be_raised_and_nothing_is_paid_twice(self):
        mock = self.mock("--instant", script=[leads(task(1, "Look")), *loop("Look", 20, output_tokens=1000)])
        report = self.feature("--budget", "0.60", mock=mock, code=BUDGET)
        self.assertEqual(report["status"], "budget_exhausted")
        run = report["run_id"]
        spent = self.assert_books_balance(run, mock)
        self.assertLessEqual(spent, Decimal("0.60"))
        self.assertGreater(spent, Decimal("0.15"))
        before = len(mock.requests())
        self.assertGreater(before, 5)
        self.assertLess(before, 20)
        rest = self.resume(run, "--budget", "9", mock=mock)
        self.assertEqual(rest["status"], "complete")
        self.assert_built(rest, "look.txt")
        self.assertEqual(len(mock.requests()), 1 + 20 + 2)  # the plan, the reads, what was written, the end
        self.assert_nothing_is_paid_twice(run)
        self.assert_books_balance(run, mock)
        self.assertEqual(self.worktrees(), [])
        self.assert_sound()



class ACap(Spending):
    """Of an attempt, a task or a worker: it is used, and never passed."""

    def limited(self, *arguments, tasks=None, code=BUDGET):
        tasks = tasks or [task(1, "Look")]
        steps = [step for one in tasks for step in loop(one["title"], 40, output_tokens=2000)]
        mock = self.mock("--instant", script=[leads(*tasks), *steps])
        report = self.feature("--budget", "9", *arguments, mock=mock, code=code)
        self.assert_books_balance(report["run_id"], mock)
        return report

    def assert_never_passed(self, calls, cap):
        charged = Decimal(0)
        for call in calls:
            self.assertLessEqual(charged + call.hold, cap)
            charged += call.charge
        self.assertGreater(charged, cap / 4)

    def skipped(self, report):
        return [one for one in report["tasks"] if one["status"] == "skipped" and one["kind"] == "work"]

    def test_of_an_attempt_binds_over_its_turns(self):
        report = self.limited("--budget-per-attempt", "0.70")
        (looked,) = self.skipped(report)
        self.assertRegex(looked["note"], r"of the cap of an attempt are left$")
        self.assertGreater(looked["turns"], 3)
        self.assert_never_passed(self.calls_by_task(report["run_id"])[2], Decimal("0.70"))

    def test_of_a_task_binds_over_its_turns(self):
        report = self.limited("--budget-per-task", "0.70")
        (looked,) = self.skipped(report)
        self.assertRegex(looked["note"], r"of the cap of a task are left$")
        self.assert_never_passed(self.calls_by_task(report["run_id"])[2], Decimal("0.70"))

    def test_of_a_worker_binds_over_all_its_tasks_and_leaves_the_others_alone(self):
        tasks = [task(1, "Look"), task(2, "Stare"), task(3, "Write", worker="documentation-writer")]
        steps = [*loop("Look", 40, output_tokens=2000), *loop("Stare", 40, output_tokens=2000),
                 *loop("Write", 6, who=DOCUMENTING)]
        mock = self.mock("--instant", script=[leads(*tasks), *steps])
        report = self.feature("--budget", "9", "--budget-per-worker", "code-writer=1.20", mock=mock, code=BUDGET)
        by_task = self.calls_by_task(report["run_id"])
        self.assert_books_balance(report["run_id"], mock)
        charged = sum(call.charge for number in (2, 4) for call in by_task[number])
        self.assertLessEqual(charged, Decimal("1.20"))
        self.assertGreater(charged, Decimal("0.40"))
        self.assertEqual({one["worker"] for one in self.skipped(report)}, {"code-writer"})
        for one in self.skipped(report):
            self.assertRegex(one["note"], r"of the cap of its task type are left$")
        self.assert_built(report, "write.txt")


class ALimitOfTurns(Spending):
    def test_ends_a_loop_that_does_not_end_itself(self):
        mock = self.mock("--instant", script=[leads(task(1, "Look")), *loop("Look", 40)])
        report = self.feature("--max-turns", "6", mock=mock, code=None)
        self.assertEqual(report["status"], "partial")
        (looked,) = [one for one in report["tasks"] if one["kind"] == "work"]
        self.assertEqual((looked["status"], looked["turns"]), ("skipped", 6))
        self.assertIn("not done after 6 turns (--max-turns)", looked["note"])
        self.assert_books_balance(report["run_id"], mock)

    def test_is_told_before_it_is_reached(self):
        heeds = {"match": {"regex": CODING, "contains": "turns left: call finish"}, "answer": finishes("So far.")}
        mock = self.mock("--instant", script=[leads(task(1, "Look")), heeds, *loop("Look", 40)])
        report = self.feature("--max-turns", "8", mock=mock)
        (looked,) = [one for one in report["tasks"] if one["kind"] == "work"]
        self.assertEqual((looked["status"], looked["turns"]), ("done", 6))


class Faults(Spending):
    def test_in_a_tool_loop_are_paid_as_billed_and_cost_no_turn(self):
        def fault(results, **answer):
            return {"match": {"regex": CODING, "tool_results": results}, "times": 1, "answer": answer}
        mock = self.mock(script=[
            leads(task(1, "Look")),
            fault(2, status=529, error={"message": "Overloaded"}),
            fault(3, status=429, retry_after=1),
            fault(4, status=500),
            fault(5, **{"break": "cut", "break_at": 0.6}, **uses("read", path="numbers.txt")),
            fault(6, **{"break": "overloaded_error", "break_at": 0.3}, **uses("read", path="numbers.txt")),
            *loop("Look", 8)])
        report = self.feature(mock=mock)
        run = report["run_id"]
        self.assert_built(report, "look.txt")
        (looked,) = [one for one in report["tasks"] if one["kind"] == "work"]
        self.assertEqual((looked["attempts"], looked["turns"], looked["tool_calls"]), (1, 10, 10))
        self.assertEqual(len(mock.requests()), 1 + 10 + 5)
        bills = collections.Counter(call.bill for call in self.journal(run).calls())
        self.assertEqual(bills, {"settled": 11, "not_billed": 3, "unknown": 2})
        self.assert_nothing_is_paid_twice(run)
        self.assert_books_balance(run, mock)

    def test_of_bad_weather_are_outlived(self):
        mock = self.mock("--seed", "3", "--fail-rate", "0.25", script=[leads(task(1, "Look")), *loop("Look", 12)])
        report = self.feature(mock=mock, code=None)
        self.assertIn(report["status"], ("complete", "partial"))
        self.assert_nothing_is_paid_twice(report["run_id"])
        self.assert_books_balance(report["run_id"], mock)


class LongLoops(Spending):
    def bytes_of_journal(self):
        connection = sqlite3.connect(f"file:{self.state}/baton.db?mode=ro", uri=True)
        try:
            (events,) = connection.execute("SELECT sum(length(body)) FROM events").fetchone()
            (texts,) = connection.execute("SELECT sum(length(data)) FROM blobs").fetchone()
        finally:
            connection.close()
        return events + texts

    def test_the_journal_grows_by_the_same_for_each_turn(self):
        sizes = []
        for turns in (20, 40, 60):
            self.state = self.folder / f"state{turns}"
            mock = self.mock("--instant", script=[leads(task(1, "Look")), *loop("Look", turns)])
            self.feature(mock=mock)
            sizes.append(self.bytes_of_journal())
        first, second = sizes[1] - sizes[0], sizes[2] - sizes[1]
        self.assertLess(abs(second - first), 0.1 * first)
        self.assertLess(second / 20, 4000)

    def test_prompts_stay_within_the_context_and_are_mostly_read_from_the_cache(self):
        # 30 files of about 4,000 tokens each: three times the context of whoever reads them.
        files = {f"chapter{n}.txt": "".join(f"Line {line} of chapter {n} says something.\n" for line in range(400))
                 for n in range(30)}
        self.project.commit("Chapters", files)
        steps = [uses("read", path=path) for path in files]
        mock = self.mock("--instant", script=[
            leads(task(1, "Sum up", worker="documentation-writer")),
            *converses(DOCUMENTING, "Sum up", *steps, uses("write", path="sum.txt", text="seen\n"), finishes("Summed up."))])
        report = self.feature(mock=mock)
        self.assert_built(report, "sum.txt")
        usages = [call.end["usage"] for call in self.journal(report["run_id"]).calls() if call.task == 2]
        self.assertEqual(len(usages), 32)
        prompts = [u["input"] + u["cache_write_5m"] + u["cache_write_1h"] + u["cache_read"] for u in usages]
        self.assertLessEqual(max(prompts), 40_000)
        self.assertGreater(max(prompts), 30_000)
        read = sum(u["cache_read"] for u in usages) / sum(prompts)
        self.assertGreater(read, 0.6)
        self.assert_books_balance(report["run_id"], mock)


if __name__ == "__main__":
    unittest.main()
