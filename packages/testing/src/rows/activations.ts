// SPDX-License-Identifier: Apache-2.0
// One row per activation layer of @nabla/layers/activations, all with the golden values of PyTorch's modules.

import * as layers from '@nabla/layers';
import { type LayerRow, layerRow } from '../check-layer.ts';
import { golden } from '../golden.ts';
import { randomTensor } from '../random-tensor.ts';

/** The options of a recorded case: numbers by name. */
type Options = Readonly<Record<string, number>>;

interface ActivationShapes {
  readonly output?: readonly number[];
  readonly parameters?: Readonly<Record<string, readonly number[]>>;
}

const recorded = golden('activation_layers').cases;

function activation(
  name: string,
  make: (options: Options) => layers.Layer,
  { output = [3, 6], parameters = {} }: ActivationShapes = {},
): LayerRow {
  return layerRow<layers.Layer>({
    make: () => make({}),
    inputs: () => [randomTensor([3, 6], { seed: 1 })],
    forward: (layer, x) => layer.forward(x),
    output,
    parameters,
    golden: recorded
      .filter(({ options }) => options.activation === name)
      .map((one) => ({
        recorded: one,
        make: () => make(one.options.options),
        forward: (layer, { x }) => layer.forward(x),
      })),
  });
}

/** Rows by the name of the class. */
export const activationRows: Readonly<Record<string, LayerRow>> = {
  CELU: activation('CELU', (options) => new layers.CELU(options)),
  ELU: activation('ELU', (options) => new layers.ELU(options)),
  GLU: activation('GLU', (options) => new layers.GLU(options), { output: [3, 3] }),
  Hardshrink: activation('Hardshrink', (options) => new layers.Hardshrink(options)),
  Hardsigmoid: activation('Hardsigmoid', () => new layers.Hardsigmoid()),
  Hardswish: activation('Hardswish', () => new layers.Hardswish()),
  Hardtanh: activation('Hardtanh', (options) => new layers.Hardtanh(options)),
  LeakyReLU: activation('LeakyReLU', (options) => new layers.LeakyReLU(options)),
  LogSigmoid: activation('LogSigmoid', () => new layers.LogSigmoid()),
  LogSoftmax: activation('LogSoftmax', (options) => new layers.LogSoftmax(options)),
  Mish: activation('Mish', () => new layers.Mish()),
  PReLU: activation('PReLU', ({ features = 1 }) => new layers.PReLU(features), { parameters: { weight: [1] } }),
  ReLU6: activation('ReLU6', () => new layers.ReLU6()),
  SELU: activation('SELU', () => new layers.SELU()),
  Softmin: activation('Softmin', (options) => new layers.Softmin(options)),
  Softplus: activation('Softplus', (options) => new layers.Softplus(options)),
  Softshrink: activation('Softshrink', (options) => new layers.Softshrink(options)),
  Softsign: activation('Softsign', () => new layers.Softsign()),
  Tanhshrink: activation('Tanhshrink', () => new layers.Tanhshrink()),
  Threshold: activation('Threshold', ({ threshold = 0, value = 0 }) => new layers.Threshold(threshold, value)),
};
