"""The state folder and the disk under it: read-only, full, damaged, somebody else's."""

import contextlib
import json
import os
import resource
import sqlite3
import subprocess
import unittest

from harness import BATON, DONE, SYSTEM, USAGE, BatonTest, essence, wait_until


class AStateFolder(BatonTest):
    def test_that_cannot_be_made_is_named_with_what_to_do(self):
        (self.folder / "file").write_text("not a folder")
        repository, mock = self.small_change(), self.mock()
        for place in (self.folder / "file", self.folder / "file" / "below", "/dev/null/x", "/proc/nowhere"):
            with self.subTest(place=place):
                done = self.baton("review", "--repo", repository.folder, "--state", place, mock=mock)
                self.assert_one_message(done, SYSTEM, "--state DIR")
        self.assertEqual(mock.bill()["requests"], 0)

    def test_that_is_read_only_is_named_with_what_to_do(self):
        repository, mock = self.small_change(), self.mock()
        self.review(repository=repository, mock=mock)
        before = mock.bill()
        someone = {}
        if os.geteuid() == 0:  # root may write anywhere
            someone = {"user": 65534}
            for path in [self.folder, *self.folder.rglob("*")]:
                if not path.is_symlink():
                    os.chown(path, 65534, -1)
        for path in [*self.state.rglob("*"), self.state]:
            path.chmod(0o555 if path.is_dir() else 0o444)
        self.addCleanup(self.state.chmod, 0o755)
        environment = self.environment(mock, GIT_CONFIG_COUNT="1", GIT_CONFIG_KEY_0="safe.directory",
                                       GIT_CONFIG_VALUE_0="*")
        done = self.baton("review", "--repo", repository.folder, env=environment, **someone)
        self.assert_one_message(done, SYSTEM, str(self.state), "--state DIR")
        self.assertEqual(mock.bill(), before)

    def test_may_be_made_by_several_processes_at_once(self):
        empty = self.folder / "work"
        for round in range(8):
            self.state = self.folder / f"state{round}"
            several = [self.start("review", "--local", "--tree", empty) for _ in range(10)]
            ended = [self.finish(process) for process in several]
            self.assertEqual([done.code for done in ended], [DONE] * 10, [done.err for done in ended])
            self.assertEqual(len(self.runs()), 10)
            self.assert_sound()

    def test_of_another_program_is_left_alone(self):
        self.state.mkdir()
        (self.state / "baton.db").write_bytes(b"these are not the pages of a database" * 200)
        done = self.baton("review", "--repo", self.small_change().folder, mock=self.mock())
        self.assert_one_message(done, SYSTEM, "baton.db", "--state DIR")
        self.assertEqual((self.state / "baton.db").read_bytes(), b"these are not the pages of a database" * 200)

    def test_that_was_damaged_is_found_out(self):
        report = self.review(repository=self.small_change(), mock=self.mock())
        self.assert_sound()
        with contextlib.closing(sqlite3.connect(self.state / "baton.db")) as journal:
            journal.execute("UPDATE events SET body = replace(body, '\"input\":', '\"input\":1') WHERE type = 'call_ended'")
            journal.commit()
        done = self.baton("verify")
        self.assertEqual(done.code, SYSTEM, done.out + done.err)
        self.assertIn(report["run_id"], done.out)
        self.assertIn("damaged place", done.out)

    def test_whose_last_events_are_gone_is_found_out(self):
        report = self.review(repository=self.small_change(), mock=self.mock())
        with contextlib.closing(sqlite3.connect(self.state / "baton.db")) as journal:
            journal.execute("DELETE FROM events WHERE seq > (SELECT max(seq) FROM events) - 3")
            journal.execute("UPDATE runs SET events = events - 3")
            journal.commit()
        done = self.baton("verify")
        self.assertEqual(done.code, SYSTEM, done.out + done.err)
        self.assertIn(report["run_id"], done.out)


class AFullDisk(BatonTest):
    """Whatever cannot be written down is not done; what was written stays, and the run goes on when there is room."""

    def assert_recovers(self, broken, mock):
        self.assertEqual(broken.code, SYSTEM, broken.err)
        self.assertRegex(broken.err, r"(?i)no space|full|too large|room")
        self.assert_sound()
        runs = self.runs()
        if not runs:
            return "before it began"
        run = runs[0]["run_id"]
        self.assertIn(f"baton resume {run}", broken.err)
        fresh = self.mock("--seed", "77")
        report = self.resume(run, mock=fresh)
        self.assertEqual(report["status"], "complete")
        self.assert_books_balance(run, mock, fresh)
        self.assert_sound()
        return "in the middle"

    def test_lets_what_is_in_flight_be_settled_and_begins_nothing_more(self):
        place = self.folder / "small"
        place.mkdir()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=96m", "tmpfs", place], capture_output=True)
        if mounted.returncode != 0:
            self.skipTest("mounting a small file system is not permitted here")
        self.addCleanup(subprocess.run, ["umount", "-l", place])
        repository = self.small_change()
        for number, room in enumerate((30, 12, 1)):
            with self.subTest(room_in_mib=room):
                self.state = place / f"state{number}"
                ballast = place / "ballast"
                mock = self.mock("--seed", str(number + 1), "--answer-latency", "600")
                process = self.start("review", "--repo", repository.folder, "--format", "json", mock=mock)
                wait_until(mock.requests, what="the first call")
                free = os.statvfs(place).f_bavail * os.statvfs(place).f_frsize
                ballast.write_bytes(b"\0" * (free - room * 1024 * 1024))
                paused = self.finish(process)
                self.assertEqual(paused.code, SYSTEM, paused.err)
                self.assertIn("MiB are free on the disk", paused.err)
                (run,) = self.runs()
                self.assertEqual(run["status"], "paused")
                self.assertEqual(self.cost("--run", run["run_id"])["unknown_calls"], 0)
                self.assert_sound()
                ballast.unlink()
                self.assertEqual(self.resume(run["run_id"], mock=mock)["status"], "complete")
                self.assert_books_balance(run["run_id"], mock)
            subprocess.run(["rm", "-rf", self.state], check=True)

    def test_a_file_that_may_not_grow_is_the_same(self):
        repository = self.small_change()
        when = []
        for number, limit in enumerate((20, 60, 100, 140, 180)):
            with self.subTest(limit_in_kib=limit):
                self.state = self.folder / f"state{number}"
                mock = self.mock("--seed", str(number + 1))
                broken = self.baton(
                    "review", "--repo", repository.folder, "--format", "json", mock=mock,
                    preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (limit * 1024, limit * 1024)))
                when.append("not at all" if broken.code == DONE else self.assert_recovers(broken, mock))
        self.assertIn("in the middle", when)


class TheReport(BatonTest):
    def test_that_has_no_place_to_go_is_refused_before_anything_is_spent(self):
        mock = self.mock()
        done = self.baton("review", "--repo", self.small_change().folder, "--output", self.folder / "no/such/report.json",
                          mock=mock)
        self.assert_one_message(done, USAGE, "--output", "no/such", "No such file or directory")
        self.assertEqual(mock.bill()["requests"], 0)

    def test_that_cannot_be_written_is_there_for_another_try(self):
        mock = self.mock("--answer-latency", "300")
        process = self.start("review", "--repo", self.small_change().folder, "--format", "json",
                             "--output", self.folder / "a folder", mock=mock)
        wait_until(mock.requests, what="the first call")
        (self.folder / "a folder").mkdir()  # there was nothing in the way when it began
        done = self.finish(process)
        self.assertEqual(done.code, SYSTEM, done.err)
        self.assertIn("a folder: Is a directory", done.err)
        (run,) = self.runs()
        self.assertIn(f"`baton resume {run['run_id']} --output FILE` writes it again", done.err)
        before = mock.bill()
        again = self.baton("resume", run["run_id"], "--format", "json", "--output", self.folder / "report.json",
                           mock=mock)
        self.assertEqual(again.code, DONE, again.err)
        self.assertEqual(json.loads((self.folder / "report.json").read_text())["status"], "complete")
        self.assertEqual(mock.bill(), before)

    def test_on_a_full_standard_output_is_an_error_and_not_silence(self):
        with open("/dev/full", "w") as full:
            process = subprocess.run([BATON, "review", "--local", "--repo", self.small_change().folder],
                                     stdout=full, stderr=subprocess.PIPE, env=self.environment(), text=True)
        self.assertEqual(process.returncode, SYSTEM, process.stderr)
        self.assertIn("standard output: No space left on device", process.stderr)

    def test_replaces_an_older_one_whole(self):
        target = self.folder / "report.json"
        target.write_text("x" * 1_000_000)
        repository = self.small_change()
        expected = self.review(repository=repository, mock=self.mock())
        done = self.baton("review", "--repo", repository.folder, "--format", "json", "--output", target,
                          mock=self.mock())
        self.assertEqual((done.code, done.out), (DONE, ""))
        self.assertEqual(essence(json.loads(target.read_text())), essence(expected))
        self.assertEqual([p.name for p in self.folder.glob("report.json*")], ["report.json"])


if __name__ == "__main__":
    unittest.main()
