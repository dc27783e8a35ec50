// The yardstick a user would pick: the official TypeScript SDK, streaming, without a journal.
//
//   node sdk_client.mjs URL WORK.json
//
// WORK.json: {plan, worker, calls, parallel}; plan (may be null) and worker are request bodies, and
// "@NUMBER@" in a worker's prompt becomes its number. Prints {"finished": N}.
import Anthropic from '@anthropic-ai/sdk';
import { readFileSync } from 'node:fs';

const [url, file] = process.argv.slice(2);
const work = JSON.parse(readFileSync(file, 'utf8'));
const client = new Anthropic({ apiKey: 'bench', baseURL: url });
const worker = JSON.stringify(work.worker);

async function call(params) {
  let text = '';
  for await (const event of await client.messages.create(params)) {
    if (event.type === 'content_block_delta') text += event.delta.text;
  }
  return JSON.parse(text);
}

let next = 0;
let finished = 0;

async function hand() {
  while (next < work.calls) {
    const number = next++;
    try {
      await call(JSON.parse(worker.replace('@NUMBER@', String(number))));
      ++finished;
    } catch (error) {
      if (!(error instanceof Anthropic.APIError)) throw error;  // its own retries are used up
    }
  }
}

if (work.plan) await call(work.plan);
await Promise.all(Array.from({ length: Math.min(work.parallel, work.calls) }, hand));
console.log(JSON.stringify({ finished }));
