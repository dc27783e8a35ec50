// The stand-in, judged by clients that were not written here: the official SDK, old and new line.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { withMock } from './mock.mjs';

for (const name of Object.keys(process.env)) {
  if (name.startsWith('ANTHROPIC_')) delete process.env[name];
}

const question = { role: 'user', content: 'Name the three laws.' };
const basic = { model: 'claude-opus-4-7', max_tokens: 1024, messages: [question] };
const severitySchema = {
  type: 'object',
  properties: {
    severity: { type: 'string', enum: ['low', 'medium', 'high'] },
    file: { type: 'string' },
  },
  required: ['severity', 'file'],
  additionalProperties: false,
};
const readLog = {
  name: 'read_log',
  description: 'Return lines of a log.',
  input_schema: {
    type: 'object',
    properties: { step: { type: 'integer' }, why: { type: 'string' } },
    required: ['step', 'why'],
    additionalProperties: false,
  },
};

// Collects what an async iterable yields until it ends or throws.
async function drain(events) {
  const seen = [];
  try {
    for await (const event of events) seen.push(event);
    return { seen };
  } catch (error) {
    return { seen, error };
  }
}

for (const line of ['0x', '1x']) {
  const sdk = await import(`anthropic-sdk-${line}`);
  const Anthropic = sdk.default;
  const client = (url, options = {}) =>
    new Anthropic({ apiKey: 'test-key', baseURL: url, maxRetries: 0, ...options });
  const story = (name, settings, body) =>
    test(`${line}: ${name}`, { timeout: 30_000 }, () => withMock(settings, body));

  story('create returns a whole message, and the bill is its usage', {}, async ({ url, bill }) => {
    const message = await client(url).messages.create(basic);
    assert.equal(message.type, 'message');
    assert.equal(message.role, 'assistant');
    assert.equal(message.model, 'claude-opus-4-7');
    assert.equal(message.stop_reason, 'end_turn');
    assert.equal(message.content[0].type, 'text');
    assert.ok(message.content[0].text.length > 0);
    assert.match(message._request_id, /^req_/);
    const { input_tokens: input, output_tokens: output } = message.usage;
    const total = await bill();
    assert.equal(Number(total.total_usd), (input * 5 + output * 25) / 1e6);
    assert.equal(total.requests, 1);
    assert.equal(total.by_model['claude-opus-4-7'].output_tokens, output);
  });

  story('a stream tells its events in order and adds up to the same message', {
    args: ['--deltas', '7', '--stream-seconds', '0.1'],
  }, async ({ url, requests }) => {
    const stream = client(url).messages.stream(basic);
    const types = [];
    let text = '';
    stream.on('streamEvent', (event) => types.push(event.type));
    stream.on('text', (piece) => { text += piece; });
    const message = await stream.finalMessage();
    assert.equal(types[0], 'message_start');
    assert.equal(types.at(-1), 'message_stop');
    assert.equal(types.filter((type) => type === 'content_block_delta').length, 7);
    assert.equal(message.content[0].text, text);
    assert.equal(message.stop_reason, 'end_turn');
    assert.equal(message.usage.cache_creation.ephemeral_5m_input_tokens, 0);
    const [record] = await requests();
    assert.equal(record.usage.output_tokens, message.usage.output_tokens);
    assert.equal(record.streamed, true);
    assert.equal(record.cut, false);
  });

  story('a model that thinks sends a signed thinking block first', {}, async ({ url }) => {
    const message = await client(url)
      .messages.stream({ ...basic, model: 'claude-opus-5-5' })
      .finalMessage();
    assert.deepEqual(message.content.map((block) => block.type), ['thinking', 'text']);
    assert.ok(message.content[0].signature.length > 0);
  });

  story('structured output follows its schema and speaks of the prompt', {}, async ({ url }) => {
    const message = await client(url).messages.create({
      ...basic,
      messages: [{ role: 'user', content: 'Judge src/disk.cc:\n  12| int free;' }],
      output_config: { format: { type: 'json_schema', schema: severitySchema } },
    });
    const answer = JSON.parse(message.content[0].text);
    assert.deepEqual(Object.keys(answer), ['severity', 'file']);
    assert.ok(severitySchema.properties.severity.enum.includes(answer.severity));
    assert.equal(answer.file, 'src/disk.cc');
  });

  story('a forced tool is called with valid input, and its result is taken', {}, async ({ url }) => {
    const request = {
      ...basic,
      model: 'claude-haiku-4-5',
      tools: [readLog],
      tool_choice: { type: 'tool', name: 'read_log' },
    };
    for (const message of [
      await client(url).messages.create(request),
      await client(url).messages.stream(request).finalMessage(),
    ]) {
      assert.equal(message.stop_reason, 'tool_use');
      const [call] = message.content;
      assert.equal(call.type, 'tool_use');
      assert.ok(Number.isInteger(call.input.step));
      assert.equal(typeof call.input.why, 'string');
      const next = await client(url).messages.create({
        ...request,
        tool_choice: { type: 'auto' },
        messages: [
          question,
          { role: 'assistant', content: message.content },
          {
            role: 'user',
            content: [{ type: 'tool_result', tool_use_id: call.id, content: 'undefined symbol' }],
          },
        ],
      });
      assert.equal(next.stop_reason, 'end_turn');
    }
  });

  story('tokens are counted as they are billed', {}, async ({ url }) => {
    const { max_tokens: _, ...counted } = basic;
    const count = await client(url).messages.countTokens(counted);
    const message = await client(url).messages.create(basic);
    assert.equal(count.input_tokens, message.usage.input_tokens);
  });

  story('models are listed page by page and found by alias', {}, async ({ url }) => {
    const ids = [];
    for await (const model of client(url).models.list({ limit: 4 })) ids.push(model.id);
    assert.equal(new Set(ids).size, ids.length);
    assert.ok(ids.includes('claude-opus-4-7'));
    const haiku = await client(url).models.retrieve('claude-haiku-4-5');
    assert.equal(haiku.id, 'claude-haiku-4-5-20251001');
    assert.equal(haiku.max_tokens, 64000);
    await assert.rejects(client(url).models.retrieve('claude-none'), sdk.NotFoundError);
  });

  story('errors come as their own classes', { args: ['--key', 'test-key'] }, async ({ url, bill }) => {
    const calls = client(url).messages;
    await assert.rejects(
      client(url, { apiKey: 'wrong' }).messages.create(basic), sdk.AuthenticationError);
    await assert.rejects(calls.create({ ...basic, model: 'claude-none-1' }), sdk.NotFoundError);
    await assert.rejects(calls.create({ ...basic, max_tokens: 200_000, stream: true }), (error) => {
      assert.ok(error instanceof sdk.BadRequestError);
      assert.equal(error.status, 400);
      assert.equal(error.error.error.type, 'invalid_request_error');
      assert.match(error.requestID, /^req_/);
      return true;
    });
    assert.equal((await bill()).total_usd, '0.00');
  });

  for (const [status, type, name] of [
    [429, 'rate_limit_error', 'RateLimitError'],
    [500, 'api_error', 'InternalServerError'],
    [529, 'overloaded_error', 'InternalServerError'],
    [403, 'permission_error', 'PermissionDeniedError'],
  ]) {
    story(`status ${status} is a ${name}`, {
      script: [{ answer: { status } }],
    }, async ({ url }) => {
      await assert.rejects(client(url).messages.create(basic), (error) => {
        assert.ok(error instanceof sdk[name], `${error}`);
        assert.equal(error.status, status);
        assert.equal(error.error.error.type, type);
        return true;
      });
    });
  }

  story('a spend limit is a 429 without retry-after', {
    args: ['--spend-limit', '0.0001'],
  }, async ({ url }) => {
    await client(url).messages.create(basic);
    await assert.rejects(client(url).messages.create(basic), (error) => {
      assert.ok(error instanceof sdk.RateLimitError);
      assert.equal(error.error.error.details.error_code, 'enforced_spend_limit_reached');
      assert.equal(new Headers(error.headers).get('retry-after'), null);
      return true;
    });
  });

  story('rate limits are told in headers and enforced', { args: ['--rpm', '1'] }, async ({ url }) => {
    const { response } = await client(url).messages.create(basic).withResponse();
    assert.equal(response.headers.get('anthropic-ratelimit-requests-limit'), '1');
    assert.equal(response.headers.get('anthropic-ratelimit-requests-remaining'), '0');
    await assert.rejects(client(url).messages.create(basic), (error) => {
      assert.ok(error instanceof sdk.RateLimitError);
      assert.ok(Number(new Headers(error.headers).get('retry-after')) > 0);
      return true;
    });
  });

  story('the SDK retries what may be retried, and each try is seen', {
    script: [
      { match: { request: 1 }, answer: { status: 529 } },
      { match: { request: 2 }, answer: { status: 500 } },
    ],
  }, async ({ url, requests, bill }) => {
    const message = await client(url, { maxRetries: 2 }).messages.create(basic);
    assert.equal(message.stop_reason, 'end_turn');
    const records = await requests();
    assert.deepEqual(records.map((record) => record.status), [529, 500, 200]);
    assert.deepEqual(records.map((record) => record.retry_count), [0, 1, 2]);
    assert.deepEqual(records.map((record) => Number(record.charge_usd) > 0), [false, false, true]);
    assert.equal((await bill()).requests, 3);
  });

  story('a stream that is cut raises, and is billed for what came', {
    args: ['--deltas', '10', '--stream-seconds', '0.05'],
    script: [{ answer: { break: 'cut', break_at: 0.5 } }],
  }, async ({ url, requests }) => {
    const { seen, error } = await drain(await client(url).messages.create({ ...basic, stream: true }));
    assert.ok(error, 'the cut must not look like an end');
    assert.ok(!seen.some((event) => event.type === 'message_stop'));
    const [record] = await requests();
    assert.equal(record.cut, true);
    assert.ok(record.usage.input_tokens > 0);
    assert.ok(record.usage.output_tokens > 0);
  });

  story('overloaded in mid-stream raises', {
    script: [{ answer: { break: 'overloaded_error' } }],
  }, async ({ url }) => {
    const { error } = await drain(await client(url).messages.create({ ...basic, stream: true }));
    assert.ok(error instanceof sdk.APIError);
    assert.match(JSON.stringify(error.error), /overloaded_error/);
  });

  story('a malformed event raises', {
    script: [{ answer: { break: 'malformed' } }],
  }, async ({ url }) => {
    const { error } = await drain(await client(url).messages.create({ ...basic, stream: true }));
    assert.ok(error);
  });

  story('a refusal and a truncated answer say so', {
    script: [
      { match: { contains: 'forbidden' }, answer: { stop_reason: 'refusal', refusal_category: 'cyber' } },
    ],
  }, async ({ url, bill }) => {
    const refused = await client(url).messages.create({
      ...basic, messages: [{ role: 'user', content: 'forbidden' }] });
    assert.equal(refused.stop_reason, 'refusal');
    assert.equal(refused.stop_details.category, 'cyber');
    assert.equal((await bill()).total_usd, '0.00');
    const short = await client(url).messages.create({ ...basic, max_tokens: 3 });
    assert.equal(short.stop_reason, 'max_tokens');
    assert.equal(short.usage.output_tokens, 3);
  });

  story('a marked prefix is written once and read after', {}, async ({ url, bill }) => {
    const shared = 'Every rule of the house, said at length. '.repeat(300);
    const request = {
      ...basic,
      system: [{ type: 'text', text: shared, cache_control: { type: 'ephemeral' } }],
    };
    const first = (await client(url).messages.create(request)).usage;
    const second = (await client(url).messages.stream(request).finalMessage()).usage;
    assert.ok(first.cache_creation_input_tokens > 2048);
    assert.equal(first.cache_read_input_tokens, 0);
    assert.equal(first.cache_creation.ephemeral_5m_input_tokens, first.cache_creation_input_tokens);
    assert.equal(second.cache_creation_input_tokens, 0);
    assert.equal(second.cache_read_input_tokens, first.cache_creation_input_tokens);
    assert.equal(second.input_tokens, first.input_tokens);
    const account = (await bill()).by_model['claude-opus-4-7'];
    assert.equal(account.cache_creation_5m_input_tokens, first.cache_creation_input_tokens);
    assert.equal(account.cache_read_input_tokens, second.cache_read_input_tokens);
  });

  const counted = ({ max_tokens: _, stream: __, ...rest }) => rest;

  story('tokens of tools are counted as they are billed', {}, async ({ url }) => {
    const request = { ...basic, tools: [readLog], tool_choice: { type: 'auto' } };
    const count = await client(url).messages.countTokens(counted(request));
    const message = await client(url).messages.create(request);
    assert.equal(count.input_tokens, message.usage.input_tokens);
    const bare = await client(url).messages.countTokens(counted(basic));
    assert.ok(count.input_tokens > bare.input_tokens + 675, 'the API has its own words about tools');
  });

  story('a tool loop goes on for as many turns as it is told, plain and streamed', {
    args: ['--tool-turns', '4', '--tool-calls', '2', '--output-tokens', '321', '--deltas', '5'],
  }, async ({ url, bill }) => {
    for (const ask of [
      (request) => client(url).messages.create(request),
      (request) => client(url).messages.stream(request).finalMessage(),
    ]) {
      const messages = [question];
      const reasons = [];
      for (let turn = 0; turn < 4; turn += 1) {
        const message = await ask({ ...basic, messages, tools: [readLog] });
        reasons.push(message.stop_reason);
        assert.equal(message.usage.output_tokens, 321);
        messages.push({ role: 'assistant', content: message.content });
        const calls = message.content.filter((block) => block.type === 'tool_use');
        assert.equal(calls.length, turn < 3 ? 2 : 0);
        const results = calls.map((call) => {
          assert.ok(Number.isInteger(call.input.step), JSON.stringify(call));
          return { type: 'tool_result', tool_use_id: call.id, content: `lines of ${call.input.step}` };
        });
        messages.push({ role: 'user', content: results });
      }
      assert.deepEqual(reasons, ['tool_use', 'tool_use', 'tool_use', 'end_turn']);
    }
    assert.equal((await bill()).by_model['claude-opus-4-7'].output_tokens, 8 * 321);
  });

  story('a call without its result is refused', {}, async ({ url }) => {
    const call = { type: 'tool_use', id: 'toolu_1', name: 'read_log', input: { step: 1, why: 'x' } };
    const request = {
      ...basic,
      tools: [readLog],
      messages: [question, { role: 'assistant', content: [call] }, { role: 'user', content: 'Well?' }],
    };
    await assert.rejects(client(url).messages.create(request), (error) => {
      assert.ok(error instanceof sdk.BadRequestError);
      assert.match(error.message, /messages\.1: `tool_use` ids were found without `tool_result` blocks/);
      return true;
    });
  });

  story('a cache is warmed without an answer', {}, async ({ url, requests }) => {
    const shared = 'Every rule of the house, said at length. '.repeat(300);
    const request = {
      ...basic,
      system: [{ type: 'text', text: shared, cache_control: { type: 'ephemeral' } }],
    };
    const warmed = await client(url).messages.create({ ...request, max_tokens: 0 });
    assert.deepEqual(warmed.content, []);
    assert.equal(warmed.stop_reason, 'max_tokens');
    assert.equal(warmed.usage.output_tokens, 0);
    const { usage } = await client(url).messages.create(request);
    assert.equal(usage.cache_read_input_tokens, warmed.usage.cache_creation_input_tokens);
    assert.equal((await requests()).length, 2);
  });

  const { stream: _, ...item } = basic;
  const order = (...ids) => ({ requests: ids.map((custom_id) => ({ custom_id, params: item })) });
  const ended = async (batches, id) => {
    for (;;) {
      const batch = await batches.retrieve(id);
      if (batch.processing_status === 'ended') return batch;
      await new Promise((resolve) => { setTimeout(resolve, 20); });
    }
  };

  story('a batch is created, ends, and has a result for each item at half price', {
    args: ['--batch-seconds', '0.2'],
  }, async ({ url, bill, requests }) => {
    const { batches } = client(url).messages;
    const created = await batches.create({
      requests: [
        ...order('a', 'b', 'c').requests,
        { custom_id: 'bad', params: { ...item, model: 'claude-none-1' } },
      ],
    });
    assert.equal(created.type, 'message_batch');
    assert.equal(created.processing_status, 'in_progress');
    assert.deepEqual(created.request_counts,
      { processing: 4, succeeded: 0, errored: 0, canceled: 0, expired: 0 });
    assert.equal(created.results_url, null);
    await assert.rejects(batches.results(created.id), /results_url/);

    const batch = await ended(batches, created.id);
    assert.deepEqual(batch.request_counts,
      { processing: 0, succeeded: 3, errored: 1, canceled: 0, expired: 0 });
    const results = new Map();
    for await (const { custom_id: id, result } of await batches.results(batch.id)) {
      results.set(id, result);
    }
    assert.deepEqual([...results.keys()].sort(), ['a', 'b', 'bad', 'c']);
    assert.equal(results.get('bad').type, 'errored');
    assert.equal(results.get('bad').error.error.type, 'not_found_error');
    const { message } = results.get('a');
    assert.equal(message.usage.service_tier, 'batch');
    assert.equal(message.stop_reason, 'end_turn');
    const { input_tokens: input, output_tokens: output } = message.usage;
    const total = await bill();
    assert.equal(Number(total.total_usd), (3 * (input * 2.5 + output * 12.5)) / 1e6);
    assert.equal(total.batch.total_usd, total.total_usd);
    const records = await requests();
    assert.deepEqual(records.map((record) => record.custom_id), ['a', 'b', 'c', 'bad']);
    assert.ok(records.every((record) => record.batch && record.batch_id === batch.id));
    assert.equal(records[0].message_id, message.id);
  });

  story('batches are listed page by page, newest first', {}, async ({ url }) => {
    const { batches } = client(url).messages;
    const ids = [];
    for (let i = 0; i < 5; i += 1) ids.unshift((await batches.create(order('a'))).id);
    const listed = [];
    for await (const batch of batches.list({ limit: 2 })) listed.push(batch.id);
    assert.deepEqual(listed, ids);
    const page = await batches.list({ limit: 2, before_id: ids[4] });
    assert.deepEqual(page.data.map((batch) => batch.id), ids.slice(2, 4));
  });

  story('a cancelled batch ends with what was done by then', {
    args: ['--batch-seconds', '600', '--batch-cancel-seconds', '0.1'],
  }, async ({ url, bill }) => {
    const { batches } = client(url).messages;
    const { id } = await batches.create(order('a', 'b'));
    await assert.rejects(batches.delete(id), sdk.BadRequestError);
    const canceling = await batches.cancel(id);
    assert.equal(canceling.processing_status, 'canceling');
    assert.ok(canceling.cancel_initiated_at);
    const batch = await ended(batches, id);
    assert.equal(batch.request_counts.canceled, 2);
    for await (const { result } of await batches.results(id)) assert.equal(result.type, 'canceled');
    assert.equal((await bill()).total_usd, '0.00');
    const deleted = await batches.delete(id);
    assert.deepEqual({ ...deleted }, { id, type: 'message_batch_deleted' });
    await assert.rejects(batches.retrieve(id), sdk.NotFoundError);
  });

  story('a create whose answer is lost has made a batch all the same', {
    args: ['--cut-batch-create', '1', '--refuse-batch-create', '2'],
  }, async ({ url }) => {
    const { batches } = client(url).messages;
    await assert.rejects(batches.create(order('a')), { status: 529 });
    await assert.rejects(batches.create(order('a')), { status: 500 });
    await assert.rejects(batches.create(order('a')), sdk.APIConnectionError);
    const { data } = await batches.list();
    assert.equal(data.length, 1);
    assert.notEqual((await batches.create(order('a'))).id, data[0].id);
  });

  story('custom ids are checked at once', {}, async ({ url }) => {
    const { batches } = client(url).messages;
    for (const ids of [['a b'], ['a', 'a'], ['x'.repeat(65)], []]) {
      await assert.rejects(batches.create(order(...ids)), sdk.BadRequestError);
    }
  });
}

test('sampling fields are refused under the new API version and taken under the old', () =>
  withMock({}, async ({ url }) => {
    const request = { ...basic, model: 'claude-sonnet-4-6', temperature: 0.2 };
    const call = async (line) => {
      const { default: Anthropic } = await import(`anthropic-sdk-${line}`);
      return new Anthropic({ apiKey: 'k', baseURL: url, maxRetries: 0 }).messages.create(request);
    };
    assert.equal((await call('0x')).stop_reason, 'end_turn');
    await assert.rejects(call('1x'), { status: 400 });
  }));
