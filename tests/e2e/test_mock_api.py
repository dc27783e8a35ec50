"""The stand-in for the Messages API over its sockets: what its own unit tests cannot see."""

import http.client
import json
import time
import unittest
from decimal import Decimal

from harness import BatonTest, wait_until

HEADERS = {"x-api-key": "any", "anthropic-version": "2023-06-01", "content-type": "application/json"}
TOOL = {"name": "read_log", "input_schema": {"type": "object", "required": ["step", "why"], "properties": {
    "step": {"type": "integer", "minimum": 1}, "why": {"type": "string"}}}}


def request(**fields):
    return {"model": "claude-haiku-4-5", "max_tokens": 1000,
            "messages": [{"role": "user", "content": "Name the three laws."}], **fields}


def events(body):
    return [json.loads(line[6:]) for line in body.decode().splitlines() if line.startswith("data: ")]


class MockApi(BatonTest):
    def send(self, mock, path, body=None, method=None):
        """(status, headers, body) of one request on a connection of its own."""
        connection = http.client.HTTPConnection(mock.url.removeprefix("http://"), timeout=20)
        self.addCleanup(connection.close)
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
        connection.request(method or ("GET" if body is None else "POST"), path, body, HEADERS)
        answer = connection.getresponse()
        return answer.status, dict((name.lower(), value) for name, value in answer.getheaders()), answer.read()

    def ask(self, mock, **fields):
        status, headers, body = self.send(mock, "/v1/messages", request(**fields))
        self.assertEqual(status, 200, body)
        return json.loads(body), headers

    def batch(self, mock, *items):
        return self.send(mock, "/v1/messages/batches", {"requests": [
            {"custom_id": name, "params": params} for name, params in items]})

    def test_a_batch_may_be_longer_than_a_message(self):
        mock = self.mock("--batch-seconds", "600")
        long = request(messages=[{"role": "user", "content": "x" * (40 << 20)}])
        self.assertEqual(self.send(mock, "/v1/messages", long)[0], 413)
        self.assertEqual(self.batch(mock, ("long", long))[0], 200)

    def test_a_create_that_is_cut_sends_no_byte_and_makes_its_batch(self):
        mock = self.mock("--cut-batch-create", "1")
        with self.assertRaises(http.client.RemoteDisconnected):
            self.batch(mock, ("a", request()), ("b", request()))
        [made] = mock.get("/__batches")
        self.assertEqual((made["custom_ids"], made["answer_cut"]), (["a", "b"], True))
        self.assertEqual(self.batch(mock, ("c", request()))[0], 200)
        self.assertEqual(len(mock.get("/__batches")), 2)

    def test_items_are_answered_one_after_the_other_until_the_batch_ends(self):
        mock = self.mock("--batch-seconds", "1")
        batch = json.loads(self.batch(mock, *((f"i{n}", request()) for n in range(10)))[2])
        done = wait_until(lambda: 0 < (seen := mock.get("/__batches")[0])["processed"] < 10 and seen, what="a part")
        self.assertEqual(done["status"], "in_progress")
        path = f"/v1/messages/batches/{batch['id']}"
        ended = wait_until(lambda: (told := json.loads(self.send(mock, path)[2]))["results_url"] and told, what="the end")
        self.assertEqual(ended["request_counts"], {"processing": 0, "succeeded": 10, "errored": 0, "canceled": 0,
                                                   "expired": 0})
        status, headers, lines = self.send(mock, ended["results_url"].removeprefix(mock.url))
        self.assertEqual((status, headers["content-type"]), (200, "application/x-jsonl"))
        ids = [json.loads(line)["custom_id"] for line in lines.splitlines()]
        self.assertEqual(sorted(ids), sorted(f"i{n}" for n in range(10)))
        live, batched = self.ask(mock)[0]["usage"], json.loads(lines.splitlines()[0])["result"]["message"]["usage"]
        self.assertEqual((live.pop("service_tier"), batched.pop("service_tier")), ("standard", "batch"))
        self.assertEqual(live, batched)
        bill = mock.bill()
        self.assertEqual(Decimal(bill["batch"]["total_usd"]), 5 * Decimal(mock.requests()[-1]["charge_usd"]))

    def test_a_streamed_call_comes_in_pieces_that_join_to_its_input(self):
        mock = self.mock("--tool-turns", "2", "--deltas", "6")
        status, _, body = self.send(mock, "/v1/messages", request(stream=True, tools=[TOOL]))
        self.assertEqual(status, 200)
        told = events(body)
        begin = next(event for event in told if event["type"] == "content_block_start")
        self.assertEqual((begin["content_block"]["name"], begin["content_block"]["input"]), ("read_log", {}))
        pieces = [event["delta"] for event in told if event["type"] == "content_block_delta"]
        self.assertEqual({piece["type"] for piece in pieces}, {"input_json_delta"})
        self.assertEqual(len(pieces), 6)
        given = json.loads("".join(piece["partial_json"] for piece in pieces))
        self.assertGreaterEqual(given["step"], 1)
        self.assertIsInstance(given["why"], str)
        self.assertEqual(told[-2]["delta"]["stop_reason"], "tool_use")

    def test_a_known_volume_of_output_is_billed_to_the_token(self):
        for model in ("claude-haiku-4-5", "claude-opus-4-7", "claude-opus-5-5"):
            mock = self.mock("--output-tokens", "777", "--tool-turns", "3")
            for stream in (False, True):
                for tools in ([], [TOOL]):
                    body = request(model=model, stream=stream, **({"tools": tools} if tools else {}))
                    self.assertEqual(self.send(mock, "/v1/messages", body)[0], 200)
            self.assertEqual(mock.bill()["by_model"][model]["output_tokens"], 4 * 777)

    def test_limits_are_told_with_every_response(self):
        mock = self.mock("--rpm", "3", "--itpm", "100000", "--limit", "opus-4=1:0:0")
        name = "anthropic-ratelimit-requests-remaining"
        remaining = [self.ask(mock)[1][name],
                     self.send(mock, "/v1/messages", request(stream=True))[1][name],
                     self.send(mock, "/v1/messages", request(max_tokens=-1))[1][name],
                     self.ask(mock)[1][name]]
        self.assertEqual(remaining, ["2", "1", "1", "0"])
        status, headers, _ = self.send(mock, "/v1/messages", request())
        self.assertEqual((status, headers[name]), (429, "0"))
        self.assertIn(int(headers["retry-after"]), (19, 20))
        self.assertEqual(self.ask(mock, model="claude-opus-4-8")[1][name], "0")
        self.assertEqual(self.send(mock, "/v1/messages", request(model="claude-opus-4-5"))[0], 429)
        told = mock.get("/__limits")
        self.assertEqual({kind: (told[kind]["admitted"], told[kind]["refused"]) for kind in told},
                         {"haiku-4-5": (3, 1), "opus-4": (1, 1)})

    def test_a_client_that_obeys_uses_what_it_is_allowed_and_never_more(self):
        mock = self.mock("--rpm", "600", "--burst-seconds", "0.5")
        until = time.monotonic() + 3
        answered = 0
        while time.monotonic() < until:
            status, headers, _ = self.send(mock, "/v1/messages", request())
            answered += status == 200
            if headers["anthropic-ratelimit-requests-remaining"] == "0":
                time.sleep(0.1)
        told = mock.get("/__limits")["haiku-4-5"]
        self.assertEqual(told["requests"]["used"], answered)
        self.assertGreater(told["requests"]["share"], 0.7)
        self.assertLessEqual(told["requests"]["share"], 1)

    def test_cache_reads_are_free_of_the_input_limit(self):
        mock = self.mock("--itpm", "20000")
        shared = [{"type": "text", "text": "x" * 60_000, "cache_control": {"type": "ephemeral"}}]
        for _ in range(20):
            self.ask(mock, system=shared)
        told = mock.get("/__limits")["haiku-4-5"]
        self.assertEqual((told["admitted"], told["refused"]), (20, 0))
        self.assertLess(told["input_tokens"]["used"], 16_000)


if __name__ == "__main__":
    unittest.main()
