// SPDX-License-Identifier: Apache-2.0
// What the fixtures of whole models hold.

import type { TensorRecord, TensorValues } from './tensor-values.ts';

/** A GPT of nanoGPT's, its loss and gradients, and a short training. */
export interface GptCase {
  readonly name: string;
  readonly options: { vocabulary: number; context: number; width: number; heads: number; layers: number };
  readonly inputs: TensorRecord;
  /** By nanoGPT's state names; `transformer.wte.weight` is also the output layer's weight. */
  readonly parameters: TensorRecord;
  readonly logits: TensorValues;
  readonly loss: TensorValues;
  readonly parameterGradients: TensorRecord;
  /** Ten steps of AdamW with clipping on the one batch: the loss and the gradient norm before each step. */
  readonly training: {
    readonly options: {
      learningRate: number;
      betas: [number, number];
      epsilon: number;
      weightDecay: number;
      maximumNorm: number;
    };
    readonly losses: TensorValues;
    readonly gradientNorms: TensorValues;
  };
}

/** A decoder with rotary positions, and its logits. */
export interface LlamaCase {
  readonly name: string;
  /** The name of the class. */
  readonly model: string;
  /** Fields of config.json. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly inputs: TensorRecord;
  readonly parameters: TensorRecord;
  readonly logits: TensorValues;
}

/** A small model that transformers made, what it computes, and the loss of labels with the norm of each parameter's gradient. */
export interface PublishedCase {
  readonly name: string;
  /** The name of the class. */
  readonly model: string;
  readonly modelType: string;
  /** Fields of config.json. */
  readonly config: Readonly<Record<string, unknown>>;
  /** Arguments by transformers' names. */
  readonly inputs: TensorRecord;
  readonly labels: TensorRecord;
  /** By the names of checkpoints. */
  readonly parameters: TensorRecord;
  readonly outputs: TensorRecord;
  readonly loss: TensorValues;
  readonly gradientNorms: Readonly<Record<string, number>>;
}
