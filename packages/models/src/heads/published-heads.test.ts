// SPDX-License-Identifier: Apache-2.0
// Tests of families and heads against what transformers computes with the same small checkpoints, on every device.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { type Tensor, dispose, noGrad, readSafetensors, scope, valueAndGrad, writeSafetensors } from '@nabla/core';
import { type Tensors, devices, fromRecord, golden, tolerance, useDevice } from '@nabla/testing';

import { BartForConditionalGeneration } from '../bart/model.ts';
import { BertForPreTraining } from '../bert/pretraining.ts';
import { LlamaForCausalLM } from '../llama/model.ts';
import { fromPretrained } from '../pretrained/from-pretrained.ts';
import type { PretrainedModel } from '../pretrained/architecture.ts';
import { savePretrained } from '../pretrained/save-pretrained.ts';
import { T5ForConditionalGeneration } from '../t5/model.ts';
import type { EncoderInputs } from './encoder-model.ts';
import { MaskedLanguageModel } from './masked-language-model.ts';
import { QuestionAnswerer } from './question-answerer.ts';
import { isTextClassifier } from './text-classifier.ts';
import { TokenClassifier } from './token-classifier.ts';

type Recorded = ReturnType<typeof golden<'published_heads'>>['cases'][number];

const cases = golden('published_heads').cases;

/** A folder as transformers saves it. */
async function writeFolder({ model, modelType, config, parameters }: Recorded): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'nabla-heads-'));
  const tensors = fromRecord(parameters);
  await writeSafetensors(join(folder, 'model.safetensors'), tensors, { format: 'pt' });
  dispose(tensors);
  writeFileSync(
    join(folder, 'config.json'),
    JSON.stringify({ ...config, architectures: [model], model_type: modelType }),
  );
  return folder;
}

/** What a model makes of recorded inputs, by transformers' names of outputs, and the loss of recorded labels. */
interface Computed {
  readonly outputs: () => Readonly<Record<string, Tensor>>;
  readonly loss: () => Tensor;
}

type Encoded = { readonly input_ids: Tensor; readonly attention_mask?: Tensor; readonly token_type_ids?: Tensor };

function compute(model: PretrainedModel, inputs: Tensors, labels: Tensors): Computed {
  const { input_ids: tokens, attention_mask: attentionMask, token_type_ids: tokenTypeIds } = inputs as Encoded;
  const told: EncoderInputs = { attentionMask, tokenTypeIds };
  const wanted = labels['labels'];
  if (model instanceof QuestionAnswerer) {
    const places = { start: labels['start_positions'], end: labels['end_positions'] };
    const ends = (): Record<string, Tensor> => {
      const { start, end } = model.forward(tokens, told);
      return { start_logits: start, end_logits: end };
    };
    return { outputs: ends, loss: () => model.loss(tokens, places, told) };
  }
  if (model instanceof BertForPreTraining) {
    const both = (): Record<string, Tensor> => ({
      prediction_logits: model.forward(tokens, told),
      seq_relationship_logits: model.nextSentence(tokens, told),
    });
    const next = labels['next_sentence_label'];
    return { outputs: both, loss: () => model.pretrainingLoss(tokens, wanted, next, told) };
  }
  if (model instanceof BartForConditionalGeneration || model instanceof T5ForConditionalGeneration) {
    const sourceMask = attentionMask;
    return {
      outputs: () => ({ logits: model.forward(tokens, model.decoderTokensFor(wanted), { sourceMask }) }),
      loss: () => model.loss(tokens, wanted, { sourceMask }),
    };
  }
  const isKnown =
    isTextClassifier(model) ||
    model instanceof TokenClassifier ||
    model instanceof MaskedLanguageModel ||
    model instanceof LlamaForCausalLM;
  if (!isKnown) throw new Error(`no test knows how to call ${model.constructor.name}`);
  return { outputs: () => ({ logits: model.forward(tokens, told) }), loss: () => model.loss(tokens, wanted, told) };
}

describe.each(devices())('published models on %s', (device) => {
  useDevice(device);

  it.each(cases)('compute what transformers computes: $name', async (recorded) => {
    const folder = await writeFolder(recorded);
    const model = await fromPretrained(folder);
    rmSync(folder, { recursive: true });
    expect(model.constructor.name).toBe(recorded.model);
    scope(() => {
      const { outputs, loss } = compute(model, fromRecord(recorded.inputs), fromRecord(recorded.labels));
      const found = noGrad(outputs);
      for (const [name, expected] of Object.entries(recorded.outputs)) {
        expect(found[name]).toBeCloseToTensor(expected, tolerance('matmul', 256));
      }
      const named = [...model.namedParameters()];
      const parameters = named.map(([, parameter]) => parameter);
      const { value, gradients } = valueAndGrad(loss, parameters, { allowUnused: true });
      expect(value).toBeCloseToTensor(recorded.loss, tolerance('matmul', 256));
      const total = Math.hypot(...Object.values(recorded.gradientNorms));
      for (const [i, [name]] of named.entries()) {
        const norm = Math.hypot(...(gradients[i]?.dataSync() ?? []));
        const expected = recorded.gradientNorms[name] ?? 0;
        const isClose = Math.abs(norm - expected) <= 1e-5 * Math.max(expected, 0.01 * total) + 1e-6;
        expect({ name, norm: isClose ? expected : norm }).toEqual({ name, norm: expected });
      }
    });
    model.dispose();
  });
});

it.each(cases)('are saved as they came, every name and value: $name', async (recorded) => {
  const folder = await writeFolder(recorded);
  const model = await fromPretrained(folder);
  const target = join(folder, 'saved');
  await savePretrained(model, target);
  model.dispose();
  const [before, after] = [
    await readSafetensors(join(folder, 'model.safetensors')),
    await readSafetensors(join(target, 'model.safetensors')),
  ];
  expect(Object.keys(after.tensors).sort()).toEqual(Object.keys(before.tensors).sort());
  for (const [name, values] of Object.entries(before.tensors)) {
    expect([name, after.tensors[name]?.dataSync()]).toEqual([name, values.dataSync()]);
  }
  dispose(before.tensors, after.tensors);
  const again = await fromPretrained(target);
  expect(again.constructor.name).toBe(recorded.model);
  again.dispose();
  rmSync(folder, { recursive: true });
});
