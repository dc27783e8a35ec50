"""What the end-to-end tests of agents stand on: plans, conversations with tools, small projects, questions on a terminal."""

import ctypes
import ctypes.util
import json
import os
import pty
import select
import signal
import sqlite3
import time

from harness import BATON, BatonTest, DONE, Finished, command_of

KILL = object()  # instead of an answer on a terminal

# By these words the stand-in's scripts tell who is asked (workflows/*.toml, workers/*.md).
LEADING = "You lead the building of a feature"
SPLITTING = "You lead the building of a feature|You take a request"
CODING = "You change the code of a repository"
TESTING = "You write tests"
DOCUMENTING = "You write documentation"
REVIEWING = "You decide whether a change may be merged"
INTEGRATING = "Two workers changed the same place"
REMEMBERING = "You keep what is worth knowing about a project"


def task(number, title, worker="code-writer", **more):
    """A task as a planner of agents writes it."""
    return {"id": f"p{number}", "worker": worker, "why": "It is its work.", "title": title,
            "description": f"Do what is called {title}.", "files": [], "constraints": [],
            "acceptance": ["It works."], "commands": [], "output": "", "depends_on": [], "facts": [], **more}


def leads(*tasks, answer="", approach="Step by step.", **more):
    """The planner's answer."""
    return {"match": {"regex": SPLITTING, "tool_results": 0},
            "answer": {"json": {"approach": approach, "answer": answer, "tasks": list(tasks)}, **more}}


def uses(name, /, **tool_input):
    return {"tool_use": {"name": name, "input": tool_input}}


def together(*uses_of_tools):
    """Several calls in one turn; all of them are among its results."""
    return {"tool_use": [one["tool_use"] for one in uses_of_tools]}


def finishes(summary="Done.", **more):
    """A writer ends its task; `files`: that it changed."""
    return uses("finish", summary=summary, **{"files": [], **more})


def converses(who, title, *steps):
    """A worker (by words of its instructions) on the task with this title: one step for each turn."""
    return [{"match": {"regex": who, "contains": title, "tool_results": turn}, "answer": step}
            for turn, step in enumerate(steps)]


def found(file, line, message, severity="high"):
    return {"file": file, "line": line, "severity": severity, "message": message, "suggestion": "Mend it."}


def reviews(*findings, times=None, contains="", summary="Looked at all of it."):
    rule = {"match": {"regex": REVIEWING, **({"contains": contains} if contains else {})},
            "answer": uses("finish", summary=summary, findings=list(findings))}
    if times is not None:
        rule["times"] = times
    return rule


# A project whose test fails: add() subtracts.
CALCULATOR = {
    "src/add.h": "#pragma once\n\nint add(int a, int b);\n",
    "src/add.cc": "#include \"add.h\"\n\nint add(int a, int b) {\n  return a - b;\n}\n",
    "tests/add_test.cc": "#include \"../src/add.h\"\n\nint main() {\n  return add(2, 3) == 5 ? 0 : 1;\n}\n",
    "run_tests.sh": "#!/bin/sh\nset -e\ng++ -o /tmp/add_test src/add.cc tests/add_test.cc\n/tmp/add_test && echo passed\n",
    "README.md": "# Calculator\n\nAdds.\n",
}


class AgentTest(BatonTest):
    def calculator(self):
        repository = self.repository()
        repository.commit("Begin", CALCULATOR)
        return repository

    def agents(self, command, request, repository, *arguments, mock, code=DONE, timeout=120, **more):
        """`baton feature` or `baton run`, its report; `code` is how it must end (None: anyhow)."""
        done = self.baton(command, request, "--repo", repository.folder, "--format", "json", *arguments, mock=mock,
                          timeout=timeout, **more)
        if code is not None:
            self.assertEqual(done.code, code, done.err + done.out[:9000])
        self.assertNotEqual(done.out, "", f"no report, code {done.code}: {done.err}")
        return json.loads(done.out)

    def worktrees(self):
        """What runs have left of their repositories."""
        folder = self.state / "worktrees"
        return sorted(entry.name for entry in folder.iterdir()) if folder.exists() else []

    def run_of(self, report, title):
        """The report's task with this title."""
        tasks = [one for one in report["tasks"] if one["title"] == title]
        self.assertEqual(len(tasks), 1, [one["title"] for one in report["tasks"]])
        return tasks[0]

    def check_of(self, report, command):
        checks = [one for one in report["checks"] if one["command"] == command]
        self.assertEqual(len(checks), 1, report["checks"])
        return checks[0]

    def file_of(self, report, repository, path):
        return repository.git("show", f"{report['branch']}:{path}").decode()

    def texts(self):
        """Every text that the journal holds: prompts, answers, results of tools."""
        zstd = ctypes.CDLL(ctypes.util.find_library("zstd"))
        zstd.ZSTD_decompress.restype = ctypes.c_size_t
        zstd.ZSTD_decompress.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_char_p, ctypes.c_size_t]
        connection = sqlite3.connect(f"file:{self.state}/baton.db?mode=ro", uri=True, timeout=10)
        try:
            rows = connection.execute("SELECT coding, size, data FROM blobs").fetchall()
        finally:
            connection.close()
        texts = []
        for coding, size, data in rows:
            text = data
            if coding == 1:
                room = ctypes.create_string_buffer(max(size, 1))
                self.assertEqual(zstd.ZSTD_decompress(room, size, data, len(data)), size)
                text = room.raw[:size]
            texts.append(bytes(text).decode("utf-8", "replace"))
        return texts

    def assert_clean_end(self, report, repository, before, *mocks):
        """The user's repository is as it was but for the branch, every call is paid once, nothing is left over."""
        self.assertEqual(self.picture(repository), before)
        self.assert_books_balance(report["run_id"], *mocks)
        self.assert_sound()
        if report["status"] == "complete":
            self.assertEqual(self.worktrees(), [])

    def picture(self, repository):
        """Everything of a repository that a run must leave as it is."""
        refs = repository.git("for-each-ref", "--format=%(refname) %(objectname)").decode().splitlines()
        return {"refs": [ref for ref in refs if not ref.startswith("refs/heads/baton/")],
                "head": (repository.folder / ".git/HEAD").read_bytes(),
                "index": (repository.folder / ".git/index").read_bytes(),
                "config": (repository.folder / ".git/config").read_bytes(),
                "worktrees": (repository.folder / ".git/worktrees").exists(),
                "files": {str(path.relative_to(repository.folder)): path.read_bytes()
                          for path in repository.folder.rglob("*")
                          if path.is_file() and ".git" not in path.relative_to(repository.folder).parts}}

    def on_a_terminal(self, *arguments, mock, answers, timeout=60):
        """The program with a terminal of its own; `answers`: (words to wait for, what is typed then; KILL: it is killed)."""
        pid, terminal = pty.fork()
        if pid == 0:
            os.chdir(self.folder / "work")
            os.execve(BATON, command_of(arguments), self.environment(mock))
        shown, seen, waiting, until = b"", 0, list(answers), time.monotonic() + timeout
        while time.monotonic() < until:
            ready, _, _ = select.select([terminal], [], [], 0.2)
            if ready:
                try:
                    piece = os.read(terminal, 65536)
                except OSError:
                    piece = b""
                if not piece:
                    break
                shown += piece
            at = shown.find(waiting[0][0].encode(), seen) if waiting else -1
            if at >= 0:
                words, typed = waiting.pop(0)
                seen = at + len(words.encode())
                if typed is KILL:
                    os.kill(pid, signal.SIGKILL)
                    break
                os.write(terminal, typed.encode())
        else:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            self.fail(f"it did not end in {timeout} s: " + shown.decode("utf-8", "replace"))
        _, status = os.waitpid(pid, 0)
        os.close(terminal)
        self.assertEqual(waiting, [], shown.decode("utf-8", "replace"))
        return Finished(os.waitstatus_to_exitcode(status), shown.decode("utf-8", "replace"), "")
