// SPDX-License-Identifier: Apache-2.0
// Tests of nabla train: what it prints where, what it writes, what it refuses, and going on with a run.

import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { EventLog } from '@nabla/models';
import { describeWithData } from '@nabla/testing';

import { QUICK, TINY, events, nabla, trained, useFolder } from '../test-nabla.ts';

useFolder();

describe('nabla train', () => {
  it('trains, tells how it goes on stderr, and prints the metrics and the folder', async () => {
    const { status, result, notes, run } = await trained();
    expect(status).toBe(0);
    expect(result).toMatch(/^held-out loss [\d.]+, accuracy [\d.]+, macroF1 [\d.]+\nrun run-\d+\n$/);
    expect(notes).toMatch(/^device js: pure TypeScript, one thread\nfnn: 134 parameters, 12 steps, folder run-/);
    expect(notes).toMatch(/step 1\/12: loss [\d.]+, [\d,.]+ samples\/s\n/);
    expect(notes).toMatch(/step 4: held-out loss [\d.]+, accuracy [\d.]+, macroF1 [\d.]+\n/);
    expect(notes).toMatch(/training loss\n(.*\n){10,}.*step 1 +12\n/);
    expect(notes).toMatch(new RegExp(`12 steps in .*; curve in ${run}/loss\\.svg\n$`));
    expect(readFileSync(join(run, 'loss.svg'), 'utf8')).toMatch(/^<svg/);
  });

  it('prints the events and nothing else with --json, and writes the same to events.jsonl', async () => {
    const { status, result, run } = await trained('--json', '--seed', '3');
    expect(status).toBe(0);
    const lines = events(result);
    expect(lines).toEqual(EventLog.read(run));
    expect(lines[0]).toMatchObject({ event: 'start', recipe: 'fnn', run, device: 'js', step: 0, steps: 12 });
    expect(lines[0]).toMatchObject({
      config: { seed: 3, steps: 12, hidden: [4], batchSize: 32, data: 'breast-cancer' },
    });
    expect(lines.map((event) => event.event)).toEqual([
      ...['start', 'step', 'evaluate', 'checkpoint', 'evaluate', 'checkpoint'],
      ...['step', 'step', 'evaluate', 'checkpoint', 'end'],
    ]);
    const numbers = ['step', 'loss', 'learningRate', 'gradientNorm', 'samplesPerSecond'];
    expect(lines[1]).toEqual({
      event: 'step',
      ...Object.fromEntries(numbers.map((name) => [name, expect.any(Number)])),
    });
    expect(lines.at(-1)).toEqual({
      ...{ event: 'end', run, seconds: expect.any(Number), steps: 12, stoppedEarly: false },
      metrics: { loss: expect.any(Number), accuracy: expect.any(Number), macroF1: expect.any(Number) },
    });
    expect(readFileSync(join(run, 'loss.svg'), 'utf8')).toMatch(/^<svg/);
  });

  it('names folders by itself', async () => {
    const words = ['train', 'fnn', ...QUICK, '--steps', '1'];
    expect((await nabla(...words)).result).toMatch(/run runs\/fnn-1\n$/);
    expect((await nabla(...words)).result).toMatch(/run runs\/fnn-2\n$/);
  });

  it('takes options from a file, --set and flags, the later ones winning', async () => {
    writeFileSync('options.yaml', 'seed: 1\nbatchSize: 16 # rows\nhidden: [8, 4]\ndata: animals.csv\n');
    const { result } = await trained(
      '--json',
      '--config',
      'options.yaml',
      '--set',
      'seed=2',
      '--set',
      'batchSize=10',
      '--seed',
      '3',
    );
    const config = { seed: 3, batchSize: 10, hidden: [4], data: resolve('animals.csv'), learningRate: 0.005 };
    expect(events(result)[0]).toMatchObject({ config });
  });

  it.each<[string, string, RegExp]>([
    [
      'missing',
      '',
      /nowhere\.yaml to be a YAML file of options, received no such file\. For one to start from: nabla recipes/,
    ],
    ['empty', '', /received a file without any/],
    ['only comments', '# seed: 1', /received a file without any/],
    ['broken', 'seed: [1\nsteps: 2', /received Flow sequence in block collection must be/],
    ['a list', '- 1\n- 2', /received a single value or a list/],
    ['a word', 'seed', /received a single value or a list/],
    ['twice a key', 'seed: 1\nseed: 2', /received Map keys must be unique/],
    ['an unknown key', 'sede: 1', /every name to be an option of recipe fnn, received "sede"\. Did you mean "seed"\?/],
    ['a bad value', 'seed: -1', /seed to be at least 0, received -1/],
  ])('refuses a configuration file that is %s', async (kind, content, message) => {
    writeFileSync('bad.yaml', content);
    const { status, notes } = await trained('--config', kind === 'missing' ? 'nowhere.yaml' : 'bad.yaml');
    expect(status).toBe(1);
    expect(notes).toMatch(message);
  });

  it.each([
    [['transfomer'], /the recipe to be a known name, received "transfomer"\. Did you mean "transformer"\? \[RECIPE\]/],
    [[], /expected a recipe to be named, received none\. Known: fnn, .*transformer, .*--resume RUN \[RECIPE\]/],
    [['fnn', '--set', 'batchsize=3'], /received "batchsize"\. Did you mean "batchSize"\? \[OPTION\]/],
    [
      ['fnn', '--set', 'batchSize=many'],
      /batchSize to be a number, received "many"\. Its meaning: examples in a batch\. \[CONFIG\]/,
    ],
    [['fnn', '--data', 'breast-cancr'], /received "breast-cancr"\. Did you mean "breast-cancer"\? \[DATASET\]/],
    [['fnn', '--data', 'nowhere.csv'], /"nowhere\.csv" to be a file or the name of a data set, received no such file/],
    [
      ['fnn', '--data', 'moby-dick'],
      /"moby-dick" to be a table, received a text\. Of that kind are: breast-cancer, digits, iris, wine\. \[DATASET_KIND\]/,
    ],
    [['fnn', '--data', 'abc.txt'], /\[CSV\]/],
    [['fnn', '--out', '.'], /the folder of the run to be new or empty, received \., which is not empty\..* \[EXISTS\]/],
    [['fnn', '--device', 'cuda'], /device cuda is not available: .* \[DEVICE\]/],
    [['transformer', '--data', 'animals.csv', '--set', 'context=900'], /to have at least 901 tokens.* \[TEXT\]/],
  ])('says what is wrong with %j', async (words, message) => {
    const { status, result, notes } = await nabla('train', ...words);
    expect({ status, result }).toEqual({ status: 1, result: '' });
    expect(notes).toMatch(message);
    expect(notes).not.toMatch(/\n +at /); // no stack: it is the user's to mend
  });

  it('names the precisions, and what the device has of them', async () => {
    expect((await nabla('train', 'fnn', '--precision', 'fp8')).notes).toMatch(/float32, tf32, bf16/);
    const { status, notes } = await nabla('train', 'fnn', '--precision', 'bf16', '--device', 'js', '--out', 'no-bf16');
    expect(status).toBe(1);
    expect(notes).toMatch(/device js cannot multiply in bf16.*\[PRECISION\]/s);
  });

  it('reports an error as an event too with --json', async () => {
    const { status, result } = await nabla('train', 'fmm', '--json');
    expect(status).toBe(1);
    expect(events(result)).toEqual([{ event: 'error', code: 'RECIPE', message: expect.stringContaining('"fmm"') }]);
  });

  it('stops when the loss goes bad, and keeps the checkpoint', async () => {
    const { status, notes, run } = await trained(
      '--set',
      'learningRate=1e38',
      '--set',
      'weightDecay=0',
      '--set',
      'checkpointEvery=1',
    );
    expect(status).toBe(1);
    expect(notes).toMatch(/training stopped at step \d+: .* \[NON_FINITE\]/);
    expect((await nabla('evaluate', run, '--device', 'js')).status).toBe(0);
  });
});

describe('nabla train --resume', () => {
  it('goes on with a run, and needs nothing but its folder', async () => {
    const { run } = await trained();
    const { status, result, notes } = await nabla('train', '--resume', run, '--steps', '20', '--json');
    expect(status).toBe(0);
    expect(notes).toMatch(/^device js/); // that of the run
    expect(events(result)[0]).toMatchObject({ event: 'start', step: 12, steps: 20, config: { hidden: [4] } });
    expect(events(result).at(-1)).toMatchObject({ event: 'end', steps: 20 });
    expect((await nabla('train', 'fnn', '--resume', run)).notes).toMatch(/20 steps, going on after step 20/);
  });

  it.each([
    [
      ['--set', 'hidden=[8]'],
      /--set not to be given with --resume, received it\. A run keeps the options that it was started with\./,
    ],
    [['--seed', '1'], /--seed not to be given with --resume/],
    [['--out', 'x'], /--out not to be given/],
    [['--config', 'x.yaml'], /--config not to be given/],
    [['transformer'], /the recipe to be fnn, the one of run-\d+, received transformer\. Leave the recipe out/],
    [['--steps', '2'], /steps to be at least 12, as many as the run has taken, received 2/],
    [['--data', 'animals.csv'], /\[STATE\]/],
  ])('refuses %j', async (words, message) => {
    const { run } = await trained();
    const positional = words[0]?.startsWith('-') === true ? [] : words;
    const { status, notes } = await nabla(
      'train',
      ...positional,
      '--resume',
      run,
      ...(positional.length > 0 ? [] : words),
    );
    expect(status).toBe(1);
    expect(notes).toMatch(message);
  });

  it('refuses a folder that is no run', async () => {
    const { status, notes } = await nabla('train', '--resume', 'nowhere');
    expect(status).toBe(1);
    expect(notes).toMatch(
      /nowhere\/config\.json to be a file of a run, received no such file\. Pass the folder of a run/,
    );
  });
});

describeWithData('data in a folder of the user', 'tinyshakespeare', (path) => {
  it('is found by --data FOLDER', async () => {
    writeFileSync('tiny.yaml', 'data: tinyshakespeare\n');
    const words = [
      ...TINY.slice(0, -2),
      '--config',
      'tiny.yaml',
      '--data',
      resolve(path, '..'),
      '--steps',
      '1',
      '--json',
    ];
    const { status, result } = await nabla('train', 'transformer', ...words, '--out', 'bard');
    expect(status).toBe(0);
    expect(events(result)[0]).toMatchObject({ config: { data: 'tinyshakespeare' } });
  });
});
