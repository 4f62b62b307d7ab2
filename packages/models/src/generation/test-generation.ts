// SPDX-License-Identifier: Apache-2.0
// For tests: what transformers writes with the small checkpoints of hf-tiny, greedily and with beams.

import { describeWithData, devices, useDevice } from '@nabla/testing';

import type { PretrainedClass, PretrainedConfig, PretrainedModel } from '../pretrained/architecture.ts';
import { fromPretrained } from '../pretrained/from-pretrained.ts';
import { type TinyGeneration, readTiny } from '../pretrained/test-hf-tiny.ts';
import type { GenerativeModel } from './decoding.ts';
import { generate } from './generate.ts';
import type { BatchOptions } from './options.ts';

/** Tests that a class writes what is recorded for a folder of `hf-tiny`, on every device, with a cache, with prompts in parts, and without. */
export function describeTinyGeneration<
  Config extends PretrainedConfig,
  Model extends PretrainedModel<Config> & GenerativeModel<Config>,
>(folder: string, Class: PretrainedClass<Config, Model>): void {
  describeWithData(`${Class.architecture.name} writes, hf-tiny/${folder}`, `hf-tiny/${folder}`, (path) => {
    const { generation = {} } = readTiny(path);
    describe.each(devices())('on %s', (device) => {
      useDevice(device);
      const ways = {
        'with a cache': {},
        'two tokens of a prompt at once': { tokensPerPass: 2 },
        without: { cache: false },
      };
      const cases = Object.entries(generation).flatMap(([name, given]) => {
        return Object.entries(ways).map(([way, options]) => ({ name, way, given, options }));
      });
      it.each(cases)('$name, $way', async ({ given, options }) => {
        const model = await fromPretrained(path, Class);
        try {
          const { input_ids: inputIds, attention_mask: attentionMask } = given.inputs;
          const found = await generate(model, { inputIds, attentionMask }, { ...optionsOf(given), ...options });
          expect(found.sequences).toEqual(padded(given.sequences));
          for (const [row, score] of (given.sequences_scores ?? []).entries()) {
            expect(Math.abs((found.scores?.[row] ?? NaN) - score)).toBeLessThan(1e-4);
          }
        } finally {
          model.dispose();
        }
      });
    });
  });
}

/** A recorded search as options; the pad token is 0, so that rows can be compared. */
function optionsOf(given: TinyGeneration): BatchOptions {
  return {
    maximumNewTokens: given.max_new_tokens,
    endTokens: given.eos_token_id ?? [],
    padToken: 0,
    beams: given.num_beams,
    returnedSequences: given.num_return_sequences,
    lengthPenalty: given.length_penalty,
    earlyStopping: given.early_stopping,
  };
}

/** Rows that are cut after their end, filled up. */
function padded(rows: readonly (readonly number[])[]): number[][] {
  const time = Math.max(...rows.map((row) => row.length));
  return rows.map((row) => [...row, ...new Array<number>(time - row.length).fill(0)]);
}
