"""A storm: 200 kills at random moments, over as many runs of a review as it takes for that many."""

import json
import os
import random
import time
import unittest

from crash import OneReview, in_parallel
from harness import DONE, essence

KILLS = 200
MOST_OF_ONE_RUN = 12  # then it is left alone and comes to its end
SEED = int(os.environ.get("STORM_SEED", "20261121"))


class StormyReview(OneReview):
    TASKS = 16
    PACE = ["--plan-seconds", "0.3", "--latency-ms", "20:90"]


def through_the_storm(number):
    """One run, killed and taken up again until it ends; the kills it took, and its report."""
    dice = random.Random(f"{SEED}/{number}")
    with StormyReview() as one:
        mock = one.stand_in()
        kills = 0
        while True:
            process = one.live(one.command(), mock)
            if kills < MOST_OF_ONE_RUN:
                until = time.monotonic() + dice.uniform(0.02, 0.45)
                while process.poll() is None and time.monotonic() < until:
                    time.sleep(0.002)
            if kills == MOST_OF_ONE_RUN or process.poll() is not None:
                break
            process.kill()
            process.wait()
            kills += 1
        done = one.finish(process)
        one.assertEqual(done.code, DONE, done.err + done.out[:3000])
        run = one.begun()
        unknown = one.assert_as_if_nothing_had_been(run, mock)
        # Each life loses what was in flight and no more: the plan, or a call of each place.
        one.assertLessEqual(len(unknown), 5 * kills)
        return kills, essence(json.loads(done.out)), len(unknown)


class Storm(unittest.TestCase):
    def test_200_kills_change_no_report_and_lose_no_money(self):
        print(f"STORM_SEED={SEED}", flush=True)
        expected = StormyReview.undisturbed()
        kills, runs, lost = 0, 0, 0
        while kills < KILLS:
            wave = range(runs, runs + 6)
            for died, report, unknown in in_parallel(through_the_storm, wave):
                self.assertEqual(report, expected)
                kills, lost = kills + died, lost + unknown
            runs += len(wave)
        print(f"{kills} kills over {runs} runs; {lost} calls lost and booked", flush=True)


if __name__ == "__main__":
    unittest.main()
