"""Caps hold while 64 workers run at once: of a call, an attempt, a task, a task type, a run and a day."""

import collections
import http.client
import http.server
import json
import re
import threading
import unittest
from decimal import Decimal

from harness import (BUDGET, DONE, PROVIDER, WORKING, BatonTest, plan, planned, works)

FAST = "error_message_quality"  # no checker does it
DEEP = "security_vulnerability_assessment"


def tasks_of(report, status):
    return [t for t in report["tasks"] if t["role"] == "worker" and t["status"] == status]


def most_at_once(requests):
    return max(sum(r["started_ms"] <= at["started_ms"] < r["ended_ms"] for r in requests) for at in requests)


class Capped(BatonTest):
    def many(self, count, kind=FAST):
        return [planned(n, kind, "run.sh") for n in range(count)]

    def holds_of(self, run):
        """What each task's calls were promised, and what its calls were charged, in their order."""
        per_task = collections.defaultdict(list)
        for call in self.journal(run).calls():
            per_task[call.task].append(call)
        return per_task


class ARunsBudget(Capped):
    def test_is_spent_to_the_last_twentieth_by_64_workers_and_never_passed(self):
        repository = self.small_change()
        # Without limits told, calls begin a few at a time: by the time 64 may be under way, 84 are paid for.
        # A plan with a given size is not cut, however long.
        mock = self.mock(script=[plan(*self.many(200, DEEP), output_tokens=15_000),
                                 works(output_tokens=5600, latency_ms=200)])
        report = self.review("--budget", "25", "--parallel", "64", "--max-tasks", "200",
                             repository=repository, mock=mock, code=BUDGET)
        spent = self.assert_books_balance(report["run_id"], mock)
        self.assertLessEqual(spent, Decimal("25"))
        self.assertGreaterEqual(spent, Decimal("0.95") * Decimal("25"))
        self.assertGreaterEqual(most_at_once(mock.requests()[1:]), 60)
        # What was left undone is listed, each with its reason.
        done, missing = tasks_of(report, "done"), tasks_of(report, "skipped")
        self.assertEqual(len(done) + len(missing), 200)
        self.assertEqual([t["id"] for t in report["missing"] if t["role"] == "worker"], [t["id"] for t in missing])
        for task in missing:
            self.assertRegex(task["note"], r"^one call can cost up to \$0\.\d+, and \$0\.\d+ of the budget are left$")

        # More money does the rest, and nothing that is done is done again.
        before = [r["body_sha256"] for r in mock.requests() if r["status"] == 200]
        rest = self.resume(report["run_id"], "--budget", "40", mock=mock)
        self.assertEqual(rest["status"], "complete")
        self.assertEqual(len(tasks_of(rest, "done")), 200)
        after = [r["body_sha256"] for r in mock.requests()[len(before):]]
        self.assertEqual(set(before) & set(after), set())
        self.assertEqual(len(after), len(missing) + (1 if rest["synthesised"] else 0))
        self.assert_books_balance(report["run_id"], mock)
        self.assert_sound()

    def test_can_be_raised_by_less_than_the_rest_needs_and_again(self):
        mock = self.mock(script=[plan(*self.many(40)), works(output_tokens=2800)])
        run = self.review("--budget", "0.40", "--parallel", "64", repository=self.small_change(), mock=mock,
                          code=BUDGET)["run_id"]
        for budget, code in (("0.55", BUDGET), ("3", DONE)):
            self.resume(run, "--budget", budget, mock=mock, code=code)
            spent = self.assert_books_balance(run, mock)
            self.assertLessEqual(spent, Decimal(budget))
        self.assertEqual(len(mock.requests()), len({r["body_sha256"] for r in mock.requests()}))
        self.assert_sound()


class ACap(Capped):
    def test_of_a_call_lowers_what_it_may_write(self):
        mock = self.mock(script=[plan(*self.many(4, DEEP)), works()])
        report = self.review("--budget-per-call", "0.17", repository=self.small_change(), mock=mock, code=None)
        holds = [call.hold for call in self.journal(report["run_id"]).calls()]
        self.assertEqual(len(holds), len(mock.requests()))
        self.assertLessEqual(max(holds), Decimal("0.17"))
        self.assertGreater(max(holds), Decimal("0.169"))
        self.assertEqual(len(tasks_of(report, "done")), 4)
        self.assert_books_balance(report["run_id"], mock)

    def test_of_an_attempt_holds_over_its_turns(self):
        # Each answer has to be mended, and cannot be: the attempt's second turn gets what the first left.
        mock = self.mock(script=[plan(*self.many(2, DEEP)),
                                 {"match": {"contains": WORKING}, "answer": {"text": "no", "output_tokens": 3000}}])
        report = self.review("--budget-per-attempt", "0.30", "--budget", "9", repository=self.small_change(),
                             mock=mock, code=None)
        attempts, of_task, now = collections.Counter(), {}, collections.Counter()
        promised = []
        for kind, body in self.journal(report["run_id"]).events:
            if kind == "attempt_started":
                now[body["task"]] += 1
            elif kind == "call_reserved":
                of_task[body["call"]] = (body["task"], now[body["task"]])
                promised.append(attempts[of_task[body["call"]]] + Decimal(body["hold"]))
            elif kind == "call_ended":
                attempts[of_task[body["call"]]] += Decimal(body["charge"])
        self.assertLessEqual(max(promised), Decimal("0.30"))
        self.assertGreater(max(promised), Decimal("0.299"))
        self.assert_books_balance(report["run_id"], mock)

    def test_of_a_task_holds_over_its_attempts(self):
        mock = self.mock(script=[plan(*self.many(3, DEEP)),
                                 {"match": {"contains": WORKING}, "answer": {"text": "no", "output_tokens": 5000}}])
        report = self.review("--budget-per-task", "0.40", "--budget", "9", repository=self.small_change(),
                             mock=mock, code=BUDGET)
        for task, calls in self.holds_of(report["run_id"]).items():
            charged = Decimal(0)
            for call in calls:
                self.assertLessEqual(charged + call.hold, Decimal("0.40"), task)
                charged += call.charge
        notes = [t["note"] for t in tasks_of(report, "skipped")]
        self.assertEqual(len(notes), 3)
        for note in notes:
            self.assertRegex(note, r"of the cap of a task are left$")
        self.assert_books_balance(report["run_id"], mock)

    def test_of_a_task_type_holds_over_the_run_and_leaves_the_others_alone(self):
        tasks = self.many(24) + [planned(90 + n, "log_statement_review", "run.sh") for n in range(6)]
        mock = self.mock(script=[plan(*tasks), works(output_tokens=2000, latency_ms=40)])
        report = self.review("--budget-per-worker", f"{FAST}=0.10", "--parallel", "64",
                             repository=self.small_change(), mock=mock, code=BUDGET)
        charged = collections.Counter()
        types = {t["id"]: t["type"] for t in report["tasks"]}
        for task, calls in self.holds_of(report["run_id"]).items():
            charged[types[f"t{task}"]] += sum(call.charge for call in calls)
        self.assertLessEqual(charged[FAST], Decimal("0.10"))
        self.assertGreaterEqual(charged[FAST], Decimal("0.08"))
        self.assertEqual({t["type"] for t in tasks_of(report, "skipped")}, {FAST})
        for task in tasks_of(report, "skipped"):
            self.assertRegex(task["note"], r"of the cap of its task type are left$")
        self.assertEqual(len([t for t in tasks_of(report, "done") if t["type"] != FAST]), 6)
        self.assert_books_balance(report["run_id"], mock)


class ADaysCap(Capped):
    """One state folder, one project: whatever runs on that day shares it."""

    def day(self, *more):
        return ["--budget-per-day", "0.60", "--parallel", "64", "--repo", self.changes.folder, "--format", "json",
                *more]

    def setUp(self):
        super().setUp()
        self.changes = self.small_change()

    def test_is_shared_by_two_processes_at_once(self):
        mock = self.mock(script=[plan(*self.many(40)), works(output_tokens=2000, latency_ms=100)])
        both = [self.start("review", *self.day(), mock=mock) for _ in range(2)]
        ended = [self.finish(process) for process in both]
        reports = [json.loads(done.out) for done in ended]
        spent = sum(Decimal(report["cost"]["total_usd"]) for report in reports)
        self.assertEqual(spent, Decimal(mock.bill()["total_usd"]))
        self.assertLessEqual(spent, Decimal("0.60"))
        self.assertGreaterEqual(spent, Decimal("0.80") * Decimal("0.60"))
        notes = [t["note"] for report in reports for t in report["missing"]]
        self.assertTrue(notes)
        for note in notes:
            self.assertRegex(note, r"of the day's cap are left$")
        # And by whatever comes after them.
        third = self.baton("review", *self.day(), mock=mock)
        self.assertEqual(third.code, BUDGET, third.err)
        self.assertLessEqual(Decimal(mock.bill()["total_usd"]), Decimal("0.60"))
        self.assert_sound()

    def test_is_shared_by_runs_one_after_the_other(self):
        mock = self.mock(script=[plan(*self.many(12)), works(output_tokens=2000)])
        codes, spent = [], []
        for _ in range(5):
            done = self.baton("review", *self.day(), mock=mock)
            codes.append(done.code)
            spent.append(Decimal(json.loads(done.out)["cost"]["total_usd"]))
            self.assertEqual(sum(spent), Decimal(mock.bill()["total_usd"]))
            self.assertLessEqual(sum(spent), Decimal("0.60"))
        self.assertEqual((codes[0], codes[-1]), (DONE, BUDGET))
        # What a run did not use went back: the first ones were not kept from being done.
        self.assertGreaterEqual(sum(spent), Decimal("0.60") - Decimal("0.17"))


class ALimit(Capped):
    def test_of_turns_leaves_no_answer_to_be_mended(self):
        script = [plan(*self.many(3)), {"match": {"contains": WORKING, "model": "claude-haiku-4-5"},
                                        "answer": {"text": "no"}}, works()]
        mock = self.mock(script=script)
        report = self.review("--max-turns", "1", repository=self.small_change(), mock=mock)
        self.assertEqual(self.journal(report["run_id"]).of("turn_started"), [])
        self.assertEqual(len(tasks_of(report, "done")), 3)
        for task in tasks_of(report, "done"):
            self.assertRegex(task["note"], r"^fast → balanced: not done after 1 turns \(--max-turns\)$")
        self.assert_books_balance(report["run_id"], mock)

    def test_of_tokens_is_not_passed(self):
        mock = self.mock(script=[plan(*self.many(40)), works(output_tokens=2000, latency_ms=20)])
        report = self.review("--max-tokens", "60000", "--parallel", "64", repository=self.small_change(), mock=mock,
                             code=None)
        used = sum(sum(v for k, v in model.items() if k.endswith("tokens"))
                   for model in mock.bill()["by_model"].values())
        self.assertLessEqual(used, 60_000)
        self.assertGreaterEqual(used, 50_000)
        skipped = tasks_of(report, "skipped")
        self.assertTrue(skipped)
        for task in skipped:
            self.assertRegex(task["note"], r"the 60000 the run may \(--max-tokens\)")
        self.assertEqual(report["status"], "partial")
        self.assert_books_balance(report["run_id"], mock)


class Swindler:
    """Stands before the stand-in, and says of the first worker's answer that it was longer than asked for."""

    def __init__(self, test, mock, output_tokens):
        host, port = mock.url.removeprefix("http://").split(":")
        left = [1]

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                server = http.client.HTTPConnection(host, int(port))
                server.request("POST", self.path, body, {k: v for k, v in self.headers.items() if k.lower() != "host"})
                answer = server.getresponse()
                text = answer.read()
                if WORKING.encode() in body and left:
                    left.pop()
                    text = re.sub(rb'(event: message_delta.*?"output_tokens": ?)\d+', rb"\g<1>%d" % output_tokens, text,
                                  flags=re.S)
                self.send_response(answer.status)
                for key, value in answer.getheaders():
                    if key.lower() not in ("content-length", "transfer-encoding", "connection"):
                        self.send_header(key, value)
                self.send_header("content-length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)
                server.close()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        test.addCleanup(self.server.server_close)
        test.addCleanup(self.server.shutdown)


class TheProvider(Capped):
    def test_that_bills_more_than_was_set_aside_freezes_the_run(self):
        mock = self.mock(script=[plan(*self.many(12)), works(latency_ms=20)])
        swindler = Swindler(self, mock, 200_000)  # at $5 a million: $1
        done = self.baton("review", "--repo", self.small_change().folder, "--parallel", "2", "--format", "json",
                          mock=swindler)
        self.assertEqual(done.code, PROVIDER, done.err)
        self.assertRegex(done.err, r"paused: c\d+ of claude-haiku-4-5 was billed \$1\.\d+, and \$0\.\d+ had been set "
                                   r"aside.*`baton resume")
        report = json.loads(done.out)
        self.assertEqual(report["status"], "paused")
        self.assertGreater(Decimal(report["cost"]["total_usd"]), Decimal("1"))  # it is a bill, and so it counts
        self.assertLessEqual(len(mock.requests()), 4)  # the plan, it, and what was in flight or decided with it
        # Who has looked into it may go on.
        rest = self.resume(report["run_id"], mock=mock)
        self.assertEqual(rest["status"], "complete")
        self.assert_sound()

    def test_that_refuses_to_spend_more_pauses_the_run(self):
        spent = {"status": 402, "error": {"type": "billing_error", "message": "Your credit balance is too low."}}
        for name, options, script in (("429", ["--spend-limit", "0.06"], []),
                                      ("402", [], [{"match": {"request": n}, "answer": spent} for n in range(6, 40)])):
            with self.subTest(name):
                plain = [plan(*self.many(24)), works(latency_ms=30)]
                mock = self.mock(*options, script=script + plain)
                repository = self.small_change(name)
                done = self.baton("review", "--repo", repository.folder, "--parallel", "4", "--format", "json",
                                  mock=mock)
                self.assertEqual(done.code, PROVIDER, done.err)
                self.assertRegex(done.err, r"paused: .*raise the limit at the provider.*`baton resume")
                report = json.loads(done.out)
                refused = [r for r in mock.requests() if r["status"] in (402, 429)]
                self.assertTrue(1 <= len(refused) <= 4, refused)  # those that were under way with the first
                first = min(r["ended_ms"] for r in refused)
                self.assertEqual([r for r in mock.requests() if r["started_ms"] > first + 20], [])
                self.assert_books_balance(report["run_id"], mock)
                healed = self.mock("--seed", "2", script=plain)
                rest = self.resume(report["run_id"], mock=healed)
                self.assertEqual(rest["status"], "complete")
                self.assert_books_balance(report["run_id"], mock, healed)
                asked = [r["body_sha256"] for m in (mock, healed) for r in m.requests() if r["status"] == 200]
                self.assertEqual(len(asked), len(set(asked)))


if __name__ == "__main__":
    unittest.main()
