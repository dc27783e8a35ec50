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
from harness import EventsOf, wait_until

RUNS = int(os.environ.get("BATON_CHAOS_RUNS", "200"))
WORKERS = int(os.environ.get("BATON_CHAOS_WORKERS", "8"))
SEED = int(os.environ.get("BATON_CHAOS_SEED", "1"))
PATIENCE = float(os.environ.get("BATON_CHAOS_PATIENCE", "280"))
RUNS_AT_ONCE = 4
# More deaths than any run will see: what is tested is that each goes on, not that some are given up.
OPTIONS = ["--runs", RUNS_AT_ONCE, "--lease-seconds", "3", "--max-deaths", "100"]
RESTARTS = [3, 9]  # of the database, in seconds from the beginning
PROJECT = "chaos"


class Chaos(FleetTest):
    def setUp(self):
        super().setUp()
        self.chance = random.Random(SEED)
        self.changes = self.small_change()
        self.provider = self.mock("--latency-ms", "1000:3000", "--fail-rate", "0.03")
        self.workers, self.all_workers, self.frozen = [], [], []
        self.trouble = collections.Counter()

    # ---- trouble -----------------------------------------------------------------------------------

    def submit_all(self, count, cap, day_cap):
        """One process after the other would take longer than the runs."""
        def begin(number):
            return self.start("review", "--submit", "--repo", self.changes.folder, "--mode", "direct", "--project", PROJECT,
                              "--budget", str(cap), "--budget-per-day", str(day_cap), "--key", f"run-{number}")
        runs = []
        for first in range(0, count, 8):
            for process in [begin(number) for number in range(first, min(first + 8, count))]:
                done = self.finish(process)
                self.assertEqual(done.code, 0, done.err)
                runs.append(done.out.strip())
        self.assertEqual(len(set(runs)), count)
        return runs

    def begin_worker(self):
        worker = self.worker(*OPTIONS, mock=self.provider)
        self.all_workers.append(worker)
        return worker

    def left(self):
        return int(self.sql("SELECT count(*) FROM baton.queue WHERE state <> 'done'"))

    def thaw(self, all_of_them=False):
        for at, sleeper in list(self.frozen):
            if all_of_them or time.monotonic() >= at:
                self.frozen.remove((at, sleeper))
                if sleeper.poll() is None:
                    sleeper.send_signal(signal.SIGCONT)

    def disturb(self):
        index = self.chance.randrange(len(self.workers))
        what = self.chance.choice(["kill", "kill", "kill", "freeze", "freeze"])
        self.trouble[what] += 1
        worker = self.workers[index]
        if what == "kill":
            worker.kill()
            worker.wait()
            self.workers[index] = self.begin_worker()
        else:
            worker.send_signal(signal.SIGSTOP)
            self.frozen.append((time.monotonic() + self.chance.choice([0.5, 1.5, 5]), worker))
        self.thaw()

    def restart_server(self):
        self.trouble["restart"] += 1
        self.chance.choice([self.server.stop, self.server.crash])()
        self.server.start()

    def live_through_chaos(self, runs):
        """Until all have ended: how long that took."""
        self.workers = [self.begin_worker() for _ in range(WORKERS)]
        begun = time.monotonic()
        restarts = list(RESTARTS)
        while self.left() > len(runs) // 20 and time.monotonic() < begun + PATIENCE / 2:
            self.disturb()
            if restarts and time.monotonic() - begun > restarts[0]:
                restarts.pop(0)
                self.restart_server()
            time.sleep(max(0.0, 1 - (time.monotonic() - begun) % 1))
        self.thaw(all_of_them=True)
        # Trouble is over: every run ends.
        wait_until(lambda: self.left() == 0, timeout=PATIENCE / 2, what="every run to end")
        took = time.monotonic() - begun
        for worker in self.workers:
            self.drain(worker)
        return took

    # ---- what must be true after it ------------------------------------------------------------------

    def journals(self):
        rows = collections.defaultdict(list)
        for line in self.sql("SELECT run, type, body FROM baton.events ORDER BY run, seq").splitlines():
            run, kind, body = line.split("|", 2)
            rows[run].append((kind, body))
        return {run: EventsOf(run, of) for run, of in rows.items()}

    def judge_run(self, journal, cap):
        """No cap passed at any moment; no call made beside another, ended twice, or made again after its answer came."""
        run, open_calls, charged, accepted = journal.run, {}, Decimal(0), 0
        for kind, body in journal.events:
            if kind == "call_reserved":
                self.assertEqual((accepted, open_calls), (0, {}), f"{run}: call {body['call']}")
                open_calls[body["call"]] = Decimal(body["hold"])
            elif kind == "call_ended":
                self.assertIn(body["call"], open_calls, f"{run}: ended twice, or never begun")
                self.assertLessEqual(Decimal(body["charge"]), open_calls.pop(body["call"]), run)
                charged += Decimal(body["charge"])
                accepted += body["bill"] == "settled" and body["verdict"] == "accepted"
            self.assertLessEqual(charged + sum(open_calls.values()), cap, f"{run}: its cap")
        self.assertEqual(open_calls, {}, f"{run}: calls without an end")
        return charged

    def judge_day(self, journals, day_cap):
        """All runs together, in the order of their clocks (those of one machine)."""
        moments = []
        for run, journal in journals.items():
            at = 0
            for number, (kind, body) in enumerate(journal.events):
                at = max(at, body["at"])
                if kind in ("call_reserved", "call_ended"):
                    moments.append((at, run, number, kind, body))
        promised, holds = Decimal(0), {}
        for _, run, _, kind, body in sorted(moments, key=lambda m: m[:3]):
            call = run, body["call"]
            if kind == "call_reserved":
                holds[call] = Decimal(body["hold"])
                promised += holds[call]
            else:
                promised += Decimal(body["charge"]) - holds.pop(call)
            self.assertLessEqual(promised, day_cap, "the day's cap")

    def judge(self, runs, cap, day_cap):
        self.provider.settle()
        journals = self.journals()
        self.assertEqual(set(journals), set(runs))
        spent = {run: self.judge_run(journal, cap) for run, journal in journals.items()}
        self.judge_day(journals, day_cap)
        total = sum(spent.values())
        self.assertLessEqual(total, day_cap)

        # The journal's attempts are the requests that the provider saw; only of a call whose end nobody heard may it
        # have seen nothing.
        calls = [call for journal in journals.values() for call in journal.calls()]
        billed = {r["request_id"]: Decimal(r["charge_usd"]) for r in self.provider.requests()}
        heard = [call for call in calls if call.bill != "unknown"]
        unknown = [call for call in calls if call.bill == "unknown"]
        self.assertEqual([call.end for call in heard if not call.request_id], [], "not sent, though the provider was there")
        self.assertEqual(len({call.request_id for call in heard}), len(heard), "settled twice")
        self.assertEqual({call.request_id: call.charge for call in heard},
                         {call.request_id: billed[call.request_id] for call in heard})
        unheard = set(billed) - {call.request_id for call in heard}
        self.assertLessEqual(len(unheard), len(unknown), "requests that no journal knows of")
        self.assertLessEqual(sum(billed[request] for request in unheard), sum(call.charge for call in unknown))

        # Ledger, list of runs and the day's total say the same.
        ledger = self.sql("SELECT run, call, state, charge FROM baton.ledger").splitlines()
        states = {"settled": "settled", "not_billed": "released", "unknown": "written_off"}
        self.assertEqual(sorted(ledger), sorted(
            f"{run}|{call.number}|{states[call.bill]}|{int(call.charge * 10**12)}"
            for run, journal in journals.items() for call in journal.calls()))
        self.assertEqual({run: Decimal(line["spent_usd"]) for run, line in self.standing().items()}, spent)
        self.assertEqual(self.sql("SELECT sum(promised) FROM baton.day_totals").strip(), str(int(total * 10**12)))

        # Whose worker did not die or freeze was not called dead; restarts of the database are nobody's death.
        deaths = int(self.sql("SELECT sum(deaths) FROM baton.queue"))
        self.assertLessEqual(deaths, RUNS_AT_ONCE * (self.trouble["kill"] + self.trouble["freeze"]))
        self.assertEqual(self.sql("SELECT what FROM baton.store_log"), "")
        for worker in self.all_workers:
            self.assertIsNone(re.search(r"internal error|Assertion|check failed", worker.log.read_text()))
        self.assert_sound()
        return f"{len(unknown)} calls lost, {deaths} deaths, ${total} booked, ${self.provider.bill()['total_usd']} billed"

    # ---- for whoever looks for a failure's cause -----------------------------------------------------

    def picture(self):
        questions = {
            "queue": "SELECT run, state, deaths, worker FROM baton.queue WHERE state <> 'done' ORDER BY queued",
            "leases": "SELECT l.run, l.session, s.worker, s.until - clock_timestamp() FROM baton.leases l "
                      "LEFT JOIN baton.sessions s USING (session) WHERE NOT l.released",
            "store": "SELECT * FROM baton.store", "store_log": "SELECT * FROM baton.store_log",
            "activity": "SELECT application_name, state, wait_event, left(query, 100) FROM pg_stat_activity "
                        "WHERE application_name LIKE 'baton%' AND state <> 'idle'",
        }
        parts = [f"seed {SEED}, {dict(self.trouble)}", self.baton("fleet").out]
        parts += [f"-- {name}\n{self.sql(question)}" for name, question in questions.items()]
        parts += [f"-- worker {w.pid} ({w.poll()})\n{w.log.read_text()[-3000:]}" for w in self.all_workers]
        parts.append(f"-- server\n{(self.server.folder / 'log').read_text()[-3000:]}")
        return "\n".join(parts)

    def play(self, count, cap, day_cap, may_end):
        begun = time.monotonic()
        runs = self.submit_all(count, cap, day_cap)
        try:
            took = self.live_through_chaos(runs)
            ends = collections.Counter(line["status"] for line in self.standing().values())
            self.assertLessEqual(set(ends), may_end)
            summary = self.judge(runs, cap, day_cap)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.picture()}") from None
        print(f"seed {SEED}: {count} runs {dict(ends)}, {WORKERS} workers, {took:.1f} s of {time.monotonic() - begun:.1f}, "
              f"{dict(self.trouble)}, {summary}")
        return ends

    def test_every_run_is_complete_and_every_call_paid_once(self):
        # What nobody heard the end of is booked at its worst case: here there is enough for all of it.
        self.play(RUNS, Decimal("25"), Decimal("2000"), {"complete"})

    def test_the_caps_hold_where_money_runs_out(self):
        ends = self.play(RUNS // 5, Decimal("1"), Decimal("8"), {"complete", "budget_exhausted"})
        self.assertGreater(ends["budget_exhausted"], 0)


if __name__ == "__main__":
    unittest.main()
