"""Eight workers and 200 runs, while workers are killed, frozen and started again, and the database restarts: every
run ends, nothing is settled twice, no cap is passed, and the ledgers hold what the provider billed.

BATON_CHAOS_RUNS, BATON_CHAOS_WORKERS and BATON_CHAOS_SEED make it larger, or another one.
"""

import collections
import os
import random
import re
import signal
import time
import unittest
from decimal import Decimal

from fleet import FleetTest
from harness import wait_until

RUNS = int(os.environ.get("BATON_CHAOS_RUNS", "200"))
WORKERS = int(os.environ.get("BATON_CHAOS_WORKERS", "8"))
SEED = int(os.environ.get("BATON_CHAOS_SEED", "1"))
# More deaths than any run will see: what is tested is that each goes on, not that some are given up.
OPTIONS = ["--runs", "4", "--lease-seconds", "3", "--max-deaths", "100"]
CAP = Decimal("1.00")
DAY_CAP = Decimal("60")
PATIENCE = float(os.environ.get("BATON_CHAOS_PATIENCE", "280"))


class Chaos(FleetTest):
    def submit_all(self):
        """One process after the other would take longer than the runs."""
        def begin(number):
            return self.start("review", "--submit", "--repo", self.changes.folder, "--mode", "direct", "--project", "chaos",
                              "--budget", str(CAP), "--budget-per-day", str(DAY_CAP), "--key", f"run-{number}")
        runs = []
        for first in range(0, RUNS, 8):
            for process in [begin(number) for number in range(first, min(first + 8, RUNS))]:
                done = self.finish(process)
                self.assertEqual(done.code, 0, done.err)
                runs.append(done.out.strip())
        return runs

    def left(self):
        return int(self.sql("SELECT count(*) FROM baton.queue WHERE state <> 'done'"))

    def disturb(self, chance, mock):
        """One second of trouble for somebody."""
        index = chance.randrange(len(self.workers))
        what = chance.choice(["kill", "kill", "kill", "freeze", "freeze"])
        worker = self.workers[index]
        if what == "kill":
            worker.kill()
            worker.wait()
            self.workers[index] = self.worker(*OPTIONS, mock=mock)
        else:
            worker.send_signal(signal.SIGSTOP)
            self.frozen.append((time.monotonic() + chance.choice([0.5, 1.5, 5]), worker))
        for at, sleeper in list(self.frozen):
            if time.monotonic() >= at:
                self.frozen.remove((at, sleeper))
                if sleeper.poll() is None:
                    sleeper.send_signal(signal.SIGCONT)
        return what

    def test_every_run_ends_and_every_call_is_paid_once(self):
        chance = random.Random(SEED)
        self.changes = self.small_change()
        mock = self.mock("--latency-ms", "1000:3000", "--fail-rate", "0.03")
        runs = self.submit_all()
        self.assertEqual(len(set(runs)), RUNS)
        self.frozen, trouble = [], collections.Counter()
        self.workers = [self.worker(*OPTIONS, mock=mock) for _ in range(WORKERS)]
        begun = time.monotonic()
        restarts = [3, 9]
        while self.left() > RUNS // 20 and time.monotonic() < begun + PATIENCE / 2:
            trouble[self.disturb(chance, mock)] += 1
            if restarts and time.monotonic() - begun > restarts[0]:
                restarts.pop(0)
                chance.choice([self.server.stop, self.server.crash])()
                self.server.start()
                trouble["restart"] += 1
            time.sleep(max(0.0, 1 - (time.monotonic() - begun) % 1))
        for _, sleeper in self.frozen:
            if sleeper.poll() is None:
                sleeper.send_signal(signal.SIGCONT)
        # Trouble is over: every run ends.
        try:
            wait_until(lambda: self.left() == 0, timeout=PATIENCE / 2, what="every run to end")
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.picture_of_what_is_left()}") from None
        took = time.monotonic() - begun
        for worker in self.workers:
            self.drain(worker)
        self.judge(mock, runs)
        print(f"seed {SEED}: {RUNS} runs, {WORKERS} workers, {took:.1f} s, {dict(trouble)}, {self.summary}")

    def picture_of_what_is_left(self):
        queue = self.sql("SELECT run, state, deaths, worker FROM baton.queue WHERE state <> 'done' ORDER BY queued")
        leases = self.sql("SELECT l.run, l.released, l.session, s.worker, s.until - clock_timestamp() FROM baton.leases l "
                          "LEFT JOIN baton.sessions s USING (session) WHERE NOT l.released")
        logs = "\n".join(f"{w.pid} ({w.poll()}): {w.log.read_text()[-1500:]}" for w in self.workers)
        return f"{self.fleet_text()}\n{queue}\n{leases}\n{logs}"

    def fleet_text(self):
        return self.baton("fleet").out

    def judge(self, mock, runs):
        mock.settle()
        standing = self.standing()
        self.assertEqual(set(standing), set(runs))
        # Calls whose end nobody heard are booked at their worst case: a run may have no money left.
        ended = {"complete", "partial", "failed", "budget_exhausted"}
        self.assertLessEqual({standing[run]["status"] for run in runs}, ended)
        billed = {r["request_id"]: Decimal(r["charge_usd"]) for r in mock.requests()}
        total, unknown, lost, seen = Decimal(0), Decimal(0), 0, set()
        for run in runs:
            calls = self.journal(run).calls()
            self.assertEqual([c.number for c in calls if c.end is None], [], f"{run}: calls without an end")
            self.assertEqual(len(self.journal(run).of("run_ended")) >= 1, True, run)
            spent = sum((c.charge for c in calls), Decimal(0))
            self.assertLessEqual(spent, CAP, run)
            self.assertEqual(spent, Decimal(standing[run]["spent_usd"]), run)
            total += spent
            for call in calls:
                if call.bill == "unknown":
                    unknown += call.charge
                    lost += 1
                elif call.request_id:
                    self.assertNotIn(call.request_id, seen, f"{run}: settled twice")
                    seen.add(call.request_id)
                    self.assertEqual(call.charge, billed[call.request_id], f"{run}: call {call.number}")
            self.assertEqual(len([c for c in calls if c.bill == "settled" and c.end["verdict"] == "accepted"]) <= 1, True, run)
        bill = Decimal(mock.bill()["total_usd"])
        self.assertLessEqual(total, DAY_CAP)
        self.assertLessEqual(total - unknown, bill)
        self.assertLessEqual(bill, total)
        ledger = self.sql("SELECT sum(charge), count(*) FILTER (WHERE state = 'reserved') FROM baton.ledger").split("|")
        self.assertEqual((int(ledger[0]), int(ledger[1])), (int(total * 10**12), 0))
        for worker in self.workers:
            self.assertIsNone(re.search(r"internal error|Assertion|check failed", worker.log.read_text()))
        self.assert_sound()
        self.summary = f"{lost} calls lost, ${total} booked, ${bill} billed"


if __name__ == "__main__":
    unittest.main()
