// SPDX-License-Identifier: Apache-2.0
// What every layer owes: shapes, names, modes, saved state, gradients, golden values, no leaks. One suite for all of them.

import { Generator, type Tensor, add, countFlops, scope } from '@nabla/core';
import type { Module } from '@nabla/layers';
import { type Tensors, checkGoldenWith, fromRecord } from './check-golden.ts';
import { assertClose } from './compare-tensors.ts';
import { devices, useDevice } from './devices.ts';
import type { ForwardCase } from './golden.ts';
import { weightedGradients } from './gradients.ts';
import './matchers.ts';
import { expectNoLeaks } from './no-leaks.ts';
import { randomTensor } from './random-tensor.ts';
import { tolerance } from './tolerances.ts';

/** How to make a layer, feed it, and what must come out. */
export interface LayerRow<Layer extends Module = Module> {
  make(this: void, generator: Generator): Layer;
  /** New tensors at each call, always the same values. */
  inputs(this: void): Tensor[];
  forward(this: void, layer: Layer, ...inputs: Tensor[]): Tensor;
  readonly output: readonly number[];
  /** The shape of every parameter by state name, in order. */
  readonly parameters: Readonly<Record<string, readonly number[]>>;
  /** Whether it draws random numbers while training, so that its output differs from the one in evaluation. */
  readonly randomInTraining?: boolean;
  /** Whether its output in training is another one than in evaluation, though nothing is random. */
  readonly differsInTraining?: boolean;
  /** Whether its weights are tables to look things up in, so that it multiplies no matrices. */
  readonly looksUp?: boolean;
  readonly golden?: readonly GoldenLayer<Layer>[];
}

/** A case of a fixture, and how to make and run the layer that it describes. */
export interface GoldenLayer<Layer extends Module = Module> {
  readonly recorded: ForwardCase<unknown>;
  make(this: void, generator: Generator): Layer;
  forward(this: void, layer: Layer, inputs: Tensors): Tensor;
}

/** A row whose `make`, `forward` and golden cases speak of the same class. */
export function layerRow<Layer extends Module>(row: LayerRow<Layer>): LayerRow {
  return row;
}

/** Describes the suite of one layer on every device. */
export function checkLayer(name: string, row: LayerRow): void {
  describe.each(devices())(`${name} on %s`, (device) => {
    useDevice(device);
    describeShapes(row);
    describeModes(row);
    describeState(row);
    describeGradients(row);
    it('leaves nothing behind when it is disposed of', () => {
      expectNoLeaks(() => {
        withLayer(row, (layer) => gradientsOf(row, layer));
      });
    });
  });
}

function describeShapes(row: LayerRow): void {
  it('has the named parameters and no other', () => {
    withLayer(row, (layer) => {
      const shapes = [...layer.namedParameters()].map(([name, parameter]) => [name, parameter.shape]);
      expect(shapes).toEqual(Object.entries(row.parameters));
      expect(layer.parameters()).toHaveLength(shapes.length);
    });
  });

  it(`returns float32 of shape [${row.output.join(', ')}]`, () => {
    withLayer(row, (layer) => {
      const output = row.forward(layer, ...row.inputs());
      expect({ shape: output.shape, dtype: output.dtype }).toEqual({ shape: row.output, dtype: 'float32' });
    });
  });

  const isMatrix = Object.values(row.parameters).some((shape) => shape.length >= 2);
  if (!isMatrix || row.looksUp === true) return;
  it('multiplies in kernels whose operations are counted (core/src/count-flops.ts)', () => {
    withLayer(row, (layer) => {
      expect(countFlops(() => row.forward(layer, ...row.inputs())).flops).toBeGreaterThan(0);
    });
  });
}

function describeModes(row: LayerRow): void {
  it('starts in training, and switches with everything below it', () => {
    withLayer(row, (layer) => {
      const modes = (): boolean[] => [...layer.namedModules()].map(([, module]) => module.training);
      expect(modes()).not.toContain(false);
      expect(layer.eval()).toBe(layer);
      expect(modes()).not.toContain(true);
      expect(layer.train()).toBe(layer);
      expect(modes()).not.toContain(false);
    });
  });

  const differs = row.randomInTraining === true || row.differsInTraining === true;
  it(differs ? 'is another one in training than in evaluation' : 'is the same in training and in evaluation', () => {
    withLayer(row, (layer) => {
      const inputs = row.inputs();
      const run = (): Tensor => row.forward(layer, ...inputs);
      const trained = run();
      layer.eval();
      const evaluated = run();
      assertClose('the second run in evaluation', run(), evaluated, tolerance('exact'));
      if (differs) expect(trained).not.toBeCloseToTensor(evaluated, tolerance('exact'));
      else assertClose('training against evaluation', trained, evaluated, tolerance('exact'));
    });
  });
}

function describeState(row: LayerRow): void {
  it('is the same again after its state is loaded into another one', () => {
    withLayer(row, (layer) => {
      const other = row.make(new Generator(2)).eval();
      try {
        nudge(layer); // so that layers whose start is fixed differ too
        other.loadStateDict(layer.eval().stateDict());
        const inputs = row.inputs();
        const expected = row.forward(layer, ...inputs);
        assertClose('the loaded layer', row.forward(other, ...inputs), expected, tolerance('exact'));
        nudge(layer);
        assertClose(
          'the loaded layer after the first one changed',
          row.forward(other, ...inputs),
          expected,
          tolerance('exact'),
        );
      } finally {
        other.dispose();
      }
    });
  });

  if (Object.keys(row.parameters).length === 0) return;
  it('refuses state with a missing, an unexpected or a mis-shaped name', () => {
    withLayer(row, (layer) => {
      const state = layer.stateDict();
      const [name] = Object.keys(state);
      const { [name]: removed, ...missing } = state;
      const misshaped = randomTensor([...removed.shape, 2], { seed: 3 });
      expect(() => layer.loadStateDict(missing)).toThrowCode('STATE', new RegExp(`missing.*${name}`));
      expect(() => layer.loadStateDict({ ...state, extra: removed })).toThrowCode('STATE', /unexpected.*extra/);
      expect(() => layer.loadStateDict({ ...state, [name]: misshaped })).toThrowCode('STATE', new RegExp(name));
    });
  });
}

function describeGradients(row: LayerRow): void {
  if (Object.keys(row.parameters).length > 0) {
    it('sends a finite gradient to every parameter', () => {
      withLayer(row, (layer) => {
        const names = [...layer.namedParameters()].map(([name]) => name);
        gradientsOf(row, layer).forEach((gradient, i) => {
          const zero = gradient.dataSync().every((value) => value === 0);
          expect({ name: names[i], zero, finite: allFinite(gradient) }).toEqual({
            name: names[i],
            zero: false,
            finite: true,
          });
        });
      });
    });
  }

  for (const { recorded, make, forward } of row.golden ?? []) {
    it(`equals PyTorch: ${recorded.name}`, () => {
      const layer = make(new Generator(4)).eval();
      try {
        scope(() => layer.loadStateDict(fromRecord(recorded.parameters)));
        const parameters = Object.fromEntries(layer.namedParameters());
        checkGoldenWith(parameters, recorded, (inputs) => forward(layer, inputs));
      } finally {
        layer.dispose();
      }
    });
  }
}

/** Runs `f` with a new layer, and disposes of the layer. */
function withLayer(row: LayerRow, f: (layer: Module) => void): void {
  const layer = row.make(new Generator(1));
  try {
    f(layer);
  } finally {
    layer.dispose();
  }
}

/** The gradients of a weighted sum of the output, in the order of the parameters. */
function gradientsOf(row: LayerRow, layer: Module): Tensor[] {
  if (layer.parameters().length === 0) return [];
  const inputs = row.inputs();
  const weights = randomTensor(row.output, { seed: 5 });
  return weightedGradients(() => row.forward(layer, ...inputs), weights, layer.parameters());
}

/** Adds small random numbers to every parameter. */
function nudge(layer: Module): void {
  scope(() => {
    layer.parameters().forEach((parameter, i) => {
      parameter.assign(add(parameter, randomTensor(parameter.shape, { seed: 6 + i, low: 0.1, high: 0.5 })));
    });
  });
}

function allFinite(tensor: Tensor): boolean {
  return tensor.dataSync().every((value) => Number.isFinite(value));
}
