// SPDX-License-Identifier: Apache-2.0
// `npm run huge`: every kernel on a buffer of more than 2^31 bytes, and some on more than 2^31 elements: what lies behind the reach of 32
// bits must be read and written there. A long call is made of blocks that do not see each other, all alike but the last; the first,
// those around 2^31 bytes and the last must come out as they do in a call of two. Takes up to 9 GB and, for all targets, an hour; where
// 10 GB are not free it says so. `-- --target avx2 --only '^softmax'` tries a part. Not part of `npm test`.

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

import { blockCall } from './kernels/block-calls.mjs';
import { CASES } from './kernels/huge-cases.mjs';
import { HugeBuffers, bytesOf } from './kernels/huge-buffers.mjs';
import { callKernel, loadAddon } from './kernels/native.mjs';
import { began, ended, root } from './stage.mjs';

const NEEDED = 10 * 2 ** 30;
const BEHIND = 2 ** 31 + 1; // bytes that the largest buffer has at least

/** Kernels that are tried by themselves, in huge-cases.mjs. */
const ALONE = /^random_/;

/** Blocks whose largest buffer is of more than `bytes` bytes. */
function blocksOf(plan, bytes) {
  const buffers = Object.values({ ...plan.reads, ...plan.writes, ...plan.kept });
  return Math.ceil(bytes / Math.max(...buffers.map(([type, elements]) => bytesOf(type) * elements))) + 1;
}

/** Makes a call of `count` blocks in `buffers`; returns the handle of each argument. */
function run(addon, name, plan, count, buffers) {
  const handles = {};
  for (const [argument, [type, elements]] of Object.entries(plan.reads)) {
    handles[argument] = buffers.blocks(type, elements, count, plan.updates?.includes(argument) ?? false);
  }
  for (const [argument, [type, elements]] of Object.entries(plan.shared ?? {})) {
    handles[argument] = buffers.shared(type, elements, count);
  }
  for (const [argument, [type, elements]] of Object.entries({ ...plan.writes, ...plan.kept })) {
    handles[argument] = buffers.empty(bytesOf(type) * elements * count);
  }
  for (const [argument, [type, elements]] of Object.entries({ ...plan.result, ...plan.open })) {
    handles[argument] = buffers.empty(bytesOf(type) * elements);
  }
  for (const [argument, other] of Object.entries(plan.same ?? {})) handles[argument] = handles[other];
  const call = Object.entries(handles).map(([argument, handle]) => [
    argument,
    plan.listed?.includes(argument) ? [handle] : handle,
  ]);
  callKernel(addon, name, { ...plan.numbers(count), ...Object.fromEntries(call) });
  return handles;
}

/** Compares the blocks of a long call with those of one of two blocks: none but the last is unlike the others. */
function tryKernel(addon, name, plan, count, buffers) {
  const short = new HugeBuffers(addon, Infinity);
  try {
    compare(addon, name, plan, count, short, buffers);
  } finally {
    short.end();
    buffers.next();
  }
}

function compare(addon, name, plan, count, short, buffers) {
  const few = run(addon, name, plan, 2, short);
  const many = run(addon, name, plan, count, buffers);
  const outputs = Object.entries({ ...plan.writes, ...pick(plan.reads, plan.updates ?? []) });
  for (const [argument, [type, elements]] of outputs) {
    const bytes = bytesOf(type) * elements;
    const middle = Math.floor(2 ** 31 / bytes);
    for (const block of new Set([0, 1, middle - 1, middle, middle + 1, count - 2, count - 1])) {
      if (block >= count) continue;
      const expected = short.read(few[argument], type, elements, block === count - 1 ? 1 : 0);
      close(buffers.read(many[argument], type, elements, block), expected, `${argument}, block ${block} of ${count}`);
    }
  }
  for (const [argument, [type, elements]] of Object.entries(plan.result ?? {})) {
    close(buffers.read(many[argument], type, elements, 0), short.read(few[argument], type, elements, 0), argument);
  }
}

const pick = (record, names) => Object.fromEntries(names.map((name) => [name, record[name]]));

/** Equal but for what another order of a few terms does. */
function close(received, expected, words) {
  const at = expected.findIndex(
    (value, i) =>
      !Object.is(value, received[i]) && !(Math.abs(value - received[i]) <= 1e-5 * Math.max(1, Math.abs(value))),
  );
  assert.ok(at < 0, `${words}, element ${at}: received ${received[at]}, expected ${expected[at]}`);
}

/** Memory that is not taken, as the system counts it: what it only keeps for files is free. */
function available() {
  const line = readFileSync('/proc/meminfo', 'utf8').match(/MemAvailable:\s*(\d+) kB/);
  return 1024 * Number(line[1]);
}

function attempt(title, body) {
  const start = began(title);
  let failure;
  try {
    body();
  } catch (error) {
    failure = error;
  }
  ended(title, start, failure === undefined);
  if (failure === undefined) return;
  console.error(failure.message);
  process.exitCode = 1;
}

const { values: options } = parseArgs({
  options: { target: { type: 'string' }, only: { type: 'string', default: '' }, bytes: { type: 'string' } },
});
const behind = Number(options.bytes ?? BEHIND);
const wanted = new RegExp(options.only);

if (!existsSync(`${root}native/build/Release/nabla.node`)) {
  console.log('Left out: the addon is not built.');
} else if (behind >= BEHIND && available() < NEEDED) {
  console.log(`Left out: ${(available() / 2 ** 30).toFixed(1)} GB of memory are free, 10 are needed.`);
} else {
  const addon = loadAddon();
  if (options.target !== undefined) addon.setTarget(options.target);
  const isForced = options.target !== undefined || process.env.NABLA_CPU_TARGET !== undefined;
  for (const target of isForced ? [addon.target()] : addon.targets()) {
    addon.setTarget(target);
    const buffers = new HugeBuffers(addon, behind);
    for (const kernel of addon.description.filter(({ name }) => wanted.test(name))) {
      const { name } = kernel;
      if (ALONE.test(name)) continue;
      const plan = blockCall(kernel);
      if (plan === undefined) throw new Error(`${name} has no row in tools/kernels/block-calls.mjs`);
      const count = blocksOf(plan, behind);
      attempt(`${name} on ${target}, ${count} blocks`, () => tryKernel(addon, name, plan, count, buffers));
    }
    buffers.end();
    for (const [title, run] of Object.entries(CASES)) {
      if (behind < BEHIND || !wanted.test(title)) continue;
      attempt(`${title} on ${target}`, () => run(addon));
    }
  }
}
