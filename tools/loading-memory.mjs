// SPDX-License-Identifier: Apache-2.0
// How much memory loading a published model takes: `node tools/loading-memory.mjs`. Makes a GPT-2 of about 360 MB of float32 in a temporary
// folder, as F32, as F16 and in several files, loads each in a process of its own, and compares the peak of its resident memory, above
// that of a process that only starts, with the bytes of the weights. More than 1.15 times the weights is a failure. Linux only.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { writeSafetensorsFrom } from '@nabla/core';

const MOST = 1.15;
const MEGABYTE = 2 ** 20;
const SHARDS = 3;

const config = {
  architectures: ['GPT2LMHeadModel'],
  model_type: 'gpt2',
  vocab_size: 30_000,
  n_positions: 1024,
  n_embd: 768,
  n_layer: 9,
  n_head: 12,
};

/** The parameters of the model, by transformers' names. */
function shapes() {
  const { n_embd: width, n_layer: layers, vocab_size: vocabulary, n_positions: positions } = config;
  const norm = (name) => ({ [`${name}.weight`]: [width], [`${name}.bias`]: [width] });
  const linear = (name, inputs, outputs) => ({ [`${name}.weight`]: [inputs, outputs], [`${name}.bias`]: [outputs] });
  const blocks = Array.from({ length: layers }, (_, i) => ({
    ...norm(`transformer.h.${i}.ln_1`),
    ...linear(`transformer.h.${i}.attn.c_attn`, width, 3 * width),
    ...linear(`transformer.h.${i}.attn.c_proj`, width, width),
    ...norm(`transformer.h.${i}.ln_2`),
    ...linear(`transformer.h.${i}.mlp.c_fc`, width, 4 * width),
    ...linear(`transformer.h.${i}.mlp.c_proj`, 4 * width, width),
  }));
  return Object.entries(
    Object.assign(
      { 'transformer.wte.weight': [vocabulary, width], 'transformer.wpe.weight': [positions, width] },
      ...blocks,
      norm('transformer.ln_f'),
    ),
  );
}

const sizeOf = (shape) => shape.reduce((product, length) => product * length, 1);

const PIECE = 2 ** 18; // elements

const PIECES = {
  F32: Float32Array.from({ length: PIECE }, (_, i) => (i % 97) / 1e4),
  F16: Uint16Array.from({ length: PIECE }, (_, i) => i % 1024), // numbers below 2^-14
};

/** A tensor of small numbers. */
function source(dtype, shape) {
  return {
    dtype,
    shape,
    async *pieces() {
      for (let left = sizeOf(shape); left > 0; left -= PIECE) {
        const { buffer, byteLength } = PIECES[dtype].subarray(0, Math.min(left, PIECE));
        yield new Uint8Array(buffer, 0, byteLength);
      }
    },
  };
}

const write = (file, dtype, entries) => {
  const sources = entries.map(([name, shape]) => [name, source(dtype, shape)]);
  return writeSafetensorsFrom(file, Object.fromEntries(sources), { format: 'pt' });
};

async function writeShards(folder) {
  const entries = shapes();
  const map = {};
  for (let i = 0; i < SHARDS; i++) {
    const file = `model-0000${i + 1}-of-0000${SHARDS}.safetensors`;
    const part = entries.filter((_, at) => at % SHARDS === i);
    for (const [name] of part) map[name] = file;
    await write(join(folder, file), 'F32', part);
  }
  writeFileSync(join(folder, 'model.safetensors.index.json'), JSON.stringify({ metadata: {}, weight_map: map }));
}

const LAYOUTS = {
  F32: (folder) => write(join(folder, 'model.safetensors'), 'F32', shapes()),
  F16: (folder) => write(join(folder, 'model.safetensors'), 'F16', shapes()),
  [`F32 in ${SHARDS} files`]: writeShards,
};

/** Peak of resident bytes of a process that starts, sets the device, and loads a folder if there is one. */
function peakOf(folder) {
  const program = `
    import { readFileSync } from 'node:fs';
    import { setDevice, zeros } from '@nabla/core';
    import { fromPretrained } from '@nabla/models';
    setDevice('cpu');
    zeros([1]).dispose();
    ${folder === undefined ? '' : `await fromPretrained(${JSON.stringify(folder)});`}
    console.log(/VmHWM:\\s+(\\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))[1]);
  `;
  const options = { cwd: join(import.meta.dirname, '../packages/cli'), encoding: 'utf8' };
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], options);
  if (status !== 0) throw new Error(`the program failed:\n${stderr}`);
  return 1024 * Number(stdout.trim());
}

const bytes = 4 * shapes().reduce((sum, [, shape]) => sum + sizeOf(shape), 0);
const idle = peakOf();
const inMegabytes = (count) => `${Math.round(count / MEGABYTE)} MiB`;
for (const [layout, make] of Object.entries(LAYOUTS)) {
  const folder = mkdtempSync(join(tmpdir(), 'nabla-loading-'));
  try {
    writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
    await make(folder);
    const peak = peakOf(folder);
    const times = (peak - idle) / bytes;
    const words = `weights ${inMegabytes(bytes)}, peak ${inMegabytes(peak)}, idle ${inMegabytes(idle)}`;
    console.log(`${times <= MOST ? '✓' : '✗'} ${layout}: ${words}: ${times.toFixed(3)} times`);
    if (times > MOST) process.exitCode = 1;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
