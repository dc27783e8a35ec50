"""Siblings on the same files write them to the provider's cache once and read them after that."""

import collections
import unittest

from harness import WORKING, BatonTest, plan, planned, works

def written(usage):
    return usage["cache_creation_5m_input_tokens"] + usage["cache_creation_1h_input_tokens"]


FAST = "error_message_quality"  # no checker does it
DEEP = "security_vulnerability_assessment"
HAIKU, OPUS = "claude-haiku-4-5", "claude-opus-4-7"


class Siblings(BatonTest):
    """A file of about 50,000 tokens, and tasks that look at all of it."""

    def setUp(self):
        super().setUp()
        self.changes = self.repository()
        self.changes.commit("Begin", {"main.go": "package main\n"})
        lines = (f"var name{n:05} = compute(\"something to look at\", {n}) // as it was before\n" for n in range(2700))
        self.changes.commit("Grow", {"main.go": "package main\n\n" + "".join(lines)})

    def tasks(self, *counts):
        return [planned(100 * k + n, kind, "main.go") for k, (kind, count) in enumerate(counts) for n in range(count)]

    def workers(self, mock):
        return [r for r in mock.requests()[1:] if r["status"] == 200]

    def test_write_once_for_each_model_and_read_after_that(self):
        mock = self.mock(script=[plan(*self.tasks((FAST, 16), (DEEP, 16))), works(latency_ms=200)])
        report = self.review("--budget", "20", "--parallel", "64", repository=self.changes, mock=mock)
        self.assertEqual(report["status"], "complete")
        of_model = collections.defaultdict(list)
        for request in self.workers(mock):
            of_model[request["model"]].append(request["usage"])
        shown = self.baton("show", report["run_id"]).out
        for model in (HAIKU, OPUS):
            usages = of_model[model][:16]
            self.assertEqual(len(usages), 16)
            writes = [u for u in usages if written(u)]
            reads = [u for u in usages if u["cache_read_input_tokens"]]
            self.assertEqual(len(writes), 1, model)
            self.assertGreater(written(writes[0]), 45_000)
            # The first may be asked before a second is known: it shares nothing yet.
            self.assertGreaterEqual(len(reads), 14, model)
            self.assertRegex(shown, rf"{model} [0-9a-f]{{8}}: {len(reads)} hits, [0-9,]+ tokens; [0-9,]+ tokens "
                                    r"written; \$\d+\.\d+, \$\d+\.\d+ without a cache\n"
                                    r"    c\d+ wrote it, the first to need it; \$\d")
        self.assertEqual(shown.count("wrote it"), 2)
        self.assert_books_balance(report["run_id"], mock)

    def test_wait_for_nobody_once_the_one_that_was_to_write_has_failed(self):
        failing = [{"match": {"contains": WORKING, "request": n}, "answer": {"status": 529, "latency_ms": 200}}
                   for n in (2, 3)]
        mock = self.mock(script=[plan(*self.tasks((FAST, 8))), *failing, works(latency_ms=100)])
        report = self.review("--budget", "20", "--parallel", "64", repository=self.changes, mock=mock)
        self.assertEqual(report["status"], "complete")
        usages = [r["usage"] for r in self.workers(mock)[:8]]
        self.assertEqual(len([u for u in usages if written(u)]), 1)
        self.assertGreaterEqual(len([u for u in usages if u["cache_read_input_tokens"]]), 6)
        requests = mock.requests()
        self.assertLess(requests[-1]["ended_ms"] - requests[1]["started_ms"], 5_000)
        self.assert_books_balance(report["run_id"], mock)

    def test_that_go_by_batch_mark_nothing(self):
        mock = self.mock(script=[plan(*self.tasks((FAST, 4))), works()])
        report = self.review("--batch", "--budget", "20", repository=self.changes, mock=mock)
        self.assertEqual(sum(written(r["usage"]) for r in self.workers(mock)), 0)
        self.assertNotIn("Cache", self.baton("show", report["run_id"]).out)
        self.assert_books_balance(report["run_id"], mock)


if __name__ == "__main__":
    unittest.main()
