// SPDX-License-Identifier: Apache-2.0
// Attention of device cuda in bf16, against attention in float32 to what was rounded beforehand. What it rounds besides are the weights
// and the gradients of scores, each by at most 2^-9 of itself.

import { assertClose, inPrecision, randomMask, randomTensor, roundToBf16, tolerance, useDevice } from '@nabla/testing';

import { valueAndGrad } from '../autodiff.ts';
import { type MatmulPrecision, nativeMemory, resetPeakMemory } from '../device.ts';
import { type AttentionOptions, plainAttention, scaledDotProductAttention } from '../ops/attention.ts';
import { selfAttention } from '../ops/self-attention.ts';
import { Generator } from '../random.ts';
import {
  type Tensor,
  abs,
  add,
  cast,
  fill,
  logicalNot,
  max,
  mul,
  neg,
  range,
  reshape,
  slice,
  square,
  sub,
  sum,
  tensor,
  where,
  zeros,
  zerosLike,
} from '../tf.ts';
import { cudaSearch } from './load-addon.ts';

const hasCuda = cudaSearch().addon !== undefined;

interface Sizes {
  readonly batch?: number;
  readonly heads?: number;
  readonly keyHeads?: number;
  readonly queries: number;
  readonly keys: number;
  readonly size: number;
  readonly valueSize?: number;
}

function draw({ batch = 1, heads = 1, keyHeads = heads, queries, keys, size, valueSize = size }: Sizes): Inputs {
  return [
    randomTensor([batch, heads, queries, size], { seed: 1 }),
    randomTensor([batch, keyHeads, keys, size], { seed: 2 }),
    randomTensor([batch, keyHeads, keys, valueSize], { seed: 3 }),
  ];
}

type Inputs = [query: Tensor, key: Tensor, value: Tensor];
type Attend = (inputs: readonly Tensor[], options: AttentionOptions) => Tensor;

const attend: Attend = ([query, key, value], options) => scaledDotProductAttention(query, key, value, options);

/** Output and gradients of a sum of the outputs, with weights that need no rounding. */
function run(f: Attend, inputs: readonly Tensor[], options: AttentionOptions): Tensor[] {
  const out = f(inputs, anew(options));
  const weights = roundToBf16(randomTensor(out.shape, { seed: 4 }));
  return [out, ...valueAndGrad(() => sum(mul(f(inputs, anew(options)), weights)), [...inputs]).gradients];
}

/** The same options, with a generator that begins again. */
function anew(options: AttentionOptions): AttentionOptions {
  return options.generator === undefined ? options : { ...options, generator: new Generator(7) };
}

const inBf16 = <T>(f: () => T): T => inPrecision('bf16', f);

const NAMES = ['output', 'gradient of input 0', 'gradient of input 1', 'gradient of input 2', 'gradient of input 3'];

/** What float32 itself gets wrong where results are 0. */
const FLOOR = 1e-5;

function largestOf(x: Tensor): number {
  return x.size === 0 ? 0 : Number(max(abs(x)).dataSync()[0]);
}

function lengthOf(x: Tensor): number {
  return Math.sqrt(Number(sum(square(x)).dataSync()[0]));
}

/** No element may be off by more than 2^-7 of the largest, nor all together by 2^-8 of their length: of a few hundred keys, each counts for more. */
function compare(f: Attend, inputs: readonly Tensor[], options: AttentionOptions): Tensor[] {
  const received = inBf16(() => run(f, inputs, options));
  const expected = run(f, inputs.map(roundToBf16), options);
  expected.forEach((wanted, i) => {
    assertClose(NAMES[i], received[i], wanted, { absolute: largestOf(wanted) / 128 + FLOOR, relative: 0 });
    expect(lengthOf(sub(received[i], wanted))).toBeLessThanOrEqual(
      lengthOf(wanted) / 256 + FLOOR * Math.sqrt(wanted.size),
    );
  });
  return received;
}

function compareAttention(sizes: Sizes, options: AttentionOptions): Tensor[] {
  return compare(attend, draw(sizes), options);
}

/** True for the queries that see something. */
function everyThird(queries: number): Tensor {
  return tensor(
    Array.from({ length: queries }, (_, query) => Number(query % 3 > 0)),
    [queries, 1],
    'bool',
  );
}

/** What hides keys as a bool mask does. */
function hiding(mask: Tensor): Tensor {
  return where(mask, zeros(mask.shape), fill(mask.shape, -Infinity));
}

function attentionInBf16(): void {
  useDevice('cuda');

  it.each<Sizes>([
    { queries: 2, keys: 1, size: 8 },
    { queries: 7, keys: 7, size: 8, batch: 2, heads: 3 },
    { queries: 65, keys: 130, size: 32 },
    { queries: 130, keys: 65, size: 40 },
    { queries: 130, keys: 130, size: 64, heads: 2 },
    { queries: 128, keys: 192, size: 64 },
    { queries: 257, keys: 300, size: 16 },
    { queries: 65, keys: 70, size: 72 },
    { queries: 130, keys: 130, size: 128 },
    { queries: 33, keys: 65, size: 64, valueSize: 24 },
    { queries: 70, keys: 33, size: 8, valueSize: 120 },
  ])('equals that of rounded inputs: %j, causal or not', (sizes) => {
    compareAttention(sizes, {});
    compareAttention(sizes, { causal: true, scale: 2 / Math.sqrt(sizes.size) });
  });

  it.each<Sizes>([
    { queries: 7, keys: 65, size: 8, batch: 2, heads: 4, keyHeads: 2 },
    { queries: 130, keys: 70, size: 64, heads: 3, keyHeads: 1 },
    { queries: 65, keys: 130, size: 128, valueSize: 40, batch: 2, heads: 2, keyHeads: 1 },
  ])('lets heads of queries share keys and values: %j', (sizes) => {
    compareAttention(sizes, {});
    compareAttention(sizes, { causal: true });
    compareAttention(sizes, { causal: true, dropout: 0.3, generator: new Generator(7) });
  });

  it.each<Sizes>([
    { queries: 130, keys: 70, size: 32 },
    { queries: 33, keys: 70, size: 64, batch: 2, heads: 2 },
    { queries: 33, keys: 67, size: 72 },
  ])('takes masks, added or not: %j', (sizes) => {
    const { batch = 1, heads = 1, queries, keys } = sizes;
    for (const shape of [
      [batch, heads, queries, keys],
      [queries, keys],
      [batch, 1, 1, keys],
      [queries, 1],
    ]) {
      compareAttention(sizes, { mask: randomMask(shape, { seed: 5 }) });
      const mask = randomTensor(shape, { seed: 6 });
      compareAttention(sizes, { mask, causal: true });
    }
  });

  it.each<Sizes>([
    { queries: 66, keys: 132, size: 32, batch: 2, heads: 2 }, // whole blocks of random numbers for every query
    { queries: 130, keys: 67, size: 64 },
    { queries: 33, keys: 130, size: 128, heads: 2 },
  ])('drops what attention in float32 drops: %j', (sizes) => {
    const generator = new Generator(7);
    compareAttention(sizes, { dropout: 0.2, generator });
    compareAttention(sizes, { dropout: 0.5, generator, causal: true });
    const mask = randomMask([sizes.queries, sizes.keys], { seed: 5 });
    compareAttention(sizes, { dropout: 0.3, generator, mask });
    compareAttention(sizes, { dropout: 1, generator });
  });

  it.each([0, -0.3])('takes a scale of %d', (scale) => {
    compareAttention({ queries: 33, keys: 70, size: 32 }, { scale, causal: true });
  });

  it('gives zeros and no gradient where there is nothing to attend to', () => {
    const [queries, keys] = [130, 70];
    const rows = everyThird(queries);
    const sizes = { queries, keys, size: 64 };
    for (const mask of [rows, hiding(rows)]) {
      for (const dropout of [0, 0.3]) {
        const [out, gradQuery] = compareAttention(sizes, { mask, dropout, generator: new Generator(7) });
        const hidden = logicalNot(rows);
        for (const x of [out, gradQuery])
          expect(mul(x, cast(hidden, 'float32'))).toBeCloseToTensor(zerosLike(x), tolerance('exact'));
      }
    }
    for (const x of compareAttention(sizes, { mask: zeros([1], 'bool') }))
      expect(x).toBeCloseToTensor(zerosLike(x), tolerance('exact'));
  });

  it('follows scores that grow from tile to tile, or fall', () => {
    const [query, key, value] = draw({ queries: 65, keys: 300, size: 32 });
    const further = reshape(range(0, 300), [1, 1, 300, 1]);
    const growing = add(key, mul(slice(query, [0, 0, 3, 0], [1, 1, 1, 32]), further));
    for (const keys of [growing, neg(growing)]) {
      const inputs = [query, keys, value];
      const expected = attend(inputs.map(roundToBf16), { scale: 0.01 });
      const received = inBf16(() => attend(inputs, { scale: 0.01 }));
      expect(received).toBeCloseToTensor(expected, { absolute: largestOf(expected) / 128, relative: 0 });
    }
  });

  it('takes empty tensors', () => {
    for (const sizes of [
      { queries: 3, keys: 5, size: 8, batch: 0 },
      { queries: 0, keys: 5, size: 8 },
      { queries: 3, keys: 0, size: 8 },
    ])
      for (const x of compareAttention(sizes, { causal: true }))
        expect(x).toBeCloseToTensor(zerosLike(x), tolerance('exact'));
  });

  it.each([
    [1, 2, 1, 8],
    [2, 7, 3, 8],
    [1, 65, 2, 32],
    [2, 130, 2, 64],
    [1, 67, 1, 128],
  ])(
    'of a sequence to itself reads and writes heads side by side: batch %i, time %i, %i heads of %i',
    (batch, time, heads, size) => {
      const x = randomTensor([batch, time, 3 * heads * size], { seed: 1 });
      const f: Attend = ([x], options) => selfAttention(x, heads, options);
      compare(f, [x], {});
      compare(f, [x], { causal: true });
      compare(f, [x], {
        causal: true,
        dropout: 0.3,
        generator: new Generator(7),
        mask: randomMask([batch, 1, 1, time], { seed: 5 }),
      });
    },
  );

  it('leaves the gradient of an added mask to float32, from the sums that it found', () => {
    const mask = roundToBf16(randomTensor([2, 1, 70], { seed: 5 }));
    const f: Attend = ([query, key, value, added], options) =>
      scaledDotProductAttention(query, key, value, { ...options, mask: added });
    compare(f, [...draw({ queries: 33, keys: 70, size: 32, heads: 2 }), mask], {});
  });

  it('is the same every time', () => {
    const inputs = draw({ queries: 130, keys: 130, size: 64, heads: 4, keyHeads: 2 });
    const [first, second] = [0, 1].map(() => inBf16(() => run(attend, inputs, { causal: true })));
    first.forEach((x, i) => expect(second[i]).toBeCloseToTensor(x, tolerance('exact')));
  });

  it('rounds in bf16 alone, and only what it is for', () => {
    const error = (sizes: Partial<Sizes>, precision: MatmulPrecision): number => {
      const inputs = draw({ queries: 33, keys: 65, size: 64, ...sizes });
      const expected = plainAttention(...inputs);
      const received = inPrecision(precision, () => attend(inputs, {}));
      return lengthOf(sub(received, expected)) / lengthOf(expected);
    };
    const rounded = error({}, 'bf16');
    expect(rounded).toBeGreaterThan(2 ** -10);
    expect(rounded).toBeLessThan(2 ** -7);
    expect(error({}, 'float32')).toBeLessThan(1e-6);
    // cuBLAS rounds to tf32 what is not fused.
    expect(error({}, 'tf32')).toBeLessThan(rounded / 4);
    for (const others of [{ size: 60 }, { size: 136 }, { valueSize: 9 }, { queries: 1 }])
      expect(error(others, 'bf16')).toBeLessThan(rounded / 4);
  });

  it('takes no memory for scores', () => {
    const inputs = draw({ queries: 256, keys: 256, size: 8, heads: 2 });
    const peak = (): number => {
      resetPeakMemory();
      const before = nativeMemory()?.peak ?? 0;
      run(attend, inputs, {});
      return (nativeMemory()?.peak ?? 0) - before;
    };
    const scores = 2 * 256 * 256 * 4;
    expect(peak()).toBeGreaterThan(scores);
    expect(inBf16(peak)).toBeLessThan(scores / 2);
  });
}

if (hasCuda) describe('attention of device cuda in bf16', attentionInBf16);
else it('attention of device cuda in bf16 is left out: there is no GPU', () => expect(hasCuda).toBe(false));
