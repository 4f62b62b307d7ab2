// SPDX-License-Identifier: Apache-2.0
// The bodies of requests, as OpenAI's interface has them; fields that change nothing here are let through.

import { z } from 'zod';

import { ServeError } from './errors.ts';

/** Tokens that one request may ask for, whatever the model's context. */
const MOST_TOKENS = 32768;

const stop = z.union([z.string(), z.array(z.string()).max(16)]).nullish();

const sampling = {
  model: z.string().nullish(),
  max_tokens: z.int().min(0).max(MOST_TOKENS).nullish(),
  temperature: z.number().min(0).max(2).nullish(),
  top_p: z.number().gt(0).max(1).nullish(),
  top_k: z.int().min(0).nullish(),
  min_p: z.number().min(0).max(1).nullish(),
  repetition_penalty: z.number().positive().nullish(),
  seed: z.int().min(0).nullish(),
  n: z.int().min(1).max(16).nullish(),
  stop,
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
  user: z.string().nullish(),
};

const tokens = z.array(z.int().min(0)).min(1);

export const completionSchema = z.looseObject({
  ...sampling,
  prompt: z.union([z.string(), tokens, z.array(z.string()).min(1).max(64), z.array(tokens).min(1).max(64)]),
  echo: z.boolean().nullish(),
  logprobs: z.int().min(0).max(1).nullish(),
});

/** A part of a message that has several: text alone is read. */
const part = z.looseObject({ type: z.literal('text'), text: z.string() });

export const chatSchema = z.looseObject({
  ...sampling,
  max_completion_tokens: z.int().min(0).max(MOST_TOKENS).nullish(),
  messages: z
    .array(
      z.looseObject({
        role: z.enum(['system', 'developer', 'user', 'assistant', 'tool']),
        content: z.union([z.string(), z.array(part)]).nullish(),
      }),
    )
    .min(1)
    .max(4096),
  logprobs: z.boolean().nullish(),
});

export const embeddingsSchema = z.looseObject({
  model: z.string().nullish(),
  input: z.union([z.string(), z.array(z.string()).min(1).max(2048)]),
  encoding_format: z.enum(['float', 'base64']).nullish(),
  dimensions: z.int().min(1).nullish(),
});

export type CompletionRequest = z.infer<typeof completionSchema>;
export type ChatRequest = z.infer<typeof chatSchema>;
export type EmbeddingsRequest = z.infer<typeof embeddingsSchema>;

/** @throws {ServeError} the body is not what the schema says (status 400): names the field */
export function readBody<T>(schema: z.ZodType<T>, body: unknown): T {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const field = issue?.path.join('.') ?? '';
  const message = `${field === '' ? 'The body' : `"${field}"`} is not as it must be: ${issue?.message ?? ''}.`;
  throw new ServeError(400, 'invalid_body', message, field === '' ? undefined : field);
}
