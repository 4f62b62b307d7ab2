// SPDX-License-Identifier: Apache-2.0
// Tests of the fixture reader, and that every fixture says where it comes from.

import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type FixtureName, golden } from './golden.ts';

const folder = join(__dirname, '..', 'fixtures');
const names = readdirSync(folder).map((file) => file.replace('.json', '') as FixtureName);

describe('golden', () => {
  it.each(names)('%s names tool, version, seed and script, and has cases with different names', (name) => {
    const { tool, version, seed, script, about, cases } = golden(name);
    expect(script).toBe(`tools/golden/${name}.py`);
    expect(['PyTorch', 'sacrebleu', 'scikit-learn', 'tokenizers', 'transformers', 'Pillow']).toContain(tool);
    expect(version).toMatch(/^\d+\.\d+/);
    expect(seed).toBeGreaterThanOrEqual(0);
    expect(about).not.toBe('');
    expect(cases.length).toBeGreaterThan(0);
    expect(new Set(cases.map((recorded) => recorded.name)).size).toBe(cases.length);
  });

  it('has as many values as the shape says, in every tensor', () => {
    for (const { inputs, parameters, output } of golden('attention').cases) {
      for (const { shape, values } of [...Object.values(inputs), ...Object.values(parameters), output]) {
        expect(values).toHaveLength(shape.reduce((size, length) => size * length, 1));
      }
    }
  });

  it('stays small enough to be read with the source', () => {
    const bytes = names.reduce((sum, name) => sum + statSync(join(folder, `${name}.json`)).size, 0);
    expect(bytes).toBeLessThan(3e6);
  });
});
