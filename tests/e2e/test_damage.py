"""A journal that is damaged: it is found out, it is only read, and `baton repair` puts it right."""

import contextlib
import hashlib
import json
import sqlite3
import time
import unittest
from decimal import Decimal

from harness import DONE, SYSTEM, BatonTest, wait_until


class ADamagedJournal(BatonTest):
    def verify(self):
        done = self.baton("verify", "--format", "json")
        report = json.loads(done.out)
        self.assertEqual(done.code, DONE if report["sound"] else SYSTEM, done.out)
        return report

    def tamper(self, *statements):
        with contextlib.closing(sqlite3.connect(self.state / "baton.db")) as journal:
            for statement in statements:
                journal.execute(statement)
            journal.commit()

    def cut_off(self, count):
        self.tamper(f"DELETE FROM events WHERE seq > (SELECT max(seq) FROM events) - {count}",
                    "UPDATE runs SET events = (SELECT max(seq) FROM events), status = 'running'",
                    "UPDATE runs SET spent = 0")

    def charged(self, run):
        return Decimal(self.cost("--run", run)["total_usd"])

    def test_whose_end_is_lost_goes_on_once_the_loss_is_accepted(self):
        repository, mock = self.small_change(), self.mock()
        run = self.review(repository=repository, mock=mock)["run_id"]
        whole = self.charged(run)
        self.cut_off(6)

        (finding,) = self.verify()["findings"]
        self.assertEqual((finding["run"], finding["kind"], finding["lost_events"]), (run, "lost_tail", 6))
        self.assertIn(f"baton repair {run}", finding["to_do"])
        before = mock.bill()
        refused = self.baton("resume", run, mock=mock)
        self.assertEqual(refused.code, SYSTEM, refused.err)
        self.assertIn("`baton repair`", refused.err)
        self.assertEqual(mock.bill(), before)

        repaired = self.baton("repair", run)
        self.assertEqual(repaired.code, DONE, repaired.err)
        self.assertIn("6 lost", repaired.out)
        self.assert_sound()
        self.assertGreaterEqual(self.charged(run), whole)
        self.assertEqual(self.resume(run, mock=mock)["status"], "complete")
        self.assertGreaterEqual(self.charged(run), Decimal(mock.bill()["total_usd"]))
        self.assert_sound()

    def test_in_the_middle_is_only_read_until_it_is_repaired(self):
        repository, mock = self.small_change(), self.mock()
        run = self.review(repository=repository, mock=mock)["run_id"]
        other = self.review(repository=repository, mock=mock)["run_id"]
        whole = self.charged(run)
        self.tamper("UPDATE events SET body = replace(body, '\"input\":', '\"input\":1') WHERE seq = "
                    f"(SELECT max(seq) FROM events WHERE type = 'call_ended' AND run = '{run}') AND run = '{run}'")
        kinds = {finding["kind"] for finding in self.verify()["findings"]}
        self.assertEqual(kinds, {"broken"})

        before = mock.bill()
        refused = self.baton("review", "--repo", repository.folder, mock=mock)
        self.assertEqual(refused.code, SYSTEM, refused.err)
        self.assertIn("`baton repair`", refused.err)
        self.assertEqual(mock.bill(), before)
        self.assertEqual(self.baton("show", other).code, DONE)

        repaired = self.baton("repair", "--format", "json")
        self.assertEqual(repaired.code, DONE, repaired.err)
        report = json.loads(repaired.out)
        self.assertEqual([r["run"] for r in report["runs"]], [run])
        self.assertEqual(report["sound_runs"], 1)
        self.assertTrue(list(self.state.glob("baton.db.damaged-*")))
        self.assert_sound()
        self.assertGreaterEqual(self.charged(run), whole)
        self.assertEqual(self.resume(run, mock=mock)["status"], "complete")
        self.assert_sound()
        self.assertIn("Nothing to repair", self.baton("repair").out)

    def test_that_somebody_works_on_is_not_repaired(self):
        mock = self.mock("--answer-latency", "2000")
        process = self.start("review", "--repo", self.small_change().folder, mock=mock)
        wait_until(mock.requests, what="the first call")
        refused = self.baton("repair")
        self.assert_one_message(refused, SYSTEM, "is being driven by process")
        self.assertEqual(self.finish(process).code, DONE)

    def test_of_which_the_first_page_is_gone_is_saved(self):
        run = self.review(repository=self.small_change(), mock=self.mock())["run_id"]
        whole = self.charged(run)
        self.tamper("PRAGMA wal_checkpoint(TRUNCATE)")  # empties the log into the database
        with open(self.state / "baton.db", "r+b") as database:
            database.write(b"\xaa" * 4096)
        self.assertEqual(self.baton("verify").code, SYSTEM)
        self.assertIn("baton repair", self.baton("runs").err)
        self.assertEqual(self.baton("repair").code, DONE)
        self.assert_sound()
        self.assertEqual(self.charged(run), whole)

    def test_that_cannot_be_opened_is_a_finding_like_any_other(self):
        run = self.review(repository=self.small_change(), mock=self.mock())["run_id"]
        self.tamper("PRAGMA wal_checkpoint(TRUNCATE)")
        with open(self.state / "baton.db", "r+b") as database:
            database.write(b"\xaa" * 100)
        report = self.verify()
        self.assertEqual((report["sound"], report["runs"]), (False, 0))
        (finding,) = report["findings"]
        self.assertEqual((finding["run"], finding["kind"]), ("", "broken"))
        self.assertIn("it cannot be opened", finding["what"])
        self.assertIn("`baton repair`", finding["to_do"])
        self.assertEqual(self.baton("repair").code, DONE)
        self.assert_sound()
        self.assertEqual([r["run_id"] for r in self.runs()], [run])

    def test_that_is_of_another_program_is_no_finding(self):
        self.state.mkdir()
        with contextlib.closing(sqlite3.connect(self.state / "baton.db")) as other:
            other.execute("CREATE TABLE theirs (x)")
        for command in ("verify", "repair"):
            done = self.baton(command, "--format", "json")
            self.assert_one_message(done, SYSTEM, "is a database of another program")

    def test_that_was_put_back_as_it_was_earlier_spends_nothing(self):
        repository, mock = self.small_change(), self.mock()
        self.review(repository=repository, mock=mock)
        self.tamper("PRAGMA wal_checkpoint(TRUNCATE)")
        earlier = (self.state / "baton.db").read_bytes()
        lost = self.review(repository=repository, mock=mock)["run_id"]
        self.tamper("PRAGMA wal_checkpoint(TRUNCATE)")
        (self.state / "baton.db").write_bytes(earlier)
        (self.state / "baton.db-wal").unlink(missing_ok=True)
        before = mock.bill()
        refused = self.baton("review", "--repo", repository.folder, mock=mock)
        self.assertEqual(refused.code, SYSTEM, refused.err)
        self.assertIn("an older copy of the journal was put back", refused.err)
        self.assertEqual(mock.bill(), before)
        repaired = self.baton("repair")
        self.assertEqual(repaired.code, DONE, repaired.err)
        self.assertIn(f"{lost}: nothing is left of it", repaired.out)
        self.review(repository=repository, mock=mock)
        self.assert_sound()

    def test_of_which_events_contradict_each_other_is_repaired(self):
        run = self.review(repository=self.small_change(), mock=self.mock())["run_id"]
        whole = self.charged(run)
        with contextlib.closing(sqlite3.connect(self.state / "baton.db")) as journal:
            (count, last), = journal.execute("SELECT seq, hash FROM events ORDER BY seq DESC LIMIT 1")
            (kind, body), = journal.execute("SELECT type, body FROM events WHERE type = 'call_ended' LIMIT 1")
            again = hashlib.sha256(last + kind.encode() + b"\0" + body.encode()).digest()
            journal.execute("INSERT INTO events VALUES (?, ?, ?, ?, ?)", (run, count + 1, kind, body, again))
            journal.execute("UPDATE runs SET events = events + 1")
            journal.commit()
        kinds = {finding["kind"] for finding in self.verify()["findings"]}
        self.assertIn(kinds, ({"contradiction"}, {"broken"}))
        repaired = self.baton("repair")
        self.assertEqual(repaired.code, DONE, repaired.err)
        self.assertIn("1 lost", repaired.out)
        self.assert_sound()
        self.assertGreaterEqual(self.charged(run), whole)

    def test_of_which_the_repair_is_killed_loses_nothing_and_is_repaired_by_the_next(self):
        run = self.review(repository=self.small_change(), mock=self.mock())["run_id"]
        whole = self.charged(run)
        self.tamper("PRAGMA wal_checkpoint(TRUNCATE)")
        damaged = b"\xaa" * 4096 + (self.state / "baton.db").read_bytes()[4096:]
        (self.state / "baton.db").write_bytes(damaged)
        ended = False
        for number in range(200):
            process = self.start("repair")
            time.sleep(number * 0.001)
            process.kill()
            if self.finish(process).code == DONE:
                ended = True
                break
        self.assertTrue(ended or self.baton("repair").code == DONE)
        self.assert_sound()
        self.assertEqual(self.charged(run), whole)
        self.assertIn(damaged, [kept.read_bytes() for kept in self.state.glob("baton.db.damaged-*")])


if __name__ == "__main__":
    unittest.main()
