"""`baton sprint`: a queue of jobs under one time box and one budget."""

import json
import os
import signal
import unittest
from decimal import Decimal

from agents import AgentTest, CODING, converses, finishes, leads, reviews, task, uses
from harness import (BUDGET, DONE, INTERRUPTED, PLANNING, PROVIDER, SYSTEM, USAGE, fails, finding, interrupt, plan,
                     planned, wait_until, works)

REVIEW = [plan(planned(1, "code_review", "src/retry.go")), works(finding("src/retry.go", 6, "Times may be negative."))]


class SprintTest(AgentTest):
    def write_sprint(self, *jobs, name="nightly", **bounds):
        lines = [f"{key} = {json.dumps(value)}" for key, value in {"name": name, **bounds}.items()]
        for job in jobs:
            lines += ["[[job]]", *(f"{key} = {json.dumps(value)}" for key, value in job.items())]
        file = self.folder / "work" / f"{name}.toml"
        file.write_text("\n".join(lines) + "\n")
        return file

    def job(self, name, repository, **more):
        return {"name": name, "kind": "review", "repo": str(repository.folder), "mode": "orchestrate", **more}

    def sprint(self, *arguments, mock=None, code=DONE, **more):
        done = self.baton("sprint", *arguments, "--format", "json", mock=mock, **more)
        self.assertEqual(done.code, code, done.err + done.out[:3000])
        return json.loads(done.out)

    def begin(self, *arguments, mock):
        return self.start("sprint", *arguments, "--format", "json", mock=mock)

    def record(self):
        (file,) = (self.state / "sprints").glob("*/sprint.json")
        return json.loads(file.read_text())

    def states(self, report):
        return {job["name"]: job["status"] for job in report["jobs"]}

    def assert_sums_are_the_bill(self, report, mock):
        """Every amount of the report against the journal and against the stand-in's own meter."""
        mock.settle()
        total = sum(Decimal(job["cost_usd"]) for job in report["jobs"])
        self.assertEqual(Decimal(report["totals"]["cost_usd"]), total)
        self.assertEqual(sum(Decimal(line["charged_usd"]) for line in report["by_model"]), total)
        for job in report["jobs"]:
            if job["run_id"]:
                self.assertEqual(Decimal(self.cost("--run", job["run_id"])["total_usd"]), Decimal(job["cost_usd"]))
        self.assertLessEqual(total, Decimal(report["budget_usd"]))
        if Decimal(report["totals"]["unknown_usd"]) == 0:
            self.assertEqual(total, Decimal(mock.bill()["total_usd"]))
        self.assert_sound()

    def test_jobs_are_done_and_the_report_tells_their_cost_to_the_picodollar(self):
        repository = self.small_change()
        mock = self.mock(script=REVIEW)
        file = self.write_sprint(self.job("one", repository, budget=1), self.job("two", repository, budget=1, repeat=2),
                                 parallel=2, budget=3)
        report = self.sprint(file, mock=mock)
        self.assertEqual(self.states(report), {"one": "complete", "two#1": "complete", "two#2": "complete"})
        self.assertEqual(report["status"], "complete")
        self.assertEqual(len({job["run_id"] for job in report["jobs"]}), 3)
        self.assertEqual([job["files"] for job in report["jobs"]], [3, 3, 3])
        self.assertGreater(report["totals"]["jobs_per_hour"], 0)
        self.assert_sums_are_the_bill(report, mock)
        for form in ("text", "md"):
            shown = self.baton("sprint", "--resume", report["sprint_id"], "--format", form, mock=mock)
            self.assertEqual(shown.code, DONE, shown.err)
            self.assertIn("nightly", shown.out)
        self.assertEqual(len(self.runs()), 3, "what has ended is not repeated")

    def test_a_feature_and_a_review_share_a_sprint(self):
        repository = self.calculator()
        mend = task(1, "Mend the sum", commands=[], files=[{"path": "src/add.cc", "first_line": 1, "last_line": 0}])
        mock = self.mock(script=[
            plan(planned(1, "code_review", "src/add.cc")), works(), leads(mend),
            *converses(CODING, "Mend the sum", uses("read", path="src/add.cc"),
                       uses("edit", path="src/add.cc", old_text="a - b", new_text="a + b"),
                       finishes("add() adds now.")), reviews()])
        file = self.write_sprint(
            {"name": "mend", "kind": "feature", "repo": str(repository.folder), "branch": "mended",
             "request": "--mend the failing test"}, self.job("look", repository), budget=6)
        report = self.sprint(file, mock=mock, timeout=120)
        self.assertEqual(self.states(report), {"mend": "complete", "look": "complete"})
        mended = report["jobs"][0]
        self.assertEqual((mended["branch"], mended["files"]), ("mended", 1))
        self.assertIn("a + b", repository.git("show", "mended:src/add.cc").decode())
        self.assertEqual(report["totals"]["files_changed"], 1)
        self.assert_sums_are_the_bill(report, mock)

    def test_a_cap_that_does_not_fit_is_lowered_and_then_jobs_are_skipped(self):
        repository = self.small_change()
        mock = self.mock(script=REVIEW)
        file = self.write_sprint(self.job("one", repository, budget=1), self.job("two", repository, budget=1),
                                 self.job("huge", repository, budget=100), parallel=1, budget=1)
        report = self.sprint(file, mock=mock, code=BUDGET)
        self.assertEqual(self.states(report), {"one": "complete", "two": "complete", "huge": "skipped"})
        first, second, huge = report["jobs"]
        self.assertEqual(Decimal(second["cap_usd"]), 1 - Decimal(first["cost_usd"]))
        self.assertIn("too little for its cap of $100.00", huge["note"])
        self.assert_sums_are_the_bill(report, mock)
        more = self.sprint("--resume", report["sprint_id"], "--budget", "200", mock=mock)
        self.assertEqual(self.states(more), {"one": "complete", "two": "complete", "huge": "complete"})
        self.assertEqual([job["run_id"] for job in more["jobs"]][:2], [first["run_id"], second["run_id"]])

    def test_a_job_that_cannot_begin_leaves_the_others_alone(self):
        repository = self.small_change()
        mock = self.mock(script=REVIEW)
        file = self.write_sprint(self.job("bad", repository, range="no-such-revision"), self.job("good", repository))
        report = self.sprint(file, mock=mock, code=USAGE)
        self.assertEqual(self.states(report), {"bad": "refused", "good": "complete"})
        self.assertIn("no-such-revision", report["jobs"][0]["note"])
        self.assertEqual(report["status"], "partial")

    def test_a_job_whose_process_dies_takes_nothing_with_it_and_is_taken_up_again(self):
        repository = self.small_change()
        mock = self.mock("--latency-ms", "400:400", script=REVIEW)
        file = self.write_sprint(self.job("one", repository), self.job("two", repository), parallel=2)
        process = self.begin(file, mock=mock)
        wait_until(lambda: len(mock.requests()) >= 2, what="both plans")
        os.kill(self.record()["jobs"][0]["pid"], signal.SIGKILL)
        done = self.finish(process)
        self.assertEqual(done.code, INTERRUPTED, done.err)
        report = json.loads(done.out)
        self.assertEqual(self.states(report), {"one": "interrupted", "two": "complete"})
        self.assertEqual(report["jobs"][0]["note"], "its process ended with signal 9")
        again = self.sprint("--resume", report["sprint_id"], mock=mock)
        self.assertEqual(self.states(again), {"one": "complete", "two": "complete"})
        self.assertEqual(again["sittings"], 2)
        self.assertEqual([job["run_id"] for job in again["jobs"]], [job["run_id"] for job in report["jobs"]])
        self.assert_sums_are_the_bill(again, mock)

    def test_ctrl_c_pauses_what_runs_starts_nothing_and_the_sprint_goes_on_later(self):
        repository = self.small_change()
        mock = self.mock("--latency-ms", "400:400", script=REVIEW)
        file = self.write_sprint(self.job("one", repository), self.job("two", repository))
        process = self.begin(file, mock=mock)
        wait_until(mock.requests, what="the first plan")
        interrupt(process)
        done = self.finish(process)
        self.assertEqual(done.code, INTERRUPTED, done.err)
        report = json.loads(done.out)
        self.assertEqual(self.states(report), {"one": "paused", "two": "waiting"})
        self.assertEqual((report["status"], report["reason"]), ("stopped", "interrupted"))
        self.assertIn(f"`baton sprint --resume {report['sprint_id']}` does what is left", done.err)
        again = self.sprint("--resume", report["sprint_id"], mock=mock)
        self.assertEqual(self.states(again), {"one": "complete", "two": "complete"})
        self.assertEqual(Decimal(again["totals"]["unknown_usd"]), 0)
        self.assert_sums_are_the_bill(again, mock)

    def test_a_sprint_that_is_killed_waits_for_the_jobs_it_left_at_work_and_repeats_nothing(self):
        repository = self.small_change()
        mock = self.mock("--latency-ms", "700:700", script=REVIEW)
        jobs = [self.job(name, repository) for name in ("one", "two", "three")]
        file = self.write_sprint(*jobs, parallel=2)
        process = self.begin(file, mock=mock)
        wait_until(lambda: len(mock.requests()) >= 2, what="two plans")
        process.kill()
        process.wait()
        sprint = self.record()["id"]
        done = self.baton("sprint", "--resume", sprint, "--format", "json", mock=mock)
        self.assertEqual(done.code, DONE, done.err)
        self.assertIn("is still at work, started by an earlier sitting", done.err)
        report = json.loads(done.out)
        self.assertEqual(set(self.states(report).values()), {"complete"})
        self.assertEqual(len(self.runs()), 3)
        self.assertEqual(Decimal(report["totals"]["unknown_usd"]), 0)
        self.assert_sums_are_the_bill(report, mock)

    def test_a_sprint_and_its_jobs_killed_at_once_go_on_with_the_same_runs(self):
        repository = self.small_change()
        mock = self.mock("--latency-ms", "400:400", script=REVIEW)
        file = self.write_sprint(self.job("one", repository), self.job("two", repository))
        process = self.begin(file, mock=mock)
        wait_until(mock.requests, what="the plan")
        pid = self.record()["jobs"][0]["pid"]
        process.kill()
        os.kill(pid, signal.SIGKILL)
        process.wait()
        report = self.sprint("--resume", self.record()["id"], mock=mock)
        self.assertEqual(self.states(report), {"one": "complete", "two": "complete"})
        self.assertEqual(len(self.runs()), 2)
        self.assert_sums_are_the_bill(report, mock)

    def test_only_one_process_drives_a_sprint(self):
        repository = self.small_change()
        mock = self.mock("--latency-ms", "400:400", script=REVIEW)
        process = self.begin(self.write_sprint(self.job("one", repository)), mock=mock)
        wait_until(mock.requests, what="the plan")
        self.assert_one_message(self.baton("sprint", "--resume", self.record()["id"], mock=mock), SYSTEM,
                                "is being driven by another process")
        self.assertEqual(self.finish(process).code, DONE)

    def test_a_key_that_is_refused_stops_the_sprint(self):
        repository = self.small_change()
        mock = self.mock(script=[fails(PLANNING, status=401, error={"message": "invalid x-api-key"})])
        report = self.sprint(self.write_sprint(self.job("one", repository), self.job("two", repository)), mock=mock,
                             code=PROVIDER)
        self.assertEqual(self.states(report), {"one": "paused", "two": "waiting"})
        self.assertIn("job one", report["reason"])

    def test_sprints_of_one_name_are_compared(self):
        repository = self.small_change()
        mock = self.mock(script=REVIEW)
        file = self.write_sprint(self.job("one", repository))
        first = self.sprint(file, mock=mock)
        other = self.sprint(self.write_sprint(self.job("one", repository), name="weekly"), mock=mock)
        second = self.sprint(file, mock=mock)
        self.assertEqual((first["earlier"], other["earlier"]), ([], []))
        (earlier,) = second["earlier"]
        self.assertEqual(earlier["sprint_id"], first["sprint_id"])
        self.assertEqual(earlier["totals"], first["totals"])
        shown = self.baton("sprint", "--resume", second["sprint_id"], mock=mock)
        self.assertIn("Earlier sprints of this name", shown.out)
        self.assertIn(first["sprint_id"], shown.out)

    def test_a_local_sprint_needs_no_key_and_costs_nothing(self):
        repository = self.small_change()
        report = self.sprint(self.write_sprint({"name": "lint", "kind": "review", "repo": str(repository.folder),
                                                "local": True}))
        self.assertIn(self.states(report)["lint"], ("complete", "partial"))
        self.assertEqual(report["totals"]["cost_usd"], "0.00")

    def test_the_key_reaches_no_file(self):
        repository = self.small_change()
        mock = self.mock(script=REVIEW)
        self.sprint(self.write_sprint(self.job("one", repository)), mock=mock)
        for file in self.state.rglob("*"):
            if file.is_file():
                self.assertNotIn(b"sk-test-7f3a9c5e1b", file.read_bytes(), file)

    def test_what_is_wrong_with_the_file_is_told_with_its_line_and_nothing_starts(self):
        repository = self.small_change()
        job = self.job("one", repository)
        for told, jobs, bounds in [
            ("line 2, column 1: 'colour' is not a key", [job], {"colour": "red"}),
            ("line 2, column 10: 'budget' is not an amount", [job], {"budget": "lots"}),
            ("two jobs are called 'one'", [job, job], {}),
            ("'kind' is 'cook'", [{**job, "kind": "cook"}], {}),
            ("line 2: job 'one' names", [{**job, "repo": "/no/such/folder"}], {}),
        ]:
            with self.subTest(told):
                self.assert_one_message(self.baton("sprint", self.write_sprint(*jobs, **bounds)), USAGE, told)
        self.assert_one_message(self.baton("sprint", self.folder / "none.toml"), USAGE, "can not read")
        self.assert_one_message(self.baton("sprint"), USAGE, "give a sprint file")
        self.assert_one_message(self.baton("sprint", "--resume", "s-none"), USAGE, "there is no sprint 's-none'")
        self.assert_one_message(self.baton("sprint", "--resume", "../x"), USAGE, "there is no sprint")
        self.assertFalse((self.state / "sprints").exists())


if __name__ == "__main__":
    unittest.main()
