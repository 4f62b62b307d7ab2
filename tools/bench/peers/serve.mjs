// SPDX-License-Identifier: Apache-2.0
// The conversation of a peer in JavaScript: reads requests, one line of JSON each, answers them, and holds the clock.

import { createInterface } from 'node:readline';

import { fingerprint } from '../inputs.mjs';

const say = (answer) => console.log(JSON.stringify(answer));

async function secondsOf(run, count) {
  const start = performance.now();
  for (let i = 0; i < count; i++) await run();
  return (performance.now() - start) / 1e3;
}

async function checkOf(results) {
  const values = Object.entries(await results());
  return Object.fromEntries(values.map(([name, result]) => [name, fingerprint(result)]));
}

/**
 * Answers until there are no more requests.
 *
 * @param version of the peer
 * @param prepare makes the case of a request ready, or gives undefined where the peer has no such case: `run`, `results` (typed
 * arrays by name) and `release`
 */
export async function serve(version, prepare) {
  say({ version });
  let ready;
  for await (const line of createInterface({ input: process.stdin })) {
    const request = JSON.parse(line);
    if (request.do === 'time') {
      say({ seconds: await secondsOf(ready.run, request.count) });
      continue;
    }
    await ready?.release();
    ready = undefined;
    try {
      ready = await prepare(request);
      say(ready === undefined ? {} : { check: await checkOf(ready.results) });
    } catch (error) {
      say({ error: error.message });
    }
  }
}
