// SPDX-License-Identifier: Apache-2.0
// Tests of heads by themselves: which token a classifier looks at, which labels count, what a folder may lack, what is refused.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Generator, type Tensor, noGrad, scope, tensor } from '@nabla/core';
import { useDevice } from '@nabla/testing';

import { BartForSequenceClassification } from '../bart/classifier.ts';
import { BertForQuestionAnswering, BertForSequenceClassification } from '../bert/heads.ts';
import { BertForNextSentencePrediction } from '../bert/pretraining.ts';
import { PublishedClassifier } from '../classification/published-classifier.ts';
import { DistilBertForSequenceClassification, DistilBertForTokenClassification } from '../distilbert/heads.ts';
import { DistilBertModel } from '../distilbert/model.ts';
import { SentenceEmbedder } from '../embedding/sentence-embedder.ts';
import { isSentenceEncoder } from '../embedding/sentence-settings.ts';
import { GPT2ForSequenceClassification } from '../gpt2/classifier.ts';
import { LlamaForSequenceClassification } from '../llama/classifier.ts';
import { MPNetForSequenceClassification } from '../mpnet/heads.ts';
import { MPNetModel } from '../mpnet/model.ts';
import { Lora, defaultTargets } from '../lora/lora.ts';
import type { PretrainedModel } from '../pretrained/architecture.ts';
import { fromPretrained } from '../pretrained/from-pretrained.ts';
import { initialize } from '../pretrained/initialize.ts';
import { savePretrained } from '../pretrained/save-pretrained.ts';
import { RobertaForMaskedLM, RobertaForSequenceClassification } from '../roberta/heads.ts';
import { RobertaModel, XLMRobertaModel } from '../roberta/model.ts';
import { robertaSchema } from '../roberta/config.ts';
import type { EncoderModel } from './encoder-model.ts';
import type { TextClassifier } from './text-classifier.ts';

useDevice('js');

const bert = { hidden_size: 8, num_hidden_layers: 1, num_attention_heads: 2, intermediate_size: 8, vocab_size: 12 };
const distil = { dim: 8, n_layers: 1, n_heads: 2, hidden_dim: 8, vocab_size: 12 };
const gpt2 = { n_embd: 8, n_layer: 1, n_head: 2, n_positions: 10, vocab_size: 12 };
const llama = { hidden_size: 8, intermediate_size: 8, num_hidden_layers: 1, num_attention_heads: 2, vocab_size: 12 };
const stacks = { encoder_layers: 1, encoder_attention_heads: 2, decoder_layers: 1, decoder_attention_heads: 2 };
const bart = {
  vocab_size: 12,
  d_model: 8,
  encoder_ffn_dim: 8,
  decoder_ffn_dim: 8,
  max_position_embeddings: 10,
  ...stacks,
};

const ints = (values: number[] | number[][]): Tensor => tensor(values, undefined, 'int32');

/** Draws weights that tell tokens apart. */
function drawn<Model extends PretrainedModel>(model: Model): Model {
  initialize(model, new Generator(3), () => 0.7);
  return model.eval();
}

/** The logits of some texts, one row each. */
function logitsOf(model: TextClassifier, rows: number[][], mask?: number[][]): number[][] {
  return scope(() => {
    const logits = noGrad(() => model.forward(ints(rows), mask && { attentionMask: ints(mask) }));
    return logits.arraySync() as number[][];
  });
}

describe('a classifier by the last token', () => {
  it.each([
    ['GPT-2', (more: object) => new GPT2ForSequenceClassification({ ...gpt2, ...more }, new Generator(1))],
    ['Llama', (more: object) => new LlamaForSequenceClassification({ ...llama, ...more }, new Generator(1))],
  ])('looks at the last that is not padding, or the last of the mask: %s', (_, make) => {
    const [padded, masked] = [drawn(make({ pad_token_id: 0 })), drawn(make({}))];
    const [[alone = []], texts, mask] = [logitsOf(padded, [[5, 6]]), [[5, 6, 0, 0], [7, 8, 9, 4]], [[1, 1, 0, 0], [1, 1, 1, 1]]]; // prettier-ignore
    expect(logitsOf(padded, texts)[0]).toEqual(alone.map((value) => expect.closeTo(value, 5) as number));
    expect(logitsOf(masked, texts, mask)[0]).toEqual(alone.map((value) => expect.closeTo(value, 5) as number));
    expect(logitsOf(masked, [[5, 6]])[0]).toEqual(alone);
    expect(() => logitsOf(masked, texts)).toThrow(/attentionMask to be given for several texts.*no pad_token_id/);
    padded.dispose();
    masked.dispose();
  });
});

it('a classifier by the last end token refuses a text without one, and has three classes where nothing is said', () => {
  const model = drawn(new BartForSequenceClassification(bart, new Generator(1)));
  const [row = [], other] = logitsOf(model, [[0, 5, 2, 6, 2, 1], [0, 7, 2, 1, 1, 1]]); // prettier-ignore
  expect(row.length).toBe(3);
  expect(row).not.toEqual(other);
  expect(() => logitsOf(model, [[0, 5, 2], [0, 5, 6]])).toThrow(/the end token 2 in each row.*none in row 1/); // prettier-ignore
  model.dispose();
  const two = new BartForSequenceClassification({ ...bart, id2label: { 0: 'no', 1: 'yes' } }, new Generator(1));
  expect(two.classification_head.out_proj.weight.shape).toEqual([2, 8]);
  two.dispose();
});

describe('the positions of RoBERTa', () => {
  it('count tokens alone, from the one after that of padding', () => {
    const model = drawn(new RobertaModel({ ...bert, pad_token_id: 3, max_position_embeddings: 9 }, new Generator(1)));
    scope(() => {
      const told = { positions: ints([[4, 5, 3, 3], [3, 4, 5, 6]]) }; // prettier-ignore
      const tokens = ints([[5, 6, 3, 3], [3, 7, 8, 9]]); // prettier-ignore
      const counted = noGrad(() => model.forward(tokens)).dataSync();
      expect(counted).toEqual(noGrad(() => model.forward(tokens, told)).dataSync());
    });
    model.dispose();
  });

  it('are enough for as many tokens as come after padding', () => {
    const model = new RobertaModel({ ...bert, max_position_embeddings: 6 }, new Generator(1));
    expect(model.context).toBe(4);
    const long = ints([[0, 5, 6, 7, 2]]);
    expect(() => model.forward(long)).toThrow(/at most 4 positions.*received 5/);
    long.dispose();
    model.dispose();
    const issue = robertaSchema.safeParse({ ...bert, max_position_embeddings: 2 }).error?.issues[0];
    expect(issue).toMatchObject({
      path: ['max_position_embeddings'],
      message: expect.stringMatching(/above pad_token_id/) as string,
    });
  });
});

describe('answers', () => {
  it('behind the text do not count', () => {
    const model = drawn(new BertForQuestionAnswering(bert, new Generator(1)));
    scope(() => {
      const tokens = ints([[5, 6, 7], [8, 9, 4]]); // prettier-ignore
      const lossOf = (start: number[], end: number[]): number =>
        model.loss(tokens, { start: ints(start), end: ints(end) }).dataSync()[0] ?? NaN;
      const alone = (row: number[], start: number, end: number): number =>
        model.loss(ints([row]), { start: ints([start]), end: ints([end]) }).dataSync()[0] ?? NaN;
      expect(lossOf([1, 3], [2, 9])).toBeCloseTo(alone([5, 6, 7], 1, 2), 5);
      expect(lossOf([1, 0], [2, 1])).toBeCloseTo((alone([5, 6, 7], 1, 2) + alone([8, 9, 4], 0, 1)) / 2, 5);
    });
    model.dispose();
  });
});

it('whether a text follows another is two classes, whatever the labels of a configuration', () => {
  const model = new BertForNextSentencePrediction({ ...bert, num_labels: 5 }, new Generator(1));
  expect(logitsOf(model, [[5, 6]])[0]?.length).toBe(2);
  model.dispose();
});

it('a head that is trained whole is not corrected too, and DistilBERT is corrected where PEFT corrects it', () => {
  const model = new RobertaForSequenceClassification(bert, new Generator(1));
  const lora = new Lora(model, {
    generator: new Generator(2),
    rank: 2,
    targets: 'all-linear',
    trained: ['classifier'],
  });
  expect(lora.targets.some((name) => name.startsWith('classifier'))).toBe(false);
  expect(lora.targets).toContain('roberta.encoder.layer.0.output.dense');
  lora.dispose();
  model.dispose();
  const distilled = new DistilBertForSequenceClassification(distil, new Generator(1));
  expect(defaultTargets(distilled)).toEqual(['q_lin', 'v_lin']);
  distilled.dispose();
});

describe('a folder', () => {
  const WORDS = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', 'a', 'b', 'c', 'd', 'good', 'bad', '##d'];
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'nabla-heads-'));
    writeFileSync(join(folder, 'vocab.txt'), WORDS.join('\n'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const save = async (model: PretrainedModel): Promise<void> => {
    await savePretrained(drawn(model), folder);
    model.dispose();
  };

  const labels = { id2label: { 0: 'negative', 1: 'positive', 2: 'neutral' } };
  it.each<[string, () => TextClassifier]>([
    ['BERT', () => new BertForSequenceClassification({ ...bert, ...labels }, new Generator(1))],
    ['RoBERTa', () => new RobertaForSequenceClassification({ ...bert, ...labels }, new Generator(1))],
    ['DistilBERT', () => new DistilBertForSequenceClassification({ ...distil, ...labels }, new Generator(1))],
    ['MPNet', () => new MPNetForSequenceClassification({ ...bert, ...labels }, new Generator(1))],
    ['GPT-2', () => new GPT2ForSequenceClassification({ ...gpt2, ...labels }, new Generator(1))],
    ['Llama', () => new LlamaForSequenceClassification({ ...llama, ...labels }, new Generator(1))],
    ['BART', () => new BartForSequenceClassification({ ...bart, ...labels, eos_token_id: 3 }, new Generator(1))],
  ])('of a classifier answers with the names of its classes: %s', async (_, make) => {
    await save(make());
    const classifier = await PublishedClassifier.fromFolder(folder);
    const [answer] = await classifier.classify(['a good b']);
    const [expected = []] = logitsOf(classifier.model as TextClassifier, [[2, 5, 9, 6, 3]]);
    const best = expected.indexOf(Math.max(...expected)) as 0 | 1 | 2;
    expect(answer?.prediction).toBe(labels.id2label[best]);
    const [cut] = await classifier.classify(['a '.repeat(2000)]); // no text is too long
    expect(cut?.prediction).toMatch(/negative|positive|neutral/);
    classifier.dispose();
  });

  it.each([
    [
      'single_label_classification',
      3,
      ([x = 0, y = 0, z = 0]) => Math.exp(x) / (Math.exp(x) + Math.exp(y) + Math.exp(z)),
    ],
    ['multi_label_classification', 3, ([x = 0]) => 1 / (1 + Math.exp(-x))],
    [undefined, 1, ([x = 0]) => 1 / (1 + Math.exp(-x))], // as the rankers of sentence pairs
    ['regression', 1, ([x = 0]) => x],
  ] as const satisfies readonly (readonly [string | undefined, number, (logits: number[]) => number])[])(
    'of a classifier for %s with %i labels gives the chances that transformers gives',
    async (problem_type, num_labels, chanceOf) => {
      await save(new BertForSequenceClassification({ ...bert, num_labels, problem_type }, new Generator(1)));
      const classifier = await PublishedClassifier.fromFolder(folder);
      const [answer] = await classifier.classify(['a good b']);
      const [logits = []] = logitsOf(classifier.model as TextClassifier, [[2, 5, 9, 6, 3]]);
      const classes = answer?.classes as { class: string; chance: number }[];
      expect(classes.find(({ class: name }) => name === 'LABEL_0')?.chance).toBeCloseTo(chanceOf(logits), 5);
      classifier.dispose();
    },
  );

  it.each([
    ['RoBERTa', () => new RobertaModel({ ...bert, pad_token_id: 0 }, new Generator(1)), RobertaModel],
    ['XLM-RoBERTa', () => new XLMRobertaModel({ ...bert, pad_token_id: 0 }, new Generator(1)), XLMRobertaModel],
    ['DistilBERT', () => new DistilBertModel(distil, new Generator(1)), DistilBertModel],
    ['MPNet', () => new MPNetModel(bert, new Generator(1)), MPNetModel],
  ])('of an encoder gives the mean of its tokens: %s', async (_, make, Class) => {
    await save(make());
    expect(await isSentenceEncoder(folder)).toBe(true);
    const embedder = await SentenceEmbedder.fromFolder(folder, { normalize: false });
    const [, short = []] = await embedder.embed(['a b c d good bad', 'a b']); // the second is padded
    const model = (await fromPretrained(folder)) as PretrainedModel & EncoderModel;
    expect(model).toBeInstanceOf(Class);
    const rows = scope(() => noGrad(() => model.forward(ints([[2, 5, 6, 3]])).arraySync())) as number[][][];
    const mean = Array.from({ length: 8 }, (__, i) =>
      (rows[0] ?? []).reduce((sum, row) => sum + (row[i] ?? NaN) / 4, 0),
    );
    mean.forEach((value, i) => expect(short[i]).toBeCloseTo(value, 5));
    model.dispose();
    embedder.dispose();
  });

  it('of an encoder with gaps to fill starts a classifier anew, keeps its network, and what nobody knows of config.json', async () => {
    const whole = new RobertaForMaskedLM({ ...bert, torch_dtype: 'float16' }, new Generator(1));
    await save(whole);
    await expect(fromPretrained(folder, RobertaForSequenceClassification)).rejects.toThrowCode(
      'PRETRAINED',
      /none named classifier\.out_proj\.weight/,
    );
    const options = { newParameters: true, config: { num_labels: 5 } };
    const model = await fromPretrained(folder, RobertaForSequenceClassification, options);
    const before = await fromPretrained(folder, RobertaForMaskedLM);
    const [query, same] = [model, before].map(
      ({ roberta }) => [...roberta.encoder.layer][0]?.attention.self.query.weight,
    );
    expect(query?.dataSync()).toEqual(same?.dataSync());
    await savePretrained(model, folder);
    const config = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8')) as object;
    const architectures = ['RobertaForSequenceClassification'];
    expect(config).toMatchObject({ num_labels: 5, model_type: 'roberta', torch_dtype: 'float16', architectures });
    model.dispose();
    before.dispose();
  });

  it('whose head has other labels than its configuration is refused by the name of the tensor', async () => {
    await save(new DistilBertForTokenClassification({ ...distil, num_labels: 4 }, new Generator(1)));
    const load = fromPretrained(folder, { config: { num_labels: 3 } });
    await expect(load).rejects.toThrowCode('PRETRAINED', /"classifier\.weight".*to be \[3, 8\], received \[4, 8\]/);
  });

  it.each([
    ['vocab_size', 1e12, /word_embeddings/],
    ['max_position_embeddings', 1e12, /position_embeddings/],
    ['n_layers', 1e9, /layer\.999999999\.ffn\.lin1/],
    ['hidden_dim', 1e12, /lin1/],
    ['n_heads', 3, /to divide dim/],
    ['activation', 'gelo', /"activation"/],
  ])('whose configuration says too much is refused before anything is made: %s %s', async (field, value, message) => {
    await save(new DistilBertModel(distil, new Generator(1)));
    await expect(fromPretrained(folder, { config: { [field]: value } })).rejects.toThrowCode('PRETRAINED', message);
  });
});
