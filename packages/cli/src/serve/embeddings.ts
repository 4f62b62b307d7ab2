// SPDX-License-Identifier: Apache-2.0
// Vectors of texts for requests.

import type { EmbeddingsRequest } from './schemas.ts';
import { ServeError } from './errors.ts';
import { type ServedModel, embedderOf } from './served-model.ts';

/** The answer to a request for embeddings, as OpenAI's. */
export async function embed(served: ServedModel, request: EmbeddingsRequest): Promise<object> {
  const embedder = embedderOf(served);
  if (request.dimensions != null && request.dimensions !== embedder.features) {
    const message = `Vectors of this model have ${embedder.features} numbers.`;
    throw new ServeError(400, 'invalid_dimensions', message, 'dimensions');
  }
  const texts = [request.input].flat();
  const rows = await embedder.embed(texts);
  const isText = request.encoding_format === 'base64';
  const tokens = texts.reduce((total, text) => total + embedder.tokenizer.encode(text).ids.length, 0);
  return {
    object: 'list',
    model: served.name,
    data: rows.map((row, index) => ({ object: 'embedding', index, embedding: isText ? base64Of(row) : [...row] })),
    usage: { prompt_tokens: tokens, total_tokens: tokens },
  };
}

/** The bytes of float32 numbers, little-endian, as OpenAI's clients ask for them. */
function base64Of(row: Float32Array): string {
  const bytes = Buffer.alloc(row.length * 4);
  row.forEach((value, i) => bytes.writeFloatLE(value, i * 4));
  return bytes.toString('base64');
}
