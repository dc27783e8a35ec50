"""Every command on a store that machines share."""

import json
import pathlib
import threading
import unittest

from fleet import PASSWORD, FleetTest
from harness import DONE, KEY, SYSTEM, USAGE, BatonTest, essence, wait_until


class WithoutAStore(BatonTest):
    def test_what_is_no_url_of_postgresql_is_refused_without_being_quoted(self):
        for given in ("mysql://user:secret-word@host/db", "secret-word"):
            done = self.baton("runs", "--store", given)
            self.assert_one_message(done, USAGE, "--store", "postgresql://")
            self.assertNotIn("secret-word", done.err)
            done = self.baton("runs", env=self.environment(BATON_STORE=given))
            self.assert_one_message(done, USAGE, "BATON_STORE", "postgresql://")
            self.assertNotIn("secret-word", done.err)

    def test_a_url_in_the_wrong_place_is_quoted_without_its_password(self):
        done = self.baton("--store", "postgresql://user:secret-word@host/db", "runs")
        self.assertEqual(done.code, USAGE)
        self.assertNotIn("secret-word", done.err + done.out)

    def test_what_needs_a_fleet_says_so(self):
        changes = self.small_change()
        for words in (["review", "--submit", "--repo", changes.folder], ["worker"]):
            done = self.baton(*words)
            self.assert_one_message(done, USAGE, "--store", "docs/fleet.md")
        self.assertEqual(self.baton("review", "--repo", changes.folder, "--local").code, DONE)
        self.assert_one_message(self.baton("fleet"), USAGE, "`baton fleet` needs a store", "--store", "docs/fleet.md")

    def test_a_key_gives_the_same_run_on_one_machine_too(self):
        changes, mock = self.small_change(), self.mock("--instant")
        first = self.review("--key", "pull/17", repository=changes, mock=mock)
        asked = len(mock.requests())
        again = self.review("--key", "pull/17", repository=changes, mock=mock)
        self.assertEqual(again["run_id"], first["run_id"])
        self.assertEqual(len(mock.requests()), asked)
        other = self.review("--key", "pull/18", repository=changes, mock=mock)
        self.assertNotEqual(other["run_id"], first["run_id"])
        self.assertEqual({run.get("key") for run in self.runs()}, {"pull/17", "pull/18"})

    def test_two_that_begin_with_one_key_at_once_pay_for_one_run(self):
        changes, mock = self.small_change(), self.mock("--latency-ms", "100:300")
        both = [self.start("review", "--repo", changes.folder, "--format", "json", "--key", "k", mock=mock)
                for _ in range(2)]
        reports = []
        for process in both:
            done = self.finish(process)
            self.assertEqual(done.code, DONE, done.err)
            reports.append(json.loads(done.out))
        self.assertEqual(reports[0]["run_id"], reports[1]["run_id"])
        self.assertEqual(len(self.runs()), 1)
        self.assert_books_balance(reports[0]["run_id"], mock)

    def test_a_key_goes_on_with_a_run_that_was_killed(self):
        changes, mock = self.small_change(), self.mock("--latency-ms", "300:500")
        process = self.start("review", "--repo", changes.folder, "--key", "k", mock=mock)
        wait_until(mock.requests)
        process.kill()
        process.wait()
        (run,) = self.runs()
        report = self.review("--key", "k", repository=changes, mock=mock)
        self.assertEqual((report["run_id"], report["status"]), (run["run_id"], "complete"))
        self.assert_books_balance(run["run_id"], mock)

    def test_what_is_no_key_is_refused_before_anything_is_spent(self):
        changes = self.small_change()
        for key in ("with blank", "x" * 201, "zeile\nzwei", "schlüssel"):
            done = self.baton("review", "--repo", changes.folder, "--key", key)
            self.assert_one_message(done, USAGE, "--key")
        done = self.baton("review", "--repo", changes.folder, "--key", "")  # "$UNSET" would pay each time
        self.assertEqual((done.code, done.out), (USAGE, ""), done.err)
        self.assertIn("--key", done.err)


class OnASharedStore(FleetTest):
    def test_every_command_that_reads_runs_reads_them_from_any_machine(self):
        changes, mock = self.small_change(), self.mock("--instant")
        report = self.review(repository=changes, mock=mock)
        run = report["run_id"]
        self.assertEqual(report["status"], "complete")
        self.assertFalse((self.state / "baton.db").exists())
        self.state = self.folder / "another machine"
        self.assertEqual([(r["run_id"], r["status"]) for r in self.runs()], [(run, "complete")])
        self.assertIn(run, self.baton("show").out)
        self.assert_books_balance(run, mock)
        self.assert_sound()
        for words in (["compare"], ["cost", "--all"], ["cost", "--forecast"], ["doctor"],
                      ["estimate", "--repo", changes.folder]):
            done = self.baton(*words)
            self.assertEqual(done.code, DONE, done.err)
        self.assertEqual(essence(self.resume(run)), essence(report))
        self.assertEqual(essence(json.loads(self.baton("wait", run, "--format", "json").out)), essence(report))

    def test_a_store_on_the_command_line_goes_before_the_environment(self):
        done = self.baton("runs", "--store", self.store,
                          env=self.environment(BATON_STORE="postgresql://nobody@127.0.0.1:1/none"))
        self.assertEqual(done.code, DONE, done.err)

    def test_another_machine_goes_on_with_a_run_whose_process_died(self):
        changes, mock = self.small_change(), self.mock("--latency-ms", "300:500")
        process = self.start("review", "--repo", changes.folder, "--mode", "orchestrate", mock=mock)
        wait_until(mock.requests)
        process.kill()
        process.wait()
        self.state = self.folder / "another machine"
        (run,) = self.runs()
        busy = self.baton("resume", run["run_id"], mock=mock)
        self.assertEqual(busy.code, SYSTEM, busy.err)  # its lease holds for a while
        self.assertIn("driven by", busy.err)
        wait_until(lambda: self.runs()[0]["status"] == "interrupted", what="the lease to lapse")
        report = self.resume(run["run_id"], mock=mock)
        self.assertEqual(report["status"], "complete")
        self.assert_books_balance(run["run_id"], mock)

    def test_who_waits_for_a_run_outlives_a_server_that_is_away_for_a_while(self):
        run = self.submit(repository=self.small_change())
        waiting = self.start("wait", run, "--format", "json")
        self.assertIn("waiting for run", waiting.stderr.readline())
        self.server.stop()
        try:
            self.assertIn("still waiting", waiting.stderr.readline())
        finally:
            self.server.start()
        worker = self.worker("--until-empty", mock=self.mock("--instant"))
        self.assertEqual(worker.wait(30), DONE, worker.log.read_text())
        done = self.finish(waiting)
        self.assertEqual(done.code, DONE, done.err)
        self.assertEqual(json.loads(done.out)["status"], "complete")

    def test_a_run_that_was_not_submitted_is_not_handed_to_workers_and_can_be_resumed(self):
        report = self.review("--budget", "0.01", repository=self.small_change(), mock=self.mock("--instant"), code=None)
        done = self.baton("resume", report["run_id"], "--submit", "--budget", "5")
        self.assert_one_message(done, USAGE, "was not submitted", f"`baton resume {report['run_id']}`")

    def test_the_doctor_tells_whether_the_store_can_be_used(self):
        self.assertRegex(self.baton("doctor").out, r"good +store +postgresql://baton@127")
        done = self.baton("doctor", env=self.environment(BATON_STORE="postgresql://127.0.0.1:1/none"))
        self.assertEqual(done.code, SYSTEM, done.out)
        self.assertRegex(done.out, r"broken +store +connecting to postgresql://127.0.0.1:1/none")

    def test_a_repository_does_not_name_the_store(self):
        changes = self.repository()
        for name in (".baton.toml", "baton.toml", ".env"):
            changes.write(name, 'store = "postgresql://evil.invalid/db"\nBATON_STORE=postgresql://evil.invalid/db\n')
        changes.commit("Begin", {"a.c": "int a;\n"})
        changes.commit("Change", {"a.c": "int b;\n"})
        environment = self.environment(self.mock("--instant"))
        del environment["BATON_STORE"]
        done = self.baton("review", cwd=changes.folder, env=environment)
        self.assertEqual(done.code, DONE, done.err)
        self.assertTrue((self.state / "baton.db").exists())

    def test_a_server_that_is_not_there_is_named_without_its_password(self):
        away = f"postgresql://baton:{PASSWORD}@127.0.0.1:1/none"
        for words in (["runs"], ["review", "--repo", self.small_change().folder], ["worker"]):
            environment = {**self.environment(BATON_STORE=away), "ANTHROPIC_API_KEY": KEY}
            done = self.baton(*words, env=environment, timeout=90)
            self.assertEqual(done.code, SYSTEM, done.err)
            self.assertIn("127.0.0.1:1", done.err)
            self.assert_no_secret(done.out, done.err)

    def test_the_password_is_in_no_output_no_journal_and_no_process_that_a_job_starts(self):
        changes, mock = self.small_change(), self.mock("--latency-ms", "200:300")
        sprint = self.folder / "sprint.toml"
        sprint.write_text(f'name = "s"\nbudget = "5"\n[[job]]\nname = "a"\nkind = "review"\nrepo = "{changes.folder}"\n')
        environment = self.environment(mock)
        del environment["BATON_STORE"]
        seen, over = set(), threading.Event()

        def watch():
            while not over.is_set():
                for process in pathlib.Path("/proc").glob("[0-9]*"):
                    try:
                        name, line = (process / "comm").read_text().strip(), (process / "cmdline").read_bytes()
                        if name not in ("baton", "exe") and PASSWORD.encode() in (process / "environ").read_bytes():
                            seen.add(("environ", name))
                        if PASSWORD.encode() in line and b"sprint" not in line:
                            seen.add(("cmdline", line))
                    except OSError:
                        continue

        watcher = threading.Thread(target=watch)
        watcher.start()
        done = self.baton("sprint", sprint, "--store", self.store, env=environment)
        over.set()
        watcher.join()
        self.assertEqual(done.code, DONE, done.err + done.out)
        self.assertEqual(seen, set())
        (run,) = self.runs()
        self.assert_no_secret(done.out, done.err, self.baton("show", run["run_id"]).out,
                              self.sql("SELECT body FROM baton.events"), self.sql("SELECT worker FROM baton.sessions"))
        for file in self.state.rglob("*"):
            if file.is_file():
                self.assertNotIn(PASSWORD.encode(), file.read_bytes(), file)

    def test_an_older_copy_that_was_put_back_spends_nothing_until_it_is_accepted(self):
        changes, mock = self.small_change(), self.mock("--instant")
        self.review(repository=changes, mock=mock)
        paid = mock.bill()["total_usd"]
        self.sql("UPDATE baton.store SET cluster = 'another'")  # as where a backup was restored on a new server
        done = self.baton("review", "--repo", changes.folder, mock=mock)
        self.assertEqual(done.code, SYSTEM, done.err)
        self.assertIn("baton repair", done.err)
        self.assertEqual(mock.bill()["total_usd"], paid)
        self.assertEqual(self.baton("repair").code, USAGE)
        self.assertEqual(self.baton("repair", "--accept-restored").code, DONE)
        self.review(repository=changes, mock=mock)

    def test_only_a_shared_store_is_accepted_as_restored(self):
        done = self.baton("repair", "--accept-restored", env={**self.environment(), "BATON_STORE": ""})
        self.assertEqual(done.code, USAGE)
        self.assertIn("--store", done.err)

    def test_one_cap_of_a_day_for_two_machines(self):
        changes, mock = self.small_change(), self.mock("--instant")
        first = self.review("--project", "p", "--budget-per-day", "0.30", repository=changes, mock=mock, code=None)
        self.state = self.folder / "another machine"
        second = self.review("--project", "p", "--budget-per-day", "0.30", repository=changes, mock=mock, code=None)
        spent = sum(float(r["spent_usd"]) for r in self.runs())
        self.assertLessEqual(spent, 0.30)
        self.assertLessEqual(float(mock.bill()["total_usd"]), 0.30)
        self.assertEqual({first["status"], second["status"]} & {"failed"}, set())


if __name__ == "__main__":
    unittest.main()
