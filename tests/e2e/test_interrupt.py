"""SIGTERM, Ctrl-C and a terminal that goes away: what is paid for ends, nothing new begins, the run can be gone on with.

A second signal cuts what is in flight, and it is booked at its worst case.
"""

import json
import os
import pty
import signal
import time
import unittest

from agents import CODING, converses, finishes, leads, task, uses
from crash import OneReview, OneRun
from harness import BATON, DONE, INTERRUPTED, Finished, command_of, essence, processes_with, wait_until


class SlowReview(OneReview):
    TASKS = 6
    PACE = ["--plan-seconds", "0.9", "--latency-ms", "500:550"]

    def in_flight(self, mock):
        return [r for r in mock.requests() if r["ended_ms"] == 0]


class AReview(SlowReview):
    def interrupted(self, number, moment, second=False):
        """Sends the signal when `moment(requests, in flight)` holds; the stand-in, and how many requests it had then."""
        mock = self.stand_in()
        process = self.live(self.command(), mock)
        wait_until(lambda: moment(len(mock.requests()), len(self.in_flight(mock))), what="the moment")
        seen = len(mock.requests())
        process.send_signal(number)
        if second:
            wait_until(lambda: self.journal(self.begun()).of("stop_requested"), what="the first one to be heard")
            process.send_signal(number)
        done = self.finish(process)
        self.assertEqual(done.code, INTERRUPTED, done.err)
        run = self.begun()
        self.assertIn(f"`baton resume {run}` goes on where it stopped", done.err)
        self.assertEqual((json.loads(done.out)["status"], self.runs()[0]["status"]), ("paused", "paused"))
        return mock, run, seen

    def assert_goes_on(self, mock, run, unknown):
        report = self.resume(run, mock=mock)
        self.assertEqual(essence(report), SlowReview.undisturbed())
        self.assertEqual(len(self.assert_as_if_nothing_had_been(run, mock)), unknown)

    def assert_drains(self, number, moment):
        mock, run, seen = self.interrupted(number, moment)
        self.assertEqual(len(mock.requests()), seen, "something new was begun")
        self.assertEqual([call.bill for call in self.journal(run).calls()], ["settled"] * seen)
        self.assert_goes_on(mock, run, unknown=0)

    def assert_cuts(self, number, moment):
        mock, run, seen = self.interrupted(number, moment, second=True)
        self.assertEqual(len(mock.requests()), seen)
        lost = [call for call in self.journal(run).calls() if call.bill == "unknown"]
        self.assertGreaterEqual(len(lost), 1)
        self.assert_goes_on(mock, run, len(lost))

    # The plan still streams: with one call, and with its first workers' calls beside it.
    @staticmethod
    def planning(requests, in_flight):
        return requests == 1

    @staticmethod
    def at_work(requests, in_flight):
        return in_flight == 4

    def test_sigterm_while_the_plan_streams(self):
        self.assert_drains(signal.SIGTERM, self.planning)

    def test_sigterm_with_every_place_taken(self):
        self.assert_drains(signal.SIGTERM, self.at_work)

    def test_ctrl_c_with_every_place_taken(self):
        self.assert_drains(signal.SIGINT, self.at_work)

    def test_a_terminal_that_goes_away_with_every_place_taken(self):
        self.assert_drains(signal.SIGHUP, self.at_work)

    def test_a_second_sigterm_while_the_plan_streams(self):
        self.assert_cuts(signal.SIGTERM, self.planning)

    def test_a_second_sigterm_with_every_place_taken(self):
        self.assert_cuts(signal.SIGTERM, self.at_work)

    def test_a_second_ctrl_c_with_every_place_taken(self):
        self.assert_cuts(signal.SIGINT, self.at_work)

    def test_a_terminal_that_goes_away_is_told_by_several_and_cuts_nothing(self):
        mock, run, seen = self.interrupted(signal.SIGHUP, self.at_work, second=True)
        self.assertEqual([call.bill for call in self.journal(run).calls()], ["settled"] * seen)
        self.assert_goes_on(mock, run, unknown=0)

    def test_under_nohup_a_terminal_may_go_away(self):
        mock = self.stand_in()
        ignore = lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN)
        process = self.start(*self.command(), mock=mock, preexec_fn=ignore)
        wait_until(lambda: len(self.in_flight(mock)) == 4, what="work")
        process.send_signal(signal.SIGHUP)
        done = self.finish(process)
        self.assertEqual((done.code, json.loads(done.out)["status"]), (DONE, "complete"), done.err)

    def test_a_reader_that_goes_away_does_not_end_the_run(self):
        mock = self.stand_in()
        process = self.live(self.command(), mock)
        wait_until(lambda: len(mock.requests()) >= 2, what="work")
        process.stdout.close()
        process.stderr.close()
        process.wait(60)
        run = self.begun()
        self.assertEqual(self.runs()[0]["status"], "complete")
        self.assertEqual(self.assert_as_if_nothing_had_been(run, mock), [])


WRITE = "Write c"


class AFeature(OneRun):
    """One writer; a command of its sleeps where the test says so."""

    def setUp(self):
        super().setUp()
        self.project = self.repository()
        self.project.commit("Begin", {"a.txt": "one\n", "log.txt": ""})
        self.before = self.picture(self.project)
        self.nap = f"0.5{time.monotonic_ns() % 10**12:012}"  # no other process sleeps just as long

    def stand_in(self, nap="0", latency="10:20", **plan):
        asked = [leads(task(1, WRITE, commands=["test -f c.txt"]), **plan),
                 *converses(CODING, WRITE, uses("write", path="c.txt", text="three\n"),
                            uses("shell", command=f"echo begun >> log.txt; sleep {nap}; echo ended >> log.txt"),
                            finishes("Written."))]
        return self.mock("--latency-ms", latency, script=asked)

    def command(self):
        return ["run", "Write three", "--repo", self.project.folder, "--branch", "baton/three", "--format", "json"]

    def assert_paused(self, done):
        self.assertEqual(done.code, INTERRUPTED, done.err)
        run = self.begun()
        self.assertIn(f"baton resume {run}", done.err)
        self.assertEqual(self.runs()[0]["status"], "paused")
        self.assertEqual(self.project.git("branch", "--format=%(refname:short)").decode().split(), ["main"])
        return run

    def assert_goes_on(self, run, mock, unknown=0):
        report = self.resume(run, mock=mock)
        self.assertEqual(report["status"], "complete", report)
        log = self.project.git("show", "baton/three:log.txt").decode()
        self.assertEqual(log, "begun\nended\n", "a command ran on what its first try had left")
        self.assertEqual(self.picture(self.project), self.before)
        self.assertEqual(len(self.assert_as_if_nothing_had_been(run, mock)), unknown)

    def signalled(self, mock, moment, number, times=1):
        process = self.live(self.command(), mock)
        wait_until(moment, what="the moment")
        begun = time.monotonic()
        for _ in range(times):
            process.send_signal(number)
            wait_until(lambda: process.poll() is not None or self.journal(self.begun()).of("stop_requested"),
                       what="the signal to be heard")
        done = self.finish(process)
        return self.assert_paused(done), time.monotonic() - begun

    def test_one_signal_while_the_plan_streams(self):
        mock = self.stand_in(stream_seconds=1.0, deltas=30)
        run, _ = self.signalled(mock, lambda: mock.requests(), signal.SIGTERM)
        self.assertEqual([call.bill for call in self.journal(run).calls()], ["settled"])
        self.assert_goes_on(run, mock)

    def test_two_signals_while_the_plan_streams(self):
        mock = self.stand_in(stream_seconds=2.0, deltas=30)
        run, _ = self.signalled(mock, lambda: mock.requests(), signal.SIGINT, times=2)
        self.assertEqual([call.bill for call in self.journal(run).calls()], ["unknown"])
        self.assert_goes_on(run, mock, unknown=1)

    def test_one_signal_while_a_worker_is_answered(self):
        mock = self.stand_in(latency="500:600")
        run, _ = self.signalled(mock, lambda: len(mock.requests()) == 2, signal.SIGTERM)
        self.assertEqual([call.bill for call in self.journal(run).calls()], ["settled"] * 2)
        self.assert_goes_on(run, mock)

    def test_while_a_command_runs(self):
        for number, times in ((signal.SIGTERM, 1), (signal.SIGINT, 2)):
            with self.subTest(number=number, times=times), AFeature() as one:
                nap = "2" + one.nap[1:]
                mock = one.stand_in(nap=nap)
                run, took = one.signalled(mock, lambda: processes_with(f"sleep {nap}"), number, times)
                wait_until(lambda: not processes_with(f"sleep {nap}"), what="the command to end with the program")
                one.assert_goes_on(run, mock)

    # ---- with a terminal of its own ----------------------------------------------------------------

    def on_terminal(self, mock, *gates):
        """The program in a session of its own, led by it: its process id and the other end of its terminal."""
        pid, terminal = pty.fork()
        if pid == 0:
            os.chdir(self.folder / "work")
            words = [*self.command(), "--budget", str(self.BUDGET), *gates]
            os.execve(BATON, command_of(words), self.environment(mock))
        self.addCleanup(self._reap, pid)
        return pid, terminal

    @staticmethod
    def _reap(pid):
        try:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        except (ProcessLookupError, ChildProcessError):
            pass

    def ends(self, pid, terminal):
        """Its exit code, and what it has shown until then."""
        shown, until = b"", time.monotonic() + 60
        os.set_blocking(terminal, False)
        ended = 0
        while time.monotonic() < until:
            try:
                shown += os.read(terminal, 65536)
                continue
            except BlockingIOError:
                time.sleep(0.01)
            except OSError:  # nobody has the other end any more
                time.sleep(0.01)
            if ended:
                return Finished(os.waitstatus_to_exitcode(status), "", shown.decode("utf-8", "replace"))
            ended, status = os.waitpid(pid, os.WNOHANG)
        self.fail("it did not end: " + shown.decode("utf-8", "replace"))

    def shows(self, terminal, words):
        shown, until = b"", time.monotonic() + 30
        while words.encode() not in shown and time.monotonic() < until:
            shown += os.read(terminal, 65536)
        self.assertIn(words, shown.decode("utf-8", "replace"))

    def test_ctrl_c_typed_while_a_command_runs(self):
        nap = "2" + self.nap[1:]
        mock = self.stand_in(nap=nap)
        pid, terminal = self.on_terminal(mock)
        self.addCleanup(os.close, terminal)
        wait_until(lambda: processes_with(f"sleep {nap}"), what="the command")
        os.write(terminal, b"\x03")
        run = self.assert_paused(self.ends(pid, terminal))
        self.assert_goes_on(run, mock)

    def test_while_approval_is_waited_for(self):
        for how in ("SIGTERM", "ctrl-c"):
            with self.subTest(how=how), AFeature() as one:
                mock = one.stand_in()
                pid, terminal = one.on_terminal(mock, "--approve", "plan")
                one.addCleanup(os.close, terminal)
                one.shows(terminal, "Start these tasks? [y/N]")
                os.write(terminal, b"\x03") if how == "ctrl-c" else os.kill(pid, signal.SIGTERM)
                run = one.assert_paused(one.ends(pid, terminal))
                self.assertEqual(len(mock.requests()), 1)
                done = one.on_a_terminal("resume", run, mock=mock, answers=[("Start these tasks? [y/N]", "y\n")])
                one.assertEqual(done.code, DONE, done.out)
                one.assertEqual(one.assert_as_if_nothing_had_been(run, mock), [])

    def test_a_terminal_that_goes_away_while_a_worker_is_answered(self):
        mock = self.stand_in(latency="500:600")
        pid, terminal = self.on_terminal(mock)
        wait_until(lambda: len(mock.requests()) == 2, what="the worker's call")
        os.close(terminal)
        wait_until(lambda: os.waitpid(pid, os.WNOHANG)[0], what="its end")
        run = self.begun()
        self.assertEqual(self.runs()[0]["status"], "paused")
        self.assertEqual([call.bill for call in self.journal(run).calls()], ["settled"] * 2)
        self.assert_goes_on(run, mock)


if __name__ == "__main__":
    unittest.main()
