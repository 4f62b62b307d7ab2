// SPDX-License-Identifier: Apache-2.0
// A linear map after the pooling, as sentence-transformers saves it in a folder of its own.

import { join } from 'node:path';

import { Generator, type LinearActivation, type Tensor, linear } from '@nabla/core';
import { Linear, Module } from '@nabla/layers';
import { z } from 'zod';

import { checkShapes, findNames, openCheckpoint, readInto } from '../pretrained/checkpoint.ts';
import { pretrainedError } from '../pretrained/errors.ts';
import { readJsonFile } from '../pretrained/json-file.ts';

/** By the names of PyTorch's classes, with their package. */
const ACTIVATIONS = {
  'torch.nn.modules.activation.Tanh': 'tanh',
  'torch.nn.modules.activation.ReLU': 'relu',
  'torch.nn.modules.activation.GELU': 'gelu',
  'torch.nn.modules.activation.Sigmoid': 'sigmoid',
  'torch.nn.modules.linear.Identity': 'none',
} as const satisfies Record<string, LinearActivation>;

type ActivationClass = keyof typeof ACTIVATIONS;

const denseSchema = z.looseObject({
  in_features: z.int().min(1),
  out_features: z.int().min(1),
  bias: z.boolean().default(true),
  activation_function: z
    .enum(Object.keys(ACTIVATIONS) as [ActivationClass, ...ActivationClass[]])
    .default('torch.nn.modules.activation.Tanh'),
});

type DenseConfig = z.infer<typeof denseSchema>;

/** `activation(x · weightᵀ + bias)`. */
export class Dense extends Module {
  readonly linear: Linear;
  readonly activation: LinearActivation;
  readonly outputs: number;

  constructor({ in_features, out_features, bias, activation_function }: DenseConfig) {
    super();
    const generator = new Generator(0);
    this.linear = generator.withoutDrawing(() => new Linear(in_features, out_features, { generator, bias }));
    this.activation = ACTIVATIONS[activation_function];
    this.outputs = out_features;
  }

  /** `[batch, inputs]` → `[batch, outputs]`. */
  override forward(x: Tensor): Tensor {
    return linear(x, this.linear.weight, this.linear.bias, { activation: this.activation });
  }
}

/**
 * @param inputs  the features that it will be given
 * @throws {ArgumentError} a file or field is missing or wrong (code `PRETRAINED`)
 */
export async function loadDense(folder: string, inputs: number): Promise<Dense> {
  const file = join(folder, 'config.json');
  const config = await readJsonFile(file, denseSchema);
  if (config.in_features !== inputs) {
    const expected = `to be ${inputs}, which the pooling gives`;
    throw pretrainedError({ file, field: 'in_features', expected, received: String(config.in_features) });
  }
  const checkpoint = await openCheckpoint(folder);
  const shapes = {
    'linear.weight': [config.out_features, config.in_features],
    ...(config.bias && { 'linear.bias': [config.out_features] }),
  };
  const naming = findNames(Object.keys(shapes), checkpoint, '');
  const [missing] = naming.missing;
  if (missing !== undefined) {
    throw pretrainedError({ file: folder, field: missing, expected: 'to be among the weights', received: 'nothing' });
  }
  checkShapes(shapes, checkpoint, naming);
  const dense = new Dense(config);
  await readInto(dense, checkpoint, naming);
  return dense;
}
