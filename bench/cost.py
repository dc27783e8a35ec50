"""What the reference sprint costs, on the stand-in's own bill, with each lever of the engine in turn.

Five agents, 20 calls each in a tool loop: the first prompt has 15,000 tokens, each call adds 4,000 to
the next and answers with 1,500 (docs/cost-model.md derives the figures on paper). `sprint` drives them
through the engine as `baton review` drives a review: core, journal, HTTP client, over sockets. A row
counts only if the ledger, folded from the journal, equals the stand-in's bill to the picodollar, in
total and by model, tokens of each class and number of calls included.
"""

import dataclasses
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import urllib.request
from decimal import Decimal

MODELS = {"deep": "claude-opus-4-7", "fast": "claude-haiku-4-5"}
CLASSES = {"input": "input_tokens", "cache_write_5m": "cache_creation_5m_input_tokens",
           "cache_write_1h": "cache_creation_1h_input_tokens", "cache_read": "cache_read_input_tokens",
           "output": "output_tokens"}

PREFIX, SHARED, GROWTH, CALLS, OUTPUT = 15_000, 14_000, 4_000, 20, 1_500
AT_THE_END = PREFIX + (CALLS - 1) * GROWTH  # the prompt of an agent's last call
# Before each answer: calls that start together are in flight together.
LATENCY = ["--answer-latency", "20"]
LOOP = [*LATENCY, "--tool-turns", str(CALLS), "--output-tokens", str(OUTPUT)]


# ---- what is run -----------------------------------------------------------------------------------


def agents(role, tier, count, loops=True, prefix=PREFIX, checked=0, batch=False):
    return {"role": role, "tier": tier, "count": count, "loops": loops, "prefix": prefix,
            "checked": checked, "batch": batch}


def plan(*groups, shared=SHARED, cache=True, gate_ms=20_000, gap_ms=0, max_output=4_000):
    return {"shared": shared, "growth": GROWTH, "max_output": max_output, "cache": cache,
            "gate_ms": gate_ms, "gap_ms": gap_ms, "agents": groups}


LEAD = agents("orchestrator", "deep", 1)


def sprint(workers, checked=0, **more):
    return plan(LEAD, agents("worker", workers, 4, checked=checked), **more)


def one_by_one():
    """The workers' calls, each by itself: nobody goes on from anybody's answer."""
    calls = [agents("worker", "fast", 4, loops=False, prefix=PREFIX + n * GROWTH, batch=True) for n in range(CALLS)]
    return plan(LEAD, *calls)


def at_once():
    """What a worker has read and written in the end, as one question and one answer."""
    return plan(LEAD, agents("worker", "fast", 4, loops=False, prefix=AT_THE_END, batch=True), max_output=32_000)


def fan_out(**more):
    siblings = [agents("worker", tier, 16, loops=False, prefix=51_000) for tier in MODELS]
    return plan(*siblings, shared=50_000, **more)


@dataclasses.dataclass
class Row:
    name: str
    title: str
    plans: list  # one run each; the row is their mean
    stand_in: list = dataclasses.field(default_factory=lambda: LOOP)
    rules: list = dataclasses.field(default_factory=list)  # of the stand-in's script
    paper: str | None = None
    at_most: str | None = None
    cached_at_least: int | None = None  # percent of the prompt
    writers: int | None = None  # calls of each model that write to the cache


IN_ONE_ANSWER = [{"match": {"batch": True}, "answer": {"output_tokens": CALLS * OUTPUT}}]
SIBLINGS = ["--output-tokens", "500", "--answer-latency", "200"]

SPRINTS = [
    Row("1", "all deep, no cache", [sprint("deep", cache=False)], paper="30.25"),
    Row("2", "all deep, cached; no two agents share a prefix", [sprint("deep", shared=0)], paper="9.01625",
        cached_at_least=88),
    Row("2 s", "all deep, cached; 14,000 tokens of the prefix are shared", [sprint("deep")], paper="8.69425",
        cached_at_least=88),
    Row("2 h", "as 2, if calls were ten minutes apart: entries of an hour", [sprint("deep", shared=0, gap_ms=600_000)],
        paper="11.4875", cached_at_least=88),
    Row("3 a", "1 deep, 4 fast, cached; no two agents share a prefix", [sprint("fast", shared=0)], paper="3.24585",
        at_most="3.40", cached_at_least=88),
    Row("3", "1 deep, 4 fast, cached; shared as in 2 s", [sprint("fast")], paper="3.19755", at_most="3.40",
        cached_at_least=88),
    Row("4", "as 3, 40 % of the workers' tasks by checkers", [sprint("fast", checked=n) for n in (1, 2, 1, 2, 2)],
        paper="2.64627", at_most="2.70", cached_at_least=88),
    Row("5", "as 3, each worker one batched call with all it reads and writes", [at_once()], rules=IN_ONE_ANSWER,
        paper="2.2681"),
    Row("5 s", "as 3, the workers' 80 calls batched singly; half of them miss the cache", [one_by_one()],
        stand_in=[*LOOP, "--rate-batch-cache-miss", "0.5"]),
]
FAN_OUTS = [
    Row("6 n", "no cache", [fan_out(cache=False)], stand_in=SIBLINGS, paper="5.136", writers=0),
    Row("6 w", "cached, but nobody waits for the first", [fan_out(gate_ms=0)], stand_in=SIBLINGS, paper="6.336",
        writers=16),
    Row("6", "cached: the others wait for the first answer to begin", [fan_out()], stand_in=SIBLINGS, paper="1.161",
        writers=1),
]


# ---- running ---------------------------------------------------------------------------------------


@dataclasses.dataclass
class Measured:
    usd: Decimal
    calls: int
    tokens: dict  # by class
    writers: dict  # by model: calls that wrote to the cache

    @property
    def cached_percent(self):
        prompt = sum(count for kind, count in self.tokens.items() if kind != "output")
        return 100 * self.tokens["cache_read"] / prompt if prompt else 0.0


class StandIn:
    def __init__(self, baton, row, folder):
        script = folder / "script.json"
        script.write_text(json.dumps({"rules": row.rules}))
        self.command = [baton, "mock-api", "--port", "0", "--no-tool-prompt", "--script", script, *row.stand_in]

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE, text=True)
        self.url = self.process.stdout.readline().removeprefix("listening on ").strip()
        return self

    def get(self, path):
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(self.url + path, timeout=10) as answer:
            return json.load(answer)

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()


def account(usd, calls, tokens):
    return {"usd": Decimal(usd), "calls": calls, "tokens": tokens}


def of_ledger(cost):
    models = {name: account(line["charged_usd"], line["calls"], line["tokens"])
              for name, line in cost["by_model"].items()}
    return account(cost["total_usd"], cost["calls"], cost["tokens"]), models


def of_bill(bill):
    models = {name: account(line["total_usd"], line["requests"], {own: line[wire] for own, wire in CLASSES.items()})
              for name, line in bill["by_model"].items()}
    tokens = {own: sum(model["tokens"][own] for model in models.values()) for own in CLASSES}
    return account(bill["total_usd"], bill["requests"], tokens), models


def run(sprint_program, baton, row, work, folder):
    """Drives one plan against a fresh stand-in. The bill, once the ledger has been found equal to it."""
    (folder / "plan.json").write_text(json.dumps(work))
    with StandIn(baton, row, folder) as stand_in:
        environment = {"PATH": os.environ["PATH"], "ANTHROPIC_API_KEY": "bench", "ANTHROPIC_BASE_URL": stand_in.url}
        done = subprocess.run([sprint_program, folder / "plan.json", folder / "state"], env=environment,
                              capture_output=True, text=True, timeout=120)
        if done.returncode != 0:
            sys.exit(f"bench: row {row.name}: {done.stderr}")
        told, bill, requests = json.loads(done.stdout), stand_in.get("/__bill"), stand_in.get("/__requests")
    if told["status"] != "complete":
        sys.exit(f"bench: row {row.name} ended {told['status']}: {told['reason']}")
    ledger, billed = of_ledger(told["cost"]), of_bill(bill)
    if ledger != billed:
        sys.exit(f"bench: row {row.name}: the ledger is not the bill\nledger: {ledger}\nbill:   {billed}")
    writers = {model: 0 for model in billed[1]}
    for request in requests:
        writers[request["model"]] += request["usage"]["cache_creation_5m_input_tokens"] > 0
    total = billed[0]
    return Measured(total["usd"], total["calls"], total["tokens"], writers)


def measure(sprint_program, baton, row, scratch):
    runs = []
    for work in row.plans:
        with tempfile.TemporaryDirectory(dir=scratch) as folder:
            runs.append(run(sprint_program, baton, row, work, pathlib.Path(folder)))
    count = len(runs)
    return Measured(
        usd=sum((one.usd for one in runs), Decimal(0)) / count,
        calls=sum(one.calls for one in runs) / count,
        tokens={kind: sum(one.tokens[kind] for one in runs) / count for kind in CLASSES},
        writers=runs[0].writers)


# ---- showing ---------------------------------------------------------------------------------------


def misses(row, measured):
    """What of the row's aims is not met."""
    if row.at_most and measured.usd > Decimal(row.at_most):
        yield f"row {row.name} costs ${measured.usd}, more than ${row.at_most}"
    if row.cached_at_least and measured.cached_percent < row.cached_at_least:
        yield f"row {row.name} reads {measured.cached_percent:.1f} % from the cache, less than {row.cached_at_least} %"
    # Texts are cut to whole tokens, of which some tokenizers cannot make every number.
    if row.paper and abs(measured.usd / Decimal(row.paper) - 1) > Decimal("0.001"):
        yield f"row {row.name} costs ${measured.usd}; on paper it is ${row.paper}"
    if row.writers is not None and set(measured.writers.values()) != {row.writers}:
        yield f"row {row.name}: calls that wrote to the cache: {measured.writers}; {row.writers} of each model expected"


def writes_of(found):
    return found.tokens["cache_write_5m"] + found.tokens["cache_write_1h"]


# Of a table: a title, and what stands below it.
COLUMNS = [
    ("calls", lambda row, found: f"{found.calls:,.4g}"),
    ("input", lambda row, found: f"{found.tokens['input']:,.0f}"),
    ("cache writes", lambda row, found: f"{writes_of(found):,.0f}"),
    ("cache reads", lambda row, found: f"{found.tokens['cache_read']:,.0f}"),
    ("output", lambda row, found: f"{found.tokens['output']:,.0f}"),
    ("of the prompt, read", lambda row, found: f"{found.cached_percent:.1f} %"),
    ("bill, $", lambda row, found: f"{found.usd:.4f}"),
    ("on paper, $", lambda row, found: row.paper or ""),
]
AIM = ("aim, $", lambda row, found: row.at_most or "")
WRITERS = ("calls that write, deep and fast",
           lambda row, found: " and ".join(str(found.writers[model]) for model in MODELS.values()))


def show(title, rows, columns, measured_of):
    print(f"\n### {title}\n\n| | |", *(f" {head} |" for head, _ in columns), "\n|---|---|", "---:|" * len(columns), sep="")
    missed = []
    for row in rows:
        found = measured_of(row)
        print(f"| {row.name} | {row.title} |", *(f" {value(row, found)} |" for _, value in columns), sep="")
        sys.stdout.flush()
        missed += misses(row, found)
    return missed


def main(build, scratch):
    baton, sprint_program = build / "baton", build / "bench" / "sprint"
    for program in (baton, sprint_program):
        if not program.exists():
            sys.exit(f"bench: {program} is not there; `./dev bench` builds it")
    def measured_of(row):
        return measure(sprint_program, baton, row, scratch)

    missed = show("cost: the reference sprint, five agents of 20 calls", SPRINTS, [*COLUMNS, AIM], measured_of)
    missed += show("cost: 16 deep and 16 fast siblings on one prefix of 50,000 tokens", FAN_OUTS, [*COLUMNS, WRITERS],
                   measured_of)
    print("\nIn every row the ledger equals the stand-in's bill to the picodollar.")
    if missed:
        sys.exit("bench: " + "; ".join(missed))
