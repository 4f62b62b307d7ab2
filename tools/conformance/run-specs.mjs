// SPDX-License-Identifier: Apache-2.0
// Runs tfjs-core's specs on one backend in a process of its own; when that dies or hangs, a new one goes on with the rest.

import { spawn } from 'node:child_process';
import { mkdtempSync, openSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const SILENCE = 120_000; // milliseconds without an event after which a process hangs
const MOST_DEATHS = 5; // the specs that are then left do not run
const program = join(import.meta.dirname, 'specs.cjs');

/** Waits for the end of a process, which is killed when the file of its events has not grown for too long. */
function ending(child, events) {
  let hung = false;
  const watch = setInterval(() => {
    hung ||= Date.now() - statSync(events).mtimeMs > SILENCE;
    if (hung) child.kill('SIGKILL');
  }, 1000);
  return new Promise((resolve) => {
    child.on('close', (status, signal) => {
      clearInterval(watch);
      resolve(hung ? `hung for ${SILENCE / 1000} s` : signal !== null ? `died of ${signal}` : `exited with ${status}`);
    });
  });
}

/**
 * Every spec's outcome, by key: `{ status, messages, reached, delegated }`, the last two being names of kernels. A spec in which the
 * process died has failed; so have functions around specs, under the name of their suite.
 */
export async function runSpecs({ folder, module, backend, device }) {
  const work = mkdtempSync(join(tmpdir(), 'nabla-conformance-'));
  const outcomes = new Map();
  try {
    for (let deaths = 0; ; deaths++) {
      const files = Object.fromEntries(
        ['job', 'events', 'output'].map((name) => [name, join(work, `${name}-${deaths}`)]),
      );
      writeFileSync(files.events, '');
      const done = [...outcomes.keys()];
      writeFileSync(files.job, JSON.stringify({ folder, module, backend, device, done, events: files.events }));
      const output = openSync(files.output, 'w');
      const child = spawn(process.execPath, [program, files.job], { stdio: ['ignore', output, output] });
      const how = await ending(child, files.events);

      let specs;
      let current;
      let ended = false;
      for (const line of readFileSync(files.events, 'utf8').split('\n').filter(Boolean)) {
        const { event, key, ...rest } = JSON.parse(line);
        if (event === 'ready') specs = rest.specs;
        else if (event === 'started') current = key;
        else if (event === 'end') ended = true;
        else if (event === 'broken') throw new Error(rest.message);
        else outcomes.set(key, { status: 'failed', reached: [], delegated: [], ...rest });
        if (event === 'done') current = undefined;
      }
      if (ended) return { specs, outcomes };
      if (current === undefined)
        throw new Error(`the process ${how}\n${readFileSync(files.output, 'utf8').slice(-2000)}`);
      outcomes.set(current, { status: 'failed', messages: [`The process ${how}.`], reached: [], delegated: [] });
      if (deaths + 1 === MOST_DEATHS) return { specs, outcomes };
    }
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
