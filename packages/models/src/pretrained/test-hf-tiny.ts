// SPDX-License-Identifier: Apache-2.0
// For tests: the small checkpoints of every family in the shared data, with what transformers computes with them. See its README
// for the files and for the tolerance.

import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { type Tensor, dispose, noGrad, readSafetensors, scope, tensor, valueAndGrad } from '@nabla/core';
import { AdamW } from '@nabla/optimizers';
import { describeWithData, devices, useDevice } from '@nabla/testing';

import type { DecoderInputs } from '../generation/decoder-mask.ts';
import type { Encoded } from '../generation/encoder-decoder-model.ts';
import type { PretrainedClass, PretrainedConfig, PretrainedModel } from './architecture.ts';
import { fromPretrained } from './from-pretrained.ts';
import { savePretrained } from './save-pretrained.ts';

/** A result, and how exactly it is known. */
interface Reference {
  readonly max_abs: number;
  readonly noise: number;
}

interface ReferenceTensor extends Reference {
  readonly tensor: string;
  /** The name of the input that is 0 where there is nothing to compare. */
  readonly where?: string;
}

interface ReferenceNumber {
  readonly value: number;
  readonly noise: number;
}

type Nested = number | readonly Nested[];

/** One call of a model, and what comes of it. */
export interface TinyCase {
  readonly inputs: Readonly<Record<string, Nested | string>>;
  readonly method?: string;
  readonly outputs: Readonly<Record<string, ReferenceTensor>>;
  readonly loss?: ReferenceNumber;
  readonly gradients?: Readonly<Record<string, ReferenceTensor>>;
  readonly gradient_norms?: Readonly<Record<string, ReferenceNumber>>;
  readonly gradient_norm?: ReferenceNumber;
  readonly training?: {
    readonly lr: number;
    readonly weight_decay: number;
    readonly losses: number[];
    readonly noise: number;
  };
}

/** Token ids that a search must find. */
export interface TinyGeneration {
  readonly inputs: { readonly input_ids: number[][]; readonly attention_mask?: number[][] };
  readonly max_new_tokens: number;
  readonly sequences: number[][];
  readonly num_beams?: number;
  readonly num_return_sequences?: number;
  readonly length_penalty?: number;
  readonly early_stopping?: boolean;
  readonly eos_token_id?: number | null;
  readonly sequences_scores?: number[];
}

/** expected.json of a folder. */
export interface TinyExpected {
  readonly cases: Readonly<Record<string, TinyCase>>;
  readonly generation?: Readonly<Record<string, TinyGeneration>>;
}

/** What a test's model computes in a case: outputs by transformers' names, and the loss where there is one. */
export interface TinyResult {
  readonly outputs: Readonly<Record<string, Tensor | undefined>>;
  readonly loss?: Tensor | undefined;
}

/** The inputs of a case; which there are depends on the family. */
export interface TinyInputs {
  readonly input_ids: Tensor;
  readonly pixel_values: Tensor;
  readonly labels?: Tensor;
  readonly attention_mask?: Tensor;
  readonly position_ids?: Tensor;
  readonly token_type_ids?: Tensor;
  readonly decoder_input_ids?: Tensor;
  /** Gradients that a loss is defined by, by the name of the output that they belong to. */
  readonly upstream?: Readonly<Record<string, Tensor>>;
}

export function readTiny(folder: string): TinyExpected {
  return JSON.parse(readFileSync(join(folder, 'expected.json'), 'utf8')) as TinyExpected;
}

const UPSTREAM = 'upstream/';

/** The inputs of a case as tensors: integers as int32, those of files as they are. */
function inputsOf({ inputs }: TinyCase, stored: Readonly<Record<string, Tensor>>): TinyInputs {
  const made = Object.entries(inputs).map(([name, value]) => {
    return [name, typeof value === 'string' ? stored[value] : tensor(value as number[], undefined, 'int32')];
  });
  const upstream = Object.entries(stored).flatMap(([name, value]) => {
    return name.startsWith(UPSTREAM) ? [[name.slice(UPSTREAM.length), value]] : [];
  });
  return {
    ...(Object.fromEntries(made) as TinyInputs),
    upstream: Object.fromEntries(upstream) as Record<string, Tensor>,
  };
}

/**
 * Tests that a class reproduces all cases of a folder of `hf-tiny`: outputs, loss, gradients, their norms, the losses of a training, and
 * that it is saved as it came.
 *
 * @param compute what the model makes of the inputs of a case; `name` is the case's, `method` the method that is to be called
 */
export function describeTiny<Config extends PretrainedConfig, Model extends PretrainedModel<Config>>(
  folder: string,
  Class: PretrainedClass<Config, Model>,
  compute: (model: Model, inputs: TinyInputs, given: TinyCase) => TinyResult,
): void {
  describeWithData(`${Class.architecture.name} of hf-tiny/${folder}`, `hf-tiny/${folder}`, (path) => {
    const { cases } = readTiny(path);
    describe.each(devices())('on %s', (device) => {
      useDevice(device);
      for (const [name, given] of Object.entries(cases)) testCase(path, name, given, Class, compute);
    });

    it('is saved as it came: every name, type and value', async () => {
      const target = mkdtempSync(join(tmpdir(), 'nabla-tiny-'));
      const model = await fromPretrained(path, Class);
      await savePretrained(model, target);
      const before = await readSafetensors(join(path, 'model.safetensors'));
      const after = await readSafetensors(join(target, 'model.safetensors'));
      expect(Object.keys(after.tensors).sort()).toEqual(Object.keys(before.tensors).sort());
      for (const [tensorName, { shape, dtype }] of Object.entries(before.tensors)) {
        const saved = after.tensors[tensorName];
        expect([tensorName, saved?.shape, saved?.dtype]).toEqual([tensorName, shape, dtype]);
        expect(saved?.dataSync()).toEqual(before.tensors[tensorName]?.dataSync());
      }
      const config = (place: string): unknown => JSON.parse(readFileSync(join(place, 'config.json'), 'utf8'));
      expect(config(target)).toMatchObject(config(path) as object);
      dispose(before.tensors, after.tensors);
      model.dispose();
      rmSync(target, { recursive: true });
    });
  });
}

interface Stack {
  hiddenStates(embedded: Tensor, inputs?: DecoderInputs, encoded?: Encoded): Tensor[];
}

/** What of an encoder-decoder the tests call. */
interface EncoderDecoder {
  encode(tokens: Tensor, attentionMask?: Tensor): Encoded;
  decoderTokensFor(labels: Tensor): Tensor;
  forward(tokens: Tensor, decoderTokens: Tensor, inputs: { sourceMask: Tensor | undefined }): Tensor;
  loss(tokens: Tensor, labels: Tensor, inputs: { sourceMask: Tensor | undefined }): Tensor;
}

/** What an encoder-decoder makes of the inputs of a case. */
export function encoderDecoderResult(
  model: EncoderDecoder,
  { embed, encoder, decoder }: { embed: (tokens: Tensor) => Tensor; encoder: Stack; decoder: Stack },
  { input_ids: tokens, attention_mask: sourceMask, decoder_input_ids: decoderTokens, labels }: TinyInputs,
): TinyResult {
  const encoded = model.encode(tokens, sourceMask);
  const written = decoderTokens ?? model.decoderTokensFor(labels ?? tokens);
  const states = encoder.hiddenStates(embed(tokens), { attentionMask: sourceMask });
  const decoded = decoder.hiddenStates(embed(written), {}, encoded);
  return {
    outputs: {
      logits: model.forward(tokens, written, { sourceMask }),
      encoder_last_hidden_state: encoded.states,
      ...Object.fromEntries(states.map((state, i) => [`encoder_hidden_states.${i}`, state])),
      ...Object.fromEntries(decoded.map((state, i) => [`decoder_hidden_states.${i}`, state])),
    },
    loss: labels && model.loss(tokens, labels, { sourceMask }),
  };
}

function testCase<Config extends PretrainedConfig, Model extends PretrainedModel<Config>>(
  path: string,
  name: string,
  given: TinyCase,
  Class: PretrainedClass<Config, Model>,
  compute: (model: Model, inputs: TinyInputs, given: TinyCase) => TinyResult,
): void {
  const read = async (file: string): Promise<Record<string, Tensor>> =>
    (await readSafetensors(join(path, file))).tensors;

  /** Lends a test the model, the inputs, what is expected, and the loss. */
  const lend = async (use: (lent: Lent<Model>) => void): Promise<void> => {
    const expected = await read('expected.safetensors');
    const stored = existsSync(join(path, 'inputs.safetensors')) ? await read('inputs.safetensors') : {};
    const model = await fromPretrained(path, Class);
    try {
      scope(() => {
        const inputs = inputsOf(given, stored);
        const loss = (): Tensor => {
          const { loss: found } = compute(model, inputs, given);
          if (found === undefined) throw new Error(`${name}: no loss was computed`);
          return found;
        };
        use({ model, expected, inputs, loss });
      });
    } finally {
      dispose(expected, stored);
      model.dispose();
    }
  };

  it(`${name}: outputs`, () =>
    lend(({ model, inputs, expected }) => {
      const { outputs } = noGrad(() => compute(model, inputs, given));
      for (const [output, reference] of Object.entries(given.outputs)) {
        const where =
          reference.where === undefined ? undefined : inputs[reference.where as keyof Omit<TinyInputs, 'upstream'>];
        expectClose(output, outputs[output], expected[reference.tensor], reference, where);
      }
    }));

  const { loss: expectedLoss, gradients = {}, gradient_norms: norms = {}, gradient_norm: total, training } = given;
  if (expectedLoss === undefined) return;

  it(`${name}: loss and gradients`, () =>
    lend(({ model, expected, loss }) => {
      const named = [...model.namedParameters()];
      const parameters = named.map(([, parameter]) => parameter);
      const found = valueAndGrad(loss, parameters, { allowUnused: true });
      expectNumber('loss', found.value.dataSync()[0], expectedLoss, Math.abs(expectedLoss.value));
      const byName = new Map(named.map(([parameter], i) => [parameter, found.gradients[i]]));
      for (const [parameter, reference] of Object.entries(gradients)) {
        expectClose(`gradient of ${parameter}`, byName.get(parameter), expected[reference.tensor], reference);
      }
      for (const [parameter, reference] of Object.entries(norms)) {
        const values = byName.get(parameter)?.dataSync() ?? [];
        const size = Math.max(reference.value, 0.01 * (total?.value ?? 0));
        expectNumber(`norm of the gradient of ${parameter}`, Math.hypot(...values), reference, size);
      }
    }));

  if (training === undefined) return;
  it(`${name}: losses of a training`, () =>
    lend(({ model, loss }) => {
      const { lr: learningRate, weight_decay: weightDecay } = training;
      const optimizer = new AdamW(model.parameters(), { learningRate, weightDecay });
      const losses = training.losses.map(() => optimizer.step(loss).dataSync()[0]);
      optimizer.dispose();
      training.losses.forEach((value, step) => {
        expectNumber(`loss ${step}`, losses[step], { value, noise: training.noise }, Math.max(1, Math.abs(value)));
      });
    }));
}

/** What a test works with. */
interface Lent<Model> {
  readonly model: Model;
  readonly inputs: TinyInputs;
  readonly expected: Readonly<Record<string, Tensor>>;
  readonly loss: () => Tensor;
}

function limitOf({ max_abs: magnitude, noise }: Reference): number {
  return 1e-5 * magnitude + 10 * noise;
}

function expectNumber(
  what: string,
  received: number | undefined,
  { value, noise }: ReferenceNumber,
  size: number,
): void {
  const off = Math.abs((received ?? NaN) - value);
  if (off <= limitOf({ max_abs: size, noise })) return;
  throw new Error(
    `${what}: expected ${value}, received ${received} (off by ${off}, at most ${limitOf({ max_abs: size, noise })})`,
  );
}

/** Fails where an element lies further from what is expected than a sound computation in float32 does. */
function expectClose(
  what: string,
  received: Tensor | undefined,
  expected: Tensor | undefined,
  reference: Reference,
  where?: Tensor,
): void {
  if (received === undefined || expected === undefined)
    throw new Error(`${what}: nothing was computed, or nothing is expected`);
  expect([what, received.shape]).toEqual([what, expected.shape]);
  const [got, wanted, shown] = [received.dataSync(), expected.dataSync(), where?.dataSync()];
  const perShown = shown === undefined ? 1 : wanted.length / shown.length;
  const limit = limitOf(reference);
  for (let i = 0; i < wanted.length; i++) {
    if (shown?.[Math.floor(i / perShown)] === 0) continue;
    const off = Math.abs((got[i] ?? NaN) - (wanted[i] ?? NaN));
    if (off <= limit) continue;
    throw new Error(`${what}: element ${i} is ${got[i]}, expected ${wanted[i]} (off by ${off}, at most ${limit})`);
  }
}
