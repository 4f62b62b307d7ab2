// SPDX-License-Identifier: Apache-2.0
// Weights whose packed copy is kept for products in bf16: when, and all that must end it. Products of few rows show it: they
// are in float32 until the weight is kept, and in bf16 from then on.

import { existsSync } from 'node:fs';
import { Worker } from 'node:worker_threads';

import { describeOnBf16, randomTensor, randomValues, roundToBf16, tolerance, useDevice } from '@nabla/testing';

import { addonPaths } from './backend/load-addon.ts';
import { nativeMemory, setDevice, setMatmulPrecision, setMemoryLimit, trimMemory } from './device.ts';
import { linear } from './ops/linear.ts';
import { optimizerRuleStep } from './ops/optimizer-rule-step.ts';
import { type Tensor, type Variable, matMul, onesLike, reshape, tensor, tidy, transpose, variable } from './tf.ts';

const [ROWS, INNER, COLUMNS] = [4, 100, 130];

/** `f()`, the third product of a weight: its copy is made for it, and read from then on. */
function keep(f: () => Tensor): Tensor {
  for (let i = 0; i < 2; i++) tidy(() => void f());
  return f();
}

/** `x weight`, summed in double precision. */
function exact(x: Tensor, weight: Tensor): Tensor {
  const [[rows, inner], [, columns]] = [x.shape, weight.shape];
  const [left, right] = [x.dataSync(), weight.dataSync()];
  const out = new Float32Array(rows * columns);
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++) {
      let sum = 0;
      for (let p = 0; p < inner; p++) sum += left[i * inner + p] * right[p * columns + j];
      out[i * columns + j] = sum;
    }
  return tensor(out, [rows, columns]);
}

const rounded = (x: Tensor, weight: Tensor): Tensor => exact(roundToBf16(x), roundToBf16(weight));

const input = (inner = INNER): Tensor => randomTensor([ROWS, inner], { seed: 1 });
const weightOf = (seed: number): Tensor => randomTensor([INNER, COLUMNS], { seed });

function expectEqual(received: Tensor, expected: Tensor): void {
  expect(received).toBeCloseToTensor(expected, tolerance('matmul', INNER));
}

/** Bytes in use. */
function inUse(): number {
  return nativeMemory()?.inUse ?? NaN;
}

/** What gives a weight other values, so that its copy is a copy no more. */
const WRITES: Readonly<Record<string, (weight: Variable) => void>> = {
  assign: (weight) => weight.assign(tidy(() => weightOf(4))),
  'an optimizer, which writes in place': (weight) => {
    const average = variable(onesLike(weight));
    optimizerRuleStep('adagrad', [weight], [onesLike(weight)], [[average]], { stepSize: 0.1 });
    average.dispose();
  },
  'a stay on another device': (weight) => {
    setDevice('js');
    weight.assign(weightOf(5));
    setDevice('cpu');
  },
};

/** In a worker: writes a weight again and again, and multiplies it by ones, in float32 or, once it is kept, in bf16. */
function worker(path: string, offset: number): string {
  return `
    const { parentPort } = require('node:worker_threads');
    const addon = require(${JSON.stringify(path)});
    const area = new Float64Array(addon.argumentArea);
    const names = addon.description.find(({ name }) => name === 'matmul_f32').arguments.map(({ name }) => name);
    const size = 64;
    const [a, b, c] = [size, size * size, size].map((elements) => addon.allocate(4 * elements));
    addon.write(a, new Float32Array(size).fill(1));
    const call = { a, b, c, bias: -1, pre: -1, batch: 1, m: 1, n: size, k: size, row_a: size, row_b: size, row_c: size };
    const wrong = [];
    let kept = 0;
    for (let round = 0; round < 300; round++) {
      const scale = 2 ** ((round + ${offset}) % 8);
      addon.write(b, new Float32Array(size * size).fill(scale * (1 + 2 ** -9)));
      for (let use = 0; use < 5; use++) {
        names.forEach((name, i) => (area[i] = call[name] ?? 0));
        addon.kernels.matmul_f32(names.length);
        const out = new Float32Array(size);
        addon.read(c, out);
        if (out[0] === 64 * scale) kept++;
        else if (out[0] !== 64.125 * scale) wrong.push([round, use, out[0], scale]);
        if (${offset} === 0 && use === round % 7) addon.trim();
      }
    }
    parentPort.postMessage({ wrong, kept });`;
}

describeOnBf16('weights kept for products in bf16', () => {
  useDevice('cpu:avx512');
  beforeEach(() => setMatmulPrecision('bf16'));
  afterEach(() => setMatmulPrecision('float32')); // drops all that are kept

  it.each([
    [1, 50, 49, false],
    [4, 101, 130, true],
    [7, 800, 51, true], // two blocks of k
    [9, 800, 51, false],
    [33, 48, 97, true],
    [128, 49, 48, false],
    [2, 50, 2100, true], // two chunks
    [3, 50, 2100, false],
  ])('are right from the third product on: %i rows, %i inner, %i columns', (rows, inner, columns, isTransposed) => {
    const stored = randomTensor(isTransposed ? [columns, inner] : [inner, columns], { seed: 2 });
    const x = randomTensor([rows, inner], { seed: 3 });
    const expected = rounded(x, isTransposed ? transpose(stored) : stored);
    const third = keep(() => matMul(x, stored, false, isTransposed));
    expect(third).toBeCloseToTensor(expected, tolerance('matmul', inner));
    expect(matMul(x, stored, false, isTransposed)).toBeCloseToTensor(third, tolerance('exact'));
    expect(matMul(transpose(x), stored, true, isTransposed)).toBeCloseToTensor(expected, tolerance('matmul', inner));
  });

  it('apply bias and activation', () => {
    const [x, weight, bias] = [
      input(),
      randomTensor([COLUMNS, INNER], { seed: 2 }),
      randomTensor([COLUMNS], { seed: 3 }),
    ];
    const received = keep(() => linear(x, weight, bias, { activation: 'relu' }));
    setMatmulPrecision('float32');
    expectEqual(received, linear(roundToBf16(x), roundToBf16(weight), bias, { activation: 'relu' }));
  });

  it('are not kept where each direction uses them once, as in a training', () => {
    const [x, gradient, weight] = [input(), input(COLUMNS), weightOf(2)];
    tidy(() => void matMul(x, weight));
    const before = inUse();
    for (let i = 0; i < 4; i++) tidy(() => void [matMul(gradient, weight, false, true), matMul(x, weight)]);
    expect(inUse()).toBe(before);
  });

  it.each(Object.keys(WRITES))('end by %s', (name) => {
    const [x, weight] = [input(), variable(weightOf(2))];
    for (let i = 0; i < 3; i++) {
      expectEqual(
        keep(() => matMul(x, weight)),
        rounded(x, weight),
      );
      WRITES[name](weight);
      expectEqual(matMul(x, weight), exact(x, weight));
    }
    weight.dispose();
  });

  it('end with their memory, which another weight takes over', () => {
    const x = input();
    for (let seed = 2; seed < 30; seed++) {
      tidy(() => {
        const weight = weightOf(seed);
        expectEqual(matMul(x, weight), exact(x, weight));
        keep(() => matMul(x, weight));
      });
    }
  });

  it('are not read in float32', () => {
    const [x, weight] = [input(), weightOf(2)];
    expectEqual(
      keep(() => matMul(x, weight)),
      rounded(x, weight),
    );
    setMatmulPrecision('float32');
    for (let i = 0; i < 4; i++) expectEqual(matMul(x, weight), exact(x, weight));
  });

  it('are told apart by their layout', () => {
    const weight = tensor(randomValues(128 * 64, { seed: 2 }), [128, 64]);
    const [long, short] = [input(128), input(64)];
    keep(() => matMul(long, weight));
    const wide = reshape(weight, [64, 128]); // the same memory
    expectEqual(matMul(short, wide), exact(short, wide));
    expectEqual(matMul(short, weight, false, true), exact(short, transpose(weight)));
    expectEqual(matMul(long, weight), rounded(long, weight));
  });

  it('are memory in use, which a trim and a lack of memory give back', () => {
    const [x, weight] = [input(), weightOf(2)];
    const before = inUse();
    const size = (INNER / 2) * COLUMNS * 4;
    const keepOne = (): void => {
      tidy(() => void keep(() => matMul(x, weight)));
      expect(inUse()).toBeGreaterThanOrEqual(before + size);
    };
    keepOne();
    trimMemory();
    expect(inUse()).toBe(before);
    keepOne();
    try {
      setMemoryLimit(inUse());
      const other = tensor(new Float32Array(size / 4)); // has room where the copy was
      expect(inUse()).toBeLessThanOrEqual(before + 1.25 * size);
      other.dispose();
      expect(inUse()).toBe(before);
    } finally {
      setMemoryLimit(0);
    }
    expectEqual(matMul(x, weight), exact(x, weight));
  });

  it('belong to one worker, and may be dropped by another while they are read', async () => {
    const [path] = addonPaths().filter((file) => existsSync(file));
    const answers = [0, 1, 2].map(
      (offset) =>
        new Promise((resolve, reject) => {
          const thread = new Worker(worker(path, offset), { eval: true });
          thread.on('message', resolve);
          thread.on('error', reject);
        }),
    );
    for (const answer of await Promise.all(answers)) {
      expect(answer).toEqual({ wrong: [], kept: expect.any(Number) });
      expect((answer as { kept: number }).kept).toBeGreaterThan(300);
    }
  });
});
