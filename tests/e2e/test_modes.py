"""Plan and workers, or one call alone: as asked for, or the cheaper of the two where both do."""

import unittest
from decimal import Decimal

from harness import USAGE, BatonTest, answers, finding, plan, planned, works

DIRECT = "You review a whole change by yourself"
BEFORE = {"src/disk.cc": "int write(int fd) {\n  return fd;\n}\n"}
AFTER = {"src/disk.cc": "#include <unistd.h>\n\nint write(int fd) {\n  char buffer[8];\n  buffer[fd] = 1;\n"
                        "  return fd;\n}\n"}


class Modes(BatonTest):
    def tiny_change(self):
        repository = self.repository()
        repository.commit("Begin", BEFORE)
        repository.commit("Buffer", AFTER)
        return repository

    def created(self, report):
        (created,) = self.journal(report["run_id"]).of("run_created")
        return created


class OneCall(Modes):
    def test_reviews_the_whole_change_and_its_ledger_is_the_bill(self):
        mock = self.mock(script=[answers(DIRECT, finding("src/disk.cc", 5, "Beyond the buffer.", "high"),
                                         finding("run.sh", 3, "Unquoted.", "low"),
                                         finding("run.sh", 4_000, "There is no such line."))])
        repository = self.small_change()
        report = self.review("--mode", "direct", repository=repository, mock=mock)
        self.assertEqual([(t["type"], t["tier"], t["status"]) for t in report["tasks"]],
                         [("direct_review", "deep", "done")])
        self.assertEqual([(f["file"], f["line"], f["severity"]) for f in report["findings"]],
                         [("src/disk.cc", 5, "high"), ("run.sh", 3, "low")])
        self.assertEqual(report["dropped_findings"], 1)
        self.assertFalse(report["synthesised"])
        self.assertEqual(mock.bill()["requests"], 1)
        self.assertEqual(report["cost"]["total_usd"], mock.bill()["total_usd"])
        self.assert_books_balance(report["run_id"], mock)
        self.assertEqual(self.created(report)["mode"], "direct")
        self.assertEqual(self.resume(report["run_id"], mock=mock)["findings"], report["findings"])
        self.assert_sound()

    def test_of_a_long_prompt_is_billed_by_the_step_it_reaches(self):
        # claude-haiku-5-5 is five times as dear for requests above 100,000 tokens of prompt.
        repository = self.repository()
        lines = [f"int value_{number} = {number} * factor + offset;\n" for number in range(9000)]
        for name, count, step in (("short.cc", 100, 1), ("long.cc", 9000, 5)):
            repository.commit(name, {name: "".join(lines[:count])})
            mock = self.mock()
            report = self.review("--mode", "direct", "--deep", "claude-haiku-5-5", repository=repository, mock=mock)
            (call,) = self.journal(report["run_id"]).of("call_ended")
            price = Decimal("0.0000001") * call["usage"]["input"] + Decimal("0.0000005") * call["usage"]["output"]
            self.assertEqual(self.assert_books_balance(report["run_id"], mock), step * price)

    def test_tries_as_hard_as_asked(self):
        mock, repository = self.mock(), self.small_change()
        for asked, effort in [([], "high"), (["--effort", "low"], "low")]:
            report = self.review("--mode", "direct", *asked, repository=repository, mock=mock)
            (attempt,) = self.journal(report["run_id"]).of("attempt_started")
            self.assertEqual(attempt["effort"], effort)

    def test_that_fails_is_a_failed_run(self):
        mock = self.mock(script=[{"match": {"contains": DIRECT}, "answer": {"stop_reason": "refusal"}}])
        report = self.review("--mode", "direct", repository=self.small_change(), mock=mock, code=None)
        self.assertEqual(report["status"], "failed")


class Auto(Modes):
    def test_takes_one_call_for_a_small_change_and_says_why(self):
        mock, repository = self.mock(), self.tiny_change()
        report = self.review("--mode", "auto", repository=repository, mock=mock)
        created = self.created(report)
        self.assertEqual(created["mode"], "direct")
        self.assertRegex(created["mode_reason"],
                         r"^direct: one call with medium effort at about \$0\.\d+ is cheaper than plan and workers "
                         r"at about \$0\.\d+$")
        self.assertEqual(mock.bill()["requests"], 1)
        self.assertEqual(report["cost"]["total_usd"], mock.bill()["total_usd"])
        (attempt,) = self.journal(report["run_id"]).of("attempt_started")
        self.assertEqual(attempt["effort"], "medium")

    def test_keeps_to_the_effort_the_user_named(self):
        report = self.review("--mode", "auto", "--effort", "high", repository=self.tiny_change(), mock=self.mock())
        (attempt,) = self.journal(report["run_id"]).of("attempt_started")
        self.assertEqual(attempt["effort"], "high")

    def test_splits_what_is_of_several_domains_or_large(self):
        mock = self.mock()
        several = self.created(self.review("--mode", "auto", repository=self.small_change(), mock=mock))
        self.assertEqual(several["mode"], "orchestrate")
        self.assertIn("3 kinds of file", several["mode_reason"])
        repository = self.tiny_change()
        repository.commit("Much", {"src/disk.cc": "int x;\n" * 200})
        large = self.created(self.review("--mode", "auto", repository=repository, mock=mock))
        self.assertEqual(large["mode"], "orchestrate")
        self.assertIn("changed lines are more than 150", large["mode_reason"])

    def test_is_never_asked_for_together_with_what_it_decides(self):
        done = self.baton("review", "--repo", self.tiny_change().folder, "--mode", "orchestrate", "--effort", "low",
                          mock=self.mock())
        self.assertEqual(done.code, USAGE)
        self.assertIn("--effort", done.err)


class PlanAndWorkers(Modes):
    def test_are_used_where_asked_for_and_try_as_hard_as_their_types_say(self):
        report = self.review("--mode", "orchestrate", repository=self.tiny_change(), mock=self.mock())
        self.assertEqual(self.created(report)["mode"], "orchestrate")
        first = self.journal(report["run_id"]).of("attempt_started")[0]
        self.assertEqual(first["effort"], "medium")

    def test_without_a_key_are_checkers(self):
        report = self.review("--local", repository=self.tiny_change(), code=None)
        self.assertEqual(self.created(report)["mode"], "local")


class SharedFiles(Modes):
    def test_are_written_to_the_cache_once_and_read_by_the_tasks_that_look_at_them(self):
        repository = self.tiny_change()
        repository.commit("Much", {"src/disk.cc": "".join(f"int number_{n} = {n};\n" for n in range(2_000))})
        tasks = [planned(n, "architectural_analysis", "src/disk.cc") for n in range(1, 9)]
        mock = self.mock(script=[plan(*tasks), works(latency_ms=100)])
        report = self.review(repository=repository, mock=mock)
        counted = report["cost"]["by_model"]["claude-opus-4-7"]["tokens"]
        workers = [r["usage"] for r in mock.requests()[1:]]
        self.assertEqual(len(workers), 8)
        writers = [w for w in workers if w["cache_creation_5m_input_tokens"] > 0]
        readers = [w for w in workers if w["cache_read_input_tokens"] > 0]
        # The first may have been sent before the plan named another.
        self.assertEqual(len(writers), 1)
        self.assertGreaterEqual(len(readers), 6)
        self.assertGreater(counted["cache_read"], 5 * counted["cache_write_5m"])
        self.assert_books_balance(report["run_id"], mock)


if __name__ == "__main__":
    unittest.main()
