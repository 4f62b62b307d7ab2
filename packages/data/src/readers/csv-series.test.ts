// SPDX-License-Identifier: Apache-2.0
// Tests of CSV files as time series, with bad input on purpose, and of the series that this package ships.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadSeries, loadTable } from '../load.ts';
import { resolveDataset } from '../resolve.ts';
import type { TimeSeries } from '../time-series.ts';
import { type CsvSeriesOptions, parseSeries, readSeries } from './csv-series.ts';

const weather = 'day,wind,rain\n2024-01-01,1,10\n2024-01-02,2,20\n2024-01-03,3,30\n';

describe('parseSeries', () => {
  it.each<[string, CsvSeriesOptions, Partial<TimeSeries>]>([
    [weather, {}, { columns: ['wind', 'rain'], values: Float32Array.of(1, 10, 2, 20, 3, 30) }],
    [weather, { columns: ['rain'] }, { columns: ['rain'], values: Float32Array.of(10, 20, 30) }],
    [weather, { columns: ['rain', 'wind'] }, { values: Float32Array.of(10, 1, 20, 2, 30, 3) }],
    ['wind;t\n5;1\n6;2', { time: 't', delimiter: ';' }, { columns: ['wind'], times: ['1', '2'] }],
    ['wind,t\n5,1\n6,2', { time: -1 }, { columns: ['wind'], times: ['1', '2'] }],
    ['wind\n5\n6', { time: null }, { columns: ['wind'], times: ['0', '1'], values: Float32Array.of(5, 6) }],
    [
      'year,JAN,FEB\n1950,1,2\n1951,3,4',
      { unroll: 'heat' },
      {
        columns: ['heat'],
        times: ['1950 JAN', '1950 FEB', '1951 JAN', '1951 FEB'],
        values: Float32Array.of(1, 2, 3, 4),
      },
    ],
  ])('reads %j with %j', (text, options, expected) => {
    expect(parseSeries(text, 'a.csv', options)).toMatchObject(expected);
  });

  it.each([
    ['t,a,b\n1,5,6\n2,,7\n3,NA,NaN\n4,8,9', {}, [5, 6, 5, 7, 5, 7, 8, 9]],
    ['t,a,b\n1,5,\n2,,7', { unroll: 'x' }, [5, 5, 5, 7]],
  ])('fills gaps with the value of the time before: %j', (text, options, values) => {
    expect([...parseSeries(text, 'a.csv', { gaps: 'previous', ...options }).values]).toEqual(values);
  });

  it.each<[string, CsvSeriesOptions, string]>([
    [
      't,a\n1,5\n\n2,\n',
      {},
      'csv: expected a.csv, line 4, a to be a number, received an empty cell. Fill the value in, or set gaps to "previous".',
    ],
    ['t,a\n1,5\n2,NaN', {}, 'expected a.csv, line 3, a to be a number, received "NaN"'],
    ['t,a\n1,5\n2,six', { gaps: 'previous' }, 'expected a.csv, line 3, a to be a number, received "six"'],
    [
      't,a,b\n1,5,\n2,6,7',
      { gaps: 'previous' },
      'expected a.csv, line 2, b to be a number, as it is the first, received an empty cell. Leave out the times before',
    ],
    ['t,a\n1,5\n2,6,7', {}, 'expected a.csv, line 3 to have 2 cells, like the rows before it, received 3'],
    ['t,a\n1,5\n1,6', {}, 'expected a.csv, line 3, t to come after "1" of the row before, received "1". Sort the rows'],
    ['t,a\n10,5\n9,6', {}, 'expected a.csv, line 3, t to come after "10" of the row before, received "9"'],
    ['t,a\n2024-02-01,5\n2024-01-31,6', {}, 'to come after "2024-02-01" of the row before, received "2024-01-31"'],
    ['t,a', {}, 'expected a.csv to have rows of data, received the header only'],
    ['1,2\n3,4', {}, 'expected a.csv, line 1 to be the names of the columns, received numbers only'],
    ['a,a\n3,4', {}, 'expected a.csv, line 1 to name each column once, received "a" twice'],
    ['a\n3', {}, 'to have a column of values besides that of the time, received a single column. If it has no column'],
    ['', {}, 'expected a.csv to have rows, received an empty file'],
    [weather, { time: 'dy' }, 'expected a.csv to have the time column, received no column "dy". Did you mean "day"?'],
    [weather, { time: 3 }, 'expected time to be an integer'],
    [weather, { columns: ['snow'] }, 'expected a.csv to have the value column, received no column "snow"'],
    [weather, { unroll: '' }, 'expected unroll to be a string that is not empty'],
    [weather, { delimiter: '' }, 'expected delimiter to be a string that is not empty'],
  ])('refuses %j with %j', (text, options, message) => {
    expect(() => parseSeries(text, 'a.csv', options)).toThrow(message);
  });

  it('refuses unknown words', () => {
    // @ts-expect-error: no such choice
    expect(() => parseSeries(weather, 'a.csv', { gaps: 'previos' })).toThrow('Did you mean "previous"?');
    // @ts-expect-error: no such option
    expect(() => parseSeries(weather, 'a.csv', { colums: ['wind'] })).toThrow('Did you mean "columns"?');
  });

  it('does not compare times of which it does not know the order', () => {
    expect(parseSeries('t,a\nMarch,5\nApril,6', 'a.csv').times).toEqual(['March', 'April']);
  });
});

describe('readSeries', () => {
  it('reads a file, and names one that is missing', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'nabla-series-'));
    await writeFile(join(folder, 'a.csv'), weather);
    expect((await readSeries(join(folder, 'a.csv'))).length).toBe(3);
    await expect(readSeries(join(folder, 'b.csv'))).rejects.toThrow('received no such file');
    await rm(folder, { recursive: true });
  });
});

describe('the series of this package', () => {
  it.each([
    // Number of times, first and last, first and last value, and the sum of all values as awk counts it.
    ['sunspots', 309, ['SUNACTIVITY'], '1700', '2008', 5, Math.fround(2.9), 15373.4],
    ['mauna-loa-co2', 2284, ['co2'], '19580329', '20011229', Math.fround(316.1), 371.5, 775754.3],
    ['nile', 100, ['volume'], '1871', '1970', 1120, 740, 91935],
    ['el-nino', 732, ['temperature'], '1950 JAN', '2010 DEC', Math.fround(23.11), Math.fround(22.07), 16903.8],
  ])(
    '%s has the times and values that its publisher states',
    async (name, length, columns, from, to, first, last, sum) => {
      const found = await resolveDataset(name, { offline: true });
      expect(found.files[0].origin).toBe('package');
      const series = await loadSeries(found);
      expect([series.length, series.columns]).toEqual([length, columns]);
      expect([series.times[0], series.times.at(-1)]).toEqual([from, to]);
      expect([series.values[0], series.values.at(-1)]).toEqual([first, last]);
      expect(series.values.reduce((total, value) => total + value, 0)).toBeCloseTo(sum, 0);
      await expect(loadTable(found)).rejects.toMatchObject({ code: 'DATASET_KIND' });
    },
  );

  it('fills the 59 weeks without a value of Mauna Loa, which are refused otherwise', async () => {
    const found = await resolveDataset('mauna-loa-co2', { offline: true });
    const series = await loadSeries(found);
    expect([...series.values.subarray(5, 8)].map((value) => value.toFixed(1))).toEqual(['316.9', '316.9', '317.5']);
    await expect(loadSeries(found, { gaps: 'refuse' })).rejects.toThrow('co2.csv, line 8, co2 to be a number');
  });
});
