// SPDX-License-Identifier: Apache-2.0
// Runs cases against all peers: the check that all compute the same, then the clock; a line for each as it ends.

import { difference } from './inputs.mjs';
import { measure, rowOf } from './measure.mjs';
import { Ours } from './ours.mjs';
import { openPeers } from './peers/index.mjs';
import { lineOf, titleOf } from './render/line.mjs';

/** The peers that have this case and compute what we do, by name. */
async function contendersOf({ name, device, spec }, threads, peers, check, say) {
  const found = {};
  for (const [peerName, { peer, devices }] of Object.entries(peers)) {
    if (!devices.includes(device)) continue;
    const theirs = await peer.prepare(spec, threads);
    if (theirs === undefined) continue;
    const problem = difference(check, theirs);
    if (problem === undefined) found[peerName] = (count) => peer.time(count);
    else say(`${name}: ${peerName} computes something else and is left out; ${problem}`);
  }
  return found;
}

async function raceOne(benchmark, { threads, budget, peers, say }) {
  const ours = new Ours(benchmark, threads);
  try {
    const theirs = await contendersOf(benchmark, threads, peers, ours.check, say);
    const contenders = { ours: (count) => ours.time(count), ...theirs };
    const seconds = await measure(contenders, { budget: budget * (benchmark.patience ?? 1), threads });
    return rowOf(benchmark, threads, seconds);
  } finally {
    ours.dispose();
  }
}

/**
 * @param cases    of cases/index.mjs
 * @param settings `threads`: a list of numbers · `budget`: seconds · `say`: takes each line of output
 * @returns the rows of the report
 */
export async function race(cases, { threads, budget, say }) {
  const peers = await openPeers(
    cases.map(({ device }) => device),
    say,
  );
  const names = Object.keys(peers);
  const rows = [];
  try {
    say(titleOf(names));
    for (const benchmark of cases) {
      for (const count of benchmark.device === 'js' ? [1] : threads) {
        const row = await raceOne(benchmark, { threads: count, budget, peers, say });
        rows.push(row);
        say(lineOf(row, names));
      }
    }
  } finally {
    for (const { peer } of Object.values(peers)) peer.close();
  }
  return rows;
}
