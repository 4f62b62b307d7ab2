// SPDX-License-Identifier: Apache-2.0
// Tests of image transforms: formulas written out beside them, PyTorch's interpolation, equal seeds, and sources left as they are.

import { Generator, ShapeError } from '@nabla/core';
import { golden } from '@nabla/testing';
import * as fc from 'fast-check';
import type { Image } from '../image.ts';
import { symmetricBeta } from '../random.ts';
import { adjustBrightness, adjustContrast, adjustSaturation, colorJitter, normalize } from './color.ts';
import { centerCrop, randomCrop, randomHorizontalFlip, resize } from './geometry.ts';
import { collateMixUp } from './mix-up.ts';
import { type ImageTransform, collateTransformed, compose } from './transform.ts';

const imageOf = (height: number, width: number, channels: number, values?: ArrayLike<number>): Image => ({
  height,
  width,
  channels,
  pixels: Float32Array.from(values ?? Array.from({ length: height * width * channels }, (_, i) => (i % 97) / 97)),
});
const apply = (transform: ImageTransform, image: Image, seed = 0): Image => transform(image, new Generator(seed));
const at = ({ width, channels, pixels }: Image, row: number, column: number, channel: number): number =>
  pixels[(row * width + column) * channels + channel];
const anyImage = fc
  .tuple(fc.integer({ min: 1, max: 7 }), fc.integer({ min: 1, max: 7 }), fc.constantFrom(1, 3, 4), fc.nat())
  .map(([height, width, channels, seed]) => {
    const generator = new Generator(seed);
    return imageOf(
      height,
      width,
      channels,
      Float32Array.from({ length: height * width * channels }, () => generator.integer(256) / 255),
    );
  });

describe('every transform', () => {
  const transforms: [string, ImageTransform][] = [
    ['resize', resize(3, 5)],
    ['centerCrop', centerCrop(1, 1)],
    ['randomCrop', randomCrop(2, 2, { padding: 1 })],
    ['randomHorizontalFlip', randomHorizontalFlip()],
    ['colorJitter', colorJitter({ brightness: 0.4, contrast: 0.4, saturation: 0.4 })],
    ['compose', compose(randomHorizontalFlip(), colorJitter({ brightness: 1 }), randomCrop(2, 3, { padding: 2 }))],
  ];

  it.each(transforms)(
    '%s is the same for the same seed, fills its shape, and leaves its source alone',
    (_, transform) => {
      fc.assert(
        fc.property(anyImage, fc.nat(), (image, seed) => {
          const before = Float32Array.from(image.pixels);
          const result = apply(transform, image, seed);
          expect(apply(transform, image, seed)).toEqual(result);
          expect(image.pixels).toEqual(before);
          expect(result.pixels.length).toBe(result.height * result.width * result.channels);
          expect(result.pixels.every((value) => value >= 0 && value <= 1)).toBe(true);
        }),
        { numRuns: 40 },
      );
    },
  );
});

describe('resize', () => {
  it('is what PyTorch interpolates', () => {
    const { inputs, output } = golden('upsample').cases.find(({ name }) => name === 'bilinear, smaller and larger')!;
    const [, height, width, channels] = inputs.x.shape;
    const result = apply(resize(output.shape[1], output.shape[2]), imageOf(height, width, channels, inputs.x.values));
    result.pixels.forEach((value, i) => expect(value).toBeCloseTo(output.values[i], 5));
  });

  it('to the same size changes nothing', () => {
    fc.assert(fc.property(anyImage, (image) => expect(apply(resize(image.height, image.width), image)).toEqual(image)));
  });

  it('of one pixel fills the image with it', () => {
    expect([...apply(resize(2, 2), imageOf(1, 1, 1, [0.5])).pixels]).toEqual([0.5, 0.5, 0.5, 0.5]);
  });

  it.each([
    [0, 1],
    [1, 0],
    [1.5, 1],
    [NaN, 1],
  ])('refuses the size %p by %p', (height, width) => {
    expect(() => resize(height, width)).toThrow('to be an integer >= 1');
  });
});

describe('crops', () => {
  it('take the middle', () => {
    const image = imageOf(4, 5, 2);
    const result = apply(centerCrop(2, 3), image);
    for (let row = 0; row < 2; row++) {
      for (let column = 0; column < 3; column++) {
        for (const channel of [0, 1])
          expect(at(result, row, column, channel)).toBe(at(image, row + 1, column + 1, channel));
      }
    }
  });

  it('take each place about equally often, with the padding that is asked for', () => {
    const image = imageOf(2, 2, 1, [1, 2, 3, 4]);
    const generator = new Generator(1);
    const counts = new Map<string, number>();
    for (let i = 0; i < 9000; i++) {
      const key = randomCrop(2, 2, { padding: 1 })(image, generator).pixels.join();
      counts.set(key, (counts.get(key) ?? 0) + 1);
    }
    expect([...counts.keys()].sort()).toEqual([
      '0,0,0,1',
      '0,0,1,2',
      '0,0,2,0',
      '0,1,0,3',
      '0,3,0,0',
      '1,2,3,4',
      '2,0,4,0',
      '3,4,0,0',
      '4,0,0,0',
    ]);
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(120);
  });

  it('may lie in the padding alone', () => {
    const results = Array.from({ length: 50 }, (_, seed) =>
      apply(randomCrop(1, 1, { padding: 3 }), imageOf(1, 1, 1, [1]), seed),
    );
    expect(new Set(results.map(({ pixels }) => pixels[0]))).toEqual(new Set([0, 1]));
  });

  it('refuse an image that is too small', () => {
    const crop = (): Image => apply(centerCrop(3, 1), imageOf(2, 2, 3));
    expect(crop).toThrow(ShapeError);
    expect(crop).toThrow(
      'centerCrop: expected image of shape [>= 3, >= 1, channels], received [2, 2, 3]. Resize it first',
    );
    expect(() => apply(randomCrop(1, 5, { padding: 1 }), imageOf(2, 2, 3))).toThrow('received [4, 4, 3]');
    expect(() => randomCrop(1, 1, { padding: -1 })).toThrow('padding to be an integer >= 0');
  });
});

describe('randomHorizontalFlip', () => {
  it('mirrors each pixel as a whole', () => {
    expect([...apply(randomHorizontalFlip(1), imageOf(1, 3, 2, [1, 2, 3, 4, 5, 6])).pixels]).toEqual([
      5, 6, 3, 4, 1, 2,
    ]);
    fc.assert(
      fc.property(anyImage, (image) => {
        const flip = randomHorizontalFlip(1);
        expect(apply(flip, apply(flip, image))).toEqual(image);
        expect(apply(randomHorizontalFlip(0), image)).toEqual(image);
      }),
    );
  });

  it('flips as often as is said', () => {
    const generator = new Generator(2);
    const transform = randomHorizontalFlip(0.2);
    const image = imageOf(1, 2, 1, [0, 1]);
    const flips = Array.from({ length: 2000 }, () => transform(image, generator).pixels[0]).filter(
      (value) => value === 1,
    );
    expect(Math.abs(flips.length - 400)).toBeLessThan(60); // 3.3 standard deviations
    expect(() => randomHorizontalFlip(1.1)).toThrow('probability to be a number >= 0 and <= 1');
  });
});

describe('colours', () => {
  const image = imageOf(1, 2, 3, [0.2, 0.4, 0.6, 1, 0, 0.5]);
  const grey = [0.2989 * 0.2 + 0.587 * 0.4 + 0.114 * 0.6, 0.2989 + 0.114 * 0.5];
  const mean = (grey[0] + grey[1]) / 2;
  const clip = (value: number): number => Math.min(Math.max(value, 0), 1);

  it.each([0, 0.5, 1, 1.7])('by the factor %p follow the formulas', (factor) => {
    const expected = (other: (i: number) => number): number[] =>
      [...image.pixels].map((value, i) => clip(factor * value + (1 - factor) * other(i)));
    const check = (result: Image, values: number[]): void =>
      values.forEach((value, i) => expect(result.pixels[i]).toBeCloseTo(value, 6));
    check(
      adjustBrightness(image, factor),
      expected(() => 0),
    );
    check(
      adjustContrast(image, factor),
      expected(() => mean),
    );
    check(
      adjustSaturation(image, factor),
      expected((i) => grey[Math.floor(i / 3)]),
    );
  });

  it('leave opacity alone, and grey images without saturation', () => {
    const withOpacity = imageOf(1, 1, 4, [0.5, 0.5, 0.5, 0.25]);
    const jitter = colorJitter({ brightness: 1, contrast: 1, saturation: 1 });
    for (let seed = 0; seed < 20; seed++) expect(apply(jitter, withOpacity, seed).pixels[3]).toBe(0.25);
    const plain = imageOf(1, 2, 1, [0.25, 0.75]);
    expect(apply(colorJitter({ saturation: 1 }), plain, 3)).toEqual(plain);
  });

  it('draw factors from the interval that is stated', () => {
    const generator = new Generator(5);
    const white = imageOf(1, 1, 1, [0.5]);
    const factors = Array.from(
      { length: 1000 },
      () => colorJitter({ brightness: 0.4 })(white, generator).pixels[0] * 2,
    );
    expect([Math.min(...factors), Math.max(...factors)]).toEqual([expect.closeTo(0.6, 2), expect.closeTo(1.4, 2)]);
    expect(factors.every((factor) => factor > 0.6 - 1e-6 && factor < 1.4 + 1e-6)).toBe(true);
  });

  it('refuse negative reaches and unknown options', () => {
    expect(() => colorJitter({ contrast: -1 })).toThrow('contrast to be a number >= 0');
    expect(() => colorJitter({ hue: 1 } as object)).toThrow('received "hue"');
  });
});

describe('normalize', () => {
  it('follows its formula', () => {
    const result = apply(normalize([0.5, 0, 1], [0.5, 2, 0.25]), imageOf(1, 1, 3, [1, 1, 0.5]));
    expect([...result.pixels]).toEqual([1, 0.5, -2]);
  });

  it('refuses what does not fit', () => {
    expect(() => normalize([1], [1, 2])).toThrow(
      'expected mean and standardDeviation to have a number for each channel, received 1 and 2',
    );
    expect(() => normalize([1], [0])).toThrow('standardDeviation to be a number > 0');
    expect(() => normalize([NaN], [1])).toThrow('mean to be a number');
    expect(() => apply(normalize([0], [1]), imageOf(1, 1, 3))).toThrow('[height, width, 1], received [1, 1, 3]');
  });
});

describe('collateTransformed', () => {
  it('transforms one image after the other', () => {
    const collate = collateTransformed(randomHorizontalFlip());
    const examples = Array.from({ length: 20 }, (_, label) => ({ image: imageOf(1, 2, 1, [0, 1]), label }));
    const { images, labels } = collate(examples, new Generator(0));
    expect([images.shape, [...labels.dataSync()]]).toEqual([[20, 1, 2, 1], examples.map(({ label }) => label)]);
    const lefts = [...images.dataSync()].filter((_, i) => i % 2 === 0);
    expect(new Set(lefts)).toEqual(new Set([0, 1]));
    images.dispose();
    labels.dispose();
  });
});

describe('collateMixUp', () => {
  it('blends images and targets by the same share', () => {
    fc.assert(
      fc.property(fc.nat(), fc.constantFrom(0.1, 1, 4), (seed, alpha) => {
        const examples = [0, 1, 2, 3].map((label) => ({
          image: imageOf(
            1,
            1,
            4,
            [0, 1, 2, 3].map((i) => Number(i === label)),
          ),
          label,
        }));
        const { images, targets } = collateMixUp({ classes: 4, alpha })(examples, new Generator(seed));
        expect([targets.shape, targets.dtype]).toEqual([[4, 4], 'float32']);
        expect([...targets.dataSync()]).toEqual([...images.dataSync()].map((value) => expect.closeTo(value, 6)));
        const rows = [0, 1, 2, 3].map((row) => [...targets.dataSync()].slice(4 * row, 4 * row + 4));
        for (const row of rows) expect(row.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 6);
        images.dispose();
        targets.dispose();
      }),
      { numRuns: 30 },
    );
  });

  it.each([0.01, 0.2, 1, 3])('draws from Beta(%p, same): mean and variance', (alpha) => {
    const generator = new Generator(8);
    const shares = Array.from({ length: 4000 }, () => symmetricBeta(generator, alpha));
    const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length;
    const variance = shares.reduce((sum, share) => sum + (share - mean) ** 2, 0) / shares.length;
    expect(shares.every((share) => share >= 0 && share <= 1)).toBe(true);
    expect(Math.abs(mean - 0.5)).toBeLessThan(0.03);
    expect(Math.abs(variance - 1 / (4 * (2 * alpha + 1)))).toBeLessThan(0.01);
  });

  it('refuses what does not fit', () => {
    expect(() => collateMixUp({ classes: 0 })).toThrow('classes to be an integer >= 1');
    expect(() => collateMixUp({ classes: 2, alpha: 0 })).toThrow('alpha to be a number > 0');
    const examples = [{ image: imageOf(1, 1, 1), label: 2 }];
    expect(() => collateMixUp({ classes: 2 })(examples, new Generator(0))).toThrow(
      'label to be an integer >= 0 and <= 1',
    );
    const several = [
      { image: imageOf(1, 1, 1), label: 0 },
      { image: imageOf(1, 2, 1), label: 1 },
    ];
    expect(() => collateMixUp({ classes: 2 })(several, new Generator(0))).toThrow(ShapeError);
  });
});
