"""Workers: runs that are submitted, driven by whoever is there, handed over when it dies, and paid once."""

import json
import re
import shutil
import signal
import time
import unittest
from decimal import Decimal

from agents import AgentTest, CODING, converses, finishes, leads, task, uses
from fleet import FleetTest, process_id
from harness import BUDGET, DONE, INTERRUPTED, USAGE, essence, wait_until

LEASE = ["--lease-seconds", "2"]

OUR_PRICES = """
[[model]]
id = "claude-haiku-4-5"
[[model.price]]
valid_from = 2026-01-01
source = "our contract"
verified_on = 2026-11-20
steps = [{ input = "0.90", cache_write_5m = "1.125", cache_write_1h = "1.80", cache_read = "0.09", output = "4.50" }]
"""


class Submitted(FleetTest):
    def setUp(self):
        super().setUp()
        self.changes = self.small_change()

    def settled(self, *runs, timeout=60):
        """Waits until none of them waits or is driven."""
        def over():
            standing = self.standing()
            return all(standing[run]["status"] not in ("queued", "running", "interrupted") for run in runs)
        wait_until(over, timeout=timeout, what="the runs to end")
        return [self.standing()[run] for run in runs]

    # ---- one run ---------------------------------------------------------------------------------

    def test_a_review_is_queued_driven_by_a_worker_and_reported_to_who_waits(self):
        mock = self.mock("--instant", "--seed", "5")
        run = self.submit(repository=self.changes, env=self.environment())  # who submits needs no key
        self.assertEqual(self.standing()[run]["status"], "queued")
        self.assertEqual(mock.requests(), [])
        worker = self.worker(mock=mock)
        self.state = self.folder / "another machine"
        report = self.wait(run)
        self.assertEqual((report["run_id"], report["status"]), (run, "complete"))
        self.assert_books_balance(run, mock)
        self.assert_sound()
        self.drain(worker)
        log = worker.log.read_text()
        self.assertRegex(log, rf"{run} is driven here: review, .*\n.*{run} complete: \$0\.\d+ spent, ")
        self.assert_no_secret(log)

    def test_the_worker_says_what_the_review_alone_would_have_said(self):
        seeds = ["--seed", "5", "--instant"]
        alone = self.review(repository=self.changes, mock=self.mock(*seeds))
        run = self.submit(repository=self.changes)
        self.worker(mock=self.mock(*seeds))
        self.assertEqual(essence(self.wait(run)), essence(alone))

    def test_checkers_of_a_review_run_on_the_worker_from_what_was_submitted(self):
        changes = self.repository("python")
        changes.commit("Begin", {"a.py": "a = 1\n"})
        changes.commit("Break", {"a.py": "import os\na = 1\n", "broken.json": "{\n"})
        alone = self.review("--local", repository=changes, code=None)
        run = self.submit("--local", repository=changes)
        changes.folder.rename(self.folder / "not there any more")
        mock = self.mock("--instant")
        self.worker(mock=mock)
        self.assertEqual(essence(self.wait(run, code=None)), essence(alone))
        self.assertEqual(mock.bill()["requests"], 0)

    def test_a_key_is_one_run_whoever_submits_it(self):
        first = self.submit("--key", "pull/17", repository=self.changes)
        self.assertEqual(self.submit("--key", "pull/17", repository=self.changes), first)
        self.worker(mock=self.mock("--instant"))
        done = self.baton("review", "--repo", self.changes.folder, "--key", "pull/17", "--format", "json")
        self.assertEqual((done.code, json.loads(done.out)["run_id"]), (DONE, first), done.err)
        self.assertEqual(len(self.runs()), 1)

    def test_keys_submitted_at_once_are_one_run(self):
        several = [self.start("review", "--submit", "--repo", self.changes.folder, "--key", "k") for _ in range(6)]
        ended = [self.finish(process) for process in several]
        self.assertEqual([done.code for done in ended], [DONE] * 6, [done.err for done in ended])
        self.assertEqual(len({done.out for done in ended}), 1)
        self.assertEqual(len(self.runs()), 1)

    def test_waiting_ends_when_its_time_is_over(self):
        run = self.submit(repository=self.changes)
        done = self.baton("wait", run, "--timeout", "0.3")
        self.assertEqual((done.code, done.out), (INTERRUPTED, ""), done.err)
        self.assertIn("--timeout", done.err)

    # ---- several ---------------------------------------------------------------------------------

    def test_two_workers_share_ten_runs(self):
        mock = self.mock("--latency-ms", "50:150")
        runs = [self.submit(repository=self.changes) for _ in range(10)]
        workers = [self.worker("--runs", "2", mock=mock) for _ in range(2)]
        ended = self.settled(*runs)
        self.assertEqual({run["status"] for run in ended}, {"complete"})
        self.assertEqual({self.drivers(run) for run in runs}, {1})
        shares = [len(re.findall("is driven here", worker.log.read_text())) for worker in workers]
        self.assertEqual(sum(shares), 10)
        self.assertGreater(min(shares), 0, shares)
        fleet = json.loads(self.baton("fleet", "--format", "json").out)
        self.assertEqual(fleet["queue"], {"waiting": 0, "driven": 0, "parked": 0, "quarantined": 0})
        self.assertEqual({process_id(w["name"]) for w in fleet["workers"]}, {w.pid for w in workers})
        self.assert_bill_is_booked(mock, *runs)

    def assert_bill_is_booked(self, mock, *runs):
        """What the provider billed is in the ledgers: exactly, but for calls whose end nobody heard."""
        mock.settle()
        calls = [call for run in runs for call in self.journal(run).calls()]
        self.assertEqual([call.number for call in calls if call.end is None], [], "calls without an end")
        booked = sum((call.charge for call in calls), Decimal(0))
        unknown = sum((call.charge for call in calls if call.bill == "unknown"), Decimal(0))
        billed = Decimal(mock.bill()["total_usd"])
        self.assertLessEqual(booked - unknown, billed)
        self.assertLessEqual(billed, booked)
        if not unknown:
            self.assertEqual(billed, booked)
        # Nothing was paid twice: a request is repeated only where its first end was not heard.
        asked = len(mock.requests())
        self.assertLessEqual(asked, len(calls))
        ids = [call.request_id for call in calls if call.request_id]
        self.assertEqual(len(ids), len(set(ids)))
        self.assertEqual(sum((Decimal(run["spent_usd"]) for run in self.runs()), Decimal(0)), booked)

    def test_a_worker_that_is_killed_hands_its_runs_over(self):
        mock = self.mock("--latency-ms", "300:600")
        runs = [self.submit(repository=self.changes) for _ in range(3)]
        first = self.worker(*LEASE, mock=mock)
        wait_until(lambda: len(mock.requests()) >= 3, what="calls in flight")
        first.kill()
        first.wait()
        second = self.worker(*LEASE, mock=mock)
        self.assertEqual({run["status"] for run in self.settled(*runs)}, {"complete"})
        self.assert_bill_is_booked(mock, *runs)
        self.assertIn("goes on here", second.log.read_text())
        self.assertIn("1 of its workers died", second.log.read_text())
        self.assert_sound()

    def test_a_worker_that_sleeps_through_its_lease_commits_nothing_any_more(self):
        mock = self.mock("--latency-ms", "300:600")
        run = self.submit(repository=self.changes)
        first = self.worker(*LEASE, mock=mock)
        wait_until(mock.requests, what="a call in flight")
        first.send_signal(signal.SIGSTOP)
        self.worker(*LEASE, mock=mock)
        wait_until(lambda: self.drivers(run) == 2, what="the other worker to take it")
        first.send_signal(signal.SIGCONT)
        self.assertEqual(self.settled(run)[0]["status"], "complete")
        self.assert_bill_is_booked(mock, run)
        wait_until(lambda: f"{run} is no longer driven here" in first.log.read_text(), what="it to notice")
        again = self.submit(repository=self.changes)  # and it goes on with others
        self.assertEqual(self.wait(again)["status"], "complete")
        self.assertIsNone(first.poll(), first.log.read_text())

    def test_a_worker_takes_up_again_what_it_has_slept_through_and_nobody_else_has_taken(self):
        mock = self.mock("--answer-latency", "3000")
        run = self.submit(repository=self.changes)
        worker = self.worker(*LEASE, mock=mock)
        wait_until(mock.requests, what="a call in flight")
        worker.send_signal(signal.SIGSTOP)
        alive = "SELECT count(*) FROM baton.sessions WHERE until > clock_timestamp()"
        wait_until(lambda: self.sql(alive).strip() == "0", what="its lease to lapse")
        worker.send_signal(signal.SIGCONT)
        self.assertEqual(self.settled(run)[0]["status"], "complete")
        self.assertEqual(self.drivers(run), 2)
        self.assert_bill_is_booked(mock, run)
        self.assertIn(f"{run} is no longer driven here", worker.log.read_text())
        self.assertIsNone(worker.poll(), worker.log.read_text())
        self.assert_sound()

    # ---- stopping --------------------------------------------------------------------------------

    def test_a_worker_that_is_told_to_stop_ends_its_calls_and_hands_back_its_runs(self):
        mock = self.mock("--latency-ms", "500:900")
        runs = [self.submit(repository=self.changes) for _ in range(2)]
        first = self.worker(mock=mock)
        wait_until(lambda: len(mock.requests()) >= 2, what="calls in flight")
        self.drain(first)
        standing = self.standing()
        self.assertEqual({standing[run]["status"] for run in runs}, {"queued"})
        self.worker(mock=mock)
        self.assertEqual({run["status"] for run in self.settled(*runs)}, {"complete"})
        self.assert_bill_is_booked(mock, *runs)
        calls = [call for run in runs for call in self.journal(run).calls()]
        self.assertEqual([call.bill for call in calls if call.bill != "settled"], [])

    def test_told_twice_it_cuts_what_is_in_flight(self):
        mock = self.mock("--answer-latency", "30000")
        run = self.submit(repository=self.changes)
        worker = self.worker(mock=mock)
        wait_until(mock.requests, what="a call in flight")
        worker.send_signal(signal.SIGTERM)
        wait_until(lambda: "told to stop" in worker.log.read_text())
        self.drain(worker, timeout=10)
        self.assertEqual(self.standing()[run]["status"], "queued")
        (call,) = self.journal(run).calls()
        self.assertEqual((call.bill, call.charge), ("unknown", call.hold))

    def test_it_ends_by_itself_when_nothing_waits(self):
        mock = self.mock("--instant")
        runs = [self.submit(repository=self.changes) for _ in range(3)]
        worker = self.worker("--until-empty", mock=mock)
        self.assertEqual(worker.wait(30), DONE, worker.log.read_text())
        self.assertEqual({self.standing()[run]["status"] for run in runs}, {"complete"})

    def test_one_run_and_no_more_where_that_is_asked_for(self):
        mock = self.mock("--instant")
        runs = [self.submit(repository=self.changes) for _ in range(2)]
        worker = self.worker("--once", mock=mock)
        self.assertEqual(worker.wait(30), DONE, worker.log.read_text())
        self.assertEqual([self.standing()[run]["status"] for run in runs], ["complete", "queued"])

    # ---- what cannot be done ---------------------------------------------------------------------

    def test_a_run_that_kills_its_workers_is_quarantined_and_tried_again_when_asked(self):
        mock = self.mock("--answer-latency", "60000")
        run = self.submit(repository=self.changes)
        for death in range(2):
            worker = self.worker(*LEASE, "--max-deaths", "2", mock=mock)
            wait_until(lambda: self.drivers(run) == death + 1, what="it to be driven")
            worker.kill()
            worker.wait()
        last = self.worker(*LEASE, "--max-deaths", "2", mock=mock)
        wait_until(lambda: self.standing()[run]["status"] == "quarantined", what="the quarantine")
        self.assertEqual(self.standing()[run]["queue"]["deaths"], 2)
        shown = self.baton("runs").out
        self.assertIn("2 workers died of it", shown)
        self.assertIn(f"baton resume {run} --submit", shown)
        self.assertNotIn(run, last.log.read_text())
        self.kill(last)
        waited = self.baton("wait", run)
        self.assertEqual(waited.code, INTERRUPTED, waited.err)
        self.assertIn(f"run {run} is quarantined: 2 workers died of it", waited.err)
        self.assertEqual(self.standing()[run]["status"], "quarantined")
        done = self.baton("resume", run, "--submit", mock=mock)
        self.assertEqual((done.code, done.out), (DONE, run + "\n"), done.err)
        self.worker(*LEASE, mock=self.mock("--instant"))
        self.assertEqual(self.settled(run)[0]["status"], "complete")

    def test_a_worker_without_a_key_takes_nothing_from_those_that_have_one(self):
        run = self.submit(repository=self.changes)
        done = self.baton("worker", "--once", env=self.environment())
        self.assertEqual(done.code, USAGE)
        self.assertIn("ANTHROPIC_API_KEY", done.err)
        self.assertEqual(self.standing()[run]["status"], "queued")

    def test_what_a_worker_cannot_begin_with_is_parked_with_its_reason(self):
        prices = self.folder / "prices.toml"
        prices.write_text(OUR_PRICES)
        run = self.submit("--prices", str(prices), repository=self.changes)
        prices.unlink()
        worker = self.worker(mock=self.mock("--instant"))
        wait_until(lambda: self.standing()[run]["status"] == "paused", what="it to be parked")
        self.assertIn("prices.toml", self.standing()[run]["reason"])
        self.assertIn("prices.toml", self.baton("runs").out)
        time.sleep(1)
        self.assertEqual(len(re.findall(run, worker.log.read_text())), 1, "claimed again and again")
        self.kill(worker)
        prices.write_text(OUR_PRICES)
        self.assertEqual(self.baton("wait", run).code, INTERRUPTED)
        self.assertEqual(self.baton("resume", run, "--submit").code, DONE)
        self.worker(mock=self.mock("--instant"))
        self.assertEqual(self.settled(run)[0]["status"], "complete")

    def test_a_run_whose_money_is_not_enough_is_given_more_and_left_to_the_workers_again(self):
        mock = self.mock("--instant")
        run = self.submit("--budget", "0.02", repository=self.changes)
        self.worker(mock=mock)
        self.assertEqual(self.settled(run)[0]["status"], "budget_exhausted")
        self.assertEqual(self.baton("wait", run).code, BUDGET)
        self.assertEqual(self.baton("resume", run, "--submit", "--budget", "5").code, DONE)
        self.assertEqual(self.wait(run)["status"], "complete")
        self.assert_bill_is_booked(mock, run)

    def test_a_server_that_is_away_for_a_while_is_waited_for(self):
        mock = self.mock("--latency-ms", "100:200")
        worker = self.worker(*LEASE, mock=mock)
        self.server.stop()
        time.sleep(1)
        self.server.start()
        runs = [self.submit(repository=self.changes) for _ in range(3)]
        wait_until(lambda: len(mock.requests()) >= 3, what="calls in flight")
        self.server.restart()
        self.assertEqual({run["status"] for run in self.settled(*runs)}, {"complete"})
        self.assertIsNone(worker.poll(), worker.log.read_text())
        self.assert_bill_is_booked(mock, *runs)
        self.assertEqual({self.standing()[run].get("queue") for run in runs}, {None})

    # ---- money -----------------------------------------------------------------------------------

    def test_one_cap_of_a_day_for_all_workers(self):
        mock = self.mock("--latency-ms", "10:50")
        runs = [self.submit("--project", "p", "--budget-per-day", "0.40", repository=self.changes) for _ in range(6)]
        for _ in range(2):
            self.worker("--runs", "3", mock=mock)
        ended = self.settled(*runs)
        self.assertLessEqual(Decimal(mock.bill()["total_usd"]), Decimal("0.40"))
        self.assertIn("complete", {run["status"] for run in ended})
        self.assertNotEqual({run["status"] for run in ended}, {"complete"}, "the cap was of no use")
        self.assert_bill_is_booked(mock, *runs)

    def test_what_one_worker_is_refused_holds_back_the_others(self):
        mock = self.mock("--rate-429", "0.3", "--latency-ms", "10:50")
        runs = [self.submit(repository=self.changes) for _ in range(4)]
        for _ in range(2):
            self.worker("--runs", "2", mock=mock)
        self.assertEqual({run["status"] for run in self.settled(*runs, timeout=90)}, {"complete"})
        self.assert_bill_is_booked(mock, *runs)


class Agents(FleetTest, AgentTest):
    """Their repository and their worktrees are on one machine, and so are the workers that can drive them."""

    WRITES = [leads(task(1, "Write c")), *converses(CODING, "Write c", uses("write", path="c.txt", text="three\n"), finishes())]

    def setUp(self):
        super().setUp()
        self.plain = self.repository()
        self.plain.commit("Begin", {"a.txt": "one\n"})

    def asked(self, *arguments, code=DONE):
        done = self.baton("run", "Write three", "--repo", self.plain.folder, "--submit", *arguments)
        self.assertEqual(done.code, code, done.err)
        return done

    def test_a_request_waits_for_a_worker_of_its_own_machine(self):
        before, here = self.picture(self.plain), self.state
        run = self.asked().out.strip()
        mock = self.mock(script=self.WRITES)
        self.state = self.folder / "another machine"
        stranger = self.worker("--until-empty", mock=mock)
        self.assertEqual(stranger.wait(30), DONE, stranger.log.read_text())
        self.assertEqual(self.standing()[run]["status"], "queued")
        self.state = here
        self.worker(mock=mock)
        report = self.wait(run)
        self.assertEqual((report["status"], self.file_of(report, self.plain, "c.txt")), ("complete", "three\n"))
        self.assert_clean_end(report, self.plain, before, mock)

    def test_a_gate_parks_the_run_until_somebody_answers_on_a_terminal(self):
        run = self.asked("--approve", "plan").out.strip()
        mock = self.mock(script=self.WRITES)
        self.worker(mock=mock)
        wait_until(lambda: self.standing()[run]["status"] == "paused", what="the gate")
        self.assertEqual(self.standing()[run]["reason"], "the plan waits for approval")
        done = self.on_a_terminal("resume", run, "--format", "json", mock=mock,
                                  answers=[("Start these tasks? [y/N]", "y\n")])
        self.assertEqual(done.code, DONE, done.out)
        self.assertEqual(self.wait(run)["status"], "complete")
        self.assertNotIn("queue", self.standing()[run])

    def test_commands_that_are_to_be_approved_of_are_not_for_workers(self):
        done = self.asked("--approve", "shell", code=USAGE)
        self.assert_one_message(done, USAGE, "nobody to ask")
        self.assertEqual(self.runs(), [])

    def test_a_run_whose_repository_is_gone_is_parked_with_the_reason(self):
        run = self.asked().out.strip()
        self.plain.folder.rename(self.folder / "moved")
        shutil.rmtree(self.state / "worktrees")
        self.worker(mock=self.mock(script=self.WRITES))
        wait_until(lambda: self.standing()[run]["status"] == "paused", what="it to be parked")
        self.assertIn(str(self.plain.folder), self.standing()[run]["reason"])


if __name__ == "__main__":
    unittest.main()
