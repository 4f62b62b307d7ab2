// SPDX-License-Identifier: Apache-2.0
// Tests of CSV files: what is read, and what each kind of broken file is answered with.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ArgumentError } from '@nabla/core';
import { CsvDataset, type CsvOptions } from './csv-dataset.ts';
import { breastCancer } from './datasets/breast-cancer.ts';
import { pathInPackage } from './places.ts';

const animals = 'length,width,animal\n1,2,dog\n3,4.5,cat\n-5e-1,.5,dog\n';
const parse = (text: string, options?: CsvOptions): CsvDataset => CsvDataset.parse(text, 'animals.csv', options);

describe('CsvDataset', () => {
  it('reads names, numbers and labels', () => {
    const table = parse(animals);
    expect(table.columns).toEqual(['length', 'width']);
    expect(table.classes).toEqual(['cat', 'dog']);
    expect([...table.features]).toEqual([1, 2, 3, 4.5, -0.5, 0.5]);
    expect([...table.labels]).toEqual([1, 0, 1]);
  });

  it.each<[string, string, CsvOptions]>([
    ['a label column by name', 'animal,length,width\ndog,1,2\ncat,3,4.5\ndog,-0.5,0.5', { label: 'animal' }],
    ['a label column by index', 'length,animal,width\n1,dog,2\n3,cat,4.5\n-0.5,dog,0.5', { label: 1 }],
    ['a label column counted from the end', 'length,animal,width\n1,dog,2\n3,cat,4.5\n-0.5,dog,0.5', { label: -2 }],
    ['Windows line ends and a byte order mark', `\uFEFF${animals.replaceAll('\n', '\r\n')}`, {}],
    ['blank lines', `\n\n${animals.replaceAll('\n', '\n \n')}\n\n`, {}],
    ['spaces around cells', 'length , width , animal\n 1 , 2 , dog\n 3, 4.5, cat\n-.5, .5, dog', {}],
    ['quotes', '"length","width","animal"\n"1","2","dog"\n"3",4.5,cat\n-.5,.5,dog', {}],
    ['another delimiter', animals.replaceAll(',', ';'), { delimiter: ';' }],
    ['no line end at the end', animals.trimEnd(), {}],
  ])('reads %s', (_, text, options) => {
    const table = parse(text, options);
    expect([table.columns, table.classes, [...table.features], [...table.labels]]).toEqual([
      ['length', 'width'],
      ['cat', 'dog'],
      [1, 2, 3, 4.5, -0.5, 0.5],
      [1, 0, 1],
    ]);
  });

  it('reads a file without a header', () => {
    const table = parse('1,2,dog\n3,4,cat', { header: 'none' });
    expect([table.columns, table.classes, table.length]).toEqual([['column 1', 'column 2'], ['cat', 'dog'], 2]);
  });

  it('reads the counts that scikit-learn writes', () => {
    const table = parse('2,3,no,yes\n1,2,3,1\n4,5,6,0', { header: 'counts' });
    expect([table.classes, [...table.labels], table.columns.length]).toEqual([['no', 'yes'], [1, 0], 3]);
  });

  it('orders numeric labels as numbers', () => {
    const table = parse('x,y\n1,10\n1,9\n1,-1', {});
    expect([table.classes, [...table.labels]]).toEqual([
      ['-1', '9', '10'],
      [2, 1, 0],
    ]);
  });

  it('takes labels as names or ids when the classes are given', () => {
    const table = parse('x,y\n1,dog\n1,0\n1,2', { classes: ['cat', 'dog', 'cow'] });
    expect([table.classes, [...table.labels]]).toEqual([
      ['cat', 'dog', 'cow'],
      [1, 0, 2],
    ]);
  });

  it('reads the breast-cancer table', async () => {
    const [file] = breastCancer.files;
    if (file === undefined) throw new Error('no file');
    const table = await CsvDataset.read(pathInPackage(breastCancer, file), breastCancer.csv);
    expect([table.length, table.columns.length, table.classes]).toEqual([569, 30, ['malignant', 'benign']]);
    expect(table.labels.filter((label) => label === 0)).toHaveLength(212);
    expect(table.get(0).features[0]).toBeCloseTo(17.99, 5);
    expect(table.get(568).features[29]).toBeCloseTo(0.07039, 6);
  });

  const huge = '9'.repeat(60);
  it.each<[string, string, CsvOptions, string]>([
    ['an empty text', '', {}, 'csv: expected animals.csv to have rows, received an empty file.'],
    ['blank lines only', '\n \n', {}, 'expected animals.csv to have rows'],
    ['a header only', 'a,b\n', {}, 'expected animals.csv to have rows of data, received the header only.'],
    [
      'a short row',
      'a,b,c\n1,2,x\n1,2\n',
      {},
      'expected animals.csv, line 3 to have 3 cells, like the rows before it, received 2.',
    ],
    ['a long row', 'a,b,c\n1,2,x\n\n1,2,3,x\n', {}, 'animals.csv, line 4 to have 3 cells'],
    [
      'a word',
      'a,b\n1,x\ntwo,x\n',
      {},
      'csv: expected animals.csv, line 3, a to be a number, received "two". Fill the value in',
    ],
    ['a word in quotes over two lines', 'a,b\n1,x\n"t\nwo",x\n', {}, 'animals.csv, line 4, a to be a number'],
    ['an empty cell', 'a,b\n,x\n', {}, 'animals.csv, line 2, a to be a number, received an empty cell.'],
    ['NaN', 'a,b\nNaN,x\n', {}, 'line 2, a to be a number, received "NaN"'],
    ['Infinity', 'a,b\nInfinity,x\n', {}, 'line 2, a to be a number, received "Infinity"'],
    ['hexadecimal', 'a,b\n0x1f,x\n', {}, 'line 2, a to be a number, received "0x1f"'],
    ['a number beyond float32', 'a,b\n1e39,x\n', {}, 'to be a number that float32 can hold, received "1e39"'],
    ['a number beyond float64', 'a,b\n1e999,x\n', {}, 'to be a number that float32 can hold, received "1e999"'],
    ['a cell without end', `a,b\n${huge}x,x\n`, {}, `received "${huge.slice(0, 40)}…"`],
    ['a missing label', 'a,b\n1,\n', {}, 'animals.csv, line 2, b to be a label, received an empty cell.'],
    ['a number as label', 'a,b\n1,2.5\n', {}, 'line 2, b to be a class: a name or an integer, received "2.5"'],
    [
      'a label out of range',
      'a,b\n1,0\n2,2\n',
      { classes: ['x', 'y'] },
      'line 3, b to be a class (x, y) or an id from 0 to 1, received "2".',
    ],
    ['a negative label', 'a,b\n1,-1\n', { classes: ['x', 'y'] }, 'line 2, b to be a class (x, y)'],
    [
      'an unknown label',
      'a,b\n1,z\n',
      { classes: ['x', 'y'] },
      'line 2, b to be a class (x, y) or an id from 0 to 1, received "z".',
    ],
    [
      'a single column',
      'a\n1\n2\n',
      {},
      'to have at least one feature column and a label column, received a single column. Cells are divided by ","',
    ],
    ['an unknown label column', animals, { label: 'anmal' }, 'received no column "anmal". Did you mean "animal"?'],
    ['a label index out of range', animals, { label: 3 }, 'expected label to be an integer >= -3 and <= 2, received 3'],
    [
      'numbers as header',
      '1,2\n3,4',
      {},
      'animals.csv, line 1 to be the names of the columns, received numbers only. For a file without a header',
    ],
    ['a name twice', 'a,a,b\n1,2,x', {}, 'to name each column once, received "a" twice'],
    ['the header of scikit-learn', '2,3,no,yes\n1,2,3,1\n4,5,6,0', { label: 2 }, 'set header to "counts"'],
    [
      'too few rows for its counts',
      '3,1,no,yes\n1,1\n2,0',
      { header: 'counts' },
      'the counts of the file, 2 rows and 1 features, received "3,1"',
    ],
    ['counts without classes', '2,1\n1,1\n2,0', { header: 'counts' }, 'line 1 to name the classes, received none'],
    ['a quote without end', 'a,b\n1,"x\n2,y\n', {}, 'to be CSV, received a fault: Quote Not Closed'],
    [
      'a quote inside a cell',
      'a,b\n1,x"y\n',
      {},
      'animals.csv, line 2 to be CSV, received a fault: Invalid Opening Quote',
    ],
  ])('refuses %s', (_, text, options, message) => {
    const read = (): CsvDataset => parse(text, options);
    expect(read).toThrow(message);
    expect(read).toThrow(ArgumentError);
  });

  it('refuses options it does not know', () => {
    // @ts-expect-error: no such option
    expect(() => CsvDataset.parse(animals, 'x', { seperator: ';' })).toThrow('received "seperator"');
    expect(() => parse(animals, { delimiter: '' })).toThrow('delimiter');
  });
});

describe('CsvDataset.read', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'nabla-csv-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('reads a file', async () => {
    await writeFile(join(folder, 'a.csv'), animals);
    expect((await CsvDataset.read(join(folder, 'a.csv'))).length).toBe(3);
  });

  it('refuses a missing file', async () => {
    await expect(CsvDataset.read(join(folder, 'none.csv'))).rejects.toThrow(
      'to be a file that can be read, received no such file',
    );
  });

  it('refuses a folder', async () => {
    await expect(CsvDataset.read(folder)).rejects.toThrow('received a folder (EISDIR)');
  });

  it('refuses an empty file', async () => {
    await writeFile(join(folder, 'empty.csv'), '');
    await expect(CsvDataset.read(join(folder, 'empty.csv'))).rejects.toThrow('received an empty file');
  });

  it('refuses a file in another encoding', async () => {
    await writeFile(join(folder, 'latin.csv'), Buffer.from('a,b\n1,caf\xe9\n', 'latin1'));
    await expect(CsvDataset.read(join(folder, 'latin.csv'))).rejects.toThrow('the byte 0xe9 at byte 9, line 2');
  });
});
