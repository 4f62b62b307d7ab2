// SPDX-License-Identifier: Apache-2.0
// The clock: contenders take turns until each has had enough of them; medians, and how far ahead ours is.

import { setTimeout as pause } from 'node:timers/promises';

/** How long a turn lasts at least, in seconds: far more than the clock's grain and a message to a peer. */
const TURN = 0.01;
/** Seconds that each runs before it is timed; ours longer, since JavaScript is compiled after some thousand calls: in a training of
 * minutes it is. */
const WARM_UP = 0.3;
const OUR_WARM_UP = 1;
const FEWEST_TURNS = 5;
/** Turns of runs that take seconds each. */
const FEWEST_SLOW_TURNS = 3;
const SLOW = 0.5;
/** Until a peer's idle threads stop spinning (OpenBLAS: 2^26 cycles), in milliseconds. */
const REST = 30;
/** Seconds that several threads run after a rest before they are timed: a virtual machine's idle processor comes back late. */
const WAKE = 0.03;

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/**
 * Seconds of one run in each turn, for every contender. They alternate, so that whatever else happens on the machine hits all of
 * them; the turns of one round have the same position in all lists.
 *
 * @param contenders by name, `async (count) => seconds`: runs `count` times
 * @param options    `budget`: seconds that each may take · `threads`: of each; where there are several, they rest between turns ·
 * `turn`: seconds of a turn, at least · `warmUp`: runs of ours before it is timed, at least
 */
export async function takeTurns(contenders, { budget, threads, turn = TURN, warmUp = 0 }) {
  const entrants = await Promise.all(
    Object.entries(contenders).map(async ([name, time]) => ({ name, time, count: 1, seconds: [] })),
  );
  for (const entrant of entrants) {
    await entrant.time(1); // caches, first allocations, compilers
    const once = await entrant.time(1);
    const countOf = (seconds) => Math.max(1, Math.ceil(turn / Math.max(seconds, 1e-7)));
    entrant.count = countOf(once);
    entrant.fewest = once > SLOW ? FEWEST_SLOW_TURNS : FEWEST_TURNS;
    entrant.spent = 0;
    const isOurs = entrant.name === 'ours';
    const [leastSeconds, leastRuns] = isOurs ? [OUR_WARM_UP, warmUp] : [WARM_UP, 0];
    let [warm, runs] = [0, 0];
    while ((warm < leastSeconds || runs < leastRuns) && once < SLOW) {
      const { count } = entrant;
      const seconds = await entrant.time(count);
      warm += seconds;
      runs += count;
      entrant.count = countOf(seconds / count); // it gets faster
    }
  }
  const wants = ({ seconds, fewest, spent }) => seconds.length < fewest || spent < budget;
  while (entrants.some(wants)) {
    for (const entrant of entrants) {
      if (threads > 1) {
        await pause(REST);
        for (let awake = 0; awake < WAKE;) awake += await entrant.time(entrant.count);
      }
      const seconds = await entrant.time(entrant.count);
      entrant.spent += seconds;
      entrant.seconds.push(seconds / entrant.count);
    }
  }
  return Object.fromEntries(entrants.map(({ name, seconds }) => [name, seconds]));
}

/** The median of the turns of each contender. */
export function mediansOf(turns) {
  return Object.fromEntries(Object.entries(turns).map(([name, seconds]) => [name, median(seconds)]));
}

/** Median seconds of one run for every contender. */
export async function measure(contenders, options) {
  return mediansOf(await takeTurns(contenders, options));
}

/**
 * How many times as long `a` takes as `b`: the median over the rounds of the ratio within a round. What memory can do changes by a
 * factor of two within seconds where others share the machine: the ratio of two medians may then compare different moments.
 */
export function medianRatio(a, b) {
  return median(a.map((seconds, round) => seconds / b[round]));
}

/** A figure in the unit of the case: milliseconds, or billions of what it does in a second. */
export function inUnit(seconds, { unit, work }) {
  return unit === 'ms' ? seconds * 1e3 : work / seconds / 1e9;
}

/** The figures of ours and of every peer. */
function figuresOf(benchmark, { ours, ...peers }) {
  const figures = Object.entries(peers).map(([name, seconds]) => [name, inUnit(seconds, benchmark)]);
  return { ours: inUnit(ours, benchmark), peers: Object.fromEntries(figures) };
}

/**
 * A row of the report; `ratio` is above 1 where ours is ahead of the best peer, null without peers.
 *
 * @param seconds by contender
 * @param more    `limit`: seconds that memory or arithmetic needs at least, and `ofLimit`, the part of that speed which ours reaches ·
 * `kernel`: seconds of our kernel alone, without JavaScript: the row has its figure and ratio too · `alone`: seconds without the
 * busy neighbour: the row says how much slower each is beside it
 */
export function rowOf(benchmark, threads, seconds, { limit, ofLimit, kernel, alone } = {}) {
  const { ours, ...peers } = seconds;
  const fastest = Math.min(...Object.values(peers));
  return {
    case: benchmark.name,
    threads,
    unit: benchmark.unit,
    ...figuresOf(benchmark, seconds),
    ratio: Number.isFinite(fastest) ? fastest / ours : null,
    ...(limit !== undefined && { limit: inUnit(limit, benchmark), ofLimit }),
    ...(kernel !== undefined && {
      kernel: inUnit(kernel, benchmark),
      kernelRatio: Number.isFinite(fastest) ? fastest / kernel : null,
    }),
    ...(alone !== undefined && { alone: figuresOf(benchmark, alone), slowdown: slowdownOf(seconds, alone) }),
  };
}

function slowdownOf(seconds, alone) {
  const { ours, ...peers } = Object.fromEntries(
    Object.keys(seconds).map((name) => [name, seconds[name] / alone[name]]),
  );
  return { ours, peers };
}
