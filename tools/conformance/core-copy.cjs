// SPDX-License-Identifier: Apache-2.0
// A CommonJS copy of the installed tfjs-core, specs included, that Node can load; and which requests it answers.

// The published tree is ECMAScript without file extensions, which Node cannot load. The specs spy on the names that a module
// exports and call `require`, so that CommonJS is the form in which they work.

const { createHash } = require('node:crypto');
const {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} = require('node:fs');
const { dirname, join, sep } = require('node:path');

const NAME = '@tensorflow/tfjs-core';
const manifest = require.resolve(`${NAME}/package.json`);
/** Folder of the installed tfjs-core. */
const installed = dirname(manifest);

/** Bundles and host-specific entry points: a second copy of the modules beside them. */
const LEFT_OUT = /^(tf-core(\.|$)|miniprogram\b|scripts\b)/;

/**
 * Classes that published backends, being ES5, extend by calling them without `new`, which a class refuses. A function with the
 * same prototype serves both kinds of subclass; their constructors are empty.
 */
const CALLABLE = { 'backends/backend.js': 'KernelBackend', 'serialization.js': 'Serializable' };

function modules(folder) {
  return readdirSync(folder, { recursive: true })
    .map((path) => path.split(sep).join('/'))
    .filter((path) => path.endsWith('.js') && !LEFT_OUT.test(path))
    .sort();
}

/** Makes the copy below `cache` unless it is there already; its folder. */
function makeCopy(cache) {
  const typescript = require('typescript');
  const dist = join(installed, 'dist');
  const files = modules(dist);
  if (!files.includes('tests.js')) throw new Error(`${dist} has no tests.js: this tfjs-core comes without its specs.`);
  const key = createHash('sha256')
    .update(readFileSync(__filename))
    .update(readFileSync(manifest))
    .update(typescript.version);
  for (const file of files) key.update(`${file}:${statSync(join(dist, file)).size};`);
  const folder = join(cache, `tfjs-core-${key.digest('hex').slice(0, 12)}`);
  if (existsSync(folder)) return folder;

  const compilerOptions = { module: typescript.ModuleKind.CommonJS, target: typescript.ScriptTarget.ES2022 };
  const temporary = `${folder}.${process.pid}`;
  for (const file of files) {
    const source = readFileSync(join(dist, file), 'utf8').replace(/^\/\/# sourceMappingURL=.*$/m, '');
    let { outputText } = typescript.transpileModule(source, { fileName: file, compilerOptions });
    if (file in CALLABLE) outputText += callable(CALLABLE[file]);
    const path = join(temporary, 'dist', file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, outputText);
  }
  const { version } = JSON.parse(readFileSync(manifest, 'utf8'));
  writeFileSync(join(temporary, 'package.json'), JSON.stringify({ name: NAME, version, main: 'dist/index.js' }));
  rmSync(folder, { recursive: true, force: true });
  renameSync(temporary, folder);
  return folder;
}

function callable(name) {
  return (
    `\n{ const whole = exports.${name}; exports.${name} = Object.assign(function ${name}() {}, whole);\n` +
    `exports.${name}.prototype = whole.prototype; whole.prototype.constructor = exports.${name}; }\n`
  );
}

/** The file of the copy in `folder` that answers a path inside the package; undefined when there is none. */
function fileOfCopy(folder, path) {
  const isMain = path === '' || /^dist\/(tf-core[^/]*|index)(\.js)?$/.test(path);
  const base = join(folder, isMain ? 'dist/index.js' : path);
  return [base, `${base}.js`, join(base, 'index.js')].find((file) => existsSync(file) && statSync(file).isFile());
}

/** What answers a request (a bare name, or an absolute path into any installed tfjs-core); undefined: not tfjs-core. */
function answer(folder, request) {
  const normal = request.split(sep).join('/');
  if (normal.startsWith(folder.split(sep).join('/'))) return undefined;
  const [, path] =
    /^@tensorflow\/tfjs-core(?:\/(.*))?$/.exec(normal) ?? /\/@tensorflow\/tfjs-core\/(.*\.js)$/.exec(normal) ?? [];
  return path === undefined && normal !== NAME ? undefined : fileOfCopy(folder, path ?? '');
}

module.exports = { answer, installed, makeCopy };
