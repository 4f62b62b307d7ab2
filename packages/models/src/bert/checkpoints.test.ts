// SPDX-License-Identifier: Apache-2.0
// Tests of the ways in which checkpoints of BERT are written.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Generator, type Tensor, dispose, noGrad, readSafetensors, scope, tensor, writeSafetensors } from '@nabla/core';
import { tolerance } from '@nabla/testing';

import { fromPretrained } from '../pretrained/from-pretrained.ts';
import { initialize } from '../pretrained/initialize.ts';
import { savePretrained } from '../pretrained/save-pretrained.ts';
import { BertForMaskedLM, BertForSequenceClassification } from './heads.ts';
import { BertModel } from './model.ts';

const CONFIG = {
  model_type: 'bert',
  vocab_size: 19,
  hidden_size: 8,
  num_hidden_layers: 2,
  num_attention_heads: 2,
  intermediate_size: 12,
  max_position_embeddings: 10,
};

let folder = '';
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'nabla-bert-'))));
afterEach(() => rmSync(folder, { recursive: true }));

const draw = (shape: number[], seed: number): Tensor => new Generator(seed).normal(shape);
const tokens = (): Tensor => tensor([[1, 2, 3, 4]], undefined, 'int32');

/** Draws all weights of a BERT, by name. */
function weightsOf(model: BertModel | BertForMaskedLM): Record<string, Tensor> {
  const shapes = [...model.namedState()].map(([name, { shape }]) => [name, shape] as const);
  model.dispose();
  return Object.fromEntries(shapes.map(([name, shape], i) => [name, draw(shape, i)]));
}

async function write(weights: Record<string, Tensor>, config: object = {}): Promise<void> {
  writeFileSync(join(folder, 'config.json'), JSON.stringify({ ...CONFIG, ...config }));
  await writeSafetensors(join(folder, 'model.safetensors'), weights);
}

/** As Google's BERT came to PyTorch: a prefix, names of TensorFlow, and two heads. */
function asPretraining(weights: Record<string, Tensor>): Record<string, Tensor> {
  const renamed = Object.entries(weights).map(([name, values]) => {
    return [
      `bert.${name}`.replace('LayerNorm.weight', 'LayerNorm.gamma').replace('LayerNorm.bias', 'LayerNorm.beta'),
      values,
    ];
  });
  return {
    ...(Object.fromEntries(renamed) as Record<string, Tensor>),
    'cls.predictions.bias': draw([19], 100),
    'cls.predictions.decoder.weight': draw([19, 8], 101), // not used: it is tied
    'cls.predictions.transform.dense.weight': draw([8, 8], 102),
    'cls.predictions.transform.dense.bias': draw([8], 103),
    'cls.predictions.transform.LayerNorm.gamma': draw([8], 104),
    'cls.predictions.transform.LayerNorm.beta': draw([8], 105),
    'cls.seq_relationship.weight': draw([2, 8], 106),
    'cls.seq_relationship.bias': draw([2], 107),
  };
}

/** What a model computes, and no more of it. */
function run<Model extends { dispose(): void }>(model: Model, compute: (model: Model) => Tensor): Float32Array {
  const values = scope(() =>
    noGrad(() => compute(model))
      .dataSync<'float32'>()
      .slice(),
  );
  model.dispose();
  return values;
}

describe('a checkpoint of BertForPreTraining', () => {
  it('loads into every class, with what a class lacks left out', async () => {
    const plain = weightsOf(new BertModel(CONFIG, new Generator(1)));
    await write(plain, { architectures: ['BertModel'] });
    const hidden = run(await fromPretrained(folder, BertModel), (model) => model.forward(tokens()));
    const pooled = run(await fromPretrained(folder, BertModel), (model) => model.pool(model.forward(tokens())));

    const all = asPretraining(plain);
    await write(all, { architectures: ['BertForPreTraining'] });
    expect(run(await fromPretrained(folder, BertModel), (model) => model.forward(tokens()))).toEqual(hidden);
    expect(run(await fromPretrained(folder, BertModel), (model) => model.pool(model.forward(tokens())))).toEqual(
      pooled,
    );
    const mlm = await fromPretrained(folder, BertForMaskedLM);
    const { transform, bias } = mlm.cls.predictions;
    expect(transform.LayerNorm.weight.dataSync()).toEqual(all['cls.predictions.transform.LayerNorm.gamma']?.dataSync());
    expect(bias?.dataSync()).toEqual(all['cls.predictions.bias']?.dataSync());
    expect(run(mlm, (model) => model.bert.forward(tokens()))).toEqual(hidden);
    const classifier = await fromPretrained(folder, BertForSequenceClassification, {
      newParameters: true,
      config: { num_labels: 4 },
    });
    expect(classifier.classifier.weight.shape).toEqual([4, 8]);
    expect(run(classifier, (model) => model.bert.pool(model.bert.forward(tokens())))).toEqual(pooled);
    dispose(all);
  });

  it('is refused by a class whose head it lacks, and that is not to start anew', async () => {
    const all = asPretraining(weightsOf(new BertModel(CONFIG, new Generator(1))));
    await write(all);
    await expect(fromPretrained(folder, BertForSequenceClassification)).rejects.toThrow(/none named classifier.weight/);
    await expect(fromPretrained(folder)).resolves.toBeInstanceOf(BertModel); // named by its model_type alone
    dispose(all);
  });
});

describe('the output of BertForMaskedLM', () => {
  const untied = { architectures: ['BertForMaskedLM'], tie_word_embeddings: false };
  const forms = {
    'with a bias of its own': (bias: Tensor) => ({
      'cls.predictions.decoder.bias': bias,
      'cls.predictions.bias': draw([19], 3),
    }),
    'with the bias beside it': (bias: Tensor) => ({ 'cls.predictions.bias': bias }),
  };

  it.each(Object.entries(forms))('may be untied, %s', async (_, biasOf) => {
    const weights = weightsOf(new BertForMaskedLM({ ...CONFIG, tie_word_embeddings: false }, new Generator(1)));
    const { 'cls.predictions.decoder.bias': bias, ...rest } = weights as Record<string, Tensor> &
      Record<'cls.predictions.decoder.bias', Tensor>;
    const written = { ...rest, ...biasOf(bias) };
    await write(written, untied);
    const model = await fromPretrained(folder, BertForMaskedLM);
    expect(model.cls.predictions.decoder?.bias?.dataSync()).toEqual(bias.dataSync());
    expect(model.cls.predictions.decoder?.weight.dataSync()).toEqual(
      weights['cls.predictions.decoder.weight']?.dataSync(),
    );
    scope(() => {
      const decoder = model.cls.predictions.decoder;
      const features = model.cls.predictions.transform.forward(model.bert.forward(tokens()));
      const expected = decoder?.forward(features) as Tensor;
      expect(model.forward(tokens())).toBeCloseToTensor(expected, tolerance('exact'));
    });
    model.dispose();
    dispose(weights, written);
  });
});

describe('the labels of BertForSequenceClassification', () => {
  const names = { id2label: { 0: 'no', 1: 'yes', 2: 'maybe' }, label2id: { no: 0, yes: 1, maybe: 2 } };
  const writeClassifier = async (config: object, labels: number): Promise<void> => {
    const weights = weightsOf(new BertModel(CONFIG, new Generator(1)));
    const head = { 'classifier.weight': draw([labels, 8], 1), 'classifier.bias': draw([labels], 2) };
    await write({ ...weights, ...head }, { architectures: ['BertForSequenceClassification'], ...config });
    dispose(weights, head);
  };

  it.each([
    ['names', names, 3],
    ['names, before a number', { ...names, num_labels: 5 }, 3],
    ['a number', { num_labels: 5 }, 5],
    ['nothing', {}, 2],
  ])('are as many as %s says', async (_, config, labels) => {
    await writeClassifier(config, labels);
    const model = await fromPretrained(folder, BertForSequenceClassification);
    expect(run(model, (each) => each.forward(tokens())).length).toBe(labels);
  });

  it('lose their names where another number is asked for, in the folder that is saved too', async () => {
    await write(weightsOf(new BertModel(CONFIG, new Generator(1))), names);
    const options = { newParameters: true, config: { num_labels: 2 } };
    const model = await fromPretrained(folder, BertForSequenceClassification, options);
    await savePretrained(model, folder);
    model.dispose();
    const saved = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8')) as Record<string, unknown>;
    expect(saved).toMatchObject({ num_labels: 2, architectures: ['BertForSequenceClassification'] });
    expect(saved).not.toHaveProperty('id2label');
    const again = await fromPretrained(folder, BertForSequenceClassification);
    expect(run(again, (each) => each.forward(tokens())).length).toBe(2);
  });

  it('must be those of the weights', async () => {
    await writeClassifier({ num_labels: 4 }, 3);
    await expect(fromPretrained(folder)).rejects.toThrow(/"classifier.weight".*to be \[4, 8\], received \[3, 8\]/);
  });
});

describe('half-precision checkpoints', () => {
  it.each(['F16', 'BF16'] as const)('of %s are read as float32, and saved as they came', async (dtype) => {
    const model = new BertModel(CONFIG, new Generator(3));
    initialize(model, new Generator(4), () => 0.5);
    await savePretrained(model, folder, { dtype });
    const loaded = await fromPretrained(folder, BertModel);
    for (const [name, values] of loaded.namedState()) {
      const before = model.stateDict()[name];
      expect(values).toBeCloseToTensor(before, { absolute: 1e-6, relative: dtype === 'F16' ? 2 ** -11 : 2 ** -8 });
    }
    await savePretrained(loaded, folder);
    const { tensors } = await readSafetensors(join(folder, 'model.safetensors'));
    expect(Object.keys(tensors).length).toBe([...loaded.namedState()].length);
    dispose(tensors);
    model.dispose();
    loaded.dispose();
  });
});
