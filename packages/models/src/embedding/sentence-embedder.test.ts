// SPDX-License-Identifier: Apache-2.0
// Tests of sentence embeddings against those of a published model, and of what a folder can say of them.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Generator, dispose, noGrad, scope, tensor2d, writeSafetensors } from '@nabla/core';
import { PretrainedTokenizer } from '@nabla/data';
import { describeWithData } from '@nabla/testing';

import { BertForMaskedLM } from '../bert/heads.ts';
import { fromPretrained } from '../pretrained/from-pretrained.ts';
import { initialize } from '../pretrained/initialize.ts';
import { savePretrained } from '../pretrained/save-pretrained.ts';
import { cosineOf } from './cosine.ts';
import { SentenceEmbedder, type SentenceEmbedderOptions } from './sentence-embedder.ts';
import { readMiniLmExpected, unpackMiniLm } from './test-minilm.ts';

/** The largest difference of two rows. */
function farthest(received: ArrayLike<number>, expected: ArrayLike<number>): number {
  expect(received.length).toBe(expected.length);
  return Array.from(expected).reduce((most, value, i) => Math.max(most, Math.abs(value - (received[i] ?? NaN))), 0);
}

describeWithData('MiniLM', 'minilm-l6-fp16', (archive) => {
  const { items, cosine } = readMiniLmExpected(archive);
  const texts = items.map(({ text }) => text);
  let folder = '';
  let embedder: SentenceEmbedder;
  beforeAll(async () => {
    folder = unpackMiniLm(archive);
    embedder = await SentenceEmbedder.fromFolder(folder);
  });
  afterAll(() => {
    embedder.dispose();
    rmSync(folder, { recursive: true });
  });

  it.each([1, 2, 32])(
    'gives the embeddings of transformers, %i at once, and the angles between them',
    async (batchSize) => {
      const rows = await embedder.embed(texts, { batchSize });
      for (const [i, { text, embedding }] of items.entries()) {
        const row = rows[i] ?? new Float32Array();
        expect({ text, off: farthest(row, embedding) < 2e-4 }).toEqual({ text, off: true });
        expect(Math.abs(Math.hypot(...row) - 1)).toBeLessThan(1e-6);
        const angles = rows.map((other) => cosineOf(row, other));
        expect(farthest(angles, cosine[i] ?? [])).toBeLessThan(1e-3);
      }
    },
  );

  it('gives the hidden states of transformers', () => {
    for (const { ids, last_hidden_first8: expected } of items) {
      const hidden = scope(() => {
        const tokens = tensor2d(ids, [1, ids.length], 'int32');
        return noGrad(() => embedder.encoder.forward(tokens))
          .dataSync()
          .slice();
      });
      const first8 = ids.flatMap((_, i) => Array.from(hidden.slice(i * 384, i * 384 + 8)));
      expect(farthest(first8, expected.flat())).toBeLessThan(2e-4);
    }
  });

  it('takes no text, an empty one, and cuts what is too long', async () => {
    expect(await embedder.embed([])).toEqual([]);
    const [empty] = await embedder.embed(['']);
    expect(empty?.length).toBe(384);
    const long = 'word '.repeat(1000);
    const [cut, same] = await embedder.embed([long, long.slice(0, 5 * 510)]);
    expect(cut).toEqual(same);
  });
});

const WORDS = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]', 'a', 'b', 'c', 'd', '##d'];
const CONFIG = {
  vocab_size: WORDS.length,
  hidden_size: 6,
  num_hidden_layers: 1,
  num_attention_heads: 2,
  intermediate_size: 8,
  max_position_embeddings: 8,
};
const PACKAGE = 'sentence_transformers.models';
const TEXTS = ['a b c', 'd', 'c a b dd a', 'b'];

describe('a folder of sentence-transformers', () => {
  let folder = '';
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'nabla-sentence-'));
    writeFileSync(join(folder, 'vocab.txt'), WORDS.join('\n'));
    const model = new BertForMaskedLM(CONFIG, new Generator(1)); // it has no pooler
    initialize(model, new Generator(2), () => 0.7);
    await savePretrained(model, folder);
    model.dispose();
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const put = (path: string, value: unknown): void => {
    mkdirSync(join(folder, path, '..'), { recursive: true });
    writeFileSync(join(folder, path), JSON.stringify(value));
  };
  const putModules = (...kinds: string[]): void => {
    const modules = kinds.map((kind, i) => ({
      idx: i,
      name: String(i),
      path: i === 0 ? '' : `${i}_${kind}`,
      type: `${PACKAGE}.${kind}`,
    }));
    put('modules.json', modules);
  };
  /** What the folder makes of some texts, all at once, and one by one. */
  const embed = async (options: SentenceEmbedderOptions = {}, texts = TEXTS): Promise<Float32Array[]> => {
    const embedder = await SentenceEmbedder.fromFolder(folder, options);
    const rows = await embedder.embed(texts);
    const alone = await embedder.embed(texts, { batchSize: 1 });
    expect(rows.map(({ length }) => length)).toEqual(texts.map(() => embedder.features));
    rows.forEach((row, i) => expect(farthest(row, alone[i] ?? [])).toBeLessThan(1e-5));
    embedder.dispose();
    return rows;
  };
  /** The vectors of the tokens of each text. */
  const tokenVectors = async (): Promise<number[][][]> => {
    const tokenizer = await PretrainedTokenizer.fromFolder(folder);
    const model = await fromPretrained(folder, BertForMaskedLM);
    const vectors = TEXTS.map((text) => {
      const { ids } = tokenizer.encode(text);
      return scope(() => noGrad(() => model.bert.forward(tensor2d(ids, [1, ids.length], 'int32')).arraySync()));
    }) as number[][][][];
    model.dispose();
    return vectors.map(([rows = []]) => rows);
  };
  const perFeature = (rows: number[][], f: (column: number[]) => number): number[] =>
    Array.from({ length: 6 }, (_, feature) => f(rows.map((row) => row[feature] ?? NaN)));
  const sumOf = (values: number[], weight: (i: number) => number = () => 1): number =>
    values.reduce((total, value, i) => total + value * weight(i), 0);
  const unit = (row: number[]): number[] => row.map((value) => value / Math.hypot(...row));
  const expectRows = (received: Float32Array[], expected: number[][]): void => {
    expect(received.length).toBe(expected.length);
    received.forEach((row, i) => expect(farthest(row, expected[i] ?? [])).toBeLessThan(1e-5));
  };

  it.each<[string, (column: number[]) => number]>([
    ['pooling_mode_cls_token', ([first = NaN]) => first],
    ['pooling_mode_max_tokens', (column) => Math.max(...column)],
    ['pooling_mode_mean_tokens', (column) => sumOf(column) / column.length],
    ['pooling_mode_mean_sqrt_len_tokens', (column) => sumOf(column) / Math.sqrt(column.length)],
    [
      'pooling_mode_weightedmean_tokens',
      (column) => sumOf(column, (i) => i + 1) / ((column.length * (column.length + 1)) / 2),
    ],
    ['pooling_mode_lasttoken', (column) => column.at(-1) ?? NaN],
  ])('pools by %s, without padding', async (field, formula) => {
    putModules('Transformer', 'Pooling');
    put('1_Pooling/config.json', { word_embedding_dimension: 6, pooling_mode_mean_tokens: false, [field]: true });
    const vectors = await tokenVectors();
    expectRows(await embed(), vectors.map((rows) => perFeature(rows, formula))); // prettier-ignore
  });

  it('sets the results of several ways side by side, and normalizes them where it says so', async () => {
    putModules('Transformer', 'Pooling', 'Normalize');
    put('1_Pooling/config.json', { pooling_mode_max_tokens: true }); // the mean is the default
    const expected = (await tokenVectors()).map((rows) =>
      unit([
        ...perFeature(rows, (column) => Math.max(...column)),
        ...perFeature(rows, (column) => sumOf(column) / column.length),
      ]),
    );
    expectRows(await embed(), expected);
  });

  it('is the normalized mean where nothing says how to pool, or the mean alone', async () => {
    const means = (await tokenVectors()).map((rows) => perFeature(rows, (column) => sumOf(column) / column.length));
    expectRows(await embed(), means.map(unit));
    expectRows(await embed({ normalize: false }), means);
  });

  it('may have linear maps after the pooling', async () => {
    putModules('Transformer', 'Pooling', 'Dense', 'Normalize');
    put('1_Pooling/config.json', { pooling_mode_mean_tokens: true });
    const dense = { in_features: 6, out_features: 4, activation_function: 'torch.nn.modules.activation.Tanh' };
    put('2_Dense/config.json', dense);
    const weights = { 'linear.weight': new Generator(3).normal([4, 6]), 'linear.bias': new Generator(4).normal([4]) };
    await writeSafetensors(join(folder, '2_Dense', 'model.safetensors'), weights);
    const [matrix, bias] = [weights['linear.weight'].arraySync() as number[][], weights['linear.bias'].dataSync()];
    const expected = (await tokenVectors()).map((rows) => {
      const mean = perFeature(rows, (column) => sumOf(column) / column.length);
      return unit(matrix.map((row, i) => Math.tanh(sumOf(row, (j) => mean[j] ?? NaN) + (bias[i] ?? NaN))));
    });
    expectRows(await embed(), expected);
    put('2_Dense/config.json', { ...dense, in_features: 5 });
    await expect(embed()).rejects.toThrow(/"in_features" of .*to be 6, which the pooling gives, received 5/);
    dispose(weights);
  });

  it('cuts texts where it says so, or as asked, at most at the last position, and may want small letters', async () => {
    const long = 'a b c d a b c d a b c d';
    put('sentence_bert_config.json', { max_seq_length: 5, do_lower_case: false });
    const rowsOf = async (options: SentenceEmbedderOptions, ...texts: string[]) => embed(options, texts);
    const [cut, short] = await rowsOf({}, long, 'a b c');
    expect(farthest(cut ?? [], short ?? [])).toBeLessThan(1e-6);
    const [asked, shorter] = await rowsOf({ maximumLength: 4 }, long, 'a b');
    expect(farthest(asked ?? [], shorter ?? [])).toBeLessThan(1e-6);
    const [most, all] = await rowsOf({ maximumLength: 100 }, long, 'a b c d a b');
    expect(farthest(most ?? [], all ?? [])).toBeLessThan(1e-6);
    put('tokenizer_config.json', { do_lower_case: false });
    const [upper, lower] = await rowsOf({}, 'A B', 'a b');
    expect(farthest(upper ?? [], lower ?? [])).toBeGreaterThan(0.01);
    put('sentence_bert_config.json', { max_seq_length: 5, do_lower_case: true });
    const [lowered, same] = await rowsOf({}, 'A B', 'a b');
    expect(farthest(lowered ?? [], same ?? [])).toBeLessThan(1e-6);
  });

  it('is refused where it asks for what is not known, naming file and field', async () => {
    const refusal = async (): Promise<string> => embed().then(() => '', String);
    putModules('Transformer', 'Pooling', 'WeightedLayerPooling');
    expect(await refusal()).toMatch(/"\[2\].type" of .*modules.json.*to end in one of Transformer, Pooling/);
    putModules('Transformer', 'Normalize', 'Pooling');
    expect(await refusal()).toMatch(/modules.json.*received Transformer, Normalize, Pooling/);
    putModules('Transformer', 'Pooling', 'Normalize', 'Dense');
    expect(await refusal()).toMatch(/modules.json.*to be Transformer, Pooling, then any Dense/);
    put('modules.json', [{ path: '../elsewhere', type: `${PACKAGE}.Transformer` }]);
    expect(await refusal()).toMatch(/"\[0\].path" of .*to name a folder beside modules.json, received "..\/elsewhere"/);
    putModules('Transformer', 'Pooling');
    expect(await refusal()).toMatch(/1_Pooling.config.json.*no such file/);
    put('1_Pooling/config.json', { pooling_mode_mean_tokens: false });
    expect(await refusal()).toMatch(/1_Pooling.config.json.*to set one of pooling_mode_cls_token/);
    put('1_Pooling/config.json', { word_embedding_dimension: 7 });
    expect(await refusal()).toMatch(/"word_embedding_dimension" of .*to be 6.*received 7/);
  });

  it('is refused where its tokenizer is of another model, or its weights are no numbers', async () => {
    writeFileSync(join(folder, 'vocab.txt'), [...WORDS, 'new'].join('\n'));
    await expect(embed({}, ['a new'])).rejects.toThrowCode('VOCABULARY', /0 to 9, received 10 for "new"/);
    const broken = new BertForMaskedLM(CONFIG, new Generator(1));
    initialize(broken, new Generator(2), () => 1e38);
    await savePretrained(broken, folder);
    broken.dispose();
    await expect(embed({}, ['a'])).rejects.toThrowCode('EMBED', /the vectors to be finite numbers, received NaN/);
  });

  it('lets others have their turn between batches, and refuses wrong options', async () => {
    const embedder = await SentenceEmbedder.fromFolder(folder);
    let turns = 0;
    const count = setInterval(() => turns++, 0);
    await embedder.embedTokens(Array.from({ length: 200 }, () => [2, 5, 3]), { batchSize: 1 }); // prettier-ignore
    clearInterval(count);
    expect(turns).toBeGreaterThan(1);
    await expect(embedder.embed(['a'], { batchSize: 0 })).rejects.toThrowCode('ARGUMENT', /batchSize/);
    await expect(embedder.embed(['a'], { size: 1 } as object)).rejects.toThrowCode('OPTION', /batchSize/);
    await expect(embedder.embedTokens([[5], []])).rejects.toThrowCode('ARGUMENT', /text 1 to have a token/);
    embedder.dispose();
  });
});

describe('cosineOf', () => {
  it('is 1 for the same direction, 0 for a right angle or nothing, -1 for the opposite one', () => {
    expect(cosineOf([3, 4], [6, 8])).toBeCloseTo(1, 12);
    expect(cosineOf([3, 4], [4, -3])).toBe(0);
    expect(cosineOf([1, 0], [0, 0])).toBe(0);
    expect(cosineOf(Float32Array.of(1, 1), [-2, -2])).toBeCloseTo(-1, 12);
    expect(() => cosineOf([1], [1, 2])).toThrowCode('SHAPE', /cosineOf: expected b of shape \[1\], received \[2\]/);
  });
});
