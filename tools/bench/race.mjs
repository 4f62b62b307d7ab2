// SPDX-License-Identifier: Apache-2.0
// Runs cases against all peers: the check that all compute the same, then the clock; a line for each as it ends.

import { isShort } from './bars.mjs';
import { difference } from './inputs.mjs';
import { describeRun } from './machine.mjs';
import { measure, medianRatio, mediansOf, rowOf, takeTurns } from './measure.mjs';
import { Neighbour } from './neighbour.mjs';
import { Ours } from './ours.mjs';
import { peakMemory } from './peak-memory.mjs';
import { openHelper, openPeers } from './peers/index.mjs';
import { lineOf, titleOf } from './render/line.mjs';

/** A turn beside a neighbour is long enough for the system to share the processors out several times, in seconds. */
const LONG_TURN = 0.1;
const ALONE = ' alone';

/** The peers that have this case and compute what we do, and the rivals, by name. */
async function contendersOf({ name, device, spec }, threads, peers, rivals, check, say) {
  const found = {};
  for (const [rivalName, rival] of Object.entries(rivals)) {
    const problem = difference(check, rival.check);
    if (problem !== undefined) throw new Error(`${name}: ${rivalName} computes something else; ${problem}`);
    found[rivalName] = (count) => rival.time(count);
  }
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

/** Ours in other ways, by name: compared and timed like peers. */
function rivalsOf(benchmark, threads) {
  const entries = Object.entries(benchmark.rivals ?? {});
  return Object.fromEntries(entries.map(([name, prepare]) => [name, new Ours({ ...benchmark, prepare }, threads)]));
}

/**
 * Seconds of all contenders; of the limit, memory or arithmetic doing what it must at least do for this case; and of our kernel alone,
 * called from C++ as the libraries are. These two have their turns next to ours.
 */
async function measureAlone({ ours, ...others }, { name, limit, kernel, spec }, helpers, check, options) {
  const nextToOurs = {};
  if (limit !== undefined && helpers.limit !== undefined) {
    await helpers.limit.prepare({ family: 'limit', ...limit }, options.threads);
    nextToOurs.limit = (count) => helpers.limit.time(count);
  }
  if (kernel && helpers.kernel !== undefined) {
    const problem = difference(check, await helpers.kernel.prepare(spec, options.threads));
    if (problem !== undefined) throw new Error(`${name}: the kernel alone computes something else; ${problem}`);
    nextToOurs.kernel = (count) => helpers.kernel.time(count);
  }
  const turns = await takeTurns({ ours, ...nextToOurs, ...others }, options);
  const { limit: least, kernel: alone, ...seconds } = mediansOf(turns);
  return [seconds, { limit: least, ofLimit: least && medianRatio(turns.limit, turns.ours), kernel: alone }];
}

/** Seconds of all contenders beside a busy neighbour, and alone, in turns. */
async function measureBeside(contenders, options) {
  const neighbour = new Neighbour();
  try {
    const turns = Object.entries(contenders).flatMap(([name, time]) => [
      [name, neighbour.beside(time)],
      [name + ALONE, time],
    ]);
    const seconds = await measure(Object.fromEntries(turns), { ...options, turn: LONG_TURN });
    const pick = (suffix) => Object.fromEntries(Object.keys(contenders).map((name) => [name, seconds[name + suffix]]));
    return [pick(''), { alone: pick(ALONE) }];
  } finally {
    neighbour.close();
  }
}

async function raceOne(benchmark, { threads, budget, peers, helpers, say }) {
  const ours = new Ours(benchmark, threads);
  const rivals = rivalsOf(benchmark, threads);
  try {
    const theirs = await contendersOf(benchmark, threads, peers, rivals, ours.check, say);
    const contenders = { ours: (count) => ours.time(count), ...theirs };
    const { patience = 1, turn, warmUp } = benchmark;
    const options = { budget: budget * patience, threads, turn, warmUp };
    const [seconds, more] = benchmark.neighbour
      ? await measureBeside(contenders, options)
      : await measureAlone(contenders, benchmark, helpers, ours.check, options);
    const row = rowOf(benchmark, threads, seconds, more);
    return benchmark.device !== 'js' && isShort(row) ? { ...row, profile: ours.profile() } : row;
  } finally {
    for (const one of [ours, ...Object.values(rivals)]) await one.dispose();
  }
}

/** Of the numbers of threads those that make a difference to a case. */
function threadsOf({ device, neighbour }, threads) {
  if (device === 'js') return [1];
  return neighbour ? [Math.max(...threads)] : threads;
}

/** Lets every peer forget its last case. */
async function rest(peers) {
  for (const { peer } of Object.values(peers)) await peer.prepare({ family: 'none' }, 1);
}

/**
 * @param cases    of cases/index.mjs
 * @param settings `threads`: a list of numbers · `budget`: seconds · `say`: takes each line of output · `keep`: takes the rows
 * of the report as often as there is one more, so that a run that is stopped has not been in vain
 */
export async function race(cases, { threads, budget, say, keep }) {
  const devices = cases.map(({ device }) => device);
  const peers = await openPeers(devices, say);
  const helpers = {
    limit: cases.some(({ limit }) => limit !== undefined) ? await openHelper('limit', say) : undefined,
    kernel: cases.some(({ kernel }) => kernel) ? await openHelper('kernel', say) : undefined,
  };
  const names = [...new Set([...Object.keys(peers), ...cases.flatMap(({ rivals = {} }) => Object.keys(rivals))])];
  const run = describeRun(Object.fromEntries(Object.entries(peers).map(([name, { version }]) => [name, version])));
  const rows = [];
  try {
    say(titleOf(names));
    for (const benchmark of cases) {
      for (const count of threadsOf(benchmark, threads)) {
        const row = await raceOne(benchmark, { threads: count, budget, peers, helpers, say });
        if (benchmark.memory && count === Math.max(...threads)) {
          await rest(peers);
          row.memory = await peakMemory(benchmark, count, Object.keys(row.peers));
        }
        rows.push({ ...row, run });
        say(lineOf(row, names));
        keep(rows);
      }
    }
  } finally {
    for (const { peer } of Object.values(peers)) peer.close();
    for (const helper of Object.values(helpers)) helper?.close();
  }
}
