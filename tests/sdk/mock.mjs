// Starts the stand-in that BATON_MOCK names (a path, or a command with arguments).
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const command = (process.env.BATON_MOCK ?? '').split(' ').filter(Boolean);
if (command.length === 0) {
  throw new Error('BATON_MOCK must name the stand-in: build/debug/mock_api/baton-mock-api');
}

// Runs `story({url, bill, requests})` against a fresh stand-in, and stops it whatever happens.
// `script` is an array of rules, see docs/mock-api.md.
export async function withMock({ args = [], script }, story) {
  const folder = await mkdtemp(join(tmpdir(), 'baton-sdk-'));
  const options = ['--port', '0', ...args];
  if (script) {
    const file = join(folder, 'script.json');
    await writeFile(file, JSON.stringify({ rules: script }));
    options.push('--script', file);
  }
  const child = spawn(command[0], [...command.slice(1), ...options], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  try {
    const url = await Promise.race([
      firstLine(child.stdout),
      ended.then((code) => Promise.reject(new Error(`the stand-in ended with code ${code}`))),
      new Promise((_, reject) => child.once('error', reject)),
    ]);
    const read = async (path) => (await fetch(url + path)).json();
    await story({
      url,
      bill: () => read('/__bill'),
      requests: () => read('/__requests'),
    });
  } finally {
    child.kill('SIGTERM');
    await ended;
    await rm(folder, { recursive: true, force: true });
  }
}

function firstLine(stream) {
  return new Promise((resolve) => {
    createInterface({ input: stream }).once('line', (line) => {
      resolve(line.replace('listening on ', ''));
    });
  });
}
