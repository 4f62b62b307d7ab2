// SPDX-License-Identifier: Apache-2.0
// What every optimizer owes: it descends, keeps shapes, resumes to the bit, refuses bad options, leaks nothing.

import {
  ArgumentError,
  type Scalar,
  type Variable,
  add,
  clone,
  dispose,
  memory,
  mul,
  scope,
  square,
  sub,
  sum,
  variable,
} from '@nabla/core';
import type { Optimizer } from '@nabla/optimizers';
import { fromRecord, variablesFrom } from './check-golden.ts';
import { assertClose } from './compare-tensors.ts';
import { devices, useDevice } from './devices.ts';
import type { OptimizerCase } from './golden.ts';
import './matchers.ts';
import { expectNoLeaks } from './no-leaks.ts';
import { randomTensor } from './random-tensor.ts';
import { tolerance } from './tolerances.ts';

/** How to make an optimizer, and what it must refuse. */
export interface OptimizerRow<Options = object> {
  make(this: void, parameters: readonly Variable[], options: Options): Optimizer;
  /** With which two hundred steps come near the minimum of a quadratic of curvature 1. */
  readonly options: Options;
  /** Options that the constructor refuses, with the code of the error. */
  readonly refused: readonly (readonly [options: object, code: string])[];
  /** Recorded steps, whose options are those of the constructor. */
  readonly golden: readonly OptimizerCase<Options>[];
}

/** A row whose `make`, options and golden cases speak of the same class. */
export function optimizerRow<Options>(row: OptimizerRow<Options>): OptimizerRow {
  return row as OptimizerRow;
}

/** Describes the suite of one optimizer on every device. */
export function checkOptimizer(name: string, row: OptimizerRow): void {
  describe.each(devices())(`${name} on %s`, (device) => {
    useDevice(device);
    describeDescent(row);
    describeResume(row);
    describeRefusals(row);
    describeGolden(row);
    it('leaves nothing behind, and its steps allocate nothing that stays', () => {
      expectNoLeaks(() => {
        withProblem(row, ({ optimizer, loss }) => {
          optimizer.step(loss).dispose();
          const { tensors } = memory();
          for (let step = 0; step < 3; step++) optimizer.step(loss).dispose();
          expect(memory().tensors).toBe(tensors);
        });
      });
    });
  });
}

/** A quadratic with its minimum at known targets. */
interface Problem {
  readonly parameters: Variable[];
  readonly optimizer: Optimizer;
  readonly loss: () => Scalar;
}

const SHAPES = [[3, 5], [7], []];

/** Runs `f` with new parameters and a new optimizer, and disposes of both. */
function withProblem(row: OptimizerRow, f: (problem: Problem) => void, options: object = row.options): void {
  const targets = SHAPES.map((shape, i) => randomTensor(shape, { seed: 10 + i }));
  const parameters = scope(() => SHAPES.map((shape, i) => variable(randomTensor(shape, { seed: 20 + i }))));
  try {
    const optimizer = row.make(parameters, options);
    const loss = (): Scalar =>
      parameters.map((x, i) => mul(sum(square(sub(x, targets[i]))), 0.5)).reduce((a, b) => add(a, b)) as Scalar;
    try {
      f({ parameters, optimizer, loss });
    } finally {
      optimizer.dispose();
    }
  } finally {
    dispose(parameters);
    dispose(targets);
  }
}

function describeDescent(row: OptimizerRow): void {
  it('descends a quadratic and keeps shapes and element types', () => {
    withProblem(row, ({ parameters, optimizer, loss }) => {
      const first = optimizer.step(loss).dataSync()[0];
      for (let step = 1; step < 200; step++) optimizer.step(loss).dispose();
      expect(loss().dataSync()[0]).toBeLessThan(first / 100);
      expect(parameters.map(({ shape }) => shape)).toEqual(SHAPES);
      expect(parameters.map(({ dtype }) => dtype)).toEqual(SHAPES.map(() => 'float32'));
    });
  });

  it('returns the loss before the update', () => {
    withProblem(row, ({ optimizer, loss }) => {
      const before = loss();
      const returned = optimizer.step(loss);
      expect(returned).toBeCloseToTensor(before, tolerance('exact'));
      expect(returned.shape).toEqual([]);
    });
  });

  it('counts its steps', () => {
    withProblem(row, ({ optimizer, loss }) => {
      expect(optimizer.steps).toBe(0);
      optimizer.step(loss);
      optimizer.applyGradients(optimizer.parameters);
      expect(optimizer.steps).toBe(2);
    });
  });

  it('stands still at learning rate 0, and moves again when it is set', () => {
    withProblem(row, ({ parameters, optimizer, loss }) => {
      const start = parameters.map((x) => clone(x));
      const { learningRate } = optimizer;
      optimizer.learningRate = 0;
      optimizer.step(loss);
      parameters.forEach((x, i) => assertClose(`parameter ${i}`, x, start[i], tolerance('exact')));
      optimizer.learningRate = learningRate;
      optimizer.step(loss);
      parameters.forEach((x, i) => expect(x).not.toBeCloseToTensor(start[i], tolerance('exact')));
      expect(() => (optimizer.learningRate = -1)).toThrowCode('ARGUMENT', /learningRate/);
      expect(() => (optimizer.learningRate = NaN)).toThrowCode('ARGUMENT', /learningRate/);
    });
  });
}

function describeResume(row: OptimizerRow): void {
  const optionsOf = (): (readonly [string, object])[] => [
    ['its options', row.options],
    ...row.golden.map(({ name, options }) => [`golden case: ${name}`, options] as const),
  ];
  it.each(optionsOf())('resumes from saved state to the bit (%s)', (_, options) => {
    withProblem(
      row,
      (whole) => {
        for (let step = 0; step < 3; step++) whole.optimizer.step(whole.loss);
        withProblem(
          row,
          (resumed) => {
            resumed.parameters.forEach((x, i) => x.assign(clone(whole.parameters[i])));
            resumed.optimizer.loadStateDict(whole.optimizer.stateDict());
            for (let step = 0; step < 3; step++) for (const run of [whole, resumed]) run.optimizer.step(run.loss);
            expect(resumed.optimizer.steps).toBe(6);
            resumed.parameters.forEach((x, i) =>
              assertClose(`parameter ${i}`, x, whole.parameters[i], tolerance('exact')),
            );
            const expected = whole.optimizer.stateDict();
            const { step, tensors } = resumed.optimizer.stateDict();
            expect(step).toBe(expected.step);
            expect(Object.keys(tensors)).toEqual(Object.keys(expected.tensors));
            for (const [name, tensor] of Object.entries(tensors)) {
              assertClose(name, tensor, expected.tensors[name], tolerance('exact'));
            }
          },
          options,
        );
      },
      options,
    );
  });

  it('refuses state with unknown or missing tensors, and the step count of no run', () => {
    withProblem(row, ({ optimizer }) => {
      const { step, tensors } = optimizer.stateDict();
      const extra = { ...tensors, 'unknown.0': randomTensor([2], { seed: 1 }) };
      expect(() => optimizer.loadStateDict({ step, tensors: extra })).toThrowCode('STATE', /unknown\.0/);
      expect(() => optimizer.loadStateDict({ step: -1, tensors })).toThrowCode('ARGUMENT', /step/);
      const [first] = Object.keys(tensors);
      if (first === undefined) return;
      const { [first]: removed, ...missing } = tensors;
      expect(removed).toBeDefined();
      expect(() => optimizer.loadStateDict({ step, tensors: missing })).toThrowCode('STATE', new RegExp(first));
    });
  });
}

function describeRefusals(row: OptimizerRow): void {
  it.each(row.refused.map(([options, code]) => [JSON.stringify(options), code, options] as const))(
    'refuses %s with code %s',
    (_, code, options) => expect(() => withProblem(row, () => undefined, options)).toThrowCode(code),
  );

  it('refuses no parameters, what is none, one twice, and a wrong number of gradients', () => {
    expect(() => row.make([], row.options)).toThrowCode('ARGUMENT', /parameters/);
    for (const wrong of [undefined, 5, [5], [undefined], 'no']) {
      expect(() => row.make(wrong as never, row.options)).toThrowCode('ARGUMENT', /parameters.*model\.parameters\(\)/);
    }
    for (const wrong of [undefined, 5, [5]]) {
      expect(() => row.make([{ parameters: wrong }] as never, row.options)).toThrow(ArgumentError);
    }
    withProblem(row, ({ parameters: [first], optimizer }) => {
      expect(() => row.make([first, first], row.options)).toThrowCode('ARGUMENT', /twice/);
      expect(() => optimizer.applyGradients([first])).toThrowCode('ARGUMENT', /gradients/);
    });
  });
}

function describeGolden(row: OptimizerRow): void {
  it.each(row.golden)(
    'equals the recorded steps: $name',
    ({ options, learningRates, parameters, gradients, after }) => {
      const variables = variablesFrom(parameters);
      const optimizer = row.make(Object.values(variables), options);
      try {
        gradients.forEach((recorded, step) => {
          if (learningRates !== undefined) optimizer.learningRate = learningRates[step];
          scope(() => optimizer.applyGradients(Object.values(fromRecord(recorded))));
          for (const [name, variable] of Object.entries(variables)) {
            assertClose(`${name} after step ${step + 1}`, variable, after[step][name], tolerance('transcendental'));
          }
        });
      } finally {
        optimizer.dispose();
        dispose(Object.values(variables));
      }
    },
  );
}
