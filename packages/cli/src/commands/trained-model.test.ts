// SPDX-License-Identifier: Apache-2.0
// Tests of the commands that use a trained model: evaluate, predict, generate.

import { writeFileSync } from 'node:fs';

import { type Ran, TINY, events, nabla, trained, useFolder } from '../test-nabla.ts';

useFolder();

describe('with a trained model', () => {
  let fnn: string;
  let transformer: string;
  let metrics: unknown;
  beforeAll(async () => {
    const { result, run } = await trained(
      '--json',
      '--data',
      'animals.csv',
      '--steps',
      '100',
      '--set',
      'batchSize=8',
      '--set',
      'weightDecay=0',
    );
    const end = events(result).at(-1);
    metrics = end?.event === 'end' ? end.metrics : undefined;
    fnn = run;
    transformer = 'writer';
    await nabla('train', 'transformer', ...TINY, '--steps', '20', '--out', transformer);
  });

  it('evaluate measures on held-out data what the training measured', async () => {
    const { status, result } = await nabla('evaluate', fnn, '--json', '--device', 'js');
    expect(status).toBe(0);
    expect(JSON.parse(result)).toEqual({ event: 'evaluate', run: fnn, metrics });
    expect((await nabla('evaluate', fnn, '--best')).result).toMatch(/^loss [\d.e-]+, accuracy 1, macroF1 1\n$/);
    expect((await nabla('evaluate', transformer, '--data', 'abc.txt')).result).toMatch(
      /^loss [\d.]+, accuracy [\d.]+, perplexity [\d.]+\n$/,
    );
  });

  it('evaluate says how far it is with what takes long', async () => {
    const pairs = Array.from({ length: 40 }, (_, i) => `cat ${i}\tchat ${i}`);
    writeFileSync('pairs.txt', pairs.join('\n'));
    const small = 'layers=1 heads=1 width=8 context=16 vocabulary=300 heldOut=8 batchSize=8 beams=2'.split(' ');
    const settings = ['--steps', '1', ...small.flatMap((setting) => ['--set', setting])];
    await nabla('train', 'translation', '--data', 'pairs.txt', '--device', 'js', '--out', 'translator', ...settings);
    const { result, notes } = await nabla('evaluate', 'translator', '--device', 'js');
    expect(result).toMatch(/^loss [\d.]+, perplexity [\d.]+, bleu [\d.]+\n$/);
    expect(notes).toMatch(/0 of 8: examples measured\n8 of 8: examples measured\n$/);
  });

  it('predict answers each input', async () => {
    const { result } = await nabla('predict', fnn, '9,0', '1,4');
    expect(result).toMatch(/^snake {3}\(cat [\d.e-]+, snake [\d.e-]+\)\ncat {3}\(cat/);
    const json = (await nabla('predict', fnn, '--json', '--', '-9,0')).result;
    expect(JSON.parse(json)).toMatchObject({ input: '-9,0', prediction: 'cat' });
    expect((await nabla('predict', transformer, 'abc')).result).toMatch(/^[a-h] {3}\(([a-h] [\d.]+(, )?){5}\)\n$/);
    const bad = await nabla('predict', fnn, '9');
    expect(bad).toMatchObject({ status: 1, result: '' });
    expect(bad.notes).toMatch(
      /every input to be 2 numbers with commas between them, received 1 in "9"\. The columns are: length, legs\./,
    );
  });

  it('generate writes', async () => {
    const write = (...words: string[]): Promise<Ran> => nabla('generate', transformer, '--prompt', 'abc', ...words);
    const { status, result } = await write('--tokens', '30');
    expect(status).toBe(0);
    expect(result).toMatch(/^abc[a-h]{30}\n$/);
    expect((await write('--tokens', '30')).result).toBe(result);
    expect((await write('--tokens', '30', '--seed', '1')).result).not.toBe(result);
    const certain = await write('--tokens', '30', '--temperature', '0');
    expect((await write('--tokens', '30', '--top-k', '1', '--seed', '9')).result).toBe(certain.result);
  });

  it('generate prints one object with --json', async () => {
    const words = ['generate', transformer, '--prompt', 'abc', '--tokens', '30'];
    const text = (await nabla(...words)).result.trimEnd().slice('abc'.length);
    const { status, result } = await nabla(...words, '--json');
    expect(status).toBe(0);
    expect(JSON.parse(result)).toEqual({ event: 'generate', model: transformer, prompt: 'abc', text });
    expect(result.trimEnd()).not.toContain('\n');
  });

  it('generate says why it cannot', async () => {
    const { status, result, notes } = await nabla('generate', fnn, '--prompt', 'a', '--tokens', '1');
    expect({ status, result }).toEqual({ status: 1, result: '' });
    expect(notes).toMatch(
      /to be of a model that writes text, received another model\. For the answer of any model: nabla predict\./,
    );
    const unknown = await nabla('generate', transformer, '--prompt', 'abz', '--tokens', '1');
    expect(unknown).toMatchObject({ status: 1, result: '' });
    expect(unknown.notes).toMatch(/received "z" \(U\+007A\) at position 2\. .*Known: "abcdefgh"\./);
    const empty = await nabla('generate', transformer, '--prompt', '', '--tokens', '1');
    expect(empty.notes).toMatch(/the beginning of the text to have at least one character, received none/);
  });

  it.each(['evaluate', 'predict'])('%s refuses a folder that is no run', async (command) => {
    const { status, notes } = await nabla(command, 'nowhere', ...(command === 'predict' ? ['1'] : []));
    expect(status).toBe(1);
    expect(notes).toMatch(/nowhere\/config\.json to be a file of a run/);
  });

  it('generate refuses what is neither a folder nor a name of the hub', async () => {
    expect((await nabla('generate', './nowhere', '--prompt', 'a')).notes).toMatch(
      /to be a folder, or a model of the hub/,
    );
    expect((await nabla('generate', 'runs/nowhere', '--prompt', 'a')).notes).toMatch(
      /no such folder\. There are no runs/,
    );
  });
});
