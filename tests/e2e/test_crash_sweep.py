"""kill -9 after each durable step of a run: taken up again, it comes to the same end and pays for nothing twice."""

import json
import time
import unittest

import test_feature_resume as feature
from crash import OneReview, OneRun, in_parallel, make_crash_library, sample, was_killed
from harness import DONE, essence, processes_with, wait_until

library = None


def setUpModule():
    global library
    library = make_crash_library()


def crashing(**more):
    return {"LD_PRELOAD": str(library), **more}


class OneFeature(OneRun, feature.Crashing):
    """Three writers, a conflict, a finding and its fix, as test_feature_resume.py tells it."""

    def setUp(self):
        super().setUp()
        self.nap = f"0.3{time.monotonic_ns() % 10**12:012}"  # no other process sleeps just as long

    def command(self):
        return ["feature", "Greet by the hour", "--repo", self.project.folder, "--branch", "baton/greet",
                "--format", "json"]

    def stand_in(self, *options):
        plan = feature.leads(*feature.PLAN, stream_seconds=0.2, deltas=20)
        return super().stand_in(*(options or ["--latency-ms", "5:20"]), plan=plan)

    def assert_nothing_is_left(self):
        super().assert_nothing_is_left()
        wait_until(lambda: not processes_with(self.nap), what="the last command to end")


class AfterEachStep(unittest.TestCase):
    """`play` is one run, killed at a step; it tells whether it came to that."""

    def steps_of(self, play):
        with play.kind() as one:
            count = one.folder / "steps"
            mock = one.stand_in()
            done = one.finish(one.live(one.command(), mock, **crashing(COUNT_IN=str(count))))
            self.assertEqual(done.code, DONE, done.err + done.out[:3000])
            play.expect(one, json.loads(done.out))
            self.assertEqual(one.assert_as_if_nothing_had_been(one.begun(), mock), [])
            return int(count.read_text())

    def sweep(self, play, bound, more):
        steps = self.steps_of(play)
        chosen = sample(steps, bound, more)
        killed = in_parallel(play.killed_at, chosen)
        print(f"{play.kind.__name__}: {steps} durable steps, killed at {sum(killed)} of the {len(chosen)} tried",
              flush=True)
        # Commits are shared by what happens at the same time: there may be fewer of them this time.
        self.assertGreaterEqual(sum(killed), 0.7 * len(chosen))

    def test_of_a_review(self):
        self.sweep(Review(), bound=60, more=10)

    def test_of_a_feature(self):
        self.sweep(Feature(), bound=4, more=18)


class Play:
    def killed_at(self, step):
        with self.kind() as one:
            mock = one.stand_in()
            process = one.live(one.command(), mock, **crashing(CRASH_AT=str(step)))
            killed = was_killed(process)
            if killed and one.begun() is None:
                one.baton("doctor", "--clean")  # a run that was not written down has left its empty repository
            done = one.finish(one.live(one.command(), mock) if killed else process)
            one.assertEqual(done.code, DONE, done.err + done.out[:3000])
            self.expect(one, json.loads(done.out))
            one.assert_as_if_nothing_had_been(one.begun(), mock)
            return killed


class Review(Play):
    kind = OneReview
    undisturbed = None

    def expect(self, one, report):
        if self.undisturbed is None:
            self.undisturbed = essence(report)
            one.assertEqual(report["status"], "complete")
            one.assertGreater(len(report["findings"]), 2)
        one.assertEqual(essence(report), self.undisturbed)


class Feature(Play):
    kind = OneFeature

    def expect(self, one, report):
        one.assert_built(report)


if __name__ == "__main__":
    unittest.main()
