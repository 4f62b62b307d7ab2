// SPDX-License-Identifier: Apache-2.0
// Vectors of texts for requests.

import type { EmbeddingsRequest } from './schemas.ts';
import { ServeError } from './errors.ts';
import { type ServedModel, embedderOf } from './served-model.ts';

/** The answer to a request for embeddings, as OpenAI's. */
export async function embed(served: ServedModel, request: EmbeddingsRequest, signal: AbortSignal): Promise<object> {
  const embedder = embedderOf(served);
  const { dimensions, input } = request;
  if (dimensions != null && dimensions !== embedder.features) {
    const message = `Vectors of this model have ${embedder.features} numbers.`;
    throw new ServeError(400, 'invalid_dimensions', message, 'dimensions');
  }
  const inputs = typeof input === 'string' ? [input] : input;
  const tokens = rowsOfTokens(inputs);
  if (tokens !== undefined) checkTokens(tokens, embedder.encoder.config.vocab_size, embedder.maximumLength);
  const texts = inputs.filter((one) => typeof one === 'string');
  const rows = await (tokens === undefined
    ? embedder.embed(texts, { signal })
    : embedder.embedTokens(tokens, { signal }));
  const lengths = tokens?.map((row) => row.length) ?? texts.map((text) => embedder.tokenizer.encode(text).ids.length);
  const isText = request.encoding_format === 'base64';
  const total = lengths.reduce((sum, length) => sum + Math.min(length, embedder.maximumLength), 0);
  return {
    object: 'list',
    model: served.name,
    data: rows.map((row, index) => ({ object: 'embedding', index, embedding: isText ? base64Of(row) : [...row] })),
    usage: { prompt_tokens: total, total_tokens: total },
  };
}

/** Inputs that are tokens already: one text, or several; undefined where they are texts. */
function rowsOfTokens(inputs: readonly (string | number | number[])[]): number[][] | undefined {
  const numbers = inputs.filter((one) => typeof one === 'number');
  if (numbers.length > 0) return [numbers];
  const rows = inputs.filter((one) => Array.isArray(one));
  return rows.length > 0 ? rows : undefined;
}

/** @throws {ServeError} a token that there is not, or a text that is too long */
function checkTokens(rows: readonly (readonly number[])[], vocabulary: number, longest: number): void {
  for (const row of rows) {
    const wrong = row.find((id) => id >= vocabulary);
    if (wrong !== undefined) {
      throw new ServeError(400, 'invalid_token', `Token ${wrong} is not below ${vocabulary}.`, 'input');
    }
    if (row.length > longest) {
      const message = `A text has ${row.length} tokens; this model takes ${longest}.`;
      throw new ServeError(400, 'context_length_exceeded', message, 'input');
    }
  }
}

/** The bytes of float32 numbers, little-endian, as OpenAI's clients ask for them. */
function base64Of(row: Float32Array): string {
  const bytes = Buffer.alloc(row.length * 4);
  row.forEach((value, i) => bytes.writeFloatLE(value, i * 4));
  return bytes.toString('base64');
}
