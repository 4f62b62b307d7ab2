// SPDX-License-Identifier: Apache-2.0
// Tests of configurations: what wins, what is refused, and in which words.

import '@nabla/testing';

import { fnnDefaults, fnnSchema } from '../fnn/config.ts';
import { type RawConfiguration, resolveConfiguration } from './configuration.ts';

function resolve(...layers: RawConfiguration[]): RawConfiguration {
  return resolveConfiguration('fnn', fnnSchema, fnnDefaults, ...layers);
}

describe('resolveConfiguration', () => {
  it('gives the defaults, and lets later layers win', () => {
    expect(resolve()).toEqual(fnnDefaults);
    expect(resolve({ batchSize: 2, seed: 1 }, { seed: 7 })).toEqual({ ...fnnDefaults, batchSize: 2, seed: 7 });
  });

  it('offers the nearest spelling of an unknown option', () => {
    expect(() => resolve({ learningrate: 1 })).toThrow(
      'configuration: expected every name to be an option of recipe fnn, received "learningrate". Did you mean "learningRate"?',
    );
    expect(() => resolve({ zzz: 1 })).toThrow('Known: data, seed, steps');
    expect(() => resolve({ toString: 1 })).toThrowCode('OPTION');
  });

  it.each<[string, RawConfiguration, string]>([
    [
      'too small',
      { batchSize: 0 },
      'expected batchSize to be at least 1, received 0. Its meaning: examples in a batch.',
    ],
    ['not above', { learningRate: 0 }, 'expected learningRate to be above 0, received 0.'],
    ['not below', { dropout: 1 }, 'expected dropout to be below 1, received 1.'],
    ['not an integer', { batchSize: 1.5 }, 'expected batchSize to be an integer, received 1.5.'],
    ['text for a number', { batchSize: 'x' }, 'expected batchSize to be a number, received "x".'],
    ['a number for text', { data: 5 }, 'expected data to be text, received 5.'],
    ['a number for a list', { hidden: 5 }, 'expected hidden to be a list, received 5. Write it as hidden=[5].'],
    ['text for a list', { hidden: '64,32' }, 'to be a list, received "64,32". Write it as hidden=[64,32].'],
    ['a bad element of a list', { hidden: [8, 0] }, 'expected hidden[1] to be at least 1, received 0.'],
    ['none of a choice', { header: 'x' }, 'expected header to be one of names, none, counts, received "x".'],
    ['nothing', { seed: null }, 'expected seed to be a number, received null.'],
    ['NaN', { weightDecay: NaN }, 'expected weightDecay to be a number'],
  ])('refuses %s', (_, options, message) => {
    expect(() => resolve(options)).toThrow(message);
    expect(() => resolve(options)).toThrowCode('CONFIG');
  });

  it('lets steps and epochs replace each other, but not stand together', () => {
    expect(resolve({ steps: 5 })).not.toHaveProperty('epochs');
    expect(resolve({ steps: 5 }, { epochs: 2 })).not.toHaveProperty('steps');
    expect(resolve({ steps: 5 }, { epochs: 2 })).toHaveProperty('epochs', 2);
    expect(() => resolve({ steps: 5, epochs: 2 })).toThrow(
      'configuration: expected the length to be given as steps or as epochs, received steps 5 and epochs 2.',
    );
  });
});
