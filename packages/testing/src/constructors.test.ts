// SPDX-License-Identifier: Apache-2.0
// Makes the same mistakes with everything of @nabla/layers and @nabla/optimizers that has options: where they are missing, unknown or of no
// use, the error names them, is never one of JavaScript, and leaves nothing behind.

import { ArgumentError, Generator, NablaError, type Variable, zeros } from '@nabla/core';
import * as layers from '@nabla/layers';
import * as optimizers from '@nabla/optimizers';
import { useDevice } from './devices.ts';

useDevice('js');

/** What is made of sizes, modules, tensors or functions alone. */
const WITHOUT_OPTIONS = [
  ...['AdaptiveAvgPool1d', 'AdaptiveAvgPool2d', 'AdaptiveMaxPool2d', 'CircularPad1d', 'CircularPad2d'],
  ...['ConstantPad1d', 'ConstantPad2d', 'Flatten', 'Hardsigmoid', 'Hardswish', 'Identity', 'LogSigmoid', 'Mish'],
  ...['ModuleDict', 'ModuleList', 'ParameterDict', 'ParameterList', 'PixelShuffle', 'PixelUnshuffle', 'ReLU', 'ReLU6'],
  ...['ReflectionPad1d', 'ReflectionPad2d', 'ReplicationPad1d', 'ReplicationPad2d', 'SELU', 'Sequential', 'SiLU'],
  ...['Sigmoid', 'SinusoidalPositions', 'Softsign', 'Tanh', 'Tanhshrink', 'Threshold', 'Unflatten', 'ZeroPad1d'],
  ...['ZeroPad2d', 'StochasticWeightAverage', 'constantSchedule', 'inSequence'],
];

/** Bases of others. */
const BASES = ['Module', 'Optimizer', 'WeightAverage'];

/** What stands before the options of layers that are not made of sizes. */
const BEFORE: Readonly<Record<string, readonly unknown[]>> = {
  Dropout: [0.5],
  TransformerDecoder: [() => new layers.TransformerDecoderLayer(4, 2, { generator: new Generator(1) }), 1],
  TransformerEncoder: [() => new layers.TransformerEncoderLayer(4, 2, { generator: new Generator(1) }), 1],
};

/** Sizes that may stand before the options of a layer. */
const SIZES: readonly (readonly number[])[] = [[], [4], [4, 4], [4, 4, 4]];

/** All that some cannot be made without; others do not have such an option. */
const NEEDED: Readonly<Record<string, () => unknown>> = {
  generator: () => new Generator(1),
  learningRate: () => 0.1,
  peak: () => 0.1,
  start: () => 0.1,
  end: () => 0.1,
  factor: () => 0.5,
  every: () => 1,
  warmupSteps: () => 1,
  totalSteps: () => 4,
  firstPeriod: () => 2,
  milestones: () => [2],
};

/** What no option is, and no size. */
const USELESS: Readonly<Record<string, unknown>> = { text: 'no', record: { no: 1 }, NaN, symbol: Symbol('no') };

type Make = (...given: readonly unknown[]) => unknown;
type Maker = readonly [name: string, make: Make, isLayer: boolean];

const isClass = (name: string): boolean => /^[A-Z]/.test(name);

const makers = [...Object.entries(layers), ...Object.entries(optimizers)].flatMap(([name, value]): Maker[] => {
  const isLayer = name in layers;
  if (BASES.includes(name) || (isLayer && !(value.prototype instanceof layers.Module))) return [];
  const call = value as new (...given: readonly unknown[]) => unknown;
  return [[name, isClass(name) ? (...given) => new call(...given) : (value as Make), isLayer]];
});

/** What an attempt ends with; what is made is disposed of. */
function errorOf(make: Make, ...given: readonly unknown[]): Error | undefined {
  try {
    const made = make(...given);
    if (made instanceof layers.Module || made instanceof optimizers.Optimizer) made.dispose();
    if (made instanceof optimizers.WeightAverage) made.dispose();
    return undefined;
  } catch (error) {
    return error as Error;
  }
}

const isUnknownOption = (error: Error | undefined): error is ArgumentError =>
  error instanceof ArgumentError && error.code === 'OPTION' && error.details['argument'] === 'options';

/** What may stand before the options. */
function beforeOptions([name, make, isLayer]: Maker, w: Variable): readonly unknown[] | undefined {
  if (!isLayer) return isClass(name) && name !== 'ReduceOnPlateau' ? [[w]] : [];
  return BEFORE[name] ?? SIZES.find((sizes) => isUnknownOption(errorOf(make, ...sizes, { ...needed(), unknown: 1 })));
}

/** Options that will do, of those named; default: all. */
function needed(names: readonly string[] = Object.keys(NEEDED)): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(NEEDED).flatMap(([name, make]) => (names.includes(name) ? [[name, make()]] : [])),
  );
}

it.each(makers)('%s is made of anything, or refuses it in words of its own', (name, make) => {
  const problems: string[] = [];
  const others = { undefined, null: null, fraction: 1.5, list: [undefined], call: () => undefined };
  for (const [word, given] of Object.entries({ ...USELESS, ...others })) {
    for (const count of [0, 1, 2, 3]) {
      const error = errorOf(make, ...new Array<unknown>(count).fill(given));
      if (error === undefined || (error instanceof NablaError && error.message.startsWith(`${name}: expected `)))
        continue;
      problems.push(`${count} times ${word}: ${error.message}`);
    }
  }
  expect(problems).toEqual([]);
});

describe.each(makers.filter(([name]) => !WITHOUT_OPTIONS.includes(name)))('%s', (...maker) => {
  const [name, make] = maker;
  const refusal = (before: readonly unknown[], options: unknown): Error | undefined =>
    errorOf(make, ...before, options);

  it('refuses an unknown option, options that are none, and every option that is of no use', () => {
    using w = layers.parameter(zeros([4, 4]));
    const before = beforeOptions(maker, w) ?? [];
    const problems: string[] = [];
    const unknown = refusal(before, { unknown: 1 });
    expect(unknown).toMatchObject({
      code: 'OPTION',
      message: expect.stringMatching(`^${name}: expected options`) as string,
    });
    if (!isUnknownOption(unknown)) return;
    const names = String(unknown.details['expected']).replace('to be among ', '').split(', ');
    for (const options of [5, 'no', null, [1]]) {
      const error = refusal(before, options);
      if (!isUnknownOption(error)) problems.push(`options ${String(options)}: ${error?.message}`);
    }
    for (const option of names) {
      for (const [word, value] of Object.entries(USELESS)) {
        const error = refusal(before, { ...needed(names), [option]: value });
        if (error instanceof ArgumentError && error.message.startsWith(`${name}: expected ${option}`)) continue;
        problems.push(`${option} ${word}: ${error?.message}`);
      }
    }
    expect(problems).toEqual([]);
  });

  it('is made without options, or names one that it needs', () => {
    using w = layers.parameter(zeros([4, 4]));
    const before = beforeOptions(maker, w) ?? [];
    for (const given of [[], [undefined], [{}]]) {
      const error = errorOf(make, ...before, ...given);
      if (error === undefined) continue;
      expect(error).toBeInstanceOf(ArgumentError);
      expect(error.message).toMatch(
        new RegExp(`^${name}: expected (${Object.keys(NEEDED).join('|')}|size or scaleFactor) `),
      );
    }
  });
});
