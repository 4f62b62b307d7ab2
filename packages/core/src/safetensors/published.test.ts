// SPDX-License-Identifier: Apache-2.0
// Tests on files that Hugging Face's transformers wrote (hf-tiny), where that folder exists.

import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeWithData } from '@nabla/testing';
import { setDevice } from '../index.ts';
import { dispose } from '../memory.ts';
import { readSafetensors, writeSafetensors } from './index.ts';

const folder = join(process.env.NABLA_DATA ?? join(__dirname, '../../../../../shared/data'), 'hf-tiny');

beforeAll(() => {
  setDevice('js');
});

/** What expected.json records of the run that wrote the files beside it. */
interface Expected {
  parameters: number;
  cases: Record<string, { outputs: Record<string, { tensor: string; where: unknown; max_abs: number }> }>;
}

it('reads and rewrites every model, and finds the recorded magnitudes', async () => {
  if (!existsSync(folder)) {
    process.stderr.write(
      'left out: tests on published safetensors files; set NABLA_DATA to the folder that has hf-tiny\n',
    );
    return;
  }
  const models = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  expect(models.length).toBeGreaterThan(0);
  const scratch = mkdtempSync(join(tmpdir(), 'nabla-safetensors-'));
  let magnitudes = 0;
  for (const { name } of models) {
    const expected = JSON.parse(readFileSync(join(folder, name, 'expected.json'), 'utf8')) as Expected;
    const model = await readSafetensors(join(folder, name, 'model.safetensors'));
    expect(model.metadata).toEqual({ format: 'pt' });
    const size = Object.values(model.tensors).reduce((sum, tensor) => sum + tensor.size, 0);
    expect(size).toBeGreaterThanOrEqual(expected.parameters); // files hold buffers too

    const outputs = await readSafetensors(join(folder, name, 'expected.safetensors'));
    for (const { tensor, where, max_abs: largest } of Object.values(expected.cases).flatMap((c) =>
      Object.values(c.outputs),
    )) {
      if (where !== null) continue; // recorded over a part of the tensor only
      const values = outputs.tensors[tensor].dataSync() as Float32Array;
      expect(values.reduce((most, value) => Math.max(most, Math.abs(value)), 0)).toBe(largest);
      magnitudes++;
    }

    const copy = join(scratch, `${name}.safetensors`);
    await writeSafetensors(copy, model.tensors, model.metadata);
    const again = await readSafetensors(copy);
    expect(Object.keys(again.tensors)).toEqual(Object.keys(model.tensors));
    for (const [key, tensor] of Object.entries(model.tensors)) {
      expect(again.tensors[key].shape).toEqual(tensor.shape);
      expect(Buffer.compare(await bytesOf(again.tensors[key]), await bytesOf(tensor))).toBe(0);
    }
    dispose(model, outputs, again);
  }
  rmSync(scratch, { recursive: true });
  expect(magnitudes).toBeGreaterThan(10);
});

describeWithData("PyTorch's trained CNN", 'mnist-cnn-pytorch', (trained) => {
  it('is read with the shapes of its layers', async () => {
    const { tensors } = await readSafetensors(join(trained, 'mnist.safetensors'));
    const shapes = Object.fromEntries(Object.entries(tensors).map(([name, { shape }]) => [name, shape]));
    expect(shapes).toMatchObject({ 'conv1.weight': [8, 1, 3, 3], 'fc2.weight': [10, 32], 'norm1.running_mean': [24] });
    dispose(tensors);
  });
});

async function bytesOf(tensor: { data(): Promise<ArrayBufferView> }): Promise<Buffer> {
  const { buffer, byteOffset, byteLength } = await tensor.data();
  return Buffer.from(buffer, byteOffset, byteLength);
}
