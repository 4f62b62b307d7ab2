// SPDX-License-Identifier: Apache-2.0
// Every example of the documentation as a test, and tests of the tool that runs them.

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

import { checkImports, needsFiles } from './check-imports.mjs';
import { isAsStated } from './compare.mjs';
import { examplesOfPage, examplesOfSource } from './extract.mjs';
import { runExample } from './run-example.mjs';

const script = join(import.meta.dirname, 'doctest.mjs');
const { stdout, stderr } = spawnSync(process.execPath, [script, '--json'], { encoding: 'utf8', maxBuffer: 2 ** 26 });

describe('examples of the documentation', () => {
  const report = stdout.trim().split('\n').at(-1);
  if (!report?.startsWith('[')) {
    it('can be run', () => {
      throw new Error(`the examples could not be run:\n${stdout}${stderr}`);
    });
    return;
  }
  it.each(JSON.parse(report).map((example) => [`${example.file}:${example.line} ${example.name}`, example]))(
    '%s',
    (_, { problem }) => {
      if (problem !== undefined) throw new Error(problem);
    },
  );
});

describe('doctest', () => {
  const scope = {
    twice: (x) => 2 * x,
    fail: () => {
      throw Object.assign(new Error('no'), { code: 'NO' });
    },
  };
  const run = (code) => runExample(code, scope, (name) => import(name));

  it('finds the examples of a docstring, with their lines', () => {
    const source =
      '// x\n/**\n * Adds.\n * @example\n * add(1, 2); // 3\n * @throws never\n */\nexport function add() {}\n';
    expect(examplesOfSource('a.ts', source)).toEqual([{ file: 'a.ts', line: 5, name: 'add', code: 'add(1, 2); // 3' }]);
  });

  it('finds the ts blocks of a page', () => {
    expect(examplesOfPage('a.md', 'x\n```ts\nf();\n```\n```sh\nls\n```\n')).toEqual([
      { file: 'a.md', line: 3, name: 'line 3', code: 'f();' },
    ]);
  });

  it('accepts the stated value, shape and error', async () => {
    expect(await run('const y: number = twice(2);\ny; // 4')).toBeUndefined();
    expect(await run('({ shape: [2, 3] }); // shape [2, 3]')).toBeUndefined();
    expect(await run('fail(); // throws NO')).toBeUndefined();
    expect(await run("import { basename } from 'node:path';\nbasename('a/b'); // 'b'")).toBeUndefined();
  });

  it('names what differs', async () => {
    expect(await run('twice(2); // 5')).toBe('stated 5, got 4');
    expect(await run('twice(2); // throws NO')).toMatch('threw nothing');
    expect(await run('fail(); // throws YES')).toMatch('it threw Error NO');
    await expect(run('twice(2); // four of them')).rejects.toThrow('must be the value');
    await expect(run('thrice(2);')).rejects.toThrow('thrice is not defined');
  });

  it('looks over an example that needs a file', async () => {
    const check = (code) => checkImports(code, (name) => import(name));
    const open = "const file = basename('./gpt2') as string;";
    expect([needsFiles(open), needsFiles("basename('a/b');")]).toEqual([true, false]);
    expect(await check(`import { basename, type ParsedPath } from 'node:path';\n${open}`)).toBeUndefined();
    expect(await check(`import { basename, basement as cellar } from 'node:path';\n${open}`)).toBe(
      'node:path exports no basement',
    );
    expect(await check(`${open} (`)).toMatch(/expected/);
  });

  it('compares numbers to 1e-4 and objects by the stated fields', () => {
    expect(isAsStated(new Float32Array([0.50004, 1]), [0.5, 1])).toBe(true);
    expect(isAsStated([0.502], [0.5])).toBe(false);
    expect(isAsStated({ a: 1, b: 2 }, { a: 1 })).toBe(true);
    expect(isAsStated({ a: 1 }, { c: 1 })).toBe(false);
    expect(isAsStated([[1], [2]], [[1]])).toBe(false);
    expect(isAsStated(NaN, NaN)).toBe(true);
  });
});
