// SPDX-License-Identifier: Apache-2.0
// Tests on the real files outside the repository: figures that their publishers state.

import { dirname, join } from 'node:path';
import { describeWithData } from '@nabla/testing';
import { CsvDataset } from './csv-dataset.ts';
import { loadTable, loadText } from './load.ts';
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
