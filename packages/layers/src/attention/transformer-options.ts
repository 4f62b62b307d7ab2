// SPDX-License-Identifier: Apache-2.0
// What the layers of a transformer have in common: their options, and the feed-forward network.

import {
  type Generator,
  type LinearActivation,
  type Tensor,
  checkBoolean,
  checkInteger,
  checkNumber,
  checkOneOf,
  linear,
} from '@nabla/core';

import { checkDrawingOptions } from '../drawing-options.ts';
import type { Dropout } from '../dropout.ts';
import type { Linear } from '../linear.ts';
import { checkHeads } from './multi-head-attention.ts';

export interface TransformerLayerOptions {
  /** Draws the initial values, and while training what dropout drops. */
  generator: Generator;
  /** Width of the hidden layer of the feed-forward network; default 2048. */
  feedForward?: number;
  /** Probability of dropping an element while training; default 0.1. */
  dropout?: number;
  /** Between the two linear layers; default `relu`. */
  activation?: 'relu' | 'gelu' | 'geluTanh';
  /** Normalize before attention and network (pre-norm) instead of after the residual sum (post-norm); default false. */
  normFirst?: boolean;
  /** Added to the variance of the norms; default 1e-5. */
  epsilon?: number;
}

const OPTIONS = ['feedForward', 'dropout', 'activation', 'normFirst', 'epsilon'];

/** Checks everything that a layer is given, and completes its options. Called before the layer makes its first tensor, which nobody could free. */
export function completeOptions(
  op: string,
  [features, heads]: readonly [features: number, heads: number],
  options: TransformerLayerOptions,
  more: readonly string[] = [],
): Required<TransformerLayerOptions> {
  checkDrawingOptions(op, options, [...OPTIONS, ...more]);
  checkHeads(op, features, heads);
  const {
    generator,
    feedForward = 2048,
    dropout = 0.1,
    activation = 'relu',
    normFirst = false,
    epsilon = 1e-5,
  } = options;
  checkInteger(op, 'feedForward', feedForward, { minimum: 1 });
  checkNumber(op, 'dropout', dropout, { minimum: 0, below: 1 });
  checkNumber(op, 'epsilon', epsilon, { minimum: 0 });
  checkOneOf(op, 'activation', activation, ['relu', 'gelu', 'geluTanh']);
  checkBoolean(op, 'normFirst', normFirst);
  return { generator, feedForward, dropout, activation, normFirst, epsilon };
}

/** What a layer's feed-forward network is made of, under PyTorch's names. */
export interface FeedForward {
  readonly linear1: Linear;
  readonly dropout: Dropout;
  readonly linear2: Linear;
  readonly activation: LinearActivation;
}

/** `linear2(dropout(activation(linear1(x))))`, `[batch, time, features]` → the same shape. */
export function feedForward({ linear1, dropout, linear2, activation }: FeedForward, x: Tensor): Tensor {
  const hidden = linear(x, linear1.weight, linear1.bias, { activation }); // [batch, time, feedForward]
  return linear2.forward(dropout.forward(hidden));
}
