// SPDX-License-Identifier: Apache-2.0
// Tests of the command line as a user meets it: help, wrong words, and what needs no training.

import { readFileSync, writeFileSync } from 'node:fs';

import { QUICK, TINY, nabla, trained, useFolder } from './test-nabla.ts';

useFolder();

describe('nabla', () => {
  it('prints its version and its help', async () => {
    expect(await nabla('--version')).toEqual({ status: 0, result: '0.1.0\n', notes: '' });
    const help = await nabla('--help');
    expect(help).toMatchObject({ status: 0, notes: '' });
    const names =
      'train finetune evaluate cross-validate predict generate chat embed classify serve recipes summary doctor data convert tokenizer download'.split(
        ' ',
      );
    for (const name of names) {
      expect(help.result).toContain(`  ${name} `);
      expect(await nabla(name, '--help')).toMatchObject({ status: 0, notes: '' });
    }
    for (const name of 'finetune generate chat embed classify serve convert download'.split(' ')) {
      const { result } = await nabla(name, '--help');
      expect(result).toMatch(new RegExp(`\n\nExamples:\n  \\$ nabla ${name} `));
      for (const line of result.split('\n')) expect(line.length).toBeLessThan(121);
    }
  });

  it.each([
    [['trian'], /unknown command 'trian'\n\(Did you mean train\?\)/],
    [['train', 'fnn', '--step', '5'], /unknown option '--step'\n\(Did you mean --steps\?\)/],
    [['train', 'fnn', '--lr', '0.1'], /unknown option '--lr'\n.*--set learningRate=0\.1 .*nabla recipes/],
    [['train', 'fnn', '--steps', '0'], /'0' is invalid\. Expected an integer of at least 1\./],
    [['train', 'fnn', '--steps', 'many'], /Expected an integer/],
    [['train', 'fnn', '--epochs', '-1'], /Expected a number of at least 0\./],
    [['train', 'fnn', '--seed', '1.5'], /Expected an integer of at least 0\./],
    [['train', 'fnn', '--device', 'gpu'], /Allowed choices are auto, cpu, js, cuda\./],
    [['train', 'fnn', '--set', 'batchSize'], /Expected key=value\./],
    [['train', 'fnn', '--set', 'hidden=[1'], /The value is not YAML: Flow sequence/],
    [['train', 'fnn', 'more'], /too many arguments/],
    [['summary'], /missing required argument 'recipe\|run'/],
    [['evaluate'], /missing required argument 'run'/],
    [['generate', 'run', '--tokens', '5'], /no --prompt, and nothing on stdin/],
    [['classify', 'model'], /no texts, and nothing on stdin/],
    [['data', 'lsit'], /unknown command 'lsit'\n\(Did you mean list\?\)/],
    [[], /Usage: nabla/],
  ])('refuses %j', async (words, message) => {
    const { status, result, notes } = await nabla(...words);
    expect({ status, result }).toEqual({ status: 2, result: '' });
    expect(notes).toMatch(message);
  });
});

describe('nabla recipes', () => {
  it('lists them', async () => {
    expect((await nabla('recipes')).result).toMatch(
      /^recipe +what.*\nfnn .*breast-cancer(.*\n)+transformer .*moby-dick/,
    );
  });

  it.each(['fnn', 'transformer'])('prints a file for --config: %s', async (recipe) => {
    const { result } = await nabla('recipes', recipe);
    writeFileSync('recipe.yaml', result);
    const small = recipe === 'fnn' ? QUICK : TINY;
    const { status } = await nabla(
      'train',
      recipe,
      '--config',
      'recipe.yaml',
      ...small,
      '--steps',
      '1',
      '--out',
      `of-${recipe}`,
    );
    expect(status).toBe(0);
    for (const line of result.trimEnd().split('\n')) expect(line).toMatch(/# \S/); // every option has its meaning
  });

  it('offers the nearest spelling', async () => {
    expect((await nabla('recipes', 'fn')).notes).toMatch(/Did you mean "fnn"\?/);
  });
});

describe('nabla doctor', () => {
  it('says what the machine offers', async () => {
    const { status, result } = await nabla('doctor');
    expect(status).toBe(0);
    expect(result).toMatch(/^node +v\d+.*\nprocessor .*CPU targets: .*\nmemory .*B/);
    expect(result).toMatch(/✔ js +pure TypeScript/);
    expect(result).toMatch(/✘ cuda .*\n +\S/); // with what to do
    expect(result).toMatch(/auto takes +(cpu|js): \S/);
  });

  it('prints one JSON object, with the kernels where asked for', async () => {
    const report = JSON.parse((await nabla('doctor', '--json', '--kernels')).result) as Record<string, unknown[]>;
    expect(report).toMatchObject({ node: process.version, auto: { device: expect.any(String) } });
    expect(report['kernels']?.length).toBeGreaterThan(100);
    expect((await nabla('doctor', '--kernels')).result).toMatch(/NablaLayerNorm +\w+ +typescript/);
  });
});

describe('nabla data', () => {
  it('lists the data sets', async () => {
    expect((await nabla('data', 'list')).result).toMatch(
      /^name +what +licence +size *\nbreast-cancer .*CC-BY-4\.0 +119\.9 kB/,
    );
  });

  it('finds one', async () => {
    const { status, result } = await nabla('data', 'get', 'breast-cancer');
    expect(status).toBe(0);
    expect(readFileSync(result.trimEnd(), 'utf8')).toMatch(/^569,30,/);
    expect((await nabla('data', 'get', 'moby')).notes).toMatch(/received "moby"\. (Did you mean|Known:)/);
  });
});

describe('nabla summary', () => {
  const animals = ['--device', 'js', '--data', 'animals.csv', '--set', 'hidden=[4]'];

  it('prints a row per module and the totals, for one example', async () => {
    const { status, result } = await nabla('summary', 'fnn', ...animals);
    expect(status).toBe(0);
    expect(result).toMatch(/^module +class +output +parameters +FLOPs\n +Sequential +\[1, 2\] +22 +32\n/);
    expect(result).toMatch(/\n0 +Linear +\[1, 4\] +12 +16\n(.*\n)*3 +Linear +\[1, 2\] +10 +16\n/);
    expect(result).toMatch(/\n22 parameters \(88 bytes\), 32 FLOPs\n$/);
  });

  it('knows a run, and prints JSON', async () => {
    const { run } = await trained('--data', 'animals.csv');
    const { result } = await nabla('summary', run, '--json', '--device', 'js');
    const summary = JSON.parse(result) as { rows: unknown[] };
    expect(summary).toMatchObject({ event: 'summary', of: run, parameters: 22, parameterBytes: 88, flops: 32 });
    expect(summary.rows[1]).toEqual({
      name: '0',
      kind: 'Linear',
      calls: 1,
      outputs: [[1, 4]],
      parameters: 12,
      flops: 16,
    });
  });

  it('shows the whole of a larger model', async () => {
    const { result } = await nabla('summary', 'transformer', ...TINY);
    expect(result).toMatch(/\n +CharacterTransformer +\[1, 8, 8\]/);
    expect(result).toMatch(/ MultiHeadAttention +\[1, 8, 8\]/);
  });

  it('refuses what is neither a recipe nor a run, and unknown options', async () => {
    expect((await nabla('summary', 'fn')).notes).toMatch(/fnn.*\[RECIPE\]/s);
    expect((await nabla('summary', '.')).notes).toMatch(/config\.json.*\[RUN\]/s);
    expect((await nabla('summary', 'fnn', '--set', 'hiden=[4]')).notes).toMatch(/hiden.*hidden.*\[OPTION\]/s);
  });
});
