// SPDX-License-Identifier: Apache-2.0
// The packed packages as a project outside of the repository has them: unpacked in its node_modules, beside what they depend on.

import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { packCommand, publicPackages } from './pack.mjs';
import { root } from './stage.mjs';

const MINUTES = 60_000;
const hasAddon = process.env.NABLA_NATIVE !== '0' && existsSync(join(root, 'native/build/Release/nabla.node'));
const readJson = (file) => JSON.parse(readFileSync(file, 'utf8'));
/** The first block of a language behind a heading of a page. */
const block = (page, heading, language) =>
  new RegExp(`${heading}\n.*?\`\`\`${language}\n(.*?)\`\`\``, 's').exec(readFileSync(join(root, page), 'utf8'))[1];

let project;

/** Runs a program of Node's in the project, as a user's shell would, who has set nothing. */
function node(words, environment = {}) {
  const own = Object.entries(process.env).filter(([name]) => !/^NABLA_|^NODE_OPTIONS$/.test(name));
  const options = { cwd: project, encoding: 'utf8', env: { ...Object.fromEntries(own), ...environment } };
  const { status, stdout, stderr } = spawnSync(process.execPath, words, options);
  return { status, stdout, stderr };
}

/** What an ES module of the project prints as JSON, and its warnings. */
function runProgram(source, environment) {
  const { status, stdout, stderr } = node(['--input-type=module', '-e', source], environment);
  if (status !== 0) throw new Error(`the program failed:\n${stderr}`);
  return { result: JSON.parse(stdout), stderr };
}

/** Puts what a package says that it depends on beside it, by links instead of `npm install`, which would use the network. */
function linkDependencies(path) {
  const { dependencies = {}, optionalDependencies = {} } = readJson(join(root, path, 'package.json'));
  for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
    const found = [join(root, path, 'node_modules', name), join(root, 'node_modules', name)].find(existsSync);
    const place = join(project, 'node_modules', name);
    if (name.startsWith('@nabla/') || found === undefined || existsSync(place)) continue;
    mkdirSync(dirname(place), { recursive: true });
    symlinkSync(realpathSync(found), place, 'junction');
  }
}

beforeAll(() => {
  project = realpathSync(mkdtempSync(join(tmpdir(), 'nabla project '))); // a space, as folders of people have
  const [program, ...words] = packCommand(join(project, 'packed'));
  const packed = spawnSync(program, words, { cwd: root, encoding: 'utf8' });
  if (packed.status !== 0) throw new Error(packed.stderr);
  for (const path of publicPackages()) {
    const { name, version } = readJson(join(root, path, 'package.json'));
    const tarball = join('packed', `${name.replace('@', '').replace('/', '-')}-${version}.tgz`);
    const place = join('node_modules', name);
    mkdirSync(join(project, place), { recursive: true });
    spawnSync('tar', ['-xzf', tarball, '-C', place, '--strip-components=1'], { cwd: project });
    linkDependencies(path);
  }
  writeFileSync(join(project, 'package.json'), JSON.stringify({ type: 'module' }));
}, 5 * MINUTES);
afterAll(() => rmSync(project, { recursive: true, force: true }));

describe('the packed packages', () => {
  it.each(publicPackages())('%s: have a README and the licence, and no tests', (path) => {
    const folder = join(project, 'node_modules', readJson(join(root, path, 'package.json')).name);
    const files = readdirSync(folder, { recursive: true });
    expect(files).toEqual(expect.arrayContaining(['README.md', 'LICENSE', 'package.json']));
    expect(files.filter((file) => /\.test\.|tsbuildinfo/.test(file))).toEqual([]);
  });

  it('are found and load, each by its name', () => {
    const names = publicPackages().map((path) => readJson(join(root, path, 'package.json')).name);
    const importable = names.filter((name) => name !== '@nabla/native');
    const { result } = runProgram(`
      const modules = await Promise.all(${JSON.stringify(importable)}.map((name) => import(name)));
      console.log(JSON.stringify(modules.map((module) => Object.keys(module).length > 0)));
    `);
    expect(result).toEqual(importable.map(() => true));
  });

  (hasAddon ? it : it.skip)('bring the native kernels of the machine that packed them', () => {
    const program = `import { setDevice } from '@nabla/core'; console.log(JSON.stringify(setDevice('auto').device));`;
    expect(runProgram(program)).toEqual({ result: 'cpu', stderr: '' });
  });

  it(
    'let the twenty lines of the README compile as its tsconfig.json says, and run',
    () => {
      const lines = block('README.md', '## Twenty lines', 'ts').trimEnd().split('\n');
      const last = lines.pop().replace(/^(.*); \/\/ (.*)$/, 'console.log(JSON.stringify($1.arraySync()), "$2");');
      writeFileSync(join(project, 'xor.ts'), [...lines, last].join('\n'));
      writeFileSync(join(project, 'tsconfig.json'), block('docs/own-project.md', '## tsconfig.json', 'json'));
      mkdirSync(join(project, 'node_modules/@types'), { recursive: true });
      symlinkSync(join(root, 'node_modules/@types/node'), join(project, 'node_modules/@types/node'), 'junction');
      const tsc = join(root, 'node_modules/typescript/bin/tsc');
      expect(node([tsc])).toMatchObject({ status: 0, stdout: '' });
      expect(node(['xor.js']).stdout).toBe('[0,1,1,0] [0, 1, 1, 0]\n');

      writeFileSync(join(project, 'browser.d.ts'), block('docs/own-project.md', '## tsconfig.json', 'typescript'));
      expect(node([tsc, '--noEmit', '--skipLibCheck', 'false'])).toMatchObject({ status: 0, stdout: '' });
    },
    5 * MINUTES,
  );
});

describe('without the addon, as on another platform', () => {
  const build = () => join(project, 'node_modules/@nabla/native/build');
  beforeAll(() => existsSync(build()) && renameSync(build(), `${build()}-hidden`));
  afterAll(() => existsSync(`${build()}-hidden`) && renameSync(`${build()}-hidden`, build()));

  /** The command in a hint; its script is there, seen from where the program ran. */
  function commandIn(text) {
    const script = /`node ("[^"]*"|\S*)`/.exec(text)[1].replaceAll('"', '');
    expect(existsSync(join(project, script))).toBe(true);
    return script;
  }

  it.each([
    ['asks for auto', `setDevice('auto');`],
    ['asks for no device', ''],
  ])('a program that %s is told once that it is slow, and what builds the addon', (_, line) => {
    const { result, stderr } = runProgram(`
      import { add, getDevice, scalar, setDevice } from '@nabla/core';
      ${line}
      add(scalar(1), add(scalar(1), scalar(1)));
      console.log(JSON.stringify(getDevice()));
    `);
    expect(result).toBe('js');
    const warnings = stderr.split('\n').filter((text) => text.includes('NABLA_SLOW'));
    expect(warnings).toHaveLength(1);
    expect(commandIn(warnings[0])).toMatch(/build-native\.mjs$/);
  });

  it.each([
    ['js', `setDevice('js');`, {}],
    ['it with NABLA_NATIVE=0', '', { NABLA_NATIVE: '0' }],
  ])('a program that asks for %s is not', (_, line, environment) => {
    const program = `
      import { scalar, setDevice } from '@nabla/core';
      ${line}
      console.log(JSON.stringify(scalar(1).dataSync()[0]));
    `;
    expect(runProgram(program, environment)).toEqual({ result: 1, stderr: '' });
  });

  it('nabla doctor says what builds it, and needs no warning', () => {
    const nabla = 'node_modules/@nabla/cli/bin/nabla.js';
    const { stdout, stderr } = node([nabla, 'doctor']);
    expect(commandIn(stdout)).toMatch(/build-native\.mjs$/);
    expect(stderr).toBe('');
  });

  it('the script that builds says what is missing', () => {
    const script = 'node_modules/@nabla/native/scripts/build-native.mjs';
    const bare = { PATH: join(project, 'packed'), Path: join(project, 'packed') }; // no program is there
    const answer = node([script], bare);
    expect(answer).toMatchObject({ status: 0, stderr: '' });
    expect(answer.stdout).toMatch(/^Native addon not built: cmake not found \(it takes cmake 3\.19 .*\)\. .*\n$/);
    expect(node([script], { ...bare, NABLA_NATIVE: 'require' }).status).toBe(1);
  });
});
