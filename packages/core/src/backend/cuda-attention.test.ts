// SPDX-License-Identifier: Apache-2.0
// Fused attention of device cuda in each precision, against the plain formula in float32 of what was rounded beforehand. What it rounds
// besides are the weights and the gradients of scores.

import {
  assertClose,
  describeOnCuda,
  inPrecision,
  randomMask,
  randomTensor,
  roundToBf16,
  tolerance,
  useDevice,
} from '@nabla/testing';

import { type MatmulPrecision, nativeMemory, resetPeakMemory } from '../device.ts';
import { type AttentionOptions, plainAttention } from '../ops/attention.ts';
import { Generator } from '../random.ts';
import {
  type Tensor,
  add,
  cast,
  fill,
  logicalNot,
  mul,
  neg,
  range,
  reshape,
  slice,
  sub,
  tensor,
  where,
  zeros,
  zerosLike,
} from '../tf.ts';
import {
  ATTENTION,
  MASKED_ATTENTION,
  NAMES,
  type Op,
  type Sizes,
  TESTED,
  anew,
  draw,
  largestOf,
  lengthOf,
  run,
  selfAttentionOf,
} from './test-fused-attention.ts';

/** True for the queries that see something. */
function everyThird(queries: number): Tensor {
  const seen = Array.from({ length: queries }, (_, query) => Number(query % 3 > 0));
  return tensor(seen, [queries, 1], 'bool');
}

/** What hides keys as a bool mask does. */
function hiding(mask: Tensor): Tensor {
  return where(mask, zeros(mask.shape), fill(mask.shape, -Infinity));
}

function attentionIn(precision: MatmulPrecision): void {
  useDevice('cuda');
  const { round, each, together, floor, small, sizes: tested } = TESTED[precision];

  /** `roundings`: how many times as far off a result may be whose products are rounded more often. */
  const compare = (
    { fused, plain }: Op,
    inputs: readonly Tensor[],
    options: AttentionOptions,
    roundings = 1,
  ): Tensor[] => {
    const received = inPrecision(precision, () => run(fused, inputs, options));
    const expected = run(plain, inputs.map(round), options);
    expected.forEach((wanted, i) => {
      assertClose(NAMES[i], received[i], wanted, { absolute: largestOf(wanted) * each + floor, relative: 0 });
      expect(lengthOf(sub(received[i], wanted))).toBeLessThanOrEqual(
        lengthOf(wanted) * together * roundings + floor * Math.sqrt(wanted.size),
      );
    });
    return received;
  };
  const compareAttention = (sizes: Sizes, options: AttentionOptions): Tensor[] =>
    compare(ATTENTION, draw(sizes), options);

  it.each(tested)('equals that of rounded inputs: %j, causal or not', (sizes) => {
    compareAttention(sizes, {});
    compareAttention(sizes, { causal: true, scale: 2 / Math.sqrt(sizes.size) });
  });

  it.each<Sizes>([
    { queries: 7, keys: 65, size: small, batch: 2, heads: 4, keyHeads: 2 },
    { queries: 130, keys: 70, size: 64, heads: 3, keyHeads: 1 },
    { queries: 65, keys: 130, size: 128, valueSize: 40, batch: 2, heads: 2, keyHeads: 1 },
  ])('lets heads of queries share keys and values: %j', (sizes) => {
    compareAttention(sizes, {});
    compareAttention(sizes, { causal: true });
    compareAttention(sizes, { causal: true, dropout: 0.3, generator: new Generator(7) });
  });

  it.each<Sizes>([
    { queries: 130, keys: 70, size: small },
    { queries: 33, keys: 70, size: 64, batch: 2, heads: 2 },
    { queries: 65, keys: 67, size: 72 },
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
    { queries: 66, keys: 132, size: small, batch: 2, heads: 2 }, // whole blocks of random numbers for every query
    { queries: 130, keys: 67, size: 64 },
    { queries: 33, keys: 130, size: 128, heads: 2 },
  ])('drops what attention in float32 drops: %j', (sizes) => {
    const generator = new Generator(7);
    compareAttention(sizes, { dropout: 0.2, generator });
    compareAttention(sizes, { dropout: 0.5, generator, causal: true });
    const mask = randomMask([sizes.queries, sizes.keys], { seed: 5 });
    compareAttention(sizes, { dropout: 0.3, generator, mask });
    for (const x of inPrecision(precision, () => run(ATTENTION.fused, draw(sizes), { dropout: 1, generator })))
      expect(x).toBeCloseToTensor(zerosLike(x), tolerance('exact'));
  });

  it.each([0, -0.3])('takes a scale of %d', (scale) => {
    compareAttention({ queries: 65, keys: 70, size: small }, { scale, causal: true });
  });

  it('gives zeros and no gradient where there is nothing to attend to', () => {
    const [queries, keys] = [130, 70];
    const rows = everyThird(queries);
    const sizes = { queries, keys, size: 64 };
    for (const mask of [rows, hiding(rows)]) {
      for (const causal of [false, true]) {
        const dropout = causal ? 0.3 : 0;
        const [out, gradQuery] = compareAttention(sizes, { mask, causal, dropout, generator: new Generator(7) });
        const hidden = logicalNot(rows);
        for (const x of [out, gradQuery])
          expect(mul(x, cast(hidden, 'float32'))).toBeCloseToTensor(zerosLike(x), tolerance('exact'));
      }
    }
    for (const x of compareAttention(sizes, { mask: zeros([1], 'bool') }))
      expect(x).toBeCloseToTensor(zerosLike(x), tolerance('exact'));
  });

  it('follows scores that grow from tile to tile, or fall', () => {
    const [query, key, value] = draw({ queries: 65, keys: 300, size: small });
    const further = reshape(range(0, 300), [1, 1, 300, 1]);
    const growing = add(key, mul(slice(query, [0, 0, 3, 0], [1, 1, 1, small]), further));
    for (const keys of [growing, neg(growing)]) {
      const inputs = [query, keys, value];
      const expected = ATTENTION.plain(inputs.map(round), { scale: 0.01 });
      const received = inPrecision(precision, () => ATTENTION.fused(inputs, { scale: 0.01 }));
      expect(received).toBeCloseToTensor(expected, { absolute: largestOf(expected) * each, relative: 0 });
    }
  });

  it('takes empty tensors', () => {
    for (const sizes of [
      { queries: 3, keys: 5, size: 40, batch: 0 },
      { queries: 0, keys: 5, size: 40 },
      { queries: 3, keys: 0, size: 40 },
    ])
      for (const x of inPrecision(precision, () => run(ATTENTION.fused, draw(sizes), { causal: true })))
        expect(x).toBeCloseToTensor(zerosLike(x), tolerance('exact'));
  });

  it.each([
    [1, 2, 1, small],
    [2, 7, 3, 40],
    [1, 65, 2, small],
    [1, 130, 2, 64],
    [1, 67, 1, 128],
  ])(
    'of a sequence to itself reads and writes heads side by side: batch %i, time %i, %i heads of %i',
    (batch, time, heads, size) => {
      const x = randomTensor([batch, time, 3 * heads * size], { seed: 1 });
      const f = selfAttentionOf(heads);
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

  it('leaves the gradient of an added mask to the scores in memory, from the sums that it found', () => {
    const mask = roundToBf16(randomTensor([2, 1, 70], { seed: 5 }));
    compare(MASKED_ATTENTION, [...draw({ queries: 65, keys: 70, size: small, heads: 2 }), mask], {}, 1.25); // scores in memory are rounded again
  });

  it('keeps what is not finite to the queries and the columns that it is in', () => {
    const sizes = { queries: 65, keys: 70, size: 40 };
    const [query, key, value] = draw(sizes);
    const at = (row: number, column: number, number: number): Tensor => {
      const numbers = new Float32Array(70 * 40);
      numbers[row * 40 + column] = number;
      return tensor(numbers, [1, 1, 70, 40]);
    };
    const finite = inPrecision(precision, () => ATTENTION.fused([query, key, value], { causal: true })).dataSync();
    const compareWith = (inputs: readonly Tensor[], expected: (row: number, column: number) => number | undefined) => {
      const out = inPrecision(precision, () => ATTENTION.fused(inputs, { causal: true })).dataSync();
      finite.forEach((number, i) => expect(out[i]).toBe(expected(Math.floor(i / 40), i % 40) ?? number));
    };
    for (const number of [NaN, Infinity]) {
      const spoiled = add(query, slice(at(33, 7, number), [0, 0, 0, 0], query.shape));
      compareWith([spoiled, key, value], (row) => (row === 33 ? NaN : undefined));
      // What is hidden may be multiplied by 0, which rows see of the first key alone.
      const seen = add(value, at(0, 7, number));
      compareWith([query, key, seen], (_, column) => (column === 7 ? number : undefined));
    }
  });

  it('is the same every time', () => {
    const inputs = draw({ queries: 130, keys: 130, size: 64, heads: 4, keyHeads: 2 });
    const attend = (): Tensor[] => run(ATTENTION.fused, inputs, { causal: true });
    const [first, second] = [0, 1].map(() => inPrecision(precision, attend));
    first.forEach((x, i) => expect(second[i]).toBeCloseToTensor(x, tolerance('exact')));
  });
}

function choice(): void {
  useDevice('cuda');

  it('rounds as the precision allows, and only what it is for', () => {
    const error = (sizes: Partial<Sizes>, precision: MatmulPrecision): number => {
      const inputs = draw({ queries: 33, keys: 65, size: 64, ...sizes });
      const expected = plainAttention(...inputs);
      const received = inPrecision(precision, () => ATTENTION.fused(inputs, {}));
      return lengthOf(sub(received, expected)) / lengthOf(expected);
    };
    const rounded = error({}, 'bf16');
    expect(rounded).toBeGreaterThan(2 ** -10);
    expect(rounded).toBeLessThan(2 ** -7);
    expect(error({}, 'float32')).toBeLessThan(1e-6);
    expect(error({}, 'tf32')).toBeGreaterThan(2 ** -13);
    expect(error({}, 'tf32')).toBeLessThan(rounded / 4);
    // In bf16, what has other sizes is rounded to tf32.
    for (const others of [{ size: 60 }, { size: 136 }, { valueSize: 9 }, { queries: 1 }])
      expect(error(others, 'bf16')).toBeLessThan(rounded / 4);
  });

  const [heads, time] = [2, 130];
  const scores = heads * time * time * 4;
  const peakOf = (f: () => unknown): number => {
    resetPeakMemory();
    const before = nativeMemory()?.peak ?? 0;
    f();
    return (nativeMemory()?.peak ?? 0) - before;
  };

  // In float32, small heads are not fused, and large ones only where half of the scores are not computed.
  const kinds: readonly (readonly [MatmulPrecision, size: number, without: MatmulPrecision, causal: boolean])[] = [
    ['bf16', 32, 'float32', true],
    ['tf32', 32, 'float32', true],
    ['float32', 68, 'float32', false],
  ];
  describe.each(kinds)('in %s', (precision, size, without, causal) => {
    const others: [string, () => AttentionOptions][] = [
      ['', () => ({})],
      [' with a mask', () => ({ mask: randomMask([time, time], { seed: 5 }) })],
      [' with dropout', () => ({ dropout: 0.3, generator: new Generator(7) })],
    ];
    it.each(others)('takes no memory for scores%s', (_, other) => {
      const options = other();
      const compareMemory = (op: Op, inputs: readonly Tensor[]): void => {
        const forward = (causal: boolean): unknown => op.fused(inputs, anew({ ...options, causal }));
        const training = (causal: boolean): unknown => run(op.fused, inputs, { ...options, causal });
        for (const f of [forward, training]) {
          const inMemory = inPrecision(without, () => peakOf(() => f(causal)));
          const onChip = inPrecision(precision, () => peakOf(() => f(true)));
          expect(inMemory - onChip).toBeGreaterThan(scores / 2); // in bf16 there are copies of the inputs
        }
      };
      compareMemory(ATTENTION, draw({ queries: time, keys: time, size, heads, keyHeads: 1 }));
      compareMemory(selfAttentionOf(heads), [randomTensor([1, time, 3 * heads * size], { seed: 1 })]);
    });
  });
}

describeOnCuda('attention of device cuda', () => {
  describe.each<MatmulPrecision>(['bf16', 'tf32', 'float32'])('in %s', attentionIn);
  describe('where it is fused', choice);
});
