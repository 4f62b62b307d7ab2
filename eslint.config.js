// SPDX-License-Identifier: Apache-2.0
// Lint rules: type-aware TypeScript rules, and the fences between packages and around tfjs-core.

import tseslint from 'typescript-eslint';

const sources = ['packages/*/src/**/*.ts'];
const tests = ['packages/*/src/**/*.test.ts'];

/** One way in: a package's index. */
const noDeepImports = {
  regex: '^@nabla/[^/]+/.+',
  message: "Import from the package's index: `import { … } from '@nabla/core'`.",
};
const noTfjs = {
  group: ['@tensorflow/*'],
  message:
    'Only packages/core/src/tf.ts and packages/core/src/backend import tfjs; import from `tf.ts` or `@nabla/core`.',
};
const noParents = {
  regex: '^(\\.\\./)+(core|layers|optimizers|data|models|cli|testing|native)/',
  message: 'Other packages are imported by name: `@nabla/core`.',
};
const restrict = (...patterns) => ['error', { patterns }];

export default tseslint.config(
  {
    ignores: ['**/dist/**', '**/build/**', '**/generated/**', '**/node_modules/**', '.nx/**', 'docs/api/**', 'runs/**'],
  },
  {
    files: sources,
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-console': 'error',
      'max-lines': ['error', { max: 400, skipBlankLines: true }],
      'no-restricted-imports': restrict(noDeepImports, noTfjs, noParents),
      'no-restricted-syntax': [
        'error',
        {
          selector: 'TSAsExpression > TSAsExpression > TSUnknownKeyword',
          message: '`as unknown as` switches the checker off. Narrow the type, or declare it where the value is made.',
        },
        {
          selector: 'MemberExpression[object.name="Math"][property.name="random"]',
          message: 'Random numbers come from a Generator that the caller holds.',
        },
      ],
    },
  },
  {
    files: ['packages/core/src/tf.ts', 'packages/core/src/backend/**/*.ts'],
    rules: { 'no-restricted-imports': restrict(noDeepImports, noParents) },
  },
  {
    files: tests,
    rules: {
      'no-restricted-imports': restrict(noDeepImports, noParents),
      '@typescript-eslint/no-explicit-any': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/unbound-method': 'off',
      'no-restricted-syntax': 'off',
    },
  },
  {
    // What a person reads in a terminal is written by the command line alone.
    files: ['packages/cli/src/**/*.ts'],
    rules: { 'no-console': 'off' },
  },
  {
    files: ['**/*.{js,mjs,cjs}'],
    rules: { eqeqeq: 'error', 'no-unused-vars': 'error', 'no-var': 'error', 'prefer-const': 'error' },
  },
);
