// SPDX-License-Identifier: Apache-2.0
// Tests of the decoder layer, the stacks and the whole transformer: masks, defaults, start, refusals; golden values are in the
// suite of all layers.

import { Generator, type Tensor, add, concat, memory, relu, slice, tensor2d } from '@nabla/core';
import { devices, randomTensor, tolerance, useDevice } from '@nabla/testing';

import { LayerNorm } from '../layer-norm.ts';
import { Transformer, type TransformerOptions } from './transformer.ts';
import { TransformerDecoder } from './transformer-decoder.ts';
import { TransformerDecoderLayer } from './transformer-decoder-layer.ts';
import { TransformerEncoder } from './transformer-encoder.ts';
import { TransformerEncoderLayer } from './transformer-encoder-layer.ts';
import type { TransformerLayerOptions } from './transformer-options.ts';

const exact = tolerance('exact');
const matmul = tolerance('matmul', 16);
const random = (time: number, seed: number): Tensor => randomTensor([2, time, 4], { seed });
const firstTwo = (x: Tensor): Tensor => slice(x, [0, 0, 0], [-1, 2, -1]);
const padding = (): Tensor => tensor2d([0, 0, 1, 0, 0, 1], [2, 3], 'bool');

/** Runs `f` with a small decoder layer in evaluation. */
function withLayer(options: Partial<TransformerLayerOptions>, f: (layer: TransformerDecoderLayer) => void): void {
  const layer = new TransformerDecoderLayer(4, 2, { generator: new Generator(1), feedForward: 8, ...options });
  f(layer.eval());
  layer.dispose();
}

describe.each(devices())('TransformerDecoderLayer on %s', (device) => {
  useDevice(device);

  it('post-norm: attends to itself, then to the memory, and normalizes after each sum', () => {
    withLayer({}, (layer) => {
      const [x, source] = [random(3, 1), random(5, 2)];
      const y = layer.norm1.forward(add(x, layer.self_attn.forward(x, x, x)));
      const z = layer.norm2.forward(add(y, layer.multihead_attn.forward(y, source, source)));
      const network = layer.linear2.forward(relu(layer.linear1.forward(z)));
      expect(layer.forward(x, source)).toBeCloseToTensor(layer.norm3.forward(add(z, network)), matmul);
    });
  });

  it('pre-norm: normalizes the target before each part, and the memory never', () => {
    withLayer({ normFirst: true }, (layer) => {
      const [x, source] = [random(3, 1), random(5, 2)];
      const normed = layer.norm1.forward(x);
      const y = add(x, layer.self_attn.forward(normed, normed, normed));
      const z = add(y, layer.multihead_attn.forward(layer.norm2.forward(y), source, source));
      const network = layer.linear2.forward(relu(layer.linear1.forward(layer.norm3.forward(z))));
      expect(layer.forward(x, source)).toBeCloseToTensor(add(z, network), matmul);
    });
  });

  it('hides the future of the target, and padding of the memory', () => {
    withLayer({}, (layer) => {
      const [past, known] = [random(2, 1), random(2, 2)];
      const [one, two] = [3, 4].map((seed) => concat([past, random(1, seed)], 1));
      const [padded, other] = [5, 6].map((seed) => concat([known, random(1, seed)], 1));
      const masks = { target: { causal: true }, memory: { keyPaddingMask: padding() } };
      const run = (x: Tensor, source: Tensor): Tensor => firstTwo(layer.forward(x, source, masks));
      expect(run(one, padded)).toBeCloseToTensor(run(two, padded), exact);
      expect(run(one, padded)).toBeCloseToTensor(run(one, other), exact);
      expect(firstTwo(layer.forward(one, padded))).not.toBeCloseToTensor(firstTwo(layer.forward(two, padded)), matmul);
    });
  });

  it("has PyTorch's defaults, and drops everywhere with one probability", () => {
    const layer = new TransformerDecoderLayer(2, 1, { generator: new Generator(1) });
    const { dropout, dropout1, dropout2, dropout3, self_attn, multihead_attn } = layer;
    expect([dropout, dropout1, dropout2, dropout3].map(({ probability }) => probability)).toEqual([0.1, 0.1, 0.1, 0.1]);
    expect([self_attn.dropout, multihead_attn.dropout, layer.norm3.epsilon]).toEqual([0.1, 0.1, 1e-5]);
    expect([layer.activation, layer.normFirst, layer.linear1.weight.shape]).toEqual(['relu', false, [2048, 2]]);
    layer.dispose();
  });

  it('refuses sizes, options, inputs and masks that do not fit', () => {
    const make = (options: object, heads = 2) => {
      return () => new TransformerDecoderLayer(4, heads, { generator: new Generator(1), ...options });
    };
    expect(make({}, 3)).toThrowCode('ARGUMENT', /TransformerDecoderLayer: .*heads to divide the 4 features/);
    expect(make({ activation: 'relu6' })).toThrowCode('ARGUMENT', /Did you mean "relu"/);
    expect(make({ dim_feedforward: 8 })).toThrowCode('OPTION', /feedForward/);
    expect(make({ feedForward: 0 })).toThrowCode('ARGUMENT', /feedForward/);
    expect(make({ dropout: 1 })).toThrowCode('ARGUMENT', /dropout/);
    expect(make({ epsilon: -1 })).toThrowCode('ARGUMENT', /epsilon/);
    withLayer({}, (layer) => {
      const [x, source] = [random(3, 1), random(3, 2)];
      expect(() => layer.forward(x, slice(source, 0, 1))).toThrowCode('SHAPE', /key/);
      const masks = { memoryMask: {} };
      expect(() => layer.forward(x, source, masks as object)).toThrowCode('OPTION', /memoryMask/);
      expect(() => layer.forward(x, source, { memory: { keyPaddingMask: random(1, 1) } })).toThrowCode(
        'SHAPE',
        /keyPad/,
      );
    });
  });
});

describe.each(devices())('TransformerEncoder and TransformerDecoder on %s', (device) => {
  useDevice(device);

  const generator = new Generator(1);
  const options = { generator, feedForward: 8 };
  const encoderLayer = (): TransformerEncoderLayer => new TransformerEncoderLayer(4, 2, options);
  const decoderLayer = (): TransformerDecoderLayer => new TransformerDecoderLayer(4, 2, options);

  it('run their layers one after the other, each with the masks, then the norm', () => {
    const encoder = new TransformerEncoder(encoderLayer, 2, { norm: new LayerNorm(4) }).eval();
    const decoder = new TransformerDecoder(decoderLayer, 2).eval();
    const [x, source, causal] = [random(3, 1), random(3, 2), { causal: true }];
    const encoded = [...encoder.layers].reduce((y, layer) => layer.forward(y, causal), x);
    expect(encoder.forward(x, causal)).toBeCloseToTensor(encoder.norm?.forward(encoded) ?? encoded, exact);
    const masks = { target: causal, memory: { keyPaddingMask: padding() } };
    const decoded = [...decoder.layers].reduce((y, layer) => layer.forward(y, source, masks), x);
    expect(decoder.forward(x, source, masks)).toBeCloseToTensor(decoded, exact);
    for (const stack of [encoder, decoder]) stack.dispose();
  });

  it('draw the start of each layer anew', () => {
    const encoder = new TransformerEncoder(encoderLayer, 2);
    const [first, second] = [...encoder.layers];
    expect(first.linear1.weight).not.toBeCloseToTensor(second.linear1.weight, matmul);
    encoder.dispose();
  });

  it('refuse a number of layers and options that do not fit', () => {
    expect(() => new TransformerEncoder(encoderLayer, 0)).toThrowCode('ARGUMENT', /TransformerEncoder.*layers/);
    expect(() => new TransformerDecoder(decoderLayer, 1.5)).toThrowCode('ARGUMENT', /TransformerDecoder.*layers/);
    const misspelt = { norms: undefined } as object;
    expect(() => new TransformerEncoder(encoderLayer, 1, misspelt)).toThrowCode('OPTION', /Did you mean "norm"/);
    expect(() => new TransformerDecoder(decoderLayer, 1, misspelt)).toThrowCode('OPTION', /Did you mean "norm"/);
  });
});

describe.each(devices())('Transformer on %s', (device) => {
  useDevice(device);

  const make = (options: Partial<TransformerOptions>): Transformer =>
    new Transformer(4, 2, { generator: new Generator(1), feedForward: 60, ...options });

  it('decodes the target with what it encoded of the source', () => {
    const transformer = make({ encoderLayers: 1, decoderLayers: 2 }).eval();
    const [source, target] = [random(3, 1), random(2, 2)];
    const source_ = { keyPaddingMask: padding() };
    const encoded = transformer.encoder.forward(source, source_);
    const masks = { target: { causal: true }, memory: source_ };
    const expected = transformer.decoder.forward(target, encoded, masks);
    expect(transformer.forward(source, target, { source: source_, ...masks })).toBeCloseToTensor(expected, exact);
    expect(transformer.forward(source, target)).not.toBeCloseToTensor(expected, matmul);
    transformer.dispose();
  });

  it("has PyTorch's defaults, and matrices that start Xavier uniform", () => {
    const { tensors } = memory();
    const transformer = make({});
    expect([transformer.encoder.layers.length, transformer.decoder.layers.length]).toEqual([6, 6]);
    const [first] = transformer.decoder.layers.items;
    const bound = Math.sqrt(6 / 64);
    const drawn = [...first.linear1.weight.dataSync()].map(Math.abs);
    expect(Math.max(...drawn)).toBeLessThanOrEqual(bound);
    expect(Math.max(...drawn)).toBeGreaterThan(bound * 0.95); // a linear layer alone stays below 0.5 / 0.31 of it
    expect([...first.norm1.weight.dataSync()]).toEqual([1, 1, 1, 1]);
    transformer.dispose();
    expect(memory().tensors).toBe(tensors);
  });

  it('refuses sizes, options and masks that do not fit, and keeps nothing of a transformer that it refused', () => {
    expect(() => new Transformer(4, 3, { generator: new Generator(1) })).toThrowCode(
      'ARGUMENT',
      /Transformer: .*heads/,
    );
    expect(() => make({ encoderLayers: 0 })).toThrowCode('ARGUMENT', /encoderLayers/);
    expect(() => make({ decoderLayers: 0.5 })).toThrowCode('ARGUMENT', /decoderLayers/);
    expect(() => make({ dropout: 1 })).toThrowCode('ARGUMENT', /dropout/);
    expect(() => make({ layers: 2 } as object)).toThrowCode('OPTION', /"layers"/);
    const transformer = make({ encoderLayers: 1, decoderLayers: 1 });
    const masks = { causal: true };
    const run = () => transformer.forward(random(3, 1), random(3, 2), masks as object);
    expect(run).toThrowCode('OPTION', /causal/);
    transformer.dispose();
  });
});
