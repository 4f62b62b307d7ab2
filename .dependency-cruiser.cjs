// SPDX-License-Identifier: Apache-2.0
// Which package may import which, checked on the sources: arrows point down only, there are no cycles, tests see testing.

/** What each package may import besides itself. `testing` sees indexes only; nothing but tests sees `testing`. */
const arrows = {
  core: [],
  layers: ['core'],
  optimizers: ['core'],
  data: ['core'],
  models: ['core', 'layers', 'optimizers', 'data'],
  cli: ['core', 'data', 'models'],
  testing: ['core', 'layers', 'optimizers'],
};

/** Tests, and what stands in a file for several of them: `test-NAME.ts`. */
const isTest = '(\\.test|/test-[^/]+)\\.ts$';

const packageRules = Object.entries(arrows).flatMap(([name, seen]) => [
  {
    name: `${name}-imports-only-what-is-below`,
    comment: `${name} may import ${seen.length === 0 ? 'no other package' : seen.join(', ')}.`,
    severity: 'error',
    from: { path: `^packages/${name}/`, pathNot: isTest },
    to: { path: '^packages/', pathNot: `^packages/(${[name, ...seen].join('|')})/` },
  },
  {
    name: `${name}-tests-import-testing-and-what-is-below`,
    comment: `Tests of ${name} may also import testing.`,
    severity: 'error',
    from: { path: `^packages/${name}/.*${isTest}` },
    to: { path: '^packages/', pathNot: `^packages/(${[name, 'testing', ...seen].join('|')})/` },
  },
]);

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    ...packageRules,
    {
      name: 'no-cycles',
      comment: 'Modules that import each other cannot be understood, loaded or tested apart.',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'only-indexes-across-packages',
      comment: 'A package is entered through its index.',
      severity: 'error',
      from: { path: '^packages/([^/]+)/' },
      to: { path: '^packages/[^/]+/src/', pathNot: ['^packages/$1/', '^packages/[^/]+/src/index\\.ts$'] },
    },
    {
      name: 'tests-are-not-imported',
      comment: 'A test is run, never imported.',
      severity: 'error',
      from: {},
      to: { path: '\\.test\\.ts$' },
    },
    {
      name: 'only-tests-see-what-is-for-tests',
      comment: 'test-NAME.ts is shared by tests, and no part of the package.',
      severity: 'error',
      from: { pathNot: isTest },
      to: { path: '/test-[^/]+\\.ts$' },
    },
    {
      name: 'ops-do-not-see-the-addon',
      comment: 'The only call into the addon is packages/core/src/backend/run-kernel.ts.',
      severity: 'error',
      from: { path: '^packages/core/src/', pathNot: ['^packages/core/src/(backend/|device\\.ts|memory)', isTest] },
      to: { path: '^packages/core/src/backend/(addon|load-addon|run-kernel|native-kernels)\\.ts$' },
    },
    {
      name: 'tfjs-stays-in-core',
      comment: 'Only packages/core/src/tf.ts and the backends import tfjs.',
      severity: 'error',
      from: { pathNot: ['^packages/core/src/(tf\\.ts$|backend/)', isTest] },
      to: { path: '@tensorflow/' },
    },
    {
      name: 'everything-resolves',
      comment: 'An import must lead somewhere.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, pathNot: ['generated/tfjs-registrations', '/dist/'] },
    },
    {
      name: 'dependencies-are-declared',
      comment: "What a package imports stands in its own package.json; tests may use the workspace's.",
      severity: 'error',
      from: { path: '^packages/', pathNot: isTest },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown', 'npm-dev'] },
    },
  ],
  options: {
    doNotFollow: { path: ['node_modules', '/generated/', '/dist/'] },
    exclude: { path: '^packages/[^/]+/scripts/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.sources.json' },
    combinedDependencies: false,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
};
